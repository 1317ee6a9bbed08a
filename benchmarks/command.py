"""What every script does when it is run: measure, print Markdown, and keep the figures as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import machine
from harness import FULL, QUICK, Effort
from report import Report, Table

Measure = Callable[[Effort], Report]


def main(measure: Measure, arguments: Sequence[str] | None = None) -> None:
    """Run a script: `python benchmarks/NAME.py [--quick] [--json FILE]`."""
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file")
    asked = parser.parse_args(arguments)
    effort = QUICK if asked.quick else FULL
    machine.use_threads()
    described = machine.describe()
    start = time.perf_counter()
    report = measure(effort)
    took = time.perf_counter() - start
    print(markdown(report))
    print(f"\n{machine.line(described)}. Measured in {took:.0f} s, effort: {effort.name}.")
    if asked.json:
        asked.json.write_text(
            json.dumps(as_dict(report, described, effort), indent=1) + "\n", encoding="utf-8"
        )


def markdown(report: Report) -> str:
    """Return a report as Markdown."""
    parts = [f"## {report.title}"]
    if report.text:
        parts.append(report.text)
    if report.verdicts:
        rows = tuple((v.what, v.goal, v.found, v.text) for v in report.verdicts)
        parts.append(grid(Table("", ("", "goal", "found (by medians)", "verdict"), rows)))
    for table in report.tables:
        if table.title:
            parts.append(f"**{table.title}**")
        parts.append(grid(table))
    return "\n\n".join(parts)


def grid(table: Table) -> str:
    """Return a table as Markdown, columns aligned."""
    lines = [table.head, *table.rows]
    widths = [max(len(row[i]) for row in lines) for i in range(len(table.head))]
    shown = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in lines
    ]
    return "\n".join([shown[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *shown[1:]])


def as_dict(report: Report, described: dict[str, Any], effort: Effort) -> dict[str, Any]:
    """Return a report as plain numbers and texts."""
    return {
        "title": report.title,
        "effort": effort.name,
        "machine": described,
        "verdicts": [asdict(v) | {"verdict": v.text} for v in report.verdicts],
        "figures": report.figures,
        "markdown": markdown(report),
    }
