r"""Can a dense memory be built of neurons and pairwise synapses alone?

Yes, with one hidden unit for each pattern (Krotov & Hopfield 2021, arXiv:2008.06996). With currents v of the
visible neurons and h of the hidden units, activities :math:`g = \nabla L_v(v)`, :math:`f = \nabla L_h(h)`,

.. math::
    \tau_v \dot v_i = \sum_\mu \xi_{\mu i} f_\mu - v_i, \qquad
    \tau_h \dot h_\mu = \sum_i \xi_{\mu i} g_i - h_\mu,

    E = v \cdot g - L_v + h \cdot f - L_h - \sum_{\mu i} f_\mu \xi_{\mu i} g_i ,

and E never rises while both Lagrangians are convex. Fast hidden units follow the overlaps,
:math:`h = \xi g`, and leave :math:`E(v) = v \cdot g - L_v - L_h(\xi g)`. With signs for g and powers for L_h
that is the energy of a dense memory, with g = v and softmax for f that of modern Hopfield networks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Self, final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.engines.real import runs
from hebbcap.memories.dense.lagrangians import Lagrangian, Linear, Power, Sign, Softmax, Sphere
from hebbcap.memories.options import changed, count, read_options, spell
from hebbcap.memories.protocol import (
    REAL_BITS,
    SIGNS,
    Array,
    Floats,
    Rest,
    Storage,
    Work,
    as_array,
    as_patterns,
    check_needed,
)
from hebbcap.memories.reals import RealMemory, come_to_rest, moved

VISIBLE: Final[dict[str, Lagrangian]] = {"sign": Sign(), "linear": Linear(), "sphere": Sphere()}
HIDDEN: Final = ("rectified", "power", "softmax")

_AT_ONCE = 2**22
"""Hidden currents that are held at a time."""

_STEPS, _SECONDS = 30, 6e-11
"""Steps to rest, about, and seconds for a synapse to carry one activity."""


@final
@dataclass(frozen=True)
class TwoLayer(RealMemory):
    r"""A dense memory as two layers of neurons that excite each other through pairwise synapses.

    Parameters
    ----------
    order : int, optional
        N of the hidden powers, 2 to 100: :math:`f(h) = (h / D)^{N-1}`, so that the unit of a recalled
        pattern is at 1 and its currents are about the pattern. 3 if left out; not for softmax.
    hidden : {"rectified", "power", "softmax"}
        Hidden units: max(h, 0) in place of h, as firing rates are; h itself, for even N; or units that
        share one unit of activity through exp(beta h).
    visible : {"sign", "linear", "sphere"}
        Visible neurons: -1 or +1; their currents, with softmax only; or currents brought to length sqrt(D).
    beta : float, optional
        Steepness of softmax, > 0; 1 if left out.
    hidden_time : float
        Time constant of hidden units over that of visible neurons, >= 0; at 0 they follow at once.
    time_step : float
        Time between two states of the flow, in time constants of visible neurons, > 0 and at most 10.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range, or two can't go together: an odd power is not convex, and linear
        neurons driven by powers run away.

    Notes
    -----
    *Stored*: a pattern is clamped on the visible neurons and one free hidden unit on at 1; each synapse
    between them adds post times pre, which is local. *Cost*: K D synapses that work both ways, of one bit
    each for +-1 patterns, 64 for real ones.

    *Recall*: a cue is the currents at the start, with hidden units where it drives them. Each layer's flow is
    solved exactly while the other waits, half a step, a step, half a step: the error is of second order, and
    since a layer that relaxes straight towards its drive can't raise E, E never rises however large the step.

    *Against* `Dense`: `visible="sign"` has its energy, over D^(N-1), but follows the slope of E, in which
    each neuron holds itself by its own term. States at rest in `Dense` are at rest here; with a share r of
    the cue's bits wrong and even powers, beyond about

    .. math:: K = (1 - 2r)^{N-1} D^{N/2} / (N-1)!!

    patterns so are the cues, and they stay wrong where `Dense` would recall them. From intact cues, then, a
    capacity says little: ask with flips. `visible="linear"` with softmax rests where the update of modern
    Hopfield networks does.

    No theory of crosstalk applies: a flow has no steps.

    Examples
    --------
    >>> memory = TwoLayer(4).store([[1, 1, -1, -1, 1, 1], [1, -1, 1, -1, 1, -1]])
    >>> np.sign(memory.rest([1, 1, -1, -1, 1, -1], 100).states)
    array([[ 1.,  1., -1., -1.,  1.,  1.]])
    """

    order: int | None = None
    hidden: str = "rectified"
    visible: str = "sign"
    beta: float | None = None
    hidden_time: float = 0.0
    time_step: float = 0.5
    _patterns: Array | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.hidden, str) or self.hidden not in HIDDEN:
            raise _checks.fail("hidden", self.hidden, f"must be one of {', '.join(HIDDEN)}")
        if not isinstance(self.visible, str) or self.visible not in VISIBLE:
            raise _checks.fail("visible", self.visible, f"must be one of {', '.join(VISIBLE)}")
        soft = self.hidden == "softmax"
        if soft and self.order is not None:
            raise _checks.fail("order", self.order, "does not go with softmax", "give beta")
        if not soft and self.beta is not None:
            raise _checks.fail("beta", self.beta, f"does not go with {self.hidden}", "use hidden=softmax")
        if self.visible == "linear" and not soft:
            raise _checks.fail(
                "visible", self.visible, f"runs away with {self.hidden}", "use sign or sphere, or softmax"
            )
        if soft:
            beta = _checks.real(
                "beta", 1.0 if self.beta is None else self.beta, low=0, open_low=True, high=1e6
            )
            object.__setattr__(self, "beta", beta)
        else:
            order = _checks.integer("order", 3 if self.order is None else self.order, low=2, high=100)
            if self.hidden == "power" and order % 2:
                raise _checks.fail(
                    "order",
                    order,
                    "must be even with hidden=power",
                    "an odd power is not convex, and the energy could rise: use rectified",
                )
            object.__setattr__(self, "order", order)
        meaning = "it is a time in time constants of visible neurons"
        for name, open_low, high in (("hidden_time", False, 1e6), ("time_step", True, 10)):
            time = _checks.real(
                name, getattr(self, name), low=0, open_low=open_low, high=high, meaning=meaning
            )
            object.__setattr__(self, name, time)

    @property
    def largest_state(self) -> float:
        """States may grow on their way while double precision lasts."""
        return np.inf

    @classmethod
    def parse(cls, tail: str) -> Self:
        """Return the memory whose options are spelled like this.

        >>> TwoLayer.parse("4,power,hidden_time=0.5").name
        'two-layer:4,hidden=power,hidden_time=0.5'
        """
        kinds: dict[str, Callable[[str], Any]] = {
            "order": count, "hidden": str, "visible": str, "beta": float, "hidden_time": float,
            "time_step": float,
        }  # fmt: skip
        return cls(**read_options("two-layer", tail, kinds))

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return spell("two-layer", "order", **changed(self))

    @property
    def judged_at_rest(self) -> bool:
        """A flow has no steps."""
        return True

    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D)."""
        return super().holding(None if patterns is None else np.asarray(patterns, dtype=np.float64))

    def store(self, patterns: ArrayLike) -> Self:
        """Return this memory with a hidden unit more for each pattern (K, D) or (D,).

        Raises
        ------
        InvalidArgument
            If the patterns are not finite numbers, or not +-1 for neurons of two signs; are empty; or
            don't match those stored before.
        """
        return super().store(as_patterns(patterns, SIGNS) if self.visible == "sign" else patterns)

    def check_levels(self, levels: tuple[float, ...]) -> None:
        """Take patterns of -1 and +1 for neurons of two signs; any for the others."""
        if self.visible == "sign":
            check_needed(levels, SIGNS, self.name, "use visible=sphere")

    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return the synapses between the layers, one bit each if they are +-1."""
        synapses = float(n_patterns) * dim
        binary = self.visible == "sign"
        what = f"{synapses:,.0f} synapses between layers, {'2 values each' if binary else 'real numbers'}"
        return Storage(synapses, synapses if binary else REAL_BITS * synapses, what)

    def work(self, dim: int, n_patterns: int) -> Work:
        """Return what storing and recalling is reckoned to take."""
        synapses = float(n_patterns) * dim
        return Work(1e-9 * synapses, 2 * _STEPS * _SECONDS * synapses, 8 * synapses + 32.0 * _AT_ONCE)

    def step(self, states: ArrayLike) -> Floats:
        """Return the currents (B, D) one time step after a cue."""
        found = [self.flow(v, self._driven(v))[0] for v in self._parts(states)]
        return np.concatenate(found)

    def rest(self, states: ArrayLike, max_steps: int) -> Rest:
        """Return where the currents of the visible neurons come to rest, or are after `max_steps` steps."""
        advance = self._joint_step if self.hidden_time else self._fast_step
        found = [come_to_rest(advance, (v, self._driven(v)), max_steps) for v in self._parts(states)]
        return Rest(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _joint_step(self, visible: Floats, hidden: Floats) -> tuple[Floats, Floats, Array]:
        """Return both layers one time step later, and which states moved."""
        v, h = self.flow(visible, hidden)
        return v, h, moved(visible, v) | moved(hidden, h)

    def _fast_step(self, visible: Floats, hidden: Floats) -> tuple[Floats, Floats, Array]:
        """Return the same for hidden units that follow at once.

        Where the drive would give the activities that are there, they and it stay for good: it is the rest.
        """
        drive = self._hidden.activity(hidden) @ self._held()
        stays = (self._visible.activity(drive) == self._visible.activity(visible)).all(axis=1)
        kept = np.where(stays, 0.0, np.exp(-self.time_step))[:, None]
        v = drive + kept * (visible - drive)
        return v, self._driven(v), ~stays & moved(visible, v)

    def flow(self, visible: ArrayLike, hidden: ArrayLike) -> tuple[Floats, Floats]:
        """Return the currents of visible neurons (B, D) and hidden units (B, K) one time step later."""
        v, h = self._joint(visible, hidden)
        synapses, lagrangian = self._held(), self._hidden
        kept = np.exp(-0.5 * self.time_step / self.hidden_time) if self.hidden_time else 0.0
        overlaps = self._driven(v)
        h = overlaps + kept * (h - overlaps)
        drive = lagrangian.activity(h) @ synapses
        v = drive + np.exp(-self.time_step) * (v - drive)
        overlaps = self._driven(v)
        return v, overlaps + kept * (h - overlaps)

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy (B,) of visible currents whose hidden units are where they drive them."""
        lagrangian = self._hidden
        found = [self._visible.own_energy(v) - lagrangian.value(self._driven(v)) for v in self._parts(states)]
        return np.concatenate(found)

    def joint_energy(self, visible: ArrayLike, hidden: ArrayLike) -> Floats:
        """Return the energy (B,) of currents of visible neurons (B, D) and hidden units (B, K)."""
        v, h = self._joint(visible, hidden)
        lagrangian = self._hidden
        across = np.einsum("bk,bk->b", lagrangian.activity(h), self._driven(v))
        return np.asarray(self._visible.own_energy(v) + lagrangian.own_energy(h) - across)

    @property
    def _visible(self) -> Lagrangian:
        return VISIBLE[self.visible]

    @property
    def _hidden(self) -> Lagrangian:
        if self.order is None:
            assert self.beta is not None
            return Softmax(self.beta)
        return Power(self.order, float(self._held().shape[1]), self.hidden == "rectified")

    def _driven(self, visible: Floats) -> Floats:
        """Return the currents (B, K) at which hidden units come to rest for these visible ones."""
        return np.asarray(self._visible.activity(visible) @ self._held().T)

    def _joint(self, visible: ArrayLike, hidden: ArrayLike) -> tuple[Floats, Floats]:
        v, h = self.checked_states(visible), np.atleast_2d(as_array("hidden", hidden)).astype(np.float64)
        if h.shape != (len(v), self.n_patterns) or not np.isfinite(h).all():
            raise _checks.fail(
                "hidden", np.shape(hidden), f"must be finite numbers of shape ({len(v)}, {self.n_patterns})"
            )
        return v, h

    def _parts(self, states: ArrayLike) -> Iterator[Floats]:
        """Return the visible currents of a few states at a time."""
        visible = self.checked_states(states)
        return (visible[run] for run in runs(len(visible), max(_AT_ONCE // self.n_patterns, 1)))
