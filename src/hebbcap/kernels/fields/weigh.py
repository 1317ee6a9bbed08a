"""Which weight does each pattern of a tile get, and which arithmetic adds the weights up?

The narrowest that is proven not to overflow: the sizes of a tile's weights add up to less than 2^15 (16-bit
sums), less than 2^31 (32-bit sums), or the weights are cut into limbs that do. Totals have 64 bits.

Each function is handed, for one tile and block of states, the places where states and patterns differ, and
leaves the sums over ones added to those of the tiles before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hebbcap.kernels.fields.columns import BIT_FOR_LANE
from hebbcap.kernels.fields.lookups import Block, add_up_16, add_up_32
from hebbcap.kernels.fields.overlaps import LANES
from hebbcap.kernels.fields.tiles import PATTERNS
from hebbcap.kernels.language import I16, I32, I32X16, I64, I64X8, Code, Value, vector

_LIMB: Final = 22
"""Bits of a limb: 256 of them add up to less than 2^31."""


def _chosen(k: Code, weights: Value, mask: Value, group: Value) -> Value:
    """Return sixteen weights, those of patterns that don't count set to 0."""
    alive = k.same_bits(k.load(I16, mask + group * 2), BIT_FOR_LANE)
    return k.select(alive, weights, k.zero(weights.type))


def _add_to(k: Code, place: Value, value: Value) -> None:
    k.store(k.load(I64, place) + value, place)


def _absolute(k: Code, value: Value) -> Value:
    return k.larger(value, k.zero(value.type) - value)


def weigh_pairwise(
    k: Code,
    block: Block,
    mask: Value,
    tables: Sequence[Value],
    totals: Sequence[Value],
    wide: Value,
    dim: Value,
) -> None:
    """The weight of a pattern is its overlap."""
    spread_dim = k.splat(k.cast(dim, I32), LANES)
    largest = k.variable(k.number(I32, 0))
    for place, total in zip(block.weights, totals, strict=True):
        size, signed = k.variable(k.zero(I32X16)), k.variable(k.zero(I32X16))
        with k.range(block.groups) as g:
            at = place + g * (4 * LANES)
            overlap = _chosen(k, spread_dim - (k.load(I32X16, at) << 1), mask, g)
            k.store(overlap, at)
            size.add(_absolute(k, overlap))
            signed.add(overlap)
        largest.set(k.larger(largest.get(), k.total(size.get())))
        _add_to(k, total, k.cast(k.total(signed.get()), I64))
    fits = largest.get().compare("<", 2**15)
    with k.when(fits):
        add_up_16(k, block)
    with k.when(fits ^ 1):
        add_up_32(k, block, 0)


def weigh_narrow(
    k: Code,
    block: Block,
    mask: Value,
    tables: Sequence[Value],
    totals: Sequence[Value],
    wide: Value,
    dim: Value,
) -> None:
    """Weight and kept term are looked up, 32 bits each."""
    for place, table, total in zip(block.weights, tables, totals, strict=True):
        kept_in_all = k.variable(k.number(I64, 0))
        signed = k.variable(k.zero(I64X8))
        with k.range(block.groups) as g:
            at = place + g * (4 * LANES)
            bits = k.cast(k.load(I16, mask + g * 2), I64, signed=False)
            for lane in range(LANES):
                differ = k.cast(k.load(I32, at + 4 * lane), I64)
                both = k.load(I64, table + differ * 8)
                k.store(k.cast(both, I32), at + 4 * lane)
                alive = k.number(I64, 0) - ((bits >> lane) & 1)
                kept_in_all.add(both.shift_signed(32) & alive)
            weights = _chosen(k, k.load(I32X16, at), mask, g)
            k.store(weights, at)
            for half in (range(8), range(8, 16)):
                signed.add(k.cast(k.shuffle(weights, weights, list(half)), I64X8))
        _add_to(k, total, k.total(signed.get()))
        _add_to(k, total + 8, kept_in_all.get())
    add_up_32(k, block, 0)


def weigh_wide(
    k: Code,
    block: Block,
    mask: Value,
    tables: Sequence[Value],
    totals: Sequence[Value],
    wide: Value,
    dim: Value,
) -> None:
    """Weight and kept term are looked up, 64 bits each; large weights are added up limb by limb."""
    largest = k.variable(k.number(I64, 0))
    for b, (place, table, total) in enumerate(zip(block.weights, tables, totals, strict=True)):
        size, signed, kept = (k.variable(k.number(I64, 0)) for _ in range(3))
        own = wide + b * (8 * PATTERNS)
        with k.range(block.groups) as g:
            bits = k.cast(k.load(I16, mask + g * 2), I64, signed=False)
            for lane in range(LANES):
                differ = k.cast(k.load(I32, place + g * (4 * LANES) + 4 * lane), I64)
                alive = k.number(I64, 0) - ((bits >> lane) & 1)
                weight = k.load(I64, table + differ * 16) & alive
                kept.add(k.load(I64, table + differ * 16 + 8) & alive)
                k.store(weight, own + g * (8 * LANES) + 8 * lane)
                signed.add(weight)
                # Sizes are cut where they can't matter any more, so that their sum stays within 64 bits.
                size.add(k.smaller(_absolute(k, weight), 2**40))
        largest.set(k.larger(largest.get(), size.get()))
        _add_to(k, total, signed.get())
        _add_to(k, total + 8, kept.get())
    fits = largest.get().compare("<", 2**31)
    with k.when(fits):
        _cut(k, block, wide, None)
        add_up_32(k, block, 0)
    with k.when(fits ^ 1):
        for limb in range(3):
            _cut(k, block, wide, limb)
            add_up_32(k, block, limb * _LIMB)


def _cut(k: Code, block: Block, wide: Value, limb: int | None) -> None:
    """Write one signed limb of each wide weight, or the whole of it, as weights of 32 bits."""
    for b, place in enumerate(block.weights):
        with k.range(block.groups, 0, 1) as g:
            for half in range(2):
                at = wide + b * (8 * PATTERNS) + g * (8 * LANES) + half * 64
                rest = k.load(I64X8, at)
                if limb is None:
                    part = rest
                else:
                    spare = 64 - _LIMB
                    part = (rest << spare).shift_signed(spare) if limb < 2 else rest
                    k.store((rest - part).shift_signed(_LIMB), at)
                k.store(k.cast(part, vector(I32, 8)), place + g * (4 * LANES) + half * 32)
