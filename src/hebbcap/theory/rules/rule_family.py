"""Over which polynomials is the best rule sought, and what are their signal and noise?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from hebbcap.criteria import Criterion
from hebbcap.learning import Rule
from hebbcap.theory.rules.additive import OWN, SHIFT, FieldLaw, Values, capacity_of, field_law, normal_error

CLEAN = 1e-10
"""What is below this share of the largest is rounding."""


@final
@dataclass(frozen=True)
class Family:
    """Products u_b(post) u_a(pre) of polynomials that are orthonormal over the levels, b + a <= order.

    Over them the crosstalk noise is diagonal; over plain monomials it would lose its digits, since the
    constant part of every one of them dwarfs the rest.

    Attributes
    ----------
    powers : tuple of (int, int)
        b and a of each product.
    levels, chances : ndarray, shape (L,)
        Of one entry.
    dim : int
        D, the number of neurons.
    threshold : str
        What is taken off the fields; see `hebbcap.theory.rules.optimum.THRESHOLDS`.
    """

    powers: tuple[tuple[int, int], ...]
    levels: Values
    chances: Values
    dim: int
    threshold: str

    @cached_property
    def basis(self) -> Values:
        """Coefficients of u_b in column b, power by power, shape (L, L)."""
        vandermonde = np.vander(self.levels, increasing=True)
        return np.asarray(np.linalg.inv(np.linalg.qr(np.sqrt(self.chances)[:, None] * vandermonde)[1]))

    def table(self, c: Values) -> Values:
        """The rule's values at the levels (L, L)."""
        at = np.vander(self.levels, increasing=True) @ self.basis
        return np.asarray(at @ self._square(c) @ at.T)

    def rule(self, c: Values, digits: int = 12) -> Rule:
        """The rule in monomials, its leading coefficient 1 or -1, the others to so many digits."""
        plain = self.basis @ self._square(c) @ self.basis.T
        top = max((b + a, b * a, b) for b, a in self.powers if abs(plain[b, a]) > CLEAN * abs(plain).max())
        lead = next(plain[b, a] for b, a in self.powers if (b + a, b * a, b) == top)
        plain = np.where(np.abs(plain) > CLEAN * np.abs(plain).max(), plain / abs(lead), 0.0)
        return Rule({(0, b, a): float(f"{plain[b, a]:.{digits}g}") for b, a in self.powers})

    def law(self, table: Values, others: float) -> FieldLaw:
        """What rule values at the levels do to a field, after the threshold has taken off its part."""
        return field_law(self._left(table), self.chances, self.cue, self.dim - 1, others)

    def capacity(self, table: Values, criterion: Criterion) -> int:
        """Largest K that these rule values hold by signal to noise."""
        left = self._left(table)
        if np.abs(left).max() <= CLEAN * np.abs(table).max():
            return 0
        return capacity_of(left, self.chances, self.cue, self.dim, criterion)

    def error(self, c: Values, count: int) -> float:
        """Share of entries read wrongly at K = `count`, by normal tails."""
        return normal_error(self.law(self.table(c), count - 1), self.chances)

    def signal(self) -> Values:
        """Covariance of the mean field with the neuron's own entry, for each product."""
        off = self.chances * (self.levels - self.chances @ self.levels)
        return np.array([off @ self.law(self.table(unit), 0.0).mean for unit in np.eye(len(self.powers))])

    def noise(self, others: float, *, own: bool) -> Values:
        """Sigma(K), by polarisation."""

        def form(c: Values) -> float:
            parts = self.law(self.table(c), others).noise
            counted = [part for name, part in parts.items() if own or name not in (OWN, SHIFT)]
            return float(self.chances @ np.sum(counted, axis=0))

        units = np.eye(len(self.powers))
        return np.array([[0.25 * (form(one + two) - form(one - two)) for two in units] for one in units])

    def _square(self, c: Values) -> Values:
        square = np.zeros((len(self.levels), len(self.levels)))
        for value, (b, a) in zip(c, self.powers, strict=True):
            square[b, a] = value
        return square

    def _left(self, table: Values) -> Values:
        return table - self.chances @ table if "inhibition" in self.threshold else table

    @property
    def cue(self) -> Values:
        """What a cued neuron at each level counts as."""
        return self.levels - self.chances @ self.levels if "adaptive" in self.threshold else self.levels
