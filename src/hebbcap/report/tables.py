"""How are tables for a terminal made?

Every number and every reservation comes from the result itself.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table
from rich.text import Text

from hebbcap.dynamics import Fixed
from hebbcap.measurement.measured import MeasuredCapacity
from hebbcap.question import Experiment
from hebbcap.theory import LABELS, Reading


def add_theories(
    table: Table, readings: tuple[Reading, ...], show: Callable[[float | None], str]
) -> list[Text]:
    """Add a row for each theory; return, below the table, why some don't apply."""
    reasons: dict[str, list[str]] = {}
    for reading in readings:
        table.add_row(LABELS[reading.method], show(reading.value), "", reading.why if reading.applies else "")
        if not reading.applies:
            reasons.setdefault(reading.why, []).append(LABELS[reading.method])
    return [Text(f"No {' or '.join(names)}: {why}.") for why, names in reasons.items()]


def heading(asked: Experiment, extra: str = "") -> list[Text]:
    """Return the lines above a table: what was asked, under which criterion, with which cue."""
    patterns = asked.ensemble.name
    title = _join(f"{asked.memory_label}, {patterns} patterns, dim {asked.dim:,}", extra)
    lines = [Text(title, style="bold")]
    if not extra:
        lines.append(Text(f"{asked.criterion}: {asked.criterion.meaning}", style="dim"))
    cue = [f"cue with {asked.n_flipped:,} of {asked.dim:,} bits flipped"] if asked.flips else []
    if asked.threshold != Fixed():
        level = asked.threshold
        cue.append(f"threshold {level if isinstance(level, str) else repr(level)}")
    if asked.ensemble.note:
        cue.append(asked.ensemble.note)
    if cue:
        lines.append(Text("; ".join(cue), style="dim"))
    return lines


def measured_cells(found: MeasuredCapacity) -> tuple[str, str]:
    """Return a measured capacity and its interval; without an upper end there is none to show."""
    shown = f">= {found.n_patterns:,}" if found.censored else f"{found.n_patterns:,}"
    return shown, "" if found.high is None else f"{found.low:,} to {found.high:,}"


def plain_table(*columns: str, title: str | None = None, first: str = "") -> Table:
    """Return an empty table: a first column of names, numbers to the right, and remarks."""
    table = Table(
        box=None, pad_edge=False, header_style="bold", title=title, title_justify="left", title_style="bold"
    )
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("", style="dim")
    return table


def whole(value: float | None) -> str:
    """Return a whole number with commas, or a dash."""
    return "-" if value is None else f"{int(value):,}"


def _join(*texts: str) -> str:
    return ", ".join(t for t in texts if t)
