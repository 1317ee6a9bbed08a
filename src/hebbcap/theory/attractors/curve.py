r"""Which overlap goes with which load, for unbiased +-1 patterns?

Replica symmetric states that point at one pattern obey, with signal :math:`A = m^{n-1}` (n = 2 for pairwise
weights), Gaussian crosstalk of standard deviation s, and :math:`\langle\cdot\rangle` over a normal z,

.. math:: m = \langle \tanh\beta(A + s z) \rangle, \quad q = \langle \tanh^2\beta(A + s z) \rangle, \quad
          C = \beta (1 - q), \quad s^2 = a\, R(q, C)

with R the crosstalk per load (`hebbcap.theory.attractors.hebb`, `.dense`). Given m, the first equation
has one solution s, and the last one then gives the load: so the whole branch is an explicit curve a(m), and
the critical load is its maximum. No iteration can miss it or stop on the wrong branch.

The curve is run through in log(1 - m), which holds overlaps as close to 1 as low loads make them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import erfc, erfcinv

_LOWEST = -600.0
"""Smallest log(1 - m) kept: beyond it the share of wrong bits leaves double precision."""

_SCAN = 16
_COLD = 36.0
_PANELS = np.array([0.0, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0])
_NODE, _WEIGHT = np.polynomial.legendre.leggauss(20)
_NODES = (0.5 * (_PANELS[1:] + _PANELS[:-1])[:, None] + 0.5 * np.diff(_PANELS)[:, None] * _NODE).ravel()
_WEIGHTS = (0.5 * np.diff(_PANELS)[:, None] * _WEIGHT).ravel()

_STEP = 6.0
"""Poles of tanh per step of the trapezoid rule: its error is then below exp(-2 pi 6)."""

COLDEST = 1e-3
"""Lowest temperature above 0 that is computed; below it the change from 0 is of the order of 1e-3 at most."""


class Crosstalk(ABC):
    """How large the crosstalk is for a state; subclasses are final and frozen."""

    order: int
    """n: the signal is the overlap to the power n - 1."""

    @abstractmethod
    def per_load(self, q: float, susceptibility: float) -> float:
        """Return R(q, C), the crosstalk variance over the load; inf where no such state is stable."""


@dataclass(frozen=True)
class Point:
    """A replica symmetric state that points at one pattern.

    Attributes
    ----------
    load : float
        The load a at which it exists.
    overlap, error : float
        m, and (1 - m) / 2 to its own relative accuracy.
    signal, spread : float
        A and s.
    q, susceptibility : float
        Mean squared magnetisation and C.
    """

    load: float
    overlap: float
    error: float
    signal: float
    spread: float
    q: float
    susceptibility: float


def losses(signal: float, spread: float, temperature: float) -> tuple[float, float]:
    """Return 1 - m and 1 - q at this signal and crosstalk, each to its own relative accuracy.

    >>> round(losses(1.0, 0.5, 0.0)[0], 12)
    0.045500263896
    >>> round(losses(1.0, 1e-9, 0.5)[0], 12) == round(1 - math.tanh(2.0), 12)
    True
    """
    if temperature == 0:
        return float(erfc(signal / spread / math.sqrt(2))), 0.0
    slope, centre = spread / temperature, signal / temperature
    if slope > _COLD:
        return _cold_losses(signal / spread, slope)
    # The weight lies around 0, or where the field is 0, or where a cold tail balances the normal one.
    left = min(centre / slope, 2 * slope) + 10
    step = min(0.2, math.pi / (2 * slope) / _STEP)
    z = np.arange(-left, 10 + step, step)
    field = np.abs(centre + slope * z)
    small = np.exp(-2 * field)
    weight = np.exp(-0.5 * z * z) * (step / math.sqrt(2 * math.pi))
    missing = np.where(centre + slope * z > 0, small, 1.0) * 2 / (1 + small)
    return float(weight @ missing), float(weight @ (4 * small / (1 + small) ** 2))


def _cold_losses(ratio: float, slope: float) -> tuple[float, float]:
    """For fields far above T, of which only those near 0 differ from T = 0: integrate over these alone."""
    # Signals up to 35 standard deviations leave a decay of at least exp(-w).
    near, far = (
        np.exp(-0.5 * (_NODES / slope - side * ratio) ** 2) / math.sqrt(2 * math.pi) for side in (1, -1)
    )
    small = np.exp(-2 * _NODES)
    missing = _WEIGHTS * (2 * small / (1 + small)) / slope
    blurred = _WEIGHTS * (4 * small / (1 + small) ** 2) / slope
    return float(erfc(ratio / math.sqrt(2))) + float(missing @ (near - far)), float(blurred @ (near + far))


def point(crosstalk: Crosstalk, temperature: float, log_loss: float) -> Point | None:
    """Return the state with overlap 1 - exp(log_loss), or None if no crosstalk leaves that overlap."""
    loss = math.exp(log_loss)
    overlap = -math.expm1(log_loss)
    signal = overlap ** (crosstalk.order - 1)
    if signal < _NOTHING:
        return None
    if temperature == 0:
        spread = signal / (math.sqrt(2) * float(erfcinv(loss)))
        q = 1.0
        ratio = signal / spread
        susceptibility = math.sqrt(2 / math.pi) * math.exp(-0.5 * ratio * ratio) / spread
    else:
        if 2 / (1 + math.exp(min(2 * signal / temperature, _MOST))) >= loss:
            return None

        def excess(log_spread: float) -> float:
            lost = losses(signal, math.exp(log_spread), temperature)[0]
            return (math.log(lost) if lost > 0 else -2 * _MOST) - log_loss

        low, high = math.log(signal) - 1.0, math.log(signal)
        while excess(low) > 0:
            low, high = low - 1.0, low
            if low < -_MOST:
                return None
        while excess(high) < 0:
            low, high = high, high + 1.0
        spread = math.exp(brentq(excess, low, high, xtol=1e-13, rtol=1e-13))
        lost = losses(signal, spread, temperature)[1]
        q, susceptibility = 1 - lost, lost / temperature
    load = spread**2 / crosstalk.per_load(q, susceptibility)
    return Point(load, overlap, 0.5 * loss, signal, spread, q, susceptibility)


_MOST = 700.0
_NOTHING = 1e-150


def lowest(crosstalk: Crosstalk, temperature: float) -> float:
    """Return log(1 - m) at load 0; 0 where no state points at a pattern even there."""
    if temperature == 0:
        return _LOWEST
    loss = 0.0
    for _ in range(100_000):
        after = 2 / (1 + math.exp(min(2 * (1 - loss) ** (crosstalk.order - 1) / temperature, _MOST)))
        if after - loss <= 1e-15 * after:
            break
        loss = after
    return max(math.log(loss), _LOWEST) if loss < 1 else 0.0


@lru_cache(maxsize=4096)
def peak(crosstalk: Crosstalk, temperature: float) -> Point | None:
    """Return the state of largest load, or None if there is none at this temperature.

    >>> from hebbcap.theory.attractors.hebb import PairwiseCrosstalk
    >>> edge = peak(PairwiseCrosstalk(), 0.0)
    >>> round(edge.load, 7), round(edge.overlap, 6)
    (0.1379056, 0.967417)
    """
    first = lowest(crosstalk, temperature)
    if first > -1e-6:
        return None

    def load(log_loss: float) -> float:
        found = point(crosstalk, temperature, log_loss)
        return found.load if found else 0.0

    # Even in log(1 - m), once over all of it and once where m is far from 1; then towards m = 0.
    share = np.linspace(0, 1, _SCAN + 1)[1:-1]
    grid = np.unique(
        np.concatenate([first * (1 - share), max(first, -12.0) * (1 - share), -np.geomspace(1e-4, 0.5, 9)])
    )
    loads = [load(x) for x in grid]
    best = int(np.argmax(loads))
    if loads[best] <= 0:
        return None
    low = grid[best - 1] if best else first
    high = grid[best + 1] if best + 1 < len(grid) else 0.1 * grid[best]
    found = minimize_scalar(lambda x: -load(x), bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return point(crosstalk, temperature, float(found.x))


def retrieval(crosstalk: Crosstalk, temperature: float, load: float) -> Point | None:
    """Return the state at this load whose overlap is largest, or None above the critical load.

    >>> from hebbcap.theory.attractors.hebb import PairwiseCrosstalk
    >>> round(retrieval(PairwiseCrosstalk(), 0.0, 0.1).overlap, 6)
    0.997999
    """
    edge = peak(crosstalk, temperature)
    if edge is None or load > edge.load:
        return None
    first, last = lowest(crosstalk, temperature), math.log(2 * edge.error)

    def excess(log_loss: float) -> float:
        found = point(crosstalk, temperature, log_loss)
        return (found.load if found else 0.0) - load

    if excess(first) >= 0:  # so few patterns that no double precision number tells the overlap from 1
        return point(crosstalk, temperature, first)
    return point(crosstalk, temperature, brentq(excess, first, last, xtol=1e-12, rtol=1e-14))
