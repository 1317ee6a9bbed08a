r"""Which line of integration serves the tail of a sum best?

With :math:`\kappa(z) = n \log E e^{zX}`, a limit a on the lattice of spacing :math:`\delta` and any c < 0:

.. math:: P(S \le a) = \frac{1}{2\pi} \int_{-\pi/\delta}^{\pi/\delta}
          e^{\kappa(c+it) - (c+it) a}\, \frac{\delta}{1 - e^{(c+it)\delta}}\, dt

(without a lattice the kernel is -1/z and the line is endless). On the line through the saddle point, where
the integrand at t = 0 is smallest, it does not oscillate before it has decayed: a tail of 1e-200 keeps its
relative accuracy. Lugannani & Rice (1980), carried out by quadrature as in Daniels (1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import Bools, Complexes, Crosstalk, Floats

Indices = NDArray[np.int64]

_MANY = 1e5
"""Counts above this multiply the rounding of log E exp(zX) enough to matter."""

_GOLDEN = (np.sqrt(5) - 1) / 2
_STEEPEST = 40.0
"""Tilts beyond this over the spacing leave one lattice point of the sum."""


@dataclass(frozen=True)
class Sums:
    """Sums of `count` copies of sign * X, to be at most `limit`: R problems, one a row.

    Attributes
    ----------
    law : Crosstalk
        Holds the law of X in each case.
    cases : ndarray of int, shape (R,)
        The case of each problem.
    count : ndarray, shape (R,)
        Number of copies, whole.
    sign : ndarray, shape (R,)
        1 or -1.
    limit : ndarray, shape (R,)
        In the units of X; on the lattice where there is one.
    spacing : ndarray, shape (R,)
        Of the lattice; 0 where there is none, or where it is too fine to matter.
    """

    law: Crosstalk
    cases: Indices
    count: Floats
    sign: Floats
    limit: Floats
    spacing: Floats

    @property
    def mean(self) -> Floats:
        """Mean of the sums, shape (R,)."""
        return np.asarray(self.sign * self.count * self.law.mean[self.cases])

    @property
    def spread(self) -> Floats:
        """Standard deviation of the sums, shape (R,); for values beyond any limit no more than their size."""
        law, cases = self.law, self.cases
        largest = np.maximum(np.abs(law.least[cases]), np.abs(law.most[cases]))
        return np.asarray(np.sqrt(self.count * np.minimum(law.variance[cases], largest**2)))

    def log_transform(self, z: Any, *, near_zero: bool) -> Any:
        """Log of E exp(z * sum), real or complex as z (R, M) is."""
        return self._powered(self.law.log_mgf(self.sign[:, None] * z, self.cases, near_zero=near_zero))

    def log_integrand(self, z: Any, log_mgf: Complexes | None = None) -> Any:
        """Log of the integrand at z (R, M); the transform of one term may be given where it is known."""
        if log_mgf is None:
            many = bool(self.count.max() * self.law.multiplicity > _MANY)
            kappa = self.log_transform(z, near_zero=many)
        else:
            kappa = self._powered(log_mgf)
        return np.asarray(kappa - z * self.limit[:, None] + np.log(self.kernel(z)))

    def kernel(self, z: Any) -> Any:
        """Transform of the step at the limit, at z (R, M)."""
        step = self.spacing[:, None]
        on_lattice = step > 0
        if on_lattice.all():
            return step / -np.expm1(z * step)
        wide = np.where(on_lattice, z * step, -1.0)
        return np.where(on_lattice, np.where(on_lattice, step, 1.0) / -np.expm1(wide), -1 / z)

    def _powered(self, log_mgf: Any) -> Any:
        """Log of the count-th power, part by part: a complex product would turn log 0 = -inf into nan."""
        power = self.count[:, None] * np.real(log_mgf)
        if np.iscomplexobj(log_mgf):
            return power + 1j * (self.count[:, None] * np.imag(log_mgf))
        return power

    def rows(self, chosen: Indices | Bools) -> Sums:
        """Return some of the problems."""
        return Sums(
            self.law,
            self.cases[chosen],
            self.count[chosen],
            self.sign[chosen],
            self.limit[chosen],
            self.spacing[chosen],
        )


@dataclass(frozen=True)
class Line:
    """The lines c + it through the saddle points of R problems.

    Attributes
    ----------
    tilt : ndarray, shape (R,)
        c < 0.
    peak : ndarray, shape (R,)
        Log of the integrand at t = 0; with the kernel taken off it is Chernoff's bound.
    width : ndarray, shape (R,)
        In units of the sum; the integrand is about exp(-(width t)^2 / 2) wide.
    """

    tilt: Floats
    peak: Floats
    width: Floats

    def rows(self, chosen: Indices | Bools) -> Line:
        """Return some of the lines."""
        return Line(self.tilt[chosen], self.peak[chosen], self.width[chosen])

    def log_chernoff(self, problem: Sums) -> Floats:
        """Log of the upper bound E exp(c (S - a)) on the tails, shape (R,)."""
        kernel = problem.kernel(self.tilt[:, None])[:, 0]
        return np.asarray(np.minimum(self.peak - np.log(np.abs(kernel)), 0.0))


def saddle_line(problem: Sums) -> Line:
    """Return the lines on which the integrand is smallest at t = 0 (it is convex in c)."""

    def height(tilt: Floats) -> Floats:
        with np.errstate(all="ignore"):
            value = problem.log_integrand(tilt[:, None])[:, 0]
        return np.where(np.isfinite(value), value, np.inf)

    # Where single terms decide, the sum spreads far less than its limit is away.
    spread, away = problem.spread, np.abs(problem.limit - problem.mean)
    with np.errstate(divide="ignore"):
        steepest = np.where(problem.spacing > 0, _STEEPEST / problem.spacing, np.inf)
        low = np.log(1e-3 / np.maximum(spread, away))
        high = np.minimum(
            np.maximum(1e8 / np.maximum(spread, 1e-20 * away), 1e3 / np.maximum(away, 1e-12 * spread)),
            steepest,
        )
        high = np.maximum(np.log(high), low + 1)
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_inner, at_outer = height(-np.exp(inner)), height(-np.exp(outer))
    for _ in range(int(np.ceil(np.log(1e-5 / (high - low).max()) / np.log(_GOLDEN)))):
        left = at_inner <= at_outer
        high, low = np.where(left, outer, high), np.where(left, low, inner)
        point = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        at_point = height(-np.exp(point))
        inner, outer = np.where(left, point, outer), np.where(left, inner, point)
        at_inner, at_outer = np.where(left, at_point, at_outer), np.where(left, at_inner, at_point)
    tilt = -np.exp(0.5 * (low + high))
    peak = height(tilt)
    near = 1e-3
    bend = (height(tilt * (1 + near)) + height(tilt * (1 - near)) - 2 * peak) / (near * tilt) ** 2
    return Line(tilt, peak, np.sqrt(np.where(np.isfinite(bend) & (bend > 0), bend, spread**2)))
