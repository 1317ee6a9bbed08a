"""What does a person read of an exponent?"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hebbcap.exponent import Scaling
from hebbcap.report.tables import heading, measured_cells, plain_table
from hebbcap.theory import LABELS, METHODS


def scaling_report(result: Scaling) -> RenderableType:
    """Return the table of capacities against dim, and the exponents."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dim", justify="right")
    for method in METHODS:
        if method in result.theory:
            table.add_column(LABELS[method], justify="right")
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
            cells += [*measured_cells(m), slope]
        table.add_row(*cells)
    exponents = plain_table("exponent", "95 % interval")
    for method in METHODS:
        slope_ = result.theory_slope(method)
        if slope_ is not None:
            exponents.add_row(LABELS[method], f"{slope_.exponent:.3f}", "", "over the dims asked")
        elif method in result.why:
            exponents.add_row(LABELS[method], "-", "", result.why[method])
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
        Text(f"{first.memory_label}: how does its capacity grow with dim?", style="bold"),
        *heading(first)[1:],
    ]
    return Group(*head, exponents, Text(""), table)
