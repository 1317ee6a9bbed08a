"""What share of bits is wrong after one update, measured?"""

from __future__ import annotations

from dataclasses import replace

from hebbcap.criteria import BIT_ERROR, Criterion
from hebbcap.measurement.cost import trial_cost
from hebbcap.measurement.measured import CONFIDENCE, DEFAULT_PRECISION, Cost, MeasuredError, Progress
from hebbcap.measurement.trials import Trials
from hebbcap.question import Experiment

_FEWEST = 24
"""Trials that the dispersion is estimated from, at least."""

_GROWTH = 4.0
_AGAIN = 1.05

_QUIET_SECONDS = 5.0
"""Reckoned seconds after which a search that saw no failure at all gives up."""


def measure_error(
    experiment: Experiment,
    n_patterns: int,
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    budget: float | None = None,
    progress: Progress | None = None,
) -> MeasuredError:
    """Measure the share of wrong bits after one update of a cue at `n_patterns`.

    Stops when half the interval is `precision` of the error, or when the time is over: about a minute as
    reckoned, or the budget in seconds by the clock.
    """
    judged = replace(experiment, criterion=Criterion(BIT_ERROR))
    trials = Trials(judged, seed, progress, budget)
    one = trial_cost(judged, (n_patterns,), trials.in_streams)
    wanted = _FEWEST
    while True:
        trials.run((n_patterns,), wanted)
        (point,) = trials.points(n_patterns, n_patterns)
        width = 0.5 * (point.high - point.low)
        enough = point.rate > 0 and width <= precision * point.rate and point.trials >= _FEWEST
        silent = point.rate == 0 and trials.meter.budget is None and trials.meter.reckoned > _QUIET_SECONDS
        if enough or silent or trials.exhausted:
            break
        share = (precision * point.rate / width) ** 2
        trials.say(max(share, trials.meter.share), f"bit error {point.rate:.3g}")
        times = min(_AGAIN / max(share, 1e-9) - 1, _GROWTH)
        wanted = max(int(times * point.trials), _FEWEST)
    trials.say(1.0, "done")
    note = "" if enough else f"{trials.meter.ended}: {trials.n_trials:,} trials"
    if silent:
        note = f"stopped after {trials.n_trials:,} trials without a wrong bit"
    predicted = Cost(max(point.trials, _FEWEST) * one.seconds, one.n_bytes)
    return MeasuredError(point.rate, point.low, point.high, CONFIDENCE, point.trials, note, predicted)
