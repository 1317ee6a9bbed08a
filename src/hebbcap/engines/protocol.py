"""What must an engine be able to do?

An engine is an arithmetic for memories of two-level patterns, written as -1 and +1. It holds packed
patterns in the form that suits it, and answers for packed states:

.. math:: m_\\mu = \\sum_j \\xi_j^\\mu s_j, \\quad h_i = \\sum_\\mu \\xi_i^\\mu\\, w(m_\\mu)

Overlaps and pairwise fields are whole numbers, and every engine gives the same ones:
`hebbcap.engines.reference` defines them. What a rule, a threshold or other levels make of these sums is the
memory's business.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import Bits
from hebbcap.separation.table import DifferenceTable

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


TIE: Final = 1e-10
"""A field this close to threshold, relative to the mean size of the fields, is at threshold: rules
with decimal coefficients reach it only up to rounding."""


class Held(ABC):
    """Patterns in the form in which an engine works on them. Never changes once made."""

    @property
    @abstractmethod
    def bits(self) -> Bits:
        """The patterns (K, D), packed."""

    def __len__(self) -> int:
        """K, the number of patterns."""
        return len(self.bits)

    @property
    def dim(self) -> int:
        """D, the number of neurons."""
        return self.bits.dim

    @abstractmethod
    def overlaps(self, states: Bits) -> NDArray[Any]:
        """Return the overlap of each state with each pattern, shape (B, K), signed whole numbers."""

    @abstractmethod
    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D).

        The Hebb rule's field with the neuron's own term, K times its state, still in it.
        """

    def column_counts(self) -> Whole:
        """Return in how many patterns each neuron is high, shape (D,)."""
        return self.bits.column_counts()

    @abstractmethod
    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,).

        The field of neuron i is the sum over patterns of entry times d at the overlap of the other neurons.
        """

    def pairwise_step(self, states: Bits, own: int, threshold: float = 0.0) -> Bits:
        """Return the states after one update, of whose fields `own` times the neuron's state is taken away.

        A neuron whose field is exactly at threshold keeps its state.
        """
        high = states.unpack(0, 1).astype(bool)
        field = self.pairwise_field(states) - np.where(high, own, -own)
        return Bits.pack(np.where(field == threshold, high, field > threshold))

    def pairwise_settled(
        self, states: Bits, own: int, threshold: float, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `pairwise_step` comes to rest at: states, updates and outcomes, (B,) each.

        An outcome is "fixed point", "cycle" (of two states) or "step limit". None where repeating the step
        is as quick.
        """
        return None

    def separated_settled(
        self, states: Bits, table: DifferenceTable, max_steps: int
    ) -> tuple[Bits, Whole, NDArray[np.str_]] | None:
        """Return what repeated `separated_step` comes to rest at; see `pairwise_settled`."""
        return None

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        high = states.unpack(0, 1).astype(bool)
        field, _ = self.separated_field(states, table)
        tied = np.abs(field) <= TIE * np.abs(field).mean(axis=1, keepdims=True)
        return Bits.pack(np.where(tied, high, field > 0))

    @abstractmethod
    def weights(self) -> NDArray[Any]:
        """Return the sums over patterns of entry times entry, shape (D, D), with K on the diagonal."""

    @abstractmethod
    def added(self, patterns: Bits) -> Held:
        """Return the same with these patterns behind the others."""

    @abstractmethod
    def without(self, index: int) -> Held:
        """Return the same without the pattern at this place."""


class Engine(ABC):
    """An arithmetic for memories; engines are final and hold nothing themselves."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The spelling by which it is chosen."""

    @property
    @abstractmethod
    def description(self) -> str:
        """A line that says what it runs on."""

    @abstractmethod
    def hold(self, patterns: Bits) -> Held:
        """Return the patterns in this engine's form."""
