"""How near do the patterns of each tile come to each state?

The fewest and the most places where they differ: enough to know the largest term of a sum over patterns,
and which tiles have nothing to add to it, without holding overlaps of states times patterns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import Bits
from hebbcap.kernels.fields.columns import BIT_FOR_LANE
from hebbcap.kernels.fields.overlaps import LANES, differences, streamed_differences
from hebbcap.kernels.fields.sums import Alive
from hebbcap.kernels.fields.tiles import TILE
from hebbcap.kernels.language import I16, I32, I32X16, Code, Value
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.threads import share

_WORK = 2e8
"""Words compared in one call of a kernel: some 10 ms, so that Ctrl-C is answered soon."""

_SERIAL = 1.5e6


def plain_nearest(differ: NDArray[np.int32], tile: int) -> NDArray[np.int32]:
    """Return what the kernel computes: fewest and most of (B, K) in each tile, shape (B, tiles, 2).

    >>> plain_nearest(np.array([[3, 1, 2]]), 2).tolist()
    [[[1, 3], [2, 2]]]
    """
    starts = np.arange(0, differ.shape[1], tile)
    fewest, most = (ufunc.reduceat(differ, starts, axis=1) for ufunc in (np.minimum, np.maximum))
    return np.stack([fewest, most], axis=-1)


def nearest(held: Alive, states: Bits) -> NDArray[np.int32]:
    """Return the fewest and the most places where patterns of each tile differ from states, (B, tiles, 2).

    A tile without patterns that count has more fewest than most.
    """
    width, n = held.rows.shape[1], len(states)
    tiles = -(-held.groups // TILE)
    words = np.ascontiguousarray(states.words)
    out = np.empty((n, tiles, 2), dtype=np.int32)

    def run(start: int, stop: int, worker: int) -> None:
        _KERNEL(
            held.rows.ctypes.data,
            held.mask.ctypes.data,
            words.ctypes.data,
            out.ctypes.data,
            start,
            stop,
            tiles,
            n,
            held.groups,
            width,
        )

    work = TILE * LANES * width * n
    share(run, tiles, at_once=max(int(_WORK / work), 1), serial=work * tiles < _SERIAL)
    return out


def _nearest(
    k: Code,
    rows: Value,
    mask: Value,
    states: Value,
    out: Value,
    first: Value,
    last: Value,
    tiles: Value,
    n_states: Value,
    groups: Value,
    width: Value,
) -> None:
    far, near = k.number(I32X16, 2**31 - 1), k.number(I32X16, -1)

    def block(tile: Value, state: Value, n: int, step: int) -> None:
        fewest = [k.variable(far) for _ in range(n)]
        most = [k.variable(near) for _ in range(n)]
        own = [states + (state + b) * width * 4 for b in range(n)]
        with k.range(k.smaller(groups, (tile + 1) * TILE), tile * TILE, step) as group:
            at = [rows + (group + g) * width * (4 * LANES) for g in range(step)]
            if n == 1:
                found = [[streamed_differences(k, at[0], own[0], width)]]
            else:
                found = differences(k, at, own, width)
            for g in range(step):
                alive = k.same_bits(k.load(I16, mask + (group + g) * 2), BIT_FOR_LANE)
                for b in range(n):
                    fewest[b].set(k.smaller(fewest[b].get(), k.select(alive, found[g][b], far)))
                    most[b].set(k.larger(most[b].get(), k.select(alive, found[g][b], near)))
        for b in range(n):
            place = out + ((state + b) * tiles + tile) * 8
            k.store(k.number(I32, -1) - k.largest(k.number(I32X16, -1) - fewest[b].get()), place)
            k.store(k.largest(most[b].get()), place + 4)

    eights = n_states & -8
    with k.range(last, first) as tile:
        with k.range(eights, 0, 8) as state:
            block(tile, state, 8, 2)
        with k.range(n_states, eights) as state:
            block(tile, state, 1, 1)


_KERNEL = Kernel(_nearest, "nearest")
