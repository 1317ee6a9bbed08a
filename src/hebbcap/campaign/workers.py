"""Who runs the blocks?

Any `concurrent.futures.Executor` will do. `InProcess` runs each block as it is handed in. `LocalWorkers` are
processes of this machine, each with one block at a time: where one dies, the block that it had is the one to
blame, is tried again by a fresh one, and given up after a few deaths; the others never notice.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import Any, Final, TypeVar, final

from hebbcap import _checks
from hebbcap._worker import serve
from hebbcap.kernels import threads

T = TypeVar("T")

LIVES: Final = 3
"""Workers that may die of one block before it is given up."""

_STARTS = 10
"""Workers that may be killed in a row before they could begin."""

_MOST_WORKERS = 1024

_NO_START = 'a worker can\'t start; in a script, call hebbcap.sweep under if __name__ == "__main__":'


class WorkerDied(_checks.HebbcapError, RuntimeError):
    """A block whose workers died, one after another."""


@final
class InProcess(Executor):
    """An executor that runs what it is given at once, here."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run a function; the future is done when this returns. Ctrl-C passes through."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **options))
        except (Exception, SystemExit) as error:
            future.set_exception(error)
        return future


def check_workers(count: Any) -> int:
    """Check a number of processes."""
    return _checks.integer("workers", count, low=1, high=_MOST_WORKERS, meaning="workers are processes")


@final
class LocalWorkers(Executor):
    """Processes of this machine that outlive one another.

    Parameters
    ----------
    count : int
        Processes, at least 1.

    Notes
    -----
    Processes are spawned: a script that starts them keeps its own work under
    ``if __name__ == "__main__":``. They end when the process that started them does, however it ends, and
    leave Ctrl-C to it. There is no limit on the time of a call: nobody else could tell a slow one from one
    that never ends.
    """

    def __init__(self, count: int) -> None:
        self.count = check_workers(count)
        if _being_spawned():  # by a script that starts workers wherever it is imported
            sys.exit(1)
        self._threads = ThreadPoolExecutor(count, "hebbcap-worker")
        self._lock = threading.Lock()
        self._workers: dict[int, _Worker] = {}
        self._over = ""

    @property
    def processes(self) -> list[int]:
        """Numbers of the processes that were started and have not been missed yet."""
        with self._lock:
            found = [worker.process.pid for worker in self._workers.values()]
        return [number for number in found if number is not None]

    def submit(self, fn: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Have a function run by one of the processes.

        The future raises `WorkerDied` where `LIVES` of them died of it, and `BrokenExecutor` where none can
        start.
        """
        return self._threads.submit(self._call, fn, *args, **options)

    def _call(self, fn: Callable[..., T], /, *args: Any, **options: Any) -> T:
        call = pickle.dumps((fn, args, options))
        for _ in range(LIVES):
            worker = self._worker()
            try:
                worker.pipe.send_bytes(call)
                answer = worker.receive()
            except (EOFError, OSError):
                self._forget(worker)
                continue
            well, result = pickle.loads(answer)
            if not well:
                raise result
            found: T = result
            return found
        raise WorkerDied(f"{LIVES} workers died of it, one after another")

    def _worker(self) -> _Worker:
        """Return the process of this thread, a fresh one if need be."""
        mine = threading.get_ident()
        for _ in range(_STARTS):
            with self._lock:
                self._check_wanted()
                if mine in self._workers:
                    return self._workers[mine]
                worker = self._workers[mine] = _Worker(max(threads.count() // self.count, 1))
            try:
                worker.receive()  # it is ready
                return worker
            except (EOFError, OSError):
                worker.process.join(1)
                self._forget(worker)
                code = worker.process.exitcode  # None where another thread is just told of it
                if code is not None and code >= 0:  # it was not killed: the next would end likewise
                    break
        self._over = _NO_START  # for the others too
        raise BrokenExecutor(_NO_START)

    def _check_wanted(self) -> None:
        if self._over:
            raise BrokenExecutor(self._over)

    def _forget(self, worker: _Worker) -> None:
        worker.end()
        with self._lock:
            self._workers.pop(threading.get_ident(), None)
            self._check_wanted()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Dismiss the processes: at once and with what they are at, or when all is done."""
        if cancel_futures:
            with self._lock:
                self._over = "the workers were dismissed"
                for worker in self._workers.values():
                    worker.process.kill()
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        closing = threading.Thread(target=self._close, name="hebbcap-closing")
        closing.start()
        if wait:
            closing.join()

    def _close(self) -> None:
        self._threads.shutdown(wait=True)
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()


@final
class _Worker:
    """A process that answers calls, one after another."""

    def __init__(self, n_threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, n_threads), daemon=True)
        leave_interrupts_to_others()
        self.process.start()
        theirs.close()

    def receive(self) -> bytes:
        """Wait for what it sends; EOFError or OSError where it ended instead."""
        # Its end of the pipe may be held open by processes of its own: that it ended is seen by itself.
        if self.pipe not in wait([self.pipe, self.process.sentinel]):
            raise EOFError
        return self.pipe.recv_bytes()

    def end(self) -> None:
        """Let it end at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _being_spawned() -> bool:
    """Whether this process is a worker that still imports the script which started it."""
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


def leave_interrupts_to_others() -> None:
    """Let Ctrl-C pass by this thread, and by what it starts: a worker that still begins would print it."""
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # which, when it starts, lets interrupts through again
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
