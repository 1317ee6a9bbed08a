"""What does the theory of correlated patterns need to know of them?

In every case that a neuron may find itself in, the field of the cued pattern and the law of the crosstalk of
all others; the chance of a wrong bit is then an inversion of its characteristic function in each case.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.dynamics import Fixed
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns.ensembles import Patterns
from hebbcap.question import MIDPOINT
from hebbcap.theory.correlated.inversion import chance_below
from hebbcap.theory.crosstalk import Bools, Complexes, Floats


@final
@dataclass(frozen=True)
class Cases:
    """C cases of a neuron when K patterns are stored.

    Attributes
    ----------
    weight : ndarray, shape (C,)
        Probability of the case; they add up to 1.
    own : ndarray, shape (C,)
        Field that the cued pattern itself contributes.
    high, right : ndarray of bool, shape (C,)
        Whether the neuron should be high, and whether the cue has it right.
    mean, variance : ndarray, shape (C,)
        Of the crosstalk of all other patterns.
    spacing, offset : float
        The lattice that the crosstalk lies on; a spacing of 0 says that there is none.
    echoes : bool
        Whether the lattice is finer than steps of the crosstalk at one sign of the neuron's bit, so that its
        characteristic function comes back before the end of a period.
    unit : ndarray, shape (C,), or 1.0
        About how far the field lies from its threshold or strays: units in which all cases look alike.
    cue : ndarray of int, shape (C,), or None
        Which cue the case is one of, where the theory knows; None where all are alike.
    shrink : float
        What the deviations of the crosstalk from its mean are multiplied by: less than 1 where patterns are
        drawn without replacement.
    """

    weight: Floats
    own: Floats
    high: Bools
    right: Bools
    mean: Floats
    variance: Floats
    spacing: float = 0.0
    offset: float = 0.0
    echoes: bool = False
    unit: Floats | float = 1.0
    cue: NDArray[np.int64] | None = None
    shrink: float = 1.0

    @property
    def midpoint(self) -> float:
        """Field halfway between those of neurons that should be high and low, on average."""
        field = self.own + self.mean
        high, low = (float(np.average(field[k], weights=self.weight[k])) for k in (self.high, ~self.high))
        return 0.5 * (high + low)


class Source(ABC):
    """One experiment's patterns, as the theory reads them."""

    log_unit: float
    """Log of what one of the numbers of `cases` is worth in field."""

    @abstractmethod
    def cases(self, n_patterns: int) -> Cases:
        """Return the cases of a neuron when K patterns are stored."""

    @abstractmethod
    def transform(self, n_patterns: int, cases: Cases, t: Floats) -> Complexes:
        """Return E exp(i t S / unit) for the crosstalk S (before shrinking), shape (C, F)."""

    @property
    @abstractmethod
    def note(self) -> str:
        """What the theory leaves out here."""


def wrong_bits(source: Source, n_patterns: int, level: float | None) -> tuple[Cases, Floats]:
    """Return the cases and the chance of a wrong bit in each; `level` None stands for the midpoint."""
    cases = source.cases(n_patterns)
    if level is None:
        level = cases.midpoint
    sign = np.where(cases.high, 1.0, -1.0)
    limit, mean = sign * (level - cases.own), sign * cases.mean
    limit = mean + (limit - mean) / cases.shrink
    if cases.spacing:
        # A tie keeps the cue's bit: S < limit is an error where that is right, S <= limit where it is wrong.
        place = (limit - sign * cases.offset) / cases.spacing
        below = np.where(cases.right, np.ceil(place - 1e-9) - 0.5, np.floor(place + 1e-9) + 0.5)
        limit = sign * cases.offset + cases.spacing * below
    low = sign < 0

    def turned(t: Floats) -> Complexes:
        values = source.transform(n_patterns, cases, t)
        values[low] = np.conj(values[low])
        return values

    limit, mean, variance = limit / cases.unit, mean / cases.unit, cases.variance / cases.unit**2
    return cases, chance_below(turned, limit, mean, variance, spacing=cases.spacing, echoes=cases.echoes)


@final
@dataclass(frozen=True)
class Bracket:
    """The field y d(m) that a +-1 pattern contributes, y its bit and m its overlap with the others.

    Attributes
    ----------
    values : ndarray, shape (N + 1,)
        d at the overlaps -N, -N + 2, ..., N.
    spacing : float
        Of the lattice that d and -d lie on; 0 where there is none.
    echoes : bool
        Whether d alone lies on a coarser one.
    log_unit : float
        Log of the unit of the values.
    """

    values: Floats
    spacing: float
    echoes: bool
    log_unit: float


def bracket(memory: object, dim: int) -> Bracket:
    """Return d for a memory that treats both signs alike.

    Raises
    ------
    NoTheory
        If the memory isn't known or its rule has parts that don't turn round with the pattern.
    """
    check_fits(48.0 * dim)
    overlaps = np.arange(-(dim - 1), dim, 2)
    if isinstance(memory, Dense):
        table = memory.separation.table(dim)
        places = overlaps + table.reach
        largest, unit = float(table.log_size.max()), float(np.log(table.unit))
        values = table.sign[places] * np.exp(table.log_size[places] - largest)
        spacing, echoes = 0.0, False
        if table.whole and table.values is not None:
            whole = np.rint(table.values[places]).astype(np.int64)
            alone = math.gcd(*(int(v) for v in whole - whole[0]))
            both = math.gcd(alone, int(2 * whole[0]))
            spacing, echoes = both * math.exp(-largest), both != alone
        return Bracket(values, spacing, echoes, largest + unit)
    if isinstance(memory, Hopfield):
        values = memory.rule.table((-1.0, 1.0))
        plain = values[1, 1] * np.array([[1.0, -1.0], [-1.0, 1.0]])
        if values[1, 1] <= 0 or not np.array_equal(values, plain):
            raise NoTheory(
                "the rule is not a multiple of post * pre, and for correlated patterns other parts are not "
                "worked out"
            )
        return Bracket(overlaps.astype(np.float64), 2.0, False, float(np.log(values[1, 1])))
    raise NoTheory(f"no crosstalk law is known for {getattr(memory, 'name', type(memory).__name__)}")


def check_symmetric(patterns: str, threshold: object) -> None:
    """Refuse a threshold other than 0 for patterns without a preferred sign."""
    if threshold not in (Fixed(), MIDPOINT):
        raise NoTheory(f"for {patterns} the theory is worked out for a threshold of 0, the midpoint")


def flipped_cues(
    patterns: Patterns, n_flipped: int, levels: tuple[float, ...], rng: np.random.Generator
) -> Floats:
    """Return the patterns (B, D) with `n_flipped` bits of each flipped, drawn uniformly."""
    order = rng.permuted(np.tile(np.arange(patterns.shape[1]), (len(patterns), 1)), axis=1)
    cues = patterns.astype(np.float64)
    rows, places = np.arange(len(cues))[:, None], order[:, :n_flipped]
    cues[rows, places] = sum(levels) - cues[rows, places]
    return cues


def check_fits(n_bytes: float) -> None:
    """Refuse what can't be held."""
    _checks.check_fits(n_bytes, "the law of correlated patterns", "use a smaller dim")
