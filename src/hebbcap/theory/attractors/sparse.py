r"""Which overlap goes with which load for patterns of any activity, at T = 0?

Neurons take the levels l and h, and the patterns have mean M and variance V. In standard entries
:math:`\eta = (\xi - M) / \sqrt V` the covariance rule writes :math:`W_{ij} = \frac1D \sum \eta_i \eta_j`
(fields in units of c V D), and

.. math:: h_i = \eta_i m + s z + \Gamma \bar s, \quad m = \langle\eta S\rangle, \quad q = \langle S^2\rangle,
          \quad s^2 = \alpha\Big(\frac{q}{(1 - C)^2} + \Delta^2 q\Big), \quad
          \Gamma = \alpha\Big(\frac{C}{1 - C} + \Delta^2 C\Big)

where :math:`\Gamma \bar s`, with the mean level :math:`\bar s = (l + h)/2`, is what is left of a neuron's own
echo; it vanishes for +-1. A state is told by how many standard deviations, u_h and u_l, the fields of neurons
that should be high and low lie on their side of the threshold; load and threshold then follow without any
iteration, and the critical load is a maximum over one (given threshold) or both (best threshold).

Tsodyks & Feigelman (1988) for {0, 1}, in the limit of low activity without the echo; Amit, Gutfreund &
Sompolinsky (1987) for biased +-1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtr

Floats = NDArray[np.float64]

WIDEST = 35.0
"""Neurons that many standard deviations from the threshold err less often than 1e-267."""

_ARC = 0.02
_PLACES = 2000
_NEWTON = 30
_DELTA = 1e-6
_FAR = 7.0
"""The log of the distance of the other kind is looked for between minus this and this."""


@final
@dataclass(frozen=True)
class Coding:
    """What the mean field reads of a pairwise memory of two-level patterns.

    Attributes
    ----------
    levels : tuple of float
        Low and high value of a neuron.
    p_high : float
        Chance that an entry is high.
    threshold : float
        Field at which neurons switch, in units of c V D: recalled neurons feel their entry less M.
    static_noise : float
        Delta^2, noise of the weights relative to the crosstalk.
    answered_noise : float
        gamma^2, from the rule's post part; unbiased +-1 patterns only.
    shift : float
        By how much the rule's pre part shifts all fields, in units of the crosstalk's standard deviation.
    own_shift : float
        By how much it shifts them for the cued pattern itself, at overlap 1.
    """

    levels: tuple[float, float]
    p_high: float
    threshold: float = 0.0
    static_noise: float = 0.0
    answered_noise: float = 0.0
    shift: float = 0.0
    own_shift: float = 0.0

    @property
    def mean(self) -> float:
        """M."""
        low, high = self.levels
        return low + self.p_high * (high - low)

    @property
    def plain(self) -> bool:
        """Whether both kinds of neurons are mirror images of each other."""
        symmetric = self.levels[0] == -self.levels[1] and self.p_high == 0.5
        return symmetric and not (self.threshold or self.shift or self.own_shift)


@final
@dataclass(frozen=True)
class CodedPoint:
    """A state of a network at T = 0.

    Attributes
    ----------
    load, threshold : float
        Where it exists; the threshold in units of c V D.
    overlap : float
        Chance to fire of neurons that should, less that of those that shouldn't: 1 is perfect.
    error : float
        Share of wrong bits.
    spread, susceptibility : float
        s and C.
    """

    load: float
    threshold: float
    overlap: float
    error: float
    spread: float
    susceptibility: float


def coded_point(coding: Coding, above: float, below: float) -> CodedPoint:
    """Return the state whose high and low neurons lie `above` and `below` standard deviations off.

    >>> found = coded_point(Coding((-1.0, 1.0), 0.5), 1.9, 1.9)
    >>> round(found.load, 5), found.threshold
    (0.13312, 0.0)
    """
    low, high = coding.levels
    p, gap = coding.p_high, high - low
    missed, wrong = float(ndtr(-above)), float(ndtr(-below))
    overlap = 1 - missed - wrong
    spread = gap * overlap / (above + below)
    density = p * math.exp(-0.5 * above**2) + (1 - p) * math.exp(-0.5 * below**2)
    c = gap * density / spread / math.sqrt(2 * math.pi)
    active = p * (1 - missed) + (1 - p) * wrong
    q = low * low + (high * high - low * low) * active
    answered = (1 + coding.answered_noise) * q / (1 - c) ** 2 if c < 1 else math.inf
    load = spread**2 / (answered + coding.static_noise * q)
    echo = load * (c / (1 - c) + coding.static_noise * c) if c < 1 else 0.0
    own = overlap * (high - coding.mean)  # eta_h m
    threshold = own + 0.5 * (low + high) * echo - spread * above
    threshold += coding.own_shift * overlap + coding.shift * math.sqrt(load * answered if c < 1 else 0.0)
    return CodedPoint(load, threshold, overlap, p * missed + (1 - p) * wrong, spread, c)


def _at(coding: Coding, place: Floats) -> CodedPoint:
    return coded_point(coding, math.exp(place[0]), math.exp(place[1]))


def _corrected(coding: Coding, place: Floats) -> tuple[Floats, Floats]:
    """Move a place (log u_h, log u_l) onto the coding's threshold; return it and the threshold's slope."""
    slope = np.zeros(2)
    for _ in range(_NEWTON):
        value = _at(coding, place).threshold
        for axis in (0, 1):
            there = place.copy()
            there[axis] += _DELTA
            slope[axis] = (_at(coding, there).threshold - value) / _DELTA
        step = (coding.threshold - value) * slope / (slope @ slope)
        place = place + step
        if np.abs(step).max() < 1e-13:
            break
    return place, slope


@lru_cache(maxsize=256)
def _branch(coding: Coding) -> tuple[tuple[float, float, float], ...]:
    """Follow the states at the coding's threshold from few patterns to the first maximum of the load.

    Of (log u_h, log u_l, load) at each place. The echo can bend the branch back in either coordinate, so it
    is followed along its length.
    """
    far = math.log(WIDEST)
    upward = coding.threshold >= 0

    def excess(other: float) -> float:
        return _at(coding, np.array([far, other] if upward else [other, far])).threshold - coding.threshold

    if excess(-_FAR) * excess(_FAR) > 0:
        return ()
    other = float(brentq(excess, -_FAR, _FAR, xtol=1e-13))
    place = np.array([far, other] if upward else [other, far])
    heading = np.array([-1.0, 0.0] if upward else [0.0, -1.0])
    found = [(float(place[0]), float(place[1]), _at(coding, place).load)]
    for _ in range(_PLACES):
        _, slope = _corrected(coding, place)
        tangent = np.array([-slope[1], slope[0]]) / np.hypot(*slope)
        heading = tangent if tangent @ heading > 0 else -tangent
        place, _ = _corrected(coding, place + _ARC * heading)
        found.append((float(place[0]), float(place[1]), _at(coding, place).load))
        if found[-1][2] < found[-2][2]:
            break
    return tuple(found)


def _between(coding: Coding, one: Floats, other: Floats, share: float) -> CodedPoint:
    return _at(coding, _corrected(coding, one + share * (other - one))[0])


def coded_peak(coding: Coding) -> CodedPoint | None:
    """Return the state of largest load at the coding's threshold, or None if nothing is recalled there.

    At thresholds between neurons of low activity there can be more than one range of loads at which states
    exist: it is the end of the one that starts at load 0.

    >>> found = coded_peak(Coding((0.0, 1.0), 0.1, threshold=0.4))
    >>> round(found.load, 4), round(found.overlap, 3)
    (0.298, 0.987)
    """
    share = _peak_share(coding)
    if share is None:
        return None
    ends = np.array(_branch(coding)[-3:])[[0, -1], :2]
    return _between(coding, ends[0], ends[1], share)


@lru_cache(maxsize=256)
def _peak_share(coding: Coding) -> float | None:
    """Where between the last place but two and the last one the load is largest."""
    places = np.array(_branch(coding)[-3:])
    if len(places) < 3:
        return None
    found = minimize_scalar(
        lambda share: -_between(coding, places[0, :2], places[2, :2], share).load,
        bounds=(0.0, 1.0),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return float(found.x)


def coded_retrieval(coding: Coding, load: float) -> CodedPoint | None:
    """Return the state at this load and the coding's threshold, or None above the critical load.

    >>> round(coded_retrieval(Coding((0.0, 1.0), 0.1, threshold=0.4), 0.2).overlap, 4)
    0.9996
    """
    edge, share = coded_peak(coding), _peak_share(coding)
    if edge is None or share is None or load > edge.load:
        return None
    places = np.array(_branch(coding))
    if load <= places[0, 2]:  # so few patterns that no double precision number tells the overlap from 1
        return _at(coding, places[0, :2])
    # The last stretch ends at the maximum itself.
    after = int(np.argmax(places[:-2, 2] > load)) if (places[:-2, 2] > load).any() else len(places) - 2
    one, other, top = places[after - 1, :2], places[after, :2], 1.0
    if after == len(places) - 2:
        one, other, top = places[-3, :2], places[-1, :2], share

    def excess(at: float) -> float:
        return math.log(_between(coding, one, other, at).load / load)

    if excess(top) <= 0:
        return edge
    return _between(coding, one, other, brentq(excess, 0.0, top, xtol=1e-13))
