"""What does a person read of memories side by side?"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from hebbcap.comparison import BASIN_OVERLAP, Compared, Comparison
from hebbcap.criteria import OVERLAP
from hebbcap.report.tables import measured_cells, plain_table

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_SIZES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))


def comparison_report(result: Comparison) -> RenderableType:
    """Return the table of a comparison."""
    asked = result.experiment
    lines = [
        Text(f"{asked.ensemble.name} patterns, dim {asked.dim:,}", style="bold"),
        Text(f"{asked.criterion}: {asked.criterion.meaning}", style="dim"),
    ]
    cue = [f"cues with {asked.n_flipped:,} of {asked.dim:,} bits flipped"] if asked.n_flipped else []
    if asked.ensemble.note:
        cue.append(asked.ensemble.note)
    if cue:
        lines.append(Text("; ".join(cue), style="dim"))
    columns = ("patterns", "95 % interval", "bits/number", "basin", "a cue", "kept", "local")
    table = plain_table(*columns, first="memory")
    for row in result.rows:
        table.add_row(row.label, *_cells(row), "")
    remarks = [Text(f"{row.label}: {remark}.") for row in result.rows if (remark := _remark(row))]
    level = asked.criterion.level if asked.criterion.kind == OVERLAP else BASIN_OVERLAP
    below = Text(
        f"bits/number: bits stored for each number that is kept, at capacity. At {result.at:,} patterns: "
        f"basin, the share of flipped bits from which half of them come back (overlap {level:g}); a cue, the "
        "time of one of 64 recalled together on this machine; kept, the bytes of the memory.",
        style="dim",
    )
    return Group(*lines, table, *remarks, *_cautions(result), below)


def _cells(row: Compared) -> tuple[str, ...]:
    m = None if row.capacity is None else row.capacity.measured
    shown, interval = ("-", "") if m is None else measured_cells(m)
    per_number = "-" if row.per_parameter is None else f"{row.per_parameter:.3g}"
    basin = "-"
    if row.basin is not None:
        basin = "none" if row.basin.radius is None else f"{row.basin.radius:.2f}"
    local = {True: "yes", False: "no", None: "-"}[row.local]
    return (
        shown,
        interval,
        per_number,
        basin,
        _in_units(row.seconds, _UNITS),
        _in_units(row.n_bytes, _SIZES),
        local,
    )


def _cautions(result: Comparison) -> list[Text]:
    """Say what the numbers can't be taken for."""
    found = (row.capacity.information for row in result.rows if row.capacity is not None)
    lines = [f"Bits: {note}." for note in {i.note for i in found if i is not None and i.note}]
    if not result.experiment.n_flipped:
        lines.append(
            "Cues are intact, and a memory may hold them by keeping them as they are: flips ask for more."
        )
    return [Text(line) for line in lines]


def _remark(row: Compared) -> str:
    if row.why_not:
        return row.why_not
    m = None if row.capacity is None else row.capacity.measured
    return "" if m is None else m.note


def _in_units(value: float | None, units: tuple[tuple[float, str], ...]) -> str:
    """Return a size in the largest unit that leaves it above 1.

    >>> _in_units(0.0123, _UNITS), _in_units(None, _UNITS)
    ('12 ms', '-')
    """
    if value is None:
        return "-"
    unit, name = next(((u, n) for u, n in units if value >= u), units[-1])
    return f"{value / unit:.2g} {name}" if value / unit < 100 else f"{value / unit:.0f} {name}"
