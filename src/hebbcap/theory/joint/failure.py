"""How likely is a joint criterion to fail, between which bounds, and how sure is the number?

`joint_failure` puts the three together: a value with correlation accounted for, and rigorous bounds from
the exact chances of one and of two wrong bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, final

from hebbcap._checks import NoTheory
from hebbcap.criteria import ALL_PATTERNS, PATTERN_ERROR
from hebbcap.dynamics import Fixed
from hebbcap.memories import Dense
from hebbcap.question import Experiment
from hebbcap.theory.joint.all_patterns import all_patterns_failure
from hebbcap.theory.joint.bounds import least, most
from hebbcap.theory.joint.cues import Population, cues, population
from hebbcap.theory.joint.nearest import spoilers
from hebbcap.theory.joint.pairs import pair_error
from hebbcap.theory.joint.pattern import pattern_failure
from hebbcap.theory.reading import EXACT, bit_error, why_not

VALUE: Final = "approximation"
ONE_PATTERN: Final = "exact"

_IRRELEVANT = 1e-12
"""A bit error below this is told by an upper bound, if it is out of reach."""


@final
@dataclass(frozen=True)
class JointFailure:
    """The chance that any of many bits is wrong after one step.

    Attributes
    ----------
    value : float
        With the correlation between bits accounted for.
    kind : {"approximation", "exact"}
        What `value` is; exact only for a single pattern.
    low, high : float
        Rigorous bounds, from the exact chances of one and of two wrong bits.
    error : float
        Relative size of the error of `value` found in simulation; see `joint_failure`.
    words : str
        How the value and the bounds came about.
    """

    value: float
    kind: str
    low: float
    high: float
    error: float
    words: str


def joint_failure(experiment: Experiment, n_patterns: int) -> JointFailure:
    """Return the chance that a joint criterion fails at this number of patterns, with bounds.

    Parameters
    ----------
    experiment : Experiment
        Its criterion must be `pattern-error` or `all-patterns`; the level is not used.
    n_patterns : int
        K, at least 1.

    Raises
    ------
    NoTheory
        If the criterion is not joint, or no exact bit error is known.

    Notes
    -----
    Against up to 150,000 simulated trials the failure of one pattern was within 1 % for symmetric patterns at
    D >= 200, 3 % at D >= 50 (Hebb and dense of order 3 and 4, up to 20 % of bits flipped), for biased and for
    sparse ones, from 8 patterns on; within 6 % for fewer patterns and for rules with pre and post parts, and
    within 9 % for steep memories.
    That of all patterns is over-estimated, since two patterns share more than their overlap: by 10 % at
    D = 50, 8 % at D = 100, 3 % at D = 200 and less than 1 % at D = 500, which moves the largest number of
    patterns by less than one. Bounds: Dawson & Sankoff (1967), Kwerel (1975).

    Examples
    --------
    The product of 200 independent bits would be 0.1079, and 100,000 trials gave 0.0939 +- 0.0002.

    >>> from hebbcap.criteria import Criterion
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> found = joint_failure(Experiment(Hopfield(), Rademacher(), 200, Criterion("pattern-error", 0.1)), 20)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.094, 0.089, 0.114)
    """
    value = correlated_failure(experiment, n_patterns)
    low, high, note = _bounds(experiment, n_patterns)
    if experiment.criterion.kind == ALL_PATTERNS:
        low, high = low, min(n_patterns * high, 1.0)
        note += "; for all patterns the upper bound adds up, and the lower one is that of a single pattern"
    exact = n_patterns == 1
    words = "one pattern meets no crosstalk" if exact else _words(experiment) + "; " + note
    kind = ONE_PATTERN if exact else VALUE
    return JointFailure(min(max(value, low), high), kind, low, high, _error(experiment, n_patterns), words)


def correlated_failure(experiment: Experiment, n_patterns: int) -> float:
    """Return the value of `joint_failure` alone: fast enough to search for the largest number of patterns.

    Raises
    ------
    NoTheory
        If the criterion is not joint, or no exact bit error is known.
    """
    _check(experiment)
    experiment.check_count(n_patterns)
    return _value(experiment, n_patterns)


@lru_cache(maxsize=256)
def _value(experiment: Experiment, n_patterns: int) -> float:
    bits = experiment.dim * _bit_error(experiment, n_patterns)
    every = experiment.criterion.kind == ALL_PATTERNS
    # Where so few errors are expected, there is nothing to take from their sum.
    if bits < _IRRELEVANT:
        return float(-math.expm1(-bits * (n_patterns if every else 1)))
    shared = population(experiment, n_patterns)
    if _steep(experiment):
        return _steep_failure(experiment, shared, n_patterns, bits, every)
    one = min(pattern_failure(shared, experiment.n_flipped, n_patterns - 1), bits)
    return all_patterns_failure(shared, experiment.n_flipped, n_patterns, one) if every else one


def _steep_failure(
    experiment: Experiment, shared: Population, n_patterns: int, bits: float, every: bool
) -> float:
    alone = spoilers(shared, experiment.n_flipped)
    others = n_patterns - 1.0
    expected = others * alone.any + max(bits - others * alone.bits, 0.0)
    if every:
        expected = n_patterns * expected - 0.5 * n_patterns * others * alone.both
    return -math.expm1(-expected)


def _bounds(experiment: Experiment, n_patterns: int) -> tuple[float, float, str]:
    """Bounds for one pattern, and how they were had."""
    dim = experiment.dim
    error = _bit_error(experiment, n_patterns)
    single = dim * error
    nothing = error, min(single, 1.0)
    if n_patterns == 1:
        return (1.0, 1.0, "") if single > 0 else (0.0, 0.0, "")
    pairs = _pairs(experiment, n_patterns)
    if pairs is None:
        return *nothing, "bounds are those of a single bit and of the sum over bits"
    return (
        max(least(single, pairs), error),
        most(single, pairs, dim),
        "bounds are those of Dawson & Sankoff and Kwerel, from the exact chances of one and two wrong bits",
    )


def _pairs(experiment: Experiment, n_patterns: int) -> float | None:
    """Expected number of pairs of wrong bits in a pattern, where one composition stands for all cues."""
    shared = population(experiment, n_patterns)
    if not shared.symmetric or _steep(experiment):
        return None
    (cue,) = cues(shared, experiment.n_flipped, experiment.dim)
    total = 0.0
    for i, one in enumerate(cue.kinds):
        for other in cue.kinds[: i + 1]:
            number = one.count * other.count if one != other else one.count * (one.count - 1) / 2
            if number:
                together = pair_error(shared, cue, one, other, n_patterns - 1)
                if together is None:
                    return None
                total += number * together
    return total


def _check(experiment: Experiment) -> None:
    if experiment.criterion.kind not in (PATTERN_ERROR, ALL_PATTERNS):
        raise NoTheory(f"{experiment.criterion} is not joint; ask for pattern-error or all-patterns")
    why = why_not(EXACT, experiment)
    if why:
        raise NoTheory(why)
    if _steep(experiment) and (experiment.ensemble.p_high != 0.5 or experiment.threshold != Fixed()):
        raise NoTheory("single near patterns decide, which is worked out for symmetric patterns only")


@lru_cache(maxsize=256)
def _bit_error(experiment: Experiment, n_patterns: int) -> float:
    return bit_error(EXACT, experiment, n_patterns, floor=_IRRELEVANT)


def _steep(experiment: Experiment) -> bool:
    return isinstance(experiment.memory, Dense) and experiment.memory.separation.steep


def _words(experiment: Experiment) -> str:
    if _steep(experiment):
        return "single patterns near enough to spoil the cue are counted, other errors taken for independent"
    return "bits are independent given how strongly the other patterns overlap with the cue"


def _error(experiment: Experiment, n_patterns: int) -> float:
    """Relative error of the value, as found in simulation."""
    if n_patterns == 1:
        return 0.0
    every = experiment.criterion.kind == ALL_PATTERNS
    shared = 8.0 / experiment.dim if every and not _steep(experiment) else 0.0
    if _steep(experiment) or experiment.ensemble.levels[0] == 0 or n_patterns < 8:
        return 0.1 + shared
    if not population(experiment, n_patterns).symmetric:
        return 0.05 + shared
    return (0.02 if experiment.dim >= 200 else 0.03) + shared
