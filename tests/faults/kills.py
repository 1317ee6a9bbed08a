"""Is a campaign that is killed at random moments, and gone on with, the same as one that never was?

The whole of `hebbcap sweep` is killed by SIGKILL: half of the moments are spread evenly from its start to
when it has begun to work, and so fall into imports, planning and opening the store; the other half over the
second after that, or four with workers, and so fall into blocks, between them and into writing. After each
kill all rows that are kept must be among those of an uninterrupted run in a fresh store; at the end they must
be the same.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.faults import processes
from tests.faults.table import Row

from hebbcap.campaign import Store

PLANS = {
    "many cells": """
        trials = 24
        [[grid]]
        memory = ["hopfield", "dense:3"]
        dim = {from = 20, to = 60, steps = 8}
        n_patterns = {from = 2, to = 16, steps = 15}
        """,
    "more trials as precision asks": """
        trials = 24
        precision = 0.1
        most_trials = 2048
        [[grid]]
        memory = "hopfield"
        patterns = ["rademacher", "biased:0.3", "sparse:0.2"]
        dim = [20, 30]
        n_patterns = {from = 2, to = 12, steps = 6}
        """,
    "slow blocks": """
        trials = 64
        [[grid]]
        memory = ["storkey", "pseudo-inverse"]
        dim = 100
        n_patterns = [10, 20, 30, 40]
        """,
}
_AFTER_START = 1.0
_WITH_WORKERS = 4.0
"""Seconds of work that kills are spread over; workers take some to start."""

_LONGEST = 120.0


class Kills(NamedTuple):
    """What became of a campaign: kills, those that fell into work, rounds to the end, and what went wrong."""

    kills: int
    at_work: int
    rounds: int
    wrong: tuple[str, ...]
    longest_orphan: float


def sweep(plan, store, *options, **how):
    """Start `hebbcap sweep`."""
    return processes.start(
        "-m", "hebbcap", "sweep", plan, "--store", store, "--quiet", "--no-theory", *options, **how
    )


def rows(store):
    """Return every row of a store; empty where none was begun."""
    if not Path(store).exists():
        return {}
    with Store.open(store) as kept:
        assert not kept.reasons(), kept.reasons()
        blocks = kept.all_blocks()
        return {
            (cell.definition, block): tuple(counts)
            for cell in kept.cells()
            for block, counts in blocks.get(cell.key, {}).items()
        }


def kill(name, kills, seed, folder, options=()):
    """Kill a campaign so often, beginning a fresh store whenever it came to its end in spite of that."""
    rng = random.Random(f"{seed} {name} {options}")
    plan = Path(folder, "plan.toml")
    plan.write_text(PLANS[name])
    expected, start = _uninterrupted(plan, Path(folder, "whole.db"))
    done, at_work, rounds, wrong, orphan, unfinished = 0, 0, 0, [], 0.0, False
    store, before = Path(folder, f"{rounds}.db"), 0
    while done < kills or unfinished:
        late = rng.uniform(0, _WITH_WORKERS if options else _AFTER_START)
        after = rng.uniform(0, start) if rng.random() < 0.5 else start + late
        killed, left = _run(plan, store, options, after if done < kills else _LONGEST)
        orphan = max(orphan, left)
        kept = rows(store)
        if not kept.items() <= expected.items():
            wrong.append(f"other rows after kill {done} of {name!r}")
        if killed:
            done += 1
            at_work += len(kept) > before
            before, unfinished = len(kept), True
            continue
        if kept != expected:
            wrong.append(
                f"{len(kept)} rows rather than {len(expected)} at the end of round {rounds} of {name!r}"
            )
        rounds, before, unfinished = rounds + 1, 0, False
        store = Path(folder, f"{rounds}.db")
    return Kills(done, at_work, rounds, tuple(wrong), orphan)


def _uninterrupted(plan, store):
    """Return the rows of an undisturbed run, and the seconds until one that finds all done has ended."""
    for _ in range(2):
        began = time.perf_counter()
        with sweep(plan, store, stdout=subprocess.DEVNULL) as process:
            assert process.wait() == 0
    return rows(store), time.perf_counter() - began


def _run(plan, store, options, after):
    """Run a sweep and kill it after so many seconds; return if it was, and how long workers outlived it."""
    with sweep(plan, store, *options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        ended = time.monotonic() + after
        while process.poll() is None and time.monotonic() < ended:
            time.sleep(0.002)
        below = processes.below(process.pid)
        if process.poll() is not None:
            assert process.returncode == 0, process.returncode
            return False, 0.0
        process.send_signal(signal.SIGKILL)
        process.wait()
    return True, processes.gone(below, within=30)


def table(short, seed):
    """Return the rows of the table, of a few kills or of more than 200."""
    asked = [
        ("many cells", (), 3 if short else 90),
        ("more trials as precision asks", (), 2 if short else 60),
        ("slow blocks", (), 0 if short else 20),
        ("many cells", ("--workers", "2"), 2 if short else 40),
    ]
    found = []
    for name, options, kills in asked:
        if not kills:
            continue
        with tempfile.TemporaryDirectory() as folder:
            seen = kill(name, kills, seed, folder, options)
        what = f"sweep killed, {name}" + (f", {' '.join(options)}" if options else "")
        orphans = f"; workers ended {seen.longest_orphan:.2f} s after it at most" if options else ""
        found.append(
            Row(
                what, kills, kills - len(seen.wrong), "",
                f"{seen.at_work} while at work; {seen.rounds} times gone on with to the end, row for row as "
                f"uninterrupted{orphans}; seed {seed}" + "".join(f"; {one}" for one in seen.wrong),
            )
        )  # fmt: skip
    return found


if __name__ == "__main__":
    from tests.faults.table import shown

    print(shown(table("--short" in sys.argv, int(os.environ.get("SEED", "0")))))
