"""Which sums over patterns make the field of every neuron?

.. math:: A_{bi} = \\sum_{\\mu: \\xi_i^\\mu = +1} w(m_{b\\mu}), \\quad
          \\sum_\\mu \\xi_i^\\mu w(m_{b\\mu}) = 2 A_{bi} - \\sum_\\mu w(m_{b\\mu})

with w whole numbers. Patterns are taken in tiles that stay in the fastest cache, so that no array of states
times patterns is ever held. For every four patterns the sixteen possible sums of their weights are written
down; the bits of a neuron then choose one of them, sixteen or thirty-two neurons at a time, within
registers.

Each tile uses the narrowest arithmetic that is proven not to overflow: the sizes of its weights add up to
less than 2^15 (16-bit sums), less than 2^31 (32-bit sums), or the weights are cut into limbs that do.
Totals have 64 bits. So the result is exact, whatever the order and however many threads.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import WORD, Bits, Words
from hebbcap.kernels.fields.columns import Columns
from hebbcap.kernels.fields.overlaps import LANES
from hebbcap.kernels.fields.tiles import N_STATES, PATTERNS, TILE, new_scratch, tile_by_tile
from hebbcap.kernels.fields.weigh import weigh_narrow, weigh_pairwise, weigh_wide
from hebbcap.kernels.machine import Kernel, features
from hebbcap.kernels.threads import count, share

Whole = NDArray[np.int64]

_WORK = 3e8
"""Sums of four looked up in one call of a kernel: some 20 ms, so that Ctrl-C is answered soon."""

_SERIAL = 2.5e5
"""Likewise up to which one thread is faster: to wake another takes up to 50 microseconds."""


_MOST_DIM = 2**23
"""With fewer neurons, overlaps of a tile of patterns add up to less than 2^31, which 32-bit sums hold."""


def available(dim: int = 1) -> bool:
    """Whether this processor looks up a vector of numbers in registers, AVX-512 with words, and sums fit."""
    return dim < _MOST_DIM and {"avx512f", "avx512bw"} <= features()


class Alive(NamedTuple):
    """Which patterns count: interleaved rows, columns, and a bit for each of them."""

    rows: Words
    columns: Columns
    mask: NDArray[np.uint16]
    groups: int
    dim: int


def plain_sums(
    patterns: NDArray[np.bool_], differ: NDArray[np.int64], weights: Whole, kept: Whole
) -> tuple[Whole, Whole, Whole]:
    """Return what the kernels compute: sums over ones (B, D), sums of weights (B,) and of kept terms (B,).

    Parameters
    ----------
    patterns : ndarray of bool, shape (K, D)
        True where an entry is high.
    differ : ndarray of int, shape (B, K)
        Places where state and pattern differ.
    weights, kept : ndarray of int64, shape (B or 1, D + 1)
        Weight and kept term of a pattern by the places where it differs.

    >>> [x.tolist() for x in plain_sums(np.array([[True, False]]), np.array([[1]]), np.array([[5, 7, 9]]),
    ...                                 np.array([[0, 1, 2]]))]
    [[[7, 0]], [7], [1]]
    """
    states = np.zeros(len(differ), dtype=np.int64) if len(weights) == 1 else np.arange(len(differ))
    chosen = weights[states[:, None], differ]
    over_ones = chosen @ patterns.astype(np.int64)
    return over_ones, chosen.sum(axis=1), kept[states[:, None], differ].sum(axis=1)


class Tables(NamedTuple):
    """Weight and kept term by the places that differ: some tables (D + 1, 2), and which one each state uses.

    All of 32-bit numbers, if the weights of a tile then add up to less than 2^31 whatever they are, or all
    of 64-bit ones.
    """

    tables: Sequence[NDArray[np.int32] | Whole]
    which: NDArray[np.int64]

    @classmethod
    def of(cls, weights: Whole, kept: Whole) -> Tables:
        """Return tables of weights and kept terms, each (T, D + 1), for T states in turn."""
        fits = max(_size(weights) * PATTERNS, _size(kept)) < 2**31
        values = np.stack([weights, kept], axis=-1)
        return cls(list(values.astype(np.int32) if fits else values), np.arange(len(values)))

    def for_all(self, n_states: int) -> Tables:
        """Return the first table for each of so many states."""
        return Tables(self.tables, np.zeros(n_states, dtype=np.int64))


class Sums(NamedTuple):
    """Sums over ones by parts of the patterns, (parts, B, 32 W); sums of weights and of kept terms, (B,).

    Good until the next sums are taken in the same Python thread, which use the same room.
    """

    parts: Whole
    weights: Whole
    kept: Whole


def pairwise_sums(held: Alive, states: Bits) -> Sums:
    """Return the sums whose weights are the overlaps themselves."""
    return _run(_PAIRWISE, held, states, None, None)


def table_sums(held: Alive, states: Bits, tables: Tables, live: NDArray[np.bool_] | None = None) -> Sums:
    """Return the sums whose weights and kept terms are looked up by the places that differ.

    Parameters
    ----------
    held : Alive
        The patterns.
    states : Bits
        B packed states.
    tables : Tables
        One for each state. The caller sees to it that no total leaves 63 bits.
    live : ndarray of bool, shape (B, tiles), optional
        False where every weight and kept term of a tile is known to be 0; all are looked at if left out.
    """
    kernel = _NARROW if tables.tables[0].dtype == np.int32 else _WIDE
    return _run(kernel, held, states, tables, live)


def _size(values: Whole) -> int:
    return max(abs(int(values.min())), abs(int(values.max())))


def _run(
    kernel: Kernel,
    held: Alive,
    states: Bits,
    tables: Tables | None,
    live: NDArray[np.bool_] | None,
) -> Sums:
    n, width = len(states), held.rows.shape[1]
    tiles = -(-held.groups // TILE)
    padded = width * WORD
    words = np.ascontiguousarray(states.words)
    blocks = -(-n // N_STATES)
    lookups = min(n, N_STATES) * PATTERNS / 4 * padded / LANES  # in a block of states and a tile
    visited = _visits(live, blocks, tiles)
    n_visits = blocks * tiles if visited is None else int(visited.sum())
    threads = 1 if lookups * n_visits < _SERIAL else count()
    by_tile = tiles >= 8 * threads or blocks < 2 * threads
    n_sums = min(threads, tiles) if by_tile else 1
    sums, totals = _rooms.zeros((n_sums, n, padded)), np.zeros((n_sums, n, 2), dtype=np.int64)
    scratch = _rooms.scratch(threads)
    addresses = np.zeros(n, dtype=np.int64)
    if tables is not None:
        addresses = np.array([table.ctypes.data for table in tables.tables])[tables.which]

    def run(start: int, stop: int, worker: int) -> None:
        part = worker if by_tile else 0
        tile_range = (start, stop) if by_tile else (0, tiles)
        state_range = (0, n) if by_tile else (start * N_STATES, min(stop * N_STATES, n))
        kernel(
            held.rows.ctypes.data,
            held.columns.ctypes.data,
            held.mask.ctypes.data,
            words.ctypes.data,
            addresses.ctypes.data,
            visited.ctypes.data if visited is not None else 0,
            sums[part].ctypes.data,
            totals[part].ctypes.data,
            scratch[worker].ctypes.data,
            *tile_range,
            *state_range,
            held.groups,
            width,
            held.dim,
        )

    pieces = tiles if by_tile else blocks
    at_once = max(int(_WORK / (lookups * (blocks if by_tile else tiles))), 1)
    share(run, pieces, at_once=at_once, serial=threads == 1)
    both = totals.sum(axis=0)
    return Sums(sums, both[:, 0], both[:, 1])


class _Rooms(threading.local):
    """Room that calls of one Python thread use again: new room costs more than the sums of a small memory."""

    def __init__(self) -> None:
        self._sums = np.zeros(0, dtype=np.int64)
        self._scratch: list[NDArray[np.uint8]] = []

    def zeros(self, shape: tuple[int, ...]) -> Whole:
        size = math.prod(shape)
        if size > _KEPT:
            return np.zeros(shape, dtype=np.int64)
        if len(self._sums) < size:
            self._sums = np.empty(size, dtype=np.int64)
        result = self._sums[:size].reshape(shape)
        result.fill(0)
        return result

    def scratch(self, n_workers: int) -> list[NDArray[np.uint8]]:
        while len(self._scratch) < n_workers:
            self._scratch.append(new_scratch())
        return self._scratch


_KEPT = 2**22
"""Sums that are kept for later calls, at most: 32 MiB."""

_rooms = _Rooms()


def _visits(live: NDArray[np.bool_] | None, blocks: int, tiles: int) -> NDArray[np.uint8] | None:
    """Return for each block of states and tile whether any state needs it, shape (blocks, tiles)."""
    if live is None:
        return None
    padded = np.zeros((blocks * N_STATES, tiles), dtype=np.uint8)
    padded[: len(live)] = live
    return np.ascontiguousarray(padded.reshape(blocks, N_STATES, tiles).max(axis=1))


_PAIRWISE = Kernel(tile_by_tile(weigh_pairwise, tabled=False), "pairwise_sums")
_NARROW = Kernel(tile_by_tile(weigh_narrow, tabled=True), "table_sums_of_32_bits")
_WIDE = Kernel(tile_by_tile(weigh_wide, tabled=True), "table_sums_of_64_bits")
