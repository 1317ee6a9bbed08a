"""Work out the tables of docs/scale.md from what was measured and what is assumed.

python docs/build_scale.py
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "scale.md"

# Measured: python benchmarks/sharded.py, whose tables are on the page.
SHARD = 2**20  # patterns of 1,024 bits
SUMS = {  # processor seconds of a shard for 32 cues, one thread: with 10^9 patterns, and with 10^12
    "pairwise": (0.190, 0.190),
    "dense, n = 3": (0.301, 0.655),
    "exponential": (0.0401 + 0.0558, 0.0401 + 0.0552),
}
REDUCTIONS = {"pairwise": 1, "dense, n = 3": 1, "exponential": 2}
READ, HOLD = 0.160, 0.144  # seconds of a shard on one thread, from the page cache
READERS = 4  # threads that read ahead
TASK = 2.81e-3  # seconds of the scheduler for one task

# Assumed.
CORES, EFFICIENCY = 64, 0.7
MEMORY = 512 * 2**30
DISK = 5e9  # bytes/s of a machine's own disks
STORE = 1e9  # bytes/s that a machine draws from a shared store
NETWORK = 25e9 / 8
PRICE = 4.0  # dollars an hour for one machine
STORE_PRICE = 0.023  # dollars a month for 1e9 bytes
DEATHS = 1 / (3 * 365.0)  # of a machine, a day

PACKED, HELD = 128, 256  # bytes of a pattern in a file, and in memory
CUES, DIM = 32, 1024
FAN_IN = 8
COUNTS, MACHINES = (10**9, 10**12), (1, 100, 1000)


@dataclass(frozen=True)
class Step:
    """What one update of 32 cues takes: seconds of sums, of what memory can't hold, and of tasks."""

    sums: float
    reading: float
    tasks: float

    @property
    def total(self) -> float:
        """Seconds in all: shards are read while sums are taken over those before them."""
        return max(self.sums, self.reading) + self.tasks


def n_tasks(machines: int) -> int:
    """Return the tasks of one reduction: the ask, its answers, and what merges them, eight at a time."""
    parts = machines * max(1, min(4, 64 // machines))
    total = 1 + parts
    while parts > 1:
        parts = math.ceil(parts / FAN_IN)
        total += parts
    return total


def step(memory: str, n_patterns: int, machines: int) -> Step:
    """Return what an update takes: shards x seconds / (machines x cores x efficiency), and so on."""
    sums = n_patterns / SHARD * SUMS[memory][COUNTS.index(n_patterns)] / (machines * CORES * EFFICIENCY)
    kept = min(1.0, 0.5 * MEMORY * machines / (HELD * n_patterns))
    passes = REDUCTIONS[memory]
    away = (1 - kept) * n_patterns / machines * passes
    reading = max(away * PACKED / DISK, away / SHARD * (READ + HOLD) / READERS)
    return Step(sums, reading, n_tasks(machines) * TASK * passes)


def times() -> list[str]:
    """Return the table of seconds for one step."""
    lines = ["| 32 cues, one step | " + " | ".join(f"{m:,} machine{'s' * (m > 1)}" for m in MACHINES) + " |"]
    lines.append("|---|" + "---|" * len(MACHINES))
    for n in COUNTS:
        for memory in SUMS:
            cells = []
            for machines in MACHINES:
                found = step(memory, n, machines)
                parts = [f"sums {shown(found.sums)}", f"tasks {shown(found.tasks)}"]
                parts += [f"reading {shown(found.reading)}"] if found.reading else []
                cells.append(f"**{shown(found.total)}** ({', '.join(parts)})")
            lines.append(f"| {memory}, K = {power(n)} | " + " | ".join(cells) + " |")
    return lines


def sizes() -> list[str]:
    """Return the table of bytes, and of what depends on the number of patterns and machines alone."""
    lines = ["| | " + " | ".join(f"{power(n)} on {m:,}" for n in COUNTS for m in MACHINES) + " |"]
    lines.append("|---|" + "---|" * (len(COUNTS) * len(MACHINES)))
    pairs = [(n, m) for n in COUNTS for m in MACHINES]

    def row(what: str, cells: list[str]) -> None:
        lines.append(f"| {what} | " + " | ".join(cells) + " |")

    row("files in all", [size(PACKED * n) for n, _ in pairs])
    row("memory in all, both ways round", [size(HELD * n) for n, _ in pairs])
    row("memory of one machine", [size(HELD * n / m) for n, m in pairs])
    row("... as a share of the 256 GiB for shards", [f"{HELD * n / m / (MEMORY / 2):.2g}" for n, m in pairs])
    row("shards of 128 MiB", [f"{math.ceil(n / SHARD):,}" for n, _ in pairs])
    row("first load, from the store", [shown(n * PACKED / (m * STORE)) for n, m in pairs])
    row(
        "first load, the processor's share",
        [shown(n / SHARD * (READ + HOLD) / READERS / m) for n, m in pairs],
    )
    row("tasks of a reduction", [f"{n_tasks(m):,}" for _, m in pairs])
    row("merges one after another", [f"{depth(m)}" for _, m in pairs])
    row("sent over the network, pairwise", [size(traffic(m)) for _, m in pairs])
    row("dollars a month to store", [f"{PACKED * n / 1e9 * STORE_PRICE:,.0f}" for n, _ in pairs])
    row("dollars an hour to run", [f"{m * PRICE:,.0f}" for _, m in pairs])
    row("deaths of a machine, a day", [f"{m * DEATHS:.2g}" for _, m in pairs])
    return lines


def best() -> list[str]:
    """Return the table of the number of machines at which a step takes least time."""
    lines = ["| | fastest with | one step | one cue |", "|---|---|---|---|"]
    for n in COUNTS:
        for memory in SUMS:
            counts = range(1, 20_001)
            machines = min(counts, key=lambda m: step(memory, n, m).total)
            took = step(memory, n, machines).total
            dollars = took / 3600 * machines * PRICE / CUES
            lines.append(
                f"| {memory}, K = {power(n)} | {machines:,} machines | {shown(took)} | {dollars:.2g} dollars |"
            )
    return lines


def depth(machines: int) -> int:
    """Return how many merges an answer passes through."""
    answers, levels = machines * max(1, min(4, 64 // machines)), 0
    while answers > 1:
        answers, levels = math.ceil(answers / FAN_IN), levels + 1
    return levels


def traffic(machines: int) -> float:
    """Return bytes of one reduction: states to every machine, and each answer and merged answer once."""
    return machines * CUES * PACKED + (n_tasks(machines) - 1) * CUES * DIM * 8


def power(n: int) -> str:
    """Write a power of ten."""
    return f"10^{len(str(n)) - 1}"


def size(n_bytes: float) -> str:
    """Write a number of bytes, in powers of a thousand."""
    for unit, value in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= value:
            return f"{n_bytes / value:.3g} {unit}"
    return f"{n_bytes / 1e3:.3g} kB"


def shown(seconds: float) -> str:
    """Write a time."""
    if seconds >= 5400:
        return f"{seconds / 3600:.2g} h"
    if seconds >= 90:
        return f"{seconds / 60:.2g} min"
    return f"{seconds:.2g} s" if seconds >= 0.1 else f"{1000 * seconds:.2g} ms"


def page(text: str) -> str:
    """Return the page with its tables worked out anew."""
    for name, lines in (("sizes", sizes()), ("times", times()), ("best", best())):
        start, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, rest = text.split(start)
        text = before + start + "\n".join(lines) + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
