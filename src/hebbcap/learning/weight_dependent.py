"""Which named rules read the present weight, and so forget?

Each is affine in the weight, so the trace that a pattern leaves is known exactly at every age.
"""

from __future__ import annotations

from hebbcap import _checks
from hebbcap.learning.rule import Rule


def decay(share: float) -> Rule:
    r"""Return the activity product with passive decay, :math:`\Delta w = y x - \lambda w`.

    Parameters
    ----------
    share : float
        lambda, the share of the weight lost with each pattern, 0 < lambda < 2.

    Notes
    -----
    Mezard, Nadal & Toulouse, J. Physique 47, 1457 (1986).

    Examples
    --------
    >>> decay(0.1).formula
    'post*pre - 0.1*w'
    """
    lost = _checks.real(
        "decay", share, low=0, high=2, open_low=True, open_high=True, meaning="the share lost each time"
    )
    return Rule({(0, 1, 1): 1.0, (1, 0, 0): -lost}, name=f"decay:{_checks.short(lost)}")


def oja(rate: float) -> Rule:
    r"""Return Oja's rule with clamped activities, :math:`\Delta w = \eta (y x - y^2 w)`.

    Parameters
    ----------
    rate : float
        eta, learning rate; > 0. The weights settle for eta < 2 where activities are 0, 1 or -1.

    Notes
    -----
    Where activities are +-1 it is passive decay of share eta. Where they are 0 and 1 only the weights
    onto active neurons change: each keeps a running mean of the presynaptic activity over the times its
    own neuron was active. Oja, J. Math. Biology 15, 267 (1982).

    Examples
    --------
    >>> oja(0.5).formula
    '0.5*post*pre - 0.5*w*post**2'
    """
    eta = _rate(rate)
    return Rule({(0, 1, 1): eta, (1, 2, 0): -eta}, name=f"oja:{_checks.short(eta)}")


def instar(rate: float) -> Rule:
    r"""Return the postsynaptically gated rule, :math:`\Delta w = \eta\, y (x - w)`.

    Parameters
    ----------
    rate : float
        eta, learning rate; > 0.

    Notes
    -----
    Heterosynaptic depression: an active neuron weakens the weights from silent ones. For activities of 0
    and 1 it is Oja's rule; for +-1 a neuron at -1 drives its weights away from x, and they never settle.
    Grossberg, Biol. Cybernetics 23, 121 (1976).

    Examples
    --------
    >>> instar(0.5).formula
    '0.5*post*pre - 0.5*w*post'
    """
    eta = _rate(rate)
    return Rule({(0, 1, 1): eta, (1, 1, 0): -eta}, name=f"instar:{_checks.short(eta)}")


def outstar(rate: float) -> Rule:
    r"""Return the presynaptically gated rule, :math:`\Delta w = \eta\, x (y - w)`.

    Parameters
    ----------
    rate : float
        eta, learning rate; > 0.

    Notes
    -----
    Homosynaptic depression: an active neuron weakens its weights onto silent ones.
    Grossberg, Biol. Cybernetics 23, 121 (1976).

    Examples
    --------
    >>> outstar(0.5).formula
    '0.5*post*pre - 0.5*w*pre'
    """
    eta = _rate(rate)
    return Rule({(0, 1, 1): eta, (1, 0, 1): -eta}, name=f"outstar:{_checks.short(eta)}")


def _rate(value: float) -> float:
    return _checks.real("rate", value, low=0, open_low=True, meaning="rate is the learning rate eta")
