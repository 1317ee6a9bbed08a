"""What does theory say that the memory holds?

Two readings of one crosstalk law: `snr` takes its mean and variance and a normal tail, `exact` takes the
tail of the sum itself, at this dim and this number of patterns. Both are for independent entries and for
one update of a cue; asked outside of that they refuse in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from scipy.special import ndtri

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, PATTERN_ERROR
from hebbcap.dynamics import Fixed, Inhibition, KWinners, Steps
from hebbcap.memories import Dense, Hopfield, Plastic
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.crosstalk import Crosstalk
from hebbcap.theory.exact import exact_error
from hebbcap.theory.field.local_field import PairwiseField, pairwise_field
from hebbcap.theory.hetero import OnePass, PairField, has_midpoint, pair_error, pair_field, why_not_exact
from hebbcap.theory.largest import check_counted, largest_held
from hebbcap.theory.laws import crosstalk, has_law
from hebbcap.theory.normal import midpoints_of, normal_error, signal_and_noise
from hebbcap.theory.one_update import failing, why_not_one_update
from hebbcap.theory.units import rescaled

SNR: Final = "snr"
EXACT: Final = "exact"
METHODS: Final = (SNR, EXACT)

_IRRELEVANT = 1e-12
"""A bit error below this is told by an upper bound where criteria are judged, if it is out of reach."""


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


def midpoints(experiment: Experiment, n_patterns: int) -> tuple[float, ...]:
    """Return the fields halfway between the mean ones of neurons that should be at adjacent levels.

    Raises
    ------
    NoTheory
        If no crosstalk law is known, or the mean fields of more than two levels are not in their order.

    Examples
    --------
    >>> from hebbcap.patterns import ternary
    >>> midpoints(Experiment(Hopfield(), ternary(0.5), 101, threshold=MIDPOINT), 20)
    (-25.0, 25.0)
    """
    return midpoints_of(_law(experiment), n_patterns - 1)


def midpoint(experiment: Experiment, n_patterns: int) -> float:
    """Return the field halfway between those of neurons that should be low and high, on average.

    Raises
    ------
    NoTheory
        If no crosstalk law is known, or neurons have more than two levels.
    """
    middle, *more = midpoints(experiment, n_patterns)
    if more:
        raise NoTheory(f"neurons of {len(more) + 2} levels have a midpoint between each two: see midpoints")
    return middle


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
    steps = [
        rescaled(step, -law.log_unit, "the threshold is beyond double precision in units of the fields")
        for step in _steps(experiment, n_patterns)
    ]
    if method == SNR:
        return normal_error(law, n_patterns - 1, steps)
    if isinstance(law, PairField):
        return pair_error(law, n_patterns - 1, steps[0], floor=floor)
    return exact_error(law, n_patterns - 1, steps, floor=floor)


def failure(method: str, experiment: Experiment, n_patterns: int) -> float:
    """Return the expected share of failures that the experiment's criterion bounds.

    The joint criteria take the bits for independent, which is an approximation.
    """
    error = bit_error(method, experiment, n_patterns, floor=_IRRELEVANT)
    return failing(error, experiment.criterion, experiment.dim_out, n_patterns)


def why_not(method: str, experiment: Experiment) -> str:
    """Return why the theory does not apply, or an empty text where it does."""
    memory, ensemble = experiment.memory, experiment.ensemble
    if why := why_not_one_update(experiment.criterion):
        return why
    if isinstance(memory, Plastic):
        return "its weights forget, and this theory is for patterns that add up"
    if not has_law(memory):
        return f"no crosstalk law is known for {experiment.memory_name}"
    if not ensemble.levels:
        return f"{ensemble.name} has no levels, and this theory counts wrong bits"
    if not ensemble.independent:
        return f"the entries of {ensemble.name} are correlated, and this theory is for independent ones"
    if isinstance(experiment.threshold, KWinners):
        return "k-winners compares the fields of all neurons, and this theory is about one neuron"
    if isinstance(experiment.threshold, Inhibition):
        if method == EXACT:
            return "inhibition ties the fields of all neurons together, and this theory is about one neuron"
        if not isinstance(memory, Hopfield):
            return "inhibition is worked out for pairwise rules only"
    if method == EXACT and isinstance(memory, OnePass):
        return why_not_exact(memory, ensemble)
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
        found = check_counted(_largest(method, experiment))
    except NoTheory as error:
        return Reading(method, None, str(error))
    return Reading(method, found, caveat(experiment))


def _largest(method: str, experiment: Experiment) -> int:
    allowed = experiment.criterion.max_failure
    return largest_held(lambda count: failure(method, experiment, count), allowed, _first_guess(experiment))


def _first_guess(experiment: Experiment) -> float:
    """Load at which the normal reading of one bit is about right: K = own^2 / (z^2 variance)."""
    bits = {BIT_ERROR: 1.0, PATTERN_ERROR: experiment.dim_out}.get(
        experiment.criterion.kind, experiment.dim_out**2
    )
    z = float(ndtri(experiment.criterion.max_failure / bits))
    own, noise = signal_and_noise(_law(experiment))
    gaps = len(experiment.ensemble.levels) - 1
    return float(np.clip(1 + (own / gaps / z) ** 2 / noise if noise > 0 else 2.0, 2.0, _checks.MAX_PATTERNS))


def _law(experiment: Experiment) -> Crosstalk | PairwiseField:
    memory, ensemble, dim = experiment.memory, experiment.ensemble, experiment.dim
    if isinstance(memory, OnePass):
        return pair_field(memory, ensemble, dim, experiment.n_flipped)
    if not isinstance(memory, Hopfield) or not ensemble.independent:
        return crosstalk(memory, ensemble, dim, experiment.n_flipped)
    table = memory.rule.table(ensemble.levels)
    if isinstance(experiment.threshold, Inhibition):
        # Subtracting the mean field takes away all that the rule writes whatever post was.
        table = table - np.array(ensemble.chances) @ table
    return pairwise_field(table, ensemble, dim, experiment.n_flipped)


def _steps(experiment: Experiment, n_patterns: int) -> tuple[float, ...]:
    threshold, memory = experiment.threshold, experiment.memory
    if isinstance(memory, OnePass):
        measured = has_midpoint(memory, experiment.ensemble)
        return midpoints(experiment, n_patterns) if measured else (float(memory.threshold or 0),)
    if threshold in (MIDPOINT, Inhibition(None)):
        return midpoints(experiment, n_patterns)
    if isinstance(threshold, Steps):
        return threshold.values
    if isinstance(threshold, Fixed | Inhibition) and threshold.value is not None:
        return (threshold.value,)
    raise NoTheory(why_not(EXACT, experiment))
