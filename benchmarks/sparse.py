"""From which activity on are packed bits faster than lists of high entries?

python benchmarks/sparse.py [--quick] [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from command import main
from harness import Contender, Effort, race
from problem import unpacked
from report import Report, faster

from hebbcap import engines
from hebbcap.engines.lists import ListsHeld, prefers_lists
from hebbcap.kernels.bits import Bits

PACKED = "hebbcap, packed bits"
LISTS = "hebbcap, lists"
NUMPY = "NumPy float32"
SCIPY = "SciPy sparse (0/1 sums only)"

GOAL = 1
"""How many times as fast as packed bits lists must be where they are preferred."""

SIZES = {
    "full": [(1_000, 10_000), (1_000, 100_000), (10_000, 10_000), (10_000, 100_000), (100_000, 10_000)],
    "quick": [(1_000, 100_000), (10_000, 10_000)],
    "toy": [(70, 50)],
}
ACTIVITIES = {
    "full": (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02),
    "quick": (0.001, 0.005, 0.02),
    "toy": (0.05,),
}

_LARGEST = 2**28
"""Entries of patterns that NumPy is given: beyond, they fill gigabytes."""

_ROUNDING = 1e-5
"""Sums in single precision may differ by this much, relative to the largest."""

TEXT = (
    "Pairwise fields (B, D) of patterns with a share of high entries; the states are stored patterns. Lists "
    "are held where `prefers_lists` says so: up to 0.6 % of high entries, from 16.8 million entries in all. "
    "SciPy's plain products give the sums of patterns as 0 and 1, without the terms that -1 and +1 need."
)


def sparse(effort: Effort) -> Report:
    """Race lists against packed bits at all sizes and activities."""
    report = Report("Sparse patterns", TEXT)
    for dim, n_patterns in SIZES[effort.name]:
        for n_states in effort.choose(full=(1, 32), quick=(1, 32), toy=(3,)):
            races = []
            for activity in ACTIVITIES[effort.name]:
                patterns = drawn(n_patterns, dim, activity)
                found = race(f"{100 * activity:g} %", _contenders(patterns, n_states), effort)
                races.append(found)
                if prefers_lists(patterns):
                    rival = f"packed bits, D={dim:,} K={n_patterns:,} B={n_states}"
                    report.verdicts.append(faster(found, LISTS, [PACKED], GOAL, rival))
            report.add(f"D = {dim:,}, K = {n_patterns:,}, B = {n_states}", races)
    return report


def drawn(n: int, dim: int, activity: float) -> Bits:
    """Return packed patterns of independent entries, high with this chance."""
    rng = np.random.default_rng(0)
    step = max(2**24 // dim, 1)
    runs = [
        Bits.pack(rng.random((min(step, n - start), dim), dtype=np.float32) < activity).words
        for start in range(0, n, step)
    ]
    return Bits(np.concatenate(runs), dim)


def _contenders(patterns: Bits, n_states: int) -> list[Contender]:
    engine, states = engines.get("packed"), patterns[:n_states]
    # One pattern is too few for lists, and what is added to packed ones is packed.
    packed = engine.hold(patterns[:1]).added(patterns[1:])
    lists = ListsHeld.of(patterns)
    fits = len(patterns) * patterns.dim <= _LARGEST
    return [
        Contender(PACKED, lambda: packed.pairwise_field(states)),
        Contender(LISTS, lambda: lists.pairwise_field(states)),
        Contender(SCIPY, _scipy(lists, n_states), read=None),
        Contender(
            NUMPY, _numpy(patterns, n_states) if fits else None, tolerance=_ROUNDING, why="takes gigabytes"
        ),
    ]


def _scipy(held: ListsHeld, n_states: int) -> Callable[[], Any]:
    ones, by_neuron, states = held.ones, held.ones.T.tocsr(), held.ones[:n_states]
    return lambda: (states @ by_neuron) @ ones


def _numpy(patterns: Bits, n_states: int) -> Callable[[], Any]:
    floats = unpacked(patterns, np.float32)
    states = floats[:n_states]
    return lambda: (states @ floats.T) @ floats


if __name__ == "__main__":
    main(sparse)
