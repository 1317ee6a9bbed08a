"""At which load does each line of the phase diagram lie at a given temperature?

Lines are followed in temperature, because the states at a temperature are an explicit curve of load.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from hebbcap.theory.attractors.curve import COLDEST, Crosstalk, Point, lowest, peak, point, retrieval
from hebbcap.theory.attractors.hebb import PairwiseCrosstalk, free_energy, replicon, spin_glass

SPIN_GLASS: Final = "spin glass"
RETRIEVAL: Final = "retrieval"
GLOBAL_MINIMUM: Final = "global minimum"
REPLICA_SYMMETRY: Final = "replica symmetry"

LINES: Final = {
    SPIN_GLASS: "below it neurons freeze; between it and the retrieval line nothing is recalled",
    RETRIEVAL: "below it states that point at single patterns exist",
    GLOBAL_MINIMUM: "below it these have the least free energy",
    REPLICA_SYMMETRY: "below it their replica symmetry breaks",
}
"""Each line in words."""

_HOTTEST = 1 - 1e-6


@final
@dataclass(frozen=True)
class Line:
    """One line of a phase diagram.

    Attributes
    ----------
    name : str
        One of `LINES`.
    loads, temperatures : ndarray, shape (L,)
        Points of the line, in the order in which to join them.
    """

    name: str
    loads: NDArray[np.float64]
    temperatures: NDArray[np.float64]

    @property
    def meaning(self) -> str:
        """The line in words."""
        return LINES[self.name]


def retrieval_load(crosstalk: Crosstalk, temperature: float) -> float:
    """Return the critical load at this temperature, 0.0 where nothing is recalled."""
    edge = peak(crosstalk, temperature)
    return edge.load if edge else 0.0


def global_load(crosstalk: PairwiseCrosstalk, temperature: float) -> float:
    """Return the load up to which recall has less free energy than the spin glass."""

    def excess(state: Point) -> float:
        glass = spin_glass(crosstalk, temperature, state.load)
        if glass is None:
            return -1.0
        return free_energy(crosstalk, temperature, state) - free_energy(crosstalk, temperature, glass)

    return _change(crosstalk, temperature, excess)


def symmetry_load(crosstalk: PairwiseCrosstalk, temperature: float) -> float:
    """Return the load up to which recall is stable against breaking replica symmetry; NaN if at every one."""
    return _change(crosstalk, temperature, lambda state: -replicon(crosstalk, temperature, state))


def _change(crosstalk: PairwiseCrosstalk, temperature: float, value: Callable[[Point], float]) -> float:
    """Load at which a value of the recalled state turns positive, NaN where it doesn't."""
    edge, first = peak(crosstalk, temperature), lowest(crosstalk, temperature)
    if edge is None:
        return math.nan

    def at(log_loss: float) -> float:
        found = point(crosstalk, temperature, log_loss)
        return value(found) if found and found.load > 0 else -1.0

    last = math.log(2 * edge.error)
    if at(last) <= 0:
        return math.nan
    found = point(crosstalk, temperature, brentq(at, first, last, xtol=1e-12))
    return found.load if found else math.nan


def highest_temperature(load_at: Callable[[float], float], load: float) -> float:
    """Return the highest temperature at which a line has this load, 0.0 if none.

    Lines may rise with T before they fall: the search starts at their maximum.
    """

    def missing(t: float) -> float:
        found = load_at(t)
        return 1.0 if math.isnan(found) else -found

    top = minimize_scalar(missing, bounds=(2 * COLDEST, 0.3), method="bounded", options={"xatol": 1e-5}).x
    if load >= -missing(top):
        return 0.0
    return float(brentq(lambda t: -missing(t) - load, top, _HOTTEST, xtol=1e-9))


def unstable_below(crosstalk: PairwiseCrosstalk, load: float) -> float:
    """Return the temperature below which the recalled state at this load breaks replica symmetry."""
    highest = highest_temperature(lambda t: retrieval_load(crosstalk, t), load)

    def margin(t: float) -> float:
        found = retrieval(crosstalk, t, load)
        return replicon(crosstalk, t, found) if found else -1.0

    if not highest or margin(COLDEST) >= 0:
        return 0.0
    high = highest * (1 - 1e-9)
    return float(brentq(margin, COLDEST, high, xtol=1e-9)) if margin(high) > 0 else highest


def retrieval_line(crosstalk: Crosstalk, grid: NDArray[np.float64]) -> Line:
    """Return the retrieval line at rising temperatures `grid`, from the hottest state of all to T = 0."""
    loads = np.array([retrieval_load(crosstalk, float(t)) for t in grid])
    kept = np.flatnonzero(loads > 0)[::-1]
    hottest = 1.0
    if crosstalk.order > 2:  # the overlap vanishes by a jump, at a temperature that must be looked for
        low, high = float(grid[kept[0]]), 1.0
        while high - low > 1e-9:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if retrieval_load(crosstalk, middle) > 0 else (low, middle)
        hottest = low
    return Line(RETRIEVAL, np.array([0.0, *loads[kept]]), np.array([hottest, *grid[kept]]))


def line_through(name: str, load_at: Callable[[float], float], grid: NDArray[np.float64]) -> Line:
    """Return a line at rising temperatures `grid`, from the hottest down, where it has a load."""
    loads = np.array([load_at(float(t)) for t in grid[::-1]])
    kept = np.isfinite(loads)
    return Line(name, loads[kept], grid[::-1][kept])
