"""How do 32 words of neurons become 32 words of patterns?

A block of 32 x 32 bits lies in two vectors of 16 words. Each of five rounds swaps the two off-diagonal
squares of side 16, 8, 4, 2 and 1 (Hacker's Delight, 2nd ed., section 7-3), inside the registers: the first
between the two vectors, the others between lanes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.kernels.bits import Words

if TYPE_CHECKING:
    from hebbcap.kernels.language import Code, Value

SIDE: Final = 32

_LOW_SQUARES: Final = {16: 0x0000FFFF, 8: 0x00FF00FF, 4: 0x0F0F0F0F, 2: 0x33333333, 1: 0x55555555}
"""Bits at places without this power of two."""


def transpose(blocks: Words) -> Words:
    """Return blocks of 32 x 32 bits with words and bits exchanged.

    Parameters
    ----------
    blocks : ndarray of uint32, shape (n, 32)
        Bit j of word i of each block.

    Returns
    -------
    ndarray of uint32, shape (n, 32)
        The same as bit i of word j.

    Raises
    ------
    InvalidArgument
        If the array has another shape or type.

    >>> block = np.zeros((1, 32), dtype=np.uint32)
    >>> block[0, 3] = 1 << 7
    >>> int(transpose(block)[0, 7]) == 1 << 3
    True
    """
    if blocks.dtype != np.uint32 or blocks.ndim != 2 or blocks.shape[1] != SIDE:
        raise _checks.fail("blocks", f"{blocks.dtype} {blocks.shape}", "must be uint32 (n, 32)")
    kernel = _kernel()
    if kernel is None:
        return plain(blocks)
    source, result = np.ascontiguousarray(blocks), np.empty(blocks.shape, dtype=np.uint32)
    kernel(source.ctypes.data, result.ctypes.data, len(blocks))
    return result


def plain(blocks: Words) -> Words:
    """Return the same in NumPy: what `transpose` means."""
    place = np.arange(SIDE, dtype=np.uint32)
    bits: NDArray[np.uint32] = blocks[:, :, None] >> place & np.uint32(1)
    result: Words = (bits << place[:, None]).sum(axis=1, dtype=np.uint32)
    return result


def emit_transpose(k: Code, first: Value, last: Value) -> tuple[Value, Value]:
    """Transpose a block of two vectors of 16 words of 32 bits, words 0 to 15 and 16 to 31."""
    mask = _LOW_SQUARES[16]
    halves = [(first & mask) | (last << 16), (first >> 16) | (last & (mask << 16))]
    lanes = range(16)
    for side in (8, 4, 2, 1):
        mask = _LOW_SQUARES[side]
        # Lanes without this power of two keep their low squares and take those of their partner as high ones.
        keeps = k.number(first.type, [mask << side if lane & side else mask for lane in lanes])
        turn = k.number(first.type, [32 - side if lane & side else side for lane in lanes])
        for half, words in enumerate(halves):
            partner = k.shuffle(words, words, [lane ^ side for lane in lanes])
            turned = k.call("llvm.fshl.v16i32", first.type, partner, partner, turn)
            halves[half] = (words & keeps) | (turned & ~keeps)
    return halves[0], halves[1]


@cache
def _kernel() -> Any:
    """Return the kernel, or None where LLVM can't be loaded."""
    try:
        from hebbcap.kernels.language import I32X16
        from hebbcap.kernels.machine import Kernel
    except (ImportError, OSError, RuntimeError):
        return None

    def _transpose_blocks(k: Code, source: Value, result: Value, n: Value) -> None:
        with k.range(n) as block:
            at = block * (4 * SIDE)
            halves = emit_transpose(k, k.load(I32X16, source + at), k.load(I32X16, source + at + 64))
            for half, words in enumerate(halves):
                k.store(words, result + at + 64 * half)

    return Kernel(_transpose_blocks)
