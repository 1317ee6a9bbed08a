"""How does a separation function become whole numbers?

Then sums over patterns come out the same in any order, on any number of threads and machines. Where its
differences are whole numbers whose totals fit, they are taken as they are. Else they are rounded, for each
state relative to the largest that its patterns reach: to 44 bits or what is left of a total's 61, or, where
that can't tell the sign of a field, to as many more as it takes, cut into limbs of few bits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap.engines.protocol import Floats, Whole
from hebbcap.kernels.fields.sums import Tables
from hebbcap.separation.table import DifferenceTable

COARSE: Final = 44
"""Bits of the largest term where a separation function has no whole numbers: a relative error of 2^-45 of
it."""

_TOTAL: Final = 61
"""Bits that totals over patterns may take."""

_USEFUL: Final = 8
"""Bits of a coarse total beyond its rounding, without which it is not taken at all."""

_FINE: Final = 96
"""Bits of fine terms below the smallest scale of a neuron's field: with 10^12 patterns, an error of 2^-56 of
it."""

_LIMB: Final = 21
"""Bits of a limb, at most: weights of 22 bits are looked up fastest."""

_DEEPEST: Final = 1074
"""Bits from 1 to the smallest positive number in double precision."""

Reach = NDArray[np.int64]
"""The fewest and the most places where any pattern differs from each state, (B, 2)."""


class WholeTable(NamedTuple):
    """A separation function of whole numbers, divided by what is common to all of them."""

    tables: Tables
    largest: int
    common: int


class RoundedTable(NamedTuple):
    """A separation function in fixed point: table, entries before each that are not 0, log of its unit."""

    table: Whole
    some: NDArray[np.int64]
    log_unit: float


class Rounded(NamedTuple):
    """Tables in coarse fixed point for B states, what their sums are worth, (B,), and each by itself."""

    tables: Tables
    worth: Floats
    log_unit: Floats
    made: list[RoundedTable]


class Fine(NamedTuple):
    """Tables in fine fixed point: one for each limb, the most significant first.

    A field, twice, is the sum over limbs of `total * 2**-(bits * i)`, times `2**exponent`, (B,), times
    `exp(log_unit)`, (B,).
    """

    limbs: list[Tables]
    bits: int
    exponent: NDArray[np.int64]
    log_unit: Floats


def whole_terms(table: DifferenceTable, n_patterns: int) -> WholeTable | None:
    """Return the separation function as it is, where it has whole numbers whose totals fit."""
    if not table.whole or table.values is None:
        return None
    whole = _whole_table(table)
    return whole if n_bits(whole.largest) + n_bits(n_patterns) < _TOTAL else None


def coarse_bits(n_patterns: int) -> int | None:
    """Return the bits of coarse terms, or None where rounding so many of them leaves nothing to go by.

    >>> coarse_bits(1000), coarse_bits(10**6), coarse_bits(10**9)
    (44, 39, None)
    """
    bits = min(COARSE, _TOTAL - 2 - n_bits(n_patterns))
    return bits if bits >= n_bits(4 * n_patterns) + _USEFUL else None


def rounded_terms(table: DifferenceTable, reach: Reach, bits: int) -> Rounded:
    """Return the separation function in fixed point, for each state relative to its largest term."""
    which, kinds = _kinds(reach)
    made = [_rounded_table(table, *ends, bits) for ends in kinds]
    worth = np.full(len(reach), 0.5 * 2.0**-bits)
    log_unit = np.array([rounded.log_unit for rounded in made])[which]
    if table.values is not None:
        worth, log_unit = worth * np.exp(log_unit), np.zeros(len(reach))
    tables = Tables([rounded.table for rounded in made], which)
    return Rounded(tables, worth, log_unit + math.log(table.unit), made)


def fine_terms(table: DifferenceTable, reach: Reach, n_patterns: int) -> Fine:
    """Return the separation function so finely that what is rounded away is nothing beside any field."""
    which, kinds = _kinds(reach)
    bits = min(_LIMB, _TOTAL - 3 - n_bits(n_patterns))
    made = [_fine_table(table, *ends, bits) for ends in kinds]
    limbs = []
    for i in range(max(len(digits) for digits, _, _ in made)):
        none = np.zeros_like(made[0][0][0])
        differences = np.stack([digits[i] if i < len(digits) else none for digits, _, _ in made])
        limbs.append(Tables(Tables.of(*by_difference(differences)).tables, which))
    exponent = np.array([exponent for _, exponent, _ in made])[which]
    return Fine(limbs, bits, exponent, np.array([log_unit for _, _, log_unit in made])[which])


def fine_values(totals: Whole, fine: Fine) -> Floats:
    """Return the fields, in units of exp(log unit), from twice their totals by limbs, (limbs, B, D).

    They are right to the last bit or two of double precision, whatever cancels in the totals.
    """
    limbs = _carried(totals, fine.bits)
    negative = limbs[0] < 0
    limbs = _carried(np.where(negative, -limbs, limbs), fine.bits)
    size = np.zeros(limbs.shape[1:])
    for limb in limbs[::-1]:
        size = limb + size * 2.0**-fine.bits
    return np.asarray(np.ldexp(np.where(negative, -size, size), fine.exponent[:, None] - 1))


def by_difference(differences: Whole) -> tuple[Whole, Whole]:
    """Return twice the weight and the kept term of a pattern for each number of places that differ.

    From d at the overlaps D + 1, D - 1, ..., -D - 1: above, with the neuron's own place agreeing, and below.
    """
    above, below = differences[..., :-1], differences[..., 1:]
    return above + below, below - above


def counted(weights: NDArray[Any], kept: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many terms before each place are not 0, (D + 2,)."""
    return np.concatenate([[0], np.cumsum((weights != 0) | (kept != 0))])


def level(threshold: float) -> int:
    """Return twice a threshold of whole-number fields: between two of them, one is as good as another.

    >>> level(1.0), level(1.25), level(-0.5)
    (2, 3, -1)
    """
    reach = 2.0**55  # beyond any field
    whole = math.floor(min(max(threshold, -reach), reach))
    return 2 * whole + (threshold != whole)


def n_bits(value: int) -> int:
    """Return how many binary digits a whole number takes."""
    return int(value).bit_length()


def _kinds(reach: Reach) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Return the distinct pairs of ends, and which of them each state has."""
    ends = [(int(fewest), int(most)) for fewest, most in reach]
    numbers = {pair: i for i, pair in enumerate(dict.fromkeys(ends))}
    return np.array([numbers[pair] for pair in ends], dtype=np.int64), list(numbers)


@lru_cache(maxsize=8)
def _whole_table(table: DifferenceTable) -> WholeTable:
    assert table.values is not None
    weights, kept = by_difference(table.values[::-2].astype(np.int64))
    common = max(int(np.gcd.reduce(np.concatenate([weights, kept]))), 1)
    weights, kept = weights // common, kept // common
    largest = int(np.abs(np.concatenate([weights, kept])).max())
    return WholeTable(Tables.of(weights[None], kept[None]), largest, common)


@lru_cache(maxsize=512)
def _rounded_table(table: DifferenceTable, fewest: int, most: int, bits: int) -> RoundedTable:
    """Return the table in units of 2^-bits of its largest entry for so many places that differ."""
    log_size, sign = table.log_size[::-2], table.sign[::-2]
    largest = float(log_size[fewest : most + 2].max())
    unit = 0.0 if math.isinf(largest) else largest
    scaled = log_size - unit + bits * math.log(2)
    # What rounds to 0 needs no exponential; what is larger than the largest entry is never looked up.
    counts = (scaled > -1) & (scaled <= (bits + 1e-6) * math.log(2))
    differences = np.zeros(len(scaled), dtype=np.int64)
    differences[counts] = np.rint(sign[counts] * np.exp(scaled[counts])).astype(np.int64)
    weights, kept = by_difference(differences)
    return RoundedTable(np.stack([weights, kept], axis=-1), counted(weights, kept), unit)


@lru_cache(maxsize=512)
def _fine_table(table: DifferenceTable, fewest: int, most: int, bits: int) -> tuple[Whole, int, float]:
    """Return the digits (limbs, D + 2) of the differences that so many places reach, exponent and log unit.

    They are those of the doubles that the reference adds up, in units of 2^(exponent - bits * limb).
    """
    log_size = _met(table.log_size, fewest, most)
    finite = log_size[np.isfinite(log_size)]
    entries, log_unit = np.zeros(table.reach + 1), math.log(table.unit)
    if not len(finite):
        return np.zeros((1, len(entries)), dtype=np.int64), 0, log_unit
    largest = float(finite.max())
    # Every neuron's field has a term of these two patterns at least, which are there for certain.
    floor = max(log_size[:2].min(), log_size[-2:].min(), finite.min())
    depth = _FINE + min(math.ceil((largest - float(floor)) / math.log(2)), _DEEPEST)
    if table.values is not None:
        values = _met(table.values, fewest, most)
    else:
        values, log_unit = _met(table.sign, fewest, most) * np.exp(log_size - largest), log_unit + largest
    entries[fewest : most + 2] = values
    exponent = int(np.frexp(np.abs(entries).max())[1])
    rest, digits = np.ldexp(entries, -exponent), list[Whole]()
    while rest.any() and len(digits) * bits < depth:  # exactly: a shift, and what a whole number leaves of it
        rest = np.ldexp(rest, bits)
        whole = np.rint(rest)
        digits.append(whole.astype(np.int64))
        rest = rest - whole
    return np.stack(digits), exponent - bits, log_unit


def _met(column: Floats, fewest: int, most: int) -> Floats:
    """Return the part of a table, by the places that differ, that neurons meet from `fewest` to `most`.

    No neuron differs from a pattern that is the state itself, nor agrees with one that differs everywhere:
    what such a pattern would have given is replaced by what it gives.
    """
    by_difference = column[::-2].copy()
    if fewest == 0:
        by_difference[0] = by_difference[1]
    if most == len(by_difference) - 2:
        by_difference[-1] = by_difference[-2]
    return by_difference[fewest : most + 2]


def _carried(limbs: Whole, bits: int) -> Whole:
    """Return the same numbers with every limb but the first from 0 to 2^bits - 1."""
    limbs = limbs.copy()
    for i in range(len(limbs) - 1, 0, -1):
        carry = limbs[i] >> bits
        limbs[i] -= carry << bits
        limbs[i - 1] += carry
    return limbs
