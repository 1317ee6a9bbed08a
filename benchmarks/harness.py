"""How are contenders timed against each other?

All contenders of a question live in one process and take turns. A turn is a pause in which the threads of the
last one go to sleep, a call that only warms up, then timed calls. Before any timing, every answer that is the
same quantity is compared with the first contender's. The best and the median over all turns are kept.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

NOT_INSTALLED = "not installed"


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    name : {"full", "quick", "toy"}
        Scripts read their sizes by it; "toy" is for tests, which time nothing.
    turns : int
        Turns of each contender.
    turn : float
        Seconds that a turn should last, where a call takes less.
    pause : float
        Seconds before a turn.
    """

    name: str
    turns: int
    turn: float
    pause: float

    def choose(self, *, full: Any, quick: Any, toy: Any) -> Any:
        """Return what belongs to this effort."""
        return {"full": full, "quick": quick, "toy": toy}[self.name]


FULL = Effort("full", turns=9, turn=0.06, pause=0.03)
QUICK = Effort("quick", turns=3, turn=0.02, pause=0.02)
TOY = Effort("toy", turns=1, turn=0.0, pause=0.0)

_LONGEST = 12.0
"""Seconds that one contender may take in all, beyond its first three turns."""


@dataclass(frozen=True)
class Contender:
    """One way to answer a question.

    Attributes
    ----------
    name : str
        What the tables call it.
    run : callable or None
        Does the whole work and returns the answer; None if it can't run here, and `why` says why.
    read : callable or None
        Turns its answer into the quantity that is compared; None if it computes something else.
    of_first : callable
        Turns the first contender's answer into that quantity.
    tolerance : float
        Largest difference allowed, relative to the largest number compared; 0 for exact answers.
    share : float
        How many times the work of the question one call does: limits run longer to drown the cost of a call.
    """

    name: str
    run: Callable[[], Any] | None
    read: Callable[[Any], Any] | None = np.asarray
    of_first: Callable[[Any], Any] = np.asarray
    tolerance: float = 0.0
    share: float = 1.0
    why: str = NOT_INSTALLED


@dataclass(frozen=True)
class Timing:
    """Seconds that one contender took for the work of the question; None if it did not run."""

    name: str
    best: float | None
    median: float | None
    calls: int
    why: str = ""


@dataclass(frozen=True)
class Race:
    """The timings of all contenders of one question.

    Attributes
    ----------
    size : str
        The size, as a column's head.
    timings : dict of str to Timing
        In the order of the contenders.
    """

    size: str
    timings: dict[str, Timing]

    def __getitem__(self, name: str) -> Timing:
        return self.timings[name]


class Disagreement(AssertionError):
    """Two contenders gave different answers: their times can't be compared."""


def race(size: str, contenders: Sequence[Contender], effort: Effort) -> Race:
    """Compare the answers of all contenders, then time them in turns."""
    estimates = _agree(size, contenders)
    timed = [c for c in contenders if c.run is not None]
    seen: dict[str, list[float]] = {c.name: [] for c in timed}
    for turn in range(effort.turns):
        for contender in timed:
            estimate = min([estimates[contender.name], *seen[contender.name]])
            if turn >= 3 and estimate * turn > _LONGEST:
                continue
            time.sleep(effort.pause)
            seen[contender.name] += _turn(contender, estimate, effort)
    timings = {}
    for c in contenders:
        times = [t / c.share for t in seen.get(c.name, [])]
        timings[c.name] = (
            Timing(c.name, min(times), statistics.median(times), len(times))
            if times
            else Timing(c.name, None, None, 0, c.why)
        )
    return Race(size, timings)


def _turn(contender: Contender, estimate: float, effort: Effort) -> list[float]:
    assert contender.run is not None
    if estimate < 0.2 and effort.turn:
        contender.run()
    times = []
    for _ in range(min(max(round(effort.turn / max(estimate, 1e-6)), 1), 100)):
        start = time.perf_counter()
        contender.run()
        times.append(time.perf_counter() - start)
    return times


def _agree(size: str, contenders: Sequence[Contender]) -> dict[str, float]:
    """Compare all answers with the first one; return how long each contender's second call took."""
    first, estimates = None, {}
    for contender in contenders:
        if contender.run is None:
            continue
        answer = contender.run()
        if first is None:
            first = answer
        elif contender.read is not None:
            _check(f"{size}: {contender.name}", contender, answer, first)
        del answer
        start = time.perf_counter()
        contender.run()
        estimates[contender.name] = time.perf_counter() - start
    return estimates


def _check(what: str, contender: Contender, answer: Any, first: Any) -> None:
    assert contender.read is not None
    mine = np.asarray(contender.read(answer), dtype=np.float64)
    theirs = np.asarray(contender.of_first(first), dtype=np.float64)
    if mine.shape != theirs.shape:
        raise Disagreement(f"{what} answers with shape {mine.shape}, not {theirs.shape}")
    apart = np.abs(mine - theirs).max(initial=0.0)
    if not apart <= contender.tolerance * np.abs(theirs).max(initial=0.0):
        raise Disagreement(f"{what} differs from the first contender by up to {apart:g}")
