"""How much may still be spent?

Without a budget, work is reckoned from rates that are the same on every machine, so that results are too.
With one, the clock decides, and so what is reached depends on the machine.
"""

from __future__ import annotations

import math
import re
import time
from typing import Final, final

from hebbcap import _checks

MOST_SECONDS: Final = 60.0
"""Reckoned seconds after which the interval reached is reported, however wide, where no budget is given."""

_UNITS = {"ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_ENDLESS = 1e15
"""Trials that no budget allows."""

_SLICE = 0.1
"""Seconds of work after which Ctrl-C is answered and the budget looked at."""


def seconds(spec: str | float | None) -> float | None:
    """Return a budget in seconds: a number, or text such as "30s", "500ms", "2m" or "1h".

    Raises
    ------
    InvalidArgument
        If it is neither, or not more than 0.

    >>> seconds("500ms"), seconds(2), seconds("2m")
    (0.5, 2.0, 120.0)
    """
    if spec is None:
        return None
    meaning = 'it is the time a measurement may take, as 30 or "30s", "500ms", "2m"'
    if isinstance(spec, str):
        parts = re.fullmatch(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*([a-z]*)\s*", spec)
        try:
            number = float(parts[1]) * _UNITS[parts[2]] if parts else None
        except (KeyError, ValueError):
            number = None
        if number is None:
            raise _checks.fail("budget", spec, "must be a number of seconds", meaning)
        spec = number
    return _checks.real("budget", spec, low=0, open_low=True, meaning=meaning)


@final
class Meter:
    """What was spent, and how fast this machine is."""

    def __init__(self, budget: float | None = None) -> None:
        self.budget = budget
        self.reckoned = 0.0
        self._began = time.perf_counter()
        self._slowness: float | None = None

    @property
    def clocked(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self._began

    @property
    def exhausted(self) -> bool:
        """Whether all that may be spent is."""
        return self.reckoned >= MOST_SECONDS if self.budget is None else self.clocked >= self.budget

    @property
    def share(self) -> float:
        """The share that is spent."""
        return self.reckoned / MOST_SECONDS if self.budget is None else self.clocked / self.budget

    def left(self, each: float) -> int:
        """Return how many trials of so many reckoned seconds may still be run.

        By the clock only such as end in time; as reckoned, the last may end beyond the limit.
        """
        if self.budget is None:
            return max(math.ceil((MOST_SECONDS - self.reckoned) / each), 0)
        left = (self.budget - self.clocked) / (each * (self._slowness or 1.0))
        return int(min(max(left, 0.0), _ENDLESS))

    def at_once(self, each: float) -> int:
        """Return how many trials of so many reckoned seconds are run before the clock is looked at again."""
        if self.budget is not None and self._slowness is None:
            return 1
        return max(int(_SLICE / (each * (self._slowness or 1.0))), 1)

    def spend(self, reckoned: float, clocked: float) -> None:
        """Note that work reckoned so long took so long."""
        self.reckoned += reckoned
        slowness = clocked / reckoned
        self._slowness = slowness if self._slowness is None else 0.5 * (self._slowness + slowness)

    @property
    def ended(self) -> str:
        """In words, what ended a measurement that is not as precise as asked."""
        if self.budget is None:
            return "stopped at the limit of about a minute; a budget (--budget 5m) lets it go on"
        return f"the budget of {_checks.short(self.budget)} s ended it, so that it depends on this machine"
