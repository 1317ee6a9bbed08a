"""What does each part of a recall from shards take?

python benchmarks/sharded.py [--quick] [--json FILE]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from command import main
from harness import Effort
from machine import THREADS, installed
from problem import Problem, random_bits
from report import Report, Table, seconds

from hebbcap import Bits, Hopfield, use_threads
from hebbcap import sharded as sharded_memory
from hebbcap.engines import fixed_point
from hebbcap.engines.packed import PackedHeld
from hebbcap.separation import Exponential, Polynomial
from hebbcap.sharded import asks, cache, reduction
from hebbcap.sharded.memory import SHARDS
from hebbcap.sharded.shards import Shard, listed, read

TEXT = (
    "One shard as workers hold it; cues are stored patterns with 10 % of their bits flipped. The exponential "
    "takes two sums, the reach and then the rounded terms; fine terms are taken in their place from "
    "16.8 million patterns on, where 61 bits of totals leave too few for each term. Files are written with "
    "fsync and read from the page cache."
)


def sharded(effort: Effort) -> Report:
    """Time sums, files, tasks and names."""
    report = Report("Shards", TEXT)
    dim = effort.choose(full=1024, quick=1024, toy=70)
    n = effort.choose(full=2**20, quick=2**16, toy=300)
    sums(report, effort, dim, n)
    files(report, effort, dim, n)
    tasks(report, effort)
    names(report, effort, dim)
    return report


def sums(report: Report, effort: Effort, dim: int, n: int) -> None:
    """Time what is asked of one shard, by the clock of one thread: other work adds little to it."""
    use_threads(1)
    batches = effort.choose(full=(1, 32, 256), quick=(1, 32), toy=(3,))
    rows: dict[str, list[str]] = {name: [name] for name in ASKS}
    for n_cues in batches:
        problem = Problem(dim, n, n_cues)
        held = PackedHeld.of(problem.patterns)
        for name, ask in ASKS.items():
            best = _best(ask(held, problem.cues), effort, clock=time.thread_time)
            rows[name].append(f"{seconds(best)}, {n / best / 1e6:.3g}")
            report.figures[f"{name}, B={n_cues}"] = best
    use_threads(THREADS)
    head = ("processor time, million patterns/s", *(f"B={n_cues}" for n_cues in batches))
    title = f"Sums over a shard of {n:,} patterns, D={dim:,}, one thread"
    report.tables.append(Table(title, head, tuple(tuple(row) for row in rows.values())))


def _pairwise(held: PackedHeld, states: Bits) -> Callable[[], Any]:
    ask = asks.PairwiseSums(states)
    return lambda: ask.of(held)


def _cubic(held: PackedHeld, states: Bits) -> Callable[[], Any]:
    whole = fixed_point.whole_terms(Polynomial(3).table(held.dim), len(held))
    assert whole is not None
    ask = asks.TableSums(states, [whole.tables.for_all(len(states))])
    return lambda: ask.of(held)


def _reach(held: PackedHeld, states: Bits) -> Callable[[], Any]:
    ask = asks.Reaches(states)
    return lambda: ask.of(held)


def _exponential(held: PackedHeld, states: Bits) -> Callable[[], Any]:
    rounded = fixed_point.rounded_terms(Exponential().table(held.dim), held.reach(states), 39)
    ask = asks.TableSums(states, [rounded.tables])
    return lambda: ask.of(held)


def _fine(separation: Any, n_patterns: int) -> Callable[[PackedHeld, Bits], Callable[[], Any]]:
    def made(held: PackedHeld, states: Bits) -> Callable[[], Any]:
        fine = fixed_point.fine_terms(separation.table(held.dim), held.reach(states), n_patterns)
        ask = asks.TableSums(states, fine.limbs)
        return lambda: ask.of(held)

    return made


ASKS = {
    "pairwise": _pairwise,
    "dense, n = 3": _cubic,
    "reach": _reach,
    "exponential, rounded terms": _exponential,
    "exponential, fine terms for K = 1e9": _fine(Exponential(), 10**9),
    "exponential, fine terms for K = 1e12": _fine(Exponential(), 10**12),
    "dense, n = 3, fine terms for K = 1e12": _fine(Polynomial(3), 10**12),
    "dense, n = 5, fine terms for K = 1e12": _fine(Polynomial(5), 10**12),
}


def files(report: Report, effort: Effort, dim: int, n: int) -> None:
    """Time a shard on its way to the disk and back."""
    bits = random_bits(n, dim, np.random.default_rng(0))
    n_bytes = bits.words.nbytes
    with tempfile.TemporaryDirectory() as folder:
        memory = sharded_memory.create(Path(folder, "m"), Hopfield(), dim=dim)
        place, rows = memory.folder / SHARDS, []
        for what, action in {
            "append, one file": lambda: memory.append(bits, shard_bytes=n_bytes),
            "read and check the hash": lambda: read(place, listed(place)[0], dim),
            "hold, both ways round": lambda: PackedHeld.of(bits).room.columns,
        }.items():
            best = _best(action, effort)
            rows.append((what, seconds(best), f"{n_bytes / best / 1e9:.2f} GB/s"))
    report.tables.append(Table(f"A shard of {n_bytes / 2**20:,.3g} MiB", ("", "time", "rate"), tuple(rows)))


def tasks(report: Report, effort: Effort) -> None:
    """Time what a reduction takes when sums take nothing."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        memory = sharded_memory.create(Path(folder, "m"), Hopfield(), dim=1024)
        for some in range(effort.choose(full=64, quick=64, toy=3)):
            memory = memory.append(random_bits(1, 1024, np.random.default_rng(some)))
        states = random_bits(32, 1024, np.random.default_rng(1)).unpack()
        rows.append(("a reduction here", seconds(_best(lambda: memory.field(states), effort))))
        with ThreadPoolExecutor(2) as executor:
            took = _best(lambda: memory.field(states, client=executor), effort)
            rows.append(("a reduction by two threads of an executor", seconds(took)))
        rows += _by_dask(memory, states, effort)
        cache.forget()
    report.tables.append(Table("A reduction of small shards, B=32, D=1,024", ("", "time"), tuple(rows)))


def _by_dask(memory: Any, states: Any, effort: Effort) -> list[tuple[str, str]]:
    if not installed("distributed"):
        return [("Dask", "not installed")]
    if effort.name == "toy":
        return [("Dask", "not timed")]
    import distributed

    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0", "host": "127.0.0.1"}
    with distributed.LocalCluster(n_workers=2, **options) as cluster, distributed.Client(cluster) as client:
        one = _best(lambda: memory.field(states, client=client), effort)
        n = 1000

        def many() -> None:
            client.gather([client.submit(int, i, pure=False) for i in range(n)])

        each = _best(many, effort) / n
    return [
        ("a reduction by two Dask workers", seconds(one)),
        ("a Dask task that does nothing", seconds(each)),
    ]


def names(report: Report, effort: Effort, dim: int) -> None:
    """Time what grows with the number of shards, of workers, and of answers."""
    n = effort.choose(full=10_000, quick=1000, toy=10)
    some = tuple(Shard(i, 2**20, f"{i:064x}") for i in range(n))
    workers = tuple(f"tls://10.0.{i // 250}.{i % 250}:8786" for i in range(max(n // 10, 2)))
    rng = np.random.default_rng(0)
    answers = [rng.integers(-(2**40), 2**40, (32, dim)) for _ in range(8)]
    ask = asks.PairwiseSums(Bits.pack(np.ones((1, dim))))
    with tempfile.TemporaryDirectory() as folder:
        for shard in some:
            Path(folder, shard.name).touch()
        rows = (
            (f"list {n:,} shards", seconds(_best(lambda: listed(Path(folder)), effort))),
            (
                f"place them on {len(workers)} workers",
                seconds(_best(lambda: reduction.placed.__wrapped__(some, workers), effort)),
            ),
            ("merge 8 answers of 32 cues", seconds(_best(lambda: asks.merged(ask, answers), effort))),
        )
    report.tables.append(Table("Names and answers", ("", "time"), rows))


def _best(action: Callable[[], Any], effort: Effort, clock: Callable[[], float] = time.perf_counter) -> float:
    times = []
    for _ in range(effort.choose(full=5, quick=3, toy=1)):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


if __name__ == "__main__":
    main(sharded)
