r"""How does a state descend an energy, with some of its entries held fast?

.. math:: x \leftarrow x - \eta\, \partial E / \partial x

A step that would raise the energy is halved until it doesn't, so the energy never rises. Clamped entries,
such as the known half of a picture, keep their values: the descent is that of the energy over the others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.memories.protocol import Floats, Rest
from hebbcap.memories.reals import REST, RealMemory

SEPARATION = 10.0
"""beta D if no beta is given: two random +-1 patterns, 2 D apart, then have a kernel of exp(-10)."""

Landscape = Callable[[Floats], tuple[Floats, Floats]]
"""Takes states (B, D) to their energies (B,) and gradients (B, D)."""


class EnergyDescent(RealMemory):
    """A memory of real-valued states that recalls by descending its energy."""

    resolution: ClassVar[float] = REST
    """A step that changes no entry by more than this share of the largest is at rest."""

    @property
    @abstractmethod
    def sharpness(self) -> float:
        """The beta in use, once the dimension is known."""

    @abstractmethod
    def landscape(self, states: Floats) -> tuple[Floats, Floats]:
        """Return the energies (B,) and gradients (B, D) at states that were checked."""

    @property
    def judged_at_rest(self) -> bool:
        """A criterion of one step judges the state at rest: how long a step is, is the user's choice."""
        return True

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy of each state, shape (B,)."""
        return self.landscape(self.checked_states(states))[0]

    def gradient(self, states: ArrayLike) -> Floats:
        """Return the gradient of the energy at each state, shape (B, D)."""
        return self.landscape(self.checked_states(states))[1]

    def step(self, states: ArrayLike) -> Floats:
        """Return the states (B, D) after one step of the descent, at rate 1."""
        return self.descend(states, steps=1).states

    def rest(self, states: ArrayLike, max_steps: int) -> Rest:
        """Return where the states come to rest, or are after `max_steps` steps at rate 1."""
        return self.descend(states, steps=max_steps)

    def descend(
        self, cues: ArrayLike, *, clamped: ArrayLike | None = None, steps: int = 1000, rate: float = 1.0
    ) -> Rest:
        """Return where the cues descend to, with some entries held fast.

        Parameters
        ----------
        cues : array-like, shape (B, D) or (D,)
            States to start from.
        clamped : array-like of bool, shape (D,) or (B, D), optional
            Entries that keep the cue's value; none if left out.
        steps : int
            Most steps, at least 1.
        rate : float
            Length of a step in gradients, 0 < rate <= 1. At 1 and near one pattern alone, a step goes there.

        Returns
        -------
        Rest
            States (B, D), the steps that moved them (B,), and whether each came to rest (B,).

        Raises
        ------
        InvalidArgument
            If an argument is outside its range, or nothing is stored.
        """
        start = self.checked_states(cues)
        _checks.integer("steps", steps, low=1, meaning="steps is the most steps of the descent")
        meaning = "rate is the length of a step in gradients"
        longest = _checks.real("rate", rate, low=0, high=1, open_low=True, meaning=meaning)
        held = np.zeros(start.shape, dtype=bool) if clamped is None else _mask(clamped, start.shape)
        return descend(
            self.landscape, start, clamped=held, steps=steps, rate=longest, resolution=self.resolution
        )


def sharpness_at(beta: float | None, dim: int) -> float:
    """Return beta, or the one used if none was given: `SEPARATION` / D.

    >>> sharpness_at(None, 100), sharpness_at(0.5, 100)
    (0.1, 0.5)
    """
    return SEPARATION / dim if beta is None else beta


STEEPEST = 1e200
"""Largest inverse width of a well: times any squared distance of states it is still a number."""


def checked_beta(beta: float | None) -> float | None:
    """Return beta as a float, or None, or explain why it is neither."""
    if beta is None:
        return None
    meaning = "beta is the inverse width of a pattern's well, in units of squared distance"
    return _checks.real("beta", beta, low=0, high=STEEPEST, open_low=True, meaning=meaning)


def descend(
    landscape: Landscape,
    states: Floats,
    *,
    clamped: NDArray[np.bool_],
    steps: int,
    rate: float,
    resolution: float = REST,
) -> Rest:
    """Descend a landscape from each state; see `EnergyDescent.descend`.

    Examples
    --------
    Down the bowl x^2 / 2, with the second entry clamped:

    >>> bowl = lambda x: (0.5 * (x**2).sum(axis=1), x)
    >>> start, clamped = np.array([[4.0, 2.0]]), np.array([[False, True]])
    >>> descend(bowl, start, clamped=clamped, steps=3, rate=0.5).states
    array([[0.5, 2. ]])
    """
    now = states.copy()
    energy, slope = landscape(now)
    slope = np.where(clamped, 0.0, slope)
    length = np.full(len(now), rate)
    taken = np.zeros(len(now), dtype=np.int64)
    moving = np.arange(len(now))
    for _ in range(steps):
        waiting, moved = moving, []
        while True:
            shift = length[waiting, None] * slope[waiting]
            large = np.abs(shift).max(axis=1) > resolution * np.abs(now[waiting]).max(axis=1)
            waiting, shift = waiting[large], shift[large]
            if not len(waiting):
                break
            trial = now[waiting] - shift
            at, down = landscape(trial)
            lower = at <= energy[waiting]
            done = waiting[lower]
            now[done], energy[done] = trial[lower], at[lower]
            slope[done] = np.where(clamped[done], 0.0, down[lower])
            moved.append(done)
            waiting = waiting[~lower]
            length[waiting] *= 0.5
        moving = np.sort(np.concatenate(moved)) if moved else moving[:0]
        taken[moving] += 1
        # What was too long here need not be so further on.
        length[moving] = np.minimum(2.0 * length[moving], rate)
        if not len(moving):
            break
    rests = np.ones(len(now), dtype=bool)
    rests[moving] = False
    return Rest(now, taken, rests)


def _mask(clamped: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    given = np.asarray(clamped)
    if given.dtype != np.bool_ or given.shape not in (shape, shape[1:]):
        raise _checks.fail(
            "clamped",
            f"array of {given.dtype}, shape {given.shape}",
            f"must be of bool and of shape {shape[1:]} or {shape}",
            "True where an entry keeps its value",
        )
    return np.broadcast_to(given, shape)
