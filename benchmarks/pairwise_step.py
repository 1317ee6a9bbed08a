"""How fast is one step of a pairwise memory, in whole numbers?

python benchmarks/pairwise_step.py [--quick] [--json FILE]
"""

from __future__ import annotations

import rivals
from command import main
from harness import Effort, Race
from problem import Problem
from report import Report, Verdict, faster
from sweep import sweep

GOAL = 12
"""How many times as fast as NumPy, 32 cues at a time."""

FULL = [
    [(1024, 10_000, 32), (1024, 100_000, 32), (4096, 10_000, 32), (4096, 100_000, 32)],
    [(1024, 141, 32), (4096, 565, 32), (10_000, 1_380, 32)],
    [(1024, 141, 1), (4096, 565, 1), (10_000, 1_380, 1)],
]
QUICK = [[(1024, 10_000, 32)], [(1024, 141, 32), (4096, 565, 32)], [(4096, 565, 1)]]
TOY = [[(70, 50, 3)], [(70, 10, 1)]]

TEXT = (
    "The fields (B, D) with the neuron's own term in: exact whole numbers in all, as these sums stay below "
    "2^24. Where patterns outnumber half of the neurons, NumPy is faster through weights made beforehand, "
    "which take 4 D^2 bytes; the goal is over NumPy through patterns."
)


def pairwise_step(effort: Effort) -> Report:
    """Race all contenders at all sizes."""
    report = Report("Pairwise step, exact", TEXT)
    for sizes in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        dim, n_patterns, n_cues = sizes[0]
        load = "about the largest load that is recalled" if n_patterns < dim // 2 else "many patterns"
        title = f"B = {n_cues}, {load}"
        sweep(report, title, sizes, effort, contenders=rivals.pairwise_step, judge=_judge, passes=2)
    return report


def _judge(problem: Problem, found: Race) -> list[Verdict]:
    return [faster(found, rivals.OURS, [rivals.NUMPY], GOAL)] if problem.n_cues == 32 else []


if __name__ == "__main__":
    main(pairwise_step)
