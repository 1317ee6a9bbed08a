r"""How does the overlap with the cued pattern go on, step by step?

The Hebb rule with K = alpha D independent +-1 patterns, all neurons updated at once at threshold 0, for
D -> infinity. With overlap :math:`m_t` and crosstalk of variance :math:`\sigma_t^2`, the next overlap is

.. math:: m_{t+1} = \mathrm{erf}(m_t / \sqrt{2} \sigma_t), \quad \sigma_0^2 = \alpha .

The three theories differ in what the crosstalk keeps of the past, because a state that was made by the
weights is no longer independent of the other patterns in them.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks

Floats = NDArray[np.float64]

_LOG_PATHS = 14
"""2^14 paths of one neuron: overlaps to about 0.001."""

_FROZEN = 2e-3
"""States whose correlation is short of 1 by less than this are taken for the same."""


def naive(load: float, overlap: float, n_steps: int) -> Floats:
    r"""Return the overlaps if every step met fresh crosstalk, :math:`\sigma_t^2 = \alpha`.

    The first step is exact. Later ones hold for randomly diluted weights, where a neuron's past never comes
    back to it (Derrida, Gardner & Zippelius 1987; Kinzel 1985), and are far too hopeful for full weights.

    Parameters
    ----------
    load : float
        alpha = K / D, > 0.
    overlap : float
        Overlap of the cue with its pattern, 0 to 1: 1 - 2 r for a fraction r of flipped bits.
    n_steps : int
        Updates, at least 0.

    Returns
    -------
    ndarray, shape (n_steps + 1,)
        Overlaps, the cue's first.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Examples
    --------
    >>> naive(0.12, 0.5, 2).round(4)
    array([0.5   , 0.8511, 0.986 ])
    """
    overlaps = _checked(load, overlap, n_steps)
    for t in range(n_steps):
        overlaps[t + 1] = math.erf(overlaps[t] / math.sqrt(2 * load))
    return overlaps


def amari_maginu(load: float, overlap: float, n_steps: int) -> Floats:
    r"""Return the overlaps by the recursion of Amari and Maginu.

    .. math:: \sigma_{t+1}^2 = \alpha + U_t^2 \sigma_t^2 + 2 \alpha U_t m_t m_{t+1}, \quad
              U_t = \sqrt{2/\pi}\, e^{-m_t^2 / 2 \sigma_t^2} / \sigma_t

    U is how strongly a neuron's next state answers to its field. The second term is the old crosstalk that
    is carried along, the third its correlation with the new, where the correlation of successive states is
    taken for :math:`m_t m_{t+1}`.

    Parameters and errors are those of `naive`.

    Notes
    -----
    Amari & Maginu, Neural Networks 1, 63 (1988). The crosstalk is taken for normal; its non-normal part, the
    echo :math:`\alpha U s_i` of a neuron's own last state, is left out, so that already the second step is
    off by 0.01 at load 0.12. `mean_field` keeps it. The largest load at which the pattern is kept from an
    intact cue is 0.160, against 0.138 for the true fixed point.

    Examples
    --------
    >>> amari_maginu(0.12, 0.5, 2).round(4)
    array([0.5   , 0.8511, 0.8908])
    """
    overlaps = _checked(load, overlap, n_steps)
    variance = float(load)
    for t in range(n_steps):
        m = overlaps[t]
        after = math.erf(m / math.sqrt(2 * variance))
        answer = math.sqrt(2 / math.pi / variance) * math.exp(-m * m / 2 / variance)
        variance = load + answer**2 * variance + 2 * load * answer * m * after
        overlaps[t + 1] = after
    return overlaps


def mean_field(load: float, overlap: float, n_steps: int, *, seed: int = 0) -> Floats:
    r"""Return the overlaps by dynamic mean-field theory, which is exact for D -> infinity.

    One neuron in its own past stands for all: with :math:`\xi = 1`,

    .. math:: s(t+1) = \mathrm{sgn}\left(m(t) + \alpha \sum_{t' < t} R(t,t') s(t')
              + \sqrt{\alpha}\, \eta(t)\right), \quad R = (1 - G)^{-1} G

    with normal noise of covariance :math:`(1-G)^{-1} C (1-G^T)^{-1}`, where C(t, t') is the correlation of
    its states and G(t, t') the answer of its mean state at t to a field at t'. Both are averages over 2^14
    paths of the neuron, drawn step by step as C and G become known; the next state is averaged in closed
    form before it is drawn.

    Parameters
    ----------
    load, overlap, n_steps
        As for `naive`.
    seed : int
        Seed of the paths (a scrambled Sobol sequence), non-negative; overlaps vary with it by about 0.001.

    Notes
    -----
    Gardner, Derrida & Mottishaw, J. Physique 48, 741 (1987) for two steps; Rieger, Schreckenberg & Zittartz,
    Z. Phys. B 72, 523 (1988), for all; paths after Eissfeller & Opper, Phys. Rev. Lett. 68, 2094 (1992). Once
    no more than 1 neuron in 1,000 differs from one or two steps before, the state is taken to stay or to turn
    back and forth.

    Examples
    --------
    >>> mean_field(0.12, 0.5, 2).round(3)
    array([0.5  , 0.851, 0.905])
    """
    from scipy.special import erf, ndtri
    from scipy.stats import qmc

    overlaps = _checked(load, overlap, n_steps)
    _checks.integer("seed", seed, low=0, meaning="seed starts the random paths")
    draws = qmc.Sobol(n_steps + 1, seed=seed).random_base2(_LOG_PATHS).clip(1e-12, 1 - 1e-12)
    states = np.empty((n_steps + 1, len(draws)))
    states[0] = np.where(draws[:, 0] < 0.5 * (1 + overlap), 1.0, -1.0)
    normal = np.ascontiguousarray(ndtri(draws[:, 1:]).T)
    same, answer = np.eye(n_steps + 1), np.zeros((n_steps + 1, n_steps + 1))  # C and G
    root = np.zeros((n_steps, n_steps))  # Cholesky factor of the noise, a row at a time
    for t in range(n_steps):
        now = t + 1
        echo = np.linalg.inv(np.eye(now) - answer[:now, :now])
        noise = echo @ same[:now, :now] @ echo.T
        root[t, :t] = np.linalg.solve(root[:t, :t], noise[:t, t])
        root[t, t] = math.sqrt(max(noise[t, t] - root[t, :t] @ root[t, :t], 1e-12))
        known = overlaps[t] + load * (echo @ answer[:now, :now])[t] @ states[:now]
        known += math.sqrt(load) * root[t, :t] @ normal[:t]
        width = math.sqrt(load) * root[t, t]
        mean = erf(known / (math.sqrt(2) * width))
        slope = math.sqrt(2 / math.pi) / width * np.exp(-0.5 * (known / width) ** 2)
        overlaps[now] = mean.mean()
        same[now, :now] = same[:now, now] = states[:now] @ mean / len(mean)
        if 1 - same[now, t] < _FROZEN or (t and 1 - same[now, t - 1] < _FROZEN):
            overlaps[now + 1 :: 2] = overlaps[t]  # a cycle of two steps, or of one
            overlaps[now + 2 :: 2] = overlaps[now]
            break
        # E[s z_k] is the answer to the noise z_k, which G passes on through the rows of the root.
        with_noise = np.append(normal[:t] @ mean / len(mean), width * slope.mean())
        answer[now, :now] = np.linalg.solve(root[:now, :now].T, with_noise) / math.sqrt(load)
        states[now] = np.where(known + width * normal[t] > 0, 1.0, -1.0)
    return overlaps


def _checked(load: float, overlap: float, n_steps: int) -> Floats:
    _checks.real("load", load, low=0, open_low=True, meaning="load is patterns per neuron (K / D)")
    _checks.real("overlap", overlap, low=0, high=1, meaning="it is that of the cue with its pattern")
    _checks.integer("n_steps", n_steps, low=0, meaning="n_steps is the number of updates")
    return np.full(n_steps + 1, float(overlap))
