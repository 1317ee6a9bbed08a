r"""Which part of a rule acts how on an attractor, and what does the mean field read of a memory?

On two-valued neurons every additive rule is

.. math:: g(y, x) = G + b (y - M) + a (x - M) + c (y - M)(x - M)

and its field is that of the covariance rule plus :math:`b Z_i S + a \sum_j Z_j s_j + K G S`, with total
activity S and :math:`Z_i = \sum_\mu (\xi_i^\mu - M)`. At K = alpha D and D -> infinity:

- **interaction**, c > 0: the memory and its crosstalk; all else is measured against it.
- **post**, M = 0: noise frozen on each neuron, scaled by :math:`\sigma = S / \sqrt D`, which differs from
  pattern to pattern. It shifts the overlaps with all other patterns alike, so that these answer it:
  :math:`r = (1 + b^2 \sigma^2 / c^2) / (1 - C)^2`. It is not the static noise of imperfect synapses.
- **pre**, M = 0: one shift of all fields, :math:`(a / c) \sqrt{\alpha r}` times a normal number that belongs
  to the pattern, beside the cued pattern's own :math:`(a / c) m`.
- **post**, M not 0: noise larger than the signal by sqrt(D), so that no load K / D > 0 is held.
- **constant**: a shift larger than the signal by sqrt(D) or D. Either the network runs away, or something
  that this theory doesn't know holds it at a fixed activity.
- **post and pre** together feed each other: a shift larger than the signal by sqrt(D).

Global inhibition takes constant and pre away. Where sigma or the shift differ from pattern to pattern, what
is given is the median pattern: half of the patterns are held at least as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.dynamics import Fixed, Inhibition, Threshold
from hebbcap.memories import Dense, Hopfield, Plastic
from hebbcap.memories.protocol import name_of
from hebbcap.patterns import Ensemble
from hebbcap.question import MIDPOINT, default_threshold
from hebbcap.separation import Polynomial
from hebbcap.theory.attractors.curve import Crosstalk
from hebbcap.theory.attractors.dense import DenseCrosstalk
from hebbcap.theory.attractors.hebb import PairwiseCrosstalk
from hebbcap.theory.attractors.sparse import Coding
from hebbcap.theory.rules.additive import level_chances, split

MEDIAN: Final = 0.6744897501960817
"""Half of normal numbers are smaller than this in size."""

INHIBITION: Final = "inhibition"
BEST: Final = "best"
"""At each load the threshold of largest overlap."""


def coding_of(
    memory: Hopfield, ensemble: Ensemble, threshold: str | float | Threshold | None, static_noise: float
) -> Coding:
    """Return what the mean field at T = 0 reads of a pairwise memory.

    Parameters
    ----------
    memory : Hopfield
        Its rule.
    ensemble : Ensemble
        Independent two-level entries.
    threshold : str, float, Threshold or None
        "midpoint", "best", "inhibition" (with threshold 0), a field in units of c V D, or `Fixed(0)`; chosen
        as `Experiment` does if None.
    static_noise : float
        Delta^2 of the synapses.

    Raises
    ------
    NoTheory
        If the entries are correlated, have more than two values, or the rule has parts that hold no load.
    """
    low, high = _two_levels(ensemble)
    level = default_threshold(memory, ensemble) if threshold is None else threshold
    table = memory.rule.table((low, high))
    inhibited = level == INHIBITION or isinstance(level, Inhibition)
    if inhibited:  # what the rule writes whatever post was reaches all neurons alike, and is subtracted
        chances = np.array([1 - ensemble.p_high, ensemble.p_high])
        table = table - chances @ table
        level = 0.0 if level in (INHIBITION, Inhibition(), Inhibition(None)) else level
    parts = split(table, level_chances(ensemble)[1])
    width = high - ensemble.mean
    c = float(parts.interaction[1, 1]) / width**2
    if c <= 0:
        raise NoTheory(
            "the rule's covariance part is not positive, so nothing draws the network to a pattern"
        )
    post, pre = float(parts.post[1]) / width / c, float(parts.pre[1]) / width / c
    if parts.constant:
        raise NoTheory(
            "the rule's constant part shifts all fields by more than any signal as D grows, so no load K / D "
            "is held for D -> infinity; the covariance rule, or inhibition, takes it away"
        )
    if post and ensemble.mean:
        raise NoTheory(
            f"on patterns of mean {ensemble.mean:g} the rule's post part makes noise that outgrows the "
            "signal by sqrt(D), so no load K / D is held for D -> infinity; the covariance rule takes it away"
        )
    if post and pre:
        raise NoTheory(
            "the rule's post and pre parts feed each other and outgrow the signal by sqrt(D), so no load "
            "K / D is held for D -> infinity; inhibition takes the pre part away"
        )
    if pre and (ensemble.mean or ensemble.p_high != 0.5 or low != -high):
        raise NoTheory(
            "the rule's pre part is worked out for unbiased +-1 patterns; inhibition takes it away"
        )
    coding = Coding(
        (low, high),
        ensemble.p_high,
        static_noise=static_noise,
        answered_noise=(post * MEDIAN) ** 2,
        shift=-pre
        * MEDIAN,  # the side on which the cued pattern's own shift, too small for m < 1, makes it worse
        own_shift=pre,
    )
    if level == BEST:
        return coding
    return replace(coding, threshold=_level(coding, level))


def _level(coding: Coding, level: str | float | Threshold) -> float:
    """The threshold in units of c V D."""
    if isinstance(level, Fixed) and level.value == 0:
        return 0.0
    if level == MIDPOINT:
        return 0.5 * sum(coding.levels) - coding.mean + coding.own_shift
    if isinstance(level, Threshold):
        raise NoTheory(
            f"{level!r} is a field of one size of network; for D -> infinity give it as a number, in units "
            "in which a recalled neuron's field is its entry less the mean entry"
        )
    if isinstance(level, str):
        raise _checks.fail("threshold", level, f"must be {MIDPOINT}, {BEST}, {INHIBITION} or a number")
    return _checks.real("threshold", level, meaning="the field at which neurons switch, in units of c V D")


def known(memory: object) -> Hopfield | Dense:
    """Return the memory, or refuse one other than `Hopfield` and `Dense`.

    Raises
    ------
    NoTheory
        If no mean field is known for this kind of memory.
    """
    if isinstance(memory, Plastic):
        raise NoTheory("no mean field is known for weights that forget")
    if not isinstance(memory, Hopfield | Dense):
        raise NoTheory(f"no mean field is known for {name_of(memory)}")
    return memory


def crosstalk_of(memory: object, ensemble: Ensemble, static_noise: float, temperature: float) -> Crosstalk:
    """Return the crosstalk of an unbiased +-1 memory, for any temperature.

    Raises
    ------
    NoTheory
        If none is known.
    """
    memory = known(memory)
    levels = _two_levels(ensemble)
    if levels != (-1.0, 1.0) or ensemble.p_high != 0.5:
        what = "temperatures above 0 are" if isinstance(memory, Hopfield) else "a dense memory is"
        raise NoTheory(f"{what} worked out for unbiased +-1 patterns, and {ensemble.name} is not")
    if isinstance(memory, Hopfield):
        coding = coding_of(memory, ensemble, None, static_noise)
        if coding.answered_noise or coding.shift:
            raise NoTheory(
                "the rule's post and pre parts make the weights asymmetric, so there is no equilibrium at a "
                "temperature; temperature 0 is worked out"
            )
        return PairwiseCrosstalk(static_noise)
    separation = memory.separation
    if not isinstance(separation, Polynomial):
        raise NoTheory(
            f"{separation.name} is beyond a mean field: single nearby patterns decide, not the sum of many"
        )
    if static_noise:
        raise NoTheory("static noise is a property of pairwise synapses, and a dense memory has none")
    if separation.order == 2 and not separation.rectified:
        return PairwiseCrosstalk()
    if separation.order == 2:
        raise NoTheory("the answer of the other patterns is not worked out for rectified:2")
    if separation.rectified and temperature:
        raise NoTheory("rectified memories are worked out for temperature 0")
    return DenseCrosstalk(separation.order)


def log_patterns_per_load(memory: object, log_dim: float) -> float:
    r"""Return the log of K at load 1: D, or :math:`D^{n-1} / (2n-3)!!`, twice that when rectified.

    >>> round(np.exp(log_patterns_per_load(Dense(Polynomial(3)), np.log(300))))
    30000
    """
    if not isinstance(memory, Dense) or not isinstance(memory.separation, Polynomial):
        return log_dim
    n = memory.separation.order
    # Half of the overlaps are negative, and a rectified F does not feel these.
    factor = 2.0 if memory.separation.rectified else 1.0
    return float((n - 1) * log_dim + np.log(factor) - np.log(np.arange(1.0, 2 * n - 2, 2)).sum())


def _two_levels(ensemble: Ensemble) -> tuple[float, float]:
    if not ensemble.levels:
        raise NoTheory(f"{ensemble.name} has no levels, and this theory counts wrong bits")
    if not ensemble.independent:
        raise NoTheory(
            f"the entries of {ensemble.name} are correlated, and this theory is for independent ones"
        )
    if len(ensemble.levels) != 2:
        raise NoTheory(f"{ensemble.name} has more than two levels, and this theory is for two")
    return ensemble.levels
