r"""Where do the dynamics that start at a pattern of a dense memory stop?

Not at the equilibrium. Zero-temperature dynamics of D -> infinity neurons that are updated together follow
one neuron in its own past: with :math:`\xi = 1`, load a of `hebbcap.theory.attractors.dense` and its R(q),

.. math:: s(t+1) = \mathrm{sgn}\Big(m(t)^{n-1} + \sqrt a\, \phi(t)
          + a \sum_{t' < t} R'(C_{tt'})\, G_{tt'}\, s(t')\Big)

where :math:`\phi` is normal of covariance R(C), C is the correlation of the states and G the answer of the
mean state to earlier fields. The last term, the echo of a neuron's own past, holds the neuron where it
started: so the dynamics stop in a metastable state of higher overlap than the equilibrium, and still keep the
pattern where the equilibrium has lost it (for n = 5 up to 1.35, for n = 8 up to 1.2 times the critical load).
For pairwise weights the echo is small and the two nearly agree: `hebbcap.theory.trajectories`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, ndtri

from hebbcap import _checks
from hebbcap.theory.attractors.dense import covariance_series

Floats = NDArray[np.float64]

FROM_PATTERN: Final = "metastable (dynamics from the pattern)"
"""What an overlap means that the dynamics reach from a pattern: it is no equilibrium."""

_LOG_PATHS = 15
_SETTLED = 1e-3
"""Once the state differs from the last, or from the last but one, in fewer than half of this share of the
neurons, it is taken to stay or to alternate: the paths can't resolve less."""

_SMALLEST = 1e-14


def overlaps_from(
    order: int, load: float, n_steps: int = 20, *, overlap: float = 1.0, seed: int = 0
) -> Floats:
    """Return the overlaps with the pattern, step by step, for a dense memory of order n >= 3.

    Parameters
    ----------
    order : int
        n, at least 3.
    load : float
        a = K (2n-3)!! / D^(n-1), > 0.
    n_steps : int
        Updates of all neurons together, 0 to 100.
    overlap : float
        Overlap of the cue with the pattern, 0 < m <= 1.
    seed : int
        Seed of the 2^15 paths of a neuron (a scrambled Sobol sequence); overlaps vary with it by about
        0.002, and more within a few percent of the load at which the pattern is lost.

    Returns
    -------
    ndarray, shape (n_steps + 1,)
        Overlaps, the cue's first. Where the network ends in a cycle of two, they alternate.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Notes
    -----
    Dynamic mean-field theory, exact for D -> infinity but for the sampling: paths after Eissfeller & Opper,
    Phys. Rev. Lett. 68, 2094 (1992), with the kernels of these energies.

    Examples
    --------
    >>> overlaps_from(3, 0.24, 2).round(3)
    array([1.   , 0.959, 0.955])
    """
    from scipy.stats import qmc

    _checks.integer("order", order, low=3, high=100, meaning="order is the power n of F(x) = x^n / n")
    _checks.real("load", load, low=0, open_low=True, meaning="load is K (2n-3)!! / D^(n-1)")
    _checks.integer("n_steps", n_steps, low=0, high=100, meaning="n_steps is the number of updates")
    _checks.real("overlap", overlap, low=0, high=1, open_low=True, meaning="it is the cue's")
    _checks.integer("seed", seed, low=0, meaning="seed starts the random paths")
    covariance, steepness = covariance_series(order), covariance_series(order).deriv()
    draws = qmc.Sobol(n_steps + 1, rng=np.random.default_rng(seed)).random_base2(_LOG_PATHS)
    draws = draws.clip(1e-12, 1 - 1e-12)
    count = len(draws)
    states = np.where(draws[:, :1] < 0.5 * (1 + overlap), 1.0, -1.0)
    normal = ndtri(draws[:, 1:])
    overlaps = np.full(n_steps + 1, float(overlap))
    same, answer = np.eye(n_steps + 1), np.zeros((n_steps + 1, n_steps + 1))  # C and G
    root = np.zeros((n_steps, n_steps))  # Cholesky factor of the noise, a row at a time
    for t in range(n_steps):
        now = t + 1
        noise = load * covariance(same[t, :now])
        root[t, :t] = np.linalg.solve(root[:t, :t], noise[:t])
        width = math.sqrt(max(noise[t] - root[t, :t] @ root[t, :t], _SMALLEST))
        root[t, t] = width
        echo = load * steepness(same[t, :now]) * answer[t, :now]
        known = overlaps[t] ** (order - 1) + states @ echo + normal[:, :t] @ root[t, :t]
        mean = erf(known / (math.sqrt(2) * width))  # the next state, averaged over the newest noise
        overlaps[now] = mean.mean()
        same[now, :now] = same[:now, now] = mean @ states / count
        # A state much like an earlier one answers much as that one: only the difference is sampled.
        near = max(range(max(t - 1, 0), now), key=lambda k: same[now, k])
        if 1 - same[now, near] < _SETTLED:
            for later in range(now + 1, n_steps + 1):
                overlaps[later] = overlaps[later - (now - near)]
            break
        ratio = np.minimum(np.abs(known) / width, 40.0)
        slope = math.sqrt(2 / math.pi) / width * float(np.exp(-0.5 * ratio**2).mean())
        with_noise = np.append((mean - states[:, near]) @ normal[:, :t] / count, width * slope)
        answer[now, :now] = answer[near, :now] + np.linalg.solve(root[:now, :now].T, with_noise)
        states = np.column_stack([states, np.where(known + width * normal[:, t] > 0, 1.0, -1.0)])
    return overlaps
