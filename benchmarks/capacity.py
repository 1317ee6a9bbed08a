"""How fast is a capacity measured, against the NumPy script that a researcher writes?

python benchmarks/capacity.py [--quick] [--json FILE]
"""

from __future__ import annotations

from functools import partial

import equal_error
import researcher
from command import main
from harness import Effort
from report import Report

import hebbcap

OURS = "hebbcap"
USUAL = "NumPy script"
TUNED = "NumPy script, tuned"

BOUND = 0.01
"""Largest share of wrong bits."""

TEXT = (
    "The largest K at which at most 1 % of the bits are wrong after one step, from random patterns that are "
    "drawn during the measurement. The scripts are in `benchmarks/researcher.py`; the one for the dense "
    "memory leaves the neuron's own term in, which raises K by a per cent or two at these sizes."
)


def capacity(effort: Effort) -> Report:
    """Race the estimates."""
    report = Report("Capacity at equal standard error", TEXT)
    dim = effort.choose(full=1000, quick=500, toy=30)
    precision = effort.choose(full=0.01, quick=0.01, toy=0.4)
    scripts = {USUAL: researcher.hebb_by_weights(dim), TUNED: researcher.hebb(dim)}
    runs = _runs(scripts, 5, ("hopfield", dim, precision), effort)
    equal_error.add(report, f"Hebb, D={dim:,}", runs, OURS, goal=35)
    dim = effort.choose(full=200, quick=100, toy=12)
    precision = effort.choose(full=0.015, quick=0.015, toy=0.4)
    scripts = {TUNED: researcher.dense(dim)}
    runs = _runs(scripts, 3, ("dense:3", dim, precision), effort)
    equal_error.add(report, f"dense, n = 3, D={dim:,}", runs, OURS, goal=25)
    return report


def _runs(
    scripts: dict[str, researcher.Failing], trials: int, ours: tuple[str, int, float], effort: Effort
) -> dict[str, equal_error.Runs]:
    """Run the scripts, with so many trials at each K, and hebbcap in turns."""
    estimates: dict[str, equal_error.Estimate] = {
        name: partial(_script, failing, trials) for name, failing in scripts.items()
    }
    turns, often = effort.choose(full=(40, 4), quick=(10, 4), toy=(2, 1))
    return equal_error.run(estimates | {OURS: partial(_ours, *ours)}, turns, {OURS: often})


def _script(failing: researcher.Failing, trials: int, seed: int) -> float:
    return researcher.capacity(failing, BOUND, trials, seed)


def _ours(memory: str, dim: int, precision: float, seed: int) -> float:
    found = hebbcap.capacity(
        memory, dim=dim, criterion=f"bit-error:{BOUND}", precision=precision, seed=seed, theory=False
    )
    return equal_error.measured(found)


if __name__ == "__main__":
    main(capacity)
