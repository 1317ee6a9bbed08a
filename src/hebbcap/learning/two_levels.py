"""What is a rule to neurons of two levels?

Whatever its powers, four numbers: with entries u + v x for x = -1 or +1,

.. math:: g(\\xi_i, \\xi_j) = c_0 + c_{post} x_i + c_{pre} x_j + c_{corr} x_i x_j
"""

from __future__ import annotations

from typing import NamedTuple

from hebbcap.learning.rule import Rule


class Parts(NamedTuple):
    """The four coefficients of a rule in -1 and +1."""

    const: float
    post: float
    pre: float
    corr: float


def two_level_parts(rule: Rule, levels: tuple[float, ...]) -> Parts:
    """Return the coefficients of an additive rule for entries at these two levels, written as -1 and +1.

    >>> from hebbcap.learning import hebb
    >>> two_level_parts(hebb(), (0.0, 1.0))
    Parts(const=0.25, post=0.25, pre=0.25, corr=0.25)
    """
    (low_low, low_high), (high_low, high_high) = rule.table(levels).tolist()
    return Parts(
        const=(low_low + low_high + high_low + high_high) / 4,
        post=(high_low + high_high - low_low - low_high) / 4,
        pre=(low_high + high_high - low_low - high_low) / 4,
        corr=(low_low + high_high - low_high - high_low) / 4,
    )
