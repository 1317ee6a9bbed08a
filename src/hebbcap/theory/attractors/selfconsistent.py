r"""Which fixed points do deterministic neurons of any sigmoid transfer function have?

Self-consistent signal-to-noise analysis: with standard entries :math:`\eta = (\xi - M) / \sqrt V` and weights
:math:`W_{ij} = \frac1D \sum \eta_i \eta_j`, W_ii = 0, the activity Y of a neuron whose field has signal
:math:`\eta m` and crosstalk s z solves

.. math:: Y = F(\eta m + s z + \Gamma Y), \quad m = \langle \eta Y \rangle, \quad q = \langle Y^2 \rangle,
          \quad U = \langle z Y \rangle / s, \quad s^2 = \frac{\alpha q}{(1-U)^2}, \quad
          \Gamma = \frac{\alpha U}{1-U}

Gamma Y is the neuron's own activity that comes back through the others. Where it makes two answers
possible, the jump is where the areas on both sides are equal (Maxwell). No energy is used, so any monotone
F is open to it. Shiino & Fukai, J. Phys. A 25, L375 (1992).

**Graded tanh neurons are not neurons at a temperature.** In a stochastic network the mean activity obeys the
TAP equation :math:`\langle s \rangle = \tanh \beta (h - \Gamma \langle s \rangle)`, where the echo cancels.
So the deterministic network with F = tanh(beta h) is another one than the stochastic network at T = 1 / beta:
at beta = 5 it holds 0.1263 D patterns against 0.1226 D, and the equations above give the latter, the result
of Amit, Gutfreund & Sompolinsky, only with `echo=False`. At infinite gain, T = 0, the two are one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.optimize import brentq, minimize_scalar, root

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.theory.attractors.transfer import Transfer

_REACH = 9.0
_GRADES = np.array([0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0, 30.0])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_WIDTHS = np.geomspace(40.0, 0.5, 120)
"""Signal over crosstalk, (eta_h - eta_l) m / s, from few patterns to many."""


@final
@dataclass(frozen=True)
class GradedPoint:
    """A fixed point that belongs to one pattern.

    Attributes
    ----------
    load : float
        alpha at which it exists.
    overlap : float
        m over its value for the pattern itself.
    spread, susceptibility, echo : float
        s, U and Gamma.
    """

    load: float
    overlap: float
    spread: float
    susceptibility: float
    echo: float


def graded_peak(
    transfer: Transfer, patterns: str | Ensemble = "rademacher", *, echo: bool = True
) -> GradedPoint | None:
    """Return the fixed point of largest load, or None if the neurons are too flat to recall at all.

    Parameters
    ----------
    transfer : Transfer
        F.
    patterns : str or Ensemble
        Independent two-level entries.
    echo : bool
        Whether a neuron's own activity comes back to it. False takes Gamma = 0: the mean activities of
        stochastic neurons, or a network whose self-coupling cancels the echo.

    Examples
    --------
    >>> round(graded_peak(Transfer("step")).load, 6)
    0.137906
    >>> round(graded_peak(Transfer("tanh", gain=5.0)).load, 4)
    0.1263
    """
    branch = _branch(transfer, _checked(patterns), echo)
    if not branch:
        return None
    best = int(np.argmax([point.load for _, point in branch]))
    near = [branch[k][0] for k in (max(best - 1, 0), min(best + 1, len(branch) - 1))]
    entries, start = _checked(patterns), branch[best][1]

    def loss(log_width: float) -> float:
        found = _point(transfer, entries, math.exp(log_width), start, echo)
        return -found.load if found else 0.0

    bounds = (math.log(min(near)), math.log(max(near)))
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return _point(transfer, entries, math.exp(float(found.x)), start, echo)


def graded_retrieval(
    transfer: Transfer, load: float, patterns: str | Ensemble = "rademacher", *, echo: bool = True
) -> GradedPoint | None:
    """Return the fixed point of a pattern at this load, or None above the critical load.

    Parameters are those of `graded_peak`, and `load` the number of patterns for each neuron, > 0.

    Examples
    --------
    >>> point = graded_retrieval(Transfer("tanh", gain=5.0), 0.1)
    >>> round(point.overlap, 4), round(point.echo, 4)
    (0.9897, 0.008)
    """
    load = _checks.real("load", load, low=0, open_low=True, meaning="load is patterns per neuron (K / D)")
    entries = _checked(patterns)
    edge = graded_peak(transfer, entries, echo=echo)
    if edge is None or load > edge.load:
        return None
    branch = _branch(transfer, entries, echo)
    before = [
        (width, point) for width, point in branch if point.load <= load and point.overlap >= edge.overlap
    ]
    if not before:
        raise NoTheory(
            f"load={load:g} is so low that the recalled state differs from load 0 by rounding only"
        )
    width, start = before[-1]
    gap = (entries.levels[1] - entries.levels[0]) / math.sqrt(entries.variance)
    last = gap * edge.overlap * math.sqrt(entries.variance) / edge.spread

    def excess(log_width: float) -> float:
        found = _point(transfer, entries, math.exp(log_width), start, echo)
        return (found.load if found else edge.load) - load

    if last >= width:
        return edge
    at = brentq(excess, math.log(last), math.log(width), xtol=1e-12)
    return _point(transfer, entries, math.exp(at), start, echo)


def _checked(patterns: str | Ensemble) -> Ensemble:
    found = parse_ensemble(patterns)
    if not found.independent:
        raise NoTheory(f"the entries of {found.name} are correlated, and this theory is for independent ones")
    return found


def _branch(transfer: Transfer, entries: Ensemble, echo: bool) -> list[tuple[float, GradedPoint]]:
    """Follow the fixed point from few patterns on until it is lost."""
    found: list[tuple[float, GradedPoint]] = []
    for width in _WIDTHS:
        point = _point(transfer, entries, float(width), found[-1][1] if found else None, echo)
        if point is not None:
            found.append((float(width), point))
        elif found:
            break
    return found


def _point(
    transfer: Transfer, entries: Ensemble, width: float, start: GradedPoint | None, echo: bool
) -> GradedPoint | None:
    """Solve for s and Gamma at signal over crosstalk `width`; load and overlap then follow."""
    deviation = math.sqrt(entries.variance)
    eta = (np.array(entries.levels) - entries.mean) / deviation
    gap = eta[1] - eta[0]
    chance = np.array([1 - entries.p_high, entries.p_high])

    def moments(spread: float, returned: float) -> tuple[float, float, float]:
        overlap = square = turned = 0.0
        for e, p in zip(eta, chance, strict=True):
            jump = (transfer.threshold - returned * transfer.middle) / spread - e * width / gap
            z, weight = _grid(jump)
            y = transfer.middle + transfer.reach * transfer.answer(spread * (z - jump), returned)
            overlap += p * e * float(weight @ y)
            square += p * float(weight @ (y * y))
            turned += p * float(weight @ (z * y))
        return overlap, square, turned / spread

    def residual(x: np.ndarray) -> list[float]:
        spread, returned = math.exp(x[0]), abs(x[1]) if echo else 0.0
        overlap, square, u = moments(spread, returned)
        wanted = spread**2 * u * (1 - u) / square if echo else 0.0
        return [overlap * gap / (width * spread) - 1, (wanted - returned) if echo else x[1]]

    first = [math.log(start.spread), start.echo] if start else [math.log(gap * deviation / width), 0.0]
    solved = root(residual, first, method="hybr", options={"xtol": 1e-12})
    if max(abs(r) for r in residual(solved.x)) > 1e-8:
        return None
    spread, returned = math.exp(solved.x[0]), abs(float(solved.x[1])) if echo else 0.0
    overlap, square, u = moments(spread, returned)
    if u >= 1 or overlap <= 1e-3 * deviation:
        return None
    load = (spread * (1 - u)) ** 2 / square
    return GradedPoint(float(load), float(overlap / deviation), spread, float(u), returned)


def _grid(jump: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and normal weights on [-9, 9], fine around the jump."""
    edges = np.concatenate([jump - _GRADES[::-1], jump + _GRADES[1:], np.linspace(-_REACH, _REACH, 13)])
    edges = np.unique(np.clip(edges, -_REACH, _REACH))
    half = 0.5 * np.diff(edges)
    z = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half[:, None] * _NODES
    weight = half[:, None] * _WEIGHTS * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return z.ravel(), weight.ravel()
