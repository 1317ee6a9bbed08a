"""What must a memory be able to do?

Nothing but `store` and `recall` to be measured (`Recaller`); the local field as well to be simulated
here (`Memory`). Whether a theory predicts it is asked of the theory, not of the memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.engines import Held
from hebbcap.kernels.bits import Bits

Array = NDArray[Any]
Floats = NDArray[np.float64]
Patterns = NDArray[np.int8]


@runtime_checkable
class Recaller(Protocol):
    """Anything that stores patterns and recalls them from cues: enough to be measured."""

    def store(self, patterns: Any) -> Any:
        """Store patterns (K, D); return the memory that holds them, or None if `self` now does."""

    def recall(self, cues: Any) -> Any:
        """Return the states (B, D) recalled from the cues (B, D)."""


class LocalField(NamedTuple):
    """The field of one neuron in each state of a batch, each of shape (B,).

    The field is `value * exp(log_unit)`; `size` is the typical size of fields in the same unit, against
    which a tie is judged.
    """

    value: Floats
    log_unit: Floats
    size: Floats


class Tracker(ABC):
    """The fields of a batch of states while single neurons change, for asynchronous recall."""

    @abstractmethod
    def field(self, neuron: int) -> LocalField:
        """Return the present local field of one neuron in each state."""

    @abstractmethod
    def change(self, neuron: int, states: Floats, new: Floats) -> None:
        """Take note that `neuron` goes from states[:, neuron] to `new` (B,) in each state."""


class Memory(ABC):
    """An associative memory: a frozen description together with the patterns it holds.

    Memories are values: `store` and `forget` return a new memory and leave the old one as it was.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The spelling that the command line uses."""

    @property
    @abstractmethod
    def patterns(self) -> Patterns | None:
        """The stored patterns (K, D), or None while nothing is stored."""

    @abstractmethod
    def holding(self, patterns: Patterns | Held | None, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D), int8 or in an engine's form, as they are.

        For patterns known to be sound; `store` checks what it is given. The levels are read off the patterns
        unless they are given: patterns of 0 and 1 may by chance hold no 0.
        """

    @abstractmethod
    def scaled_field(self, states: ArrayLike) -> tuple[Floats, Floats]:
        """Return the local field without its size: (B, D) values and the log of their unit, (B,)."""

    @abstractmethod
    def energy(self, states: ArrayLike) -> Floats:
        """Return the energy of each state, shape (B,)."""

    @abstractmethod
    def tracker(self, states: Floats) -> Tracker:
        """Return a tracker that starts at these states (B, D)."""

    @property
    def dim(self) -> int | None:
        """D, the number of neurons; None while nothing is stored."""
        return None if self.patterns is None else int(self.patterns.shape[1])

    @property
    def n_patterns(self) -> int:
        """K, the number of stored patterns."""
        return 0 if self.patterns is None else int(self.patterns.shape[0])

    @property
    def levels(self) -> tuple[float, ...]:
        """The values that neurons take: (-1, 1), or (0, 1) where a stored pattern holds a 0."""
        return (0.0, 1.0) if self.patterns is not None and not self.patterns.all() else (-1.0, 1.0)

    def store(self, patterns: ArrayLike, *, levels: Sequence[float] | None = None) -> Self:
        """Return this memory with one pattern (D,) or several (K, D) added.

        Parameters
        ----------
        patterns : array-like
            All +-1, or all 0 and 1; or of any `levels`.
        levels : sequence of float, optional
            The values that neurons take, for others than these two: ascending whole numbers from -127 to
            127. They stay with the memory.

        Raises
        ------
        InvalidArgument
            If the patterns are not of two levels or those given, are empty, or don't match those stored
            before; or this kind of memory has no more levels than two.
        """
        if levels is not None:
            levels = self._named_levels(levels)
        elif len(self.levels) > 2:
            levels = self.levels
        new = as_patterns(patterns, levels)
        if self.patterns is not None:
            if new.shape[1] != self.dim:
                raise _checks.fail("patterns.shape", new.shape, f"must end in the stored dim {self.dim}")
            new = as_patterns(np.concatenate([self.patterns, new]), levels)
        new.setflags(write=False)
        return self.holding(new, levels)

    def _named_levels(self, levels: Sequence[float]) -> tuple[float, ...]:
        """Return the levels a user named, or say why this memory can't have them."""
        raise _checks.fail("levels", levels, f"do not go with {self.name}", "its neurons are -1 and +1")

    def forget(self, pattern: ArrayLike) -> Self:
        """Return this memory without one stored copy of `pattern` (D,).

        Raises
        ------
        InvalidArgument
            If that pattern is not stored.
        """
        wanted: Array = np.asarray(pattern)
        held = self.patterns
        if held is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "nothing is stored to be forgotten")
        if wanted.shape != (self.dim,):
            raise _checks.fail(
                "pattern.shape", wanted.shape, f"must be ({self.dim},)", "forget one at a time"
            )
        found = np.flatnonzero((held == wanted).all(axis=1))
        if not len(found):
            raise _checks.fail("pattern", wanted.tolist(), "must be one of the stored patterns")
        kept = np.delete(held, found[0], axis=0)
        kept.setflags(write=False)
        return self.holding(kept if len(kept) else None, self.levels if len(self.levels) > 2 else None)

    def next_bits(self, states: Bits, threshold: float) -> Bits | None:
        """Return packed states after one update at a fixed threshold, without making floats of the fields.

        None where this memory has no such short cut: `scaled_field` and the threshold then do the same.
        """
        return None

    def settled_bits(
        self, states: Bits, threshold: float, max_steps: int
    ) -> tuple[Bits, NDArray[np.int64], NDArray[np.str_]] | None:
        """Return what repeated `next_bits` comes to rest at: states, updates, and outcomes by name.

        None where there is no quicker way than to repeat it.
        """
        return None

    def field(self, states: ArrayLike) -> Floats:
        """Return the local field of every neuron, shape (B, D), for states (B, D) or (D,).

        Raises
        ------
        InvalidArgument
            If the states don't fit the memory, or the field is too large for double precision.
        """
        values, log_unit = self.scaled_field(states)
        with np.errstate(over="ignore"):
            result = values * np.exp(log_unit)[:, None]
        if not np.isfinite(result).all():
            raise _checks.fail(
                "field", "inf", "is too large for double precision", "use scaled_field, which keeps its log"
            )
        return np.asarray(result)

    def checked_states(self, states: ArrayLike) -> Floats:
        """Check states against the stored patterns and return them, (B, D)."""
        if not self.n_patterns:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns before recalling")
        array = np.atleast_2d(_as_array("states", states)).astype(np.float64)
        if array.ndim != 2 or array.shape[1] != self.dim or not len(array):
            raise _checks.fail("states.shape", np.shape(states), f"must be (B, {self.dim}) or ({self.dim},)")
        if not _is_of(array, self.levels):
            raise _checks.fail("states", "array", f"must hold only {in_words(self.levels)}")
        return array


def _as_array(name: str, values: ArrayLike) -> Array:
    """Return the values as an array of real numbers of whatever shape, or explain why they are none."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise _checks.fail(name, values, "must be rectangular", "each row is one pattern") from None
    if array.dtype.kind not in "biuf":
        raise _checks.fail(f"{name}.dtype", str(array.dtype), "must be a number type")
    return array


def _is_of(array: Array, levels: Sequence[float]) -> bool:
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
    array = np.atleast_2d(_as_array("patterns", patterns))
    if array.ndim != 2 or array.shape[0] < 1 or array.shape[1] < 2:
        raise _checks.fail(
            "patterns.shape", np.shape(patterns), "must be (K, D) with K >= 1 patterns of D >= 2 neurons"
        )
    if levels is not None:
        if not _is_of(array, levels):
            raise _checks.fail("patterns", "array", f"must hold only {in_words(levels)}", "the levels named")
        return array.astype(np.int8)
    is_one = array == 1
    for low in (-1, 0):
        if (is_one | (array == low)).all():
            return np.where(is_one, 1, low).astype(np.int8)
    raise _checks.fail(
        "patterns",
        "array",
        "must hold only +-1, or only 0 and 1",
        "hebbcap.binarise makes two levels of other values; store(..., levels=...) keeps more of them",
    )
