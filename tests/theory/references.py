"""Tails by other means: counting, high precision, and what is left where one pattern decides."""

import math
from fractions import Fraction

import mpmath
import numpy as np


def differences(value, dim):
    """Field of one +-1 pattern at each overlap of the D - 1 others, and how many patterns have it."""
    n = dim - 1
    return [(m, value(m + 1) - value(m - 1), math.comb(n, (n + m) // 2)) for m in range(-n, n + 1, 2)]


def kinds(dim, n_flipped):
    """Overlap of the cue with its pattern, share of neurons, whether a tie is an error."""
    found = [(dim - 1 - 2 * n_flipped, Fraction(dim - n_flipped, dim), False)]
    if n_flipped:
        found.append((dim + 1 - 2 * n_flipped, Fraction(n_flipped, dim), True))
    return found


def by_counting(value, dim, n_patterns, n_flipped):
    """Bit error for a whole-valued F, from the law of the sum on its lattice: every term is positive."""
    table = differences(value, dim)
    gap = math.gcd(*(2 * abs(d) for _, d, _ in table), *(abs(d) + table[0][1] for _, d, _ in table))
    least = -max(abs(d) for _, d, _ in table)
    one = np.zeros(-2 * least // gap + 1)
    for _, d, ways in table:
        for x in (d, -d):
            one[(x - least) // gap] += ways / 2**dim
    used, law = np.flatnonzero(one), np.ones(1)
    for _ in range(n_patterns - 1):
        longer = np.zeros(len(law) + len(one) - 1)
        for k in used:
            longer[k : k + len(law)] += one[k] * law
        law = longer
    error = 0.0
    for overlap, share, tie in kinds(dim, n_flipped):
        own = value(overlap + 1) - value(overlap - 1)
        place, between = divmod(-own - (n_patterns - 1) * least, gap)
        last = place if between or tie else place - 1
        error += float(share) * float(law[: max(last + 1, 0)].sum())
    return error


def by_quadrature(value, dim, n_patterns, n_flipped, digits=45, reach=14):
    """Bit error from the inversion integral in many digits, by bisection and mpmath's own quadrature.

    For smooth sums only: the integral is cut at `reach` widths, where the transform has died.
    """
    table = differences(value, dim)
    error = mpmath.mpf(0)
    with mpmath.workdps(digits):
        atoms = {}
        for _, d, ways in table:
            atoms[abs(d)] = atoms.get(abs(d), 0) + mpmath.mpf(ways) / mpmath.mpf(2) ** (dim - 1)
        spacing = math.gcd(*(2 * s for s in atoms), *(s + max(atoms) for s in atoms))
        count = n_patterns - 1

        def excess(z):  # E cosh(zX) - 1 without the 1
            return mpmath.fsum(p * 2 * mpmath.sinh(z * s / 2) ** 2 for s, p in atoms.items())

        def slope(c):
            first = mpmath.fsum(p * s * mpmath.sinh(c * s) for s, p in atoms.items())
            return count * first / (1 + excess(c))

        variance = count * mpmath.fsum(p * s * s for s, p in atoms.items())
        for overlap, share, tie in kinds(dim, n_flipped):
            own = value(overlap + 1) - value(overlap - 1)
            steps = (own + count * max(atoms)) // spacing if tie else None
            if steps is None:
                at = -own - 1
                at -= (at + count * max(atoms)) % spacing
            else:
                at = -count * max(atoms) + spacing * ((count * max(atoms) - own) // spacing)
            low, high = mpmath.mpf(0), mpmath.mpf(-1) / mpmath.sqrt(variance)
            while slope(high) > at:
                low, high = high, 2 * high
            for _ in range(40):
                middle = (low + high) / 2
                low, high = (middle, high) if slope(middle) > at else (low, middle)
            c = high
            peak = count * mpmath.log1p(excess(c)) - c * at
            width = mpmath.sqrt(count * _bend(atoms, c, excess(c)))

            def integrand(t, c=c, at=at, peak=peak):
                z = mpmath.mpc(c, t)
                kernel = spacing / (1 - mpmath.exp(z * spacing))
                return (mpmath.exp(count * mpmath.log1p(excess(z)) - z * at - peak) * kernel).real

            far = min(mpmath.mpf(reach) / width, mpmath.pi / spacing)
            pieces = mpmath.linspace(0, far, reach // 2)
            error += share * mpmath.exp(peak) * mpmath.quad(integrand, pieces, maxdegree=5) / mpmath.pi
        return error


def _bend(atoms, c, excess):
    first = mpmath.fsum(p * s * mpmath.sinh(c * s) for s, p in atoms.items()) / (1 + excess)
    second = mpmath.fsum(p * s * s * mpmath.cosh(c * s) for s, p in atoms.items()) / (1 + excess)
    return second - first**2


def by_nearest(dim, n_patterns, n_flipped):
    """Bit error where the nearest single pattern decides, for steep odd F, to first order in its chance."""
    n, error = dim - 1, Fraction(0)
    for overlap, share, _ in kinds(dim, n_flipped):
        ways = math.comb(n, (n - overlap) // 2)
        nearer = 2 * sum(math.comb(n, (n - m) // 2) for m in range(overlap + 2, n + 1, 2))
        error += share * Fraction(ways + nearer, 2 ** (n + 1))
    return (n_patterns - 1) * error


def by_trapezoid(value, dim, n_patterns, n_flipped, *, tilt, window, reach):
    """Bit error for any F from the plainest form of the integral, in units of the pattern's own field."""
    error = 0.0
    for overlap, share, _ in kinds(dim, n_flipped):
        own = float(value(overlap + 1.0) - value(overlap - 1.0))
        sizes = np.array([float(value(m + 1.0) - value(m - 1.0)) / own for m in range(1 - dim, dim, 2)])
        chance = np.array([float(Fraction(math.comb(dim - 1, k), 2 ** (dim - 1))) for k in range(dim)])
        total, step = 0.0, 2 * np.pi / window
        for start in range(0, int(reach / step), 4000):
            z = -tilt + 1j * step * np.arange(start, start + 4000)
            less_one = 2 * np.sinh(0.5 * np.multiply.outer(z, sizes)) ** 2 @ chance
            size = 0.5 * np.log1p(np.abs(less_one) ** 2 + 2 * less_one.real)
            angle = np.arctan2(less_one.imag, 1 + less_one.real)
            term = (np.exp((n_patterns - 1) * (size + 1j * angle) + z) / -z).real
            term[0] *= 1.0 if start else 0.5
            total += float(term.sum())
        error += float(share) * total * step / np.pi
    return error
