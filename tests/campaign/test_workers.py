import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor

import pytest
from tests.campaign import badly
from tests.faults import processes

from hebbcap._checks import InvalidArgument
from hebbcap.campaign import LocalWorkers, WorkerDied, sweep

SLOW = pytest.mark.slow


def square(x):
    time.sleep(0.01)
    return x * x


def die():
    os._exit(3)


def give_what_can_not_be_sent():
    return lambda: 1


@pytest.fixture(scope="module")
def workers():
    with LocalWorkers(2) as found:
        yield found


def test_calls_are_answered_in_their_own_futures(workers):
    assert [f.result() for f in [workers.submit(square, i) for i in range(30)]] == [i * i for i in range(30)]
    assert len(workers.processes) == 2


def test_a_call_that_kills_its_worker_each_time_is_given_up_and_the_others_are_answered(workers):
    others = [workers.submit(square, i) for i in range(4)]
    bad = workers.submit(die)
    others += [workers.submit(square, i) for i in range(4, 8)]
    with pytest.raises(WorkerDied, match="3 workers died of it"):
        bad.result()
    assert [f.result() for f in others] == [i * i for i in range(8)]


def test_errors_come_back_and_what_can_not_be_sent_is_told(workers):
    with pytest.raises(TypeError):
        workers.submit(square, None).result()
    with pytest.raises(RuntimeError, match="Odd: one"):
        workers.submit(badly.raises_odd, [0] * badly.WORST, None).result()
    with pytest.raises(SystemExit):
        workers.submit(badly.leaves, [0] * badly.WORST, None).result()
    for unsent in (workers.submit(give_what_can_not_be_sent), workers.submit(lambda: 1)):
        with pytest.raises(Exception, match="pickle"):
            unsent.result()
    assert workers.submit(square, 3).result() == 9


def test_killed_workers_are_replaced_and_no_call_is_lost(workers):
    rng, futures = random.Random(0), [workers.submit(square, i) for i in range(300)]
    for _ in range(3):
        time.sleep(0.3)
        for process in rng.sample(workers.processes, 1):
            os.kill(process, signal.SIGKILL)
    assert [f.result() for f in futures] == [i * i for i in range(300)]


@pytest.mark.parametrize("after", [0.0, 0.2, pytest.param(2.0, marks=SLOW)])
def test_dismissed_workers_end_at_once_whatever_they_are_at(after):
    workers = LocalWorkers(2)
    futures = [workers.submit(time.sleep, 3600) for _ in range(5)]
    time.sleep(after)
    started = workers.processes
    began = time.perf_counter()
    workers.shutdown(cancel_futures=True)
    assert time.perf_counter() - began < 5
    assert all(f.cancelled() or isinstance(f.exception(), BrokenExecutor) for f in futures)
    assert not any(processes.alive(process) for process in started)


def test_workers_that_are_let_go_finish_what_they_were_given():
    workers = LocalWorkers(1)
    futures = [workers.submit(square, i) for i in range(3)]
    workers.shutdown(wait=False)
    assert [f.result() for f in futures] == [0, 1, 4]


@pytest.mark.parametrize("count", [0, -1, 1.5, 10**6, "2", True, None])
def test_numbers_of_workers_outside_their_range_are_refused(count):
    with pytest.raises(InvalidArgument, match="workers"):
        LocalWorkers(count)


@pytest.mark.parametrize(
    "recall",
    [
        badly.exits,
        *(pytest.param(one, marks=SLOW) for one in (badly.crashes, badly.kills, badly.starves, badly.fails)),
    ],
)
def test_a_cell_that_kills_its_worker_each_time_is_set_aside_and_the_rest_is_measured(recall):
    found = sweep(badly.campaign(recall), workers=2)
    assert [cell.state for cell in found.cells] == ["measured", "measured", "set aside", "measured"]


_PARENT = """
import time
from hebbcap.campaign import LocalWorkers
from tests.campaign.test_workers import spin
if __name__ == "__main__":
    workers = LocalWorkers(2)
    try:
        futures = [workers.submit({call}) for _ in range(4)]
        while len(workers.processes) < 2:
            time.sleep(0.01)
        time.sleep({after})
        print(*workers.processes, flush=True)
        time.sleep(3600)
    finally:
        workers.shutdown(cancel_futures=True)
"""


def spin():
    """Hold Python's lock, as a compiled library may, until the process ends."""
    import ctypes

    ctypes.PyDLL(None).sleep(60)


@pytest.mark.parametrize(
    ("call", "after"),
    [
        pytest.param("time.sleep, 60", 3, id="at work"),
        pytest.param("time.sleep, 60", 0, id="new", marks=SLOW),
        pytest.param("spin", 3, id="deep", marks=SLOW),
    ],
)
def test_workers_end_by_themselves_within_a_second_when_their_parent_was_killed(tmp_path, call, after):
    script = tmp_path / "script.py"
    script.write_text(_PARENT.format(call=call, after=after))
    with processes.start(script, stdout=subprocess.PIPE) as parent:
        started = [int(number) for number in parent.stdout.readline().split()]
        parent.kill()
    assert len(started) == 2
    assert processes.gone(started, within=5 if after else 15) < (2 if after else 15)


_UNGUARDED = """
import hebbcap.campaign
found = hebbcap.campaign.sweep({"dim": 20, "n_patterns": [3, 4]}, workers=2, store="runs.db")
"""


def test_a_script_without_a_guard_is_told_so_and_starts_no_more_processes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_UNGUARDED)
    done = processes.start(script, stderr=subprocess.PIPE, cwd=tmp_path)
    _, error = done.communicate(timeout=60)
    assert done.returncode == 1
    assert 'under if __name__ == "__main__":' in error.splitlines()[-1]
    assert error.count("Traceback") <= 2  # of the one process, with the cause


@SLOW
def test_a_thread_may_start_workers_too():
    found = []
    thread = threading.Thread(
        target=lambda: found.append(sweep({"dim": 20, "n_patterns": [3, 4]}, workers=1))
    )
    thread.start()
    thread.join()
    assert all(cell.state == "measured" for cell in found[0].cells)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind")
def test_an_interrupt_of_the_whole_group_ends_workers_and_prints_nothing_of_theirs(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_PARENT.format(call="time.sleep, 60", after=0))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with processes.start(script, start_new_session=True, **pipes) as parent:
        started = [int(number) for number in parent.stdout.readline().split()]
        os.killpg(parent.pid, signal.SIGINT)
        _, error = parent.communicate(timeout=30)
    assert error.count("Traceback") == 1
    assert error.count("KeyboardInterrupt") == 1
    processes.gone(started, within=15)
