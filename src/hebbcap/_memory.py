"""How many bytes may this process still take?

The least of what the system has free, of what the control groups that hold the process leave to it (Linux
containers, batch jobs), and of the limits of the process itself (`ulimit -v`, `ulimit -d`). Memory that the
system only uses for files it may read again counts as free.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

VARIABLE: Final = "HEBBCAP_MEMORY"
"""Names the bytes that one request may take, as `4GiB`, where what is found here is not what is wanted."""

_UNKNOWN_BYTES: Final = 4 * 2**30
"""Memory taken to be available where the system doesn't say."""

_UNITS: Final = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_DECIMAL: Final = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15}

_ROOT: Final = Path("/")

_FRESH: Final = 0.02
"""Seconds for which an answer is good: memory counts once it is written to, a gigabyte in ten times that."""

_UNLIMITED: Final = 2**60
"""From here on a limit of the first kind of groups is none."""

_AS_FIELD, _DATA_FIELD = 0, 5
"""Places in /proc/self/statm of the pages of address space, and of those for data."""

_last = (-math.inf, 0)
"""Until when an answer is good, and the answer."""


class _Group(NamedTuple):
    """Where one control group says what it may take, what it takes, and which of that can be given back."""

    limits: tuple[Path, ...]
    used: Path
    parts: Path
    reclaimable: str


def available_bytes() -> int:
    """Return the memory that this process may still take, as it was at most `_FRESH` seconds ago."""
    global _last
    now = time.monotonic()
    if now >= _last[0]:
        _last = now + _FRESH, left(_ROOT)
    return _last[1]


def left(root: Path) -> int:
    """Return the memory that this process may still take; `root` is where the system's files are found."""
    rooms = (*_free(root), *_left_by_groups(root), *_left_by_limits(root))
    return max(int(min(rooms)), 0)


def parsed_bytes(text: str) -> float | None:
    """Return a number of bytes, as `4GiB`, `4G` (the same), `500MB` (of 10^6) or `1e9`; None if it is none.

    >>> parsed_bytes("4GiB") == parsed_bytes("4 g") == 4 * 2**30, parsed_bytes("0.5MB"), parsed_bytes("much")
    (True, 500000.0, None)
    """
    parts = re.fullmatch(r"\s*([0-9]*\.?[0-9]+(?:e[+]?[0-9]+)?)\s*([kmgtp]?(?:i?b)?)\s*", text.lower())
    if parts is None:
        return None
    unit = parts[2] if parts[2] in _DECIMAL else parts[2].rstrip("b").rstrip("i")
    number = float(parts[1]) * (_DECIMAL[unit] if unit in _DECIMAL else _UNITS[unit])
    return number if 0 < number < math.inf else None


def _free(root: Path) -> Iterator[int]:
    """Yield what the whole system has free."""
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])
            return
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not Linux
        yield _UNKNOWN_BYTES


def _left_by_groups(root: Path) -> Iterator[int]:
    """Yield what each control group leaves, of those that hold this process directly or through another.

    A group that is throttled from `memory.high` on stands still there, so that it counts as a limit too.
    """
    for group in _groups(root):
        limit = min((n for n in map(_number, group.limits) if n is not None), default=_UNLIMITED)
        used = _number(group.used) if limit < _UNLIMITED else None
        if used is None:
            continue
        kept = (line.split() for line in _lines(group.parts))
        reclaimable = sum(int(words[1]) for words in kept if words[:1] == [group.reclaimable])
        yield limit - max(used - reclaimable, 0)


@cache
def _groups(root: Path) -> tuple[_Group, ...]:
    """Return the control groups of this process that can be seen from here."""
    found: list[_Group] = []
    names: tuple[str, ...]
    for line in _lines(root / "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            base, names = root / "sys/fs/cgroup", ("memory.max", "memory.high")
            used, reclaimable = "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            base, names = root / "sys/fs/cgroup/memory", ("memory.limit_in_bytes",)
            used, reclaimable = "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        # A container may show its own group as the root, or name it as seen from outside.
        inside = [part for part in path.strip().split("/") if part not in ("", ".", "..")]
        for depth in range(len(inside), -1, -1):
            folder = base.joinpath(*inside[:depth])
            limits = tuple(folder / name for name in names if (folder / name).exists())
            if limits:
                found.append(_Group(limits, folder / used, folder / "memory.stat", reclaimable))
    return tuple(found)


def _left_by_limits(root: Path) -> Iterator[int]:
    """Yield what the limits of this process leave, where it has some."""
    try:
        import resource
    except ImportError:  # Windows
        return
    pages = [int(word) for line in _lines(root / "proc/self/statm") for word in line.split()]
    for name, field in (("RLIMIT_AS", _AS_FIELD), ("RLIMIT_DATA", _DATA_FIELD)):
        limit = resource.getrlimit(getattr(resource, name))[0]
        if limit != resource.RLIM_INFINITY:
            yield limit - (pages[field] * resource.getpagesize() if len(pages) > field else 0)


def _number(file: Path) -> int | None:
    """Return the number in a file; None where there is none, as in `max`."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
