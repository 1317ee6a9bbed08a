r"""How likely are two bits to be wrong together?

The fields of two bits of a cue are sums of independent, identically distributed pairs (X, X'), so for
limits s, s' on lattices of spacing :math:`\delta, \delta'` and any :math:`c, c' < 0`

.. math:: P(S \le s, S' \le s') = \frac{1}{(2\pi)^2} \iint E\bigl[e^{zX + z'X'}\bigr]^n
          \frac{\delta\, e^{-zs}}{1 - e^{z\delta}}\, \frac{\delta' e^{-z's'}}{1 - e^{z'\delta'}}\, dt\, dt',
          \quad z = c + it

which near the saddle point does not oscillate before it has died: the two-dimensional form of
`hebbcap.theory.sums.tail`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hebbcap.theory.crosstalk import Complexes
from hebbcap.theory.joint.cues import Cue, Kind, Population
from hebbcap.theory.joint.limits import Limit, limit_of

_WIDTHS, _DECAYS = 16.0, 34.0
"""Window of the trapezoid rule, in widths of the tilted sum and in decay lengths of the kernel."""

_DEAD = 7.5
"""Standard deviations of the transform after which it has died: exp(-28)."""

_AFFORDABLE = 768
"""Nodes up to which the whole period is summed; beyond, `_MANY` terms make sure that only echoes are left."""

_MANY = 24

_ECHOES = (0, 1 / 3, 1 / 2, 2 / 3, 1)
"""Fractions of the half period around which nodes are kept: two fields may share a coarser lattice than
either has alone, and the transform then comes back there."""


@dataclass(frozen=True)
class Axis:
    """The nodes of one of the two integrals, and the log of its kernel there, step included."""

    nodes: Complexes
    log_kernel: Complexes


def axis(limit: Limit, n_others: int) -> Axis | None:
    """Place nodes near the saddle point of the sum's own tail; None where they would be too many."""
    spread = limit.spread
    tilt = min(limit.tilt, -0.5 / spread)
    window = max(_WIDTHS * spread, _DECAYS / -tilt)
    step, end = 2 * math.pi / window, _DEAD / spread
    period = math.pi / limit.spacing
    whole = math.ceil(period / step)
    step = period / whole
    t = step * np.arange(-whole, whole)
    if len(t) > _AFFORDABLE and n_others < _MANY:
        return None
    if len(t) > _AFFORDABLE:
        t = t[np.min([np.abs(np.abs(t) - echo * period) for echo in _ECHOES], axis=0) <= end]
    z: Complexes = np.asarray(tilt + 1j * t, dtype=np.complex128)
    kernel = step / (2 * math.pi) * limit.spacing / -np.expm1(z * limit.spacing)
    return Axis(z, np.asarray(np.log(kernel) - z * limit.value))


def pair_error(shared: Population, cue: Cue, one: Kind, other: Kind, n_others: int) -> float | None:
    """Return the chance that two bits of these kinds are wrong together; None where out of reach.

    Out of reach are sums on no lattice, and bits that are wrong more often than not.
    """
    limits = [limit_of(shared, cue, kind, n_others) for kind in (one, other)]
    if any(limit.plain == 0.0 for limit in limits):
        return 0.0
    if any(limit.certain or not limit.spacing or limit.tilt >= 0 for limit in limits):
        return None
    high = shared.response.levels[1]
    of_high = int(one.level == high) + int(other.level == high)
    others, chance = shared.overlaps(cue.n_high - of_high, shared.dim - cue.n_high - (2 - of_high))
    total = shared.total(cue.n_high)
    fields, weights = [], []
    for b in (0, 1):
        for c in (0, 1):
            x = limits[0].sign * shared.response(b, others + c * other.level, total - one.level)
            y = limits[1].sign * shared.response(c, others + b * one.level, total - other.level)
            fields.append(np.stack([x, y]))
            p = (shared.p_high if b else 1 - shared.p_high) * (shared.p_high if c else 1 - shared.p_high)
            weights.append(p * chance)
    x, y = np.concatenate(fields, axis=1)
    weight = np.concatenate(weights)
    kept = weight > 1e-30
    x, y, weight = x[kept], y[kept], weight[kept]
    first, second = (axis(limit, n_others) for limit in limits)
    if first is None or second is None:
        return None
    top = float((first.nodes[0].real * x + second.nodes[0].real * y).max())
    # One matrix product gives the transform of a pair on the whole grid.
    shift = first.nodes[0].real * x + second.nodes[0].real * y - top
    left = np.exp(1j * np.multiply.outer(first.nodes.imag, x)) * (weight * np.exp(shift))
    transform = left @ np.exp(1j * np.multiply.outer(y, second.nodes.imag))
    with np.errstate(divide="ignore", under="ignore"):
        log_power = n_others * (top + np.log(transform))
        integrand = np.exp(log_power + first.log_kernel[:, None] + second.log_kernel)
    return float(max(integrand.sum().real, 0.0))
