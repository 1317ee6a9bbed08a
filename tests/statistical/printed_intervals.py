"""Which intervals are printed, and how often do they hold the truth?

Each `Case` is a question that a command answers with 95 % intervals. It is asked with many seeds, and the
intervals that hold the truth are counted. The truth is an exact law where there is one. Elsewhere it is a
reference run of other seeds, whose standard error is a tenth of that of one interval or less: a truth off by
so much moves a coverage of 95 % by a tenth of a percent, where 1000 seeds tell 0.7.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom

import hebbcap
from hebbcap import theory
from hebbcap.criteria import BIT_ERROR
from hebbcap.measurement import curve, measure_capacity
from hebbcap.measurement.basins import measure_radius
from hebbcap.measurement.error import measure_error
from hebbcap.measurement.fit import fit, pool, trust
from hebbcap.measurement.forgetting import measure_forgetting
from hebbcap.measurement.tally import Tally
from hebbcap.measurement.trial import run_trial
from hebbcap.memories.pairwise.willshaw import Willshaw
from hebbcap.question import Experiment
from hebbcap.theory.forgetting import what_is_left
from hebbcap.theory.published import willshaw

OTHER_SEED = 10**6
"""Seed of the references; those below are for what is tested."""

FINER = 10.0
"""How many times more exact a reference is than one interval."""

NARROWED = 0.5
"""Share of each interval, about its middle, that is left of it for a twin: it would hold 67 %."""

CAPACITY, CROSSING, RATE = "capacity", "crossing", "failure rate"
ERROR, EXPONENT, RADIUS, LIFETIME, AGED = "bit error", "exponent", "radius", "lifetime", "error at an age"
AT_LEAST = {
    CAPACITY: "whole numbers",
    RATE: "Clopper-Pearson",
    AGED: "Clopper-Pearson",
}
"""Intervals that hold the truth at least as often as they say, and why: real ones widened to whole numbers,
and those of counts, which are whole and whose dispersion is never taken to be below that of chance."""

NOMINAL, FALSE_ALARM = 0.95, 1e-6
SEEDS = 1000

WRONG_RATE = 2.0

TOOTHED = 64
"""Patterns below which odd and even numbers may fail on two curves, farther apart than was asked for."""

BATCH, PATIENCE = 250, 16
"""Trials of a reference that are run at once, and how many times more may tell whole numbers apart."""

SURE = 3.0
"""Standard errors of a reference that are allowed for where it says which whole number is the capacity."""

Span = tuple[float, float]


class Truth(NamedTuple):
    """What the intervals should hold, and what they must miss.

    Several values where a reference can't tell which it is.
    """

    values: tuple[float, ...]
    wrong: float


@dataclass(frozen=True)
class Case:
    """A question, its answer from a seed, and the truths of the intervals in the answer."""

    memory: str
    criterion: str
    source: str
    ask: Callable[[int], dict[str, Span]]
    truths: Callable[[], dict[str, Truth]]


class Covered(NamedTuple):
    """Of so many intervals, those that held the truth, a wrong one, and the truth once they were narrowed."""

    seeds: int
    held: int
    wrong: int
    narrowed: int
    above: int
    """Those that missed the truth since all of them lay above it."""


def holds(span: Span, value: float) -> bool:
    return span[0] <= value <= span[1]


def allowed(seeds: int) -> tuple[int, int]:
    """How many of so many honest intervals hold the truth, but for one case in a million."""
    low, high = binom.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], seeds, NOMINAL)
    return int(low), int(high)


def as_said(of: str, seen: Covered) -> bool:
    """Whether intervals hold the truth as often as they say, within the error of so many seeds."""
    low, high = allowed(seen.seeds)
    return low <= seen.held and (of in AT_LEAST or seen.held <= high)


def covered(spans: list[Span], truth: Truth) -> Covered:
    """Count; of several values that may be the truth, the one held least."""
    held, value = min((sum(holds(span, value) for span in spans), value) for value in truth.values)
    middles = [(0.5 * (low + high), 0.5 * NARROWED * (high - low)) for low, high in spans]
    return Covered(
        len(spans),
        held,
        sum(holds(span, truth.wrong) for span in spans),
        sum(abs(value - middle) <= half for middle, half in middles),
        sum(low > value for low, _ in spans),
    )


@dataclass
class Asked:
    """The answers to a case from seeds 0, 1, ..., and the seconds that they took."""

    answers: list[dict[str, Span]]
    seconds: float

    def spans(self, of: str) -> list[Span]:
        return [answer[of] for answer in self.answers if of in answer]


def ask(case: Case, seeds: int, kept: Path | None = None, every: int = 50) -> Asked:
    """Ask a case with seeds 0 to `seeds` - 1, going on from what a file keeps of it.

    The file knows nothing of the code that it was made with: another version needs another.
    """
    found = Asked([], 0.0)
    if kept is not None and kept.exists():
        found = Asked(**json.loads(kept.read_text(encoding="utf-8")))
    while len(found.answers) < seeds:
        began = time.perf_counter()
        first = len(found.answers)
        found.answers += [case.ask(seed) for seed in range(first, min(first + every, seeds))]
        found.seconds += time.perf_counter() - began
        if kept is not None:
            fresh = kept.with_suffix(".fresh")
            fresh.write_text(json.dumps(vars(found)), encoding="utf-8")
            fresh.replace(kept)
    return Asked(found.answers[:seeds], found.seconds * seeds / len(found.answers))


# Truths


def left_out(values: np.ndarray, groups: int = 20) -> list[np.ndarray]:
    """The mean over rows, and those without one group of rows after the other."""
    parts = np.array_split(np.arange(len(values)), groups)
    return [values.mean(axis=0), *(np.delete(values, part, axis=0).mean(axis=0) for part in parts)]


def crossed(at: np.ndarray, rates: Any, bound: float) -> float:
    """Where a straight line through normal quantiles of the rates crosses the bound."""
    slope, offset = np.polyfit(at, ndtri(rates), 1)
    return float((ndtri(bound) - offset) / slope)


# Capacities


def capacity_spans(asked: Experiment, precision: float, seed: int) -> dict[str, Span]:
    found = measure_capacity(asked, precision=precision, seed=seed)
    return {CAPACITY: (found.low, found.high), CROSSING: (found.crossing.low, found.crossing.high)}


def with_rate(asked: Experiment, precision: float, seed: int) -> dict[str, Span]:
    """The same, and the interval of the failure rate at the number of patterns nearest to the exact capacity.

    As a multiple of the exact rate there.
    """
    found, best = measure_capacity(asked, precision=precision, seed=seed), exact_capacity(asked)
    near = min(found.points, key=lambda point: abs(point.n_patterns - best))
    law = exact_error(asked, near.n_patterns)
    return {
        CAPACITY: (found.low, found.high),
        CROSSING: (found.crossing.low, found.crossing.high),
        RATE: (near.low / law, near.high / law),
    }


@cache
def exact_error(asked: Experiment, n_patterns: int) -> float:
    """The share of wrong bits after one step, by a law that neglects nothing."""
    if isinstance(asked.memory, Willshaw):
        return willshaw.bit_error(asked, n_patterns)
    return theory.bit_error("exact", asked, n_patterns)


@cache
def exact_capacity(asked: Experiment) -> float:
    if isinstance(asked.memory, Willshaw):
        return willshaw.capacity(asked)[0]
    return theory.capacity_reading("exact", asked).value


@cache
def exact_crossing(asked: Experiment) -> float:
    """Where a straight line through the normal quantiles of the law at neighbouring K crosses the bound."""
    at = np.array(neighbours(exact_capacity(asked)))
    return math.exp(
        crossed(np.log(at), [exact_error(asked, int(k)) for k in at], asked.criterion.max_failure)
    )


def by_exact_law(asked: Experiment, wrong: Experiment) -> dict[str, Truth]:
    return {
        CAPACITY: Truth((exact_capacity(asked),), exact_capacity(wrong)),
        CROSSING: Truth((exact_crossing(asked),), exact_crossing(wrong)),
        RATE: Truth((1.0,), WRONG_RATE),
    }


def neighbours(centre: float, reach: float = 0.06) -> list[int]:
    """Pairs of numbers of patterns on both sides, since odd and even ones may fail differently."""
    low = math.floor(centre)
    outer = [min(round(centre * math.exp(-reach)), low - 2), max(round(centre * math.exp(reach)), low + 2)]
    return sorted(
        {k for first in (outer[0], low - 1, low + 1, outer[1]) for k in (first, first + 1) if k > 0}
    )


def more(asked: Experiment, at: list[int], first: int, count: int) -> list[Tally]:
    """Trials of the reference: block `first` and the following."""
    if not curve.applies(asked):
        each = [[run_trial(asked, k, OTHER_SEED, b) for b in range(first, first + count)] for k in at]
        return [
            Tally.of((k,), [[c.failures] for c in runs], runs[0].judged)
            for k, runs in zip(at, each, strict=True)
        ]
    found = curve.error_curve(asked, at, count, OTHER_SEED, first)
    bits = asked.criterion.kind == BIT_ERROR
    counts = (found.wrong, found.judged_bits) if bits else (found.failed, found.judged_cues)
    return [Tally.of(at, *counts)]


@cache
def reference(asked: Experiment, precision: float) -> tuple[tuple[int, ...], float]:
    """What may be the capacity, and the crossing, from trials of other seeds."""
    goal = ndtri(asked.criterion.max_failure)
    pilot = measure_capacity(asked, precision=precision, seed=OTHER_SEED)
    fine = pilot.crossing.spread / ndtri(0.975) / FINER
    at = neighbours(pilot.crossing.median)
    tallies, count, enough = more(asked, at, 0, BATCH), BATCH, 0
    while True:
        line = fit(pool(tallies))
        borne = trust(tallies, line)
        off = (goal - line.level) / line.slope
        a, b, c = borne.covariance
        error = math.sqrt(a + 2 * b * off + c * off * off) / line.slope
        if error <= fine:
            enough = enough or count
            crossing = math.exp(line.middle + off)
            if crossing >= TOOTHED:
                return (math.floor(crossing),), crossing
            whole = may_be_the_capacity(tallies, asked.criterion.max_failure)
            if len(whole) == 1 or count > PATIENCE * enough:
                return whole, crossing
        tallies = [a + b for a, b in zip(tallies, more(asked, at, count, BATCH), strict=True)]
        count += BATCH


def may_be_the_capacity(tallies: list[Tally], bound: float) -> tuple[int, ...]:
    """The whole numbers that a reference can't tell apart, each by its own trials: often one.

    Odd and even numbers of patterns may lie on two curves.
    """
    at = sorted(k for tally in tallies for k in tally.at)
    surely = max(k for k in at if rate_at(tallies, k, SURE) <= bound)
    return tuple(k for k in at if k >= surely and rate_at(tallies, k, -SURE) <= bound)


def rate_at(tallies: list[Tally], k: int, sigmas: float) -> float:
    """The failure rate there, plus so many of its standard errors between trials."""
    for tally in tallies:
        if k in tally.at:
            g, n = tally.at.index(k), tally.trials
            mean = tally.failures[g] / n
            spread = math.sqrt(max(tally.products[g, g] / n - mean * mean, 0.0) / n)
            return (mean + sigmas * spread) / tally.judged[g]
    raise AssertionError(k)


def by_reference(asked: Experiment, precision: float, factor: float) -> dict[str, Truth]:
    whole, crossing = reference(asked, precision)
    return {
        CAPACITY: Truth(tuple(map(float, whole)), round(factor * whole[0])),
        CROSSING: Truth((crossing,), factor * crossing),
    }


def capacity_case(
    memory: str, precision: float, *, wrong: dict[str, Any] | float = 1.15, **options: Any
) -> Case:
    """Capacity by measurement, against the exact law if `wrong` says what else it may be asked about."""
    asked = hebbcap.experiment(memory, **options)

    def truths() -> dict[str, Truth]:
        if isinstance(wrong, dict):
            return by_exact_law(asked, hebbcap.experiment(memory, **options | wrong))
        return by_reference(asked, precision, wrong)

    return Case(
        asked.memory_label,
        described(asked),
        "exact law" if isinstance(wrong, dict) else "reference",
        lambda seed: (with_rate if isinstance(wrong, dict) else capacity_spans)(asked, precision, seed),
        truths,
    )


def described(asked: Experiment) -> str:
    flips = f", {asked.flips:g} flipped" if asked.flips else ""
    drawn = "" if asked.ensemble.name == "rademacher" else f", {asked.ensemble.name}"
    return f"{asked.criterion}, D = {asked.dim}{drawn}{flips}"


# Other answers


def error_case(memory: str, n_patterns: int, precision: float, **options: Any) -> Case:
    """The bit error at a number of patterns, against the exact law."""
    asked = hebbcap.experiment(memory, **options)

    def spans(seed: int) -> dict[str, Span]:
        found = measure_error(asked, n_patterns, precision=precision, seed=seed)
        return {ERROR: (found.low, found.high)}

    def truths() -> dict[str, Truth]:
        return {ERROR: Truth((exact_error(asked, n_patterns),), exact_error(asked, round(1.15 * n_patterns)))}

    what = f"bit error at K = {n_patterns}, D = {asked.dim}"
    return Case(asked.memory_label, what, "exact law", spans, truths)


def exponent_case(memory: str, dims: tuple[int, ...], precision: float, wrong: str) -> Case:
    """The exponent of the capacity, against the exact law's at the same sizes, weighted alike."""

    def spans(seed: int) -> dict[str, Span]:
        found = hebbcap.scaling(
            memory, dims=dims, precision=precision, seed=seed, theory=False
        ).measured_slope()
        return {EXPONENT: (found.low, found.high)}

    def truth_of(which: str) -> float:
        return hebbcap.scaling(which, dims=dims, measure=False).theory_slope("exact").exponent

    what = f"exponent over D = {', '.join(map(str, dims))}"
    return Case(
        memory, what, "exact law", spans, lambda: {EXPONENT: Truth((truth_of(memory),), truth_of(wrong))}
    )


def radius_case(memory: str, dim: int, n_patterns: int, precision: float) -> Case:
    """From how far half of the patterns come back, against other seeds at neighbouring numbers of flips."""
    asked = hebbcap.experiment(memory, dim=dim, criterion="overlap:0.95")

    def spans(seed: int) -> dict[str, Span]:
        found = measure_radius(asked, n_patterns, precision=precision, seed=seed)
        return {RADIUS: (found.low, found.high)}

    def truths() -> dict[str, Truth]:
        pilot = measure_radius(asked, n_patterns, precision=precision, seed=OTHER_SEED)
        goal = 0.5 * (pilot.high - pilot.low) / ndtri(0.975) / FINER
        at = math.floor(pilot.radius * dim) + np.arange(-1, 3)
        runs = []
        while True:
            first = len(runs)
            runs += [
                [run_trial(replace(asked, flips=r / dim), n_patterns, OTHER_SEED, first + b) for r in at]
                for b in range(50)
            ]
            lost = np.array([[c.failures / c.judged for c in row] for row in runs])
            where = np.array([crossed(at, rates, 0.5) for rates in left_out(lost)])
            error = where[1:].std() * math.sqrt(len(where) - 2)
            if error / dim <= goal:
                return {RADIUS: Truth((where[0] / dim,), 1.1 * where[0] / dim)}

    return Case(
        asked.memory_label, f"overlap:0.95 at K = {n_patterns}, D = {dim}", "reference", spans, truths
    )


def lifetime_case(rule: str, precision: float, **options: Any) -> Case:
    """The latest patterns held, and the bit error at the first age beyond them, against the exact law."""
    asked = hebbcap.experiment("hopfield", rule=rule, **options)
    law = what_is_left(asked, "exact", range(40)).bit_error
    age = int(np.argmax(law > asked.criterion.max_failure))

    def spans(seed: int) -> dict[str, Span]:
        trace, found = measure_forgetting(asked, (age,), precision=precision, seed=seed)
        return {
            CAPACITY: (found.low, found.high),
            LIFETIME: (found.crossing.low, found.crossing.high),
            AGED: (float(trace.error_low[0]), float(trace.error_high[0])),
        }

    def truths() -> dict[str, Truth]:
        # Ages count from 0, patterns from 1; the signal to noise falls exponentially in between.
        before, goal, after = (
            math.log(-ndtri(p)) for p in (law[age - 1], asked.criterion.max_failure, law[age])
        )
        lasting = age + (before - goal) / (before - after)
        return {
            CAPACITY: Truth((float(age),), float(math.floor(1.4 * lasting))),
            LIFETIME: Truth((lasting,), 1.4 * lasting),
            AGED: Truth((law[age],), 2 * law[age]),
        }

    return Case(asked.memory_label, described(asked), "exact law", spans, truths)


CASES = {
    # Streams, judged at many K each.
    "hopfield": capacity_case("hopfield", 0.02, dim=1000, wrong={"dim": 1050}),
    "hopfield, ties": capacity_case("hopfield", 0.02, dim=200, wrong={"dim": 220}),
    "hopfield, flips": capacity_case("hopfield", 0.02, dim=400, flips=0.1, wrong={"flips": 0.08}),
    "dense": capacity_case("dense:3", 0.02, dim=100, wrong={"dim": 110}),
    "hopfield, patterns": capacity_case("hopfield", 0.02, dim=1000, criterion="pattern-error:0.1"),
    "dense, patterns": capacity_case("dense:4", 0.05, dim=40, criterion="pattern-error:0.1"),
    # A trial for each K.
    "covariance": capacity_case(
        "hopfield:covariance", 0.05, dim=200, patterns="sparse:0.1", wrong={"dim": 240}
    ),
    "exponential": capacity_case("exponential", 0.1, dim=24, flips=0.1, wrong=1.3),
    "willshaw": capacity_case("willshaw", 0.05, dim=100, patterns="active:0.08", wrong={"dim": 115}),
    "hopfield, overlap": capacity_case("hopfield", 0.05, dim=100, criterion="overlap:0.95"),
    "dense, overlap": capacity_case("dense:3", 0.05, dim=40, criterion="overlap:0.95"),
    "storkey": capacity_case("storkey", 0.05, dim=50),
    "attention": capacity_case("modern:1", 0.1, dim=20, criterion="bit-error:0.02", flips=0.1, wrong=1.3),
    # One chance for each trial.
    "hopfield, all": capacity_case("hopfield", 0.08, dim=100, criterion="all-patterns:0.3", wrong=1.3),
    "error of hopfield": error_case("hopfield", 38, 0.02, dim=200),
    "error of dense": error_case("dense:3", 600, 0.05, dim=100),
    "error of covariance": error_case("hopfield:covariance", 75, 0.1, dim=200, patterns="sparse:0.1"),
    "error of willshaw": error_case("willshaw", 125, 0.1, dim=100, patterns="active:0.08"),
    "exponent of hopfield": exponent_case("hopfield", (200, 400, 800), 0.02, "dense:3"),
    "exponent of dense": exponent_case("dense:3", (40, 80), 0.05, "dense:4"),
    "radius of hopfield": radius_case("hopfield", 200, 10, 0.02),
    "radius of dense": radius_case("dense:3", 40, 60, 0.02),
    "lifetime": lifetime_case("bounded:3", 0.2, dim=64, criterion="bit-error:0.03"),
}
