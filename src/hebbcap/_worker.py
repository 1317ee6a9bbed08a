"""What does a process do that runs blocks for another one?

It answers calls until nobody is left who could make one. Little is imported here: a worker must see that its
parent has gone also while it still imports what the calls need.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from multiprocessing.connection import Connection

_ENDS_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def serve(pipe: Connection, n_threads: int) -> None:
    """Answer calls until nobody is left who could make one; what a worker does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # The system ends it with the thread that started it, also while a call holds Python's lock.
        ctypes.CDLL(None).prctl(_ENDS_WITH_PARENT, signal.SIGKILL)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    # What blocks need, before one is there to be blamed for a death meanwhile.
    importlib.import_module("hebbcap.campaign.runner")
    from hebbcap.kernels.threads import use_threads

    use_threads(n_threads)
    with contextlib.suppress(EOFError, OSError):
        pipe.send_bytes(b"ready")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(call: bytes) -> bytes:
    """Return whether a call went well, and what it gave or raised, as bytes."""
    try:
        fn, args, options = pickle.loads(call)
        return pickle.dumps((True, fn(*args, **options)))
    except (Exception, SystemExit) as error:
        return _packed(error)


def _packed(error: BaseException) -> bytes:
    """Return an error as bytes from which it can be made again; in words where it can't."""
    try:
        packed = pickle.dumps((False, error))
        pickle.loads(packed)
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return packed


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
