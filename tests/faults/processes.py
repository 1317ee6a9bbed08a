"""Processes that are started, looked at and killed; nothing is tested here."""

import os
import subprocess
import sys
import time
from pathlib import Path

ENVIRONMENT = os.environ | {
    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    "OPENBLAS_NUM_THREADS": "1",
}


def start(*arguments, **options):
    """Start Python with these arguments."""
    return subprocess.Popen([sys.executable, *map(str, arguments)], env=ENVIRONMENT, text=True, **options)


def alive(process):
    """Whether a process with this number runs; one that only waits to be missed does not."""
    return _state(process) not in ("", "Z", "X")


def gone(numbers, within):
    """Wait until none of these processes runs; return the seconds, and fail after so many."""
    began = time.perf_counter()
    while any(map(alive, numbers)):
        if time.perf_counter() - began > within:
            raise TimeoutError(f"{[number for number in numbers if alive(number)]} still run")
        time.sleep(0.005)
    return time.perf_counter() - began


def below(process):
    """Return the numbers of all processes that this one started, and that these started."""
    found, waiting = [], [process]
    while waiting:
        parent = waiting.pop()
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                children = [int(number) for number in path.read_text().split()]
            except OSError:  # it has just ended
                continue
            found += children
            waiting += children
    return found


def command(process):
    """Return the command line of a process; empty if there is none."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _state(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
