r"""How does a deterministic neuron answer to its field?

.. math:: s = F(u) = \bar s + \tfrac{h - l}{2}\, S\big(g (u - \theta)\big), \qquad \bar s = \tfrac{l + h}{2}

with S odd, rising from -1 to 1 and concave above 0: graded neurons, and two-valued ones as the limit of
infinite gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from hebbcap import _checks

Floats = NDArray[np.float64]


def _tanh_slope(x: Floats) -> Floats:
    return np.asarray(1 - np.tanh(x) ** 2)


def _erf(x: Floats) -> Floats:
    return np.asarray(erf(0.5 * math.sqrt(math.pi) * x))


SHAPES: Final[dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]]] = {
    "tanh": (np.tanh, _tanh_slope),
    "erf": (_erf, lambda x: np.exp(-0.25 * math.pi * x * x)),
    "linear": (lambda x: np.clip(x, -1.0, 1.0), lambda x: np.where(np.abs(x) < 1, 1.0, 0.0)),
    "step": (np.sign, np.zeros_like),
}
"""S and its slope, 1 at the origin for the graded ones; `linear` is cut off at -1 and 1."""


@final
@dataclass(frozen=True)
class Transfer:
    """A sigmoid transfer function.

    Parameters
    ----------
    shape : {"tanh", "erf", "linear", "step"}
        S; `step` is the sign function, for which the gain means nothing.
    gain : float
        g > 0, the slope at the threshold over half the range.
    low, high : float
        The range of the activity.
    threshold : float
        Field at which the activity is halfway, in units in which a recalled neuron's field is its entry
        less the mean entry.

    Raises
    ------
    InvalidArgument
        If the shape is unknown, the gain is not positive or the range is empty.

    Examples
    --------
    >>> Transfer("tanh", gain=4.0)(np.array([0.0, 0.25])).round(6)
    array([0.      , 0.761594])
    """

    shape: str = "tanh"
    gain: float = 1.0
    low: float = -1.0
    high: float = 1.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise _checks.fail("shape", self.shape, f"must be one of {', '.join(SHAPES)}")
        _checks.real("gain", self.gain, low=0, open_low=True, meaning="gain is the slope of the neurons")
        low = _checks.real("low", self.low, meaning="low is the smallest activity")
        _checks.real("high", self.high, low=low, open_low=True, meaning="high is the largest activity")
        _checks.real("threshold", self.threshold, meaning="threshold is the field of half the activity")

    def __call__(self, field: Floats) -> Floats:
        """Return the activity at these fields."""
        return self.middle + self.reach * SHAPES[self.shape][0](self.gain * (field - self.threshold))

    @property
    def middle(self) -> float:
        """Mean of the lowest and the highest activity."""
        return 0.5 * (self.low + self.high)

    @property
    def reach(self) -> float:
        """Half of the range."""
        return 0.5 * (self.high - self.low)

    def answer(self, above: Floats, echo: float) -> Floats:
        r"""Return S(g x) where :math:`x = v + \Gamma \tfrac{h-l}{2} S(g x)`, for the largest x if v > 0.

        Parameters
        ----------
        above : ndarray
            v, the field above the point at which the activity jumps or is halfway.
        echo : float
            Gamma >= 0, how much of a neuron's own activity comes back to it.
        """
        value, slope = SHAPES[self.shape]
        sign, v = np.sign(above), np.abs(above)
        if self.shape == "step":
            return sign
        strength = echo * self.reach
        x = v + strength
        # Convex in x, and started above the root: Newton's steps fall to it without passing it.
        for _ in range(_NEWTON):
            step = (x - v - strength * value(self.gain * x)) / (
                1 - strength * self.gain * slope(self.gain * x)
            )
            x = x - step
            if np.abs(step).max(initial=0.0) <= 1e-14 * (1 + strength):
                break
        return sign * value(self.gain * x)


_NEWTON = 60
