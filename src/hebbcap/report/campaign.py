"""What does a person read of a campaign?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from hebbcap.campaign import Campaign, Line
from hebbcap.campaign.axes import Axis, axes_of, cells_shown, count_shown, said_once, shown, where
from hebbcap.campaign.diagram import Answer, Theories, theories
from hebbcap.campaign.result import WAITING
from hebbcap.criteria import criterion
from hebbcap.theory import LABELS

_MOST_NAMED, _MOST_COUNTS = 20, 8
"""Lines and numbers of patterns that are named where cells were set aside."""

_TRIALS, _LOAD, _CELLS = "trials", "load", "cells"
_DROPPED = (_TRIALS, _LOAD, _CELLS)
"""Columns that a narrow terminal goes without, the first first."""

_ANY = 10**4


def campaign_report(result: Campaign, *, theory: bool = True) -> RenderableType:
    """Return the table of a campaign: a row for each line, and below it what was set aside."""
    lines = result.lines
    if not lines:
        return Text("The store holds no cells.")
    axes, common = axes_of(lines)
    said = theories(lines) if theory else Theories(((),) * len(lines), 0)
    columns = _columns(lines, axes, [said.sharpest(number) for number in range(len(lines))])
    return Group(*_heading(common), _Fitting(columns), *_remarks(result, said), *_reasons(result))


class _Column(NamedTuple):
    """A column of the table: its head, where its texts stand, and its texts."""

    head: str
    justify: Literal["left", "right"]
    texts: list[str]
    name: str = ""


def _columns(lines: Sequence[Line], axes: Sequence[Axis], best: Sequence[Answer | None]) -> list[_Column]:
    """Return what varies, where each line crosses, what the theory says, and what that rests on."""
    told = [line.asked.to_dict() for line in lines]
    found = []
    for axis in axes:
        texts = isinstance(axis.values[0], str)
        found.append(
            _Column(axis.name, "left" if texts else "right", [shown(row[axis.name]) for row in told])
        )
    places = zip(*(where(line) for line in lines), strict=True)
    heads = (("crossing", ""), ("95 % interval", ""), ("K / D", _LOAD))
    found += [
        _Column(head, "right", list(texts), name) for (head, name), texts in zip(heads, places, strict=True)
    ]
    methods = {answer.method for answer in best if answer is not None}
    if methods:
        head = LABELS[next(iter(methods))] if len(methods) == 1 else "theory"
        counts = ["-" if a is None else _theory_shown(a.n_patterns) for a in best]
        found.append(_Column(head, "right", counts))
    if len(methods) > 1:
        found.append(_Column("", "left", ["" if a is None else LABELS[a.method] for a in best]))
    cells = [cells_shown(line) for line in lines]
    found.append(_Column("cells", "right", cells, "" if any("of" in text for text in cells) else _CELLS))
    trials = [f"{sum(cell.trials for cell in line.cells):,}" for line in lines]
    return [*found, _Column("trials", "right", trials, _TRIALS)]


def _theory_shown(count: float) -> str:
    """Return what a theory says: without a decimal where it gives whole numbers only."""
    return f"{count:,.0f}" if count.is_integer() else count_shown(count)


class _Fitting:
    """A table that leaves out, where the terminal is narrow, what matters least."""

    def __init__(self, columns: Sequence[_Column]) -> None:
        self.columns = columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for count in range(len(_DROPPED) + 1):
            table = self._table(set(_DROPPED[:count]), narrow=count > 0)
            if Measurement.get(console, options.update(max_width=_ANY), table).maximum <= options.max_width:
                break
        yield table

    def _table(self, dropped: set[str], *, narrow: bool) -> Table:
        kept = [column for column in self.columns if column.name not in dropped]
        table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=narrow)
        for column in kept:
            table.add_column(column.head, justify=column.justify, overflow="fold")
        for row in zip(*(column.texts for column in kept), strict=True):
            table.add_row(*(Text(text) for text in row))
        return table


def _heading(common: dict[str, object]) -> list[Text]:
    """Say once what all lines share."""
    title = said_once(common)
    lines = [Text(title, style="bold")] if title else []
    if "criterion" in common:
        asked = criterion(str(common["criterion"]))
        lines.append(Text(f"{asked}: {asked.meaning}", style="dim"))
    return lines


def _remarks(result: Campaign, said: Theories) -> list[Text]:
    waiting = sum(cell.state == WAITING for cell in result.cells)
    lines = [
        "crossing: the number of patterns at which the failure rate of these cells passes what the criterion "
        "allows; > and < where all cells lie on one side of it."
    ]
    if said.left_out:
        lines.append(f"The theories took long: {said.left_out:,} lines were not asked.")
    if waiting:
        lines.append(f"{waiting:,} of {len(result.cells):,} cells wait: the same sweep goes on with them.")
    return [Text(line, style="dim") for line in lines]


def _reasons(result: Campaign) -> list[Text]:
    """Name what was set aside: cells of one line and one reason together."""
    total = len(result.set_aside)
    if not total:
        return []
    groups: dict[str, dict[str, list[int]]] = {}
    for cell in result.set_aside:
        name = cell.name.rsplit(", ", 1)[0]
        groups.setdefault(cell.reason, {}).setdefault(name, []).append(cell.n_patterns)
    lines = [Text(f"{total:,} cell{'s' if total != 1 else ''} set aside", style="bold")]
    room, named = _MOST_NAMED, 0
    for reason, by_line in groups.items():
        if room <= 0:
            break
        lines.append(Text(f"{reason}:"))
        for name, counts in list(by_line.items())[:room]:
            shown_counts = ", ".join(f"{count:,}" for count in counts[:_MOST_COUNTS])
            more = f" and {len(counts) - _MOST_COUNTS:,} more" if len(counts) > _MOST_COUNTS else ""
            lines.append(Text(f"  {name}: {shown_counts}{more} patterns"))
            named += len(counts)
        room -= len(by_line)
    return lines + ([Text(f"  and {total - named:,} more")] if named < total else [])
