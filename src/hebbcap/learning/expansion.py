"""How does a Python function become a rule?

By its Taylor series (`expand`), or, for two-valued neurons, by its four values (`interpolate`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap._checks import InvalidArgument, fail, integer, real
from hebbcap.learning.rule import Rule

Increment: TypeAlias = Callable[[Any, Any], Any]

MAX_ORDER = 16
"""Highest order: on the circle where tanh is sampled, rounding is magnified by 2**16 there."""

MAX_LEVELS = 1000
"""Most levels over which a truncation error is searched: a million pairs."""

_SAMPLES = 64
"""Points on each circle: a series that converges on twice the radius is aliased below 2**-64."""

_RADII = tuple(2.0**-k for k in range(11))
"""Radii tried, largest first: the larger the circle, the less rounding is magnified."""

_NOISE = 3e-14
"""Share of negative frequencies that rounding explains; a function that isn't analytic has far more."""

_EPS = float(np.finfo(np.float64).eps)


class _NotAnalytic(Exception):
    """Why no Taylor series was found on one circle."""


@dataclass(frozen=True)
class Expansion:
    """A rule that stands for a function, with what the replacement costs.

    Parameters
    ----------
    rule : Rule
        The Taylor polynomial about (0, 0).
    order : int
        Largest power of post and pre together that was kept, 0 to 16.
    truncation_error : float
        Largest difference between function and rule over all pairs of the levels given; in the units of
        the increment, >= 0, and 0.0 where they agree up to rounding.
    """

    rule: Rule
    order: int
    truncation_error: float


def expand(function: Increment, *, order: int = 2, levels: ArrayLike = (-1.0, 1.0)) -> Expansion:
    r"""Expand an increment `g(post, pre)` in a Taylor series about (0, 0).

    .. math:: c_{ab} = \frac{1}{(2 \pi i)^2} \oint \oint \frac{g(y, x)}{y^{a+1} x^{b+1}} \, dy \, dx

    Parameters
    ----------
    function : callable
        The increment as a function of ``(post, pre)``, built from NumPy operations: it is called with
        complex arrays of shape (64, 64), and must be analytic at (0, 0).
    order : int, optional
        Largest power of post and pre together, 0 to 16.
    levels : array_like, optional
        The values that a neuron takes, at most 1000; only the truncation error depends on them.

    Returns
    -------
    Expansion
        The rule, its order and its truncation error over all pairs of the levels.

    Raises
    ------
    InvalidArgument
        If the function fails on arrays, isn't real and analytic around (0, 0), isn't finite at the
        levels, or an argument is out of range.

    Notes
    -----
    Cauchy's integrals are done by the trapezoidal rule on two circles, which converges geometrically
    (Lyness & Moler 1967; Fornberg 1981). The largest circle is used on which the series converges, and
    the series is then compared with the function on the real axis. Coefficients below rounding, about
    1e-14 of the largest value on the circle, are dropped.

    Examples
    --------
    >>> expansion = expand(lambda post, pre: np.tanh(post) * pre, order=4)
    >>> round(expansion.rule.coefficient(post=3, pre=1), 12)
    -0.333333333333
    >>> round(expansion.truncation_error, 6)  # tanh(1) - 2/3
    0.094927
    """
    order = integer("order", order, low=0, high=MAX_ORDER, meaning="order is the largest power kept")
    values = np.asarray(levels)
    if values.dtype.kind not in "biuf" or values.ndim != 1 or not 0 < values.size <= MAX_LEVELS:
        raise fail("levels", levels, f"must be a list of 1 to {MAX_LEVELS} numbers", "what a neuron takes")
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise fail("levels", levels, "must be finite", "levels are the values that a neuron takes")
    if isinstance(function, Rule) and not function.is_additive:
        raise fail("function", function.formula, "must not depend on w", "it is a rule already: use it as is")

    reason = ""
    for radius in _RADII:
        try:
            series, noise = _series(function, radius)
        except _NotAnalytic as error:
            reason = str(error)
            continue
        break
    else:
        raise _cannot(function, f"can't be expanded about (0, 0): {reason}")

    terms = {}
    for post in range(order + 1):
        for pre in range(order + 1 - post):
            size = radius ** (post + pre)
            terms[0, post, pre] = _clean(float(series[post, pre]) / size, 4 * noise / size)
    rule = Rule(terms)

    try:
        exact = _sample(function, values[:, None], values[None, :])
    except _NotAnalytic as error:
        raise _cannot(function, f"has no truncation error over the levels: {error}") from None
    gap = float(np.abs(exact.real - rule.table(values)).max())
    rounding = 1e-12 * float(np.abs(exact).max())
    return Expansion(rule, order, gap if gap > rounding else 0.0)


def interpolate(function: Increment, *, levels: Sequence[float]) -> Rule:
    r"""Return the rule that equals a function on two-valued neurons, whatever the function.

    .. math:: g(y, x) = \sum_{i, j} g(l_i, l_j) \, L_i(y) \, L_j(x), \qquad L_i(l_j) = \delta_{ij}

    Parameters
    ----------
    function : callable
        The increment as a function of ``(post, pre)``; called with four pairs of floats, so anything
        goes: comparisons, `abs`, tables.
    levels : sequence of two floats
        The two values that a neuron takes, different and finite.

    Returns
    -------
    Rule
        ``c0 + c1_post*post + c1_pre*pre + c2_corr*post*pre``; equal to the function up to rounding on
        these two levels, and on no others.

    Raises
    ------
    InvalidArgument
        If the levels aren't two different numbers, or the function doesn't return finite real numbers.

    Notes
    -----
    Four values determine the four coefficients, so nothing is approximated.

    Examples
    --------
    >>> interpolate(lambda post, pre: float(post == pre), levels=(-1, 1)).formula
    '0.5*post*pre + 0.5'
    """
    given = np.asarray(levels)
    if given.shape != (2,) or given.dtype.kind not in "biuf" or not np.isfinite(given).all():
        raise fail("levels", levels, "must be two finite numbers", "more levels need expand or a formula")
    low, high = float(given[0]), float(given[1])
    if low == high:
        raise fail("levels", levels, "must be two different numbers", "the values that a neuron takes")

    values = {}
    for post in (low, high):
        for pre in (low, high):
            try:
                value = function(post, pre)
                values[post, pre] = real("function", value.item() if isinstance(value, np.ndarray) else value)
            except Exception as error:
                what = f"must return a finite number at post={post:g}, pre={pre:g}"
                raise _cannot(function, f"{what}, and didn't ({error})", way_out="") from None

    # Rational arithmetic: the only rounding is that of the function itself and of the result.
    terms = dict.fromkeys(((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)), Fraction(0))
    for (post, pre), value in values.items():
        zero_post, zero_pre = (Fraction(high if x == low else low) for x in (post, pre))
        weight = Fraction(value) / ((Fraction(post) - zero_post) * (Fraction(pre) - zero_pre))
        terms[0, 1, 1] += weight
        terms[0, 1, 0] -= weight * zero_pre
        terms[0, 0, 1] -= weight * zero_post
        terms[0, 0, 0] += weight * zero_post * zero_pre
    # A term that is smaller than the rounding of the values wherever the rule is used says nothing.
    rounding = 4 * _EPS * max(abs(value) for value in values.values())
    reach = max(abs(low), abs(high))
    try:
        return Rule(
            {powers: _clean(float(exact), rounding / reach ** sum(powers)) for powers, exact in terms.items()}
        )
    except (OverflowError, ZeroDivisionError):
        raise fail("levels", levels, "can't be used in double precision", "give levels nearer to 1") from None


def _series(function: Increment, radius: float) -> tuple[NDArray[np.float64], float]:
    """Return the coefficients times ``radius**(a + b)``, and the size of their rounding error."""
    circle = radius * np.exp(2j * np.pi * np.arange(_SAMPLES) / _SAMPLES)
    samples = _sample(function, circle[:, None], circle[None, :])
    spectrum = np.fft.fft2(samples) / samples.size
    half = _SAMPLES // 2
    scale = float(np.abs(samples).max())
    # The upper half holds what a power series can't have: negative powers, or terms still large at 32.
    beyond = max(np.abs(spectrum[half:]).max(), np.abs(spectrum[:, half:]).max())
    if beyond > _NOISE * scale:
        raise _NotAnalytic("it isn't analytic there (abs, sign, max, a kink, a jump or a pole)")
    series = np.ascontiguousarray(spectrum.real[:half, :half])
    # abs(z) is constant on a circle and looks analytic, and i*z is analytic; only the real axis tells.
    post, pre = radius / 3 * np.array([[-1.0, -0.6, 0.4, 0.8], [-0.9, -0.5, 0.3, 1.0]])
    exact = _sample(function, post[:, None], pre[None, :])
    gap = np.abs(exact - np.polynomial.polynomial.polygrid2d(post / radius, pre / radius, series)).max()
    if gap > 1e-12 * scale:
        raise _NotAnalytic("its series differs from it for real numbers (abs, sign, max, a kink or a jump)")
    return series, max(float(beyond), _EPS * scale)


def _sample(function: Increment, post: NDArray[Any], pre: NDArray[Any]) -> NDArray[Any]:
    """Call the function on all pairs; whatever goes wrong becomes a reason."""
    post, pre = (np.array(part) for part in np.broadcast_arrays(post, pre))
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(function(post, pre))
    except Exception as error:
        raise _NotAnalytic(f"it failed on {post.dtype} arrays ({type(error).__name__}: {error})") from None
    if values.shape not in ((), post.shape):
        raise _NotAnalytic(f"it returned shape {values.shape} for arrays of shape {post.shape}")
    if values.dtype.kind not in "biufc" or not np.isfinite(values).all():
        raise _NotAnalytic("it returned something else than finite numbers")
    if post.dtype.kind == "f" and np.any(values.imag):
        raise _NotAnalytic("it returned complex numbers for real ones")
    # Conversion first: differences of booleans or small integers would fail or wrap around.
    return np.broadcast_to(values.astype(np.result_type(values.dtype, np.float64)), post.shape)


def _clean(value: float, rounding: float) -> float:
    """Drop a coefficient that is rounding, and return 0.1 rather than 0.09999999999999999."""
    if abs(value) <= rounding:
        return 0.0
    short = float(f"{value:.12g}")
    return short if abs(short - value) <= rounding else value


def _cannot(function: object, reason: str, way_out: str | None = None) -> InvalidArgument:
    if way_out is None:
        way_out = (
            "; use NumPy functions that are smooth at 0, or, for two-valued neurons,"
            " interpolate(function, levels=(low, high)), which takes any function"
        )
    shown = getattr(function, "__name__", type(function).__name__)
    return InvalidArgument(f"function={shown} {reason}{way_out}")
