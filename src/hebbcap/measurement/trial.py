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
from hebbcap.dynamics import Fixed, Inhibition, Steps, Threshold, next_bits, recall, single_pass
from hebbcap.engines import engine
from hebbcap.kernels.bits import Bits
from hebbcap.memories import Dense, Memory
from hebbcap.memories.protocol import in_words
from hebbcap.memories.stored import StoredPatterns
from hebbcap.question import Experiment
from hebbcap.theory import midpoints

Floats = NDArray[np.float64]

_MOST_CUES = 256
_FEWEST_CUES = 16
_WORK = 8e9
"""Multiplications that a trial should take, a fraction of a second, so that Ctrl-C is answered soon."""

_STEPS = 100
"""Updates that a recall to a fixed point is reckoned to take: near the edge most cues wander long."""


class Counts(NamedTuple):
    """Failures, and how many chances to fail there were."""

    failures: int
    judged: int


def run_trial(experiment: Experiment, n_patterns: int, seed: int, block: int) -> Counts:
    """Run one trial: block `block` of the stream that `seed` gives this experiment at this K.

    Returns
    -------
    Counts
        Failures and chances; the same for the same arguments, always.
    """
    rng = block_stream(seed, f"{experiment.definition} | K={n_patterns}", block)
    made = (_Packed if _can_pack(experiment) else _Plain)(experiment, n_patterns, rng)
    kind = experiment.criterion.kind
    if kind == ALL_PATTERNS:
        for start in range(0, n_patterns, _MOST_CUES):
            chosen = np.arange(start, min(start + _MOST_CUES, n_patterns))
            if made.wrong_bits(chosen).any():
                return Counts(1, 1)
        return Counts(0, 1)
    n_cues = cue_count(experiment, n_patterns)
    some = rng.choice(n_patterns, n_cues, replace=False) if n_cues < n_patterns else np.arange(n_patterns)
    wrong = made.wrong_bits(some)
    if kind == BIT_ERROR:
        return Counts(int(wrong.sum()), n_cues * experiment.dim)
    if kind == OVERLAP:
        allowed = 0.5 * (1 - experiment.criterion.level) * experiment.dim
        return Counts(int((wrong > allowed + 1e-9).sum()), n_cues)
    return Counts(int((wrong > 0).sum()), n_cues)


def _can_pack(experiment: Experiment) -> bool:
    return isinstance(experiment.memory, StoredPatterns) and len(experiment.ensemble.levels) == 2


class _Packed:
    """A trial of a two-level memory that works on packed patterns and states."""

    def __init__(self, experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> None:
        self.experiment, self.rng = experiment, rng
        self.patterns = experiment.ensemble.sample_bits(n_patterns, experiment.dim, rng)
        self.memory = experiment.memory.holding(engine().hold(self.patterns), experiment.ensemble.levels)
        self.threshold = resolved_threshold(experiment, self.memory, n_patterns)

    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the wrong bits of what the cues of these patterns give back, shape (B,)."""
        asked, right = self.experiment, self.patterns[chosen]
        cues = right
        if asked.n_flipped:
            flipped = flip_bits(np.zeros((len(chosen), asked.dim)), asked.n_flipped, (0.0, 1.0), self.rng)
            cues = Bits(right.words ^ Bits.pack(flipped).words, asked.dim)
        if asked.criterion.one_step:
            states = next_bits(self.memory, cues, self.threshold)
        else:
            found = recall(self.memory, cues, update=asked.update, threshold=self.threshold, rng=self.rng)
            states = found.states
        return np.asarray(np.bitwise_count(states.words ^ right.words).sum(axis=1, dtype=np.int64))


class _Plain:
    """A trial of any other memory, on arrays."""

    def __init__(self, experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> None:
        self.experiment, self.rng = experiment, rng
        self.patterns = experiment.ensemble.sample(n_patterns, experiment.dim, rng)
        self.memory = _stored(experiment, self.patterns)
        self.threshold = resolved_threshold(experiment, self.memory, n_patterns)

    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the wrong bits of what the cues of these patterns give back, shape (B,)."""
        asked, memory, right = self.experiment, self.memory, self.patterns[chosen]
        cues = flip_bits(right, asked.n_flipped, asked.ensemble.levels, self.rng)
        if not isinstance(memory, Memory):
            states = _checked_recall(memory, cues, asked.ensemble.levels)
        elif asked.criterion.one_step:
            states = single_pass(memory, cues, threshold=self.threshold)
        else:
            found = recall(memory, cues, update=asked.update, threshold=self.threshold, rng=self.rng)
            states = found.states
        return np.asarray((states != right).sum(axis=1))


def _checked_recall(memory: Any, cues: Floats, levels: tuple[float, ...]) -> NDArray[Any]:
    """Return what a memory of the user's own recalls, if these are states."""
    states = np.asarray(memory.recall(cues))
    if states.shape != cues.shape:
        raise _checks.fail("recall(cues).shape", states.shape, f"must be that of the cues, {cues.shape}")
    if not np.isin(states, levels).all():
        raise _checks.fail("recall(cues)", "array", f"must hold only {in_words(levels)}", "apply a threshold")
    return states


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


def cue_count(experiment: Experiment, n_patterns: int) -> int:
    """Return how many of the patterns a trial cues."""
    one = 2.0 * n_patterns * experiment.dim * (1 if experiment.criterion.one_step else _STEPS)
    if isinstance(experiment.memory, Dense):
        one *= 2
    return min(n_patterns, int(np.clip(_WORK / one, _FEWEST_CUES, _MOST_CUES)))
