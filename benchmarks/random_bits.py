"""How fast are random bits made, for patterns that nobody keeps?

python benchmarks/random_bits.py [--quick] [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from command import main
from harness import Contender, Effort, race
from machine import installed
from report import Report, Verdict

GOAL = 140
"""Gbit/s."""

TEXT = (
    "Fair bits, 0.5 and 4 MiB at a time. Counter-based generators (Philox, threefry) give any block by its "
    "number, so that work is shared without changing a result; the others walk from a seed."
)


def random_bits(effort: Effort) -> Report:
    """Race all generators."""
    report = Report("Random bits", TEXT)
    races, work = [], []
    for n_words in effort.choose(full=(2**17, 2**20), quick=(2**17,), toy=(96,)):
        found = race(f"{32 * n_words:,} bits", _contenders(n_words), effort)
        gigabits = 32 * n_words / 1e9
        best, median = found[OURS].best, found[OURS].median
        assert best is not None
        assert median is not None
        seen = f"{gigabits / best:.0f} ({gigabits / median:.0f}) Gbit/s"
        met = gigabits / best / GOAL, gigabits / median / GOAL
        report.verdicts.append(Verdict(f"{found.size}, two threads", f"{GOAL} Gbit/s", seen, *met))
        races.append(found)
        work.append(gigabits)
    report.add("", races, work, "Gbit/s")
    return report


OURS = "hebbcap Philox4x32-10"


def _contenders(n_words: int) -> list[Contender]:
    n = 32 * n_words
    contenders = [
        ("NumPy choice([-1, 1])", _numpy(lambda rng: rng.choice(np.array([-1, 1], dtype=np.int8), n))),
        (OURS, _ours(n_words)),
        ("NumPy 2 * integers(2) - 1", _numpy(lambda rng: 2 * rng.integers(0, 2, n, dtype=np.int8) - 1)),
        ("NumPy bytes", _numpy(lambda rng: rng.bytes(n // 8))),
    ]
    for name in ("Philox", "PCG64", "SFC64"):
        contenders.append((f"NumPy {name} 64-bit words", _numpy(_words(n), getattr(np.random, name)(0))))
    return [
        *(Contender(name, run, read=None) for name, run in contenders),
        Contender("torch 2 * randint(2) - 1", _torch(n) if installed("torch") else None, read=None),
        Contender("jax threefry words", _jax(n_words) if installed("jax") else None, read=None),
    ]


def _numpy(draw: Callable[[np.random.Generator], Any], source: Any = 0) -> Callable[[], Any]:
    rng = np.random.default_rng(source)
    return lambda: draw(rng)


def _words(n: int) -> Callable[[np.random.Generator], Any]:
    return lambda rng: rng.integers(0, 2**64, n // 64, dtype=np.uint64)


def _torch(n: int) -> Callable[[], Any]:
    import torch

    return lambda: 2 * torch.randint(0, 2, (n,), dtype=torch.int8) - 1


def _jax(n_words: int) -> Callable[[], Any]:
    import jax

    draw = jax.jit(lambda key: jax.random.bits(key, (n_words,), dtype="uint32"))
    key = jax.random.key(0)
    return lambda: draw(key).block_until_ready()


def _ours(n_words: int) -> Callable[[], Any]:
    from hebbcap.kernels.random import philox

    words, stream = np.empty(n_words, dtype=np.uint32), philox.key(0, "benchmark", 0)
    return lambda: philox.fill(words, stream)


if __name__ == "__main__":
    main(random_bits)
