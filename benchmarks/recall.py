"""How fast is a capacity by recall to a fixed point, against the NumPy script that a researcher writes?

python benchmarks/recall.py [--quick] [--json FILE]
"""

from __future__ import annotations

import equal_error
import researcher
from command import main
from harness import Effort
from report import Report

import hebbcap

OURS = "hebbcap"
SCRIPT = "NumPy script"

OVERLAP = 0.95
GOAL = 20

TEXT = (
    "The largest K at which half of the patterns are recalled to a fixed point with overlap 0.95, Hebb "
    "rule. The script holds D x D weights, recalls 100 patterns at a time and goes on only with those that "
    "still move."
)


def recall(effort: Effort) -> Report:
    """Race the estimates."""
    report = Report("Recall to a fixed point at equal standard error", TEXT)
    dim = effort.choose(full=2000, quick=500, toy=30)
    precision = effort.choose(full=0.02, quick=0.02, toy=0.4)

    def script(seed: int) -> float:
        return researcher.capacity(researcher.hebb_recall(dim, OVERLAP), 0.5, 3, seed)

    def ours(seed: int) -> float:
        found = hebbcap.capacity(
            "hopfield", dim=dim, criterion=f"overlap:{OVERLAP}", precision=precision, seed=seed, theory=False
        )
        return equal_error.measured(found)

    runs = equal_error.run(
        {SCRIPT: script, OURS: ours}, *effort.choose(full=(12, {OURS: 4}), quick=(4, {OURS: 4}), toy=(2, {}))
    )
    equal_error.add(report, f"Hebb, D={dim:,}, overlap:{OVERLAP}", runs, OURS, goal=GOAL)
    return report


if __name__ == "__main__":
    main(recall)
