"""What happens in one trial?

Fresh patterns are stored, some of them are cued, and the failures of the experiment's criterion are
counted: the very event that the theory is about.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._random import block_stream
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, OVERLAP
from hebbcap.dynamics import (
    Fixed,
    Inhibition,
    Steps,
    Threshold,
    nearest_levels,
    next_bits,
    recall,
    single_pass,
)
from hebbcap.engines import engine
from hebbcap.kernels.bits import Bits
from hebbcap.memories import Dense, FieldMemory, Hopfield, Memory, PairMemory, Plastic, RealMemory
from hebbcap.memories.own import Own, as_numpy
from hebbcap.memories.protocol import in_words
from hebbcap.memories.stored import StoredPatterns
from hebbcap.patterns import Rademacher, Sparse
from hebbcap.question import Experiment
from hebbcap.theory import midpoints

Floats = NDArray[np.float64]

_MOST_CUES = 256
_FEWEST_CUES = 16
_WORK = 8e9
"""Multiplications that a trial should take, a fraction of a second, so that Ctrl-C is answered soon."""

_SECONDS = 0.3
"""The same as reckoned seconds, for memories that reckon by themselves."""

_IDLE = 8
"""States of each kind that must all come back as they went in for a memory to be called idle."""

_MOST_STEPS = 100
"""Steps after which a state that still moves is taken as it is."""

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
    made = make_trial(experiment, n_patterns, rng)
    counts = _counted(experiment, made, n_patterns, rng)
    if not counts.failures and not experiment.n_flipped and made.idle():
        return Counts(counts.judged, counts.judged)
    return counts


def _counted(experiment: Experiment, made: Trial, n_patterns: int, rng: np.random.Generator) -> Counts:
    kind = experiment.criterion.kind
    if kind == ALL_PATTERNS:
        for start in range(0, n_patterns, _MOST_CUES):
            chosen = np.arange(start, min(start + _MOST_CUES, n_patterns))
            if made.wrong_bits(chosen).any():
                return Counts(1, 1)
        return Counts(0, 1)
    n_cues = cue_count(experiment, n_patterns)
    some = rng.choice(n_patterns, n_cues, replace=False) if n_cues < n_patterns else np.arange(n_patterns)
    if kind == OVERLAP:
        return Counts(int((made.overlaps(some) < experiment.criterion.level - 1e-9).sum()), n_cues)
    wrong = made.wrong_bits(some)
    if kind == BIT_ERROR:
        return Counts(int(wrong.sum()), n_cues * experiment.dim_out)
    return Counts(int((wrong > 0).sum()), n_cues)


class Trial(ABC):
    """Patterns that are stored, and cues of them that are recalled."""

    experiment: Experiment

    @abstractmethod
    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the wrong bits of what the cues of these patterns give back, shape (B,)."""

    def overlaps(self, chosen: NDArray[np.intp]) -> Floats:
        """Return the overlaps of what comes back with these patterns: agreeing less disagreeing bits."""
        return np.asarray(1 - 2 * self.wrong_bits(chosen) / self.experiment.dim_out)

    def idle(self) -> bool:
        """Whether every state comes back as it went in, so that intact cues show nothing of a memory.

        A memory whose fields are all zero keeps its cues by the tie rule, and would be said to hold them.
        """
        return False


def make_trial(experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> Trial:
    """Store fresh patterns of the experiment, to be cued."""
    memory = experiment.memory
    if isinstance(memory, StoredPatterns) and len(experiment.ensemble.levels) == 2:
        return _Packed(experiment, n_patterns, rng)
    if not experiment.ensemble.levels:
        return _Real(experiment, n_patterns, rng)
    return (_Pairs if isinstance(memory, PairMemory) else _Plain)(experiment, n_patterns, rng)


class _Packed(Trial):
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


class _Plain(Trial):
    """A trial of any other memory of patterns with levels, on arrays."""

    def __init__(self, experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> None:
        self.experiment, self.rng = experiment, rng
        self.patterns = experiment.ensemble.sample(n_patterns, experiment.dim, rng)
        self.memory = _stored(experiment, self.patterns)
        self.threshold = resolved_threshold(experiment, self.memory, n_patterns)

    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the wrong bits of what the cues of these patterns give back, shape (B,)."""
        right = self.patterns[chosen]
        cues = flip_bits(right, self.experiment.n_flipped, self.experiment.ensemble.levels, self.rng)
        return np.asarray((self._recalled(cues) != right).sum(axis=1))

    def idle(self) -> bool:
        """Whether states drawn without regard to the patterns, and patterns with a flipped bit, all stay."""
        ensemble, dim = self.experiment.ensemble, self.experiment.dim
        drawn = self.rng.choice(ensemble.levels, (_IDLE, dim), p=ensemble.chances)
        nearby = flip_bits(self.patterns[:_IDLE], 1, ensemble.levels, self.rng)
        return all(bool((self._recalled(states) == states).all()) for states in (drawn, nearby))

    def _recalled(self, cues: Floats) -> NDArray[Any]:
        asked, memory = self.experiment, self.memory
        levels = asked.ensemble.levels
        if isinstance(memory, RealMemory):
            return nearest_levels(_finite_states(_moved(asked, memory, cues), cues), cues, levels)
        if not isinstance(memory, FieldMemory):
            return _checked_recall(memory, cues, levels)
        if asked.criterion.one_step:
            return single_pass(memory, cues, threshold=self.threshold)
        return recall(memory, cues, update=asked.update, threshold=self.threshold, rng=self.rng).states


class _Pairs(Trial):
    """A trial of a memory of pairs: inputs are cued, and the outputs judged."""

    def __init__(self, experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> None:
        self.experiment, self.rng = experiment, rng
        ensemble, levels = experiment.ensemble, experiment.ensemble.levels
        self.inputs = ensemble.sample(n_patterns, experiment.dim, rng)
        drawn = ensemble if ensemble.dim is None else (Rademacher() if levels[0] else Sparse(ensemble.p_high))
        self.outputs = drawn.sample(n_patterns, experiment.dim_out, rng)
        self.memory = experiment.memory.holding_pairs(self.inputs, self.outputs, levels)

    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the wrong bits of the outputs for the cues of these inputs, shape (B,)."""
        cues = flip_bits(
            self.inputs[chosen], self.experiment.n_flipped, self.experiment.ensemble.levels, self.rng
        )
        found = _moved(self.experiment, self.memory, cues)
        return np.asarray((found != self.outputs[chosen]).sum(axis=1))


class _Real(Trial):
    """A trial of patterns of real numbers, of which a flipped entry changes its sign."""

    def __init__(self, experiment: Experiment, n_patterns: int, rng: np.random.Generator) -> None:
        self.experiment, self.rng = experiment, rng
        self.patterns = experiment.ensemble.sample(n_patterns, experiment.dim, rng)
        self.memory = _stored(experiment, self.patterns)

    def wrong_bits(self, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
        """Real numbers have no bits that could be wrong, and no question asks for them."""
        raise _checks.fail("criterion", str(self.experiment.criterion), "counts bits", "use overlap:M")

    def overlaps(self, chosen: NDArray[np.intp]) -> Floats:
        """Return the cosine of what comes back with these patterns."""
        right = self.patterns[chosen].astype(np.float64)
        states = self._recalled(right * self._signs(right.shape, self.experiment.n_flipped))
        sizes = np.linalg.norm(states, axis=1) * np.linalg.norm(right, axis=1)
        return np.asarray((states * right).sum(axis=1) / np.maximum(sizes, np.finfo(float).tiny))

    def idle(self) -> bool:
        """Whether random states, and patterns with the sign of an entry turned, all stay."""
        nearby = self.patterns[:_IDLE].astype(np.float64)
        drawn = self.rng.standard_normal((_IDLE, self.experiment.dim))
        tried = (drawn, nearby * self._signs(nearby.shape, 1))
        return all(bool(np.allclose(self._recalled(states), states)) for states in tried)

    def _signs(self, shape: tuple[int, ...], n_flipped: int) -> Floats:
        return flip_bits(np.ones(shape), n_flipped, (-1.0, 1.0), self.rng)

    def _recalled(self, cues: Floats) -> Floats:
        memory = self.memory
        own = isinstance(memory, RealMemory)
        came = _moved(self.experiment, memory, cues) if own else memory.recall(cues)
        return _finite_states(came, cues).astype(np.float64)


def _moved(asked: Experiment, memory: RealMemory | PairMemory, cues: Floats) -> Floats:
    """Return what a memory's own dynamics makes of the cues, in as many steps as the criterion says."""
    whole = isinstance(memory, RealMemory) and memory.judged_at_rest
    if asked.criterion.one_step and not whole:
        return memory.step(cues)
    return memory.rest(cues, _MOST_STEPS).states


def _finite_states(came: Any, cues: Floats) -> NDArray[Any]:
    """Return what came back for the cues as an array, if it is as many finite numbers.

    NaN is below no level, and would pass for recalled.
    """
    states = as_numpy(came)
    if states.shape != cues.shape:
        raise _checks.fail("recall(cues).shape", states.shape, f"must be that of the cues, {cues.shape}")
    if states.dtype.kind not in "biuf" or not np.isfinite(states).all():
        raise _checks.fail("recall(cues)", "array", "must hold only finite numbers")
    return states


def _checked_recall(memory: Any, cues: Floats, levels: tuple[float, ...]) -> NDArray[Any]:
    """Return what a memory of the user's own recalls, if these are states."""
    states = _finite_states(memory.recall(cues), cues)
    if isinstance(memory, Own) and memory.real:
        return nearest_levels(states, cues, levels)
    if not np.isin(states, levels).all():
        way_out = "apply a threshold, or say hebbcap.own(..., real=True) and the nearest level is taken"
        raise _checks.fail("recall(cues)", "array", f"must hold only {in_words(levels)}", way_out)
    return states


def flip_bits(patterns: Any, n_flipped: int, levels: tuple[float, ...], rng: np.random.Generator) -> Floats:
    """Return the patterns (B, D) as states with exactly `n_flipped` bits of each flipped, drawn uniformly.

    A neuron of more than two levels goes to one of the others, all with equal chance.

    >>> flip_bits([[1, 1, 1]], 1, (-1.0, 1.0), np.random.default_rng(0)).sum()
    np.float64(1.0)
    """
    states = np.array(patterns, dtype=np.float64)
    if n_flipped:
        chosen = rng.random(states.shape).argpartition(n_flipped - 1, axis=1)[:, :n_flipped]
        order = np.sort(chosen, axis=1)  # a partition is in an order that hangs on the processor
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
    if experiment.ensemble.independent and isinstance(memory, Hopfield | Plastic):
        steps = midpoints(experiment, n_patterns)
        return kind(*steps) if len(steps) == 1 else Steps(steps)
    return kind(_measured_midpoint(memory, inhibited))


def _measured_midpoint(memory: FieldMemory, inhibited: bool) -> float:
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
    steps = recall_steps(experiment, _STEPS)
    work = (
        experiment.memory.work(experiment.dim, n_patterns) if isinstance(experiment.memory, Memory) else None
    )
    if work is not None:
        most = _SECONDS / (work.recall * steps)
    else:
        one = 2.0 * n_patterns * experiment.dim * steps
        most = _WORK / (2 * one if isinstance(experiment.memory, Dense) else one)
    return min(n_patterns, int(np.clip(most, _FEWEST_CUES, _MOST_CUES)))


def recall_steps(experiment: Experiment, to_rest: int) -> int:
    """Return the steps that a cue takes: one, or as many as a recall to rest is reckoned to take."""
    memory = experiment.memory
    whole = isinstance(memory, RealMemory) and memory.judged_at_rest
    return 1 if whole or experiment.criterion.one_step else to_rest
