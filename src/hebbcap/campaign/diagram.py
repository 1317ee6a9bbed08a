"""What do the theories say along the lines of a campaign?

Each line is the question of a capacity, and each theory's answer is a point of its line in the phase diagram.
Some answers take seconds, so that there is a limit to how long all of them may take together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hebbcap.question import Experiment
from hebbcap.theory import Reading, failure_curve

if TYPE_CHECKING:
    from hebbcap.campaign.result import Line

SECONDS: Final = 20.0
"""Seconds that the theories of a campaign may take, about."""


class Answer(NamedTuple):
    """What one theory says of a line.

    Attributes
    ----------
    method : str
        Which theory.
    n_patterns : float
        Where its failure rate crosses the bound, as a real number like the measured crossing; the largest
        number of patterns held where the theory has no rate.
    """

    method: str
    n_patterns: float


class Theories(NamedTuple):
    """What the theories that apply say of each line; and how many lines were not asked for lack of time."""

    answers: tuple[tuple[Answer, ...], ...]
    left_out: int

    def sharpest(self, line: int) -> Answer | None:
        """Return the answer of the sharpest theory that applies to a line."""
        return self.answers[line][-1] if self.answers[line] else None


def theories(lines: Sequence[Line], *, seconds: float = SECONDS) -> Theories:
    """Return what the theories say of the capacity of each line.

    Parameters
    ----------
    lines : sequence of Line
        The lines of a campaign.
    seconds : float
        Time after which no further line is asked; what was asked before is at hand.

    Examples
    --------
    >>> from hebbcap.campaign import sweep
    >>> found = sweep({"dim": [50, 100], "n_patterns": 5})
    >>> said = theories(found.lines)
    >>> [round(said.sharpest(i).n_patterns, 2) for i in range(2)]
    [10.33, 19.48]
    """
    end = time.monotonic() + seconds
    found: list[tuple[Answer, ...]] = []
    left_out = 0
    for line in lines:
        if "theory" not in vars(line) and time.monotonic() > end:
            found.append(())
            left_out += 1
            continue
        asked = line.experiment
        readings = [] if asked is None else [reading for reading in line.theory if reading.applies]
        found.append(tuple(_answer(reading, asked) for reading in readings if asked is not None))
    return Theories(tuple(found), left_out)


def _answer(reading: Reading, asked: Experiment) -> Answer:
    """Return a theory's crossing: between the last number of patterns that is held and the next."""
    held = float(reading.value or 0)
    if held < 1 or held + 1 > asked.max_patterns:
        return Answer(reading.method, held)
    below, above = failure_curve(reading.method, asked, [int(held), int(held) + 1])
    bound = asked.criterion.max_failure
    if not below <= bound < above:  # nan where it has no rate
        return Answer(reading.method, held)
    if below <= 0:
        return Answer(reading.method, held + 0.5)
    # Straight in the logarithms of both, which is close enough between neighbours.
    share = math.log(bound / below) / math.log(above / below)
    return Answer(reading.method, float(held * np.exp(share * math.log1p(1 / held))))
