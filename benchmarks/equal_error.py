"""How much longer does one estimate take than another of the same standard error?

Both are run with many seeds, in turns. The variance of a mean falls as one over the time spent, so the
ratio of (time x variance) is that of the times at equal standard error; precisions are chosen so that
little is left to this rule."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from report import Report, Table, Verdict, seconds

Estimate = Callable[[int], float]
"""One estimate from this seed."""


@dataclass(frozen=True)
class Runs:
    """Values and seconds of several runs of one estimate."""

    values: tuple[float, ...]
    times: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean value."""
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float:
        """Standard error of one estimate."""
        return statistics.stdev(self.values) if len(self.values) > 1 else math.nan

    @property
    def median(self) -> float:
        """Median time."""
        return statistics.median(self.times)

    @property
    def cost(self) -> float:
        """Seconds x variance."""
        return self.median * self.sd**2


def run(estimates: dict[str, Estimate], turns: int, often: dict[str, int]) -> dict[str, Runs]:
    """Run every estimate in turns, after one that warms up, each time with another seed.

    Parameters
    ----------
    estimates : dict of str to callable
        What to run, by name.
    turns : int
        Runs of each.
    often : dict of str to int
        Runs in each turn, where that is not 1: quick ones may have more, to know their spread better.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in estimates}
    for estimate in estimates.values():
        estimate(1_000_000)
    for _ in range(turns):
        for name, estimate in estimates.items():
            for _ in range(often.get(name, 1)):
                start = time.perf_counter()
                value = estimate(len(found[name]))
                found[name].append((value, time.perf_counter() - start))
    return {name: Runs(*zip(*rows, strict=True)) for name, rows in found.items()}


def ratio(script: Runs, ours: Runs) -> tuple[float, float]:
    """Return the ratio of times at equal standard error, and its own relative standard error."""
    if not ours.cost > 0:
        return math.nan, math.nan
    apart = sum(1 / (2 * max(len(r.values) - 1, 1)) for r in (script, ours))
    return script.cost / ours.cost, 2 * math.sqrt(apart)


def add(report: Report, what: str, found: dict[str, Runs], ours: str, goal: float) -> None:
    """Add a table of the runs to a report, and a verdict for each script that we are held against."""
    rows = []
    for name, runs in found.items():
        faster = ""
        if name != ours:
            times, error = ratio(runs, found[ours])
            faster = f"{times:.3g}x +- {100 * error:.0f} %" if math.isfinite(times) else "no spread"
            met = times / goal if math.isfinite(times) else None
            report.verdicts.append(Verdict(f"{what}: against {name}", f"{goal:g}x", faster, met))
        times_seen = f"{seconds(min(runs.times))} ({seconds(runs.median)})"
        rows.append((name, times_seen, f"{runs.mean:.5g}", f"{runs.sd:.2g}", str(len(runs.values)), faster))
    head = ("", "best (median)", "mean K", "standard error", "runs", "hebbcap faster, equal error")
    report.tables.append(Table(what, head, tuple(rows)))
    report.figures[what] = {name: {"values": r.values, "times": r.times} for name, r in found.items()}


def measured(answer: Any) -> float:
    """Return the capacity that hebbcap measured, before it is rounded down to a whole number."""
    crossing = answer.measured.crossing
    return float(answer.measured.n_patterns if crossing is None else crossing.median)
