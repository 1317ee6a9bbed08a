"""For how many patterns is one remembered?

The lifetime is the number of latest patterns that all meet the criterion: the first age at which it fails,
counting from 0 for the newest. 0 means that even the newest fails; patterns that come back above the
criterion at a later age, where a trace is not monotone, are not counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np

from hebbcap._checks import NoTheory
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, Criterion
from hebbcap.question import Experiment
from hebbcap.theory.forgetting.moments import Floats
from hebbcap.theory.forgetting.trace import EXACT, GROUPS, PROPAGATED, SNR, each_age, methods, what_is_left
from hebbcap.theory.one_update import one_step
from hebbcap.theory.reading import Reading, caveat

_LONGEST = 10_000_000
"""Most ages looked at, where formulas give thousands at a time."""

_CHUNK = 16_384
_LONGEST_WALK = 100_000
"""Likewise where each age is a step."""


def failures(criterion: Criterion, dim: int, bit_errors: Floats, before: float = 0.0) -> tuple[Floats, float]:
    """Return the expected failures at consecutive ages from the bit errors there.

    Parameters
    ----------
    criterion : Criterion
        One that judges a single step; the joint ones take bits for independent, an approximation.
    dim : int
        D, the number of neurons.
    bit_errors : ndarray, shape (A, ...)
        At consecutive ages along the first axis.
    before : float or ndarray
        What this function returned for the ages before, if there are any.

    Returns
    -------
    failures : ndarray, shape (A, ...)
        At each age; for `all-patterns` of any pattern up to that age.
    before : float or ndarray
        To be handed on.

    Examples
    --------
    >>> failures(Criterion("pattern-error", 0.1), 100, np.array([0.001]))[0].round(4)
    array([0.0952])
    """
    if criterion.kind == BIT_ERROR:
        return bit_errors, before
    survives = dim * np.log1p(-np.minimum(bit_errors, 1 - 1e-16))
    if criterion.kind == ALL_PATTERNS:
        survives = np.cumsum(survives, axis=0) + before
        before = survives[-1]
    return -np.expm1(survives), before


def lifetime(experiment: Experiment, method: str) -> tuple[int, float]:
    """Return the number of latest patterns that all meet the criterion, and its sampling error.

    Parameters
    ----------
    experiment : Experiment
        With a `Plastic` memory and a criterion that judges one step.
    method : {"snr", "exact", "propagated"}
        Which theory.

    Returns
    -------
    lifetime : int
        At least 0.
    spread : float
        Standard error of it, where it rests on histories that are drawn; else 0.

    Raises
    ------
    NoTheory
        If the method or the criterion does not apply.

    Examples
    --------
    >>> from hebbcap.learning import synapse
    >>> from hebbcap.memories import Plastic
    >>> from hebbcap.patterns import Rademacher
    >>> memory = Plastic(synapse("decay:0.01", mean=0))
    >>> lifetime(Experiment(memory, Rademacher(), 1000), "snr")
    (65, 0.0)
    """
    one_step(experiment.criterion)
    if method == PROPAGATED:
        return _walked(experiment)
    if method == EXACT and experiment.criterion.kind != ALL_PATTERNS:
        return _stepped_to(experiment, _scanned(experiment, SNR)), 0.0
    return _scanned(experiment, method), 0.0


def _scanned(experiment: Experiment, method: str) -> int:
    """Return the first age that fails, looking at every age in turn."""
    first, size, before = 0, 64, 0.0
    while first < _LONGEST:
        errors = what_is_left(experiment, method, range(first, first + size)).bit_error
        failed, before = failures(experiment.criterion, experiment.dim, errors, before)
        over = np.flatnonzero(failed > experiment.criterion.max_failure)
        if over.size:
            return first + int(over[0])
        first, size = first + size, min(2 * size, _CHUNK)
    raise NoTheory(f"patterns are remembered for more than {first:,} others")


def _stepped_to(experiment: Experiment, guess: int) -> int:
    """Return the first age that fails by the exact law, from a guess: each age of it costs a transform."""

    @cache
    def holds(age: int) -> bool:
        errors = what_is_left(experiment, EXACT, [age]).bit_error
        failed, _ = failures(experiment.criterion, experiment.dim, errors)
        return bool(failed[0] <= experiment.criterion.max_failure)

    while guess > 0 and not holds(guess - 1):
        guess -= 1
    while holds(guess):
        guess += 1
    return guess


def _walked(experiment: Experiment) -> tuple[int, float]:
    """Return the first age that fails, and the standard error of it between groups of histories."""
    criterion, dim = experiment.criterion, experiment.dim
    before, before_each = 0.0, 0.0
    first: int | None = None
    ends = np.full(GROUPS, np.nan)
    for age, read in enumerate(each_age(experiment)):
        left = read()
        failed, before = failures(criterion, dim, left.bit_error, before)
        each, before_each = failures(criterion, dim, left.groups, before_each)
        ends[np.isnan(ends) & (each[0] > criterion.max_failure)] = age
        if first is None and failed[0] > criterion.max_failure:
            first = age
        # A group that never fails would be waited for in vain.
        if first is not None and (not np.isnan(ends).any() or age > 2 * first + 10):
            break
        if age >= _LONGEST_WALK:
            raise NoTheory(f"patterns are remembered for more than {age:,} others")
    assert first is not None
    ends[np.isnan(ends)] = age
    return first, float(ends.std(ddof=1) / math.sqrt(GROUPS))


def lifetime_reading(experiment: Experiment, method: str | None = None) -> Reading:
    """Return what theory says of the lifetime: by one method, or by the sharpest that applies.

    Parameters
    ----------
    experiment : Experiment
        With a `Plastic` memory.
    method : {"snr", "exact", "propagated"}, optional
        Which theory.

    Returns
    -------
    Reading
        The lifetime as a whole number of patterns, or why there is none.
    """
    try:
        chosen = methods(experiment)[-1] if method is None else method
        found, spread = lifetime(experiment, chosen)
    except NoTheory as error:
        return Reading(method or "snr", None, str(error))
    notes = [caveat(experiment)] if caveat(experiment) else []
    if chosen == PROPAGATED:
        notes.append(f"histories are drawn: standard error {spread:.2g}")
    return Reading(chosen, found, "; ".join(notes))


def lifetime_readings(experiment: Experiment) -> tuple[Reading, ...]:
    """Return what each theory that applies says of the lifetime, the sharpest last; or why none does."""
    try:
        return tuple(lifetime_reading(experiment, method) for method in methods(experiment))
    except NoTheory as error:
        return (Reading(SNR, None, str(error)),)


def failures_at(experiment: Experiment, method: str, counts: Iterable[int]) -> Floats:
    """Return the expected failures where so many latest patterns are to be held.

    Parameters
    ----------
    experiment : Experiment
        With a `Plastic` memory and a criterion that judges one step.
    method : {"snr", "exact", "propagated"}
        Which theory.
    counts : iterable of int
        Numbers of latest patterns, at least 1, rising; the oldest of K has age K - 1.

    Raises
    ------
    NoTheory
        If the method does not apply.
    """
    ages = np.fromiter(counts, dtype=np.int64) - 1
    every = experiment.criterion.kind == ALL_PATTERNS
    looked_at = np.arange(ages[-1] + 1) if every else ages
    errors = what_is_left(experiment, method, looked_at).bit_error
    failed, _ = failures(experiment.criterion, experiment.dim, errors)
    return failed[ages] if every else failed
