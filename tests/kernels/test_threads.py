"""Sharing work between threads: everything once, nothing left behind."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.kernels import threads
from hebbcap.kernels.threads import share, use_threads


@pytest.fixture(autouse=True)
def _as_before():
    yield
    use_threads(None)


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
@pytest.mark.parametrize("pieces", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_every_piece_is_done_once(n_threads, pieces, at_once):
    use_threads(n_threads)
    done = np.zeros(pieces, dtype=int)
    workers = set()

    def work(start, stop, worker):
        done[start:stop] += 1
        workers.add(worker)

    share(work, pieces, at_once=at_once)
    assert (done == 1).all()
    assert len(workers) == min(n_threads, max(pieces, 0))


def test_an_error_in_a_thread_reaches_the_caller():
    use_threads(4)

    def work(start, stop, worker):
        if worker == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share(work, 8)
    share(lambda *_: None, 8)


def test_an_interrupt_stops_the_others_between_calls_and_waits_for_them():
    use_threads(2)
    calls, running = [], []

    def work(start, stop, worker):
        running.append(worker)
        calls.append(start)
        if worker == 0:
            raise KeyboardInterrupt
        running.remove(worker)

    with pytest.raises(KeyboardInterrupt):
        share(work, 2_000_000, at_once=1)
    assert 1 not in running
    assert len(calls) < 1_000_000


def test_an_interrupt_while_waiting_is_not_lost():
    use_threads(2)
    stopped = []

    def work(start, stop, worker):
        if worker == 0:
            return  # and wait for the other
        if start == 500_000:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.0005)
        stopped.append(start)

    with pytest.raises(KeyboardInterrupt):
        share(work, 1_000_000, at_once=1)
    assert len(stopped) < 10_000
    done = np.zeros(100, dtype=int)

    def again(start, stop, worker):
        done[start:stop] += 1

    for _ in range(20):
        share(again, 100)
    assert (done == 20).all()


def test_callers_in_several_threads_each_get_their_work_done():
    use_threads(2)
    done = np.zeros((4, 1000), dtype=int)

    def caller(row):
        def work(start, stop, worker):
            done[row, start:stop] += 1

        for _ in range(50):
            share(work, 1000)

    callers = [threading.Thread(target=caller, args=(row,)) for row in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert (done == 50).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_makes_threads_of_its_own():
    use_threads(2)
    share(lambda *_: None, 2)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        done = np.zeros(4, dtype=int)

        def work(start, stop, worker):
            done[start:stop] += 1

        share(work, 4)
        os.write(writer, bytes([int((done == 1).all())]))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        assert answer.read() == b"\x01"
    os.waitpid(child, 0)


@pytest.mark.parametrize("wrong", ["none", "0", "-1", "2.5"])
def test_a_bad_number_of_threads_is_explained(monkeypatch, wrong):
    monkeypatch.setenv("HEBBCAP_NUM_THREADS", wrong)
    with pytest.raises(InvalidArgument, match="HEBBCAP_NUM_THREADS"):
        threads.count()


def test_the_variable_sets_the_number_of_threads(monkeypatch):
    monkeypatch.setenv("HEBBCAP_NUM_THREADS", "3")
    assert threads.count() == 3


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="one processor only"
)
def test_others_work_on_other_processors_than_the_caller():
    use_threads(2)
    allowed = os.sched_getaffinity(0)
    seen = {}

    def work(start, stop, worker):
        if worker:
            seen[threading.get_ident()] = os.sched_getaffinity(threading.get_native_id())

    share(work, 2)
    (places,) = seen.values()
    assert len(places) == len(allowed) - 1
    assert places < allowed
    assert os.sched_getaffinity(0) == allowed
