"""How fast is one step of a dense memory with F(x) = x^3 / 3?

python benchmarks/dense_step.py [--quick] [--json FILE]
"""

from __future__ import annotations

import rivals
from command import main
from harness import Effort, Race
from problem import Problem
from report import Report, Verdict, faster
from sweep import sweep

GOALS = {1: 18, 32: 7, 256: 4}
"""Cues -> how many times as fast as NumPy, from 1,024 neurons on."""

FULL = [[(dim, k, b) for dim in (1024, 4096) for k in (10_000, 100_000)] for b in GOALS]
QUICK = [[(1024, 10_000, b)] for b in GOALS]
TOY = [[(70, 50, b)] for b in (1, 3)]

TEXT = (
    "The local fields (B, D): overlaps, squares, and the sum of patterns that they weigh. NumPy, torch and "
    "jax hold a B x K array between two matrix products, and leave the neuron's own term in."
)


def dense_step(effort: Effort) -> Report:
    """Race all contenders at all sizes."""
    report = Report("Dense step, n = 3", TEXT)
    for sizes in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        title = f"B = {sizes[0][2]}"
        sweep(report, title, sizes, effort, contenders=rivals.dense_step, judge=_judge, passes=2)
    return report


def _judge(problem: Problem, found: Race) -> list[Verdict]:
    if problem.dim < 1024:
        return []
    return [faster(found, rivals.OURS, [rivals.NUMPY], GOALS[problem.n_cues])]


if __name__ == "__main__":
    main(dense_step)
