"""What does a person read of basins of attraction?"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hebbcap.basin_of_attraction import MEANINGS, Basin
from hebbcap.report.tables import heading

_NAMES = {
    "one-step": "one step",
    "naive": "naive",
    "amari-maginu": "Amari-Maginu",
    "mean-field": "mean field",
}


def basin_report(result: Basin) -> RenderableType:
    """Return the table of radii against load, and what each column means."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("load", justify="right")
    table.add_column("patterns", justify="right")
    shown = [m for m in _NAMES if any(r.reading(m) is not None for r in result.radii)]
    for method in shown:
        table.add_column(_NAMES[method], justify="right")
    measured = any(r.measured is not None for r in result.radii)
    if measured:
        table.add_column("measured", justify="right")
        table.add_column("95 % interval", justify="right")
        table.add_column("", style="dim")
    for radius in result.radii:
        cells = [f"{radius.load:.4g}", f"{radius.n_patterns:,}"]
        cells += [_share(radius.reading(m)) for m in shown]
        if radius.measured is not None:
            m = radius.measured
            interval = "" if m.low is None or m.high is None else f"{m.low:.3f} to {m.high:.3f}"
            cells += [_share(m.radius), interval, m.note or f"{m.trials:,} trials"]
        table.add_row(*cells)
    head, asked = heading(result.experiment), result.experiment
    head[1] = Text(
        f"share of flipped bits from which half of the patterns come back with overlap "
        f"{asked.criterion.level:g} or more",
        style="dim",
    )
    meanings = [Text(f"{_NAMES[m]}: {MEANINGS[m]}.", style="dim") for m in shown]
    return Group(*head, table, *meanings, *_reasons(result, shown))


def _reasons(result: Basin, shown: list[str]) -> list[Text]:
    """Why theories without a column don't apply."""
    reasons: dict[str, list[str]] = {}
    for reading in result.radii[-1].theory:
        if reading.method not in shown:
            reasons.setdefault(reading.why, []).append(_NAMES[reading.method])
    return [Text(f"No {' or '.join(names)}: {why}.") for why, names in reasons.items()]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
