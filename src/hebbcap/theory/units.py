"""How is a field told in other units, where those may leave double precision?"""

from __future__ import annotations

import math

from hebbcap._checks import NoTheory

_LARGEST_LOG = 700.0
"""Exponents up to this size leave numbers in double precision."""


def rescaled(value: float, log_factor: float, refusal: str) -> float:
    """Return value * exp(log_factor).

    Raises
    ------
    NoTheory
        If that leaves double precision, with the words of `refusal`.

    >>> rescaled(-2.0, 0.0, "the threshold is too large")
    -2.0
    """
    if not value or not log_factor:
        return value
    log_size = math.log(abs(value)) + log_factor
    if log_size > _LARGEST_LOG:
        raise NoTheory(refusal)
    return math.copysign(math.exp(log_size), value)
