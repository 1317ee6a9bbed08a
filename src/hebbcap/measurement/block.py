"""What do some trials at one number of patterns count, whoever runs them?

Trial i of an experiment at K draws from a stream of its own, so that a block of trials counts the same in any
process and in any order, however the trials are shared out in blocks.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from hebbcap import _checks
from hebbcap.criteria import BIT_ERROR
from hebbcap.measurement import curve
from hebbcap.measurement.cost import trial_chances, trial_cost
from hebbcap.measurement.measured import Cost
from hebbcap.measurement.trial import run_trial
from hebbcap.question import Experiment

STREAMS: Final = 1
"""Version of the numbers that a seed gives. Counts kept by one version are never mixed with those of another:
whoever changes what is drawn or judged in a trial raises it, and the golden hashes tell when that is due."""

LARGEST: Final = 2**63 - 1
"""Counts and sums of squares of a block are whole numbers up to this."""


class Counts(NamedTuple):
    """What the trials of a block showed.

    Attributes
    ----------
    trials : int
        Independent trials.
    failures, squares : int
        Failures, and their squares, summed over the trials.
    judged : int
        Chances to fail that each trial had.
    """

    trials: int
    failures: int
    squares: int
    judged: int


def run_block(experiment: Experiment, n_patterns: int, seed: int, first: int, trials: int) -> Counts:
    """Run trials `first` to `first + trials - 1` of an experiment at this number of patterns.

    Parameters
    ----------
    experiment : Experiment
        The question.
    n_patterns : int
        K, at least 1.
    seed : int
        Non-negative.
    first, trials : int
        The number of the first trial, from 0, and how many are run, at least 1.

    Returns
    -------
    Counts
        The same for the same arguments, always; counts of two blocks are those of both together.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> asked = Experiment(Hopfield(), Rademacher(), 100)
    >>> whole = run_block(asked, 20, seed=0, first=0, trials=30)
    >>> parts = [run_block(asked, 20, seed=0, first=first, trials=15) for first in (0, 15)]
    >>> whole.failures == parts[0].failures + parts[1].failures
    True
    """
    if in_streams(experiment, n_patterns):
        key = _key(experiment, n_patterns)
        found = curve.error_curve(experiment, [n_patterns], trials, seed, first, key=key)
        bits = experiment.criterion.kind == BIT_ERROR
        failures = (found.wrong if bits else found.failed)[:, 0].tolist()
        judged = int((found.judged_bits if bits else found.judged_cues)[0])
    else:
        counts = [run_trial(experiment, n_patterns, seed, first + i) for i in range(trials)]
        failures, judged = [int(one.failures) for one in counts], int(counts[0].judged)
    return Counts(trials, sum(failures), sum(count * count for count in failures), judged)


def in_streams(experiment: Experiment, n_patterns: int) -> bool:
    """Whether one trial is a stream of patterns that kernels judge, rather than a memory."""
    return curve.applies(experiment) and n_patterns <= curve.most_patterns(experiment)


def block_cost(experiment: Experiment, n_patterns: int) -> Cost:
    """Return what one trial of a block takes."""
    return trial_cost(experiment, (n_patterns,), in_streams(experiment, n_patterns))


def most_trials(experiment: Experiment, n_patterns: int) -> int:
    """Return how many trials a block may hold so that no sum can pass `LARGEST`.

    Raises
    ------
    TooLarge
        If not even one may.
    """
    judged = trial_chances(experiment, n_patterns, in_streams(experiment, n_patterns))
    most = LARGEST // judged**2
    if not most:
        raise _checks.TooLarge(
            f"a trial with {n_patterns} patterns of dim={experiment.dim} judges {judged:,} bits, and at most "
            f"{int(np.sqrt(LARGEST)):,} can be counted; ask for a smaller one"
        )
    return most


def _key(experiment: Experiment, n_patterns: int) -> str:
    """Return what the streams are drawn by: cells of one experiment are independent of one another."""
    return f"{experiment.definition} | K={n_patterns}"
