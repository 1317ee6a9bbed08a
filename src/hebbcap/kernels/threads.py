"""Who does the work of a kernel?

Kernels run outside Python's lock, so plain threads share a call: each takes a run of neighbouring pieces. All
sums are of whole numbers, so that the answer is the same however the work is shared.

`HEBBCAP_NUM_THREADS` sets how many; all processors that this process may use if it is not set.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial

from hebbcap import _checks

Work = Callable[[int, int, int], None]
"""Does the pieces from `start` to `stop` as worker number `worker`."""

_count: int | None = None


def count() -> int:
    """Return how many threads share the work of a kernel."""
    if _count is not None:
        return _count
    named = os.environ.get("HEBBCAP_NUM_THREADS")
    if named:
        try:
            return _checks.integer("HEBBCAP_NUM_THREADS", int(named), low=1, high=1024)
        except ValueError:
            raise _checks.fail(
                "HEBBCAP_NUM_THREADS", named, "must be a whole number from 1 to 1024"
            ) from None
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def use_threads(threads: int | None) -> None:
    """Set how many threads share the work; None for as many as there are processors.

    >>> use_threads(1)
    >>> count()
    1
    >>> use_threads(None)
    """
    global _count
    _count = None if threads is None else _checks.integer("threads", threads, low=1, high=1024)


class _Worker:
    """A thread that waits for jobs."""

    def __init__(self) -> None:
        # Locks that are only ever taken to wait and given back to wake: much quicker than semaphores.
        self._asked, self._woken = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self._woken.acquire()
        self._job: Callable[[], None] = _nothing
        self._finished = True
        self.error: BaseException | None = None
        self._kept_off: int | None = None
        self._thread = threading.Thread(target=self._live, name="hebbcap", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        while True:
            self._asked.acquire()
            try:
                self._job()
            except BaseException as error:  # handed to whoever waits
                self.error = error
            self._job = _nothing  # holds no array longer than needed
            self._finished = True
            if self._woken.locked():  # else nobody had to wait for the job before
                self._woken.release()

    def keep_off(self, processor: int) -> None:
        """Run on any processor but this one, where the caller is.

        A system that wakes a thread on its waker's processor, as Linux may, would let the two take turns
        there
        for longer than a kernel runs.
        """
        if processor != self._kept_off and self._thread.native_id is not None:
            with suppress(OSError):
                others = os.sched_getaffinity(0) - {processor}
                os.sched_setaffinity(self._thread.native_id, others or {processor})
            self._kept_off = processor

    def start(self, job: Callable[[], None]) -> None:
        self._job, self.error = job, None
        self._finished = False
        self._asked.release()

    def wait(self, stop: list[bool]) -> None:
        """Wait until the job is done, whatever happens: it works on the caller's arrays.

        Ctrl-C is answered when it is done; until then it asks the job to stop. The flag, not the lock, tells
        that the job is done: an interrupt may come just after the lock was taken.
        """
        interrupted = False
        while not self._finished:
            try:
                self._woken.acquire()
            except KeyboardInterrupt:
                interrupted = True
                stop.append(True)
        if interrupted:
            raise KeyboardInterrupt


@cache
def _getcpu() -> Callable[[], int] | None:
    """Return the system's own function that tells on which processor a thread runs, where there is one."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    return getattr(ctypes.CDLL(None), "sched_getcpu", None)


def _processor() -> int | None:
    ask = _getcpu()
    number = -1 if ask is None else ask()
    return None if number < 0 else number


def _nothing() -> None:
    """Do nothing."""


_workers: list[_Worker] = []
_busy = threading.Lock()


def _forget_workers() -> None:
    """A forked process has none of its parent's threads."""
    global _busy
    _workers.clear()
    _busy = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)


def share(work: Work, pieces: int, *, at_once: int | None = None, serial: bool = False) -> None:
    """Do `pieces` pieces of work, shared between threads.

    Parameters
    ----------
    work : callable
        Called as `work(start, stop, worker)` with disjoint ranges that cover 0 to `pieces`; each worker
        from 0 up gets one range, or several in turn.
    pieces : int
        How many there are.
    at_once : int, optional
        Most pieces of one call, so that Ctrl-C is answered between calls; all if left out.
    serial : bool
        Use the caller's thread alone: for work of microseconds, which waking others would only delay.
    """
    wanted = 1 if serial else min(count(), pieces)
    if wanted <= 1 or not _busy.acquire(blocking=False):  # the threads serve another caller
        _run(work, 0, pieces, 0, at_once, [])
        return
    stop: list[bool] = []
    try:
        while len(_workers) < wanted - 1:
            _workers.append(_Worker())
        edges = [pieces * part // wanted for part in range(wanted + 1)]
        started = _workers[: wanted - 1]
        processor = _processor()
        for number, worker in enumerate(started, 1):
            if processor is not None:
                worker.keep_off(processor)
            part = edges[number], edges[number + 1], number
            worker.start(partial(_run, work, *part, at_once, stop))
        try:
            _run(work, edges[0], edges[1], 0, at_once, stop)
        except BaseException:
            stop.append(True)
            raise
        finally:
            _wait_for(started, stop)
        for worker in started:
            if worker.error is not None:
                raise worker.error
    finally:
        _busy.release()


def _wait_for(workers: Sequence[_Worker], stop: list[bool]) -> None:
    """Wait for all of them, also when one wait ends in an interrupt."""
    if workers:
        try:
            workers[0].wait(stop)
        finally:
            _wait_for(workers[1:], stop)


def _run(work: Work, start: int, stop: int, worker: int, at_once: int | None, stopped: list[bool]) -> None:
    step = at_once or max(stop - start, 1)
    for low in range(start, stop, step):
        if stopped:
            return
        work(low, min(low + step, stop), worker)
