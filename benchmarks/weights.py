"""How fast are the pairwise weights, in whole numbers?

python benchmarks/weights.py [--quick] [--json FILE]
"""

from __future__ import annotations

import rivals
from command import main
from harness import Effort, race
from problem import Problem
from report import Report, faster

GOAL = 8
"""How many times as fast as NumPy."""

FULL = [(1024, 128), (1024, 1024), (4096, 512), (4096, 4096)]
QUICK = [(1024, 128), (1024, 1024)]
TOY = [(70, 50)]

TEXT = (
    "The sums over patterns of entry times entry, (D, D). NumPy sees that a matrix meets its own transpose "
    "and does half of the work."
)


def weights(effort: Effort) -> Report:
    """Race all contenders at all sizes."""
    report = Report("Weights, exact", TEXT)
    races, work = [], []
    for dim, n_patterns in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        problem = Problem(dim, n_patterns, 1)
        found = race(f"D={dim:,} K={n_patterns:,}", rivals.weights(problem), effort)
        races.append(found)
        work.append(float(dim) * dim * n_patterns / 1e9)
        report.verdicts.append(faster(found, rivals.OURS, [rivals.NUMPY], GOAL))
    report.add("", races, work, "G products/s")
    return report


if __name__ == "__main__":
    main(weights)
