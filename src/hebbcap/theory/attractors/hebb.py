r"""How large is the crosstalk of pairwise weights, and which state has the least free energy?

.. math:: s^2 = \alpha (r + \Delta^2 q), \qquad r = \frac{(1 + \gamma^2) q}{(1 - C)^2}

The other patterns answer the state that they disturb, which multiplies their noise by 1 / (1 - C)^2; static
noise of the synapses, of variance Delta^2 relative to the crosstalk, does not answer. gamma^2 is what a
rule's post part adds inside the answer (`hebbcap.theory.attractors.setting`).

Amit, Gutfreund & Sompolinsky (1985, 1987); Sompolinsky (1986) for static noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import final

import numpy as np
from scipy.optimize import brentq

from hebbcap.theory.attractors.curve import Crosstalk, Point, losses


@final
@dataclass(frozen=True)
class PairwiseCrosstalk(Crosstalk):
    """Crosstalk of pairwise weights on unbiased +-1 patterns.

    Attributes
    ----------
    static_noise : float
        Delta^2, variance of noise in the weights over that of the crosstalk.
    answered_noise : float
        gamma^2, relative noise that the other patterns' answer amplifies with the rest.

    >>> PairwiseCrosstalk(static_noise=0.5).per_load(1.0, 0.5)
    4.5
    """

    static_noise: float = 0.0
    answered_noise: float = 0.0
    order: int = field(default=2, init=False, repr=False)

    def per_load(self, q: float, susceptibility: float) -> float:
        """Return r + Delta^2 q; inf from C = 1 on, where the answer diverges."""
        if susceptibility >= 1:
            return math.inf
        return (1 + self.answered_noise) * q / (1 - susceptibility) ** 2 + self.static_noise * q


def free_energy(crosstalk: PairwiseCrosstalk, temperature: float, state: Point) -> float:
    r"""Return the free energy for each neuron, replica symmetric.

    .. math:: f = \frac{m^2}{2} + \frac{\alpha}{2}\Big[1 + \frac{\ln(1 - C)}{\beta} - \frac{q}{1 - C}
              + \frac{q\,C}{(1-C)^2} - \frac{\Delta^2 C^2}{2 \beta}\Big]
              - \frac{1}{\beta} \langle \ln 2\cosh\beta(m + s z) \rangle

    in units of the coupling energy D; symmetric weights, so no rule noise.
    """
    c, a = state.susceptibility, state.load
    answer = 1 - state.q / (1 - c) + state.q * c / (1 - c) ** 2
    answer += temperature * (math.log1p(-c) - 0.5 * crosstalk.static_noise * c * c)
    return 0.5 * state.overlap**2 + 0.5 * a * answer - _log_cosh(state.signal, state.spread, temperature)


def _log_cosh(signal: float, spread: float, temperature: float) -> float:
    """T <ln 2 cosh((A + s z) / T)>."""
    if temperature == 0:
        y = signal / spread / math.sqrt(2)
        return signal * math.erf(y) + spread * math.sqrt(2 / math.pi) * math.exp(-y * y)
    step = min(0.1, 0.2 * temperature / spread)
    z = np.arange(-10, 10 + step, step)
    field = np.abs(signal + spread * z) / temperature
    weight = np.exp(-0.5 * z * z) * (step / math.sqrt(2 * math.pi))
    return temperature * float(weight @ (field + np.log1p(np.exp(-2 * field))))


def spin_glass(crosstalk: PairwiseCrosstalk, temperature: float, load: float) -> Point | None:
    """Return the state without any overlap at this load, or None above `glass_temperature`.

    >>> round(spin_glass(PairwiseCrosstalk(), 0.0, 0.1).susceptibility, 6)
    0.716162
    """

    def state(log_spread: float) -> Point:
        spread = math.exp(log_spread)
        if temperature == 0:
            q, c = 1.0, math.sqrt(2 / math.pi) / spread
        else:
            lost = losses(0.0, spread, temperature)[1]
            q, c = 1 - lost, lost / temperature
        return Point(spread**2 / crosstalk.per_load(q, c), 0.0, 0.5, 0.0, spread, q, c)

    if temperature >= glass_temperature(crosstalk, load):
        return None
    high = 0.0
    while state(high).load < load:
        high += 1.0
    low = high - 1.0
    while state(low).load > load:
        low -= 1.0
    return state(brentq(lambda x: state(x).load - load, low, high, xtol=1e-13, rtol=1e-14))


def glass_temperature(crosstalk: PairwiseCrosstalk, load: float) -> float:
    r"""Return T_g, below which neurons freeze although no pattern is recalled.

    .. math:: 1 = \alpha\Big(\frac{1}{(T_g - 1)^2} + \frac{\Delta^2}{T_g^2}\Big)

    which is :math:`1 + \sqrt\alpha` without static noise.

    >>> glass_temperature(PairwiseCrosstalk(), 0.04)
    1.2
    """
    if crosstalk.static_noise == 0:
        return 1 + math.sqrt(load)

    def excess(t: float) -> float:
        return load * (1 / (t - 1) ** 2 + crosstalk.static_noise / t**2) - 1

    root = math.sqrt(load)
    return float(brentq(excess, 1 + root, 1 + root * (1 + math.sqrt(crosstalk.static_noise)), xtol=1e-14))


def replicon(crosstalk: PairwiseCrosstalk, temperature: float, state: Point) -> float:
    r"""Return the margin by which replica symmetry is stable; negative below the de Almeida-Thouless line.

    .. math:: \lambda = 1 - \alpha\beta^2 \langle \cosh^{-4}\beta(m + s z) \rangle
              \Big(\frac{1}{(1 - C)^2} + \Delta^2\Big)

    For T > 0; at T = 0 it is always broken.
    """
    step = min(0.1, 0.2 * temperature / state.spread)
    z = np.arange(-10, 10 + step, step)
    small = np.exp(-2 * np.abs(state.signal + state.spread * z) / temperature)
    weight = np.exp(-0.5 * z * z) * (step / math.sqrt(2 * math.pi))
    fourth = float(weight @ (4 * small / (1 + small) ** 2) ** 2)
    answer = 1 / (1 - state.susceptibility) ** 2 + crosstalk.static_noise
    return 1 - state.load * fourth / temperature**2 * answer
