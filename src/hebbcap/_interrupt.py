"""How does a signal end the process within a second, whatever it is doing?

Python raises KeyboardInterrupt between two of its own instructions, and a compiled library may not come back
to one for minutes. So a thread waits beside: the system wakes it through a pipe at the moment of the signal,
the main thread has `GRACE` to end by itself, and after that the process ends, however deep in a call it is.
What must not be left behind, as a file half written, is put away by actions named beforehand with `at_last`.

Only the command line asks for this (`watch`); within another program nothing is installed.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

GRACE: Final = 0.4
"""Seconds that the main thread has to end by itself."""

_WATCHED: Final = {
    getattr(signal, name): word
    for name, word in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "terminated"))
    if hasattr(signal, name)
}
"""Signals that end the process, and what is said of each: Ctrl-C, `kill`, and a terminal that was closed."""

_actions: dict[object, Callable[[], object]] = {}
_seen: int | None = None
_finished = False
_said = False
_saying = threading.Lock()


@contextmanager
def at_last(action: Callable[[], object]) -> Iterator[None]:
    """Have `action` done if the process is ended from outside before this block is left.

    It must be quick, and do no harm where the block has just done the same.

    >>> with at_last(lambda: print("not seen")):
    ...     pass
    """
    key = object()
    _actions[key] = action
    try:
        yield
    finally:
        _actions.pop(key, None)


def watch() -> None:
    """Answer Ctrl-C, SIGTERM and SIGHUP from now on, each unless whoever started the process ignores it.

    Where the system has no pipe for signals they are answered as Python does, between its instructions.
    """
    _open_closed_streams()
    atexit.register(_leave)  # as the first, so that it is done last
    with suppress(ValueError):  # not the main thread: somebody else answers signals
        for number in _WATCHED:
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, _raise)
    sys.unraisablehook = _unraisable
    with suppress(AttributeError, OSError, ValueError):
        woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        threading.Thread(target=_end_after, args=(woken,), name="hebbcap signals", daemon=True).start()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_unwatch)


def seen() -> int | None:
    """Return the exit code that a signal asked for: 130 for Ctrl-C, 143 for SIGTERM; None if none came."""
    return None if _seen is None else 128 + _seen


def finish() -> None:
    """From now on nothing is raised: what there was to do is done, and a signal finds the process ending."""
    global _finished
    _finished = True


def _leave() -> None:
    """End the process where a signal asked for it; else let none disturb the little that is left to do.

    Once an extension module has passed KeyboardInterrupt on, Python itself would end as killed by SIGINT.
    """
    if _seen is not None:
        _say()
        with suppress(AttributeError, OSError, ValueError):  # closed, or a pipe that nobody reads
            sys.stdout.flush()
        os._exit(128 + _seen)
    with suppress(ValueError):
        for number in _WATCHED:
            if signal.getsignal(number) is _raise:
                signal.signal(number, signal.SIG_IGN)


def _say() -> None:
    """Write the one line that says why the process ends, unless it was written."""
    global _said
    if _seen is None or not _saying.acquire(timeout=0.1):
        return
    try:
        if not _said and _takes(2):
            with suppress(OSError):
                os.write(2, f"hebbcap: {_WATCHED[_seen]}\n".encode())
        _said = True
    finally:
        _saying.release()


def _takes(stream: int) -> bool:
    """Whether a line can be written there at once: a pipe that nobody reads may be full."""
    if not hasattr(select, "poll"):
        return True
    asked = select.poll()
    asked.register(stream, select.POLLOUT)
    return bool(asked.poll(0))


def _raise(number: int, frame: Any) -> None:
    """Raise KeyboardInterrupt once: a second one would only tear what the first has begun to put away."""
    global _seen
    if _seen is None:
        _seen = number
        if not _finished:
            raise KeyboardInterrupt


def _end_after(woken: int) -> None:
    """Wait for a signal, give the main thread its time, and end the process."""
    global _seen
    number = next(byte for byte in iter(lambda: os.read(woken, 1)[0], None) if byte in _WATCHED)
    if signal.getsignal(number) is not _raise:  # somebody else answers it
        return
    time.sleep(GRACE)
    _seen = _seen or number
    for action in list(_actions.values()):
        with suppress(Exception):
            action()
    _say()
    os._exit(128 + _seen)


def _unwatch() -> None:
    """Give a forked process the usual handlers: it must not wake its parent, nor put away its files."""
    _actions.clear()
    with suppress(ValueError):
        signal.set_wakeup_fd(-1)
        for number in _WATCHED:
            if signal.getsignal(number) is _raise:
                usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                signal.signal(number, usual)


def _unraisable(error: Any) -> None:
    """Say nothing once a signal came: what it tore in destructors and at exit can't be passed on."""
    if _seen is None:
        sys.__unraisablehook__(error)


def _open_closed_streams() -> None:
    """Put the null device where a standard stream is closed, lest the next file opened takes its place."""
    for stream in range(3):
        try:
            os.fstat(stream)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (for good)
