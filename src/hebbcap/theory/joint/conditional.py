r"""How likely is a sum to pass a limit, given another sum of the same terms?

Terms (X, Y) are independent copies of a listed law, n of them, with joint cumulant function
:math:`K(t, u) = n \log E e^{tX + uY}`. At the saddle points :math:`(\hat t, \hat u)` of
:math:`K - ts - uy` and :math:`u_0` of :math:`K(0, u) - uy`,

.. math:: P(S \le s \mid y) \approx \Phi(r) + \phi(r) \Bigl(\frac1r - \frac1q\Bigr), \quad
          \frac{r^2}{2} = [K(0, u_0) - u_0 y] - [K(\hat t, \hat u) - \hat t s - \hat u y], \quad
          q = \hat t \sqrt{|K''(\hat t, \hat u)| / K_{uu}(0, u_0)}

and on a lattice of spacing :math:`\delta`, at :math:`s + \delta / 2` with
:math:`2 \sinh(\hat t \delta / 2) / \delta` in place of the factor :math:`\hat t`. Skovgaard (1987),
J. Appl. Probab. 24, 875; the lattice form is the second continuity correction of Daniels (1987).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from hebbcap.theory.crosstalk import Floats

_NODES, _LOW, _HIGH = 65, -5.0, 3.2
"""Tilts of Y at which its law is sampled: sinh of so many steps from _LOW to _HIGH, in standard units. Laws
with a floor and a long upper tail, as sums of squares have, need the longer arm below."""

_NEVER = 1e-13
"""Conditions less likely than this are left out."""

_HOPELESS = -60.0
"""A conditional probability with a smaller logarithm than this is taken for 0."""

_LEAST = 1e-3
"""A tilt of 0 says nothing of how a sum gets to its limit, so the least given is so many standard units."""

_FARTHEST = 2.0**20
"""Tilts beyond so many standard units are not looked for."""

_NEWTON = 80
_STEP = 1.5
"""Longest step of the search for a saddle point, in standard units."""


@dataclass(frozen=True)
class Terms:
    """The law of one term, as values of X and Y and the chance of each pair, and how many terms there are."""

    x: Floats
    y: Floats
    chance: Floats
    count: float


@dataclass(frozen=True)
class Conditions:
    """Values of the sum of Y to condition on, Q of them.

    Attributes
    ----------
    value, tilt, height, variance : ndarray, shape (Q,)
        y, its saddle point u0, K(0, u0) - u0 y, and K_uu(0, u0).
    weight : ndarray, shape (Q,)
        Share of the law that each stands for; they add up to 1.
    tilted : ndarray, shape (Q, A)
        The law of one term, among those who make up y.
    """

    value: Floats
    tilt: Floats
    height: Floats
    variance: Floats
    weight: Floats
    tilted: Floats


def conditions(y: Floats, chance: Floats, count: float) -> Conditions:
    """Return nodes and weights that stand for the law of the sum of `count` copies of Y.

    The density is that of the saddle point (Daniels 1954), scaled to a total of 1.
    """
    centre = float(chance @ y)
    spread = math.sqrt(count * float(chance @ (y - centre) ** 2))
    step = np.linspace(_LOW, _HIGH, _NODES)
    tilt = np.sinh(step) / spread
    cumulant, tilted = _cumulant(tilt[:, None] * y, chance, count)
    mean = tilted @ y
    variance = count * np.sum(tilted * (y - mean[:, None]) ** 2, axis=1)
    height = cumulant - tilt * count * mean
    weight = np.exp(height) * np.sqrt(variance) * np.cosh(step)
    weight = weight / weight.sum()
    kept = weight > _NEVER
    return Conditions(*(part[kept] for part in (count * mean, tilt, height, variance, weight, tilted)))


def plain_tail(x: Floats, chance: Floats, count: float, limit: float, spacing: float) -> tuple[float, float]:
    """Return P(sum of X <= limit) and the tilt that leads there, by Lugannani & Rice (1980)."""
    flat = Terms(x, np.zeros_like(x), chance, count)
    unit = 1 / math.sqrt(count * _variance(x, chance))
    limit += spacing / 2
    zero = np.zeros(1)

    def slope(tilt: float) -> float:
        return float(_moments(flat, np.array([tilt]), zero, limit, zero)[1][0][0])

    end = -math.copysign(unit, slope(0.0))
    while slope(end) * end < 0 and abs(end) < _FARTHEST * unit:
        end *= 2
    tilt = brentq(slope, 0.0, end, xtol=1e-10 * unit) if slope(end) * end > 0 else end
    depth, _, curvature, _ = _moments(flat, np.array([tilt]), zero, limit, zero)
    if depth[0] < _HOPELESS:
        return float(tilt > 0), tilt
    tail = float(_tail(np.array([tilt]), depth, np.sqrt(curvature[0]), spacing)[0])
    return tail, tilt if abs(tilt) > _LEAST * unit else -_LEAST * unit


def conditional_tail(
    terms: Terms, limit: float, spacing: float, given: Conditions, start: tuple[float, float]
) -> Floats:
    """Return P(sum of X <= limit | sum of Y = y) for each condition.

    The search for a saddle point starts at the tilts `start`, the second one counted from that of y.
    """
    limit += spacing / 2
    unit = 1 / np.sqrt(terms.count * np.array([_variance(v, terms.chance) for v in (terms.x, terms.y)]))
    count = len(given.value)
    at = np.stack([np.full(count, start[0]), given.tilt + start[1]])
    step, depth = np.zeros((2, count)), np.full(count, np.inf)
    decrement, determinant = np.full(count, np.inf), np.ones(count)
    rows = np.arange(count)
    for _ in range(_NEWTON):
        trial = at[:, rows] + step[:, rows]
        height, gradient, curvature, mixed = _moments(terms, trial[0], trial[1], limit, given.value[rows])
        height = height - given.height[rows]
        uphill = ~(height <= depth[rows] + 1e-12 * (1 + np.abs(height)))
        step[:, rows[uphill]] *= 0.25
        taken = rows[~uphill]
        at[:, taken], depth[taken] = trial[:, ~uphill], height[~uphill]
        (gx, gy), (cx, cy), cxy = gradient, curvature, mixed
        with np.errstate(all="ignore"):
            size = cx * cy - cxy**2
            newton = np.stack([cxy * gy - cy * gx, cxy * gx - cx * gy]) / size
            newton *= np.minimum(1.0, _STEP / np.maximum(np.abs(newton / unit[:, None]).max(axis=0), 1e-300))
        step[:, taken], determinant[taken] = newton[:, ~uphill], size[~uphill]
        decrement[taken] = -(gx * newton[0] + gy * newton[1])[~uphill]
        # Any tilt bounds the probability from above, so a hopeless case needs no saddle point.
        sound = np.isfinite(step[:, rows]).all(axis=0)
        rows = rows[(decrement[rows] > 1e-10) & (depth[rows] > _HOPELESS) & sound]
        if not len(rows):
            break
    tilt = at[0]
    found = (decrement <= 1e-8) & (depth > _HOPELESS)
    sure = (depth <= _HOPELESS) & (tilt > 0)
    with np.errstate(all="ignore"):
        tail = _tail(tilt, depth, np.sqrt(determinant / given.variance), spacing)
    return np.where(found & np.isfinite(tail), tail, sure.astype(np.float64))


def _tail(tilt: Floats, depth: Floats, width: Floats, spacing: float) -> Floats:
    """Phi(r) + phi(r) (1/r - 1/q) at saddle points of this depth and width."""
    root = np.sign(tilt) * np.sqrt(np.maximum(-2 * depth, 0.0))
    factor = 2 / spacing * np.sinh(tilt * spacing / 2) if spacing else tilt
    safe = np.abs(root) > 1e-4
    bracket = np.where(safe, 1 / np.where(safe, root, 1.0) - 1 / np.where(safe, factor * width, 1.0), 0.0)
    normal = np.exp(-0.5 * root**2) / math.sqrt(2 * math.pi)
    return np.asarray(np.clip(ndtr(root) + normal * bracket, 0.0, 1.0))


def _moments(
    terms: Terms, tilt: Floats, other: Floats, limit: float, value: Floats
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats], Floats]:
    """K - ts - uy with its gradient, its two curvatures and its mixed derivative."""
    exponent = tilt[:, None] * terms.x + other[:, None] * terms.y
    cumulant, tilted = _cumulant(exponent, terms.chance, terms.count)
    mean_x, mean_y = tilted @ terms.x, tilted @ terms.y
    off_x, off_y = terms.x - mean_x[:, None], terms.y - mean_y[:, None]
    gradient = terms.count * mean_x - limit, terms.count * mean_y - value
    weighted = tilted * off_x
    curvature = (
        terms.count * np.sum(weighted * off_x, axis=1),
        terms.count * np.sum(tilted * off_y * off_y, axis=1),
    )
    mixed = terms.count * np.sum(weighted * off_y, axis=1)
    return cumulant - tilt * limit - other * value, gradient, curvature, mixed


def _cumulant(exponent: Floats, chance: Floats, count: float) -> tuple[Floats, Floats]:
    """Return n log E exp(exponent), shape (Q,), and the tilted law, shape (Q, A)."""
    largest = exponent.max(axis=1)
    weighted = chance * np.exp(exponent - largest[:, None])
    total = weighted.sum(axis=1)
    # Where all exponents are small, log E exp loses what many terms would add up to.
    small = np.abs(exponent).max(axis=1) < 1.0
    cumulant = largest + np.log(total)
    if small.any():
        cumulant[small] = np.log1p(np.expm1(exponent[small]) @ chance)
    return count * cumulant, weighted / total[:, None]


def _variance(values: Floats, chance: Floats) -> float:
    centre = float(chance @ values)
    return float(chance @ (values - centre) ** 2)
