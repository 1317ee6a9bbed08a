"""Cells of every kind, and a hash of what each counts; nothing is tested here."""

import hashlib
import json
import random
from pathlib import Path

from tests.contract.specs import SPECS

from hebbcap.campaign import plan
from hebbcap.campaign.runner import Task, run_task
from hebbcap.measurement.block import STREAMS, Counts

GOLDEN = Path(__file__).with_name("golden.json")
SEED = 20240601
BLOCKS, TRIALS = 2, 4

FORGETS = {"hopfield:decay:0.1"}
"""Spellings that no campaign takes."""

NEAR_TIES = {"feature-space"}
"""Memories whose numbers are the same on one machine, but may hang on its processor.

Principal directions of few patterns of +-1 are found only up to a rotation of those that are alike, and
states halfway between two patterns go where rounding in BLAS sends them.
"""

_REAL = {
    "modern", "similarity", "kernel", "random-features", "learned-map", "feature-space", "astrocyte",
    "two-layer",
}  # fmt: skip
_DIMS = {"astrocyte": 12, "storkey": 30, "learned-map": 20}
_COUNTS = {"learned-map": 4, "random-features": 5, "feature-space": 5}

_RULES = [
    "post*pre - 0.1*pre", "covariance", "presynaptic-gating", "postsynaptic-gating", "c2_corr=1,c1_pre=-0.1",
]  # fmt: skip
_PATTERNS = [
    "rademacher", "biased:0.3", "sparse:0.1", "active:0.1", "template:0.2", "hierarchical:5,0.5",
    "markov:0.5",
]  # fmt: skip
_THREE_LEVELS = ["ternary:0.3", "discrete:-1=0.25,0=0.5,2=0.25"]
_CRITERIA = ["bit-error:0.01", "pattern-error:0.05", "all-patterns:0.1", "overlap:0.95", "overlap:1"]
_THRESHOLDS = ["midpoint", "zero", "inhibition:midpoint", "inhibition:0.5", "k-winners:5"]


def cells(*, anywhere=False):
    """Return one cell at least of every memory of the catalogue, and hopfield in every way.

    Or only those whose numbers are the same on every processor.
    """
    grids = [
        {
            "memory": spec,
            "patterns": "sparse:0.1" if name == "willshaw" else "rademacher",
            "dim": _DIMS.get(name, 40),
            "n_patterns": _COUNTS.get(name, [5, 12]),
            "flips": 0.1,
            "criterion": "overlap:0.9" if name in _REAL else "bit-error:0.01",
        }
        for name, specs in SPECS.items()
        for spec in specs
        if spec not in FORGETS and not (anywhere and name in NEAR_TIES)
    ]
    real = {"patterns": ["sphere", "gaussian"], "dim": 30, "n_patterns": 20, "criterion": "overlap:0.9"}
    grids += [
        {"memory": [SPECS[name][0] for name in ("modern", "similarity", "kernel")]} | real,
        {"memory": "hopfield", "rule": _RULES, "patterns": "sparse:0.1", "dim": 60, "n_patterns": 8},
        {"memory": "hopfield", "patterns": _PATTERNS, "dim": 60, "n_patterns": [6, 70], "flips": [0.0, 0.1]},
        {"memory": ["hopfield", "dense:3"], "criterion": _CRITERIA, "dim": 70, "n_patterns": 9, "flips": 0.1},
        {"memory": "hopfield", "patterns": "sparse:0.1", "threshold": _THRESHOLDS, "dim": 70,
         "n_patterns": 6},
        {"memory": "hopfield", "patterns": _THREE_LEVELS, "dim": 60, "n_patterns": [6, 70],
         "flips": [0.0, 0.1]},
        {"memory": ["hopfield", "dense:4"], "update": ["synchronous", "asynchronous"], "dim": 50,
         "n_patterns": 8, "flips": 0.2, "criterion": "overlap:0.9"},
        {"memory": ["hopfield", "dense:3"], "dim": 300, "n_patterns": [30, 50]},
        {"memory": "hopfield", "dim": 2500, "n_patterns": 400, "flips": [0.0, 0.1]},
        {"memory": ["hopfield", "dense:3"], "patterns": "digits", "n_patterns": [5, 40]},
    ]  # fmt: skip
    return plan(grids, seed=SEED).cells


def tasks(of):
    """Return the blocks of these cells, as a worker takes them."""
    return [Task(cell, block, TRIALS) for cell in of for block in range(BLOCKS)]


def hashes(of, *, submit=None, shuffle=None):
    """Return a hash of the rows of each cell, by definition; of blocks run in order or at random."""
    todo = tasks(of)
    if shuffle is not None:
        random.Random(shuffle).shuffle(todo)
    if submit is None:
        found = [(task, run_task(task)) for task in todo]
    else:
        futures = [(task, submit(run_task, task)) for task in todo]
        found = [(task, future.result()) for task, future in futures]
    rows = {cell.definition: {} for cell in of}
    for task, counts in found:
        rows[task.cell.definition][task.block] = tuple(counts)
    return {definition: _hash(blocks) for definition, blocks in rows.items()}


def _hash(blocks):
    return hashlib.sha256(repr(sorted(blocks.items())).encode()).hexdigest()[:16]


def counted(task):
    """Return what several blocks of one trial each count together, as one block of a cell."""
    first = task.block * task.trials
    parts = [run_task(Task(task.cell, first + i, 1)) for i in range(task.trials)]
    return Counts(*(sum(values) for values in list(zip(*parts, strict=True))[:3]), parts[0].judged)


def golden():
    """Return the hashes that were written, and the version of the numbers that they are of."""
    kept = json.loads(GOLDEN.read_text())
    return kept["cells"], kept["streams"]


def write():
    """Write the hashes anew; refused where numbers differ and `STREAMS` is still the same."""
    found = hashes(cells(anywhere=True))
    if GOLDEN.exists():
        kept, streams = golden()
        changed = [text for text, value in found.items() if kept.get(text, value) != value]
        if changed and streams == STREAMS:
            raise SystemExit(
                f"{len(changed)} cells count otherwise than before, as {changed[0]!r}; raise "
                "hebbcap.measurement.block.STREAMS first, so that no store mixes them"
            )
    text = json.dumps({"streams": STREAMS, "cells": found}, indent=0, sort_keys=True)
    GOLDEN.write_text(text + "\n")
    return len(found)
