"""Who asks the shards, and in which order do their answers become one?

Here, one shard after the other; or the workers of an executor; or those of a Dask cluster, where each asks
the shards that it already holds and answers are merged on the workers, a few at a time, so that one comes
back. Any order gives the same answer. Nothing is only in a worker's memory: where one dies, Dask asks its
shards elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from hebbcap import _checks
from hebbcap.engines.protocol import Whole
from hebbcap.sharded.asks import Ask, answer, merged
from hebbcap.sharded.shards import Shard

FAN_IN: Final = 8
"""Answers that are merged at a time on a worker."""

_TASKS: Final = 64
"""Tasks up to which a worker's shards are asked in several, which other workers share when it dies."""

_PARTS: Final = 4
"""Tasks that the shards of a worker are divided into at most."""


def check_client(client: object) -> None:
    """Refuse what can't ask shards.

    Raises
    ------
    InvalidArgument
        If it is neither None, nor an executor, nor a Dask client.
    """
    if not (client is None or isinstance(client, Executor) or _is_dask(client)):
        rule = "must be a distributed.Client or a concurrent.futures.Executor"
        raise _checks.fail("client", client, rule, "None asks the shards here, one after the other")


def reduced(ask: Ask, client: Any, folder: Path, shards: tuple[Shard, ...], dim: int) -> Whole:
    """Return what all shards answer together.

    Raises
    ------
    UnreadableFile
        If the file of a shard is gone or damaged.
    """
    if client is None:
        return answer(ask, folder, shards, dim)
    if isinstance(client, Executor):
        return _by_executor(ask, client, folder, shards, dim)
    return _by_dask(ask, client, folder, shards, dim)


def _is_dask(client: object) -> bool:
    """Whether it is a Dask client, without importing Dask for others."""
    return any(base.__module__.startswith("distributed.") for base in type(client).__mro__[:-1])


def _by_executor(ask: Ask, executor: Executor, folder: Path, shards: tuple[Shard, ...], dim: int) -> Whole:
    runs = _runs(shards, _PARTS * (os.cpu_count() or 1))
    waiting = [executor.submit(answer, ask, folder, run, dim) for run in runs]
    total: Whole | None = None
    try:
        for done in as_completed(waiting):
            total = done.result() if total is None else ask.merge(total, done.result())
    finally:
        for future in waiting:
            future.cancel()
    assert total is not None
    return total


def _by_dask(ask: Ask, client: Any, folder: Path, shards: tuple[Shard, ...], dim: int) -> Whole:
    threads = client.nthreads()
    if not threads:
        raise _checks.fail("client", client, "has no workers", "start some: dask worker SCHEDULER")
    # As a task of its own the ask travels once, from worker to worker, and is made again where one is lost.
    given = client.submit(_same, ask, pure=False)
    futures = []
    for worker, run in placed(shards, tuple(sorted(threads))).items():
        for part in _runs(run, max(threads[worker], min(_PARTS, _TASKS // len(threads)))):
            where = {"workers": [worker], "allow_other_workers": True}
            futures.append(client.submit(answer, given, folder, part, dim, pure=False, **where))
    while len(futures) > 1:
        several = [futures[i : i + FAN_IN] for i in range(0, len(futures), FAN_IN)]
        futures = [client.submit(merged, given, some, pure=False) for some in several]
    try:
        found: Whole = futures[0].result()
    except BaseException:
        client.cancel(futures, force=True)
        raise
    return found


@lru_cache(maxsize=8)
def placed(shards: tuple[Shard, ...], workers: tuple[str, ...]) -> dict[str, tuple[Shard, ...]]:
    """Return which worker asks which shards: equally many each, and mostly the same ones as before.

    Every shard ranks the workers by a hash of both, and goes to the first with room (rendezvous hashing;
    Thaler & Ravishankar, IEEE/ACM Trans. Netw. 6, 1 (1998)): a worker that comes or goes moves few others.

    >>> shards = tuple(Shard(i, 10, f"{i:064x}") for i in range(6))
    >>> [len(some) for some in placed(shards, ("a", "b", "c")).values()]
    [2, 2, 2]
    """
    room = -(-len(shards) // len(workers))
    seeds = np.array([_hash(worker) for worker in workers], dtype=np.uint64)
    chosen: dict[str, list[Shard]] = {worker: [] for worker in workers}
    for shard in shards:
        for place in np.argsort(_mixed(seeds ^ np.uint64(_hash(shard.name)))):
            if len(chosen[workers[place]]) < room:
                chosen[workers[place]].append(shard)
                break
    return {worker: tuple(some) for worker, some in chosen.items() if some}


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _mixed(numbers: Any) -> Any:
    """Return the numbers mixed, by the finalizer of SplitMix64."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _runs(shards: Sequence[Shard], most: int) -> list[tuple[Shard, ...]]:
    """Return the shards in at most so many runs."""
    step = -(-len(shards) // most)
    return [tuple(shards[start : start + step]) for start in range(0, len(shards), step)]


def _same(ask: Ask) -> Ask:
    return ask
