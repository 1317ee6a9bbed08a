"""What does a memory give back for a cue?

One rule for every way of recalling: a neuron takes its high level where its field exceeds the threshold,
its low level where the field is below, and **keeps its state where the field is exactly at threshold**.
So, from a stored pattern, an error is a strictly wrong field; theory and measurement share this rule.

A neuron of L levels has L - 1 thresholds and takes the level between the two that hold its field. Exactly
at one of them it takes that of the two levels it touches which is nearer to its state: its state itself,
if it is one of the two.

Memories of real numbers and of pairs have dynamics of their own, and no threshold to choose.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Generic, TypeVar, final, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap._random import RandomState
from hebbcap.engines.protocol import TIE
from hebbcap.kernels.bits import Bits, Words
from hebbcap.memories import FieldMemory, Memory, PairMemory, RealMemory
from hebbcap.memories.protocol import as_array

Floats = NDArray[np.float64]

States = TypeVar("States", Floats, Bits)
"""States as numbers, or packed."""

Rows = TypeVar("Rows", Floats, Words)
"""Their rows."""

_MOST_STEPS = 2**62
"""Largest number of updates that can be counted."""

_AT_ONCE = 256
"""Cues that are updated together."""


class Threshold(ABC):
    """How a field is compared with the rest of the network; subclasses are final and frozen."""

    @abstractmethod
    def excess(self, field: Floats, log_unit: Floats) -> Floats:
        """Return how far each field (B, D) lies above threshold, in the units of the field.

        With more than one threshold, shape (n_steps, B, D), from the lowest up.
        """

    @property
    def n_steps(self) -> int:
        """How many thresholds a neuron has: one less than its levels."""
        return 1

    @property
    def is_local(self) -> bool:
        """Whether one neuron can apply it without knowing the fields of the others."""
        return True


@final
@dataclass(frozen=True)
class Fixed(Threshold):
    """The same fixed threshold for every neuron; `Fixed(0)` is the usual sign rule.

    >>> Fixed(1.5).excess(np.array([[1.0, 2.0]]), np.zeros(1))
    array([[-0.5,  0.5]])
    """

    value: float = 0.0

    def __post_init__(self) -> None:
        value = _checks.real(
            "threshold", self.value, meaning="threshold is the field at which a neuron switches"
        )
        object.__setattr__(self, "value", value)

    def excess(self, field: Floats, log_unit: Floats) -> Floats:
        """Return how far each field lies above the threshold."""
        if self.value == 0:
            return field
        with np.errstate(over="ignore"):  # a field that is nothing beside the threshold
            return np.asarray(field - (self.value * np.exp(-log_unit))[:, None])


@final
@dataclass(frozen=True)
class Steps(Threshold):
    """The same L - 1 fixed thresholds for every neuron of L levels.

    Parameters
    ----------
    values : sequence of float
        The fields at which a neuron goes from one level to the next, ascending.

    Raises
    ------
    InvalidArgument
        If there is no value, or they are not ascending finite numbers.

    >>> Steps((-1, 1)).excess(np.array([[0.5]]), np.zeros(1)).tolist()
    [[[1.5]], [[-0.5]]]
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        meaning = "they are the fields at which a neuron goes from one level to the next"
        try:
            given = tuple(self.values)
        except TypeError:
            raise _checks.fail("steps", self.values, "must be a sequence of numbers", meaning) from None
        values = tuple(_checks.real("steps", value, meaning=meaning) for value in given)
        if not values or any(a >= b for a, b in pairwise(values)):
            raise _checks.fail("steps", values, "must be ascending, and at least one", meaning)
        object.__setattr__(self, "values", values)

    @property
    def n_steps(self) -> int:
        """How many thresholds a neuron has."""
        return len(self.values)

    def excess(self, field: Floats, log_unit: Floats) -> Floats:
        """Return how far each field lies above each threshold."""
        return np.stack([Fixed(value).excess(field, log_unit) for value in self.values])


@final
@dataclass(frozen=True)
class Inhibition(Threshold):
    """Global inhibition: the mean field over the neurons is subtracted, then `value` as if fixed.

    It removes the part of the noise that all neurons share (a rule's constant and pre parts).

    Parameters
    ----------
    value : float or None
        The field, above the mean one, at which a neuron switches. None stands for the midpoint of what is
        left of the fields, which a question fills in at each number of patterns: sparse patterns need it.

    >>> Inhibition().excess(np.array([[1.0, 2.0]]), np.zeros(1))
    array([[-0.5,  0.5]])
    """

    value: float | None = 0.0

    def __post_init__(self) -> None:
        if self.value is None:
            return
        value = _checks.real(
            "threshold", self.value, meaning="threshold is the field at which a neuron switches"
        )
        object.__setattr__(self, "value", value)

    @property
    def is_local(self) -> bool:
        """It needs the fields of all neurons."""
        return False

    def excess(self, field: Floats, log_unit: Floats) -> Floats:
        """Return how far each field lies above the mean field and the threshold."""
        if self.value is None:
            raise _checks.fail(
                "threshold", self, "has its midpoint only within a question", "give Inhibition a value here"
            )
        return Fixed(self.value).excess(field - field.mean(axis=1, keepdims=True), log_unit)


@final
@dataclass(frozen=True)
class KWinners(Threshold):
    """The `winners` neurons with the largest fields take the high level.

    The threshold is halfway between the last winner and the first loser. Where these two tie, all
    neurons at that field keep their state.

    >>> KWinners(1).excess(np.array([[1.0, 3.0, 2.0]]), np.zeros(1))
    array([[-1.5,  0.5, -0.5]])
    """

    winners: int

    def __post_init__(self) -> None:
        winners = _checks.integer(
            "winners", self.winners, low=1, meaning="winners is the number of active neurons"
        )
        object.__setattr__(self, "winners", winners)

    @property
    def is_local(self) -> bool:
        """It needs the fields of all neurons."""
        return False

    def excess(self, field: Floats, log_unit: Floats) -> Floats:
        """Return how far each field lies above the field between winners and losers."""
        dim = field.shape[1]
        if self.winners >= dim:
            raise _checks.fail("winners", self.winners, f"must be below dim={dim}")
        ordered = np.partition(field, [dim - self.winners - 1, dim - self.winners], axis=1)
        between = 0.5 * (ordered[:, dim - self.winners - 1] + ordered[:, dim - self.winners])
        return np.asarray(field - between[:, None])


class Outcome(Enum):
    """How a recall ended. Not converging is a result, not an error."""

    FIXED_POINT = "fixed point"
    CYCLE = "cycle"
    STEP_LIMIT = "step limit"
    SINGLE_PASS = "single pass"


@final
@dataclass(frozen=True)
class Recall(Generic[States]):
    """What came back.

    Attributes
    ----------
    states : ndarray, shape (B, D), or Bits
        The last state of each cue, in the form in which the cues came.
    steps : ndarray of int, shape (B,)
        Updates of the whole network until the outcome was known.
    outcomes : tuple of Outcome, length B
        How each cue ended.
    """

    states: States
    steps: NDArray[np.int64]
    outcomes: tuple[Outcome, ...]

    def __repr__(self) -> str:
        counts = {o.value: self.outcomes.count(o) for o in Outcome if o in self.outcomes}
        states = self.states if isinstance(self.states, Bits) else self.states.shape
        return f"Recall(states={states}, steps<={self.steps.max()}, outcomes={counts})"


def switch(states: Floats, excess: Floats, levels: tuple[float, ...], size: Floats) -> Floats:
    """Return the next states: the tie rule, in the one place where it is applied.

    Parameters
    ----------
    states : ndarray, shape (B, D) or (B,)
        Present states.
    excess : ndarray
        How far their fields lie above threshold, of the same shape; with L levels, (L - 1, ...).
    levels : tuple of float
        The values of a neuron, ascending.
    size : ndarray, broadcastable
        Typical size of the fields, against which a tie is judged.

    Returns
    -------
    ndarray
        The next states, of the shape of `states`.

    >>> switch(np.array([1.0, -1.0, 1.0]), np.array([0.0, 0.0, -2.0]), (-1.0, 1.0), np.array(2.0))
    array([ 1., -1., -1.])
    >>> above = np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])  # past the lower step, at the upper one
    >>> switch(np.array([-1.0, 0.0, 1.0]), above, (-1.0, 0.0, 1.0), np.array(1.0))
    array([0., 0., 1.])
    """
    if len(levels) == 2:
        low, high = levels
        return np.where(np.abs(excess) <= TIE * size, states, np.where(excess > 0, high, low))
    values = np.array(levels)
    lowest, highest = (excess > TIE * size).sum(axis=0), (excess >= -TIE * size).sum(axis=0)
    return np.asarray(values[np.clip(np.searchsorted(values, states), lowest, highest)])


def check_steps(threshold: Threshold, levels: tuple[float, ...]) -> None:
    """Refuse a threshold with another number of steps than neurons of these levels need."""
    if not isinstance(threshold, Threshold):
        raise _checks.fail("threshold", threshold, "must be a Threshold", "as hebbcap.Fixed(0.5)")
    if threshold.n_steps != len(levels) - 1:
        raise _checks.fail(
            "threshold",
            threshold,
            f"has {threshold.n_steps} and must have {len(levels) - 1} for neurons of {len(levels)} levels",
            "hebbcap.Steps takes one value between each two adjacent levels",
        )


def nearest_levels(values: ArrayLike, cues: ArrayLike, levels: tuple[float, ...]) -> Floats:
    """Return the level nearest to each value; exactly between two, the one nearer to the cue.

    What a memory of real numbers gives back is read so where its patterns have levels.

    >>> nearest_levels([[0.2, -3.0, 0.0]], [[-1.0, -1.0, -1.0]], (-1.0, 1.0))
    array([[ 1., -1., -1.]])
    """
    found, before = np.asarray(values, dtype=np.float64), np.asarray(cues, dtype=np.float64)
    steps = np.array([0.5 * (a + b) for a, b in pairwise(levels)])
    excess = np.stack([found - step for step in steps])
    return switch(before, excess[0] if len(steps) == 1 else excess, levels, np.abs(found) + 1.0)


def single_pass(memory: Memory, cues: ArrayLike, *, threshold: Threshold | None = None) -> Floats:
    """Return the states (B, D) after one synchronous update of the cues (B, D).

    Of a memory of pairs, the outputs (B, D_out); of one of real numbers, what one step of its own gives.

    >>> from hebbcap.memories import Hopfield
    >>> memory = Hopfield().store([[1, 1, -1, -1, 1]])
    >>> single_pass(memory, [1, 1, -1, -1, -1])
    array([[ 1.,  1., -1., -1.,  1.]])
    """
    if not isinstance(memory, FieldMemory):
        return _own(memory, threshold).step(cues)
    chosen = threshold or Fixed()
    check_steps(chosen, memory.levels)
    states = np.atleast_2d(as_array("cues", cues)).astype(np.float64, copy=False)
    field, log_unit = memory.scaled_field(states)
    excess = chosen.excess(field, log_unit)
    return switch(states, excess, memory.levels, np.abs(field).mean(axis=1, keepdims=True))


@overload
def recall(
    memory: Memory,
    cues: Bits,
    *,
    update: str = ...,
    threshold: Threshold | None = ...,
    max_steps: int = ...,
    rng: RandomState = ...,
) -> Recall[Bits]: ...


@overload
def recall(
    memory: Memory,
    cues: ArrayLike,
    *,
    update: str = ...,
    threshold: Threshold | None = ...,
    max_steps: int = ...,
    rng: RandomState = ...,
) -> Recall[Floats]: ...


def recall(
    memory: Memory,
    cues: ArrayLike | Bits,
    *,
    update: str = "synchronous",
    threshold: Threshold | None = None,
    max_steps: int = 100,
    rng: RandomState = None,
) -> Recall[Floats] | Recall[Bits]:
    """Update the cues until they stop changing.

    Parameters
    ----------
    memory : Memory
        Holding at least one pattern. One of real numbers comes to rest by its own dynamics, and one of pairs
        gives back the outputs (B, D_out): neither has a threshold, nor an asynchronous update.
    cues : array-like, shape (B, D) or (D,), or Bits
        States to start from. Packed ones, for memories of two levels, take least time and room.
    update : {"synchronous", "asynchronous", "single"}
        All neurons at once; one after the other in a fresh random order each sweep; or one
        synchronous update and no more.
    threshold : Threshold, optional
        `Fixed(0)` if left out. Asynchronous updates need a local one, neurons of L levels one of L - 1 steps.
    max_steps : int
        Most updates of the whole network (sweeps), at least 1.
    rng : int, Generator or None
        Source of the order of asynchronous updates.

    Returns
    -------
    Recall
        States, steps and outcomes.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range, or the update needs a local threshold.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> memory = Hopfield().store([[1, 1, -1, -1, 1, -1], [1, -1, 1, -1, 1, 1]])
    >>> recall(memory, [1, 1, -1, -1, 1, 1])
    Recall(states=(1, 6), steps<=1, outcomes={'fixed point': 1})
    """
    chosen = threshold or Fixed()
    meaning = "max_steps is the most updates of the network"
    _checks.integer("max_steps", max_steps, low=1, high=_MOST_STEPS, meaning=meaning)
    if not isinstance(memory, FieldMemory):
        return _own_recall(_own(memory, threshold), cues, update, max_steps)
    check_steps(chosen, memory.levels)
    if isinstance(cues, Bits):
        if len(memory.levels) != 2 or cues.dim != memory.dim or not len(cues):
            raise _checks.fail("cues", cues, f"must hold states of dim={memory.dim}, of two levels")
        if update == "synchronous":
            return _settled(memory, cues, chosen, max_steps)
        low, high = memory.levels
        unpacked = cues.unpack(low, high, np.float64)
        found = recall(memory, unpacked, update=update, threshold=chosen, max_steps=max_steps, rng=rng)
        return Recall(Bits.pack(found.states == high), found.steps, found.outcomes)
    states = memory.checked_states(cues)
    if update == "single":
        after = single_pass(memory, states, threshold=chosen)
        return Recall(after, np.ones(len(after), dtype=np.int64), (Outcome.SINGLE_PASS,) * len(after))
    if update == "synchronous":
        return _synchronous(memory, states, chosen, max_steps)
    if update == "asynchronous":
        if not chosen.is_local:
            raise _checks.fail(
                "threshold", chosen, "needs the fields of all neurons", "use update='synchronous' with it"
            )
        return _asynchronous(memory, states, chosen, max_steps, _generator(rng))
    raise _checks.fail("update", update, "must be 'synchronous', 'asynchronous' or 'single'")


def _generator(rng: RandomState) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise _checks.fail("rng", rng, "must be a whole number >= 0, a Generator or None") from None


def _own(memory: Memory, threshold: Threshold | None) -> RealMemory | PairMemory:
    """Return a memory that has dynamics of its own, or say what is wrong with it."""
    if not isinstance(memory, RealMemory | PairMemory):
        raise _checks.fail("memory", memory, "must be a Memory", "as hebbcap.Hopfield().store(patterns)")
    if threshold not in (None, Fixed()):
        raise _checks.fail("threshold", threshold, f"does not go with {memory.name}", "leave it out")
    return memory


def _own_recall(
    memory: RealMemory | PairMemory, cues: ArrayLike | Bits, update: str, max_steps: int
) -> Recall[Floats]:
    if isinstance(cues, Bits):
        cues = cues.unpack(-1, 1, np.float64)
    if update == "single":
        after = memory.step(cues)
        return Recall(after, np.ones(len(after), dtype=np.int64), (Outcome.SINGLE_PASS,) * len(after))
    if update != "synchronous":
        raise _checks.fail("update", update, f"does not go with {memory.name}", "use synchronous or single")
    found = memory.rest(cues, max_steps)
    outcomes = (Outcome.FIXED_POINT if rests else Outcome.STEP_LIMIT for rests in found.rests)
    return Recall(found.states, found.steps, tuple(outcomes))


def next_bits(memory: FieldMemory, states: Bits, threshold: Threshold) -> Bits:
    """Return the packed states of a two-level memory after one synchronous update.

    >>> from hebbcap.memories import Hopfield
    >>> memory = Hopfield().store([[1, 1, -1, -1, 1]])
    >>> next_bits(memory, Bits.pack([1, 1, -1, -1, -1]), Fixed()).unpack().tolist()
    [[1, 1, -1, -1, 1]]
    """
    if isinstance(threshold, Fixed):
        quick = memory.next_bits(states, threshold.value)
        if quick is not None:
            return quick
    low, high = memory.levels
    return Bits.pack(single_pass(memory, states.unpack(low, high, np.float64), threshold=threshold) == high)


def _settled(memory: FieldMemory, cues: Bits, threshold: Threshold, max_steps: int) -> Recall[Bits]:
    if isinstance(threshold, Fixed):
        quick = memory.settled_bits(cues, threshold.value, max_steps)
        if quick is not None:
            bits, steps, names = quick
            return Recall(bits, steps, tuple(Outcome(name) for name in names.tolist()))

    def update(words: Words) -> Words:
        return next_bits(memory, Bits(words, cues.dim), threshold).words

    words, steps, outcomes = _until_settled(cues.words, update, max_steps)
    return Recall(Bits(words, cues.dim), steps, outcomes)


def _synchronous(memory: FieldMemory, cues: Floats, threshold: Threshold, max_steps: int) -> Recall[Floats]:
    if len(memory.levels) == 2:
        low, high = memory.levels
        found = _settled(memory, Bits.pack(cues == high), threshold, max_steps)
        return Recall(found.states.unpack(low, high, np.float64), found.steps, found.outcomes)

    def update(states: Floats) -> Floats:
        return single_pass(memory, states, threshold=threshold)

    return Recall(*_until_settled(cues, update, max_steps))


def _until_settled(
    cues: Rows, update: Callable[[Rows], Rows], max_steps: int
) -> tuple[Rows, NDArray[np.int64], tuple[Outcome, ...]]:
    """Update rows until they stop changing; one that has settled makes room for the next.

    A state seen two steps before is a cycle: symmetric weights allow no longer one (Goles & Olivos 1981);
    others run into the step limit.
    """
    states, before = cues.copy(), np.empty_like(cues)
    steps = np.zeros(len(cues), dtype=np.int64)
    outcomes = np.full(len(cues), Outcome.STEP_LIMIT, dtype=object)
    waiting = min(len(cues), _AT_ONCE)
    active = np.arange(waiting)
    while len(active):
        now = states[active]
        after = update(now)
        fixed = (after == now).all(axis=1)
        cycle = ~fixed & (steps[active] > 0) & (after == before[active]).all(axis=1)
        before[active], states[active] = now, after
        steps[active] += ~fixed
        outcomes[active[fixed]], outcomes[active[cycle]] = Outcome.FIXED_POINT, Outcome.CYCLE
        active = active[~(fixed | cycle) & (steps[active] < max_steps)]
        more = min(len(cues) - waiting, _AT_ONCE - len(active))
        active, waiting = np.append(active, np.arange(waiting, waiting + more)), waiting + more
    return states, steps, tuple(outcomes)


def _asynchronous(
    memory: FieldMemory, cues: Floats, threshold: Threshold, max_steps: int, rng: np.random.Generator
) -> Recall[Floats]:
    states = cues.copy()
    steps = np.zeros(len(cues), dtype=np.int64)
    outcomes = np.full(len(cues), Outcome.STEP_LIMIT, dtype=object)
    active = np.arange(len(cues))
    for step in range(1, max_steps + 1):
        moving = states[active]
        tracker = memory.tracker(moving)
        for neuron in rng.permutation(moving.shape[1]):
            field, log_unit, size = tracker.field(neuron)
            excess = threshold.excess(field[:, None], log_unit)[..., 0]
            new = switch(moving[:, neuron], excess, memory.levels, size)
            tracker.change(neuron, moving, new)
            moving[:, neuron] = new
        fixed = (moving == states[active]).all(axis=1)
        states[active] = moving
        steps[active] = step - fixed
        outcomes[active[fixed]] = Outcome.FIXED_POINT
        active = active[~fixed]
        if not len(active):
            break
    return Recall(states, steps, tuple(outcomes))
