"""How long until the first trial of a capacity, right after installing and later?

python benchmarks/cold_start.py [--quick] [--json FILE]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from command import main
from harness import Effort
from report import Report, Table, at_most, seconds

FIRST, LATER = 12.0, 1.5
"""Seconds before the first trial, at most."""

CHILD = """
import time
import hebbcap

begun = []
def note(share, text):
    if not begun:
        begun.append(time.time())

hebbcap.capacity({memory!r}, progress=note, **{options!r})
print(begun[0])
"""

TEXT = (
    "A new Python process asks `hebbcap.capacity` for all its answers, theory too. Before the first run the "
    "folder of compiled kernels is empty; later runs find it filled. Counted from the start of the process "
    "to the first word of progress, and to its end."
)


def cold_start(effort: Effort) -> Report:
    """Time first and later processes."""
    report = Report("Cold start", TEXT)
    questions: dict[str, tuple[str, dict[str, Any]]] = effort.choose(
        full={
            "hopfield, D=1,000": ("hopfield", {"dim": 1000}),
            "dense:3, D=200": ("dense:3", {"dim": 200}),
            "hopfield, D=500, overlap:0.95": ("hopfield", {"dim": 500, "criterion": "overlap:0.95"}),
        },
        quick={"hopfield, D=1,000": ("hopfield", {"dim": 1000})},
        toy={"hopfield, D=16": ("hopfield", {"dim": 16, "precision": 0.3})},
    )
    rows = []
    for what, (memory, options) in questions.items():
        child = CHILD.format(memory=memory, options=options)
        first, later = _processes(child, *effort.choose(full=(3, 5), quick=(1, 2), toy=(1, 1)))
        for kind, goal, runs in (("first", FIRST, first), ("later", LATER, later)):
            begun, ended = ([run[i] for run in runs] for i in (0, 1))
            report.verdicts.append(at_most(f"{what}, {kind}", goal, min(begun), statistics.median(begun)))
            rows.append((f"{what}, {kind}", _shown(begun), _shown(ended)))
            report.figures[f"{what}, {kind}"] = runs
    report.tables.append(Table("", ("best (median)", "to the first trial", "to the end"), tuple(rows)))
    return report


def _processes(child: str, n_first: int, n_later: int) -> tuple[list[Any], list[Any]]:
    """Seconds to the first trial and to the end, of processes with an empty folder and with a filled one."""
    first = []
    for _ in range(n_first):
        with tempfile.TemporaryDirectory() as folder:
            first.append(_process(child, folder))
            later = [_process(child, folder) for _ in range(n_later)]
    return first, later


def _process(child: str, folder: str) -> tuple[float, float]:
    environment = os.environ | {"HEBBCAP_CACHE": str(Path(folder) / "kernels")}
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", child], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return float(done.stdout) - start, time.time() - start


def _shown(times: list[float]) -> str:
    return f"{seconds(min(times))} ({seconds(statistics.median(times))})"


if __name__ == "__main__":
    main(cold_start)
