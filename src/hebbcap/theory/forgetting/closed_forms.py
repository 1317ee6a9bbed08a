r"""How long are patterns remembered, in closed form?

For symmetric +-1 patterns the trace of a pattern fades exponentially with its age a, and the noise around
it hardly changes. With N = D - 1 the signal-to-noise ratio is about

.. math:: 2 \lambda N e^{-2 \lambda a}, \qquad q^2 N (1 - q)^{2a}

for passive decay, and for synapses of two values that switch with chance q. A bit error of p is met where
the ratio is at least z^2, z the normal quantile of p.
"""

from __future__ import annotations

import math

from scipy.special import ndtri

from hebbcap import _checks


def best_decay(dim: int, bit_error: float = 0.01) -> float:
    r"""Return the decay with which symmetric +-1 patterns are remembered longest, for large dim.

    .. math:: \lambda = \frac{e z^2}{2 N}

    Parameters
    ----------
    dim : int
        D, the number of neurons; N = D - 1.
    bit_error : float
        Share of wrong bits allowed after one step, 0 < p < 0.5; z is its normal quantile.

    Notes
    -----
    From :math:`2 \lambda N e^{-2 \lambda a} = z^2` the lifetime is :math:`\ln(2 \lambda N / z^2) / (2
    \lambda)`, largest at this decay, where it is N / (e z^2): a factor e below the N / z^2 patterns that
    the same rule without decay holds at its best load, and beyond which it holds none.

    Examples
    --------
    >>> round(best_decay(1000), 6)
    0.007363
    """
    return math.e * _z(bit_error) ** 2 / (2 * (_checks.dimension(dim) - 1))


def decay_lifetime(dim: int, decay: float, bit_error: float = 0.01) -> float:
    r"""Return the age at which passive decay forgets symmetric +-1 patterns, exact in the decay.

    The field of a pattern of age a is :math:`N (1 - \lambda)^a` and its variance that of the other
    patterns alone, :math:`N (1 / (\lambda (2 - \lambda)) - (1 - \lambda)^{2a})`, so that

    .. math:: (1 - \lambda)^{2a} = \frac{z^2}{\lambda (2 - \lambda) (N + z^2)}

    Parameters
    ----------
    dim : int
        D, the number of neurons; N = D - 1.
    decay : float
        lambda, 0 < lambda < 1.
    bit_error : float
        Share of wrong bits allowed after one step, 0 < p < 0.5; z is its normal quantile.

    Returns
    -------
    float
        The crossing; ages up to it meet the criterion, and below 0 none does.

    Examples
    --------
    >>> round(decay_lifetime(1000, 0.01), 3)
    64.999
    """
    lost = _checks.real("decay", decay, low=0, high=1, open_low=True, open_high=True)
    n, z = _checks.dimension(dim) - 1, _z(bit_error)
    return 0.5 * math.log(z * z / (lost * (2 - lost) * (n + z * z))) / math.log1p(-lost)


def switching_lifetime(dim: int, switch: float, bit_error: float = 0.01) -> float:
    r"""Return the age at which synapses of two values, +-1, forget symmetric +-1 patterns.

    The field of a pattern of age a is :math:`N q (1 - q)^a` and its variance :math:`N (1 - q^2 (1 -
    q)^{2a})`, so that

    .. math:: a = \frac{\ln(q \sqrt{N + z^2} / z)}{-\ln(1 - q)}

    which grows as log N for a given q, and as sqrt(N) / (e z) for the best one, q = e z / sqrt(N).

    Parameters
    ----------
    dim : int
        D, the number of neurons; N = D - 1.
    switch : float
        q, the chance that a synapse switches when its neurons ask for it, 0 < q < 1.
    bit_error : float
        Share of wrong bits allowed after one step, 0 < p < 0.5; z is its normal quantile.

    Returns
    -------
    float
        The crossing; ages up to it meet the criterion, and below 0 none does.

    Notes
    -----
    Tsodyks (1990) and Amit & Fusi (1994) give the two laws; the expressions are derived here.

    Examples
    --------
    >>> round(switching_lifetime(1000, 0.2), 3)
    4.492
    """
    q = _checks.real("switch", switch, low=0, high=1, open_low=True, open_high=True)
    n, z = _checks.dimension(dim) - 1, _z(bit_error)
    return math.log(q * math.sqrt(n + z * z) / z) / -math.log1p(-q)


def _z(bit_error: float) -> float:
    p = _checks.real("bit_error", bit_error, low=0, high=0.5, open_low=True, open_high=True)
    return float(-ndtri(p))
