"""How many patterns does the memory hold, measured?

Trials first bracket the crossing by doubling K, then gather around it until its interval is as narrow as
asked for. The search knows nothing of the theory but the value of a midpoint threshold, so that agreement
between them means something.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

from hebbcap.criteria import BIT_ERROR, Criterion
from hebbcap.measurement.posterior import Crossing, crossing, dispersion
from hebbcap.measurement.proportion import clopper_pearson
from hebbcap.measurement.trial import Counts, most_patterns, run_trial
from hebbcap.question import Experiment

CONFIDENCE: Final = 0.95
DEFAULT_PRECISION: Final = 0.02
MAX_TRIALS: Final = 4000
"""Trials after which the interval reached is reported, however wide."""

_MOST_ENTRIES = 4e9
"""Likewise for the numbers n_patterns x dim of the trials, added up: about a minute."""

_FIRST = 1
_BATCH = 8
_MOST_TO_DECIDE = 256
_TOOTHED = 64
"""Numbers of patterns below which one more or less is more than the precision that is usually asked."""

_FEWEST = 24
"""Trials that the dispersion is estimated from, at least."""

_WIDE = math.log(2.5)

_QUARTER = 0.25
"""Patterns: an interval this much to each side is never made narrower, since the answer is a whole number."""

_SURE = 0.999
"""Probability at which one whole number is taken for settled. A search that stopped as soon as the 95 %
interval happened to lie between two whole numbers would stop more often when it is wrong."""

Progress = Callable[[float, str], None]
"""Called with the share of the work done, 0 to 1, and a line of text."""


@final
@dataclass(frozen=True)
class Point:
    """Measured failure rate at one number of patterns, with its interval."""

    n_patterns: int
    rate: float
    low: float
    high: float
    trials: int


@final
@dataclass(frozen=True)
class MeasuredCapacity:
    """The measured capacity.

    Attributes
    ----------
    n_patterns, low, high : int or None
        Largest number of patterns that meets the criterion, and its interval; `high` is None if censored.
    confidence : float
        Probability with which intervals made in this way hold the true value.
    trials : int
        Trials run in all.
    censored : bool
        The patterns ran out before the memory did: the capacity is at least `n_patterns`.
    crossing : Crossing or None
        The same before rounding down, for fits over dim; None if censored or 0.
    points : tuple of Point
        The failure rates seen.
    note : str
        What must be known to read the numbers; may be empty.
    """

    n_patterns: int
    low: int
    high: int | None
    confidence: float
    trials: int
    censored: bool
    crossing: Crossing | None
    points: tuple[Point, ...]
    note: str = ""


@final
@dataclass(frozen=True)
class MeasuredError:
    """The measured bit error at one number of patterns, with its interval."""

    bit_error: float
    low: float
    high: float
    confidence: float
    trials: int
    note: str = ""


class _Search:
    """The trials run so far."""

    def __init__(self, experiment: Experiment, seed: int, progress: Progress | None) -> None:
        self.experiment, self.seed, self.progress = experiment, seed, progress
        self.trials: dict[int, list[Counts]] = defaultdict(list)

    @property
    def n_trials(self) -> int:
        return sum(map(len, self.trials.values()))

    @property
    def exhausted(self) -> bool:
        """Whether the trials have cost as much as they may."""
        entries = sum(k * self.experiment.dim * len(c) for k, c in self.trials.items())
        return self.n_trials >= MAX_TRIALS or entries >= _MOST_ENTRIES

    def run(self, n_patterns: int, times: int) -> float:
        """Run trials at this K and return the failure rate seen there in all."""
        for _ in range(times):
            block = len(self.trials[n_patterns])
            self.trials[n_patterns].append(run_trial(self.experiment, n_patterns, self.seed, block))
        return _rate(self.trials[n_patterns])

    def say(self, share: float, text: str) -> None:
        if self.progress:
            self.progress(min(max(share, 0.0), 1.0), text)

    def near(self, centre: float, reach: float) -> dict[int, list[Counts]]:
        """Trials within the reach in log K; the whole numbers on both sides always count as near."""
        reach = max(reach, math.log1p(1.01 / max(centre, 1.0)))
        return {k: c for k, c in self.trials.items() if c and abs(math.log(k / centre)) <= reach}


def search_capacity(
    experiment: Experiment,
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    progress: Progress | None = None,
) -> MeasuredCapacity:
    """Measure the largest number of patterns that meets the experiment's criterion.

    Parameters
    ----------
    experiment : Experiment
        What is asked.
    precision : float
        Half the width of the interval over the capacity at which to stop.
    seed : int
        Non-negative; the same seed gives the same result.
    progress : callable, optional
        Told the share of the work done.

    Returns
    -------
    MeasuredCapacity
        The capacity with its interval, or a lower bound if the patterns ran out first.
    """
    search = _Search(experiment, seed, progress)
    bound, limit = experiment.criterion.max_failure, most_patterns(experiment)
    if search.run(1, _FIRST) > bound and _surely(search, 1, bound, _FEWEST) is False:
        return _result(search, 0, 0, 0, note="not even one pattern meets the criterion")
    last = 1
    while True:
        n_patterns = min(2 * last, limit)
        search.say(0.0, f"looking for the edge: {n_patterns} patterns")
        if search.run(n_patterns, _FIRST) > bound:
            break
        if n_patterns == limit:
            if _surely(search, limit, bound, _FIRST):
                return _censored(search, limit)
            break
        last = n_patterns
    return _refine(search, math.sqrt(last * n_patterns), precision, limit)


def _refine(search: _Search, centre: float, precision: float, limit: int) -> MeasuredCapacity:
    bound = search.experiment.criterion.max_failure
    window = max(5 * precision, 0.02)
    spread = _WIDE
    while True:
        reach = min(max(4 * spread, window), 2 * _WIDE)
        used = search.near(centre, reach)
        prior = max(2 * reach, 2.5 / centre)
        found = crossing(used, bound, CONFIDENCE, centre=centre, reach=prior)
        sure = crossing(used, bound, _SURE, centre=centre, reach=prior)
        gathered = sum(map(len, used.values()))
        settled = math.floor(sure.low) == math.floor(sure.high)
        reached = settled or found.spread <= max(precision, _QUARTER / found.median)
        if reached and gathered >= _FEWEST and reach <= max(window, 2.5 / centre):
            return _found(search, found, limit)
        if search.exhausted:
            return _found(search, found, limit, note=f"stopped after {search.n_trials:,} trials")
        search.say(
            (precision / found.spread) ** 2, f"{found.median:.4g} patterns +- {100 * found.spread:.1f} %"
        )
        spread = min(found.spread, 0.7 * spread) if reach > window else found.spread
        centre = min(max(found.median, 1.0), float(limit))
        for n_patterns in _design(centre, 0.7 * min(max(2 * spread, window), _WIDE), limit):
            search.run(n_patterns, _BATCH // 4)


def _design(centre: float, reach: float, limit: int) -> list[int]:
    """Four numbers of patterns around the crossing, whole and on both sides of it."""
    low, high = math.floor(centre), math.floor(centre) + 1
    wanted = [centre * math.exp(u * reach) for u in (-1.0, -0.4, 0.4, 1.0)]
    below, above = wanted[:2], wanted[2:]
    rounded = [*(min(round(k), low) for k in below), *(max(round(k), high) for k in above)]
    return [min(max(k, 1), limit) for k in rounded]


def _surely(search: _Search, n_patterns: int, bound: float, fewest: int) -> bool | None:
    """Whether the criterion is met at this K: True or False beyond doubt, None if trials don't tell."""
    while len(search.trials[n_patterns]) < _MOST_TO_DECIDE and not search.exhausted:
        search.run(n_patterns, max(fewest - len(search.trials[n_patterns]), 0))
        point = _point(n_patterns, search.trials[n_patterns], confidence=_SURE)
        if point.high <= bound:
            return True
        if point.low > bound:
            return False
        search.run(n_patterns, _BATCH)
    return None


def _censored(search: _Search, limit: int) -> MeasuredCapacity:
    data = search.experiment.ensemble.n_available
    if data is not None and data <= limit:
        note = f"all {data:,} patterns of {search.experiment.ensemble.name} are held: the data ran out first"
    else:
        note = f"{limit:,} patterns are held, and larger trials are not run"
    return _result(search, limit, limit, None, censored=True, note=note)


def _found(search: _Search, found: Crossing, limit: int, note: str = "") -> MeasuredCapacity:
    best, low, high = (math.floor(x) for x in (found.median, found.low, found.high))
    if high < min(_TOOTHED, limit):
        best, low, high = _with_neighbours(search, best, low, high)
    if high > limit:
        note = note or f"the interval reaches the {limit} patterns that there are"
    return _result(search, min(best, limit), min(low, limit), min(high, limit), crossing=found, note=note)


def _with_neighbours(search: _Search, best: int, low: int, high: int) -> tuple[int, int, int]:
    """Widen whole numbers read off a smooth crossing by neighbours whose own trials speak for them.

    Where fields can tie, failures of even and odd K lie on two curves, and the crossing is between them.
    """
    bound = search.experiment.criterion.max_failure
    held = _surely(search, high + 1, bound, _FEWEST)
    if low > 0 and _surely(search, low, bound, _FEWEST) is False and held is not True:
        low -= 1
    return (high + 1 if held else min(best, high)), low, high + (held is not False)


def _result(
    search: _Search,
    best: int,
    low: int,
    high: int | None,
    *,
    censored: bool = False,
    crossing: Crossing | None = None,
    note: str = "",
) -> MeasuredCapacity:
    search.say(1.0, "done")
    scale, _ = dispersion(search.trials)
    points = tuple(_point(k, search.trials[k], scale) for k in sorted(search.trials))
    return MeasuredCapacity(best, low, high, CONFIDENCE, search.n_trials, censored, crossing, points, note)


def measure_error(
    experiment: Experiment,
    n_patterns: int,
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    progress: Progress | None = None,
) -> MeasuredError:
    """Measure the share of wrong bits after one update of a cue at `n_patterns`.

    Stops when half the interval is `precision` of the error, or after `MAX_TRIALS` trials.
    """
    judged = Experiment(
        experiment.memory,
        experiment.ensemble,
        experiment.dim,
        Criterion(BIT_ERROR),
        experiment.flips,
        experiment.threshold,
    )
    search = _Search(judged, seed, progress)
    while True:
        search.run(n_patterns, _FEWEST)
        point = _point(n_patterns, search.trials[n_patterns])
        width = 0.5 * (point.high - point.low)
        enough = point.rate > 0 and width <= precision * point.rate
        if enough or search.exhausted:
            break
        share = (precision * point.rate / width) ** 2 if point.rate else 0.0
        search.say(max(share, search.n_trials / MAX_TRIALS), f"bit error {point.rate:.3g}")
    search.say(1.0, "done")
    note = "" if enough else f"stopped after {search.n_trials:,} trials"
    return MeasuredError(point.rate, point.low, point.high, CONFIDENCE, search.n_trials, note)


def _rate(counts: list[Counts]) -> float:
    return sum(c.failures for c in counts) / sum(c.judged for c in counts)


def _point(
    n_patterns: int, counts: list[Counts], scale: float | None = None, confidence: float = CONFIDENCE
) -> Point:
    """Failure rate with a Clopper-Pearson interval on counts made smaller by their dispersion.

    The dispersion is that of these trials, unless one from more trials is given.
    """
    if scale is None:
        scale, _ = dispersion({n_patterns: counts})
    if counts[0].judged == 1:
        scale = 1.0
    failures = sum(c.failures for c in counts) / max(scale, 1.0)
    judged = sum(c.judged for c in counts) / max(scale, 1.0)
    low, high = clopper_pearson(failures, judged, confidence)
    return Point(n_patterns, failures / judged, float(low), float(high), len(counts))
