"""How is a campaign run, stopped and gone on with?

Blocks that the store lacks are handed to an executor, a few at a time, and each is kept as it comes back. A
block that comes twice is kept once. What fails is set aside by name, and the rest goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, final

from hebbcap import _checks
from hebbcap._version import __version__
from hebbcap.campaign.cell import Cell
from hebbcap.campaign.plan import Plan
from hebbcap.campaign.schedule import Work, block_trials, seconds
from hebbcap.campaign.store import Store
from hebbcap.measurement.block import STREAMS, Counts, run_block

_TICK = 0.2
"""Seconds after which somebody who waits for workers is told that time passes."""


class Task(NamedTuple):
    """A block to be run, as it goes to a worker.

    Attributes
    ----------
    cell : Cell
        The cell.
    block, trials : int
        Number of the block, and how many trials each block of this cell has.
    streams : int
        The version of the numbers that a seed gives which the store is made of.
    """

    cell: Cell
    block: int
    trials: int
    streams: int = STREAMS


class CampaignStopped(_checks.HebbcapError, RuntimeError):
    """A campaign that could not go on; every block that came back is kept."""


@final
@dataclass(frozen=True)
class Progress:
    """How far a campaign is.

    Attributes
    ----------
    cells, cells_over : int
        Cells in all, and those that are finished or set aside.
    blocks, blocks_new : int
        Blocks kept of these cells, and those of them that this run added.
    seconds, to_go : float
        Seconds since this run began, and reckoned until it ends; `to_go` is NaN until a block came back.
    latest : str
        The cell that was heard of last.
    ended : tuple of int
        Places in the plan of the cells that are over and were not told of before.
    """

    cells: int
    cells_over: int
    blocks: int
    blocks_new: int
    seconds: float
    to_go: float
    latest: str
    ended: tuple[int, ...] = ()

    @property
    def share(self) -> float:
        """The share of the time that is over, 0 to 1."""
        if not self.cells or self.cells == self.cells_over:
            return 1.0
        known = self.to_go == self.to_go
        return self.seconds / (self.seconds + self.to_go) if known and self.to_go > 0 else 0.0


Watch = Callable[[Progress], None]


class UnfitWorker(BrokenExecutor):
    """A worker that can't run any block."""


def run_task(task: Task) -> Counts:
    """Run one block; what a worker does.

    Products of matrices are left to one thread: with several, rounding would hang on how many there are.
    """
    if task.streams != STREAMS:
        raise UnfitWorker(
            f"a worker has hebbcap {__version__}, whose numbers are of version {STREAMS} rather than "
            f"{task.streams}; install the same hebbcap everywhere"
        )
    with _controller().limit(limits=1, user_api="blas"):
        e = task.cell.experiment
        return run_block(e, task.cell.n_patterns, task.cell.seed, task.block * task.trials, task.trials)


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@final
class Runner:
    """Runs what a store lacks of a plan.

    Parameters
    ----------
    plan : Plan
        The cells, and how well they must be known.
    store : Store
        Where counts are kept; those that it has are not made again.
    watch : callable, optional
        Told of the progress.
    """

    def __init__(self, plan: Plan, store: Store, watch: Watch | None = None) -> None:
        self.plan, self.store, self.watch = plan, store, watch
        wanted = [(cell, block_trials(cell, plan.trials)) for cell in plan.cells]
        sizes = store.add_all(wanted)
        kept = store.all_blocks()
        pairs = zip(plan.cells, sizes, strict=True)
        work = [Work(cell, size, kept.get(cell.key, {}), seconds(cell, size)) for cell, size in pairs]
        # What was set aside before is tried again, behind all else.
        aside = set(store.reasons())
        self.open = sorted((one for one in work if one.advance(plan)), key=lambda one: one.cell.key in aside)
        self.over = len(work) - len(self.open)
        self.places = {one: place for place, one in enumerate(work)}
        still_open = set(self.open)
        self.ended = [place for one, place in self.places.items() if one not in still_open]
        self.blocks = sum(len(one.done) for one in work)
        self.left = sum(_left(one) for one in self.open)
        self.suspected: set[Work] = set()
        self.alone: set[Future[Counts]] = set()
        self.running: dict[Future[Counts], tuple[Work, int]] = {}
        self.began, self.told = time.perf_counter(), 0.0
        self.new, self.spent, self.latest = 0, 0.0, ""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to run."""
        return not self.open

    def run(self, executor: Executor, at_once: Callable[[], int]) -> None:
        """Run all that is left.

        Parameters
        ----------
        executor : concurrent.futures.Executor
            Who runs the blocks; not shut down.
        at_once : callable
            How many blocks are handed to it at a time, asked anew as it goes on.

        Raises
        ------
        CampaignStopped
            If the executor can't go on.
        UnusableStore
            If the store can't be written.
        """
        try:
            self._tell(True)
            while self.open:
                self._hand_out(executor, at_once())
                done, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take(future, *self.running[future])
                    del self.running[future]
                self._tell(False)
            self._tell(True)
        except KeyboardInterrupt:
            self._keep_finished()
            raise
        except BrokenExecutor as error:
            self._keep_finished()
            raise self._stopped(error) from error
        finally:
            for future in self.running:
                future.cancel()

    def _keep_finished(self) -> None:
        """Keep what came back and was not looked at yet, as nothing more will be run."""
        for future, (work, block) in self.running.items():
            well = future.done() and not future.cancelled() and future.exception() is None
            if well and work in self.open:
                self.store.write(work.cell.key, block, future.result())

    def _hand_out(self, executor: Executor, at_once: int) -> None:
        """Keep the executor busy: first cells first."""
        room = at_once - len(self.running)
        if room <= 0:
            return
        for work in self.open:
            alone = work in self.suspected
            for block in work.missing():
                if room <= 0 or (alone and self.running):
                    return
                try:
                    future = executor.submit(run_task, Task(work.cell, block, work.block_trials))
                except (BrokenExecutor, RuntimeError) as error:
                    raise self._stopped(error) from error
                work.running.add(block)
                self.running[future] = work, block
                if alone:
                    self.alone.add(future)
                room -= 1

    def _take(self, future: Future[Counts], work: Work, block: int) -> None:
        """Keep what came back, or set its cell aside."""
        work.running.discard(block)
        if work not in self.open:
            return  # set aside meanwhile
        self.latest = work.cell.name
        try:
            counts = future.result()
        except (BrokenExecutor, CancelledError) as error:
            raise self._stopped(error) from error
        except (Exception, SystemExit) as error:
            if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "hebbcap":
                raise self._stopped(UnfitWorker("a worker lacks hebbcap")) from error
            if type(error).__name__ == "KilledWorker" and future not in self.alone:
                self._suspect(work)
                return
            # Whatever the trial raised, a memory of the user's own included, concerns this cell alone.
            reason = (str(error).splitlines() or [""])[0][:500]
            self.store.set_aside(work.cell.key, f"{type(error).__name__}: {reason}")
            self._end(work)
            return
        self.store.write(work.cell.key, block, counts)
        before = _left(work)
        work.done[block] = counts
        self.new += 1
        self.blocks += 1
        self.spent += work.seconds
        goes_on = work.advance(self.plan)
        self.left += _left(work) - before
        if not goes_on:
            self._end(work)

    def _suspect(self, work: Work) -> None:
        """Try a cell again behind all else and alone: Dask blames a death on all blocks that waited there."""
        self.suspected.add(work)
        self.open.remove(work)
        self.open.append(work)

    def _end(self, work: Work) -> None:
        self.open.remove(work)
        self.left -= _left(work)
        self.over += 1
        self.ended.append(self.places[work])

    def _stopped(self, error: BaseException) -> CampaignStopped:
        return CampaignStopped(
            f"the executor can't go on ({str(error) or 'it gave a block up'}); {self.new:,} new blocks are "
            "kept, and the same call goes on from there"
        )

    def _tell(self, at_once: bool) -> None:
        now = time.perf_counter()
        if self.watch is None or (now - self.told < _TICK and not at_once):
            return
        self.told = now
        since = now - self.began
        left = max(self.left, 0.0) if self.open else 0.0
        to_go = since * left / self.spent if self.spent else (float("nan") if left else 0.0)
        ended, self.ended = tuple(self.ended), []
        cells = len(self.places), self.over
        self.watch(Progress(*cells, self.blocks, self.new, since, to_go, self.latest, ended))


def _left(work: Work) -> float:
    """Return the reckoned seconds of what is left of this round of a cell."""
    return work.seconds * max(work.goal - len(work.done), 0)
