"""What must a memory of real-valued states be able to do?

Move a whole state by one step of its own dynamics. Patterns may be real numbers or of two levels; what comes
back is real, and whoever asked for levels takes the nearest (`hebbcap.dynamics.nearest_levels`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.memories.protocol import LARGEST_REAL, Array, Floats, Memory, Rest, as_reals

REST = 1e-9
"""A step that changes no entry by more than this share of the largest is at rest."""


class RealMemory(Memory):
    """A memory whose states are vectors of real numbers, moved by dynamics of its own.

    Subclasses are frozen dataclasses with the field `_patterns` (array or None), or say otherwise what
    `patterns` are and how they are held.
    """

    _patterns: Array | None

    @property
    def patterns(self) -> Array | None:
        """The stored patterns (K, D), or None while nothing is stored."""
        return self._patterns

    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D)."""
        described: Any = self
        more: Self = replace(described, _patterns=patterns)
        return more

    @property
    def largest_state(self) -> float:
        """Largest size of an entry of a state: infinite where the dynamics itself says what is too large."""
        return LARGEST_REAL

    @property
    def judged_at_rest(self) -> bool:
        """Whether a criterion of one step judges the state at rest, since a flow has no steps."""
        return False

    @abstractmethod
    def step(self, states: ArrayLike) -> Floats:
        """Return the states (B, D) after one step of the dynamics."""

    def rest(self, states: ArrayLike, max_steps: int) -> Rest:
        """Return where the states come to rest, or are after `max_steps` steps."""

        def advance(now: Floats) -> tuple[Array, ...]:
            after = self.step(now)
            return after, moved(now, after)

        return come_to_rest(advance, (self.checked_states(states),), max_steps)

    def check_levels(self, levels: tuple[float, ...]) -> None:
        """Take patterns of any two levels, and of real numbers."""

    def store(self, patterns: ArrayLike) -> Self:
        """Return this memory with one pattern (D,) or several (K, D) of real numbers added.

        Raises
        ------
        InvalidArgument
            If the patterns are not finite numbers, are empty, or don't match those stored before.
        """
        new = as_reals("patterns", patterns, self.dim)
        if self.patterns is not None:
            new = np.concatenate([self.patterns, new])
        new.setflags(write=False)
        return self.holding(new)

    def checked_states(self, states: ArrayLike) -> Floats:
        """Check states against the stored patterns and return a fresh array of them, (B, D)."""
        if not self.n_patterns:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns before recalling")
        return as_reals("states", states, self.dim, largest=self.largest_state)

    def _held(self) -> Array:
        """Return the stored patterns, or say that there are none."""
        held = self.patterns
        if held is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        return held


def moved(before: Floats, after: Floats) -> Array:
    """Return which states (B, D) a step moved, by more than what is at rest."""
    return np.asarray(np.abs(after - before).max(axis=1) > REST * np.abs(after).max(axis=1))


def come_to_rest(
    advance: Callable[..., tuple[Array, ...]], layers: tuple[Floats, ...], max_steps: int
) -> Rest:
    """Return where the first of some layers comes to rest, or is after `max_steps` steps.

    Parameters
    ----------
    advance : callable
        Given the layers of some states, returns each one step later, and which states moved.
    layers : tuple of ndarray, shapes (B, n)
        The layers at the start, overwritten.
    max_steps : int
        Most steps.

    Examples
    --------
    >>> halved = come_to_rest(lambda x: (0.5 * x, x[:, 0] > 1), (np.array([[8.0], [1.0]]),), 2)
    >>> halved.states.ravel(), halved.steps, halved.rests
    (array([2. , 0.5]), array([2, 0]), array([False,  True]))
    """
    steps = np.zeros(len(layers[0]), dtype=np.int64)
    active = np.arange(len(steps))
    for _ in range(max_steps):
        *after, going = advance(*(layer[active] for layer in layers))
        for layer, new in zip(layers, after, strict=True):
            layer[active] = new
        steps[active] += going
        active = active[going]
        if not len(active):
            break
    rests = np.ones(len(steps), dtype=bool)
    rests[active] = False
    return Rest(layers[0], steps, rests)
