"""How does the time grow with neurons D, patterns K and cues B?

python benchmarks/cost_curves.py [--quick] [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import rivals
from command import main
from harness import Contender, Effort, race
from problem import Problem
from report import Report, Table, seconds

from hebbcap.separation import Exponential, Polynomial

BASE = (1024, 20_000, 32)
"""D, K and B, of which one is changed at a time."""

FULL = (
    (256, 512, 1024, 2048, 4096, 8192),
    (2_000, 6_000, 20_000, 60_000, 200_000, 600_000),
    (1, 4, 16, 64, 256, 1024),
)
QUICK = ((512, 1024, 2048), (5_000, 20_000, 80_000), (4, 32, 256))
TOY = ((40, 70), (20, 50), (1, 3))

TEXT = (
    "hebbcap's own times, one size changed at a time from D = 1,024, K = 20,000, B = 32. The exponent is "
    "the slope of a straight line through the logarithms; a first few cues cost little more than one, which "
    "makes that over B smaller than 1."
)


def cost_curves(effort: Effort) -> Report:
    """Time every operation along every axis."""
    report = Report("Cost curves", TEXT)
    grids = effort.choose(full=FULL, quick=QUICK, toy=TOY)
    base = effort.choose(full=BASE, quick=BASE, toy=(40, 20, 2))
    for axis, (letter, grid) in enumerate(zip("DKB", grids, strict=True)):
        times: dict[str, list[float]] = {}
        for value in grid:
            size = tuple(value if i == axis else base[i] for i in range(3))
            found = race("", _operations(Problem(*size)), effort)
            for name, timing in found.timings.items():
                times.setdefault(name, []).append(timing.best or np.nan)
        rows = tuple(
            (name, *map(seconds, seen), f"{exponent(grid, seen):.2f}") for name, seen in times.items()
        )
        head = (f"best time against {letter}", *(f"{value:,}" for value in grid), "exponent")
        report.tables.append(Table("", head, rows))
        report.figures[letter] = {"grid": grid, "seconds": times}
    return report


def exponent(sizes: Any, times: Any) -> float:
    """Return the slope of the logarithm of times over that of sizes.

    >>> exponent([1, 10, 100], [2.0, 200.0, 20000.0])
    2.0
    """
    return round(float(np.polyfit(np.log(sizes), np.log(times), 1)[0]), 12)


def _operations(problem: Problem) -> list[Contender]:
    held, states = rivals.held(problem), problem.cues
    cubic, exponential = Polynomial(3).table(problem.dim), Exponential().table(problem.dim)
    operations: dict[str, Callable[[], Any]] = {
        "overlaps": lambda: held.overlaps(states),
        "pairwise step": lambda: held.pairwise_field(states),
        "dense step, n = 3": lambda: held.separated_field(states, cubic),
        "exponential step": lambda: held.separated_field(states, exponential),
    }
    return [Contender(name, run, read=None) for name, run in operations.items()]


if __name__ == "__main__":
    main(cost_curves)
