"""Which blocks are still to be run?

A cell is run in rounds: first the trials that the plan asks for, then, while they are not precise enough, as
many again. Whether a round follows hangs only on the counts of all blocks before it, so that the same plan
ends with the same blocks, whoever ran them, in whatever order, and however often it was stopped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, final

from hebbcap.campaign.cell import Cell
from hebbcap.campaign.plan import Plan
from hebbcap.measurement.block import Counts, block_cost, most_trials
from hebbcap.measurement.measured import CONFIDENCE, Point
from hebbcap.measurement.proportion import clopper_pearson, dispersion

BLOCK_SECONDS: Final = 0.3
"""Reckoned seconds of a block, about: so much is lost when it is stopped, and so long does Ctrl-C wait."""


def block_trials(cell: Cell, trials: int) -> int:
    """Return how many trials a block of this cell should have, when so many are wanted at first.

    A few blocks at least, that may be shared out among workers, and none longer than `BLOCK_SECONDS`.
    """
    each = block_cost(cell.experiment, cell.n_patterns).seconds
    most = min(BLOCK_SECONDS / each, trials, most_trials(cell.experiment, cell.n_patterns))
    return 1 << int(math.log2(max(most, 1)))


def seconds(cell: Cell, trials: int) -> float:
    """Return the reckoned seconds of so many trials of a cell."""
    return trials * block_cost(cell.experiment, cell.n_patterns).seconds


def point(n_patterns: int, counts: list[Counts]) -> Point | None:
    """Return the failure rate of a cell with its interval; None where nothing was counted.

    Clopper-Pearson on counts made smaller by their dispersion between trials.
    """
    if not counts:
        return None
    trials, judged = sum(c.trials for c in counts), counts[0].judged
    failures, squares = sum(c.failures for c in counts), sum(c.squares for c in counts)
    scale = 1.0 if judged == 1 else max(dispersion(failures, squares, trials, judged), 1.0)
    chances = trials * judged
    low, high = clopper_pearson(failures / scale, chances / scale, CONFIDENCE)
    return Point(n_patterns, failures / chances, float(low), float(high), trials)


@final
@dataclass(eq=False)
class Work:
    """What is left to do in one cell.

    Attributes
    ----------
    cell : Cell
        The cell.
    block_trials : int
        Trials of each of its blocks.
    done : dict of int to Counts
        Blocks that are kept.
    seconds : float
        Reckoned seconds of a block.
    goal : int
        Blocks up to the end of the present round.
    running : set of int
        Blocks that somebody runs.
    """

    cell: Cell
    block_trials: int
    done: dict[int, Counts]
    seconds: float
    goal: int = 0
    running: set[int] = field(default_factory=set)

    def missing(self) -> Iterator[int]:
        """Return the blocks of this round that nobody runs yet."""
        return (block for block in range(self.goal) if block not in self.done and block not in self.running)

    def advance(self, plan: Plan) -> bool:
        """Go on to the first round that lacks blocks; False where none is asked for any more."""
        while all(block in self.done for block in range(self.goal)):
            if not self._next_round(plan):
                return False
        return True

    def _next_round(self, plan: Plan) -> bool:
        goal = max(math.ceil(plan.trials / self.block_trials), 1)
        while goal <= self.goal:
            if precise_enough(self, plan) or goal * self.block_trials >= plan.most_trials:
                return False
            goal *= 2
        self.goal = goal
        return True


def precise_enough(work: Work, plan: Plan) -> bool:
    """Whether the blocks up to the goal tell the failure rate as precisely as the plan asks."""
    if plan.precision is None:
        return True
    counts = [work.done[block] for block in range(work.goal)]
    found = point(work.cell.n_patterns, counts)
    assert found is not None
    wanted = plan.precision * max(found.rate, work.cell.experiment.criterion.max_failure)
    return 0.5 * (found.high - found.low) <= wanted
