"""How fast is one step of a memory with F(x) = exp(x)?

python benchmarks/exponential_step.py [--quick] [--json FILE]
"""

from __future__ import annotations

import rivals
from command import main
from harness import Effort, Race
from problem import Problem
from report import Report, Verdict, faster
from sweep import sweep

GOAL = 25
"""How many times as fast as NumPy and as torch's attention, from 1,024 neurons and 10,000 patterns on."""

FULL = [
    [(256, 100_000, 32), (1024, 10_000, 32), (1024, 100_000, 32), (4096, 10_000, 32), (4096, 100_000, 32)],
    [(1024, 10_000, 256), (1024, 100_000, 256)],
    [(1024, 10_000, 1), (1024, 100_000, 1)],
]
QUICK = [[(1024, 10_000, 32)], [(1024, 10_000, 1)]]
TOY = [[(70, 50, 3)], [(70, 50, 1)]]

TEXT = (
    "The new states (B, D) of cues with 10 % of their bits flipped: softmax attention in which keys and "
    "values are the patterns. All states agree."
)


def exponential_step(effort: Effort) -> Report:
    """Race all contenders at all sizes."""
    report = Report("Exponential step", TEXT)
    for sizes in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        title = f"B = {sizes[0][2]}"
        sweep(report, title, sizes, effort, contenders=rivals.exponential_step, judge=_judge, passes=2)
    return report


def _judge(problem: Problem, found: Race) -> list[Verdict]:
    if problem.dim < 1024 or problem.n_patterns < 10_000:
        return []
    return [faster(found, rivals.OURS, [name], GOAL) for name in (rivals.NUMPY, rivals.ATTENTION)]


if __name__ == "__main__":
    main(exponential_step)
