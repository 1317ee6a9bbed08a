r"""By how much do imperfect synapses add to the crosstalk?

A synapse that turns the weight W (normal over many patterns, x in units of its standard deviation) into f(x)
keeps the part of f that is proportional to x as a signal; the rest is static noise, with variance relative to
the crosstalk of

.. math:: \Delta^2 = \frac{\mathrm E[f(x)^2]}{\mathrm E[x f(x)]^2} - 1

which adds :math:`\alpha \Delta^2 q` to the variance of the fields. Sompolinsky, Phys. Rev. A 34, 2571 (1986).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from hebbcap import _checks

CLIPPED: Final = 0.5 * math.pi - 1
"""Delta^2 of synapses that keep only the sign of the weight."""

_REACH = 12.0
_COUNT = 1 << 20


def synaptic_noise(function: Callable[[Any], Any]) -> float:
    """Return Delta^2 of synapses that keep `function` of the weight.

    Parameters
    ----------
    function : callable
        f of an array of weights in units of their standard deviation.

    Raises
    ------
    InvalidArgument
        If nothing of the weight is left in it, or it does not return as many finite numbers.

    Examples
    --------
    Signs only, and three values:

    >>> round(synaptic_noise(np.sign), 5), round(synaptic_noise(lambda x: np.sign(x) * (abs(x) > 0.612)), 5)
    (0.5708, 0.23483)
    """
    if not callable(function):
        raise _checks.fail("function", function, "must be a function of the weight", "as numpy.sign")
    # Midpoints, so that a jump at 0 costs nothing, and any other jump about 1e-5.
    x = ((np.arange(_COUNT) + 0.5) / _COUNT - 0.5) * (2 * _REACH)
    value = np.asarray(function(x), dtype=np.float64)
    if value.shape != x.shape or not np.isfinite(value).all():
        raise _checks.fail("function", function, "must return one finite number for each weight")
    weight = np.exp(-0.5 * x * x)
    weight /= weight.sum()
    kept = float(weight @ (x * value))
    square = float(weight @ (value * value))
    if kept * kept <= 1e-12 * square or square == 0:
        raise _checks.fail("function", function, "must keep something of the weight", "as numpy.sign does")
    return square / (kept * kept) - 1


def dilution_noise(connectivity: float, static_noise: float = 0.0) -> float:
    r"""Return Delta^2 when only a random share of the synapses is there.

    .. math:: \Delta^2_c = \frac{1 + \Delta^2}{c} - 1

    The load stays K / D; for each connection it is K / (c D). For c -> 0 the crosstalk of the other patterns
    no longer answers, and K / (c D) can reach 2 / pi: Derrida, Gardner & Zippelius (1987).

    Parameters
    ----------
    connectivity : float
        c, the share of synapses kept, 0 < c <= 1. Whether W_ij and W_ji are cut together does not matter at
        T = 0 for +-1 neurons.
    static_noise : float
        Delta^2 of the synapses that are there, such as `CLIPPED`.

    Examples
    --------
    >>> dilution_noise(0.5)
    1.0
    """
    c = _checks.real(
        "connectivity", connectivity, low=0, high=1, open_low=True, meaning="it is the share of synapses kept"
    )
    return (1 + checked_static_noise(static_noise)) / c - 1


def checked_static_noise(value: float) -> float:
    """Check the noise of the synapses, relative to the crosstalk; beyond 1e12 nothing is recalled."""
    meaning = "it is the noise of the synapses relative to the crosstalk"
    return _checks.real("static_noise", value, low=0, high=1e12, meaning=meaning)
