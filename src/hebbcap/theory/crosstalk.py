"""Which law does the crosstalk of a memory follow?

For patterns written independently, the field of a neuron that is cued with pattern nu is

.. math:: h = \\mathrm{own} + \\sum_{\\mu \\ne \\nu} X_\\mu

with X independent and identically distributed **given the cue**. One object, the law of X, gives the
signal-to-noise reading (its mean and variance), the exact reading (the tail of its sum) and the midpoint
threshold. Given the cue, only how many of its neurons are high matters, so the law is a mixture over
such *cases*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlog1py, xlogy

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Complexes = NDArray[np.complex128]

_FAR = 300.0
"""Exponents up to this size leave room for a square in double precision."""

_SQUARABLE = 1e150
"""Largest size whose square is still a number in double precision."""


@dataclass(frozen=True)
class Crosstalk(ABC):
    """The law of a neuron's field, as C cases of known probability.

    Attributes
    ----------
    weight : ndarray, shape (C,)
        Probability of the case; they add up to 1.
    own : ndarray, shape (C,)
        Field that the cued pattern itself contributes.
    high : ndarray of bool, shape (C,)
        Whether the neuron should be at its high level.
    cued_right : ndarray of bool, shape (C,)
        Whether the cue already has the neuron at the right level.
    mean, variance : ndarray, shape (C,)
        Of X, the field that one other pattern contributes.
    least, most : ndarray, shape (C,)
        Smallest and largest value of X.
    spacing, offset : ndarray, shape (C,)
        X is `offset` plus a multiple of `spacing`; a spacing of 0 says that it is on no lattice.
    mirrored : bool
        Whether X has one law in all cases, and -X has it too.
    log_unit : float
        Log of what one of these numbers is worth in field: steep memories leave double precision else.
    """

    weight: Floats
    own: Floats
    high: Bools
    cued_right: Bools
    mean: Floats
    variance: Floats
    least: Floats
    most: Floats
    spacing: Floats
    offset: Floats
    mirrored: bool
    log_unit: float

    @abstractmethod
    def log_mgf(self, z: Any, cases: NDArray[np.int64], *, near_zero: bool) -> Any:
        """Return log E exp(z X) for real or complex z (R, M) and R case numbers, shape (R, M).

        With `near_zero`, results far below 1 keep their relative accuracy, at twice the cost.
        """

    @property
    @abstractmethod
    def atoms_per_case(self) -> int:
        """Terms that one evaluation of `log_mgf` adds up, to plan work by."""

    @property
    @abstractmethod
    def multiplicity(self) -> int:
        """By how much `log_mgf` multiplies the rounding of what it computes."""


@dataclass(frozen=True)
class PairwiseCrosstalk(Crosstalk):
    """X for a pairwise rule on two-valued neurons: a mixture over post of products over pre.

    Attributes
    ----------
    table : ndarray, shape (2, 2)
        g(post, pre) at (low, high).
    levels : tuple of float
        The low and high value of a neuron.
    p_high : float
        Chance of the high value.
    n_others : int
        N = D - 1.
    cue_high : ndarray, shape (C,)
        How many of the N other neurons the cue has at the high level.
    """

    table: Floats
    levels: tuple[float, float]
    p_high: float
    n_others: int
    cue_high: Floats

    @property
    def atoms_per_case(self) -> int:
        """Six exponentials for each evaluation."""
        return 6

    @property
    def multiplicity(self) -> int:
        """X is itself a sum over N neurons."""
        return self.n_others

    def log_mgf(self, z: Any, cases: NDArray[np.int64], *, near_zero: bool) -> Any:
        """Return log E exp(z X)."""
        low, high = self.levels
        p, n_high = self.p_high, self.cue_high[cases][:, None]
        given_post: list[Any] = []
        for row in self.table:
            at_high = log_mix(1 - p, z * (high * row[0]), p, z * (high * row[1]), near_zero)
            at_low = log_mix(1 - p, z * (low * row[0]), p, z * (low * row[1]), near_zero) if low else 0.0
            given_post.append(n_high * at_high + (self.n_others - n_high) * at_low)
        return log_mix(1 - p, given_post[0], p, given_post[1], near_zero)


@dataclass(frozen=True)
class AtomCrosstalk(Crosstalk):
    """X as an explicit list of A values, shared by the cases, with their weights in each case.

    Attributes
    ----------
    values : ndarray, shape (A,)
        What X can be.
    law : ndarray of int, shape (C,)
        Which row of `probabilities` holds in a case.
    probabilities : ndarray, shape (L, A)
        Chance of each value.
    """

    values: Floats
    law: NDArray[np.int64]
    probabilities: Floats

    @property
    def multiplicity(self) -> int:
        """X is one term."""
        return 1

    @property
    def atoms_per_case(self) -> int:
        """One exponential for each value."""
        return len(self.values)

    def log_mgf(self, z: Any, cases: NDArray[np.int64], *, near_zero: bool) -> Any:
        """Return log E exp(z X)."""
        # Pairs of atoms: cosh(zv) - 1 = 2 sinh(zv / 2)^2 needs half as many.
        if self.mirrored and np.abs(np.real(z)).max(initial=0.0) * self.values[-1] < _FAR:
            half = np.sinh(z[:, :, None] * (0.5 * self.values[len(self.values) // 2 :]))
            chance = self.probabilities[0, len(self.values) // 2 :]
            return np.asarray(_log1p((half * half) @ (4 * chance)))
        chance = self.probabilities[self.law[cases]]
        exponent = z[:, :, None] * self.values
        shift = exponent.real.max(axis=2, initial=0.0)
        if near_zero and shift.max() < 600.0:
            return np.asarray(_log1p(np.einsum("rma,ra->rm", np.expm1(exponent), chance)))
        total = np.einsum("rma,ra->rm", np.exp(exponent - shift[:, :, None]), chance)
        return np.asarray(shift + np.log(total))

    def log_mgf_on_period(self, case: int, tilt: float, direction: float, nodes: int) -> Complexes:
        """Return log E exp(z X) at z = tilt + i k direction pi / (nodes * spacing), k = 0 ... nodes.

        The tilted chances, wrapped onto 2 * nodes lattice points, give all of these in one transform.
        """
        spacing, offset = self.spacing[case], self.offset[case]
        chance = self.probabilities[self.law[case]]
        exponent = tilt * self.values
        shift = float(exponent.max())
        place = np.rint((self.values - offset) / spacing).astype(np.int64) % (2 * nodes)
        wrapped = np.bincount(place, weights=chance * np.exp(exponent - shift), minlength=2 * nodes)
        turned = np.conj(np.fft.rfft(wrapped))
        if direction < 0:
            turned = np.conj(turned)
        phase = 1j * direction * np.pi / (nodes * spacing) * np.arange(nodes + 1.0) * offset
        with np.errstate(divide="ignore"):
            return np.asarray(shift + np.log(turned) + phase)


def log_mix(q: float, a: Any, p: float, b: Any, near_zero: bool) -> Any:
    """Return log(q exp(a) + p exp(b)), q + p = 1; with `near_zero`, relatively accurate near 0."""
    if not near_zero:
        with np.errstate(divide="ignore"):
            largest = np.maximum(np.real(a), np.real(b))
            return largest + np.log(q * np.exp(a - largest) + p * np.exp(b - largest))
    small = np.maximum(np.abs(a), np.abs(b)) < 1.0
    if small.all():
        return _log1p(q * np.expm1(a) + p * np.expm1(b))
    near = _log1p(q * np.expm1(np.where(small, a, 0)) + p * np.expm1(np.where(small, b, 0)))
    return np.where(small, near, log_mix(q, a, p, b, False))


def _log1p(z: Any) -> Any:
    """log(1 + z) for complex z; NumPy's own forms 1 + z first, and loses a small z in it."""
    if not np.iscomplexobj(z):
        return np.log1p(z)
    if np.abs(z).max(initial=0.0) > _SQUARABLE:
        with np.errstate(divide="ignore"):
            return np.where(np.abs(z) > 1, np.log(1 + z), _log1p(np.where(np.abs(z) > 1, 0, z)))
    real, imag = np.real(z), np.imag(z)
    with np.errstate(divide="ignore"):
        return 0.5 * np.log1p(real * (2 + real) + imag * imag) + 1j * np.arctan2(imag, 1 + real)


def log_binomial(n: int, p: float, k: Floats) -> Floats:
    """Log of the binomial probabilities of k successes in n trials of chance p."""
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(choose + xlogy(k, p) + xlog1py(n - k, -p))
