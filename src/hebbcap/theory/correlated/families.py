r"""What is the crosstalk of patterns that descend from ancestors?

Given the cue and the ancestor of a family, its members are independent. A neuron's own bit taken for +1, a
member contributes :math:`X = y\, d(m)` with

.. math:: m = 2 \left[\mathrm{Bin}(q, \beta) + \mathrm{Bin}(N - q, 1 - \beta)\right] - N, \quad
          \beta = \tfrac12 (1 + b),

q the number of other neurons where cue and ancestor agree, and y the ancestor's bit with chance beta. So n
siblings of the cue have the n-th power of one characteristic function, and n members of another family the
average of such a power over its ancestor, q binomial. Exact at finite D and K for any energy. One family is
a template.

In the Hebb rule each sibling adds :math:`y b^2 N` to a field of N: a noise that grows with N as the signal
does. However large D, n siblings take away the neurons where their y add up to less than :math:`-1/b^2`,
single ones from :math:`n = 1/b^2` on and, on average, all that differ from the ancestor at :math:`n = 1/b^3`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from hebbcap.patterns.correlated import Hierarchical, Template
from hebbcap.question import Experiment
from hebbcap.theory.cases import cue_cases
from hebbcap.theory.correlated.source import Bracket, Cases, Source, bracket, check_fits, check_symmetric
from hebbcap.theory.crosstalk import Complexes, Floats, log_binomial

_NEGLIGIBLE = 1e-9
"""Numbers of agreements that are less likely than this in all are left out."""


class _Own(NamedTuple):
    """Cases of a neuron and its own family, each of shape (C,)."""

    weight: Floats
    agree: Floats
    """Other neurons at which the cue agrees with the family's ancestor."""
    bit: Floats
    """The ancestor's bit, where the pattern's is +1."""
    field: Floats
    right: Floats


@final
@dataclass(frozen=True)
class Families(Source):
    """Patterns in families, for one experiment."""

    n_families: int
    b: float
    dim: int
    n_flipped: int
    field: Bracket
    log_unit: float

    @property
    def note(self) -> str:
        """Nothing is left out."""
        return ""

    @property
    def _beta(self) -> float:
        return 0.5 * (1 + self.b)

    @cached_property
    def _own(self) -> _Own:
        n, share = self.dim - 1, self.n_flipped / self.dim
        parts = []
        for right, chance, flipped in ((1.0, 1 - share, self.n_flipped), (0.0, share, self.n_flipped - 1)):
            if chance == 0:
                continue
            alike, alike_flipped, weight = cue_cases(n, self._beta, flipped)
            each = np.bincount((alike + flipped - 2 * alike_flipped).astype(np.int64), weight, n + 1)
            agree = np.flatnonzero(each > _NEGLIGIBLE * each.max())
            each = chance * each[agree] / each[agree].sum()
            field, alright = np.full(len(agree), self.field.values[n - flipped]), np.full(len(agree), right)
            for bit, likely in ((1.0, self._beta), (-1.0, 1 - self._beta)):
                columns = likely * each, agree.astype(np.float64), np.full(len(agree), bit), field, alright
                parts.append(columns)
        return _Own(*(np.concatenate(c) for c in zip(*parts, strict=True)))

    @cached_property
    def _other(self) -> tuple[Floats, Floats]:
        """Weight and agreements of the cue with another family's ancestor."""
        chance = np.exp(log_binomial(self.dim - 1, 0.5, np.arange(self.dim, dtype=np.float64)))
        agree = np.flatnonzero(chance > _NEGLIGIBLE * chance.max())
        return chance[agree] / chance[agree].sum(), agree.astype(np.float64)

    def _laws(self, agree: Floats) -> Floats:
        """Chances of the overlaps -N, -N + 2, ..., N for each number of agreements (Q, N + 1)."""
        n = self.dim - 1
        check_fits(8.0 * len(agree) * self.dim * 4)
        rows = np.zeros((len(agree), n + 1))
        for row, q in zip(rows, agree, strict=True):
            kept = np.exp(log_binomial(int(q), self._beta, np.arange(q + 1)))
            turned = np.exp(log_binomial(int(n - q), 1 - self._beta, np.arange(n - q + 1)))
            row[:] = np.convolve(kept, turned)
        return rows

    @cached_property
    def _own_laws(self) -> tuple[Floats, NDArray[np.int64]]:
        agree, where = np.unique(self._own.agree, return_inverse=True)
        return self._laws(agree), where

    @cached_property
    def _other_laws(self) -> Floats:
        return self._laws(self._other[1])

    def _sizes(self, n_patterns: int) -> list[tuple[float, int, dict[int, int]]]:
        """Own family: (chance, siblings, other families as size -> how many)."""
        small, more = divmod(n_patterns, self.n_families)
        counts = {size: n for size, n in ((small + 1, more), (small, self.n_families - more)) if size and n}
        found = []
        for size, many in counts.items():
            others = {s: n - (s == size) for s, n in counts.items()}
            found.append((many * size / n_patterns, size - 1, others))
        return found

    def cases(self, n_patterns: int) -> Cases:
        """Return the cases of a neuron when K patterns are stored."""
        weight, _, bit, own, right = self._own
        laws, where = self._own_laws
        values, squares = self.field.values, self.field.values**2
        first, second = (laws @ values)[where], (laws @ squares)[where]
        mean = self.b * bit * first
        chance, _ = self._other
        met = self._other_laws @ values
        other_square = float(chance @ (self._other_laws @ squares))
        # Two members of another family share its ancestor's bit and agreements.
        other_mean, other_pair = 0.0, self.b**2 * float(chance @ met**2)
        parts = []
        for likely, siblings, others in self._sizes(n_patterns):
            spread = siblings * (second - mean**2)
            for size, many in others.items():
                one = size * other_square + size * (size - 1) * other_pair - (size * other_mean) ** 2
                spread = spread + many * one
            parts.append((likely * weight, siblings * mean, spread))
        weights, means, variances = (np.concatenate(c) for c in zip(*parts, strict=True))
        copies = len(parts)
        return Cases(
            weight=weights,
            own=np.tile(own, copies),
            high=np.ones(len(weights), dtype=np.bool_),
            right=np.tile(right, copies) > 0,
            mean=means,
            variance=variances,
            spacing=self.field.spacing,
            echoes=self.field.echoes,
            offset=(n_patterns - 1) * float(self.field.values[0]),
        )

    def transform(self, n_patterns: int, cases: Cases, t: Floats) -> Complexes:
        """Return E exp(i t S) in each case."""
        wave = np.exp(1j * np.multiply.outer(self.field.values, t))
        bit = self._own.bit[:, None]
        laws, where = self._own_laws
        ahead = (laws @ wave)[where]
        kept, turned = self._beta, 1 - self._beta
        sibling = 0.5 * (1 + self.b * bit) * ahead + 0.5 * (1 - self.b * bit) * np.conj(ahead)
        chance, _ = self._other
        met = self._other_laws @ wave
        high, low = kept * met + turned * np.conj(met), turned * met + kept * np.conj(met)
        parts = []
        for _, siblings, others in self._sizes(n_patterns):
            rest = np.ones(len(t), dtype=np.complex128)
            for size, many in others.items():
                rest *= (0.5 * chance @ (high**size + low**size)) ** many
            parts.append(sibling**siblings * rest)
        return np.concatenate(parts)


def families(experiment: Experiment) -> Families:
    """Return the source for patterns with a template or in families.

    Raises
    ------
    NoTheory
        If the memory does not treat both signs alike, or the threshold is not 0.
    """
    ensemble = experiment.ensemble
    check_symmetric(ensemble.name, experiment.threshold)
    field = bracket(experiment.memory, experiment.dim)
    if isinstance(ensemble, Template):
        return Families(1, ensemble.c, experiment.dim, experiment.n_flipped, field, field.log_unit)
    assert isinstance(ensemble, Hierarchical)
    number, b = ensemble.families, ensemble.b
    return Families(number, b, experiment.dim, experiment.n_flipped, field, field.log_unit)
