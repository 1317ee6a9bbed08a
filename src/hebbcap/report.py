"""What does a person read in a terminal?

Tables only; every number and every reservation comes from the result itself.
"""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hebbcap.dynamics import Fixed
from hebbcap.estimate import BitError, Capacity
from hebbcap.exponent import Scaling
from hebbcap.learning import hebb
from hebbcap.memories import Hopfield, Memory
from hebbcap.question import Experiment
from hebbcap.theory import METHODS, Reading

_NAMES = {"snr": "signal to noise", "exact": "exact law", "measured": "measured"}


def capacity_report(result: Capacity, others: tuple[Capacity, ...] = ()) -> RenderableType:
    """Return the table of a capacity, with other memories beside it where given."""
    table = _table("patterns", "95 % interval")
    reasons = _add_theories(table, result.theory, _whole)
    if result.measured is not None:
        m = result.measured
        shown = f">= {m.n_patterns:,}" if m.censored else f"{m.n_patterns:,}"
        interval = "" if m.high is None else f"{m.low:,} to {m.high:,}"
        table.add_row("measured", shown, interval, m.note or f"{m.trials:,} trials")
    parts: list[RenderableType] = [*_heading(result.experiment), table, *reasons]
    if result.independent:
        names = ", ".join(f"{name} {_whole(value)}" for name, value in result.independent)
        parts.append(
            Text(
                "Real patterns are correlated. By signal to noise, independent ones of this size would "
                f"give: {names}."
            )
        )
    if others:
        parts.append(_beside(result, others))
    return Group(*parts)


def _beside(result: Capacity, others: tuple[Capacity, ...]) -> Table:
    table = _table("patterns", "95 % interval", title="On the same patterns", first="memory")
    for one in (result, *others):
        m = one.measured
        if m is not None:
            shown = f">= {m.n_patterns:,}" if m.censored else f"{m.n_patterns:,}"
            interval = "" if m.high is None else f"{m.low:,} to {m.high:,}"
            table.add_row(_memory(one.experiment), shown, interval, m.note)
        else:
            exact = {r.method: r.value for r in one.theory}.get("exact")
            table.add_row(_memory(one.experiment), _whole(exact), "", "exact law")
    return table


def error_report(result: BitError) -> RenderableType:
    """Return the table of a bit error."""
    table = _table("bit error", "95 % interval")
    reasons = _add_theories(table, result.theory, lambda p: "-" if p is None else f"{p:.6g}")
    if result.measured is not None:
        m = result.measured
        table.add_row(
            "measured",
            f"{m.bit_error:.4g}",
            f"{m.low:.4g} to {m.high:.4g}",
            m.note or f"{m.trials:,} trials",
        )
    return Group(*_heading(result.experiment, f"{result.n_patterns:,} patterns"), table, *reasons)


def scaling_report(result: Scaling) -> RenderableType:
    """Return the table of capacities against dim, and the exponents."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dim", justify="right")
    for method in METHODS:
        if method in result.theory:
            table.add_column(_NAMES[method], justify="right")
            table.add_column("slope", justify="right", style="dim")
    if result.measured:
        table.add_column("measured", justify="right")
        table.add_column("interval", justify="right", style="dim")
        table.add_column("slope", justify="right", style="dim")
    curves = {method: dict(result.theory[method]) for method in METHODS if method in result.theory}
    dims = sorted({*result.dims, *(d for curve in curves.values() for d in curve)})
    for row, dim in enumerate(dims):
        cells = [f"{dim:,}"]
        for method, curve in curves.items():
            slopes = {after: value for _, after, value in result.trend(method)}
            cells += [
                f"{curve[dim]:,.1f}" if dim in curve else "",
                f"{slopes[dim]:.3f}" if dim in slopes else "",
            ]
        if result.measured and row < len(result.measured):
            m = result.measured[row]
            ending = {after: value for _, after, value in result.trend("measured")}
            slope = f"{ending[dim]:.3f}" if dim in ending else ""
            shown = f">= {m.n_patterns:,}" if m.censored else f"{m.n_patterns:,}"
            cells += [shown, "" if m.high is None else f"{m.low:,} to {m.high:,}", slope]
        table.add_row(*cells)
    exponents = _table("exponent", "95 % interval")
    for method in METHODS:
        slope_ = result.theory_slope(method)
        if slope_ is not None:
            exponents.add_row(_NAMES[method], f"{slope_.exponent:.3f}", "", "over the dims asked")
        elif method in result.why:
            exponents.add_row(_NAMES[method], "-", "", result.why[method])
    if result.measured:
        s = result.measured_slope()
        if s is None or s.low is None or s.high is None:
            exponents.add_row("measured", "-", "", "not every size has a measured crossing")
        else:
            exponents.add_row(
                "measured", f"{s.exponent:.3f}", f"{s.low:.3f} to {s.high:.3f}", "over the dims asked"
            )
    first = result.experiments[0]
    head = [
        Text(f"{_memory(first)}: how does its capacity grow with dim?", style="bold"),
        *_heading(first)[1:],
    ]
    return Group(*head, exponents, Text(""), table)


def _add_theories(
    table: Table, readings: tuple[Reading, ...], show: Callable[[float | None], str]
) -> list[Text]:
    """Add a row for each theory; return, below the table, why some don't apply."""
    reasons: dict[str, list[str]] = {}
    for reading in readings:
        table.add_row(_NAMES[reading.method], show(reading.value), "", reading.why if reading.applies else "")
        if not reading.applies:
            reasons.setdefault(reading.why, []).append(_NAMES[reading.method])
    return [Text(f"No {' or '.join(names)}: {why}.") for why, names in reasons.items()]


def _heading(asked: Experiment, extra: str = "") -> list[Text]:
    patterns = asked.ensemble.name
    title = _join(f"{_memory(asked)}, {patterns} patterns, dim {asked.dim:,}", extra)
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


def _memory(asked: Experiment) -> str:
    memory = asked.memory
    if isinstance(memory, Hopfield) and memory.rule != hebb():
        return f"hopfield:{memory.rule.name or memory.rule.formula}"
    return memory.name if isinstance(memory, Memory) else type(memory).__name__


def _table(*columns: str, title: str | None = None, first: str = "") -> Table:
    table = Table(
        box=None, pad_edge=False, header_style="bold", title=title, title_justify="left", title_style="bold"
    )
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("", style="dim")
    return table


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{int(value):,}"


def _join(*texts: str) -> str:
    return ", ".join(t for t in texts if t)
