r"""What is the crosstalk of patterns whose entries follow each other in a Markov chain?

Given the cue s and a pattern's bit at neuron i, its overlap to the left of i and that to the right are
independent. With f_j the law of the first j terms :math:`x_1 s_1 + \dots + x_j s_j` given
:math:`x_{j+1} = 1`, the transfer matrix is one line,

.. math:: f_j(m) = \beta f_{j-1}(m - s_j) + (1 - \beta) f_{j-1}(-m - s_j), \quad \beta = \tfrac12 (1 + \rho),

so the law of the crosstalk is exact for each cue. What is left is an average over cues and neurons: Hebbian
weights have the mean :math:`(K-1) \rho^{|i-j|}`, which helps a neuron that agrees with its neighbours and
hurts one that doesn't. It is taken over a fixed sample of cues, one neuron in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from hebbcap.patterns.correlated import Markov
from hebbcap.question import Experiment
from hebbcap.theory.correlated.source import (
    Bracket,
    Cases,
    Source,
    bracket,
    check_fits,
    check_symmetric,
    flipped_cues,
)
from hebbcap.theory.crosstalk import Bools, Complexes, Floats

_SEED = 20260917
_WORK = 2e8
"""Cues times D squared: what the laws may cost, some seconds."""

_FEWEST, _MOST = 256, 2048
"""Cues."""


@final
@dataclass(frozen=True)
class Chain(Source):
    """Markov patterns, for one experiment.

    Attributes
    ----------
    field : Bracket
        What a pattern contributes by its overlap.
    laws : ndarray, shape (C, N + 1)
        Chances of the overlaps -N, -N + 2, ..., N of each cue with another pattern whose bit is +1 there.
    own : ndarray, shape (C,)
        Field of the cued pattern.
    right : ndarray of bool, shape (C,)
        Whether the cue has the neuron right.
    """

    field: Bracket
    log_unit: float
    laws: Floats
    own: Floats
    right: Bools

    @property
    def note(self) -> str:
        """What the number rests on."""
        return f"averaged over {len(self.own):,} drawn cues, exact for each"

    def cases(self, n_patterns: int) -> Cases:
        """Return the cases of a neuron when K patterns are stored."""
        both = 0.5 * (self.field.values - self.field.values[::-1])
        squares = 0.5 * (self.field.values**2 + self.field.values[::-1] ** 2)
        mean = self.laws @ both
        count = len(self.own)
        return Cases(
            weight=np.full(count, 1.0 / count),
            own=self.own,
            high=np.ones(count, dtype=np.bool_),
            right=self.right,
            mean=(n_patterns - 1) * mean,
            variance=(n_patterns - 1) * (self.laws @ squares - mean**2),
            spacing=self.field.spacing,
            echoes=self.field.echoes,
            offset=(n_patterns - 1) * float(self.field.values[0]),
        )

    def transform(self, n_patterns: int, cases: Cases, t: Floats) -> Complexes:
        """Return E exp(i t S) in each case."""
        wave: Complexes = np.exp(1j * np.multiply.outer(self.field.values, t))
        # A bit of -1 turns the whole pattern round: its overlap is -m, its field -d(-m).
        one: Complexes = self.laws @ (0.5 * (wave + np.conj(wave[::-1])))
        return one ** (n_patterns - 1)


def chain(experiment: Experiment) -> Chain:
    """Return the source for patterns that are Markov chains along the neurons.

    Raises
    ------
    NoTheory
        If the memory does not treat both signs alike, or the threshold is not 0.
    """
    ensemble, dim, n_flipped = experiment.ensemble, experiment.dim, experiment.n_flipped
    assert isinstance(ensemble, Markov)
    check_symmetric(ensemble.name, experiment.threshold)
    field = bracket(experiment.memory, dim)
    count = int(np.clip(_WORK / dim**2, _FEWEST, _MOST))
    check_fits(8.0 * count * dim * 12)
    rng = np.random.default_rng(_SEED)
    patterns = ensemble.sample(count, dim, rng)
    cues = flipped_cues(patterns, n_flipped, ensemble.levels, rng)
    # Positions are spread evenly over the neurons.
    neuron = np.floor((np.arange(count) + rng.random(count)) * dim / count).astype(np.int64)
    rows = np.arange(count)
    bit = patterns[rows, neuron].astype(np.float64)
    right = cues[rows, neuron] == bit
    signs = (cues * bit[:, None]).astype(np.int64)
    beta = 0.5 * (1 + ensemble.rho)
    left = _one_side(signs, neuron, beta)
    after = _one_side(signs[:, ::-1], dim - 1 - neuron, beta)
    own = field.values[dim - 1 - (n_flipped - ~right)]
    return Chain(field, field.log_unit, _sum_law(left, after, dim - 1), own, right)


def _one_side(cues: NDArray[np.int64], reach: NDArray[np.int64], beta: float) -> Floats:
    """Chances of k = 0 ... D - 1 agreements among the first `reach` neurons of each cue, (C, D)."""
    count, dim = cues.shape
    order = np.argsort(reach)
    law = np.zeros((count, dim))
    law[:, 0] = 1.0
    for j in range(dim - 1):
        active = order[np.searchsorted(reach[order], j, side="right") :]
        if not len(active):
            break
        before = law[active, : j + 1]
        up = (cues[active, j] > 0)[:, None]
        kept, turned = beta * before, (1 - beta) * before[:, ::-1]
        after = np.zeros((len(active), j + 2))
        # The neuron's own bit is +1 with chance beta; it then agrees where the cue is +1.
        after[:, 1:] = np.where(up, kept, turned)
        after[:, :-1] += np.where(up, turned, kept)
        law[active, : j + 2] = after
    return law


def _sum_law(left: Floats, right: Floats, n_others: int) -> Floats:
    """Chances of 0 ... N agreements on both sides together."""
    from scipy.signal import fftconvolve

    together: Floats = fftconvolve(left, right, axes=1)[:, : n_others + 1]
    return np.clip(together, 0.0, None)
