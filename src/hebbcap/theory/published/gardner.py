"""How many patterns can any pairwise weights hold?"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import betainc, ndtr

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.question import Experiment

_FARTHEST = 40.0
"""Standard deviations beyond which no chance of a level is a double-precision number."""

_TIGHT = 0.05
"""Share of wrong bits up to which a criterion is taken to ask for all of them."""


def critical_load(
    margin: float = 0.0, *, p_high: float = 0.5, levels: tuple[float, float] = (-1, 1)
) -> float:
    r"""Return Gardner's bound: the most patterns for each input at which some weights reach the margin.

    In the notation of Gardner (1988), for unbiased patterns of +-1,

    .. math:: \frac{1}{\alpha_c(\kappa)} = \int_{-\kappa}^\infty Dt \, (t + \kappa)^2
              = (1 + \kappa^2) \Phi(\kappa) + \kappa \varphi(\kappa) =: G(\kappa)

    with the normal density and its integral: 2 at no margin. For levels that are high with chance p, with
    standard deviation :math:`\sigma`, the sum of a neuron's weights shifts its field by a b that costs
    nothing, and

    .. math:: \frac{1}{\alpha_c} = \min_b \left[ p \, G\left(\frac{\kappa - b}{\sigma}\right)
              + (1 - p) \, G\left(\frac{\kappa + b}{\sigma}\right) \right]

    which grows as :math:`1 / (2 p \ln(1 / 2p))` as patterns get sparse, while their information falls.

    Parameters
    ----------
    margin : float
        :math:`\kappa \ge 0`, the least field of a bit on its own side, for weights of unit length.
    p_high : float
        Chance that an entry is at the high level, 0 < p < 1.
    levels : tuple of float
        The low and the high level.

    Raises
    ------
    InvalidArgument
        If a parameter is outside its range.

    Notes
    -----
    For independent random patterns and many inputs. Gardner, J. Phys. A 21, 257 (1988), by replicas; proven
    for unbiased patterns by Shcherbina & Tirozzi, Commun. Math. Phys. 234, 383 (2003). For no margin and
    unbiased patterns `separable` is exact at every size.

    Examples
    --------
    >>> critical_load(), round(critical_load(1.0), 6), round(critical_load(p_high=0.1), 6)
    (2.0, 0.519572, 3.912902)
    """
    meaning = "margin is the least stability of a stored bit"
    margin = _checks.real("margin", margin, low=0, meaning=meaning)
    meaning = "it is the chance of the high level"
    p = _checks.real("p_high", p_high, low=0, high=1, open_low=True, open_high=True, meaning=meaning)
    low, high = levels
    rare = min(p, 1 - p)
    asked = margin / ((high - low) * math.sqrt(rare * (1 - rare)))

    def slope(shift: float) -> float:
        return (1 - rare) * _first(asked - shift) - rare * _first(asked + shift)

    # The shift towards the level that is more frequent, in standard deviations.
    shift = 0.0 if rare == 0.5 else float(brentq(slope, 0, asked + _FARTHEST, xtol=1e-13))
    return 1 / (rare * _second(asked + shift) + (1 - rare) * _second(asked - shift))


def separable(n_patterns: int, n_inputs: int) -> float:
    r"""Return the chance that weights exist for random signs at patterns in general position.

    .. math:: P = 2^{1 - K} \sum_{k=0}^{N-1} \binom{K - 1}{k}

    Exact at every size: 1 for K <= N, and 1/2 at K = 2 N. Random +-1 patterns are in general position but
    for a chance that vanishes with N. Cover, IEEE Trans. Electronic Computers 14, 326 (1965).

    Parameters
    ----------
    n_patterns, n_inputs : int
        K and N, >= 1.

    Examples
    --------
    >>> round(separable(198, 99), 9), separable(99, 99)
    (0.5, 1.0)
    """
    patterns = _checks.pattern_count(n_patterns)
    inputs = _checks.integer("n_inputs", n_inputs, low=1, meaning="n_inputs is what one neuron reads")
    if patterns <= inputs:
        return 1.0
    # The chance of fewer than N heads among K - 1; bdtr loses all digits from about a million on.
    return float(betainc(float(patterns - inputs), float(inputs), 0.5))


def capacity(experiment: Experiment) -> tuple[float, str]:
    """Return the most patterns whose every bit can have the memory's margin: that load times D - 1 inputs.

    Raises
    ------
    NoTheory
        For flipped bits, or patterns that are not independent.
    """
    if experiment.n_flipped:
        raise NoTheory("Gardner's bound speaks of intact cues alone")
    if experiment.criterion.max_failure > _TIGHT and not experiment.criterion.joint:
        raise NoTheory("Gardner's bound speaks of patterns whose bits are all right: ask for few errors")
    if not experiment.ensemble.independent or len(experiment.ensemble.levels) != 2:
        raise NoTheory("Gardner's bound speaks of independent patterns of two levels alone")
    margin, levels = experiment.memory.margin, experiment.ensemble.levels
    load = critical_load(margin, p_high=experiment.ensemble.p_high, levels=levels)
    what = f"no more than {load:.4g} (D - 1) have every bit right by a margin of {margin:g}"
    return load * (experiment.dim - 1), f"{what}, whatever the weights, for D to infinity; Gardner 1988"


def _first(k: float) -> float:
    """Integral of Dt (t + k) over t > -k."""
    return float(k * ndtr(k)) + _density(k)


def _second(k: float) -> float:
    """Integral of Dt (t + k)^2 over t > -k."""
    return float((1 + k * k) * ndtr(k)) + k * _density(k)


def _density(k: float) -> float:
    return math.exp(-0.5 * k * k) / math.sqrt(2 * math.pi)
