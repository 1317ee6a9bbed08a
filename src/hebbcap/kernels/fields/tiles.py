"""In which order are tiles of patterns and blocks of states visited?

A tile of patterns stays in the fastest cache while all states pass over it, four at a time.
"""

from __future__ import annotations

from collections.abc import Callable
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

STATES: Final = 4
"""States that share the loads of columns."""


class Scratch(NamedTuple):
    """Where a kernel keeps what it needs for one tile and block of states: byte offsets."""

    weights: int
    wide: int
    tables: int
    active: int
    total: int


ROOM: Final = Scratch(
    weights=0,
    wide=4 * STATES * PATTERNS,
    tables=12 * STATES * PATTERNS,
    active=(12 + 16) * STATES * PATTERNS,
    total=(12 + 16) * STATES * PATTERNS + 8 * TILE,
)


def new_scratch() -> NDArray[np.uint8]:
    """Return room for one worker, on a boundary of 64 bytes."""
    room = np.empty(ROOM.total + 64, dtype=np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + ROOM.total]


def tile_by_tile(weigh: Callable[..., None], *, tabled: bool) -> Callable[..., None]:
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
        all_groups: Value,
        width: Value,
        dim: Value,
    ) -> None:
        padded = width * WORD
        n_tiles = (all_groups + (TILE - 1)).over(TILE)

        def visit(tile: Value, state: Value, n: int) -> None:
            group = tile * TILE
            block = Block(
                columns + group * padded * 2,
                padded * 2,
                k.smaller(all_groups - group, TILE),
                padded,
                [sums + (state + b) * padded * 8 for b in range(n)],
                [scratch + (ROOM.weights + 4 * PATTERNS * b) for b in range(n)],
                scratch + ROOM.tables,
                scratch + ROOM.active,
            )
            state_rows = [states + (state + b) * width * 4 for b in range(n)]
            own_tables = [k.load(I64, tables + (state + b) * 8) for b in range(n)]
            own_totals = [totals + (state + b) * 16 for b in range(n)]
            if n == 1:
                with k.range(block.groups) as g:
                    row = rows + (group + g) * width * (4 * LANES)
                    found = streamed_differences(k, row, state_rows[0], width)
                    k.store(found, block.weights[0] + g * (4 * LANES))
                    with k.range(block.stride, 0, 64) as byte:  # soon needed, and only once
                        k.prefetch(block.columns + g * block.stride + byte)
            else:
                with k.range(block.groups, 0, GROUPS) as g:
                    at = [rows + (group + g + i) * width * (4 * LANES) for i in range(GROUPS)]
                    shared = differences(k, at, state_rows, width)
                    for i in range(GROUPS):
                        for b in range(n):
                            k.store(shared[i][b], block.weights[b] + (g + i) * (4 * LANES))
            weigh(k, block, mask + group * 2, own_tables, own_totals, scratch + ROOM.wide, dim)

        def perhaps(tile: Value, state: Value, n: int) -> None:
            if not tabled:
                visit(tile, state, n)
                return
            flag = k.variable(k.number(I64, 1))
            with k.when(visited.compare("!=", 0)):
                at = visited + state.over(STATES) * n_tiles + tile
                flag.set(k.cast(k.load(I8, at), I64, signed=False))
            with k.when(flag.get().compare("!=", 0)):
                visit(tile, state, n)

        # Blocks start at whole multiples, so that every caller visits the same ones.
        blocks_end = first_state + ((last_state - first_state) & -STATES)
        with k.range(last_tile, first_tile) as tile:
            with k.range(blocks_end, first_state, STATES) as state:
                perhaps(tile, state, STATES)
            with k.range(last_state, blocks_end) as state:
                perhaps(tile, state, 1)

    return sums_over_patterns
