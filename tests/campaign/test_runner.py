import random
import threading
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from tests.campaign import badly

from hebbcap.campaign import CampaignStopped, Store, plan, sweep
from hebbcap.campaign.runner import Runner, Task, run_task
from hebbcap.campaign.workers import InProcess
from hebbcap.measurement.block import STREAMS

PLAN = plan({"memory": ["hopfield", "pseudo-inverse"], "dim": 40, "n_patterns": [4, 8, 12]}, trials=40)


def rows(store):
    return [(key, block, c) for key, blocks in store.all_blocks().items() for block, c in blocks.items()]


def run(executor, asked=PLAN, at_once=4):
    with Store.open(None) as store:
        Runner(asked, store).run(executor, lambda: at_once)
        return rows(store), store.reasons()


@pytest.fixture(scope="module")
def expected():
    return run(InProcess())


class Shuffled(Executor):
    """Runs blocks when it likes, in a random order, the whole block twice at times."""

    def __init__(self, seed, die_after=None):
        self.rng, self.waiting, self.left = random.Random(seed), [], die_after

    def submit(self, fn, /, *args):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise BrokenExecutor("it broke")
        future = Future()
        self.waiting.append((future, fn, args))
        self.rng.shuffle(self.waiting)
        while len(self.waiting) >= 4 or (self.waiting and self.rng.random() < 0.5):
            done, fn, args = self.waiting.pop()
            fn(*args)
            done.set_result(fn(*args))
        threading.Timer(0.01, self.flush).start()
        return future

    def flush(self):
        while self.waiting:
            done, fn, args = self.waiting.pop()
            if done.set_running_or_notify_cancel():
                done.set_result(fn(*args))


@pytest.mark.parametrize("at_once", [1, 2, 50])
def test_threads_of_any_number_give_the_same_rows(at_once, expected):
    with ThreadPoolExecutor(3) as pool:
        assert run(pool, at_once=at_once) == expected


def test_a_pool_of_processes_gives_the_same_rows(expected):
    import multiprocessing

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert run(pool) == expected


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_gives_the_same_rows(seed, expected):
    assert run(Shuffled(seed)) == expected


def test_an_executor_that_breaks_stops_the_campaign_and_all_that_came_back_is_kept(expected):
    with Store.open(None) as store:
        with pytest.raises(CampaignStopped, match=r"it broke.*the same call goes on"):
            Runner(PLAN, store).run(Shuffled(0, die_after=5), lambda: 2)
        kept = rows(store)
        assert 0 < len(kept) < len(expected[0])
        assert set(kept) < set(expected[0])
        Runner(PLAN, store).run(InProcess(), lambda: 1)
        assert (rows(store), store.reasons()) == expected


def test_a_pool_whose_process_dies_stops_the_campaign_in_words():
    with ProcessPoolExecutor(1) as pool, pytest.raises(CampaignStopped, match="terminated abruptly"):
        run(pool, badly.campaign(badly.exits))


class Cancelling(ThreadPoolExecutor):
    def submit(self, fn, /, *args):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_blocks_that_the_executor_cancels_stop_the_campaign_rather_than_be_blamed():
    with Store.open(None) as store:
        with pytest.raises(CampaignStopped, match="gave a block up"):
            Runner(PLAN, store).run(Cancelling(1), lambda: 2)
        assert store.reasons() == {}


@pytest.mark.parametrize(
    ("recall", "reason"),
    [
        (badly.fails, "ArithmeticError: it broke"),
        (badly.leaves, "SystemExit: 3"),
        (badly.starves, "MemoryError"),
        (badly.gives_nan, "finite"),
        (badly.raises_odd, "Odd: one"),
    ],
)
def test_a_cell_that_fails_is_set_aside_by_name_and_the_rest_is_measured(recall, reason):
    found = sweep(badly.campaign(recall))
    assert [cell.state for cell in found.cells] == ["measured", "measured", "set aside", "measured"]
    assert reason in found.cells[2].reason
    assert len(found.cells[2].reason.splitlines()) == 1
    assert found.cells[2].n_patterns == badly.WORST


def test_what_was_set_aside_is_tried_again_by_the_next_call(tmp_path, monkeypatch):
    store = tmp_path / "runs.db"
    asked = badly.campaign(badly.fails)
    assert len(sweep(asked, store=store).set_aside) == 1
    monkeypatch.setattr(badly, "_fail", lambda: None)
    found = sweep(asked, store=store)
    assert len(found.set_aside) == 0
    assert all(cell.state == "measured" for cell in found.cells)


class Interrupted(InProcess):
    def __init__(self, after):
        self.left = after

    def submit(self, fn, /, *args):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().submit(fn, *args)


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("after", [0, 1, 5])
def test_an_interrupt_keeps_all_that_came_back(after, at_once, expected):
    with Store.open(None) as store:
        with pytest.raises(KeyboardInterrupt):
            Runner(PLAN, store).run(Interrupted(after), lambda: at_once)
        assert len(rows(store)) == after
        Runner(PLAN, store).run(InProcess(), lambda: 1)
        assert (rows(store), store.reasons()) == expected


def test_an_interrupt_by_whoever_watches_keeps_all_that_came_back(tmp_path):
    def watch(progress):
        if progress.blocks_new:
            raise KeyboardInterrupt

    store = tmp_path / "runs.db"
    with pytest.raises(KeyboardInterrupt):
        sweep(PLAN, store=store, watch=watch, executor=Slow())
    with Store.open(store) as kept:
        assert rows(kept)


class Slow(InProcess):
    def submit(self, fn, /, *args):
        time.sleep(0.25)
        return super().submit(fn, *args)


def test_what_is_done_is_not_done_again(tmp_path):
    sweep(PLAN, store=tmp_path / "runs.db")
    found = sweep(PLAN, store=tmp_path / "runs.db", executor=Interrupted(0))
    assert all(cell.state == "measured" for cell in found.cells)


def test_progress_ends_at_the_end():
    seen = []
    sweep(PLAN, watch=seen.append, executor=Slow())
    assert seen[0].cells_over == 0
    assert seen[-1].cells_over == seen[-1].cells == 6
    assert [one.share for one in seen] == sorted(one.share for one in seen)
    assert seen[-1].share == 1


def test_a_worker_whose_numbers_are_of_another_version_stops_the_campaign():
    (cell,) = plan({"dim": 20, "n_patterns": 3}).cells
    with pytest.raises(BrokenExecutor, match="install the same hebbcap"):
        run_task(Task(cell, 0, 1, STREAMS + 1))


class Lacking(InProcess):
    def submit(self, fn, /, *args):
        future = Future()
        future.set_exception(ModuleNotFoundError("No module named 'hebbcap'", name="hebbcap"))
        return future


def test_a_worker_without_hebbcap_stops_the_campaign_rather_than_set_every_cell_aside():
    with Store.open(None) as store:
        with pytest.raises(CampaignStopped, match="lacks hebbcap"):
            Runner(PLAN, store).run(Lacking(), lambda: 1)
        assert store.reasons() == {}
