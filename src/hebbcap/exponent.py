"""How does the capacity grow with the number of neurons?

The exponent b of K_max ~ D^b is the slope of log K_max against log D. At finite size it is not yet the
asymptotic one, so the slope between neighbouring sizes is given too, and the exact law's far beyond them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, final

import numpy as np
from scipy.special import ndtri, ndtri_exp

from hebbcap import _checks
from hebbcap.estimate import check_answer, check_trial, experiment
from hebbcap.measurement.capacity import measure_capacity
from hebbcap.measurement.measured import (
    CONFIDENCE,
    DEFAULT_PRECISION,
    MeasuredCapacity,
    Progress,
    progress_of_part,
)
from hebbcap.measurement.meter import Meter, seconds
from hebbcap.memories import Memory, Recaller
from hebbcap.patterns import ensemble
from hebbcap.question import Experiment
from hebbcap.theory import METHODS, NoTheory, Reading, capacity_reading, failure

DEFAULT_DIMS = (50, 100, 200, 400)

_LEAST_BUDGET = 1e-3
"""Seconds that a dim gets where the others have used up what there was."""


@final
@dataclass(frozen=True)
class Slope:
    """An exponent with its interval; theories have none."""

    exponent: float
    low: float | None = None
    high: float | None = None


@final
@dataclass(frozen=True)
class Scaling:
    """Capacity against dim.

    Attributes
    ----------
    experiments : tuple of Experiment
        One for each dim.
    seed : int
        Seed of the trials.
    theory : dict of str to tuple of (int, float)
        (dim, crossing K) by each theory, at the dims asked and, for the trend, at larger ones.
    measured : tuple of MeasuredCapacity
        One for each dim; empty if not asked.
    why : dict of str to str
        Why a theory does not apply.
    """

    experiments: tuple[Experiment, ...]
    seed: int
    theory: dict[str, tuple[tuple[int, float], ...]]
    measured: tuple[MeasuredCapacity, ...]
    why: dict[str, str]

    @property
    def dims(self) -> tuple[int, ...]:
        """The dims asked."""
        return tuple(e.dim for e in self.experiments)

    def theory_slope(self, method: str) -> Slope | None:
        """Exponent by one theory over the dims asked, weighted as the measurement is."""
        if method not in self.theory:
            return None
        points = dict(self.theory[method])
        log_k = np.log([points[d] for d in self.dims])
        return Slope(_fit(np.log(self.dims), log_k, self._sizes())[0])

    def measured_slope(self) -> Slope | None:
        """Measured exponent with its interval; None if a size was censored or not measured."""
        crossings = [m.crossing for m in self.measured if m.crossing is not None]
        if len(crossings) < len(self.dims) or not crossings:
            return None
        slope, error = _fit(np.log(self.dims), np.log([c.median for c in crossings]), self._sizes())
        z = float(ndtri(0.5 + CONFIDENCE / 2))
        return Slope(slope, slope - z * error, slope + z * error)

    def _sizes(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Standard errors of log K at each dim; equal where nothing was measured."""
        z = float(ndtri(0.5 + CONFIDENCE / 2))
        spreads = [m.crossing.spread / z for m in self.measured if m.crossing is not None]
        return np.array(spreads) if len(spreads) == len(self.dims) else np.ones(len(self.dims))

    def trend(self, method: str) -> tuple[tuple[int, int, float], ...]:
        """Slopes between neighbouring sizes, as (dim, next dim, slope); method may be "measured"."""
        points: list[tuple[int, float | None]] = [*self.theory.get(method, ())]
        if method == "measured":
            pairs = zip(self.experiments, self.measured, strict=False)
            points = [(e.dim, m.crossing.median if m.crossing else None) for e, m in pairs]
        return tuple(
            (d, e, float(np.log(k / j) / np.log(e / d)))
            for (d, j), (e, k) in pairwise(points)
            if j is not None and k is not None
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        first = self.experiments[0]
        theory: dict[str, Any] = {}
        for method in METHODS:
            slope = self.theory_slope(method)
            if slope is None:
                theory[method] = {"applies": False, "why": self.why.get(method, "not asked")}
            else:
                theory[method] = {
                    "applies": True,
                    "exponent": slope.exponent,
                    "n_patterns": {str(d): k for d, k in self.theory[method]},
                    "trend": [list(t) for t in self.trend(method)],
                }
        measured = None
        if self.measured:
            found = self.measured_slope()
            measured = {
                "exponent": found and found.exponent,
                "low": found and found.low,
                "high": found and found.high,
                "confidence": CONFIDENCE,
                "n_patterns": [m.n_patterns for m in self.measured],
                "intervals": [[m.low, m.high] for m in self.measured],
                "censored": any(m.censored for m in self.measured),
                "trend": [list(t) for t in self.trend("measured")],
            }
        return {
            "memory": first.memory_name,
            "dims": list(self.dims),
            "patterns": first.ensemble.name,
            "criterion": str(first.criterion),
            "flips": first.flips,
            "seed": self.seed,
            "theory": theory,
            "measured": measured,
        }

    def __repr__(self) -> str:
        parts = [f"{m} {s.exponent:.3f}" for m in METHODS if (s := self.theory_slope(m))]
        if found := self.measured_slope():
            parts.append(f"measured {found.exponent:.3f} [{found.low:.3f}, {found.high:.3f}]")
        return f"Scaling(dims={list(self.dims)}: {', '.join(parts)})"


def scaling(
    memory: str | Memory | Recaller = "hopfield",
    *,
    dims: Iterable[int] = DEFAULT_DIMS,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    theory: bool = True,
    measure: bool = True,
    budget: str | float | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Scaling:
    """Return the exponent of the capacity in dim, by theory and measured.

    Parameters
    ----------
    memory : str, Memory or Recaller
        As for `experiment`, and so are the options.
    dims : iterable of int
        At least two different numbers of neurons.
    precision, seed, theory, measure, progress
        As for `capacity`, at each dim.
    budget : float or str, optional
        As for `capacity`, for all dims together: each gets an equal share of what is left.

    Raises
    ------
    InvalidArgument
        If fewer than two dims are given, or the patterns have a size of their own.

    Examples
    --------
    >>> scaling("dense:3", dims=[100, 200], measure=False)
    Scaling(dims=[100, 200]: snr 2.009, exact 2.012)
    """
    if not isinstance(dims, Iterable):
        raise _checks.fail("dims", dims, "must be a list of whole numbers", "as [50, 100, 200]")
    sizes = sorted({_checks.dimension(d) for d in dims})
    if len(sizes) < 2:
        raise _checks.fail(
            "dims", list(dims), "must hold at least two different numbers", "a slope needs two"
        )
    drawn = ensemble(options.pop("patterns", "rademacher"), binarise=options.pop("binarise", "auto"))
    if drawn.dim is not None:
        raise _checks.fail("patterns", drawn.name, "has one size only", "a slope needs drawn patterns")
    asked = [experiment(memory, dim=d, patterns=drawn, **options) for d in sizes]
    check_answer(precision, seed, theory, measure, progress)
    limit = seconds(budget)
    if measure:
        check_trial(asked[-1], 1)
    curves, why = {}, {}
    for method in METHODS if theory else ():
        try:
            curves[method] = tuple((e.dim, smooth_crossing(method, e)) for e in asked) + _beyond(
                method, asked[-1]
            )
        except NoTheory as error:
            why[method] = str(error)
    measured: list[MeasuredCapacity] = []
    meter = Meter(limit)
    for index, one in enumerate(asked) if measure else ():
        report = progress_of_part(progress, index, len(asked), f"dim {one.dim}")
        part = None if limit is None else max((limit - meter.clocked) / (len(asked) - index), _LEAST_BUDGET)
        found = measure_capacity(one, precision=precision, seed=seed, budget=part, progress=report)
        measured.append(found)
    return Scaling(tuple(asked), seed, curves, tuple(measured), why)


def _beyond(method: str, last: Experiment) -> tuple[tuple[int, float], ...]:
    """Return the crossings at 2, 4 and 8 times the last dim asked, as far as the theory reaches."""
    found = []
    for factor in (2, 4, 8):
        if factor * last.dim > _checks.MAX_DIM:
            break
        try:
            further = replace(last, dim=factor * last.dim)
            found.append((further.dim, smooth_crossing(method, further)))
        except (NoTheory, _checks.TooLarge):
            break
    return tuple(found)


def smooth_crossing(method: str, asked: Experiment) -> float:
    """Return where a theory's failure rate crosses its bound, as a real number of patterns.

    Errors at even and odd K can differ where fields tie, so a straight line in normal quantiles against
    log K is laid through the whole numbers around the capacity, as the measurement does.

    Raises
    ------
    NoTheory
        If the theory does not apply.
    """
    reading: Reading = capacity_reading(method, asked)
    if reading.value is None:
        raise NoTheory(reading.why)
    if reading.value < 2:
        raise NoTheory(f"at dim={asked.dim} fewer than 2 patterns are held, too few for a slope")
    centre = reading.value
    near = np.unique(
        np.round(centre * np.exp(np.linspace(-0.06, 0.06, 4)) + np.array([-1, 0, 1, 2])).astype(int)
    )
    counts = [int(k) for k in near if k >= 2]
    shares = {k: failure(method, asked, k) for k in counts}
    counts = [k for k in counts if 0 < shares[k] < 1]
    quantiles = [float(ndtri_exp(np.log(shares[k]))) for k in counts]
    if len(counts) < 2 or quantiles[-1] <= quantiles[0]:
        raise NoTheory(f"at dim={asked.dim} the failures around the capacity give no crossing")
    slope, offset = np.polyfit(np.log(counts), quantiles, 1)
    return float(np.exp((ndtri(asked.criterion.max_failure) - offset) / slope))


def _fit(x: Any, y: Any, errors: Any) -> tuple[float, float]:
    """Weighted least squares slope and its standard error."""
    weight = 1 / np.asarray(errors) ** 2
    centre = np.average(x, weights=weight)
    scatter = float(np.sum(weight * (x - centre) ** 2))
    return float(np.sum(weight * (x - centre) * y) / scatter), float(scatter**-0.5)
