"""What is a valid argument, and how is a bad one explained?

Every error of the package says what was given, the rule it broke, what the argument means, and the
way out. All of them are `HebbcapError`, so a caller can tell a user's mistake from a defect.
"""

from __future__ import annotations

import math
import numbers
import os
from typing import Any

from hebbcap._memory import VARIABLE, available_bytes, parsed_bytes

MAX_DIM = 10**9
"""Largest `dim` accepted: beyond it even one state is gigabytes, and no formula here was checked."""

MAX_PATTERNS = 10**24
"""Largest `n_patterns` accepted: laws take it in double precision, to a relative 1e-16, and their tails were
checked to 1e15."""

MEMORY_SHARE = 0.5
"""Share of the available memory that one request may ask for before it is refused."""


_TRIFLE = 2**12
"""Bytes that are granted without asking how many are free, which takes longer than using them."""


class HebbcapError(Exception):
    """Base of every error that hebbcap raises for a user's mistake."""


class InvalidArgument(HebbcapError, ValueError):
    """An argument breaks a rule; the message gives the value, the rule and the way out."""


class TooLarge(HebbcapError, MemoryError):
    """A request that can't fit in memory, refused before anything is allocated."""


class UnreadableFile(HebbcapError, ValueError):
    """A file that can't be read; the message names it and says why."""


class UnwritableFile(HebbcapError, OSError):
    """A file that can't be written; the message names it and says why, and what was there is as it was."""


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


def allowed_bytes() -> float:
    """Return the most that one request may take: `HEBBCAP_MEMORY` if it is set, else a share of what is
    available.

    Raises
    ------
    InvalidArgument
        If the variable holds no number of bytes.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return MEMORY_SHARE * available_bytes()
    allowed = parsed_bytes(named)
    if allowed is None:
        raise fail(VARIABLE, named, "must be a number of bytes > 0", "as 4GiB, 500MB or 1e9")
    return allowed


def check_fits(n_bytes: float, what: str, way_out: str) -> None:
    """Refuse, before allocating, a request for more than may be taken here; see `allowed_bytes`."""
    if n_bytes <= _TRIFLE:
        return
    limit = allowed_bytes()
    if not n_bytes <= limit:
        raise TooLarge(f"{what} needs {_gib(n_bytes)}, and {_gib(limit)} may be used here; {way_out}")


def _gib(n_bytes: float) -> str:
    """Return bytes in GiB, so that none but 0 reads as 0.

    >>> _gib(3 * 2**30), _gib(2**20), _gib(2.0**100)
    ('3.0 GiB', '0.00098 GiB', '1.2e+21 GiB')
    """
    gib = n_bytes / 2**30
    return f"{gib:,.1f} GiB" if 0.1 <= gib < 1e9 or not gib else f"{gib:.2g} GiB"
