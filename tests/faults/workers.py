"""What becomes of a campaign whose workers are killed, by somebody or by a cell of their own?"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.campaign import badly
from tests.faults import processes
from tests.faults.table import Row

from hebbcap.campaign import LocalWorkers, Store, plan, sweep
from hebbcap.campaign.cluster import client, cores
from hebbcap.campaign.runner import Runner
from hebbcap.campaign.workers import InProcess

_TRIALS = 20
"""Trials of each cell of a campaign that take about a second together."""

LONGEST_ORPHAN = 1.0
"""Seconds within which workers have to end after the process that started them."""


def rows(asked, executor, at_once):
    """Return the rows of a campaign, and what was set aside."""
    with Store.open(None) as store:
        Runner(asked, store).run(executor, at_once)
        return store.all_blocks(), store.reasons()


def campaign(seconds, seed):
    """Return a plan of about so many seconds of work."""
    grid = {"memory": "storkey", "dim": 100, "n_patterns": list(range(20, 50))}
    return plan(grid, seed=seed, trials=max(round(_TRIALS * seconds), 24))


@contextmanager
def killing(numbers, rng, every):
    """Kill one of these processes now and then, and yield the list of those that were."""
    killed, over = [], threading.Event()

    def work():
        while not over.wait(rng.uniform(0.1, 2) * every):
            for process in rng.sample(found, 1) if (found := numbers()) else []:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                    killed.append(process)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def local(kills, seed):
    """Kill local workers at random until so many were."""
    rng, killed, wrong, begun = random.Random(seed), 0, [], []
    while killed < kills:
        asked = campaign(15 if kills > 5 else 2, seed + killed)
        expected = rows(asked, InProcess(), lambda: 1)
        with LocalWorkers(2) as workers, killing(lambda: workers.processes, rng, 1.5) as numbers:
            found = rows(asked, workers, lambda: 4)
        killed += len(numbers)
        begun += numbers
        if found != expected:
            wrong.append(f"other rows, or cells set aside: {list(found[1].values())[:1]}")
    orphans = sum(map(processes.alive, begun))
    remark = f"rows as of one process, no cell blamed, {orphans} orphans; seed {seed}" + "".join(wrong)
    return Row("local workers killed", killed, killed * (not wrong and not orphans), "", remark)


def dask(kills, seed):
    """Kill workers of a Dask cluster at random until so many were."""
    rng, killed, wrong = random.Random(seed), 0, []
    me = os.getpid()

    def workers():
        return [number for number in processes.below(me) if "spawn_main" in processes.command(number)]

    while killed < kills:
        asked = campaign(20 if kills > 5 else 6, seed + killed)
        expected = rows(asked, InProcess(), lambda: 1)
        with client("local:2") as found, killing(workers, rng, 2.5) as numbers:
            counted = rows(asked, found.get_executor(), cores(found))
        killed += len(numbers)
        if counted != expected:
            wrong.append(f"; other rows, or cells set aside: {list(counted[1].values())[:1]}")
    remark = f"rows as of one process, no cell blamed; seed {seed}" + "".join(wrong)
    return Row("Dask workers killed", killed, killed * (not wrong), "", remark)


def deadly_cells(short):
    """Run campaigns in which one cell of four ends its worker each time."""
    ways = [badly.exits] if short else [badly.exits, badly.crashes, badly.kills, badly.leaves, badly.starves]
    asked = [(way, {"workers": 2}) for way in ways] + [
        (way, {"dask": "local:2"}) for way in ways[:3] if not short
    ]
    held, wrong, began = 0, "", time.perf_counter()
    for way, how in asked:
        states = [cell.state for cell in sweep(badly.campaign(way), **how).cells]
        if states == ["measured", "measured", "set aside", "measured"]:
            held += 1
        else:
            wrong += f"; {way.__name__} with {how}: {states}"
    worst = f"{(time.perf_counter() - began) / len(asked):.1f} s each"
    names = ", ".join(way.__name__ for way in ways)
    return Row(
        "cell that ends its worker each time", len(asked), held, worst, f"set aside and named: {names}{wrong}"
    )


_PARENT = """
import sys, time
from hebbcap.campaign import LocalWorkers
if __name__ == "__main__":
    workers = LocalWorkers(2)
    futures = [workers.submit(time.sleep, 600) for _ in range(2)]
    while len(workers.processes) < 2:
        time.sleep(0.01)
    time.sleep(float(sys.argv[1]))
    print(*workers.processes, flush=True)
    time.sleep(600)
"""


def orphans(times, seed):
    """Kill the process that started workers, and see how soon these end."""
    rng, seconds = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(_PARENT)
        for _ in range(times):
            with processes.start(script, rng.uniform(0, 3), stdout=subprocess.PIPE) as parent:
                started = [int(number) for number in parent.stdout.readline().split()]
                parent.kill()
                parent.wait()
                seconds.append(processes.gone(started, within=60))
    held = sum(one < LONGEST_ORPHAN for one in seconds)
    worst = f"{max(seconds):.2f} s"
    return Row("workers whose parent was killed", times, held, worst, f"they end by themselves; seed {seed}")


def table(short, seed):
    """Return the rows of the table."""
    return [
        local(2 if short else 40, seed),
        dask(1 if short else 15, seed),
        deadly_cells(short),
        orphans(1 if short else 10, seed),
    ]


if __name__ == "__main__":
    from tests.faults.table import shown

    print(shown(table("--short" in sys.argv, int(os.environ.get("SEED", "0")))))
