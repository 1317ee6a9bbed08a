"""How many patterns does the projection onto them hold?"""

from __future__ import annotations

from scipy.special import ndtri

from hebbcap._checks import NoTheory
from hebbcap.criteria import BIT_ERROR
from hebbcap.dynamics import Fixed
from hebbcap.question import Experiment

INTACT = "D - 1 patterns have every field right; Personnaz, Guyon & Dreyfus 1985, without diagonal"
FLIPPED = "D / (1 + z^2 (1 / m^2 - 1)), z = Q^-1(P), for one step at large D; after Kanter & Sompolinsky 1987"


def capacity(experiment: Experiment) -> tuple[float, str]:
    r"""Return the most random patterns that the projection without its diagonal holds.

    From intact cues, D - 1: with K independent patterns P has rank K and

    .. math:: h_i^\mu = \xi_i^\mu (1 - P_{ii})

    At K = D - 1 one direction n is left, and :math:`1 - P_{ii} = n_i^2 > 0`; at K = D none is, P is the
    identity and all fields are 0. With its diagonal the same rule has all fields right at K = D, as those of
    every other state.

    From cues of overlap m (1 less twice the share of flipped bits), with :math:`\alpha = K / D`, a bit is
    sent :math:`m (1 - \alpha)` of itself by the others, and noise of variance
    :math:`(1 - m^2) \sum_{j \ne i} P_{ij}^2 = (1 - m^2) \alpha (1 - \alpha)`, so that after one step

    .. math:: P(\text{bit error}) = Q\left(\frac{m}{\sqrt{1 - m^2}} \sqrt{\frac{1 - \alpha}{\alpha}}\right)

    Raises
    ------
    NoTheory
        For biased patterns or another threshold than 0, at which both levels don't have the same margin; for
        flipped bits with another criterion than bit error; and for data, whose patterns may depend on each
        other.

    Examples
    --------
    >>> from hebbcap.memories.pairwise.pseudo_inverse import PseudoInverse
    >>> from hebbcap.patterns import Rademacher
    >>> capacity(Experiment(PseudoInverse(), Rademacher(), 100))[0]
    99.0
    >>> round(capacity(Experiment(PseudoInverse(), Rademacher(), 100, flips=0.1))[0], 1)
    24.7
    """
    asked = experiment
    if not asked.ensemble.independent:
        raise NoTheory("how many of these patterns are linearly independent is up to the data")
    if asked.ensemble.p_high != 0.5 or asked.ensemble.levels != (-1.0, 1.0) or asked.threshold != Fixed():
        raise NoTheory("the projection's capacity is known for unbiased +-1 at threshold 0 alone")
    if not asked.n_flipped:
        return float(asked.dim - 1), INTACT
    if asked.criterion.kind != BIT_ERROR:
        raise NoTheory("with flipped bits, the projection's capacity is known for bit error alone")
    if 2 * asked.n_flipped == asked.dim:  # the cue says nothing of its pattern
        return 0.0, FLIPPED
    overlap = 1 - 2 * asked.n_flipped / asked.dim
    needed = float(ndtri(asked.criterion.level)) ** 2 * (overlap**-2 - 1)
    return asked.dim / (1 + needed), FLIPPED
