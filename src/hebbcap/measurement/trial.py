"""What happens in one trial?

Fresh patterns are stored, some of them are cued, and the failures of the experiment's criterion are
counted: the very event that the theory is about.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._random import block_stream
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, OVERLAP
from hebbcap.dynamics import Fixed, Inhibition, Steps, Threshold, recall, single_pass
from hebbcap.memories import Dense, Memory
from hebbcap.memories.protocol import in_words
from hebbcap.question import Experiment
from hebbcap.theory import midpoints

Floats = NDArray[np.float64]

_MOST_CUES = 256
_FEWEST_CUES = 16
_WORK = 8e9
"""Multiplications that a trial should take, a fraction of a second, so that Ctrl-C is answered soon."""

_STEPS = 100
"""Updates that a recall to a fixed point is reckoned to take: near the edge most cues wander long."""
_MOST_ENTRIES = 1e8
"""Largest n_patterns x dim of a trial of a search: about a second."""


class Counts(NamedTuple):
    """Failures, and how many chances to fail there were."""

    failures: int
    judged: int


def most_patterns(experiment: Experiment) -> int:
    """Return the largest n_patterns that a trial can hold."""
    entries = min(_MOST_ENTRIES, _checks.MEMORY_SHARE * _checks.available_bytes() / 8)
    return int(max(min(experiment.max_patterns, entries // experiment.dim), 1))


def run_trial(experiment: Experiment, n_patterns: int, seed: int, block: int) -> Counts:
    """Run one trial: block `block` of the stream that `seed` gives this experiment at this K.

    Returns
    -------
    Counts
        Failures and chances; the same for the same arguments, always.
    """
    rng = block_stream(seed, f"{experiment.definition} | K={n_patterns}", block)
    patterns = experiment.ensemble.sample(n_patterns, experiment.dim, rng)
    memory = _stored(experiment, patterns)
    kind = experiment.criterion.kind
    level = resolved_threshold(experiment, memory, n_patterns)
    if kind == ALL_PATTERNS:
        for start in range(0, n_patterns, _MOST_CUES):
            chosen = np.arange(start, min(start + _MOST_CUES, n_patterns))
            if _wrong_bits(experiment, memory, patterns[chosen], level, rng).any():
                return Counts(1, 1)
        return Counts(0, 1)
    n_cues = _cue_count(experiment, n_patterns)
    cued = patterns[rng.choice(n_patterns, n_cues, replace=False)] if n_cues < n_patterns else patterns
    wrong = _wrong_bits(experiment, memory, cued, level, rng)
    if kind == BIT_ERROR:
        return Counts(int(wrong.sum()), n_cues * experiment.dim)
    if kind == OVERLAP:
        allowed = 0.5 * (1 - experiment.criterion.level) * experiment.dim
        return Counts(int((wrong > allowed + 1e-9).sum()), n_cues)
    return Counts(int((wrong > 0).sum()), n_cues)


def flip_bits(patterns: Any, n_flipped: int, levels: tuple[float, ...], rng: np.random.Generator) -> Floats:
    """Return the patterns (B, D) as states with exactly `n_flipped` bits of each flipped, drawn uniformly.

    A neuron of more than two levels goes to one of the others, all with equal chance.

    >>> flip_bits([[1, 1, 1]], 1, (-1.0, 1.0), np.random.default_rng(0)).sum()
    np.float64(1.0)
    """
    states = np.array(patterns, dtype=np.float64)
    if n_flipped:
        order = rng.random(states.shape).argpartition(n_flipped - 1, axis=1)[:, :n_flipped]
        old = np.take_along_axis(states, order, axis=1)
        if len(levels) == 2:
            new = sum(levels) - old
        else:
            others = np.searchsorted(levels, old) + rng.integers(1, len(levels), old.shape)
            new = np.array(levels)[others % len(levels)]
        np.put_along_axis(states, order, new, axis=1)
    return states


def _stored(experiment: Experiment, patterns: Any) -> Any:
    memory = experiment.memory
    if isinstance(memory, Memory):
        return memory.holding(patterns, experiment.ensemble.levels)
    fresh = copy.deepcopy(memory)
    held = fresh.store(patterns)
    return fresh if held is None else held


def resolved_threshold(experiment: Experiment, memory: Any, n_patterns: int) -> Threshold:
    """Return the experiment's threshold, with a midpoint turned into its value at this K."""
    asked = experiment.threshold
    inhibited = asked == Inhibition(None)
    if not (isinstance(asked, str) or inhibited):
        return asked
    kind = Inhibition if inhibited else Fixed
    if experiment.ensemble.independent:
        steps = midpoints(experiment, n_patterns)
        return kind(*steps) if len(steps) == 1 else Steps(steps)
    return kind(_measured_midpoint(memory, inhibited))


def _measured_midpoint(memory: Memory, inhibited: bool) -> float:
    """Halfway between the mean fields of low and of high neurons, over stored patterns, for data."""
    cued = np.asarray(memory.patterns)[:_MOST_CUES]
    field = memory.field(cued)
    if inhibited:
        field = field - field.mean(axis=1, keepdims=True)
    high = cued == memory.levels[1]
    if high.all() or not high.any():
        return 0.0
    return float(0.5 * (field[high].mean() + field[~high].mean()))


def _wrong_bits(
    experiment: Experiment, memory: Any, patterns: Any, level: Threshold, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Wrong bits of what each cue gives back, shape (B,)."""
    cues = flip_bits(patterns, experiment.n_flipped, experiment.ensemble.levels, rng)
    if not isinstance(memory, Memory):
        states = np.asarray(memory.recall(cues))
        if states.shape != cues.shape:
            raise _checks.fail("recall(cues).shape", states.shape, f"must be that of the cues, {cues.shape}")
        levels = experiment.ensemble.levels
        if not np.isin(states, levels).all():
            raise _checks.fail(
                "recall(cues)", "array", f"must hold only {in_words(levels)}", "apply a threshold"
            )
    elif experiment.criterion.one_step:
        states = single_pass(memory, cues, threshold=level)
    else:
        states = recall(memory, cues, update=experiment.update, threshold=level, rng=rng).states
    return np.asarray((states != patterns).sum(axis=1))


def _cue_count(experiment: Experiment, n_patterns: int) -> int:
    one = 2.0 * n_patterns * experiment.dim * (1 if experiment.criterion.one_step else _STEPS)
    if isinstance(experiment.memory, Dense):
        one *= 2
    return min(n_patterns, int(np.clip(_WORK / one, _FEWEST_CUES, _MOST_CUES)))
