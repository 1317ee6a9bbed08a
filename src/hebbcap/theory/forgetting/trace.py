"""What is left of a pattern after others were written over it, by age?

Three readings, each for a memory in its steady state, cued with a pattern that was presented `age` patterns
ago (0: the newest):

- `snr`: the exact mean and variance of the field, and a normal tail (affine steps, or finitely many values);
- `exact`: the law of the field itself, where weights take few values and a neuron's history doesn't show;
- `propagated`: a normal tail for each of many histories of the neuron, averaged over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, NamedTuple

import numpy as np

from hebbcap._checks import NoTheory
from hebbcap._random import block_stream
from hebbcap.dynamics import Fixed
from hebbcap.learning import Synapse
from hebbcap.memories import Plastic
from hebbcap.patterns import Ensemble
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.forgetting.affine import affine_trace, averaged
from hebbcap.theory.forgetting.lattice import exact_error, lattice
from hebbcap.theory.forgetting.moments import Cue, Floats, Moments
from hebbcap.theory.forgetting.propagation import (
    HISTORIES,
    SAMPLED_HISTORIES,
    settle,
    synapses,
    walk,
)

SNR: Final = "snr"
EXACT: Final = "exact"
PROPAGATED: Final = "propagated"

GROUPS: Final = 10
"""Groups of histories, between which the sampling error is seen."""

_SMALL = 1e-3
"""What may be left of the blank weights before a network is taken to be in its steady state."""


class Left(NamedTuple):
    """What is left of patterns of some ages: arrays (A,).

    `high` and `low` are the mean fields of neurons that should be at these levels, `noise` the standard
    deviation around them, `threshold` the field at which a neuron switches, `bit_error` the share of wrong
    bits after one step, and `groups` (A, G) the same by groups of histories (none where nothing is drawn).
    """

    high: Floats
    low: Floats
    noise: Floats
    threshold: Floats
    bit_error: Floats
    groups: Floats

    @property
    def signal(self) -> Floats:
        """Half the difference of the mean fields of high and low neurons."""
        return 0.5 * (self.high - self.low)


@dataclass(frozen=True)
class _Asked:
    """The parts of an experiment that these theories read."""

    synapse: Synapse
    cue: Cue
    level: float | None
    """Threshold, or None for the midpoint."""

    def threshold(self, means: Floats) -> Floats:
        """Return the threshold at each age, given the mean fields of low and high neurons (A, 2)."""
        if self.level is None:
            middle = means.mean(axis=-1)
            # Means that cancel on paper leave rounding, which would break every tie one way.
            return np.where(np.abs(middle) <= 1e-12 * np.abs(means).sum(axis=-1), 0.0, middle)
        return np.full(means.shape[:-1], self.level)

    def left(self, moments: Moments) -> Left:
        """Return what these moments leave, at each age, with a normal tail."""
        field = self.cue.field(moments)
        means = self.cue.class_means(field)
        threshold = self.threshold(means)
        inside = (self.cue.weight * (field.variance + (field.mean - means[..., None]) ** 2)).sum((-2, -1))
        shown = self.cue.wrong(field, threshold)
        return Left(means[:, 1], means[:, 0], np.sqrt(inside), threshold, shown, np.empty((len(means), 0)))


def methods(experiment: Experiment) -> tuple[str, ...]:
    """Return the readings that apply, the sharpest last.

    Raises
    ------
    NoTheory
        If none does; the message says why.
    """
    asked = _asked(experiment)
    kind = asked.synapse
    chain = _lattice(kind, asked.cue.ensemble)
    alone = chain is not None and not chain.follows_history
    if kind.is_affine and kind.first_trace is None:
        if alone:
            return (SNR, EXACT)
        return (SNR, PROPAGATED) if _affine(kind, asked.cue.ensemble).follows_history else (SNR,)
    return (SNR, EXACT) if alone else (PROPAGATED,)


def what_is_left(experiment: Experiment, method: str, ages: Iterable[int], *, seed: int = 0) -> Left:
    """Return what is left of patterns of these ages.

    Parameters
    ----------
    experiment : Experiment
        With a `Plastic` memory.
    method : {"snr", "exact", "propagated"}
        One of `methods(experiment)`.
    ages : iterable of int
        Patterns presented since, rising; 0 is the newest.
    seed : int
        Seed of the histories, for `propagated`.

    Raises
    ------
    NoTheory
        If the method does not apply.
    """
    wanted = np.fromiter(ages, dtype=np.int64)
    asked = _asked(experiment)
    kind, drawn = asked.synapse, asked.cue.ensemble
    if method not in methods(experiment):
        raise NoTheory(f"{method} is not worked out for {kind.name} on {drawn.name} patterns")
    if method == PROPAGATED:
        walked = each_age(experiment, seed=seed)
        kept = set(wanted.tolist())
        parts = [make() for age, make in zip(range(int(wanted[-1]) + 1), walked, strict=False) if age in kept]
        return Left(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    if kind.is_affine and method == SNR:
        return asked.left(_affine(kind, drawn).at(wanted))
    chain = _lattice(kind, drawn)
    assert chain is not None
    laws = chain.laws(wanted)
    left = asked.left(Moments.given_history(laws @ chain.values, laws @ chain.values**2))
    if method == SNR:
        return left
    exact = [
        exact_error(chain.values, law, asked.cue, float(level))
        for law, level in zip(laws, left.threshold, strict=True)
    ]
    return left._replace(bit_error=np.array(exact))


def each_age(experiment: Experiment, *, seed: int = 0) -> Iterator[Callable[[], Left]]:
    """Yield, for age 0, 1, 2 and so on, a function that reads off what `propagated` says is left there."""
    asked = _asked(experiment)
    law = synapses(asked.synapse, asked.cue.ensemble)
    rng = block_stream(seed, f"{asked.synapse.name} | {asked.cue.ensemble.name} | histories", 0)
    histories = HISTORIES if law.independent else SAMPLED_HISTORIES
    for given in walk(law, histories, rng):
        yield partial(_over_histories, asked, given, law.independent)


def _over_histories(asked: _Asked, given: Moments, independent: bool) -> Left:
    """Average over the histories; given one, the field is normal where the moments given it are exact."""
    left = asked.left(Moments(*(part.mean(axis=0)[None] for part in given)))
    if independent:
        each = asked.cue.wrong(asked.cue.field(given), left.threshold)
        return left._replace(
            bit_error=np.array([each.mean()]), groups=each.reshape(GROUPS, -1).mean(axis=1)[None]
        )
    parts = Moments(*(part.reshape(GROUPS, -1, *part.shape[1:]).mean(axis=1) for part in given))
    return left._replace(groups=asked.cue.wrong(asked.cue.field(parts), left.threshold)[None])


def patterns_to_settle(experiment: Experiment) -> int:
    """Return how many patterns bring blank weights to their steady state, twice over.

    Raises
    ------
    NoTheory
        If there is no steady state.
    """
    asked = _asked(experiment, any_threshold=True)
    return _patterns_to_settle(asked.synapse, asked.cue.ensemble)


@lru_cache(maxsize=64)
def _patterns_to_settle(kind: Synapse, drawn: Ensemble) -> int:
    chain = _lattice(kind, drawn)
    if kind.is_affine and kind.first_trace is None:
        shrinks = _affine(kind, drawn).shrinks
    elif chain is not None:
        shrinks = chain.shrinks
    else:
        rng = block_stream(0, f"{kind.name} | {drawn.name} | settling", 0)
        return 2 * settle(synapses(kind, drawn), 200, rng)[1]
    return 2 * max(int(np.ceil(np.log(_SMALL) / np.log(max(shrinks, 1e-300)))), 1)


def _asked(experiment: Experiment, *, any_threshold: bool = False) -> _Asked:
    memory, drawn = experiment.memory, experiment.ensemble
    if not isinstance(memory, Plastic):
        raise NoTheory(f"{getattr(memory, 'name', type(memory).__name__)} does not write over its weights")
    if not drawn.independent:
        raise NoTheory(f"the entries of {drawn.name} are correlated, and this theory is for independent ones")
    if len(drawn.levels) != 2:
        raise NoTheory(f"{drawn.name} has {len(drawn.levels)} levels, and this theory is for two")
    _refuse_unsettled(memory.synapse, drawn)
    cue = Cue(drawn, experiment.dim, experiment.n_flipped)
    if any_threshold or experiment.threshold == MIDPOINT:
        return _Asked(memory.synapse, cue, None)
    if not isinstance(experiment.threshold, Fixed):
        raise NoTheory(f"{experiment.threshold!r} compares all fields, and this theory is about one neuron")
    return _Asked(memory.synapse, cue, experiment.threshold.value)


def _refuse_unsettled(synapse: Synapse, drawn: Ensemble) -> None:
    """Refuse a synapse that is affine in its weight and keeps too much of it."""
    if not synapse.is_affine:
        return
    if synapse.first_trace is None:
        _affine(synapse, drawn)
    else:
        levels = np.array(drawn.levels)
        kept = averaged(synapse, levels[:, None], levels[None, :], np.array(synapse.first_trace))[1]
        if np.min(kept) >= 1:
            raise NoTheory("the weights never settle: a pattern takes nothing away from what was there")


# One answer serves several readings of one question.
_affine = lru_cache(maxsize=64)(affine_trace)
_lattice = lru_cache(maxsize=16)(lattice)
