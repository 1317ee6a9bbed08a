"""Which patterns have neurons of more than two levels?

>>> ternary(0.5)
Discrete(levels=(-1.0, 0.0, 1.0), chances=(0.25, 0.5, 0.25))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np

from hebbcap import _checks
from hebbcap.patterns.ensembles import Drawn, Patterns

_MOST_LEVELS = 16
"""More levels than this are grey values: the rules and thresholds here are for neurons of a few states."""


@final
@dataclass(frozen=True)
class Discrete(Drawn):
    r"""Independent entries, each at one of L levels: :math:`P(x = x_a) = p_a`.

    Parameters
    ----------
    levels : sequence of L numbers
        The values x_a of an entry, ascending; 2 to 16 whole numbers from -127 to 127. Their scale is free:
        for -0.5, 0, 0.5 take -1, 0, 1 and scale the rule.
    chances : sequence of L numbers
        Their probabilities p_a, each > 0; they must add up to 1 within 1e-9, and are scaled to do so exactly.

    Raises
    ------
    InvalidArgument
        If the levels are not ascending whole numbers in range, or the chances are not their probabilities.

    Examples
    --------
    >>> graded = Discrete((0, 1, 2), (0.5, 0.25, 0.25))
    >>> graded.name, graded.mean, graded.variance
    ('discrete:0=0.5,1=0.25,2=0.25', 0.75, 0.6875)
    >>> graded.sample(2, 6, rng=0)
    array([[1, 0, 0, 0, 2, 2],
           [1, 1, 1, 2, 2, 0]], dtype=int8)
    """

    # Defaults, which are refused, take the place of the properties of the base class.
    levels: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        values, chances = checked_levels(self.levels), tuple(self.chances)
        if len(chances) != len(values):
            raise _checks.fail("chances", chances, f"must be {len(values)} numbers", "one for each level")
        shares = [
            _checks.real("chances", p, low=0, high=1, open_low=True, open_high=True, meaning="of a level")
            for p in chances
        ]
        total = math.fsum(shares)
        if abs(total - 1) > 1e-9:
            raise _checks.fail("chances", chances, "must add up to 1", f"they add up to {total:g}")
        object.__setattr__(self, "levels", values)
        object.__setattr__(self, "chances", tuple(p / total for p in shares) if total != 1 else tuple(shares))

    @property
    def name(self) -> str:
        """The spelling that `hebbcap.patterns.ensemble` reads."""
        pairs = zip(self.levels, self.chances, strict=True)
        return "discrete:" + ",".join(f"{int(x)}={p!r}" for x, p in pairs)

    @property
    def p_high(self) -> float:
        """Chance of the highest level."""
        return self.chances[-1]

    def _draw(self, block: Patterns, rng: np.random.Generator) -> None:
        edges = np.cumsum(self.chances)[:-1]
        values = np.array(self.levels, dtype=np.int8)
        block[:] = values[np.searchsorted(edges, rng.random(block.size), side="right")]


def checked_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Return the values of a neuron as floats, or say why they can't be that.

    >>> checked_levels([-1, 0, 1])
    (-1.0, 0.0, 1.0)
    """
    try:
        given = tuple(levels)
    except TypeError:
        raise _checks.fail("levels", levels, "must be a sequence of numbers", "as (-1, 0, 1)") from None
    if not 2 <= len(given) <= _MOST_LEVELS:
        raise _checks.fail(
            "levels", given, f"must be 2 to {_MOST_LEVELS} values", "grey values: binarise them"
        )
    values = tuple(_checks.real("levels", x, low=-127, high=127) for x in given)
    if any(x != int(x) for x in values) or any(a >= b for a, b in pairwise(values)):
        raise _checks.fail(
            "levels", given, "must be ascending whole numbers", "their scale is free: put it in the rule"
        )
    return values


def ternary(activity: float) -> Discrete:
    """Return the symmetric ensemble of -1, 0 and +1 in which a share `activity` is not 0.

    Raises
    ------
    InvalidArgument
        If `activity` is not in the open interval (0, 1).

    >>> ternary(0.5).variance
    0.5
    """
    a = _checks.real(
        "activity",
        activity,
        low=0,
        high=1,
        open_low=True,
        open_high=True,
        meaning="activity is the fraction of neurons that are not 0",
    )
    return Discrete((-1, 0, 1), (a / 2, 1 - a, a / 2))


def parse(text: str) -> Discrete:
    """Return the ensemble that `LEVEL=CHANCE,LEVEL=CHANCE,...` spells.

    Raises
    ------
    ValueError
        If the text is not of this form, or the numbers are no levels and chances.

    >>> parse("0=0.9,1=0.1").levels
    (0.0, 1.0)
    """
    pairs = [part.split("=") for part in text.split(",")]
    return Discrete(tuple(float(x) for x, _ in pairs), tuple(float(p) for _, p in pairs))
