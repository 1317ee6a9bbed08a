r"""What does a synapse remember whose weight takes finitely many values?

Its weight is a Markov chain: with transition matrices :math:`P_{yx}` between the values, one pattern (y, x)
takes the law of the weights :math:`\pi` to :math:`\pi P_{yx}`. The chain is exact; the patterns before and
after are averaged over x, and over y too where a neuron's own history does not show (`follows_history`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from hebbcap._checks import NoTheory
from hebbcap.learning import Synapse
from hebbcap.patterns import Ensemble
from hebbcap.theory.forgetting.moments import Cue, Floats
from hebbcap.theory.pairwise import common_unit

MAX_VALUES = 401
"""Most values of a weight that are listed: beyond it the steady state takes seconds to solve for."""

_LARGEST_SUM = 2**24
"""Most lattice points of a neuron's field, for the exact law."""


@dataclass(frozen=True)
class Lattice:
    """The chain of one weight.

    Attributes
    ----------
    values : ndarray, shape (L,)
        What the weight can be, in rising order.
    moves : ndarray, shape (2, 2, L, L)
        Transition chances at [post, pre, from, to], low level first.
    given_post : ndarray, shape (2, L, L)
        The same averaged over pre.
    steady : ndarray, shape (L,)
        Law of the weight in its steady state.
    """

    values: Floats
    moves: Floats
    given_post: Floats
    steady: Floats
    p_high: float

    @property
    def follows_history(self) -> bool:
        """Whether a neuron's own history shows in the law of its synapses."""
        return bool(np.abs(self.given_post[0] - self.given_post[1]).max() > 1e-12)

    @property
    def shrinks(self) -> float:
        """By how much the law comes nearer to the steady one with each pattern, at the slowest."""
        sizes = np.sort(np.abs(np.linalg.eigvals(self._averaged)))
        return float(sizes[-2])

    def laws(self, ages: NDArray[np.int64]) -> Floats:
        """Return the law of a weight given post and pre of a pattern of these ages, (A, 2, 2, L).

        The patterns since are averaged over both neurons.
        """
        averaged = self._averaged
        law = np.einsum("a,yxab->yxb", self.steady, self.moves)
        found, before = np.empty((len(ages), *law.shape)), 0
        for place, age in enumerate(ages):
            law = law @ (averaged if age == before + 1 else np.linalg.matrix_power(averaged, age - before))
            found[place], before = law, age
        return found

    @property
    def _averaged(self) -> Floats:
        return np.asarray((1 - self.p_high) * self.given_post[0] + self.p_high * self.given_post[1])


def lattice(synapse: Synapse, ensemble: Ensemble) -> Lattice | None:
    """Return the chain of a weight, or None where its values are too many to list.

    Examples
    --------
    >>> from hebbcap.learning import Bounded
    >>> from hebbcap.patterns import Rademacher
    >>> chain = lattice(Bounded(2), Rademacher())
    >>> chain.values, chain.steady
    (array([-2., -1.,  0.,  1.,  2.]), array([0.2, 0.2, 0.2, 0.2, 0.2]))
    """
    if not synapse.is_finite:
        return None
    post, pre = np.array(ensemble.levels)[:, None, None], np.array(ensemble.levels)[None, :, None]
    known = np.array([synapse.start])
    while True:
        reached = [known]
        for chance, new in synapse.outcomes(known, post, pre):
            shape = (2, 2, len(known))
            possible = np.broadcast_to(chance, shape) > 0
            reached.append(np.broadcast_to(new, shape)[possible])
        # Sums of decimal steps reach the same value up to rounding.
        larger = np.unique(np.round(np.concatenate(reached), 9))
        if len(larger) > MAX_VALUES:
            return None
        if len(larger) == len(known):
            break
        known = larger
    size = len(known)
    moves = np.zeros((2, 2, size, size))
    grid = np.indices((2, 2, size))
    for chance, new in synapse.outcomes(known, post, pre):
        place = np.abs(known - np.broadcast_to(new, (2, 2, size))[..., None]).argmin(axis=-1)
        np.add.at(moves, (*grid, place), np.broadcast_to(chance, (2, 2, size)))
    p = np.array([1 - ensemble.p_high, ensemble.p_high])
    given_post = np.einsum("yxab,x->yab", moves, p)
    averaged = np.einsum("yab,y->ab", given_post, p)
    equations = np.concatenate([averaged.T - np.eye(size), np.ones((1, size))])
    steady = np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]
    steady = np.maximum(np.round(steady, 15), 0.0)
    return Lattice(known, moves, given_post, steady / steady.sum(), float(ensemble.p_high))


def exact_error(values: Floats, law: Floats, cue: Cue, threshold: float) -> float:
    """Return the share of wrong bits where the synapses of a neuron are independent: no normal tail.

    Parameters
    ----------
    values : ndarray, shape (L,)
        What a weight can be.
    law : ndarray, shape (2, 2, L)
        Its chances given post and pre in the cued pattern.
    cue : Cue
        The cue.
    threshold : float
        Field at which a neuron switches; a field exactly there keeps the cue's bit.

    Raises
    ------
    NoTheory
        If the field takes too many values, or values on no lattice.
    """
    low, high = cue.ensemble.levels
    p = np.array([1 - cue.ensemble.p_high, cue.ensemble.p_high])
    terms = [np.outer(shown, values) for shown in ([low, high], [high, low])]
    first = min(float(t.min()) for t in terms)
    unit = common_unit(np.concatenate([t.ravel() for t in terms]) - first)
    if unit == 0:
        raise NoTheory("the weights are no whole multiples of one unit")
    places = [np.rint((t - first) / unit).astype(np.int64) for t in terms]
    reach = max(int(t.max()) for t in places)
    n = cue.dim - 1
    if n * reach >= _LARGEST_SUM:
        raise NoTheory(f"the field takes more than {_LARGEST_SUM:,} values")
    size = fft.next_fast_len(n * reach + 1, real=True)
    field = n * first + unit * np.arange(n * reach + 1)
    at = np.abs(field - threshold) <= 1e-6 * unit
    total = 0.0
    for post, chances in enumerate(law):
        single = [
            fft.rfft(np.bincount(place.ravel(), (p[:, None] * chances).ravel(), reach + 1), size)
            for place in places
        ]
        for right in (0, 1):
            if cue.weight[post, right]:
                flipped = cue.n_flipped - (1 - right)
                pmf = fft.irfft(single[0] ** (n - flipped) * single[1] ** flipped, size)[: n * reach + 1]
                wrong = (field < threshold if post else field > threshold) & ~at
                if not right:
                    wrong |= at
                total += cue.weight[post, right] * max(float(pmf[wrong].sum()), 0.0)
    return total
