"""Which field do weights give that were written over, and how often is it wrong?

Take one neuron i and a pattern that was presented `age` patterns ago. Given the whole history of its own
activity, the weights onto it are independent and alike: synapses that share only their presynaptic neuron
belong to different neurons and play no part. So its field

.. math:: h = \\sum_{j \\ne i} w_j s_j

has a mean and a variance, exact at finite dim, that follow from three moments of its synapses given what
the two neurons showed in that pattern, post y and pre x:

.. math:: E[w | y, x], \\quad E[w^2 | y, x], \\quad E[w_1 w_2 | y, x_1, x_2]

the last for two synapses on one neuron. Their covariance is what the neuron's history did to both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hebbcap.patterns import Ensemble

Floats = NDArray[np.float64]


class Moments(NamedTuple):
    """Moments of the synapses of one neuron; axes (..., y, x) and (..., y, x1, x2), low level first."""

    mean: Floats
    square: Floats
    pair: Floats

    @classmethod
    def given_history(cls, mean: Floats, square: Floats) -> Moments:
        """Return the moments where the synapses of a neuron are independent."""
        return cls(mean, square, mean[..., :, None] * mean[..., None, :])


class Field(NamedTuple):
    """Mean and variance of a neuron's field; axes (..., y, right): post low or high, cued wrong or right."""

    mean: Floats
    variance: Floats


@dataclass(frozen=True)
class Cue:
    """How a pattern is cued: its levels and their chances, dim neurons, and how many bits are flipped."""

    ensemble: Ensemble
    dim: int
    n_flipped: int = 0

    @property
    def weight(self) -> Floats:
        """Chance of each kind of neuron, axes (y, right)."""
        share = self.n_flipped / self.dim
        return np.outer(self._chances, [share, 1 - share])

    @property
    def _chances(self) -> Floats:
        return np.array([1 - self.ensemble.p_high, self.ensemble.p_high])

    def field(self, moments: Moments) -> Field:
        """Return the field of each kind of neuron."""
        low, high = self.ensemble.levels
        shown = np.array([[low, high], [high, low]])  # what an intact and a flipped neuron show
        pushed = self._chances * shown
        each = np.einsum("...yx,kx->...yk", moments.mean, pushed)
        both = np.einsum("...yab,ka,lb->...ykl", moments.pair, pushed, pushed)
        alone = np.einsum("...yx,kx->...yk", moments.square, self._chances * shown**2)
        alone = alone - np.einsum("...ykk->...yk", both)
        shared = both - each[..., :, None] * each[..., None, :]
        means, variances = [], []
        for right in (0, 1):
            flipped = max(self.n_flipped - (1 - right), 0)
            count = np.array([self.dim - 1.0 - flipped, flipped])
            means.append(each @ count)
            variances.append(alone @ count + np.einsum("...ykl,k,l->...y", shared, count, count))
        # Variances that vanish on paper leave rounding.
        return Field(np.stack(means, axis=-1), np.maximum(np.stack(variances, axis=-1), 0.0))

    def class_means(self, field: Field) -> Floats:
        """Return the mean field of neurons that should be low and high, shape (..., 2)."""
        share = self.n_flipped / self.dim
        return np.asarray(field.mean @ np.array([share, 1 - share]))

    def wrong(self, field: Field, threshold: Floats | float) -> Floats:
        """Return the share of wrong bits, fields taken for normal, shape (...)."""
        level = np.asarray(threshold, dtype=np.float64)[..., None, None]
        distance = (field.mean - level) * np.array([-1.0, 1.0])[:, None]
        spread = np.sqrt(field.variance)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = ndtr(-distance / spread)
        # A field without noise that lies at threshold keeps the cue's bit.
        sure = np.where(distance == 0, np.array([1.0, 0.0]), distance < 0)
        return np.asarray(np.sum(self.weight * np.where(spread > 0, error, sure), axis=(-2, -1)))
