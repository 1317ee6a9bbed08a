"""How likely is a sum to stay below each of many limits at once?

Where thousands of limits are asked of one sum, one line close to the imaginary axis serves them all: the
integrals along it are one Fourier transform, which gives the whole distribution function on a grid, and it
is smooth in between. Its accuracy is absolute, `ERROR`, not relative.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, next_fast_len

from hebbcap.theory.crosstalk import AtomCrosstalk, Floats
from hebbcap.theory.sums.quiet import heard_until
from hebbcap.theory.sums.saddle import Line, Sums
from hebbcap.theory.sums.transform import log_transform_on_line, turning_share

ERROR = 1e-8
"""Absolute error of the probabilities."""

_TILT = 0.5
_WINDOW = 64.0
"""Tilt times, and window over, the spread of the sum: exp(-32) of what lies outside the window is seen."""

_REACHED = 0.4
"""Limits farther from the mean than this part of the window are never passed, or always."""

_FEW = 24
"""Up to so many limits are summed for one by one."""

_OVERSAMPLED, _FINEST = 4, 2**14
_MOST_NODES = 2**19
_ROUNDING = 1e-12


class WholeLaw:
    """The distribution functions of sums of some numbers of terms of one law, around their middle.

    Parameters
    ----------
    law : AtomCrosstalk
        Of one case.
    least, count : float
        Smallest and largest number of terms that will be asked for.
    """

    def __init__(self, law: AtomCrosstalk, least: float, count: float) -> None:
        self.law = law
        self.spread = float(np.sqrt(count * law.variance[0])) or 1.0
        one = np.ones(1)
        self.tilt, self.window = _TILT / self.spread, _WINDOW * self.spread
        line = Line(-self.tilt * one, 0 * one, self.spread * one)
        problem = Sums(law, np.zeros(1, dtype=np.int64), least * one, one, 0 * one, 0 * one)
        end = float(heard_until(problem, line, np.log(ERROR) * one)[0][0])
        self.step = 2 * np.pi / self.window
        self.smooth = end <= _MOST_NODES * self.step
        if not self.smooth:
            return
        nodes = int(end / self.step) + 2
        top = law.log_mgf(-self.tilt * one[None, :], problem.cases, near_zero=True)
        plus, minus = law.tilted(-self.tilt * one, top[0], problem.cases)
        chances = np.concatenate([plus[0], minus[0]])
        values = np.concatenate([law.sizes, -law.sizes])
        self.smooth = count * turning_share(self.step, nodes, values, chances) * _ROUNDING < ERROR
        if self.smooth:
            self.z = -self.tilt + 1j * self.step * np.arange(nodes)
            self.log_mgf = top[0, 0] + log_transform_on_line(self.step, nodes, values, chances)

    def tails(self, count: float, limits: Floats) -> Floats:
        """Return P(S <= limit) for sums of `count` terms."""
        centre = count * float(self.law.mean[0])
        limits = np.clip(limits, centre - _REACHED * self.window, centre + _REACHED * self.window)
        if self.law.spacing[0] > 0:  # halfway to the next lattice point, where a smooth law agrees best
            limits = limits + 0.5 * float(self.law.spacing[0])
        with np.errstate(under="ignore"):
            value = np.exp(count * self.log_mgf - self.z * centre) / -self.z
        if len(limits) <= _FEW:
            turn = np.outer(limits - centre, self.z.imag)
            away = np.exp(self.tilt * (limits - centre)) * (self.step / np.pi)
            value[0] *= 0.5
            found = away * (np.cos(turn) @ value.real + np.sin(turn) @ value.imag)
            return np.asarray(np.clip(found, 0.0, 1.0))
        size = next_fast_len(max(2 * _OVERSAMPLED * len(value), _FINEST))
        grid = irfft(np.conj(value), size) * (size * self.step / (2 * np.pi))
        places = (np.arange(size) - size // 2) * (self.window / size)
        function = np.roll(grid, size // 2) * np.exp(self.tilt * places)
        found = _between(function, (limits - centre - places[0]) * (size / self.window))
        return np.asarray(np.clip(found, 0.0, 1.0))


def _between(values: Floats, places: Floats) -> Floats:
    """Values on a grid at places between its points, by Lagrange's polynomial through the nearest eight."""
    first = np.clip(np.floor(places).astype(np.int64) - 3, 0, len(values) - 8)
    distance = places - first
    result = np.zeros(len(places))
    for k in range(8):
        others = [j for j in range(8) if j != k]
        weight = np.prod([(distance - j) / (k - j) for j in others], axis=0)
        result += weight * values[first + k]
    return result
