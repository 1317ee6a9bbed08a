"""How fast can this machine count ones and read memory at all?

Both limits are measured with two threads in the run whose figures they are held against. The first is made of
chains of the three operations that every packed overlap needs for each word, xor, count and add, with nothing
to load; the second reads an array once.

python benchmarks/limits.py [--quick] [--json FILE]
"""

from __future__ import annotations

import numpy as np
from command import main
from harness import Contender, Effort, race
from numpy.typing import NDArray
from report import Report

from hebbcap.kernels import threads
from hebbcap.kernels.language import I32X16, Code, Value
from hebbcap.kernels.machine import Kernel

POPCOUNT = "limit: popcount"
READ = "limit: memory read"

_CHAINS = 12
"""Independent chains: more than the latency of the three operations can keep waiting."""

_STEPS = 300_000
"""Links of each chain in one call: milliseconds, so that starting two threads is nothing beside it."""

_STREAMS = 8
_BYTES = 64 * _STREAMS
"""Bytes that one turn of the reading loop takes."""


def _count_chains(k: Code, steps: Value, out: Value) -> None:
    """Each chain feeds on its own count, so that nothing can be left out or done once for all."""
    sums = [
        k.variable(k.number(I32X16, [97 * chain + lane for lane in range(16)])) for chain in range(_CHAINS)
    ]
    with k.range(steps):
        for sum_ in sums:
            sum_.add(k.count_ones(sum_.get() ^ 0x5A5A5A5A))
    total = sums[0].get()
    for sum_ in sums[1:]:
        total = total + sum_.get()
    k.store(total, out)


def _read_all(k: Code, source: Value, turns: Value, out: Value) -> None:
    """Add up everything read, so that it must be read."""
    sums = [k.variable(k.zero(I32X16)) for _ in range(_STREAMS)]
    with k.range(turns) as turn:
        for stream, sum_ in enumerate(sums):
            sum_.add(k.load(I32X16, source + turn * _BYTES + 64 * stream))
    total = sums[0].get()
    for sum_ in sums[1:]:
        total = total + sum_.get()
    k.store(total, out)


_count = Kernel(_count_chains, "count_chains")
_read = Kernel(_read_all, "read_all")


def popcount(products: float, effort: Effort) -> Contender:
    """Return the contender that counts the ones of `products` bits and does nothing else."""
    workers, steps = threads.count(), effort.choose(full=_STEPS, quick=_STEPS, toy=1)
    out = np.zeros((workers, 16), dtype=np.int32)

    def work(start: int, stop: int, worker: int) -> None:
        for _ in range(start, stop):
            _count(steps, out[worker].ctypes.data)

    def run() -> NDArray[np.int32]:
        threads.share(work, workers)
        return out

    return Contender(POPCOUNT, run, read=None, share=workers * steps * _CHAINS * 512 / products)


def read(array: NDArray[np.uint32]) -> Contender:
    """Return the contender that reads an array once."""
    turns = array.nbytes // _BYTES
    out = np.zeros((threads.count(), 16), dtype=np.int32)

    def work(start: int, stop: int, worker: int) -> None:
        _read(array.ctypes.data + start * _BYTES, stop - start, out[worker].ctypes.data)

    def run() -> NDArray[np.int32]:
        threads.share(work, turns)
        return out

    return Contender(READ, run, read=None, share=turns * _BYTES / array.nbytes)


def limits(effort: Effort) -> Report:
    """Measure both."""
    report = Report("Limits of this machine, two threads")
    bits = 1e9
    counted = race("1e9 bits", [popcount(bits, effort)], effort)
    report.add("xor, count and add", [counted], [bits / 1e9], "Gbit/s")
    sizes = effort.choose(full=(2**25, 2**29), quick=(2**25, 2**28), toy=(2**12,))
    arrays = [np.ones(size // 4, dtype=np.uint32) for size in sizes]
    races = [race(f"{array.nbytes / 2**20:.4g} MiB", [read(array)], effort) for array in arrays]
    report.add("Reading an array", races, [array.nbytes / 1e9 for array in arrays], "GB/s")
    return report


if __name__ == "__main__":
    main(limits)
