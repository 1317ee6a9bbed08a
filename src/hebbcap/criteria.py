"""What counts as holding a pattern?

Theory and measurement read the same criterion, so two capacities side by side answer one question, and
none is printed without it. Every criterion is a bound on the expected share of failures at K patterns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from hebbcap import _checks

BIT_ERROR: Final = "bit-error"
PATTERN_ERROR: Final = "pattern-error"
ALL_PATTERNS: Final = "all-patterns"
OVERLAP: Final = "overlap"

MEANINGS: Final = {
    BIT_ERROR: "expected share of wrong bits after one step is at most {level:g}",
    PATTERN_ERROR: "chance that any bit of a pattern is wrong after one step is at most {level:g}",
    ALL_PATTERNS: "chance that any bit of any stored pattern is wrong after one step is at most {level:g}",
    OVERLAP: "at least half of the patterns are recalled to a fixed point with overlap {level:g} or more",
}
"""Each kind of criterion in words."""


@final
@dataclass(frozen=True)
class Criterion:
    """One statement of what it means that K patterns are held.

    Parameters
    ----------
    kind : {"bit-error", "pattern-error", "all-patterns", "overlap"}
        The statement; `MEANINGS` has each in words.
    level : float
        The p of the three error criteria, 0 < p < 0.5; or the overlap m, 0 < m <= 1. The overlap is the
        share of agreeing bits less the share of disagreeing ones, whatever the levels of the neurons.

    Raises
    ------
    InvalidArgument
        If the kind is unknown or the level is outside its range.

    Examples
    --------
    >>> Criterion("bit-error", 0.01).meaning
    'expected share of wrong bits after one step is at most 0.01'
    """

    kind: str = BIT_ERROR
    level: float = 0.01

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in MEANINGS:
            raise _checks.fail(
                "criterion", self.kind, f"must be one of {', '.join(MEANINGS)}, as bit-error:0.01"
            )
        if self.kind == OVERLAP:
            level = _checks.real(
                "overlap", self.level, low=0, high=1, open_low=True, meaning="1 is perfect recall"
            )
        else:
            level = _checks.real(
                self.kind,
                self.level,
                low=0,
                high=0.5,
                open_low=True,
                open_high=True,
                meaning="it is a probability",
            )

        object.__setattr__(self, "level", level)

    def __str__(self) -> str:
        return f"{self.kind}:{_checks.short(self.level)}"

    @property
    def meaning(self) -> str:
        """The criterion in words."""
        return MEANINGS[self.kind].format(level=self.level)

    @property
    def max_failure(self) -> float:
        """Largest expected share of failures at which the criterion is met."""
        return 0.5 if self.kind == OVERLAP else self.level

    @property
    def joint(self) -> bool:
        """Whether it asks many bits to be right at once."""
        return self.kind in (PATTERN_ERROR, ALL_PATTERNS)

    @property
    def one_step(self) -> bool:
        """Whether it judges the state after one update, rather than a fixed point."""
        return self.kind != OVERLAP


def criterion(spec: str | Criterion) -> Criterion:
    """Return the criterion spelled `kind:level`, as on the command line.

    Raises
    ------
    InvalidArgument
        If the text is not a known kind and a number.

    >>> criterion("overlap:0.95")
    Criterion(kind='overlap', level=0.95)
    """
    if isinstance(spec, Criterion):
        return spec
    kind, _, level = str(spec).partition(":")
    try:
        return Criterion(kind, float(level))
    except ValueError as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        raise _checks.fail(
            "criterion", spec, "must be KIND:LEVEL", f"as bit-error:0.01; kinds are {', '.join(MEANINGS)}"
        ) from None
