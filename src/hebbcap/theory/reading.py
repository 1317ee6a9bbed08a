"""What does theory say that the memory holds?

Two readings of one crosstalk law: `snr` takes its mean and variance and a normal tail, `exact` takes the
tail of the sum itself, at this dim and this number of patterns. Both are for independent entries and for
one update of a cue; asked outside of that they refuse in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, final

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtri, ndtri_exp

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, PATTERN_ERROR
from hebbcap.dynamics import Fixed, Inhibition, KWinners
from hebbcap.memories import Dense, Hopfield, Memory
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.crosstalk import Crosstalk, Floats
from hebbcap.theory.laws import crosstalk
from hebbcap.theory.pairwise import pairwise_law
from hebbcap.theory.tail import lower_tail

SNR: Final = "snr"
EXACT: Final = "exact"
METHODS: Final = (SNR, EXACT)

_IRRELEVANT = 1e-12
"""A bit error below this is told by an upper bound where criteria are judged, if it is out of reach."""

_LARGEST_LOG = 700.0
_SCAN = 4
"""Whole numbers looked at past the crossing: where fields can tie, the error of even and odd K differs."""


@final
@dataclass(frozen=True)
class Reading:
    """What one theory says.

    Attributes
    ----------
    method : {"snr", "exact"}
        Which theory.
    value : float or None
        Its number: a bit error, or a whole number of patterns; None if it does not apply.
    why : str
        Why it does not apply, or what must be known to read the number; may be empty.
    """

    method: str
    value: float | None
    why: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is a number."""
        return self.value is not None


def midpoint(experiment: Experiment, n_patterns: int) -> float:
    """Return the field halfway between those of neurons that should be low and high, on average.

    Raises
    ------
    NoTheory
        If no crosstalk law is known.
    """
    law = _law(experiment)
    field = law.own + (n_patterns - 1) * law.mean
    high, low = (float(np.average(field[k], weights=law.weight[k])) for k in (law.high, ~law.high))
    middle = 0.5 * (high + low)
    # Means that cancel exactly on paper leave rounding, which would break every tie one way.
    if abs(middle) <= 1e-12 * (abs(high) + abs(low)):
        return 0.0
    if math.log(abs(middle)) + law.log_unit > _LARGEST_LOG:
        raise NoTheory("the midpoint of the fields is beyond double precision")
    return math.copysign(math.exp(math.log(abs(middle)) + law.log_unit), middle)


def bit_error(method: str, experiment: Experiment, n_patterns: int, *, floor: float = 0.0) -> float:
    """Return the expected share of wrong bits after one update of a cue.

    Parameters
    ----------
    method : {"snr", "exact"}
        Which theory.
    experiment : Experiment
        Memory, patterns, cue and threshold; its criterion is not used.
    n_patterns : int
        K, at least 1.
    floor : float
        Below this an upper bound will do, where the number itself is out of reach.

    Raises
    ------
    NoTheory
        If the theory does not apply.

    Examples
    --------
    >>> from hebbcap.patterns import Rademacher
    >>> round(bit_error("exact", Experiment(Hopfield(), Rademacher(), 1000), 138), 8)
    0.00343503
    """
    why = why_not(method, experiment)
    if why:
        raise NoTheory(why)
    law = _law(experiment)
    level = _threshold(experiment, n_patterns)
    if level and law.log_unit:
        if math.log(abs(level)) - law.log_unit > _LARGEST_LOG:
            raise NoTheory("the threshold is beyond double precision in units of the fields")
        level = math.copysign(math.exp(math.log(abs(level)) - law.log_unit), level)
    if method == SNR:
        return _normal_error(law, n_patterns - 1, level)
    sign = np.where(law.high, 1.0, -1.0)
    limit = sign * (level - law.own)
    inclusive = ~law.cued_right  # a tie keeps the cue's bit, which is wrong where it was flipped
    cases, weight = np.arange(len(law.weight)), law.weight
    if law.mirrored:  # high and low neurons, and many cases, are then one and the same problem
        keys, cases, where = np.unique(
            np.stack([limit, inclusive]), axis=1, return_index=True, return_inverse=True
        )
        limit, inclusive, sign = keys[0], keys[1] > 0, np.ones(len(cases))
        weight = np.bincount(where.ravel(), weights=law.weight).astype(np.float64)
    count = np.full(len(cases), n_patterns - 1.0)
    tail = lower_tail(law, cases, count, limit, inclusive=inclusive, sign=sign)
    unsure = float(weight[~tail.accurate] @ tail.probability[~tail.accurate])
    total = float(weight @ tail.probability)
    if not unsure <= max(1e-6 * total, floor):
        raise NoTheory(
            "too few patterns of too many different weights: neither the integral nor a list of the "
            "possible sums reaches its accuracy here"
        )
    return total


def failure(method: str, experiment: Experiment, n_patterns: int) -> float:
    """Return the expected share of failures that the experiment's criterion bounds.

    The joint criteria take the bits for independent, which is an approximation.
    """
    error = bit_error(method, experiment, n_patterns, floor=_IRRELEVANT)
    kind = experiment.criterion.kind
    if kind == BIT_ERROR:
        return error
    bits = float(experiment.dim) * (n_patterns if kind == ALL_PATTERNS else 1)
    return -math.expm1(bits * math.log1p(-min(error, 1 - 1e-16)))


def why_not(method: str, experiment: Experiment) -> str:
    """Return why the theory does not apply, or an empty text where it does."""
    memory, ensemble = experiment.memory, experiment.ensemble
    if not experiment.criterion.one_step:
        return f"{experiment.criterion} is about fixed points, and this theory is about one update"
    if not isinstance(memory, Memory):
        return f"no crosstalk law is known for {type(memory).__name__}"
    if not ensemble.independent:
        return f"the entries of {ensemble.name} are correlated, and this theory is for independent ones"
    if isinstance(experiment.threshold, KWinners):
        return "k-winners compares the fields of all neurons, and this theory is about one neuron"
    if isinstance(experiment.threshold, Inhibition):
        if method == EXACT:
            return "inhibition ties the fields of all neurons together, and this theory is about one neuron"
        if not isinstance(memory, Hopfield):
            return "inhibition is worked out for pairwise rules only"
    if method == SNR and isinstance(memory, Dense) and memory.separation.steep:
        return "single nearby patterns decide the noise, not its variance, so a normal tail is far off"
    return ""


def caveat(experiment: Experiment) -> str:
    """Return what must be known to read the theory's number, or an empty text."""
    if experiment.criterion.kind in (PATTERN_ERROR, ALL_PATTERNS):
        return "bits are taken for independent, an approximation"
    return ""


def error_reading(method: str, experiment: Experiment, n_patterns: int) -> Reading:
    """Return what one theory says about the bit error at `n_patterns`."""
    try:
        return Reading(method, bit_error(method, experiment, n_patterns))
    except NoTheory as error:
        return Reading(method, None, str(error))


def capacity_reading(method: str, experiment: Experiment) -> Reading:
    """Return the largest whole number of patterns that meets the criterion, by one theory.

    0 means that not even one pattern does.

    Examples
    --------
    >>> from hebbcap.patterns import Rademacher
    >>> capacity_reading("exact", Experiment(Hopfield(), Rademacher(), 1000)).value
    185
    """
    try:
        found = _largest(method, experiment)
    except NoTheory as error:
        return Reading(method, None, str(error))
    if found >= _checks.MAX_PATTERNS:
        return Reading(method, None, f"more than {_checks.MAX_PATTERNS:.0e} patterns, past exact counting")
    return Reading(method, found, caveat(experiment))


def _largest(method: str, experiment: Experiment) -> int:
    allowed = experiment.criterion.max_failure
    goal = float(ndtri(allowed))

    @cache
    def failures(count: int) -> float:
        return failure(method, experiment, count)

    def excess(log_count: float) -> float:
        """How far the failures lie above what is allowed, in units in which they rise evenly."""
        share = failures(max(round(math.exp(log_count)), 1))
        return float(ndtri_exp(math.log(share))) - goal if share > 0 else -40.0

    if failures(1) > allowed:
        return 0
    step, ceiling = math.log(1.3), math.log(_checks.MAX_PATTERNS)
    low = high = math.log(_first_guess(experiment))
    while high < ceiling and excess(high) <= 0:
        low, high, step = high, min(high + step, ceiling), 2 * step
    while low > 0 and excess(low) > 0:
        low, high, step = max(low - step, 0.0), low, 2 * step
    if excess(high) <= 0:
        return _checks.MAX_PATTERNS
    best = max(round(math.exp(brentq(excess, low, high, xtol=0.3 * math.exp(-high), rtol=1e-15))), 1)
    while best > 1 and failures(best) > allowed:
        best -= 1
    ahead = [k for k in range(best + 1, best + 1 + _SCAN) if failures(k) <= allowed]
    return ahead[-1] if ahead else best


def _first_guess(experiment: Experiment) -> float:
    """Load at which the normal reading of one bit is about right: K = own^2 / (z^2 variance)."""
    law = _law(experiment)
    bits = {BIT_ERROR: 1.0, PATTERN_ERROR: experiment.dim}.get(experiment.criterion.kind, experiment.dim**2)
    z = float(ndtri(experiment.criterion.max_failure / bits))
    own = 0.5 * (
        np.average(law.own, weights=law.weight * law.high)
        - np.average(law.own, weights=law.weight * ~law.high)
    )
    noise = float(law.weight @ law.variance)
    return float(np.clip(1 + own**2 / (z**2 * noise) if noise > 0 else 2.0, 2.0, _checks.MAX_PATTERNS))


def _law(experiment: Experiment) -> Crosstalk:
    memory, ensemble = experiment.memory, experiment.ensemble
    if isinstance(experiment.threshold, Inhibition) and isinstance(memory, Hopfield):
        # Subtracting the mean field takes away all that the rule writes whatever post was.
        table = memory.rule.table(ensemble.levels)
        shared = np.array([1 - ensemble.p_high, ensemble.p_high]) @ table
        return pairwise_law(table - shared, ensemble, experiment.dim, experiment.n_flipped)
    return crosstalk(memory, ensemble, experiment.dim, experiment.n_flipped)


def _threshold(experiment: Experiment, n_patterns: int) -> float:
    if experiment.threshold == MIDPOINT:
        return midpoint(experiment, n_patterns)
    if isinstance(experiment.threshold, Fixed | Inhibition):
        return experiment.threshold.value
    raise NoTheory(why_not(EXACT, experiment))


def _normal_error(law: Crosstalk, n_others: int, level: float) -> float:
    """Pool the cases of each kind of neuron into one mean and variance, and take normal tails."""
    total = 0.0
    for high in (True, False):
        for right in (True, False):
            kind = (law.high == high) & (law.cued_right == right)
            weight: Floats = law.weight[kind]
            if not weight.sum():
                continue
            field = law.own[kind] + n_others * law.mean[kind]
            mean = np.average(field, weights=weight)
            variance = np.average(n_others * law.variance[kind] + (field - mean) ** 2, weights=weight)
            distance = (mean - level) if high else (level - mean)
            if variance > 0:
                total += float(weight.sum() * np.exp(log_ndtr(-distance / np.sqrt(variance))))
            elif distance < 0 or (distance == 0 and not right):
                total += float(weight.sum())
    return total
