"""How does a dense memory step on sums that parts of its patterns add up to?

A part of the patterns says how near they come to each state, and sums tables over them: whole numbers, which
add up to those of all patterns in any order. What the field is, and which neuron switches, follows from these
alone, so that it is the same however the patterns are divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hebbcap.engines.fixed_point import (
    Reach,
    coarse_bits,
    fine_terms,
    fine_values,
    rounded_terms,
    whole_terms,
)
from hebbcap.engines.protocol import TIE, Floats, Whole
from hebbcap.engines.reference import FINE
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.fields.sums import Tables
from hebbcap.separation.table import DifferenceTable


class Part(Protocol):
    """Patterns, some or all, that can be summed over."""

    def __len__(self) -> int:
        """Return the number of patterns."""

    def reach(self, states: Bits) -> Reach:
        """Return the fewest and the most places where a pattern differs from each state, (B, 2)."""

    def table_sums(self, states: Bits, tables: Sequence[Tables]) -> Whole:
        """Return for each of the tables the whole-number sums over patterns, (tables, B, D + 1).

        Entry times weight for each neuron, and in the last place the kept terms.
        """


def separated_field(part: Part, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
    """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
    whole = whole_terms(table, len(part))
    if whole is not None:
        twice = _twice_fields(part, states, [whole.tables.for_all(len(states))])[0]
        return twice * (0.5 * whole.common), np.full(len(states), np.log(table.unit))
    reach, bits = part.reach(states), coarse_bits(len(part))
    if bits is None or is_steep(table):
        return _fine_field(part, states, table, reach)
    rounded = rounded_terms(table, reach, bits)
    twice = _twice_fields(part, states, [rounded.tables])[0]
    return twice * rounded.worth[:, None], rounded.log_unit


def separated_step(part: Part, states: Bits, table: DifferenceTable) -> Bits:
    """Return the states of a dense memory after one update at threshold 0."""
    whole = whole_terms(table, len(part))
    if whole is not None:
        return _switched(states, _twice_fields(part, states, [whole.tables.for_all(len(states))])[0])
    reach, bits = part.reach(states), coarse_bits(len(part))
    if bits is None or is_steep(table):
        return fine_step(part, states, table, reach)
    sums = part.table_sums(states, [rounded_terms(table, reach, bits).tables])[0]
    field, kept = sums[:, :-1], sums[:, -1:]
    words = _switched(states, _with_own(states, field, kept)).words
    near = unsure(field, kept, len(part))
    if near.any():
        words[near] = fine_step(part, states[near], table, reach[near]).words
    return Bits(words, states.dim)


def unsure(field: Whole, kept: Whole, n_patterns: int) -> NDArray[np.bool_]:
    """Return in which states rounding could have decided: fields (B, D), kept terms (B, 1)."""
    nearest = np.minimum(np.abs(field - kept), np.abs(field + kept)).min(axis=1)
    return np.asarray(nearest <= 4 * n_patterns)


def fine_step(part: Part, states: Bits, table: DifferenceTable, reach: Reach) -> Bits:
    """Return the states after one update by fields of double precision's own accuracy.

    As by the definition, a field is at threshold where it is nothing beside the others of its state.
    """
    field, _ = _fine_field(part, states, table, reach)
    tied = np.abs(field) <= TIE * np.abs(field).mean(axis=1, keepdims=True)
    return _switched(states, np.where(tied, 0.0, field))


def _fine_field(part: Part, states: Bits, table: DifferenceTable, reach: Reach) -> tuple[Floats, Floats]:
    fine = fine_terms(table, reach, len(part))
    return fine_values(_twice_fields(part, states, fine.limbs), fine), fine.log_unit


def _twice_fields(part: Part, states: Bits, tables: Sequence[Tables]) -> Whole:
    """Return twice the fields by each of the tables, (tables, B, D)."""
    sums = part.table_sums(states, tables)
    return _with_own(states, sums[..., :-1], sums[..., -1:])


def _with_own(states: Bits, field: Whole, kept: Whole) -> Whole:
    """Return sums with each neuron's own term: the kept terms times its state."""
    return field + np.where(states.unpack(0, 1).astype(bool), kept, -kept)


def _switched(states: Bits, field: Whole | Floats) -> Bits:
    """Return the states that follow from the signs of these numbers; at 0 a neuron keeps its state."""
    return Bits.pack(np.where(field == 0, states.unpack(0, 1).astype(bool), field > 0))


def is_steep(table: DifferenceTable) -> bool:
    """Whether one sum loses the smaller of neighbouring terms."""
    return not table.whole and table.contrast > FINE
