r"""Which threshold recalls patterns of a given activity best?

In `hebbcap.theory.attractors.sparse` every pair (u_h, u_l) has its own threshold. So the critical load at the
best threshold is the maximum of the load over both, and the best state at a load the one of largest overlap
on the line of that load. Tsodyks & Feigelman (1988) take the threshold so.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar

from hebbcap.theory.attractors.sparse import WIDEST, CodedPoint, Coding, coded_point

_MOST = 700.0


def best_peak(coding: Coding) -> CodedPoint:
    """Return the state of largest load at any threshold.

    >>> found = best_peak(Coding((0.0, 1.0), 0.1))
    >>> round(found.load, 4), round(found.threshold, 4)
    (0.441, 0.5583)
    """

    def loss(log_sides: list[float]) -> float:
        found = coded_point(coding, math.exp(log_sides[0]), math.exp(log_sides[1]))
        return -math.log(found.load) if found.load > 0 else 700.0

    rare = math.sqrt(2 * max(-math.log(min(coding.p_high, 1 - coding.p_high)), 1.0))
    start = [math.log(1.5), math.log(1.5)]
    start[1 if coding.p_high < 0.5 else 0] = math.log(rare)
    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 2000}
    found = minimize(loss, start, method="Nelder-Mead", options=options)
    return coded_point(coding, math.exp(found.x[0]), math.exp(found.x[1]))


def best_retrieval(coding: Coding, load: float) -> CodedPoint | None:
    """Return the state of largest overlap at this load and any threshold, or None above the critical load.

    On each ray of the plane of u_h and u_l it is the farthest state of that load; then comes the best ray.

    >>> found = best_retrieval(Coding((0.0, 1.0), 0.1), 0.3)
    >>> round(found.overlap, 4), round(found.threshold, 4)
    (0.9933, 0.4315)
    """
    if load > best_peak(coding).load:
        return None

    def farthest(angle: float) -> CodedPoint | None:
        def log_load(log_length: float) -> float:
            sides = math.exp(log_length) * np.array([math.cos(angle), math.sin(angle)])
            found = coded_point(coding, float(sides[0]), float(sides[1])).load
            return math.log(found / load) if found > 0 else -_MOST

        last = math.log(2 * WIDEST)
        lengths = np.linspace(last, -1.0, 60)
        for near, far in ((b, a) for a, b in itertools.pairwise(lengths)):
            if log_load(near) >= 0:
                length = math.exp(brentq(log_load, near, far, xtol=1e-13))
                return coded_point(coding, length * math.cos(angle), length * math.sin(angle))
        return None

    def loss(angle: float) -> float:
        found = farthest(angle)
        return math.log1p(-found.overlap) if found and found.overlap < 1 else (0.0 if not found else -_MOST)

    angles = np.linspace(0, 0.5 * math.pi, 50)[1:-1]
    best = int(np.argmin([loss(a) for a in angles]))
    bounds = (angles[max(best - 1, 0)], angles[min(best + 1, len(angles) - 1)])
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-9})
    return farthest(float(found.x)) or best_peak(coding)


def low_activity_limit(activity: float) -> float:
    r"""Return the leading critical load of vanishing activity, :math:`1 / (2 a |\ln a|)`.

    It is approached very slowly: the critical load is 0.47 of it at a = 1e-3 and 0.65 at a = 1e-15.

    >>> round(low_activity_limit(0.001), 1)
    72.4
    """
    return -1 / (2 * activity * math.log(activity))
