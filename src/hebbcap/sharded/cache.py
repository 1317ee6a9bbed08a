"""Which shards stay in memory between one sum and the next?

As many as fit, in the form of the engine that sums over them. Sums go round and round over the same shards:
the one to make room is drawn by lot, where the one used longest ago would be just the one needed next.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from hebbcap import _checks
from hebbcap._memory import available_bytes, parsed_bytes
from hebbcap.engines.packed import PackedHeld
from hebbcap.kernels.bits import n_words
from hebbcap.sharded.shards import Shard, read

VARIABLE: Final = "HEBBCAP_SHARD_BYTES"
"""Names the bytes that shards may take in a process. If it is not set: half of what is free, or of a Dask
worker's limit, if that is less."""

_FORMS: Final = 2
"""Packed patterns stand along the patterns and along the neurons: twice their bytes."""

AHEAD: Final = 4
"""Shards that are read at a time, while sums are taken over those before them."""

_lock = threading.Lock()
_held: dict[tuple[str, Shard], tuple[PackedHeld, int]] = {}
_lot = random.Random()


def each(folder: Path, shards: Sequence[Shard], dim: int) -> Iterator[PackedHeld]:
    """Yield the patterns of shards in order, reading ahead where they are not in memory.

    Raises
    ------
    UnreadableFile, TooLarge
        As `held`.
    """
    most = worker_bytes()  # known in the thread of a task alone
    with _lock:
        some_are_away = any((os.fspath(folder), shard) not in _held for shard in shards)
    if not some_are_away or len(shards) == 1:
        yield from (held(folder, shard, dim, most) for shard in shards)
        return
    with ThreadPoolExecutor(AHEAD, "hebbcap shards") as readers:
        coming: deque[Future[PackedHeld]] = deque()
        try:
            for shard in shards:
                coming.append(readers.submit(held, folder, shard, dim, most))
                if len(coming) > AHEAD:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()


def held(folder: Path, shard: Shard, dim: int, most: int | None = None) -> PackedHeld:
    """Return the patterns of a shard, ready to be summed over; half of `most` bytes stay in memory at most.

    Raises
    ------
    UnreadableFile
        If the file is gone or damaged.
    TooLarge
        If it doesn't fit in memory.
    """
    key = (os.fspath(folder), shard)
    with _lock:
        if key in _held:
            return _held[key][0]
    n_bytes = _FORMS * 4 * shard.n_patterns * n_words(dim)
    _checks.check_fits(n_bytes, f"{key[0]}/{shard.name}", "append smaller shards")
    patterns = PackedHeld.of(read(folder, shard, dim))
    with _lock:
        # Room is asked for once its bytes are taken, so that those read at the same time count as well.
        limit = _limit(most)
        while _held and _taken() + n_bytes > limit:
            del _held[_lot.choice(list(_held))]
        if _taken() + n_bytes <= limit:
            _held[key] = (patterns, n_bytes)
    return patterns


def taken_bytes() -> int:
    """Return the bytes that shards take in this process."""
    with _lock:
        return _taken()


def forget() -> None:
    """Let go of every shard."""
    with _lock:
        _held.clear()


def _taken() -> int:
    return sum(n_bytes for _, n_bytes in _held.values())


def _limit(most: int | None) -> float:
    """Return the bytes that shards may take in this process."""
    named = os.environ.get(VARIABLE)
    if named:
        allowed = parsed_bytes(named)
        if allowed is None:
            raise _checks.fail(VARIABLE, named, "must be a number of bytes > 0", "as 4GiB, 500MB or 1e9")
        return allowed
    free = available_bytes() + _taken()
    return _checks.MEMORY_SHARE * min(free, most or free)


def worker_bytes() -> int | None:
    """Return the bytes beyond which Dask would end the worker that this process is; None if it is none."""
    if "distributed" not in sys.modules:
        return None
    import distributed

    try:
        limit = distributed.get_worker().memory_manager.memory_limit
    except (AttributeError, ValueError):  # no worker, or one that nobody watches
        return None
    return None if limit is None else int(limit)
