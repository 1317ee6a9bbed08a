"""What is the transform of one term at a million places along a line?

Sums of exponentials at evenly spaced places, from atoms anywhere: the atoms are spread onto a fine grid by
a kernel of compact support, Fourier transformed, and the kernel divided out again (Barnett, Magland & af
Klinteberg 2019, SIAM J. Sci. Comput. 41, C479, "exponential of semicircle"). Its error is 1e-13 of the
chances transformed, so atoms too small to turn at all are left to their moments: many copies of them would
multiply it.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import ifft, next_fast_len

from hebbcap.theory.crosstalk import Complexes, Floats

_WIDTH = 15
_STEEPNESS = 2.30 * _WIDTH

_STILL = 0.5
_MOMENTS = 20
"""Atoms that turn by less than this at the far end are left to so many moments."""


def log_transform_on_line(step: float, nodes: int, values: Floats, chances: Floats) -> Complexes:
    """Return log E exp(itX) at t = 0, step, ..., (nodes - 1) step, for X of these values and chances.

    >>> values, chances = np.array([-1.0, 0.3, 2.0]), np.array([0.2, 0.5, 0.3])
    >>> found = log_transform_on_line(0.7, 9, values, chances)[8]
    >>> bool(abs(np.exp(found) - chances @ np.exp(5.6j * values)) < 1e-12)
    True
    """
    still = np.abs(values) * step * nodes < _STILL
    less_one = _by_moments(np.asarray(step * np.arange(nodes)), values[still], chances[still])
    if not still.all():
        turning = chances[~still]
        less_one = less_one - turning.sum() + _spread_and_transform(step * values[~still], turning, nodes)
    with np.errstate(divide="ignore"):
        size = np.abs(less_one) ** 2 + 2 * less_one.real
        return np.asarray(
            0.5 * np.log1p(np.maximum(size, -1.0)) + 1j * np.arctan2(less_one.imag, 1 + less_one.real)
        )


def turning_share(step: float, nodes: int, values: Floats, chances: Floats) -> float:
    """Return the chance of the atoms whose transform carries the error of the grid."""
    return float(chances[np.abs(values) * step * nodes >= _STILL].sum())


def _by_moments(t: Floats, values: Floats, chances: Floats) -> Complexes:
    """E exp(itX) - 1 as a power series."""
    result = np.zeros(len(t), dtype=np.complex128)
    if not len(values):
        return result
    unit = np.abs(values).max() or 1.0
    moments = [float(chances @ (values / unit) ** k) for k in range(1, _MOMENTS + 1)]
    turn = 1j * t * unit
    for k in range(_MOMENTS, 0, -1):
        result = np.asarray((result + moments[k - 1]) * turn / k)
    return result


def _spread_and_transform(angles: Floats, chances: Floats, nodes: int) -> Complexes:
    """Sum of chance * exp(i k angle) at k = 0 ... nodes - 1."""
    size = next_fast_len(2 * nodes + 2 * _WIDTH)
    centre = nodes // 2  # frequencies are counted from the middle, where the kernel is known best
    place = np.mod(angles, 2 * np.pi) * (size / (2 * np.pi))
    first = np.ceil(place - 0.5 * _WIDTH).astype(np.int64)
    grid = np.zeros(size, dtype=np.complex128)
    weight = chances * np.exp(1j * np.mod(centre * angles, 2 * np.pi))
    for offset in range(_WIDTH):
        at = (first + offset - place) / (0.5 * _WIDTH)
        np.add.at(grid, (first + offset) % size, weight * _kernel(at))
    place = (np.arange(nodes) - centre) / (0.5 * size)  # between -1/2 and 1/2
    log_kernel = np.polynomial.chebyshev.chebval((4 * place) ** 2 / 2 - 1, _LOG_KERNEL)
    # The transform of the grid, its frequencies turned so that the middle one stands at `centre`.
    transformed = ifft(grid) * size
    return np.asarray(np.roll(transformed, centre)[:nodes] * np.exp(-log_kernel))


def _log_kernel_series() -> Floats:
    """Chebyshev series of the log of the kernel's transform, in 8 f^2 - 1 with f from -1/2 to 1/2."""
    node, weight = np.polynomial.legendre.leggauss(64)
    at = np.cos(np.pi * (np.arange(40) + 0.5) / 40)
    frequency = 0.25 * np.pi * _WIDTH * np.sqrt((at + 1) / 2)
    transform = 0.5 * _WIDTH * np.cos(frequency[:, None] * node) @ (weight * _kernel(node))
    return np.asarray(np.polynomial.chebyshev.chebfit(at, np.log(transform), 16))


def _kernel(x: Floats) -> Floats:
    """Fall-off of an atom's weight on the grid, for x in -1 ... 1."""
    return np.asarray(np.exp(_STEEPNESS * (np.sqrt(np.maximum(1 - x * x, 0.0)) - 1)) * (np.abs(x) <= 1))


_LOG_KERNEL = _log_kernel_series()
