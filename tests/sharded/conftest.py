"""Patterns in shards, beside the memory that holds them all, and a cluster of real worker processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hebbcap
from hebbcap import Bits, sharded
from hebbcap.sharded import cache


@dataclass
class Both:
    """A memory and its sharded twin, with cues near patterns and far from any."""

    whole: Any
    parts: sharded.ShardedMemory
    cues: Bits

    def check(self, client=None, **options):
        """Recall and field of the two must be equal to the last bit."""
        expected = hebbcap.recall(self.whole, self.cues, **options)
        found = self.parts.recall(self.cues, client=client, **options)
        np.testing.assert_array_equal(found.states.words, expected.states.words)
        np.testing.assert_array_equal(found.steps, expected.steps)
        assert found.outcomes == expected.outcomes
        low, high = self.whole.levels
        states = self.cues.unpack(low, high, np.float64)
        on = self.parts.on(client)
        for mine, theirs in zip(on.scaled_field(states), self.whole.scaled_field(states), strict=True):
            assert mine.tobytes() == theirs.tobytes()


@pytest.fixture
def both(tmp_path):
    """Return a function that makes both of a memory, of patterns drawn with a seed."""

    def make(memory, dim, sizes, *, seed=0, n_cues=6, levels=(-1.0, 1.0), drawn=None):
        rng = np.random.default_rng([seed, dim, *sizes])
        patterns = rng.random((sum(sizes), dim)) < 0.5 if drawn is None else drawn
        cues = rng.random((n_cues, dim)) < 0.5
        near = min(n_cues // 2, len(patterns))
        cues[:near] = patterns[:near] ^ (rng.random((near, dim)) < 0.15)
        cues[0] = patterns[-1]
        # A folder of its own each time: what a cache holds goes by the folder's name.
        folder = Path(tmp_path, f"memory-{len(list(tmp_path.iterdir()))}")
        parts = sharded.create(folder, memory, dim=dim, levels=levels)
        start = 0
        for size in sizes:
            parts = parts.append(Bits.pack(patterns[start : start + size]))
            start += size
        whole = memory.store(Bits.pack(patterns), levels=levels)
        return Both(whole, parts, Bits.pack(cues))

    return make


@pytest.fixture(autouse=True)
def nothing_held():
    yield
    cache.forget()


@pytest.fixture(scope="session")
def make_cluster():
    """Return a context manager: a cluster of so many processes, and its client."""
    from contextlib import contextmanager

    distributed = pytest.importorskip("distributed")

    @contextmanager
    def made(n_workers):
        options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
        with (
            distributed.LocalCluster(n_workers=n_workers, host="127.0.0.1", **options) as cluster,
            distributed.Client(cluster, set_as_default=False) as client,
        ):
            yield client

    return made


@pytest.fixture(scope="session")
def dask(make_cluster):
    with make_cluster(2) as client:
        yield client
