"""When is a goal met, and what does a script tell of what it found?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness import Race


@dataclass(frozen=True)
class Verdict:
    """A goal, what was found, and how the two compare.

    Attributes
    ----------
    what : str
        Of which the goal speaks.
    goal, found : str
        Both with their unit.
    met : float or None
        Found over goal, so that 1 or more meets it, by the best times; None if it can't be judged.
    met_median : float or None
        The same by the medians.
    """

    what: str
    goal: str
    found: str
    met: float | None
    met_median: float | None = None

    @property
    def text(self) -> str:
        """The verdict in words."""
        if self.met is None:
            return "not judged"
        by_median = "" if self.met_median is None else f" (by medians {_verdict(self.met_median)})"
        same = self.met_median is None or (self.met >= 1) == (self.met_median >= 1)
        return _verdict(self.met) + ("" if same else by_median)


def _verdict(met: float) -> str:
    if met < 1:
        return f"short by {100 * (1 - met):.0f} %"
    return f"met {met:.1f}x" if met < 10 else f"met {met:,.0f}x"


def faster(race: Race, ours: str, rivals: Sequence[str], at_least: float, called: str = "") -> Verdict:
    """Judge that we are `at_least` times as fast as the fastest of the rivals: a share if that is a limit."""
    what = f"{race.size}: against {called or ' / '.join(rivals)}"
    goal = _times(at_least, at_least)
    mine = race[ours]
    running = [race[name] for name in rivals if race[name].best is not None]
    missing = [name for name in rivals if race[name].best is None]
    if mine.best is None or mine.median is None or not running:
        return Verdict(what, goal, f"{', '.join(missing) or ours}: did not run", None)
    fastest = min(running, key=lambda t: t.best or 0.0)
    best = (fastest.best or 0.0) / mine.best
    median = min(t.median or 0.0 for t in running) / mine.median
    found = f"{_times(best, at_least)} ({_times(median, at_least)})"
    if len(rivals) > 1:
        found += f", {fastest.name} being the fastest"
    if missing:
        found += f"; without {', '.join(missing)}"
    return Verdict(what, goal, found, best / at_least, median / at_least)


def at_most(what: str, goal: float, best: float, median: float) -> Verdict:
    """Judge that something takes at most `goal` seconds."""
    found = f"{seconds(best)} ({seconds(median)})"
    return Verdict(what, f"at most {seconds(goal)}", found, goal / best, goal / median)


def _times(value: float, goal: float) -> str:
    return f"{value:.3g}x" if goal >= 1 else f"{100 * value:.0f} %"


@dataclass(frozen=True)
class Table:
    """A table of texts."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Report:
    """What a script found.

    Attributes
    ----------
    title : str
        The question.
    text : str
        What must be known to read the tables.
    tables : list of Table
    verdicts : list of Verdict
    figures : dict
        The numbers behind the tables, for `--json`.
    """

    title: str
    text: str = ""
    tables: list[Table] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def add(self, title: str, races: Sequence[Race], work: Sequence[float] = (), unit: str = "") -> None:
        """Add a table of races over the same contenders: a column for each size, best time with median.

        Parameters
        ----------
        title : str
            Head of the table.
        races : sequence of Race
            One for each size.
        work : sequence of float
            Units of work of each, for a rate beside the times.
        unit : str
            What the rate is called.
        """
        names = list(dict.fromkeys(name for r in races for name in r.timings))
        rows = []
        for name in names:
            cells = [_cell(r, name, work[i] if work else None) for i, r in enumerate(races)]
            rows.append((name, *cells))
        head = f"best (median){', ' + unit if work else ''}"
        self.tables.append(Table(title, (head, *(r.size for r in races)), tuple(rows)))
        self.figures[title] = {
            r.size: {n: {"best": t.best, "median": t.median, "calls": t.calls} for n, t in r.timings.items()}
            for r in races
        }


def _cell(race: Race, name: str, work: float | None) -> str:
    timing = race.timings.get(name)
    if timing is None:
        return "–"
    if timing.best is None or timing.median is None:
        return timing.why
    rate = "" if work is None else f", {work / timing.best:.3g}"
    return f"{seconds(timing.best)} ({seconds(timing.median)}){rate}"


def seconds(value: float) -> str:
    """Return a time with a unit that suits it.

    >>> seconds(0.00123)
    '1.23 ms'
    """
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= size:
            return f"{value / size:.3g} {unit}" if value / size < 100 else f"{value / size:.0f} {unit}"
    return f"{value / 1e-9:.3g} ns"
