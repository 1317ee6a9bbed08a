"""How do the contenders of one question compare over several sizes?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness import Contender, Effort, Race, race
from problem import Problem
from report import Report, Verdict

Size = tuple[int, int, int]
"""Neurons D, patterns K, cues B."""


def sweep(
    report: Report,
    title: str,
    sizes: Sequence[Size],
    effort: Effort,
    *,
    contenders: Callable[[Problem], list[Contender]],
    judge: Callable[[Problem, Race], list[Verdict]],
    passes: int,
) -> None:
    """Race at every size, and add the verdicts and a table to the report.

    Parameters
    ----------
    passes : int
        Products of cues and patterns that one answer takes: 1 for overlaps, 2 for a step.
    """
    races, work = [], []
    for size in sizes:
        problem = Problem(*size)  # lives for one size only: the largest fill gigabytes
        found = race(problem.size, contenders(problem), effort)
        races.append(found)
        work.append(passes * problem.products / 1e9)
        report.verdicts += judge(problem, found)
    report.add(title, races, work, "G products/s")
