"""What was tried so far, and what did it show?

A trial stores fresh patterns and counts failures. Where a criterion judges one update of one cue, one trial
is a stream of patterns judged at every K that it passes (`curve`); anywhere else it is a memory of K
patterns (`trial`). To whoever searches they are the same: trials, independent of each other, with counts at
one or more K.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import final

import numpy as np

from hebbcap.criteria import BIT_ERROR
from hebbcap.measurement import curve
from hebbcap.measurement.cost import most_patterns, trial_chances, trial_cost
from hebbcap.measurement.measured import CONFIDENCE, Point, Progress
from hebbcap.measurement.meter import Meter
from hebbcap.measurement.proportion import clopper_pearson, dispersion
from hebbcap.measurement.tally import Tally
from hebbcap.measurement.trial import run_trial
from hebbcap.question import Experiment

SURE = 0.999
"""Probability at which something is taken for decided."""


@final
class Trials:
    """The trials run so far for one experiment and seed."""

    def __init__(
        self, experiment: Experiment, seed: int, progress: Progress | None = None, budget: float | None = None
    ) -> None:
        self.experiment, self.seed, self.progress = experiment, seed, progress
        self.meter = Meter(budget)
        self.in_streams = curve.applies(experiment)
        self.limit = most_patterns(experiment, self.in_streams)
        self.tallies: dict[tuple[int, ...], Tally] = {}
        self._streams, self._cut = 0, False

    @property
    def n_trials(self) -> int:
        """Trials run in all."""
        return sum(tally.trials for tally in self.tallies.values())

    @property
    def exhausted(self) -> bool:
        """Whether nothing more may be spent."""
        return self._cut or self.meter.exhausted

    def say(self, share: float, text: str) -> None:
        """Tell how much of the work is done."""
        if self.progress:
            self.progress(min(max(share, 0.0), 1.0), text)

    def run(self, at: Sequence[int], times: int) -> None:
        """Run `times` more trials at each of these rising numbers of patterns, or as many as may be.

        One at least is run, so that there is something to report.
        """
        if self.in_streams:
            self._run(tuple(at), times)
        else:
            for n_patterns in at:
                self._run((n_patterns,), times)

    def _run(self, at: tuple[int, ...], times: int) -> None:
        each = trial_cost(self.experiment, at, self.in_streams).seconds
        while times > 0:
            known = at in self.tallies
            left = self.meter.left(each)
            self._cut = self._cut or left < 1
            count = min(times, self.meter.at_once(each), max(left, 0 if known else 1))
            if count < 1:
                return
            began = time.perf_counter()
            counted = self._counted(at, count)
            self.meter.spend(count * each, time.perf_counter() - began)
            self.tallies[at] = self.tallies[at] + counted if known else counted
            times -= count

    def _counted(self, at: tuple[int, ...], count: int) -> Tally:
        if self.in_streams:
            found = curve.error_curve(self.experiment, at, count, self.seed, self._streams)
            self._streams += count
            if self.experiment.criterion.kind == BIT_ERROR:
                return Tally.of(at, found.wrong, found.judged_bits)
            return Tally.of(at, found.failed, found.judged_cues)
        first = self.tallies[at].trials if at in self.tallies else 0
        counts = [run_trial(self.experiment, at[0], self.seed, first + block) for block in range(count)]
        return Tally.of(at, [[c.failures] for c in counts], counts[0].judged)

    def between(self, low: float, high: float) -> list[Tally]:
        """Return what was counted from `low` to `high` patterns."""
        parts = (tally.between(low, high) for tally in self.tallies.values())
        return [part for part in parts if part is not None]

    def chances(self, n_patterns: int) -> int:
        """Return the chances to fail that one trial has at this K."""
        return trial_chances(self.experiment, n_patterns, self.in_streams)

    def trials_at(self, n_patterns: int) -> int:
        """Return how many trials were judged at this K."""
        return sum(tally.trials for tally in self.between(n_patterns, n_patterns))

    def rate(self, n_patterns: int) -> float:
        """Return the share of failures at this K, in all trials."""
        return self.points(n_patterns, n_patterns)[0].rate

    def points(
        self, low: int = 1, high: float = np.inf, *, confidence: float = CONFIDENCE
    ) -> tuple[Point, ...]:
        """Return the failure rates from `low` to `high` patterns, each with its interval.

        Clopper-Pearson on counts made smaller by their dispersion between trials, which is taken for one
        number over the range.
        """
        sums: dict[int, list[float]] = {}
        for tally in self.between(low, high):
            squares = tally.products.diagonal()
            rows = zip(tally.at, tally.failures, squares, tally.judged, strict=True)
            for place, failures, square, judged in rows:
                one = sums.setdefault(int(place), [0.0, 0.0, 0.0, float(judged)])
                one[0] += failures
                one[1] += square
                one[2] += tally.trials
        places = sorted(sums)
        total, squared, trials, judged = np.array([sums[k] for k in places]).T
        scale = 1.0 if (judged == 1).all() else max(dispersion(total, squared, trials, judged), 1.0)
        chances = trials * judged
        lows, highs = clopper_pearson(total / scale, chances / scale, confidence)
        found = zip(places, total / chances, lows, highs, trials, strict=True)
        return tuple(Point(k, float(r), float(a), float(b), int(n)) for k, r, a, b, n in found)

    def holds(self, n_patterns: int, fewest: int, most: int) -> bool | None:
        """Whether the criterion is met at this K: True or False beyond doubt, None if trials don't tell.

        Runs `fewest` trials there, and more until it is decided or `most` are run.
        """
        bound = self.experiment.criterion.max_failure
        missing = fewest - self.trials_at(n_patterns)
        while True:
            if missing > 0:
                self.run((n_patterns,), missing)
            (point,) = self.points(n_patterns, n_patterns, confidence=SURE)
            if point.high <= bound:
                return True
            if point.low > bound:
                return False
            if point.trials >= most or self.exhausted:
                return None
            missing = max(min(fewest // 2, most - point.trials), 1)
