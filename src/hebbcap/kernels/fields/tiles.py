"""In which order are tiles of patterns and blocks of states visited?

A tile of patterns stays in the fastest cache while all states pass over it, four at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import WORD
from hebbcap.kernels.fields.lookups import Block
from hebbcap.kernels.fields.overlaps import GROUPS, LANES, differences, streamed_differences
from hebbcap.kernels.language import I8, I64, Code, Value

TILE: Final = 16
"""Groups of patterns in a tile: 256 patterns, whose sums of four take 16 KiB for four states."""

PATTERNS: Final = TILE * LANES

N_STATES: Final = 4
"""States that share the loads of columns."""


Weigh = Callable[[Code, Block, Value, Sequence[Value], Sequence[Value], Value, Value], None]
"""Turns the places that differ into weights and adds them up; see `hebbcap.kernels.fields.weigh`."""


class Scratch(NamedTuple):
    """Where a kernel keeps what it needs for one tile and block of states: byte offsets."""

    weights: int
    wide: int
    tables: int
    active: int
    total: int


ROOM: Final = Scratch(
    weights=0,
    wide=4 * N_STATES * PATTERNS,
    tables=12 * N_STATES * PATTERNS,
    active=(12 + 16) * N_STATES * PATTERNS,
    total=(12 + 16) * N_STATES * PATTERNS + 8 * TILE,
)


def new_scratch() -> NDArray[np.uint8]:
    """Return room for one worker, on a boundary of 64 bytes."""
    room = np.empty(ROOM.total + 64, dtype=np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + ROOM.total]


class Patterns(NamedTuple):
    """The patterns, within a kernel: addresses and sizes as in `hebbcap.kernels.fields.sums.Alive`."""

    rows: Value
    columns: Value
    mask: Value
    groups: Value
    width: Value
    dim: Value


class States(NamedTuple):
    """One to four states, within a kernel: addresses for each of them."""

    rows: Sequence[Value]
    tables: Sequence[Value]
    sums: Sequence[Value]
    totals: Sequence[Value]


def visit(k: Code, weigh: Weigh, patterns: Patterns, states: States, tile: Value, scratch: Value) -> None:
    """Emit the work of one tile of patterns for one block of states: their sums and totals grow."""
    group, n, width = tile * TILE, len(states.rows), patterns.width
    padded = width * WORD
    block = Block(
        patterns.columns + group * padded * 2,
        padded * 2,
        k.smaller(patterns.groups - group, TILE),
        padded,
        states.sums,
        [scratch + (ROOM.weights + 4 * PATTERNS * b) for b in range(n)],
        scratch + ROOM.tables,
        scratch + ROOM.active,
    )
    if n == 1:
        with k.range(block.groups) as g:
            row = patterns.rows + (group + g) * width * (4 * LANES)
            k.store(streamed_differences(k, row, states.rows[0], width), block.weights[0] + g * (4 * LANES))
    else:
        with k.range(block.groups, 0, GROUPS) as g:
            at = [patterns.rows + (group + g + i) * width * (4 * LANES) for i in range(GROUPS)]
            shared = differences(k, at, states.rows, width)
            for i in range(GROUPS):
                for b in range(n):
                    k.store(shared[i][b], block.weights[b] + (g + i) * (4 * LANES))
    mask = patterns.mask + group * 2
    weigh(k, block, mask, states.tables, states.totals, scratch + ROOM.wide, patterns.dim)


def tile_by_tile(weigh: Weigh, *, tabled: bool) -> Callable[..., None]:
    """Return the emitter of a kernel whose weights `weigh` makes of the places that differ."""

    def sums_over_patterns(
        k: Code,
        rows: Value,
        columns: Value,
        mask: Value,
        states: Value,
        tables: Value,
        visited: Value,
        sums: Value,
        totals: Value,
        scratch: Value,
        first_tile: Value,
        last_tile: Value,
        first_state: Value,
        last_state: Value,
        groups: Value,
        width: Value,
        dim: Value,
    ) -> None:
        patterns = Patterns(rows, columns, mask, groups, width, dim)
        n_tiles = (groups + (TILE - 1)).over(TILE)

        def some(tile: Value, state: Value, n: int) -> None:
            block = States(
                [states + (state + b) * width * 4 for b in range(n)],
                [k.load(I64, tables + (state + b) * 8) for b in range(n)],
                [sums + (state + b) * width * (8 * WORD) for b in range(n)],
                [totals + (state + b) * 16 for b in range(n)],
            )
            visit(k, weigh, patterns, block, tile, scratch)

        def perhaps(tile: Value, state: Value, n: int) -> None:
            if not tabled:
                some(tile, state, n)
                return
            flag = k.variable(k.number(I64, 1))
            with k.when(visited.compare("!=", 0)):
                at = visited + state.over(N_STATES) * n_tiles + tile
                flag.set(k.cast(k.load(I8, at), I64, signed=False))
            with k.when(flag.get().compare("!=", 0)):
                some(tile, state, n)

        # Blocks start at whole multiples, so that every caller visits the same ones.
        blocks_end = first_state + ((last_state - first_state) & -N_STATES)
        with k.range(last_tile, first_tile) as tile:
            with k.range(blocks_end, first_state, N_STATES) as state:
                perhaps(tile, state, N_STATES)
            with k.range(last_state, blocks_end) as state:
                perhaps(tile, state, 1)

    return sums_over_patterns
