"""What will it take?

Reckoned before anything is allocated, from rates that stand here and are the same on every machine: of two
threads of a common processor. They are right to a factor of about two.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from scipy.special import ndtri

from hebbcap import _checks
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, Criterion
from hebbcap.kernels.one_pass import MOST_CUES
from hebbcap.measurement import curve
from hebbcap.measurement.curve import ALL_JUDGED
from hebbcap.measurement.hint import allowed_bit_error
from hebbcap.measurement.measured import Cost
from hebbcap.measurement.trial import cue_count, recall_steps
from hebbcap.memories import Dense, Memory
from hebbcap.question import Experiment

_STREAM = 5e-6
_BIT = 2e-11
"""Seconds of a stream, and of each of its bits: a neuron of one cue meeting one pattern."""

_TRIAL = 3e-4
_DRAWN = 6e-9
_MULTIPLIED, _LOOKED_UP = 6e-11, 1e-11
_SEPARATED = 2e-9
"""Seconds of a trial; of an entry drawn and stored; of an entry met by a cue in recall, in general and in
dense memories; and of an overlap that goes through a separation function."""

_UPDATES = 20
"""Updates until a fixed point, about."""

_ENTRY_BYTES = 10.0
"""Bytes of a trial for each entry of its patterns, drawn and stored."""

_STREAM_BYTES, _STREAM_NEURON_BYTES = 2.0**22, 128.0
"""Bytes of the streams that are drawn at one time, about, and more for each neuron."""

_LONGEST = 2.0
"""Reckoned seconds of the longest trial, so that Ctrl-C is answered soon."""

_FEWEST = 30
"""Trials of a search at least, about."""

_OVERHEAD = 3e-3
"""Seconds of a search beside its trials."""

_COMMON = 5.0
"""Bit errors of all cues of a trial rise and fall together, by a share whose variance is about this over D,
and more where high and low neurons are not as frequent."""

_COMMON_CUES = 1.5
"""Variance of a trial's count of failed cues, over that of independent ones, about."""


def trial_cost(experiment: Experiment, at: Sequence[int], in_streams: bool) -> Cost:
    """Return what one trial takes, judged at these rising numbers of patterns.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> trial_cost(Experiment(Hopfield(), Rademacher(), 1000), [185], True).seconds < 1e-3
    True
    """
    if in_streams:
        n_bytes = _STREAM_BYTES + _STREAM_NEURON_BYTES * experiment.dim
        return Cost(_STREAM + _BIT * at[-1] * MOST_CUES * _neurons(experiment), n_bytes)
    seconds, n_bytes = 0.0, 0.0
    for n_patterns in at:
        one = _one_trial(experiment, n_patterns)
        seconds, n_bytes = seconds + one.seconds, max(n_bytes, one.n_bytes)
    return Cost(seconds, n_bytes)


def _one_trial(experiment: Experiment, n_patterns: int) -> Cost:
    memory, entries = experiment.memory, float(n_patterns) * experiment.dim
    every = experiment.criterion.kind == ALL_PATTERNS
    cues = n_patterns if every else cue_count(experiment, n_patterns)
    updates = cues * recall_steps(experiment, _UPDATES)
    seconds, n_bytes = _TRIAL + _DRAWN * entries, _ENTRY_BYTES * entries
    work = memory.work(experiment.dim, n_patterns) if isinstance(memory, Memory) else None
    if work is not None:
        return Cost(seconds + work.store + work.recall * updates, n_bytes + work.n_bytes)
    dense = isinstance(memory, Dense)
    each = _LOOKED_UP * entries + _SEPARATED * n_patterns if dense else _MULTIPLIED * entries
    return Cost(seconds + each * updates, n_bytes + 16.0 * min(cues, 256) * (n_patterns + experiment.dim))


def trial_chances(experiment: Experiment, n_patterns: int, in_streams: bool) -> int:
    """Return the chances to fail that one trial has at this K."""
    kind = experiment.criterion.kind
    if in_streams:
        return min(n_patterns, MOST_CUES) * (_neurons(experiment) if kind == BIT_ERROR else 1)
    if kind == ALL_PATTERNS:
        return 1
    return cue_count(experiment, n_patterns) * (experiment.dim_out if kind == BIT_ERROR else 1)


def _neurons(experiment: Experiment) -> int:
    """Return how many neurons of a cue a stream judges."""
    whole = experiment.criterion.kind != BIT_ERROR
    return experiment.dim if whole else min(experiment.dim, ALL_JUDGED)


def most_patterns(experiment: Experiment, in_streams: bool) -> int:
    """Return the largest n_patterns of a trial, within what there is, `_LONGEST` and a share of memory."""
    most = experiment.max_patterns
    if in_streams:
        each = _BIT * MOST_CUES * _neurons(experiment)
        return int(max(min(most, curve.most_patterns(experiment), _LONGEST / each), 1))
    # Where all patterns are judged, some of them at a time, it is the time of these that Ctrl-C waits for.
    every = experiment.criterion.kind == ALL_PATTERNS
    one = replace(experiment, criterion=Criterion()) if every else experiment
    spare = _checks.allowed_bytes()

    def fits(n_patterns: int) -> bool:
        cost = trial_cost(one, (n_patterns,), in_streams)
        return cost.seconds <= _LONGEST and cost.n_bytes <= spare

    most = min(most, int(max(spare / experiment.dim, 1)))
    if fits(most):
        return most
    return bisect_left(range(1, most), True, key=lambda n_patterns: not fits(n_patterns)) or 1


def search_cost(
    experiment: Experiment, n_patterns: float | None, precision: float, in_streams: bool
) -> Cost | None:
    """Return what a search takes whose answer is about `n_patterns`, by signal to noise; None if unknown.

    The failure rate is told to d log K from about

    .. math:: N = \\frac{p (1 - p)}{(\\partial p / \\partial \\log K)^2 d^2}

    chances to fail, with fields whose signal to noise falls as one over the root of K.
    """
    if n_patterns is None or not isinstance(experiment.memory, Memory):
        return None
    rate = experiment.criterion.max_failure
    bit = allowed_bit_error(experiment, n_patterns)
    quantile = float(ndtri(bit))
    slope = -0.5 * quantile * math.exp(-0.5 * quantile**2) / math.sqrt(2 * math.pi)
    if experiment.criterion.kind != BIT_ERROR:
        slope *= (1 - rate) * math.log1p(-rate) / math.log1p(-bit) / (1 - bit)
    goal = max(precision, 0.25 / n_patterns) / float(-ndtri(0.025))
    whole = max(round(n_patterns), 1)
    judged = trial_chances(experiment, whole, in_streams)
    shared = _COMMON_CUES if judged > 1 else 1.0
    if experiment.criterion.kind == BIT_ERROR:
        balance = 4 * experiment.ensemble.p_high * (1 - experiment.ensemble.p_high)
        shared = 1 + judged * rate * _COMMON / (experiment.dim * balance**2)
    one = trial_cost(experiment, (whole,), in_streams)
    trials = max(shared * rate * (1 - rate) / (slope * goal) ** 2 / judged, _FEWEST)
    return Cost(_OVERHEAD + trials * one.seconds, one.n_bytes)
