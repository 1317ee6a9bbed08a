"""Which fields and which states follow from the sums of every neuron?

A neuron's field is twice its sum over ones less the total of the weights. It takes its high level where
four times its sum over ones is above its limit, its low level where it is below, and keeps its state where
the two are equal: four times, so that a limit may lie between two fields. There are two limits for each
state of the network, for neurons that are low now and for those that are high, since a neuron's own term
depends on its state.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import WORD, Bits
from hebbcap.kernels.fields.sums import Sums
from hebbcap.kernels.language import F64, I1, I8, I64, I64X8, Code, Value, vector
from hebbcap.kernels.machine import Kernel

Whole = NDArray[np.int64]


def plain_decide(sums: Whole, limits: Whole, states: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what the kernel decides, on unpacked states (B, D), with limits (B, 2) for low and high neurons.

    >>> plain_decide(np.array([[1, 1, 1]]), np.array([[4, 5]]), np.array([[False, True, False]])).tolist()
    [[False, False, False]]
    """
    limit = np.where(states, limits[:, 1:], limits[:, :1])
    return np.where(4 * sums == limit, states, 4 * sums > limit)


def fields(sums: Sums, dim: int) -> Whole:
    """Return the fields (B, D): twice the sums over ones less the total of the weights."""
    n_parts, n, padded = sums.parts.shape
    out = np.empty((n, padded), dtype=np.int64)
    totals = np.ascontiguousarray(sums.weights)
    _FIELDS(sums.parts.ctypes.data, n_parts, totals.ctypes.data, out.ctypes.data, n, padded)
    return out[:, :dim]


def scaled_fields(sums: Sums, states: Bits, worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the fields times `worth` (B,), with each neuron's own term: the kept term times its state."""
    n_parts, n, padded = sums.parts.shape
    words, worth = np.ascontiguousarray(states.words), np.ascontiguousarray(worth)
    out = np.empty((n, padded))
    ends = np.stack([sums.weights + sums.kept, sums.weights - sums.kept], axis=1)
    addresses = ends.ctypes.data, words.ctypes.data, worth.ctypes.data, out.ctypes.data
    _SCALED(sums.parts.ctypes.data, n_parts, *addresses, n, padded)
    return out[:, : states.dim]


def decide(sums: Sums, limits: Whole, states: Bits) -> Bits:
    """Return the next states.

    Parameters
    ----------
    sums : Sums
        Of B states.
    limits : ndarray of int64, shape (B, 2)
        For neurons that are low and for those that are high.
    states : Bits
        B packed states.
    """
    n_parts, n, padded = sums.parts.shape
    words, limits = np.ascontiguousarray(states.words), np.ascontiguousarray(limits)
    after = np.empty_like(words)
    addresses = limits.ctypes.data, words.ctypes.data, after.ctypes.data
    _DECIDE(sums.parts.ctypes.data, n_parts, *addresses, n, padded)
    spare = -states.dim % WORD
    if spare:
        after[:, -1] &= np.uint32(2 ** (WORD - spare) - 1)
    return Bits(after, states.dim)


def _added_up(k: Code, parts: Value, n_parts: Value, part_size: Value, at: Value) -> Value:
    """Return the sums over ones of eight neurons, all parts together."""
    total = k.variable(k.load(I64X8, parts + at))
    with k.range(n_parts, 1) as part:
        total.add(k.load(I64X8, parts + part * part_size + at))
    return total.get()


def _fields(
    k: Code, parts: Value, n_parts: Value, totals: Value, out: Value, n_states: Value, padded: Value
) -> None:
    size = n_states * padded * 8
    with k.range(n_states) as b:
        total = k.splat(k.load(I64, totals + b * 8), 8)
        with k.range(padded * 8, 0, 64) as byte:
            at = b * padded * 8 + byte
            k.store((_added_up(k, parts, n_parts, size, at) << 1) - total, out + at)


def _decide(
    k: Code,
    parts: Value,
    n_parts: Value,
    limits: Value,
    states: Value,
    out: Value,
    n_states: Value,
    padded: Value,
) -> None:
    size = n_states * padded * 8
    with k.range(n_states) as b:
        low, high = (k.splat(k.load(I64, limits + b * 16 + 8 * i), 8) for i in range(2))
        with k.range(padded >> 3) as byte:  # eight neurons at a time
            own = k.load(I8, states + b * (padded >> 3) + byte)
            limit = k.select(k.same_bits(own, vector(I1, 8)), high, low)
            scaled = _added_up(k, parts, n_parts, size, b * padded * 8 + byte * 64) << 2
            above = k.same_bits(scaled.compare(">", limit), I8)
            tied = k.same_bits(scaled.compare("==", limit), I8)
            k.store(above | (tied & own), out + b * (padded >> 3) + byte)


def _scaled(
    k: Code,
    parts: Value,
    n_parts: Value,
    totals: Value,
    states: Value,
    worth: Value,
    out: Value,
    n_states: Value,
    padded: Value,
) -> None:
    size = n_states * padded * 8
    with k.range(n_states) as b:
        low, high = (k.splat(k.load(I64, totals + b * 16 + 8 * i), 8) for i in range(2))
        unit = k.splat(k.load(F64, worth + b * 8), 8)
        with k.range(padded >> 3) as byte:  # eight neurons at a time
            own = k.same_bits(k.load(I8, states + b * (padded >> 3) + byte), vector(I1, 8))
            at = b * padded * 8 + byte * 64
            whole = (_added_up(k, parts, n_parts, size, at) << 1) - k.select(own, high, low)
            k.store(k.times(k.real(whole), unit), out + at)


_FIELDS = Kernel(_fields, "fields")
_SCALED = Kernel(_scaled, "scaled_fields")
_DECIDE = Kernel(_decide, "decide")
