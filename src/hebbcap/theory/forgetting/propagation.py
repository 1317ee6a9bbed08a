"""How do the synapses of one neuron fade, given what that neuron itself went through?

Given the history of a neuron's own activity its synapses are independent and alike, so its field is a sum
of many independent terms, and normal. Over the histories, it is a mixture. A few thousand histories are
drawn, and along each the law of a synapse is propagated: its two moments where the step is affine in the
weight, its chances where it takes few values, and a sample of synapses for all else. Never a D x D network.

The cued pattern branches each history into what its post could show, and each synapse into what its pre
could; everything before and after is common to the branches, so that their differences, which are the
trace, carry little of the sampling noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import NoTheory
from hebbcap.learning import Synapse
from hebbcap.patterns import Ensemble
from hebbcap.theory.forgetting.affine import averaged
from hebbcap.theory.forgetting.lattice import Lattice, lattice
from hebbcap.theory.forgetting.moments import Floats, Moments

HISTORIES: Final = 2000
SAMPLED_HISTORIES: Final = 400
SYNAPSES: Final = 150
"""Synapses of each neuron, where they are sampled."""

_SETTLED = 1e-3
"""Two states this near to each other, relative to their size, are the same."""

_LONGEST = 2**15
"""Most patterns waited for the weights to settle."""

Array = NDArray[Any]


@dataclass(frozen=True)
class State:
    """Synapses of H neurons, for each branch: arrays with axes (y, x, H, ...), and the neurons' traces."""

    parts: tuple[Floats, ...]
    trace: Floats | None


class Synapses(ABC):
    """How the law of a synapse is held, and what one pattern does to it."""

    synapse: Synapse
    ensemble: Ensemble
    independent: bool
    """Whether moments given the history are exact, so that fields given it can be taken for normal."""

    @abstractmethod
    def blank(self, histories: int) -> State:
        """Return H neurons whose branches are one, (1, 1, H, ...)."""

    @abstractmethod
    def show(self, state: State, post: Floats, rng: np.random.Generator) -> State:
        """Return the state after a pattern in which the neurons showed post (H,) and pre is averaged."""

    @abstractmethod
    def branch(self, state: State, rng: np.random.Generator) -> State:
        """Return the state after the cued pattern, branched by what post and pre showed."""

    @abstractmethod
    def moments(self, state: State) -> Moments:
        """Return the moments given the history, axes (H, y, x)."""

    @abstractmethod
    def distance(self, one: State, other: State) -> float:
        """Return how far two states are apart, relative to their size."""

    def _traces(self, state: State, post: Any) -> Floats | None:
        return None if state.trace is None else np.asarray(self.synapse.follow(state.trace, post))

    def _levels(self) -> tuple[Floats, Floats]:
        levels = np.array(self.ensemble.levels)
        return levels.reshape(2, 1, 1), levels.reshape(1, 2, 1)

    def _first_traces(self, histories: int) -> Floats | None:
        first = self.synapse.first_trace
        return None if first is None else np.full((1, 1, histories), first)


@final
@dataclass(frozen=True)
class _ByMoments(Synapses):
    """E[w] and E[w^2] given the history, exact for steps that are affine in the weight."""

    synapse: Synapse
    ensemble: Ensemble
    independent = True

    def blank(self, histories: int) -> State:
        mean = np.full((1, 1, histories), self.synapse.start)
        return State((mean, mean**2), self._first_traces(histories))

    def show(self, state: State, post: Floats, rng: np.random.Generator) -> State:
        p = self.ensemble.p_high
        total: list[Any] = [0.0] * 5
        for chance, pre in zip((1 - p, p), self.ensemble.levels, strict=True):
            parts = averaged(self.synapse, post, np.array(pre), state.trace)
            total = [t + chance * part for t, part in zip(total, parts, strict=True)]
        return State(_moved(state.parts, total), self._traces(state, post))

    def branch(self, state: State, rng: np.random.Generator) -> State:
        post, pre = self._levels()
        return State(
            _moved(state.parts, averaged(self.synapse, post, pre, state.trace)), self._traces(state, post)
        )

    def moments(self, state: State) -> Moments:
        mean, square = (np.moveaxis(part, 2, 0) for part in np.broadcast_arrays(*state.parts))
        return Moments.given_history(mean, square)

    def distance(self, one: State, other: State) -> float:
        scale = float(np.mean(one.parts[1]))
        mean = np.sqrt(np.mean((one.parts[0] - other.parts[0]) ** 2) / scale)
        square = np.mean(np.abs(one.parts[1] - other.parts[1])) / scale
        return float(max(mean, square))


def _moved(parts: tuple[Floats, ...], maps: list[Any]) -> tuple[Floats, ...]:
    mean, square = parts
    a, aa, b, ab, bb = maps
    return a * mean + b, aa * square + 2 * ab * mean + bb


@final
@dataclass(frozen=True)
class _ByLaw(Synapses):
    """The chances of the values of a weight given the history, exact."""

    synapse: Synapse
    ensemble: Ensemble
    chain: Lattice
    independent = True

    def blank(self, histories: int) -> State:
        return State((np.tile(self.chain.steady, (1, 1, histories, 1)),), None)

    def show(self, state: State, post: Floats, rng: np.random.Generator) -> State:
        (law,) = state.parts
        result = np.empty_like(law)
        for index, level in enumerate(self.ensemble.levels):
            chosen = post == level
            result[:, :, chosen] = law[:, :, chosen] @ self.chain.given_post[index]
        return State((result,), None)

    def branch(self, state: State, rng: np.random.Generator) -> State:
        return State((np.einsum("ha,yxab->yxhb", state.parts[0][0, 0], self.chain.moves),), None)

    def moments(self, state: State) -> Moments:
        law = np.moveaxis(state.parts[0], 2, 0)
        return Moments.given_history(law @ self.chain.values, law @ self.chain.values**2)

    def distance(self, one: State, other: State) -> float:
        return float(np.abs(one.parts[0] - other.parts[0]).sum(axis=-1).mean())


@final
@dataclass(frozen=True)
class _BySample(Synapses):
    """Some synapses of each neuron, for steps of any kind."""

    synapse: Synapse
    ensemble: Ensemble
    n_synapses: int = SYNAPSES
    independent = False

    def blank(self, histories: int) -> State:
        weights = np.full((1, 1, histories, self.n_synapses), self.synapse.start)
        return State((weights,), self._first_traces(histories))

    def show(self, state: State, post: Floats, rng: np.random.Generator) -> State:
        shape = state.parts[0].shape[2:]
        low, high = self.ensemble.levels
        pre = np.where(rng.random(shape) < self.ensemble.p_high, high, low)
        return State((self._stepped(state, post[:, None], pre, rng),), self._traces(state, post))

    def branch(self, state: State, rng: np.random.Generator) -> State:
        post, pre = self._levels()
        return State((self._stepped(state, post[..., None], pre[..., None], rng),), self._traces(state, post))

    def _stepped(self, state: State, post: Floats, pre: Floats, rng: np.random.Generator) -> Array:
        (weights,) = state.parts
        trace = None if state.trace is None else state.trace[..., None]
        chance = rng.random(weights.shape[2:]) if self.synapse.is_random else None
        return np.asarray(self.synapse.step(weights, post, pre, trace, chance))

    def moments(self, state: State) -> Moments:
        weights = np.moveaxis(np.broadcast_to(state.parts[0], (2, 2, *state.parts[0].shape[2:])), 2, 0)
        n = weights.shape[-1]
        total = weights.sum(axis=-1)
        same = np.einsum("hyas,hybs->hyab", weights, weights)
        pair = (total[..., :, None] * total[..., None, :] - same) / (n * (n - 1))  # of two different synapses
        return Moments(total / n, np.mean(weights**2, axis=-1), pair)

    def distance(self, one: State, other: State) -> float:
        scale = np.mean(one.parts[0] ** 2)
        return float(np.sqrt(np.mean((one.parts[0] - other.parts[0]) ** 2) / scale)) if scale else 0.0


def synapses(synapse: Synapse, ensemble: Ensemble) -> Synapses:
    """Return the sharpest way of holding the law of this synapse."""
    if synapse.is_affine:
        return _ByMoments(synapse, ensemble)
    chain = lattice(synapse, ensemble)
    return _BySample(synapse, ensemble) if chain is None else _ByLaw(synapse, ensemble, chain)


def settle(law: Synapses, histories: int, rng: np.random.Generator) -> tuple[State, int]:
    """Return H neurons in their steady state, and how many patterns it takes from blank weights.

    Neurons that began T patterns before others, and since met the same ones, are compared with these:
    where no difference is left, T patterns are enough.

    Raises
    ------
    NoTheory
        If differences never fade.
    """
    old, waited = law.blank(histories), 64
    for _ in range(waited):
        old = law.show(old, _posts(law.ensemble, histories, rng), rng)
    while True:
        new = law.blank(histories)
        for _ in range(waited):
            post = _posts(law.ensemble, histories, rng)
            state = rng.bit_generator.state
            old = law.show(old, post, rng)
            rng.bit_generator.state = state  # the same chances for both
            new = law.show(new, post, rng)
        if not all(np.isfinite(part).all() for part in old.parts):
            raise NoTheory("the weights grow past double precision")
        if law.distance(old, new) < _SETTLED:
            return old, waited
        if waited >= _LONGEST:
            raise NoTheory(f"the weights have not settled after {2 * waited:,} patterns")
        waited *= 2


def walk(law: Synapses, histories: int, rng: np.random.Generator) -> Iterator[Moments]:
    """Yield the moments given each history, axes (H, y, x), of the pattern of age 0, 1, 2 and so on."""
    state, _ = settle(law, histories, rng)
    state = law.branch(state, rng)
    while True:
        yield law.moments(state)
        state = law.show(state, _posts(law.ensemble, histories, rng), rng)


def _posts(ensemble: Ensemble, histories: int, rng: np.random.Generator) -> Floats:
    low, high = ensemble.levels
    return np.where(rng.random(histories) < ensemble.p_high, high, low)
