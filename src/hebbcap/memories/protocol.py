"""What is a memory?

Nothing but `store` and `recall` are needed to be measured (`Recaller`). A `Memory` also says what it is:
its name, what it holds, what that takes to keep, and whether a synapse could do it by itself. There are
three kinds, by what they give back: neurons of a few levels (`hebbcap.memories.neurons`), states of real
numbers (`hebbcap.memories.reals`), and the patterns of another layer (`hebbcap.memories.pairs`).

Whether a theory predicts a memory is asked of the theory, not of the memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, NamedTuple, Protocol, Self, final, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks

Array = NDArray[Any]
Floats = NDArray[np.float64]
Patterns = NDArray[np.int8]

SIGNS: Final = (-1.0, 1.0)
ZERO_ONE: Final = (0.0, 1.0)
TWO_LEVELS: Final = (SIGNS, ZERO_ONE)
"""The pairs of levels that patterns of two levels have."""

REAL_BITS: Final = 64.0
"""Bits of a real number."""


@runtime_checkable
class Recaller(Protocol):
    """Anything that stores patterns and recalls them from cues: enough to be measured."""

    def store(self, patterns: Any) -> Any:
        """Store patterns (K, D); return the memory that holds them, or None if `self` now does."""

    def recall(self, cues: Any) -> Any:
        """Return the states (B, D) recalled from the cues (B, D)."""


def can_recall(memory: object) -> bool:
    """Whether something stores patterns and recalls them, as a `Recaller` does.

    >>> can_recall("hopfield")
    False
    """
    return callable(getattr(memory, "store", None)) and callable(getattr(memory, "recall", None))


@final
@dataclass(frozen=True)
class Storage:
    """What a memory has to keep in order to hold its patterns.

    Attributes
    ----------
    parameters : float
        Numbers kept: weights, or entries of patterns; whichever this memory is made of.
    bits : float
        Bits that they take, each written in as many as its possible values need (64 for a real number).
    what : str
        The parameters in words.
    """

    parameters: float
    bits: float
    what: str


@final
@dataclass(frozen=True)
class Work:
    """What a memory takes, reckoned: seconds on two threads of a common processor, and bytes.

    Attributes
    ----------
    store : float
        Seconds to store all patterns.
    recall : float
        Seconds for one cue: one step, or the whole recall of a memory that is judged at rest.
    n_bytes : float
        Bytes of the memory and its patterns while it works.
    """

    store: float
    recall: float
    n_bytes: float


class Rest(NamedTuple):
    """Where the dynamics of a memory came to: states (B, D), steps taken (B,), and whether it rests (B,)."""

    states: Floats
    steps: NDArray[np.int64]
    rests: NDArray[np.bool_]


class Memory(ABC):
    """An associative memory: a frozen description together with the patterns it holds.

    Memories are values: `store` and `forget` return a new memory and leave the old one as it was. Subclasses
    are dataclasses, and copied and pickled by their fields: what they worked out from these is made anew.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields by name, without what was worked out from them."""
        kept = (part.name for part in fields(self)) if is_dataclass(self) else self.__dict__
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the fields; arrays, which a copy leaves open to be written to, are read-only again."""
        for value in state.values():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    array.setflags(write=False)
        self.__dict__.update(state)

    @property
    @abstractmethod
    def name(self) -> str:
        """The spelling that the command line uses."""

    @property
    @abstractmethod
    def patterns(self) -> Array | None:
        """The stored patterns (K, D), or None while nothing is stored."""

    @abstractmethod
    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D), as they are; None stands for none.

        For patterns known to be sound; `store` checks what it is given.
        """

    @abstractmethod
    def store(self, patterns: ArrayLike) -> Self:
        """Return this memory with one pattern (D,) or several (K, D) added."""

    @abstractmethod
    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return what is kept to hold so many patterns of so many neurons."""

    @property
    def why_not_local(self) -> str:
        """What a synapse would have to know beside its weight and its two neurons; empty if nothing."""
        return ""

    @property
    def is_local(self) -> bool:
        """Whether every synapse can be written from its own weight and two neurons alone."""
        return not self.why_not_local

    @property
    def has_energy(self) -> bool:
        """Whether there is an energy that never rises under the memory's own dynamics.

        For neurons with levels these are asynchronous updates at threshold 0.
        """
        return True

    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy of each state, shape (B,).

        Raises
        ------
        InvalidArgument
            If this memory has none.
        """
        raise _checks.fail("energy", self.name, "is not defined", "its dynamics follow no energy")

    def work(self, dim: int, n_patterns: int) -> Work | None:
        """Return what storing and recalling is reckoned to take; None for the usual sums over patterns."""
        return None

    def check_levels(self, levels: tuple[float, ...]) -> None:
        """Refuse patterns whose entries take these values, ascending; none stand for real numbers.

        Raises
        ------
        InvalidArgument
            If this memory can't store such patterns.
        """
        if not levels:
            raise _checks.fail("patterns", "real numbers", f"do not go with {self.name}", _BINARISE)

    @property
    def dim(self) -> int | None:
        """D, the number of neurons that are cued; None while nothing is stored."""
        return None if self.patterns is None else int(self.patterns.shape[1])

    @property
    def n_patterns(self) -> int:
        """K, the number of stored patterns."""
        return 0 if self.patterns is None else int(self.patterns.shape[0])

    def forget(self, pattern: ArrayLike) -> Self:
        """Return this memory without one stored copy of `pattern` (D,).

        Raises
        ------
        InvalidArgument
            If that pattern is not stored.
        """
        place = self._place_of(pattern)
        assert self.patterns is not None
        return self._keeping(without(self.patterns, place) if self.n_patterns > 1 else None)

    def _place_of(self, pattern: ArrayLike) -> int:
        """Return the place of the first stored copy of `pattern` (D,), or say that there is none."""
        wanted, held = as_array("pattern", pattern), self.patterns
        if held is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "nothing is stored to be forgotten")
        if wanted.shape != (self.dim,):
            raise _checks.fail(
                "pattern.shape", wanted.shape, f"must be ({self.dim},)", "forget one at a time"
            )
        found = np.flatnonzero((held == wanted).all(axis=1))
        if not len(found):
            raise _checks.fail("pattern", wanted.tolist(), "must be one of the stored patterns")
        return int(found[0])

    def _keeping(self, patterns: Array | None) -> Self:
        """Return this memory holding what is left of its patterns."""
        return self.holding(patterns)


def name_of(memory: object) -> str:
    """Return what reports call a memory: its name, or that of its class.

    >>> name_of(object())
    'object'
    """
    name = getattr(memory, "name", None)
    return name if isinstance(name, str) and name else type(memory).__name__


def check_needed(levels: Sequence[float], needed: Sequence[float], name: str, way_out: str) -> None:
    """Refuse patterns of other levels than the memory of that name needs; none stand for real numbers.

    Raises
    ------
    InvalidArgument
        If they are others.
    """
    if tuple(levels) != tuple(needed):
        held = in_words(levels) if levels else "real numbers"
        rule = f"do not go with {name}, which needs {in_words(needed)}"
        raise _checks.fail("patterns", held, rule, way_out)


_BINARISE = "hebbcap.binarise makes two levels of them"


LARGEST_REAL = 1e14
"""Largest size of an entry of a pattern or a state of real numbers: sums of squares over a billion neurons
then stay within single precision."""


def without(rows: Array, place: int) -> Array:
    """Return an array without one of its rows, read-only."""
    kept = np.delete(rows, place, axis=0)
    kept.setflags(write=False)
    return kept


def as_array(name: str, values: ArrayLike) -> Array:
    """Return the values as an array of real numbers of whatever shape, or explain why they are none."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise _checks.fail(name, values, "must be rectangular", "each row is one pattern") from None
    if array.dtype.kind not in "biuf":
        raise _checks.fail(f"{name}.dtype", str(array.dtype), "must be a number type")
    return array


def is_of(array: Array, levels: Sequence[float]) -> bool:
    """Whether every entry is at one of the levels; two levels are compared with directly, which is
    quicker.
    """
    if len(levels) == 2:
        return bool(((array == levels[0]) | (array == levels[1])).all())
    return bool(np.isin(array, levels).all())


def in_words(levels: Sequence[float]) -> str:
    """Return the levels as they are read out.

    >>> in_words((-1.0, 0.0, 1.0))
    '-1, 0 and 1'
    """
    return ", ".join(f"{x:g}" for x in levels[:-1]) + f" and {levels[-1]:g}"


def as_patterns(patterns: ArrayLike, levels: Sequence[float] | None = None) -> Patterns:
    """Return patterns as an int8 array (K, D) of +-1, of 0 and 1 or of the levels, or explain why not.

    >>> as_patterns([1, -1, 1]).shape
    (1, 3)
    """
    array = _as_rows(patterns)
    if levels is not None:
        if not is_of(array, levels):
            raise _checks.fail("patterns", "array", f"must hold only {in_words(levels)}", "the levels named")
        return array.astype(np.int8)
    is_one = array == 1
    for low in (-1, 0):
        if (is_one | (array == low)).all():
            return np.where(is_one, np.int8(1), np.int8(low))
    raise _checks.fail(
        "patterns",
        "array",
        "must hold only +-1, or only 0 and 1",
        "hebbcap.binarise makes two levels of other values; store(..., levels=...) keeps more of them",
    )


def as_reals(
    name: str, values: ArrayLike, dim: int | None = None, *, largest: float = LARGEST_REAL
) -> Floats:
    """Return patterns or states of real numbers as a float64 array (rows, D), or explain why not.

    >>> as_reals("patterns", [0.5, -2]).tolist()
    [[0.5, -2.0]]
    """
    array = _as_rows(values, name).astype(np.float64)
    if dim is not None and array.shape[1] != dim:
        raise _checks.fail(f"{name}.shape", np.shape(values), f"must be (B, {dim}) or ({dim},)")
    if not np.isfinite(array).all():
        raise _checks.fail(name, "array", "must hold only finite numbers", "fill or leave out the gaps")
    if max(array.max(), -array.min()) > largest:
        rule = f"must hold no number beyond {largest:g}"
        raise _checks.fail(name, "array", rule, "squares of such numbers overflow; divide all by a constant")
    return array


def as_states(name: str, states: ArrayLike, dim: int, levels: Sequence[float]) -> Floats:
    """Return states of so many neurons with these levels as a float64 array (B, dim), or explain why not.

    >>> as_states("cues", [0, 1], 2, ZERO_ONE)
    array([[0., 1.]])
    """
    given = as_array(name, states)
    _checks.check_fits(9.0 * given.size, f"{name} of shape {given.shape}", "give fewer at a time")
    array = np.atleast_2d(given).astype(np.float64)
    if array.ndim != 2 or array.shape[1] != dim or not len(array):
        raise _checks.fail(f"{name}.shape", np.shape(states), f"must be (B, {dim}) or ({dim},)")
    if not is_of(array, levels):
        raise _checks.fail(name, "array", f"must hold only {in_words(levels)}")
    return array


def _as_rows(values: ArrayLike, name: str = "patterns") -> Array:
    array = np.atleast_2d(as_array(name, values))
    if array.ndim != 2 or array.shape[0] < 1 or array.shape[1] < 2:
        raise _checks.fail(
            f"{name}.shape", np.shape(values), "must be (K, D) with K >= 1 patterns of D >= 2 neurons"
        )
    _checks.check_fits(9.0 * array.size, f"{name} of shape {array.shape}", "give fewer")
    return array
