"""How fast are the overlaps of B cues with K patterns?

python benchmarks/overlaps.py [--quick] [--json FILE]
"""

from __future__ import annotations

import limits
import rivals
from command import main
from harness import Contender, Effort, Race
from problem import Problem
from report import Report, Verdict, faster
from sweep import sweep

FULL = [
    [(1024, 1_000, 256), (1024, 10_000, 32), (1024, 100_000, 32), (1024, 100_000, 256), (256, 100_000, 32)],
    [(256, 100_000, 1), (1024, 100_000, 1), (4096, 100_000, 1), (1024, 1_000_000, 1)],
]
QUICK = [
    [(1024, 10_000, 32), (1024, 10_000, 256)],
    [(256, 100_000, 1), (1024, 100_000, 1), (4096, 20_000, 1)],
]
TOY = [[(70, 50, 3)], [(256, 40, 1)]]

SINGLE = (rivals.FAISS, rivals.FAISS_ALL, rivals.NUMKONG, f"{rivals.NUMKONG} cdist", rivals.JAX_BITS)
"""The fastest that people use for one cue."""

TEXT = (
    "Whole numbers (B, K). The popcount limit does nothing but xor, count and add as many bits; the read "
    "limit reads the packed patterns once. faiss `IndexBinaryFlat` and usearch return the nearest pattern, "
    "all others every overlap."
)


def overlaps(effort: Effort) -> Report:
    """Race all contenders at all sizes."""
    report = Report("Overlaps", TEXT)

    def contenders(problem: Problem) -> list[Contender]:
        bounds = [limits.popcount(problem.products, effort), limits.read(problem.patterns.words)]
        return [*rivals.overlaps(problem), *bounds]

    for sizes in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        title = "One cue" if sizes[0][2] == 1 else "Batches"
        sweep(report, title, sizes, effort, contenders=contenders, judge=_judge, passes=1)
    return report


def _judge(problem: Problem, found: Race) -> list[Verdict]:
    def at_least(goal: float, *names: str, called: str = "") -> Verdict:
        return faster(found, rivals.OURS, names, goal, called)

    if problem.n_cues == 1 and problem.n_patterns < 500_000:
        return [at_least(1, *SINGLE, called="the best of faiss, numkong and jax popcount")]
    if problem.n_cues == 1:
        return [at_least(0.8, limits.READ)]
    if problem.dim != 1024 or problem.n_patterns < 10_000:
        return []
    if problem.n_cues == 32:
        return [
            at_least(30, rivals.NUMPY),
            at_least(30, rivals.TORCH),
            at_least(3, rivals.FAISS),
            at_least(0.7, limits.POPCOUNT),
        ]
    return [at_least(12, rivals.NUMPY), at_least(5, rivals.TORCH_INT8)]


if __name__ == "__main__":
    main(overlaps)
