"""How are patterns packed along the neurons?

For sums over patterns each neuron needs its bits of all patterns: one 16-bit column for each sixteen
patterns and neuron, bit l for pattern l. Where sixteen patterns stand side by side in a vector, one test
gives a column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import WORD, Words
from hebbcap.kernels.fields.overlaps import LANES
from hebbcap.kernels.language import I1, I16, I32X16, Code, Value, vector
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.threads import share

Columns = NDArray[np.uint16]

_AT_ONCE = 4096
"""Groups of one call of the kernel."""


def plain_columns(rows: Words) -> Columns:
    """Return the columns of interleaved rows, by unpacking every bit: what the kernel computes.

    >>> plain_columns(np.array([[[0b11, 0b01, 0b10] + 13 * [0]]], dtype=np.uint32))[0, :3].tolist()
    [3, 5, 0]
    """
    bits = rows[..., None] >> np.arange(WORD, dtype=np.uint32) & 1
    weighted = bits << np.arange(LANES, dtype=np.uint32)[:, None]
    columns: Columns = weighted.sum(axis=2, dtype=np.uint32).astype(np.uint16)
    return columns.reshape(len(rows), -1)


def write_columns(rows: Words, out: Columns, first: int = 0) -> None:
    """Write the columns of interleaved rows (groups, W, LANES) to `out` (groups, 32 W), from a group on."""
    groups, width, _ = rows.shape

    def run(start: int, stop: int, worker: int) -> None:
        _KERNEL(rows.ctypes.data, out.ctypes.data, first + start, first + stop, width)

    share(run, groups - first, at_once=_AT_ONCE, serial=(groups - first) * width < 2000)


def _columns(k: Code, rows: Value, out: Value, first: Value, last: Value, width: Value) -> None:
    with k.range(last * width, first * width) as at:
        patterns = k.load(I32X16, rows + at * (4 * LANES))
        for bit in range(WORD):
            ones = (patterns & (1 << bit)).compare("!=", 0)
            k.store(k.same_bits(ones, I16), out + at * (2 * WORD) + 2 * bit)


_KERNEL = Kernel(_columns, "columns")

BIT_FOR_LANE = vector(I1, LANES)
"""Sixteen bits, one for each lane."""
