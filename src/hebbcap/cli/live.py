"""What does somebody see while a campaign runs?

In a terminal a table that is drawn anew; in the log of a job a line now and then.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, final

import click

from hebbcap._interrupt import at_last

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hebbcap.campaign import Plan, Progress

EVERY: Final = 30.0
"""Seconds between two lines of a log."""

_AROUND = 6
"""Rows of a terminal that are not lines of the campaign."""

_BAR = 24
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


@contextlib.contextmanager
def live_table(plan: Plan, *, off: bool = False) -> Iterator[Callable[[Progress], None] | None]:
    """Show on standard error how far a plan is, as long as the block lasts.

    Yields
    ------
    callable or None
        To be told of the progress; None where nothing is shown.
    """
    if off or sys.stderr is None:
        yield None
        return
    tally = Tally(plan)
    if not sys.stderr.isatty():
        log = Log(tally)
        yield log
        log.end()
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    # Where a signal has to end the process in the middle of a call, the cursor would stay hidden.
    shown = at_last(lambda: os.write(2, b"\x1b[?25h"))
    with shown, Live(console=console, transient=True, auto_refresh=False) as live:

        def watch(progress: Progress) -> None:
            tally.add(progress)
            live.update(table(tally, progress, console.height), refresh=True)

        yield watch


@final
class Tally:
    """How many cells of each line are over.

    Parameters
    ----------
    plan : Plan
        The cells.
    """

    def __init__(self, plan: Plan) -> None:
        lines: dict[str, int] = {}
        self.names: list[str] = []
        self.of_cell: list[int] = []
        for cell in plan.cells:
            name = cell.name.rsplit(", ", 1)[0]
            head = f"{cell.seed} {cell.experiment.definition}"
            if head not in lines:
                self.names.append(name)
            self.of_cell.append(lines.setdefault(head, len(lines)))
        self.cells = [0] * len(lines)
        for line in self.of_cell:
            self.cells[line] += 1
        self.over = [0] * len(lines)

    def add(self, progress: Progress) -> None:
        """Count the cells that a progress tells of."""
        for place in progress.ended:
            self.over[self.of_cell[place]] += 1

    def shown(self, most: int) -> list[int]:
        """Return the lines to show: all, or those at work and next, if so many don't fit."""
        every = range(len(self.cells))
        if len(every) <= most:
            return list(every)
        unfinished = (line for line in every if self.over[line] < self.cells[line])
        chosen = [line for line, _ in zip(unfinished, range(most), strict=False)]
        finished = [line for line in every if self.over[line] == self.cells[line]]
        return sorted(
            chosen + finished[len(finished) - (most - len(chosen)) :] if len(chosen) < most else chosen
        )


@final
class Log:
    """Writes a line on standard error now and then, if a campaign takes that long."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.last = time.monotonic()
        self.wrote = False
        self.latest: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Write how far the campaign is, if the last line is old enough."""
        self.latest = progress
        if time.monotonic() - self.last >= EVERY:
            self._write(progress)

    def end(self) -> None:
        """Write the last line, if there was one before."""
        if self.wrote and self.latest is not None:
            self._write(self.latest)

    def _write(self, progress: Progress) -> None:
        self.last, self.wrote = time.monotonic(), True
        click.echo(f"hebbcap: {sentence(progress)}", err=True)


def table(tally: Tally, progress: Progress, height: int) -> RenderableType:
    """Return the table of a terminal with so many rows."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    grid.add_column(width=_BAR)
    grid.add_column(justify="right", no_wrap=True)
    lines = tally.shown(max(height - _AROUND, 1))
    for name, line in zip(_short([tally.names[line] for line in lines]), lines, strict=True):
        over, cells = tally.over[line], tally.cells[line]
        grid.add_row(
            Text(name), ProgressBar(total=cells, completed=over, width=_BAR), f"{over:,} of {cells:,}"
        )
    hidden = len(tally.cells) - len(lines)
    below: list[RenderableType] = [grid]
    if hidden:
        done = sum(over == cells for over, cells in zip(tally.over, tally.cells, strict=True))
        below.append(
            Text(f"and {hidden:,} lines more; {done:,} of {len(tally.cells):,} are over", style="dim")
        )
    below.append(Text(sentence(progress), style="bold", no_wrap=True, overflow="ellipsis"))
    if progress.latest:
        below.append(Text(f"latest: {progress.latest}", style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*below)


def sentence(progress: Progress) -> str:
    """Return how far a campaign is in a line.

    >>> from hebbcap.campaign import Progress
    >>> sentence(Progress(120, 30, 400, 90, 60.0, 250.0, "hopfield"))
    '30 of 120 cells, 19 % of the work, 400 blocks, 1.5 a second, about 4 minutes to go'
    """
    parts = [f"{progress.cells_over:,} of {progress.cells:,} cells"]
    if progress.cells_over < progress.cells:
        parts.append(f"{100 * progress.share:.0f} % of the work")
    parts.append(f"{progress.blocks:,} blocks")
    if progress.seconds > 0 and progress.blocks_new:
        parts.append(f"{progress.blocks_new / progress.seconds:.2g} a second")
    if progress.cells_over == progress.cells:
        parts.append(f"done in {_time(progress.seconds)}")
    else:
        parts.append(f"about {_time(progress.to_go)} to go" if math.isfinite(progress.to_go) else "begun")
    return ", ".join(parts)


def _time(seconds: float) -> str:
    """Return a time in words.

    >>> _time(0.4), _time(75), _time(9000), _time(200000)
    ('1 second', '1 minute', '2.5 hours', '2.3 days')
    """
    for unit, name, digits in (
        (_DAY, "day", 1),
        (_HOUR, "hour", 1),
        (_MINUTE, "minute", 0),
        (1.0, "second", 0),
    ):
        if seconds >= unit or name == "second":
            count = max(round(seconds / unit, digits), 1.0)
            return f"{count:g} {name}{'' if count == 1 else 's'}"
    raise AssertionError


def _short(names: Sequence[str]) -> list[str]:
    """Leave out of names in parts what all of them share."""
    parts = [name.split(", ") for name in names]
    if len(names) < 2 or len({len(part) for part in parts}) != 1:
        return list(names)
    differ = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
    return [
        ", ".join(text for text, keep in zip(part, differ, strict=True) if keep) or part[0] for part in parts
    ]
