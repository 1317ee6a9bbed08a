"""Workers that are killed: the answer is the same."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import hebbcap
from hebbcap import Dense, Exponential, Hopfield
from hebbcap.sharded.reduction import placed
from hebbcap.sharded.shards import Shard


def processes(client):
    return list(client.run(os.getpid).values())


def kill_one(client):
    os.kill(processes(client)[0], signal.SIGKILL)


@pytest.mark.parametrize(
    "memory",
    [pytest.param(Hopfield(), marks=pytest.mark.slow), Dense(Exponential(0.5))],
    ids=lambda m: m.name,
)
def test_right_after_a_death_the_answer_is_the_same(both, make_cluster, memory):
    made = both(memory, 100, (7, 1, 40, 13, 2, 5, 31))
    with make_cluster(2) as client:
        made.check(client)
        kill_one(client)
        made.check(client)


@pytest.mark.slow
def test_workers_killed_amid_a_recall_change_nothing(both, make_cluster, monkeypatch):
    made = both(Dense(Exponential(0.02)), 200, (70, 10, 400, 130, 20, 50, 310) * 3)
    expected = hebbcap.recall(made.whole, made.cues)
    with make_cluster(2) as client:
        doomed = processes(client)[0]
        done = threading.Event()

        def kill_soon():
            time.sleep(0.3)
            os.kill(doomed, signal.SIGKILL)
            done.set()

        killer = threading.Thread(target=kill_soon)
        killer.start()
        n_recalls = 0
        while not done.is_set() or n_recalls < 2:
            found = made.parts.recall(made.cues, client=client)
            np.testing.assert_array_equal(found.states.words, expected.states.words)
            np.testing.assert_array_equal(found.steps, expected.steps)
            n_recalls += 1
        killer.join()
        assert doomed not in processes(client)


def test_appending_while_others_recall_changes_nothing_for_them(both, dask):
    made = both(Dense(), 64, (30, 20, 10))
    expected = made.whole.field(made.cues.unpack(dtype=np.float64))
    stop = threading.Event()

    def append():
        while not stop.is_set():
            made.parts.append(made.cues)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        for _ in range(5):
            np.testing.assert_array_equal(made.parts.field(made.cues, client=dask), expected)
    finally:
        stop.set()
        writer.join()
    grown = made.parts.refreshed()
    assert grown.n_patterns > 60
    more = made.whole.store(grown.on().bits[60:])
    np.testing.assert_array_equal(
        grown.field(made.cues, client=dask), more.field(made.cues.unpack(dtype=np.float64))
    )


def shards(n):
    return tuple(Shard(i, 10, f"{i:064x}") for i in range(n))


def test_every_worker_has_as_many_shards_and_each_shard_one_worker():
    where = placed(shards(100), tuple(f"tcp://10.0.0.{i}:1234" for i in range(7)))
    assert sorted(shard for some in where.values() for shard in some) == list(shards(100))
    assert max(len(some) for some in where.values()) == 15


def test_a_death_moves_little_more_than_the_dead_worker_s_shards():
    workers = tuple(f"tcp://10.0.0.{i}:1234" for i in range(10))
    before, after = placed(shards(1000), workers), placed(shards(1000), workers[1:])
    moved = sum(len(set(some) - set(after.get(worker, ()))) for worker, some in before.items())
    assert 100 <= moved < 300  # dealt out in turn, almost all would move
