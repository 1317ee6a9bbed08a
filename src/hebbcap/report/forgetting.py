"""What does a person read about a memory that forgets?"""

from __future__ import annotations

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hebbcap.memory_trace import Forgetting
from hebbcap.report.tables import heading, measured_cells, plain_table, whole

_NAMES = {"snr": "signal to noise", "exact": "exact law", "propagated": "over histories"}
_ROWS = 12
"""Most ages in the table; a plot shows all of them."""


def forgetting_report(result: Forgetting) -> RenderableType:
    """Return the tables of the lifetime and of what is left by age."""
    lifetimes = plain_table("latest patterns held", "95 % interval")
    reasons = []
    for reading in result.readings:
        name = _NAMES[reading.method]
        lifetimes.add_row(name, whole(reading.value), "", reading.why if reading.applies else "")
        if not reading.applies:
            reasons.append(Text(f"No {name}: {reading.why}."))
    m = result.measured
    if m is not None and result.trace is not None:
        networks = f"{result.trace.networks:,} networks, {result.trace.settled_after:,} patterns to settle"
        lifetimes.add_row("measured", *measured_cells(m), m.note or networks)
    note = Text(
        "age: patterns presented since; signal: half of what parts the fields of high and low neurons"
    )
    note.stylize("dim")
    return Group(*heading(result.experiment), lifetimes, *reasons, Text(""), note, _by_age(result))


def _by_age(result: Forgetting) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("age", justify="right")
    theory, trace = result.theory, result.trace
    if theory is not None:
        for name in ("signal", "noise", "bit error"):
            table.add_column(name, justify="right")
    if trace is not None:
        for name in ("measured signal", "noise", "bit error", "95 % interval"):
            table.add_column(name, justify="right")
    rows = {age: i for i, age in enumerate(result.ages)} if theory is not None else {}
    measured = {age: i for i, age in enumerate(trace.ages)} if trace is not None else {}
    both = sorted(rows.keys() & measured.keys() if rows and measured else rows.keys() | measured.keys())
    for age in (both[i] for i in np.unique(np.round(np.linspace(0, len(both) - 1, _ROWS)).astype(int))):
        cells = [f"{age:,}"]
        if theory is not None:
            i = rows[age]
            cells += [f"{theory.signal[i]:.4g}", f"{theory.noise[i]:.4g}", f"{theory.bit_error[i]:.4g}"]
        if trace is not None:
            i = measured[age]
            cells += [f"{trace.signal[i]:.4g}", f"{trace.noise[i]:.4g}", f"{trace.bit_error[i]:.4g}"]
            cells.append(f"{trace.error_low[i]:.4g} to {trace.error_high[i]:.4g}")
        table.add_row(*cells)
    return table
