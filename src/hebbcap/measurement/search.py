"""How many patterns does the memory hold, measured?

Trials first show where failures cross their bound: around the place where theory says so, if they prove it
right, and else by doubling K. Then they gather around the crossing until its interval is as narrow as asked
for. Theory only tells where to look first, so that agreement with it means something.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from hebbcap.measurement.cost import search_cost
from hebbcap.measurement.hint import guess_capacity
from hebbcap.measurement.measured import CONFIDENCE, DEFAULT_PRECISION, Cost, MeasuredCapacity, Progress
from hebbcap.measurement.posterior import Crossing, FromLine, Posterior, posterior
from hebbcap.measurement.tally import Tally
from hebbcap.measurement.trials import SURE, Trials
from hebbcap.question import Experiment

_FEWEST = 24
"""Trials that the dispersion is estimated from, at least."""

_MOST_TO_DECIDE = 256
_ENOUGH_FAILURES = 300.0
"""Failures expected at the bound in a first look: twice as many or half as many are then told from it."""

_FIRST = 16
"""Trials of a first look, at least, where it has to prove a theory right: from these its error is told."""

_TRUSTED = 0.15
"""How far off in log K the theory may be; if it is farther, the search starts without it."""

_TOOTHED = 64
"""Numbers of patterns below which one more or less is more than the precision that is usually asked."""

_WIDE = math.log(2.5)

_QUARTER = 0.25
"""Patterns: an interval this much to each side is never made narrower, since the answer is a whole number. A
search that stopped as soon as the 95 % interval happened to lie between two whole numbers would stop more
often when it is wrong, so that takes `SURE`."""

_AGAIN = 1.2
"""How many times the trials are run that would do if all went as expected."""

_GROWTH, _FIRST_GROWTH = 40.0, 1.0
"""How many times the trials so far may be run at once, and likewise while the crossing is hardly known."""


class _Window(NamedTuple):
    """Where the crossing is thought to be: around `centre`, give or take `spread` in log K."""

    centre: float
    spread: float


def search_capacity(
    experiment: Experiment,
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    budget: float | None = None,
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
    budget : float, optional
        Seconds after which the interval reached is reported; the result then depends on the clock. About a
        minute, as reckoned, where none is given.
    progress : callable, optional
        Told the share of the work done.

    Returns
    -------
    MeasuredCapacity
        The capacity with its interval, or a lower bound if patterns or time ran out first.
    """
    trials = Trials(experiment, seed, progress, budget)
    guess = guess_capacity(experiment)
    predicted = search_cost(experiment, guess, precision, trials.in_streams)
    if predicted is not None:
        trials.say(0.0, f"about {predicted.seconds:.2g} s and {predicted.n_bytes / 2**20:,.0f} MB")
    window = None if guess is None else _proven(trials, guess)
    if window is None:
        found = _bracket(trials, predicted)
        if isinstance(found, MeasuredCapacity):
            return found
        window = found
    return _refine(trials, window, precision, predicted)


def _first_times(trials: Trials, n_patterns: int) -> int:
    """Return the trials of a first look."""
    if not trials.in_streams:
        return 1
    expected = trials.experiment.criterion.max_failure * trials.chances(n_patterns)
    return math.ceil(min(max(_ENOUGH_FAILURES / expected, 1), _MOST_TO_DECIDE))


def _proven(trials: Trials, guess: float) -> _Window | None:
    """Return the window around a guess, if trials show beyond doubt that the crossing lies in it."""
    low, high = math.floor(guess * math.exp(-_TRUSTED)), math.ceil(guess * math.exp(_TRUSTED))
    if low < 1 or high > trials.limit or trials.chances(low) == 1:
        return None  # where a trial is one chance to fail, proof takes longer than doubling
    times = max(_first_times(trials, low), _FIRST)
    if trials.in_streams:  # a stream passes all smaller K on its way
        smaller = {2**i for i in range(low.bit_length())}
        inside = {k for k in _design(guess, 0.5 * _TRUSTED, trials.limit) if low < k < high}
        trials.run(sorted(smaller | inside | {low, high}), times)
        bound = trials.experiment.criterion.max_failure
        if any(point.low > bound for point in trials.points(1, low, confidence=SURE)):
            return None
    held = trials.holds(low, times, _MOST_TO_DECIDE), trials.holds(high, times, _MOST_TO_DECIDE)
    if trials.exhausted and None in held:  # then what was seen has to do
        bound = trials.experiment.criterion.max_failure
        held = trials.rate(low) <= bound, trials.rate(high) <= bound
    return _Window(guess, _TRUSTED) if held == (True, False) else None


def _bracket(trials: Trials, predicted: Cost | None) -> _Window | MeasuredCapacity:
    """Double K until the criterion is no longer met."""
    bound = trials.experiment.criterion.max_failure
    trials.run((1,), _first_times(trials, 1))
    if trials.rate(1) > bound and trials.holds(1, _FEWEST, _MOST_TO_DECIDE) is False:
        return _result(trials, 0, 0, 0, predicted, note="not even one pattern meets the criterion")
    last = 1
    while True:
        n_patterns = min(2 * last, trials.limit)
        trials.say(0.0, f"looking for the edge: {n_patterns:,} patterns")
        trials.run((n_patterns,), _first_times(trials, n_patterns))
        if trials.rate(n_patterns) > bound:
            break
        if n_patterns == trials.limit:
            if trials.holds(n_patterns, 1, _MOST_TO_DECIDE):
                return _censored(trials, n_patterns, predicted)
            break
        if trials.exhausted:
            note = f"{trials.meter.ended}; the edge was not reached"
            return _result(trials, n_patterns, n_patterns, None, predicted, censored=True, note=note)
        last = n_patterns
    return _Window(math.sqrt(last * n_patterns), _WIDE)


def _refine(trials: Trials, window: _Window, precision: float, predicted: Cost | None) -> MeasuredCapacity:
    """Gather trials around the crossing until its interval is narrow enough."""
    narrow = max(5 * precision, 0.02)
    while True:
        seen, found, reach = _closed_in(trials, window, narrow)
        goal = max(precision, _QUARTER / found.median)
        gathered = sum(tally.trials for tally in _near(trials, found.median, reach))
        sure = seen.interval(SURE)
        settled = math.floor(sure.low) == math.floor(sure.high)
        close = reach <= max(narrow, 2.5 / found.median)
        if (settled or found.spread <= goal) and gathered >= _FEWEST and close:
            return _found(trials, found, predicted)
        if trials.exhausted:
            note = f"{trials.meter.ended}: {trials.n_trials:,} trials"
            return _found(trials, found, predicted, note=note)
        share = (goal / found.spread) ** 2
        trials.say(
            max(share, trials.meter.share), f"{found.median:.4g} patterns +- {100 * found.spread:.1f} %"
        )
        centre = min(max(found.median, 1.0), float(trials.limit))
        # A crossing that is hardly known may be anywhere: trials close in on it step by step.
        spread = found.spread if close else min(found.spread, 0.7 * window.spread)
        window = _Window(centre, spread)
        at = _design(centre, 0.7 * min(max(2 * spread, narrow), _WIDE), trials.limit)
        known = isinstance(seen, FromLine) and spread < 0.5 * _TRUSTED
        growth = _GROWTH if known else _FIRST_GROWTH
        more = _AGAIN / (share * seen.excess**2) - 1
        wanted = min(max(more, 0.05), growth) * max(gathered, 1)
        trials.run(at, _times(trials, at, wanted))


def _times(trials: Trials, at: list[int], wanted: float) -> int:
    """Return how often to run at each place, for so many trials in all."""
    if trials.in_streams:
        return max(math.ceil(wanted), _FIRST)
    return max(math.ceil(wanted / len(at)), 1)


def _near(trials: Trials, centre: float, reach: float) -> list[Tally]:
    """Return what was counted within the reach in log K; two whole numbers on each side always are."""
    reach = max(reach, math.log1p(2.01 / max(centre, 1.0)))
    return trials.between(centre * math.exp(-reach), centre * math.exp(reach))


def _closed_in(trials: Trials, window: _Window, narrow: float) -> tuple[Posterior, Crossing, float]:
    """Return the posterior from the trials in the window, closed in as far as they allow; and its reach."""
    bound = trials.experiment.criterion.max_failure
    centre, reach = window.centre, min(max(4 * window.spread, narrow), 2 * _WIDE)
    while True:
        prior = max(2 * reach, 2.5 / centre)
        seen = posterior(_near(trials, centre, reach), bound, centre=centre, reach=prior)
        found = seen.interval(CONFIDENCE)
        closer = max(4 * found.spread, narrow)
        nearby = _near(trials, found.median, closer)
        if closer > 0.7 * reach or not _surrounded(nearby, found.median):
            return seen, found, reach
        centre, reach = min(max(found.median, 1.0), float(trials.limit)), closer


def _surrounded(tallies: list[Tally], centre: float) -> bool:
    """Whether enough was counted on both sides of the centre to tell where the crossing lies."""
    below, above = (
        sum(tally.trials for tally in tallies if (tally.at[end] <= centre) == (end == 0)) for end in (0, -1)
    )
    return min(below, above) >= _FEWEST // 2 and sum(tally.trials for tally in tallies) >= _FEWEST


def _design(centre: float, reach: float, limit: int) -> list[int]:
    """Four pairs of numbers of patterns around the crossing, whole and on both sides of it.

    Pairs of neighbours, since odd and even numbers fail differently where fields can tie.
    """
    low = math.floor(centre)
    wanted = [centre * math.exp(u * reach) for u in (-1.0, -0.4, 0.4, 1.0)]
    firsts = [*(min(round(k), low) - 1 for k in wanted[:2]), *(max(round(k), low + 1) for k in wanted[2:])]
    return sorted({min(max(k, 1), limit) for first in firsts for k in (first, first + 1)})


def _censored(trials: Trials, limit: int, predicted: Cost | None) -> MeasuredCapacity:
    data = trials.experiment.ensemble.n_available
    if data is not None and data <= limit:
        note = f"all {data:,} patterns of {trials.experiment.ensemble.name} are held: the data ran out first"
    else:
        note = f"{limit:,} patterns are held, and larger trials are not run"
    return _result(trials, limit, limit, None, predicted, censored=True, note=note)


def _found(trials: Trials, found: Crossing, predicted: Cost | None, note: str = "") -> MeasuredCapacity:
    best, low, high = (math.floor(x) for x in (found.median, found.low, found.high))
    limit = trials.limit
    if high < min(_TOOTHED, limit) and not trials.exhausted:
        best, low, high = _with_neighbours(trials, best, low, high)
    if high > limit:
        note = note or f"the interval reaches the {limit} patterns that there are"
    return _result(
        trials, min(best, limit), min(low, limit), min(high, limit), predicted, crossing=found, note=note
    )


def _with_neighbours(trials: Trials, best: int, low: int, high: int) -> tuple[int, int, int]:
    """Widen whole numbers read off a smooth crossing by neighbours whose own trials speak for them.

    Where fields can tie, failures of even and odd K lie on two curves, and the crossing is between them.
    """
    held = trials.holds(high + 1, _FEWEST, _MOST_TO_DECIDE)
    if held:  # then so many are held, whatever the curve says
        return high + 1, high + 1, high + 1
    if low > 0 and trials.holds(low, _FEWEST, _MOST_TO_DECIDE) is False:
        low -= 1
    return min(best, high), low, high + (held is None)


def _result(
    trials: Trials,
    best: int,
    low: int,
    high: int | None,
    predicted: Cost | None,
    *,
    censored: bool = False,
    crossing: Crossing | None = None,
    note: str = "",
) -> MeasuredCapacity:
    trials.say(1.0, "done")
    return MeasuredCapacity(
        best, low, high, CONFIDENCE, trials.n_trials, censored, crossing, trials.points(), note, predicted
    )
