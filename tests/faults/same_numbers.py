"""How many counts are the same, of those that must be, for other threads, processes, orders and engines?"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.campaign import same
from tests.faults.table import Row

from hebbcap.campaign import LocalWorkers
from hebbcap.campaign.cluster import client
from hebbcap.campaign.runner import run_task
from hebbcap.engines import use_engine
from hebbcap.kernels.threads import use_threads


def table(short, seed):
    """Return the rows of the table."""
    cells = same.cells()[:: 8 if short else 1]
    expected = same.hashes(cells)
    found = []

    def compare(what, counted):
        alike = sum(counted[text] == value for text, value in expected.items())
        found.append(Row(f"same numbers, {what}", len(expected), alike, "", "cells of 8 trials, bit for bit"))

    kept, _ = same.golden()
    strict = {text: value for text, value in expected.items() if text in kept}
    alike = sum(kept[text] == value for text, value in strict.items())
    found.append(
        Row(
            "same numbers, golden hashes",
            len(strict),
            alike,
            "",
            "as written by tests/campaign/write_golden.py",
        )
    )
    for count in (1, 2, 4):
        use_threads(count)
        compare(f"{count} threads", same.hashes(cells, shuffle=seed + count))
        use_threads(None)
    for engine in ("packed", "numpy"):
        use_engine(engine)
        compare(f"engine {engine}", same.hashes(cells))
        use_engine(None)
    for count in (2,) if short else (1, 2, 3):
        with LocalWorkers(count) as workers:
            compare(f"{count} processes", same.hashes(cells, submit=workers.submit, shuffle=seed + count))
    with ThreadPoolExecutor(3) as pool:
        compare("3 threads of Python", same.hashes(cells, submit=pool.submit, shuffle=seed))
    if not short:
        with client("local:2") as cluster, cluster.get_executor() as executor:
            compare("Dask, 2 processes", same.hashes(cells, submit=executor.submit, shuffle=seed))
    sizes = sum(same.counted(task) == run_task(task) for task in same.tasks(cells))
    found.append(Row("same numbers, blocks of 1 and 4 trials", 2 * len(cells), sizes, "", "block by block"))
    return found


if __name__ == "__main__":
    from tests.faults.table import shown

    print(shown(table("--short" in sys.argv, int(os.environ.get("SEED", "0")))))
