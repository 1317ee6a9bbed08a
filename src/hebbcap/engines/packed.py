"""The engine on packed bits, with kernels compiled for the processor at hand."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.engines.lists import ListsHeld, prefers_lists
from hebbcap.engines.protocol import Engine, Floats, Held, Whole
from hebbcap.engines.reference import FINE, NumpyHeld
from hebbcap.kernels.bits import Bits, n_words
from hebbcap.kernels.fields import sums
from hebbcap.kernels.fields.columns import Columns, write_columns
from hebbcap.kernels.fields.decide import decide, fields, scaled_fields
from hebbcap.kernels.fields.nearest import nearest
from hebbcap.kernels.fields.overlaps import GROUPS, LANES, interleave, new_overlaps, overlaps, put, separate
from hebbcap.kernels.fields.settle import MOST_WORK, settle
from hebbcap.kernels.machine import processor
from hebbcap.kernels.threads import count
from hebbcap.separation.table import DifferenceTable

_FIXED_POINT: Final = 44
"""Bits of the largest term where a separation function has no whole numbers: a relative error of 2^-45 of
it."""

_OUTCOMES: Final = np.array(["step limit", "fixed point", "cycle"])
"""By the numbers that the kernel gives them."""

_TOTAL: Final = 61
"""Bits that totals over patterns may take."""


@final
@dataclass(frozen=True)
class PackedEngine(Engine):
    """Whole-number arithmetic on packed bits."""

    @property
    def name(self) -> str:
        """The spelling by which it is chosen."""
        return "packed"

    @property
    def description(self) -> str:
        """A line that says what it runs on."""
        fields = "AVX-512" if sums.available() else "overlaps packed, sums over patterns by NumPy"
        return f"packed bits, compiled for {processor()} ({fields}), {count()} threads"

    def hold(self, patterns: Bits) -> Held:
        """Return the patterns in the faster of this engine's forms: packed, or lists of few high entries."""
        return ListsHeld.of(patterns, _packed) if prefers_lists(patterns) else _packed(patterns)


class _Room:
    """Patterns side by side, with room for more: what is written once never changes."""

    def __init__(self, capacity: int, dim: int) -> None:
        self.dim, self.used = dim, 0
        groups = -(-max(capacity, 1) // (LANES * GROUPS)) * GROUPS
        self.rows = np.zeros((groups, n_words(dim), LANES), dtype=np.uint32)
        self._columns: Columns | None = None
        self._lock = threading.Lock()

    def append(self, patterns: Bits, after: int = 0) -> bool:
        """Write patterns behind the first `after`; False if others stand there, or there is no room."""
        with self._lock:
            if self.used != after or after + len(patterns) > len(self.rows) * LANES:
                return False
            put(self.rows, after, patterns.words)
            if self._columns is not None:
                last = -(-(after + len(patterns)) // LANES)
                write_columns(self.rows[:last], self._columns, after // LANES)
            self.used += len(patterns)
        return True

    @property
    def columns(self) -> Columns:
        """The same along the neurons, made when first needed."""
        with self._lock:
            if self._columns is None:
                made = np.empty((len(self.rows), 32 * self.rows.shape[1]), dtype=np.uint16)
                write_columns(self.rows, made)
                self._columns = made
        return self._columns


class _Terms(NamedTuple):
    """A separation function as whole numbers by the places that differ, and what they are worth, (B,)."""

    tables: sums.Tables
    worth: Floats
    log_unit: Floats
    live: NDArray[np.bool_] | None
    exact: bool


@final
@dataclass(frozen=True, eq=False)
class PackedHeld(Held):
    """Patterns held side by side in room that they may share with later ones; those removed are passed over.

    Parameters
    ----------
    room : _Room
        Where the patterns stand.
    n_used : int
        Places that are this memory's: the first so many.
    removed : ndarray of int
        Those of them that don't count, ascending.
    """

    room: _Room
    n_used: int
    removed: NDArray[np.int64]

    def __len__(self) -> int:
        return self.n_used - len(self.removed)

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return self.room.dim

    @property
    def bits(self) -> Bits:
        """The patterns, packed."""
        words = separate(self.room.rows, self.n_used)
        return Bits(np.delete(words, self.removed, axis=0) if len(self.removed) else words, self.dim)

    @cached_property
    def _alive(self) -> sums.Alive:
        bits = np.zeros(len(self.room.rows) * LANES, dtype=np.uint8)
        bits[: self.n_used] = 1
        bits[self.removed] = 0
        mask = np.packbits(bits, bitorder="little").view("<u2").astype(np.uint16)
        return sums.Alive(self.room.rows, self.room.columns, mask, -(-self.n_used // LANES), self.dim)

    @cached_property
    def _plain(self) -> NumpyHeld:
        return NumpyHeld(self.bits)

    @cached_property
    def _neurons(self) -> tuple[Bits, NDArray[np.uint32]]:
        """The patterns along the neurons: D rows of K bits, plain and side by side."""
        alive = self._alive
        columns = alive.columns[: alive.groups] & alive.mask[: alive.groups, None]
        rows = np.zeros((columns.shape[1], -(-alive.groups // 2) * 2), dtype="<u2")
        rows[:, : alive.groups] = columns.T
        bits = Bits(rows[: self.dim].view("<u4").astype(np.uint32, copy=False), rows.shape[1] * LANES)
        return bits, interleave(bits.words)

    def overlaps(self, states: Bits, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the overlaps (B, K), 16-bit numbers while they fit; `out` from an earlier call saves
        room.
        """
        groups = -(-self.n_used // (LANES * GROUPS)) * GROUPS
        base = out.base if out is not None else None
        room = base if isinstance(base, np.ndarray) else new_overlaps(len(states), groups, self.dim)
        if room.shape != (len(states), groups * LANES):
            raise _checks.fail("out", "array", "must come from a call with as many states and patterns")
        overlaps(self.room.rows[:groups], self.dim, states, room)
        found = room[:, : self.n_used]
        return np.delete(found, self.removed, axis=1) if len(self.removed) else found

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        if not sums.available(self.dim):
            return self._plain.pairwise_field(states)
        return fields(sums.pairwise_sums(self._alive, states), self.dim)

    def pairwise_step(self, states: Bits, own: int, threshold: float = 0.0) -> Bits:
        """Return the states after one update, of whose fields `own` times the neuron's state is taken
        away.
        """
        if not sums.available(self.dim):
            return self._plain.pairwise_step(states, own, threshold)
        found = sums.pairwise_sums(self._alive, states)
        level = 2 * found.weights + _level(threshold)
        return decide(found, np.stack([level - 2 * own, level + 2 * own], axis=1), states)

    def pairwise_settled(
        self, states: Bits, own: int, threshold: float, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `pairwise_step` comes to rest at; see `Held.pairwise_settled`."""
        level = _level(threshold)
        return self._settled(states, (level - 2 * own, level + 2 * own), max_steps, None)

    def separated_settled(
        self, states: Bits, table: DifferenceTable, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `separated_step` comes to rest at; see `Held.pairwise_settled`."""
        whole = self._whole_terms(table)
        if whole is None or whole.tables.tables[0].dtype != np.int32:
            return None
        return self._settled(states, (0, 0), max_steps, whole.tables.tables[0])

    def _settled(
        self, states: Bits, limits: tuple[int, int], max_steps: int, table: NDArray[np.int32] | Whole | None
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        if not sums.available(self.dim) or float(len(self)) * self.dim * max_steps > MOST_WORK:
            return None
        found = settle(self._alive, states, limits, max_steps, table)
        return found.states, found.steps, _OUTCOMES[found.outcomes]

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        terms = self._terms(states, table)
        if terms is None:
            return self._plain.separated_field(states, table)
        found = sums.table_sums(self._alive, states, terms.tables, terms.live)
        return scaled_fields(found, states, terms.worth), terms.log_unit

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        terms = self._terms(states, table)
        if terms is None:
            return self._plain.separated_step(states, table)
        found = sums.table_sums(self._alive, states, terms.tables, terms.live)
        limits = np.stack([found.weights + found.kept, found.weights - found.kept], axis=1)
        after = decide(found, 2 * limits, states)
        if terms.exact:
            return after
        # Where rounding could have decided, the reference decides.
        field, margin = fields(found, self.dim), found.kept[:, None]
        near = np.minimum(np.abs(field - margin), np.abs(field + margin)).min(axis=1) <= 4 * len(self)
        if near.any():
            words = after.words.copy()
            words[near] = self._plain.separated_step(states[near], table).words
            return Bits(words, self.dim)
        return after

    def weights(self) -> NDArray[Any]:
        """Return the sums over patterns of entry times entry, shape (D, D), with K on the diagonal."""
        bits, rows = self._neurons
        room = new_overlaps(self.dim, len(rows), bits.dim)
        overlaps(rows, len(self), bits, room)
        return room[:, : self.dim]

    def added(self, patterns: Bits) -> PackedHeld:
        """Return the same with these patterns behind the others; room is shared while there is some."""
        if patterns.dim != self.dim:
            raise _checks.fail("patterns.dim", patterns.dim, f"must be {self.dim}, as of those held")
        total, room = self.n_used + len(patterns), self.room
        if not room.append(patterns, self.n_used):
            room = _Room(max(total, 2 * self.n_used), self.dim)
            room.append(Bits(separate(self.room.rows, self.n_used), self.dim))
            room.append(patterns, self.n_used)
        return PackedHeld(room, total, self.removed)

    def without(self, index: int) -> PackedHeld:
        """Return the same without the pattern at this place, which is passed over from now on."""
        places = np.delete(np.arange(self.n_used), self.removed)
        removed = np.sort(np.append(self.removed, places[index]))
        if 2 * len(removed) > self.n_used:
            kept = Bits(np.delete(separate(self.room.rows, self.n_used), removed, axis=0), self.dim)
            room = _Room(len(kept), self.dim)
            room.append(kept)
            return PackedHeld(room, len(kept), np.zeros(0, dtype=np.int64))
        return PackedHeld(self.room, self.n_used, removed)

    def _terms(self, states: Bits, table: DifferenceTable) -> _Terms | None:
        """Return the separation function in whole numbers, or None where only the reference can do it."""
        if not sums.available(self.dim):
            return None
        whole, n = self._whole_terms(table), len(states)
        if whole is not None:
            worth, log_unit = np.full(n, 0.5 * whole.common), np.full(n, math.log(table.unit))
            return _Terms(whole.tables.for_all(n), worth, log_unit, None, exact=True)
        if not table.whole and table.contrast > FINE:
            return None
        return self._rounded_terms(states, table)

    def _whole_terms(self, table: DifferenceTable) -> _WholeTable | None:
        """Return the separation function as it is, where it has whole numbers whose totals fit."""
        if not table.whole or table.values is None:
            return None
        whole = _whole_table(table)
        return whole if _n_bits(whole.largest) + _n_bits(len(self)) < _TOTAL else None

    def _rounded_terms(self, states: Bits, table: DifferenceTable) -> _Terms:
        """Return the separation function in fixed point, for each state relative to its largest term."""
        near = nearest(self._alive, states)
        reach = list(zip(near[..., 0].min(axis=1).tolist(), near[..., 1].max(axis=1).tolist(), strict=True))
        bits = min(_FIXED_POINT, _TOTAL - 2 - _n_bits(len(self)))
        made = {ends: _rounded_table(table, *ends, bits) for ends in set(reach)}
        numbers = {ends: i for i, ends in enumerate(made)}
        which = np.array([numbers[ends] for ends in reach])
        some = np.stack([rounded.some for rounded in made.values()])
        low, high = np.minimum(near[..., 0], self.dim + 1), np.maximum(near[..., 1] + 1, 0)
        live = some[which[:, None], high] > some[which[:, None], low]
        worth = np.full(len(states), 0.5 * 2.0**-bits)
        log_unit = np.array([rounded.log_unit for rounded in made.values()])[which]
        if table.values is not None:
            worth, log_unit = worth * np.exp(log_unit), np.zeros(len(states))
        tables = sums.Tables([rounded.table for rounded in made.values()], which)
        return _Terms(tables, worth, log_unit + math.log(table.unit), live, exact=False)


class _WholeTable(NamedTuple):
    """A separation function of whole numbers, divided by what is common to all of them."""

    tables: sums.Tables
    largest: int
    common: int


class _RoundedTable(NamedTuple):
    """A separation function in fixed point: table, entries before each that are not 0, log of its unit."""

    table: Whole
    some: NDArray[np.int64]
    log_unit: float


@lru_cache(maxsize=8)
def _whole_table(table: DifferenceTable) -> _WholeTable:
    assert table.values is not None
    weights, kept = _by_difference(table.values[::-2].astype(np.int64))
    common = max(int(np.gcd.reduce(np.concatenate([weights, kept]))), 1)
    weights, kept = weights // common, kept // common
    largest = int(np.abs(np.concatenate([weights, kept])).max())
    return _WholeTable(sums.Tables.of(weights[None], kept[None]), largest, common)


@lru_cache(maxsize=512)
def _rounded_table(table: DifferenceTable, fewest: int, most: int, bits: int) -> _RoundedTable:
    """Return the table in units of 2^-bits of its largest entry for so many places that differ."""
    log_size, sign = table.log_size[::-2], table.sign[::-2]
    largest = float(log_size[fewest : most + 2].max())
    unit = 0.0 if math.isinf(largest) else largest
    scaled = log_size - unit + bits * math.log(2)
    # What rounds to 0 needs no exponential; what is larger than the largest entry is never looked up.
    counts = (scaled > -1) & (scaled <= (bits + 1e-6) * math.log(2))
    differences = np.zeros(len(scaled), dtype=np.int64)
    differences[counts] = np.rint(sign[counts] * np.exp(scaled[counts])).astype(np.int64)
    weights, kept = _by_difference(differences)
    some = np.concatenate([[0], np.cumsum((weights != 0) | (kept != 0))])
    return _RoundedTable(np.stack([weights, kept], axis=-1), some, unit)


def _level(threshold: float) -> int:
    """Return twice a threshold of whole-number fields: between two of them, one is as good as another."""
    reach = 2.0**55  # beyond any field
    whole = math.floor(min(max(threshold, -reach), reach))
    return 2 * whole + (threshold != whole)


def _packed(patterns: Bits) -> PackedHeld:
    room = _Room(len(patterns), patterns.dim)
    room.append(patterns)
    return PackedHeld(room, len(patterns), np.zeros(0, dtype=np.int64))


def _by_difference(differences: Whole) -> tuple[Whole, Whole]:
    """Return twice the weight and the kept term of a pattern for each number of places that differ.

    From d at the overlaps D + 1, D - 1, ..., -D - 1: above, with the neuron's own place agreeing, and below.
    """
    above, below = differences[..., :-1], differences[..., 1:]
    return above + below, below - above


def _n_bits(value: int) -> int:
    return int(value).bit_length()
