"""What does theory say of correlated patterns: how many are held, and with what share of wrong bits?

The law of the crosstalk is taken in each case that a neuron may find itself in, and the chances of a wrong
bit are averaged over the cases: the average of tails is not the tail of an average.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import ndtri

from hebbcap._checks import NoTheory
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR
from hebbcap.dynamics import Fixed
from hebbcap.patterns import Data, Hierarchical, Markov, Template
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.correlated.chain import chain
from hebbcap.theory.correlated.families import families
from hebbcap.theory.correlated.rows import rows
from hebbcap.theory.correlated.source import Source, wrong_bits
from hebbcap.theory.laws import has_law
from hebbcap.theory.one_update import one_step
from hebbcap.theory.reading import Reading
from hebbcap.theory.units import rescaled

CORRELATED: Final = "correlated"

_MOST = 10**7
"""Patterns beyond which the search is given up: the inversion's accuracy was not checked there."""


def correlated_error(experiment: Experiment, n_patterns: int) -> float:
    """Return the expected share of wrong bits after one update of a cue.

    Parameters
    ----------
    experiment : Experiment
        Memory, patterns, cue and threshold; its criterion is not used. The patterns are `Template`,
        `Hierarchical`, `Markov` or `Data`.
    n_patterns : int
        K, at least 1, and no more than there are.

    Raises
    ------
    NoTheory
        If the law of the crosstalk is not known for this memory, these patterns or this threshold.
    InvalidArgument
        If there are not so many patterns.

    Notes
    -----
    Exact for a template and for families. What a template takes away, the covariance rule with each neuron's
    own mean gives back: by turning neurons round, its error is that of `covariance` on `Biased((1 + c) / 2)`
    (at D = 1000 and 1 % of wrong bits, `Template(0.3)` leaves the Hebb rule 14 patterns of 185).

    Exact for each cue of Markov patterns, and averaged over a sample of cues.

    For data the overlaps with each of a sample of cues are those that occur, and the variance is that of
    drawing rows without replacement; higher moments are those of drawing with it. On digits and faces the
    error is met within a tenth, and so is the capacity of hebb, covariance, dense:4 and dense:8.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> round(correlated_error(Experiment(Hopfield(), Template(0.2), 200), 20), 6)
    0.004229
    """
    return _failure(experiment, n_patterns, BIT_ERROR)


def correlated_reading(experiment: Experiment) -> Reading:
    """Return the largest number of patterns that meets the experiment's criterion.

    Where the patterns of a data set run out first, that is their number, and the reading says so.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> correlated_reading(Experiment(Hopfield(), Template(0.2), 200))
    Reading(method='correlated', value=24, why='')
    """
    try:
        source = _source(experiment)
        found, reached = _largest(experiment)
    except NoTheory as error:
        return Reading(CORRELATED, None, str(error))
    notes = [source.note] if source.note else []
    if experiment.criterion.kind != BIT_ERROR:
        notes.append("bits are taken for independent given the cue, an approximation")
    if not reached:
        if found < experiment.max_patterns:
            return Reading(CORRELATED, None, f"more than {found:,} patterns, past what was checked")
        notes.append(f"all {found:,} are held: the data run out first")
    return Reading(CORRELATED, found, "; ".join(notes))


def correlated_failure(experiment: Experiment, n_patterns: int) -> float:
    """Return the expected share of failures that the experiment's criterion bounds."""
    return _failure(experiment, n_patterns, experiment.criterion.kind)


def _failure(experiment: Experiment, n_patterns: int, kind: str) -> float:
    experiment.check_count(n_patterns)
    source = _source(experiment)
    level = None if experiment.threshold == MIDPOINT and isinstance(experiment.ensemble, Data) else 0.0
    if isinstance(experiment.threshold, Fixed) and experiment.threshold.value:
        level = rescaled(
            experiment.threshold.value,
            -source.log_unit,
            "the threshold is beyond double precision in units of the fields",
        )
    cases, chance = wrong_bits(source, n_patterns, level)
    if kind == BIT_ERROR:
        return float(cases.weight @ chance)
    # The bits of a cue have its overlaps in common; given these they are taken for independent.
    right = np.log1p(-np.minimum(chance, 1 - 1e-16))
    cue = np.zeros(len(right), dtype=np.int64) if cases.cue is None else cases.cue
    weight = np.bincount(cue, cases.weight)
    intact = float(weight @ np.exp(experiment.dim * np.bincount(cue, cases.weight * right) / weight))
    return -math.expm1(n_patterns * math.log(max(intact, 1e-300))) if kind == ALL_PATTERNS else 1 - intact


def _source(experiment: Experiment) -> Source:
    memory, ensemble = experiment.memory, experiment.ensemble
    one_step(experiment.criterion)
    if not has_law(memory):
        raise NoTheory(f"no crosstalk law is known for {experiment.memory_name}")
    if not ensemble.levels:
        raise NoTheory(f"{ensemble.name} has no levels, and this theory counts wrong bits")
    if ensemble.independent:
        raise NoTheory(f"the entries of {ensemble.name} are independent: the exact law is for them")
    return _cached(experiment)


@lru_cache(maxsize=4)
def _cached(experiment: Experiment) -> Source:
    ensemble = experiment.ensemble
    if isinstance(ensemble, Template | Hierarchical):
        return families(experiment)
    if isinstance(ensemble, Markov):
        return chain(experiment)
    if isinstance(ensemble, Data):
        return rows(experiment)
    raise NoTheory(f"no theory of {ensemble.name} is known")


def _largest(experiment: Experiment) -> tuple[int, bool]:
    """Return the largest K that meets the criterion, and whether one more is known to miss it."""
    kind, goal = experiment.criterion.kind, float(ndtri(experiment.criterion.max_failure))
    most = min(experiment.max_patterns, _MOST)

    def excess(n_patterns: int) -> float:
        share = _failure(experiment, n_patterns, kind)
        return float(ndtri(min(max(share, 1e-15), 1 - 1e-15))) - goal

    held, over = 1, excess(1)
    if over > 0:
        return 0, True
    missed = 2
    while (above := excess(missed)) <= 0:
        if missed == most:
            return most, False
        held, over, missed = missed, above, min(4 * missed, most)
    narrow = 0
    while missed - held > 1:
        # Regula falsi in normal quantiles against log K, nearly a straight line; halving where it creeps.
        share = 0.5 if narrow > 1 else over / (over - above)
        guess = round(math.exp(math.log(held) + share * math.log(missed / held)))
        guess = min(max(guess, held + 1), missed - 1)
        found = excess(guess)
        narrow = narrow + 1 if (found <= 0) == (share < 0.5) else 0
        if found <= 0:
            held, over = guess, found
        else:
            missed, above = guess, found
    return held, True
