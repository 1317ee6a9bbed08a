"""Which memories fit into one machine of 24 GiB, and how long does recall take there?

python benchmarks/scale.py [--quick] [--json FILE]
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
from command import main
from harness import Effort
from numpy.typing import NDArray
from problem import Problem
from report import Report, Table, Verdict, at_most, seconds

from hebbcap import engines
from hebbcap.engines import Held
from hebbcap.kernels.bits import Bits
from hebbcap.separation import Exponential, Polynomial, Separation

MACHINE = 24.0
"""GiB."""

RECALLED = 0.9
"""Overlap from which a pattern counts as recalled: near capacity, pairwise memories keep some wrong bits."""

STEP = 10.0
"""Seconds that a dense memory may take for one step of all cues."""

FULL = [
    ("pairwise", 100_000, 13_000, 8),
    ("pairwise", 1_000_000, 5_000, 8),
    ("dense:5", 1024, 10_000_000, 32),
    ("exponential", 1024, 10_000_000, 32),
]
QUICK = [
    ("pairwise", 100_000, 1_300, 8),
    ("dense:5", 1024, 200_000, 32),
    ("exponential", 1024, 200_000, 32),
]
TOY = [("pairwise", 700, 20, 2), ("dense:5", 70, 50, 2), ("exponential", 70, 50, 2)]

SEPARATIONS: dict[str, Separation] = {"dense:5": Polynomial(5), "exponential": Exponential()}

MOST_STEPS = 30

TEXT = (
    "Random patterns are drawn, held and recalled from cues with 10 % of their bits flipped, in a process "
    "of its own whose largest memory is read at the end. A pairwise memory holds packed patterns instead of "
    "D x D weights (37 GiB for 100,000 neurons)."
)


def scale(effort: Effort) -> Report:
    """Measure every memory in a process of its own."""
    report = Report("Scale", TEXT)
    rows = []
    for part in effort.choose(full=FULL, quick=QUICK, toy=TOY):
        kind, dim, n_patterns, n_cues = part
        found = measure(*part) if effort.name == "toy" else _alone(part)
        what = f"{kind}, D={dim:,} K={n_patterns:,}"
        rows.append(
            (
                what,
                seconds(found["hold"]),
                f"{seconds(found['step'])} for {n_cues} cues",
                f"{found['steps']}",
                f"{found['overlap']:.4f}",
                f"{found['gib']:.2f} GiB",
            )
        )
        shown = f"overlap {found['overlap']:.4f}, {found['gib']:.2f} GiB"
        met = MACHINE / found["gib"] if found["overlap"] > RECALLED else 0.0
        report.verdicts.append(Verdict(what, f"recalled within {MACHINE:g} GiB", shown, met))
        if kind != "pairwise":
            report.verdicts.append(at_most(f"{what}, one step", STEP, found["step"], found["median"]))
        report.figures[what] = found
    head = (
        "",
        "drawing and holding",
        "one step",
        "steps to rest",
        "overlap with the pattern",
        "largest memory",
    )
    report.tables.append(Table("", head, tuple(rows)))
    return report


def measure(kind: str, dim: int, n_patterns: int, n_cues: int) -> dict[str, Any]:
    """Draw, hold and recall; return seconds, steps, overlap and the process's largest memory."""
    problem = Problem(dim, n_patterns, n_cues)
    start = time.perf_counter()
    held = engines.get().hold(problem.patterns)
    hold = time.perf_counter() - start
    states, times = problem.cues, []
    for _ in range(MOST_STEPS):
        start = time.perf_counter()
        after = _step(kind, held, states)
        times.append(time.perf_counter() - start)
        resting = np.array_equal(after.words, states.words)
        states = after
        if resting:
            break
    overlap = float(np.mean(states.unpack() == problem.targets.unpack()) * 2 - 1)
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "hold": hold,
        "step": min(times),
        "median": statistics.median(times),
        "steps": len(times),
        "overlap": overlap,
        "gib": gib,
    }


def _step(kind: str, held: Held, states: Bits) -> Bits:
    """Update every neuron of every state once; a neuron without field keeps its state."""
    before = states.unpack()
    field: NDArray[Any]
    if kind == "pairwise":
        field = held.pairwise_field(states) - len(held) * before.astype(np.int64)
    else:
        field = held.separated_field(states, SEPARATIONS[kind].table(states.dim))[0]
    return Bits.pack(np.where(field == 0, before, field))


def _alone(part: tuple[str, int, int, int]) -> dict[str, Any]:
    code = f"import json, scale; print(json.dumps(scale.measure(*{part!r})))"
    search = [path for path in sys.path if path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {search!r}; {code}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main(scale)
