"""What is a valid argument, and how is a bad one explained?

Every error of the package says what was given, the rule it broke, what the argument means, and the
way out. All of them are `HebbcapError`, so a caller can tell a user's mistake from a defect.
"""

from __future__ import annotations

import math
import numbers
import os
from pathlib import Path
from typing import Any

MAX_DIM = 10**9
"""Largest `dim` accepted: beyond it even one state is gigabytes, and no formula here was checked."""

MAX_PATTERNS = 10**24
"""Largest `n_patterns` accepted: laws take it in double precision, to a relative 1e-16, and their tails were
checked to 1e15."""

MEMORY_SHARE = 0.5
"""Share of the available memory that one request may ask for before it is refused."""


_TRIFLE = 2**12
"""Bytes that are granted without asking how many are free, which takes longer than using them."""

_UNKNOWN_BYTES = 4 * 2**30
"""Memory taken to be available where the system doesn't say."""


class HebbcapError(Exception):
    """Base of every error that hebbcap raises for a user's mistake."""


class InvalidArgument(HebbcapError, ValueError):
    """An argument breaks a rule; the message gives the value, the rule and the way out."""


class TooLarge(HebbcapError, MemoryError):
    """A request that can't fit in memory, refused before anything is allocated."""


class UnreadableFile(HebbcapError, ValueError):
    """A file that can't be read as patterns; the message names it and says why."""


class NoTheory(HebbcapError, ValueError):
    """No theory applies; the message says why."""


class MissingExtra(HebbcapError, ImportError):
    """An optional dependency is absent; the message gives the line that installs it."""


def fail(name: str, value: object, rule: str, meaning: str = "") -> InvalidArgument:
    """Build the one-line error for `name` having been given as `value`.

    >>> print(fail("load", -0.1, "must be > 0", "load is patterns per neuron (K / D)"))
    load=-0.1 must be > 0; load is patterns per neuron (K / D)
    """
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return InvalidArgument(f"{name}={shown} {rule}" + (f"; {meaning}" if meaning else ""))


def short(value: float) -> str:
    """Write a number in as few digits as read back to it.

    >>> short(0.01), short(2.0), short(1 / 3)
    ('0.01', '2', '0.3333333333333333')
    """
    text = f"{value:g}"
    return text if float(text) == value else repr(float(value))


def integer(name: str, value: Any, *, low: int, high: int | None = None, meaning: str = "") -> int:
    """Return `value` as an int in `low <= value <= high`, or explain why it is not one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise fail(name, value, "must be a whole number", meaning)
    whole = int(value)
    if whole < low:
        raise fail(name, value, f"must be at least {low}", meaning)
    if high is not None and whole > high:
        raise fail(name, value, f"must be at most {high}", meaning)
    return whole


def real(
    name: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    open_high: bool = False,
    meaning: str = "",
) -> float:
    """Return `value` as a finite float in the interval given, or explain why it is not one."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not _is_finite(value):
        raise fail(name, value, "must be a finite number", meaning)
    number = float(value)
    if number < low or (open_low and number == low):
        raise fail(name, value, f"must be {'>' if open_low else '>='} {low:g}", meaning)
    if number > high or (open_high and number == high):
        raise fail(name, value, f"must be {'<' if open_high else '<='} {high:g}", meaning)
    return number


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond double precision
        return False


def dimension(value: Any) -> int:
    """Check `dim`, the number of neurons."""
    return integer("dim", value, low=2, high=MAX_DIM, meaning="dim is the number of neurons, D")


def pattern_count(value: Any, *, high: int = MAX_PATTERNS) -> int:
    """Check `n_patterns`, the number of stored patterns."""
    return integer(
        "n_patterns", value, low=1, high=high, meaning="n_patterns is the number of stored patterns, K"
    )


def flip_fraction(value: Any) -> float:
    """Check `flips`, the fraction of a cue's bits that are flipped."""
    return real(
        "flips",
        value,
        low=0,
        high=0.5,
        open_high=True,
        meaning="flips is the fraction of the cue's bits that are flipped; at 0.5 nothing of it is left",
    )


def available_bytes() -> int:
    """Memory that this process may still take: free memory, or less where a cgroup limits it."""
    try:
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not Linux
        free = _UNKNOWN_BYTES
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            free = next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        pass
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")
        free = min(free, int(limit) - int(used))
    except (OSError, ValueError):
        pass
    return max(int(free), 0)


def check_fits(n_bytes: float, what: str, way_out: str) -> None:
    """Refuse, before allocating, a request for more than `MEMORY_SHARE` of the available memory."""
    if n_bytes <= _TRIFLE:
        return
    limit = MEMORY_SHARE * available_bytes()
    if n_bytes > limit:
        raise TooLarge(
            f"{what} needs {n_bytes / 2**30:,.1f} GiB, and {limit / 2**30:,.1f} GiB may be used here; "
            f"{way_out}"
        )
