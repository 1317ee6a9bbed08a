"""What does a measurement report?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

from hebbcap.measurement.posterior import Crossing

CONFIDENCE: Final = 0.95
DEFAULT_PRECISION: Final = 0.02

Progress = Callable[[float, str], None]
"""Called with the share of the work done, 0 to 1, and a line of text."""


def progress_of_part(progress: Progress | None, number: int, total: int, name: str = "") -> Progress | None:
    """Return what takes the progress of part `number`, from 0, for that of `total` equal ones.

    >>> progress_of_part(lambda share, text: print(share, text), 1, 2, "dense:3")(0.5, "searching")
    0.75 dense:3: searching
    """
    if progress is None:
        return None
    head = f"{name}: " if name else ""
    return lambda share, text: progress((number + share) / total, head + text)


@final
@dataclass(frozen=True)
class Cost:
    """What something takes: seconds on two threads of a common processor, and bytes of memory.

    Reckoned, not clocked, so that it is the same on every machine.
    """

    seconds: float
    n_bytes: float


@final
@dataclass(frozen=True)
class Point:
    """Measured failure rate at one number of patterns, with its interval."""

    n_patterns: int
    rate: float
    low: float
    high: float
    trials: int


@final
@dataclass(frozen=True)
class MeasuredCapacity:
    """The measured capacity.

    Attributes
    ----------
    n_patterns, low, high : int or None
        Largest number of patterns that meets the criterion, and its interval; `high` is None if censored.
    confidence : float
        Probability with which intervals made in this way hold the true value.
    trials : int
        Trials run in all, each of patterns of its own.
    censored : bool
        Patterns or time ran out before the memory did: the capacity is at least `n_patterns`.
    crossing : Crossing or None
        The same before rounding down, for fits over dim; None if censored or 0.
    points : tuple of Point
        The failure rates seen.
    note : str
        What must be known to read the numbers; may be empty.
    predicted : Cost or None
        What the measurement was reckoned to take before it began; None where no theory says how much it is.
    """

    n_patterns: int
    low: int
    high: int | None
    confidence: float
    trials: int
    censored: bool
    crossing: Crossing | None
    points: tuple[Point, ...]
    note: str = ""
    predicted: Cost | None = None

    @property
    def brief(self) -> str:
        """The capacity with its interval, as "38 [37, 39]"; as ">= 38" if censored."""
        if self.censored:
            return f">= {self.n_patterns}"
        return f"{self.n_patterns} [{self.low}, {self.high}]"


@final
@dataclass(frozen=True)
class MeasuredError:
    """The measured bit error at one number of patterns, with its interval."""

    bit_error: float
    low: float
    high: float
    confidence: float
    trials: int
    note: str = ""
    predicted: Cost | None = None
