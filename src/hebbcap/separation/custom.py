"""F(x) from any Python function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.separation.table import SAFE_LOG, DifferenceTable, Separation, whole_table

Floats = NDArray[np.float64]

_NOISE = 2.0**-49
"""Rounding that a function may carry, against its value: differences are kept no finer than this."""

_DENOMINATOR = 1000
"""Differences that are fractions with denominators up to this are held as whole numbers."""


@final
@dataclass(frozen=True)
class CustomSeparation(Separation):
    """F(x) as a Python function, evaluated once at the whole numbers that overlaps can be.

    Parameters
    ----------
    function : callable
        F, of an array of whole numbers or of one; real and finite from -(D + 2) to D + 2.
    label : str
        What reports call it. Seeds of trials are drawn from it: give different functions different labels.
    log_differences : callable, optional
        For functions that leave double precision: of an array of whole numbers m, returns the sign of
        F(m + 1) - F(m - 1) and the logarithm of its size. Where it is given the function counts as steep:
        single nearby patterns decide, and the normal theory is not asked.

    Raises
    ------
    InvalidArgument
        If an argument is not of this kind; and, when it is first used, if F is not real and finite.

    Notes
    -----
    Differences finer than 2^-49 of F are rounding and are rounded away, so that fields which should tie do.

    Examples
    --------
    >>> log_cosh = CustomSeparation(lambda x: np.logaddexp(x, -x) - np.log(2), "log-cosh")
    >>> log_cosh.value(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.4338])
    >>> log_cosh.table(4).values.round(3)
    array([-2.   , -1.998, -1.982, -1.876, -1.325,  0.   ,  1.325,  1.876,
            1.982,  1.998,  2.   ])
    """

    function: Callable[[Any], Any]
    label: str
    log_differences: Callable[[Floats], tuple[Floats, Floats]] | None = None

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise _checks.fail("function", self.function, "must be a function of the overlap", "as np.cosh")
        if not isinstance(self.label, str) or not self.label.strip():
            raise _checks.fail("label", self.label, "must be a name", "reports call the function by it")
        if self.log_differences is not None and not callable(self.log_differences):
            raise _checks.fail("log_differences", self.log_differences, "must be a function")

    @property
    def name(self) -> str:
        """What reports call it."""
        return f"custom:{self.label}"

    @property
    def steep(self) -> bool:
        """Whether single nearby patterns, not the variance, decide the noise."""
        return self.log_differences is not None

    def value(self, overlap: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return F at the overlaps given; inf is let pass where `log_differences` covers for it."""
        return _evaluated(self, np.asarray(overlap, dtype=np.float64), finite=not self.steep)

    def table(self, dim: int) -> DifferenceTable:
        """Return the field differences for patterns of `dim` neurons."""
        return _table(self, dim)


@lru_cache(maxsize=8)
def _table(separation: CustomSeparation, dim: int) -> DifferenceTable:
    reach = dim + 1
    _checks.check_fits(300.0 * (2 * reach + 1), f"the energies of dim={dim:,}", "use a smaller dim")
    if separation.log_differences is not None:
        return _from_logs(separation, reach)
    values = _evaluated(separation, np.arange(-reach - 1.0, reach + 2), finite=True)
    size = np.maximum(np.abs(values[:-2]), np.abs(values[2:]))
    with np.errstate(divide="ignore"):
        grain = np.exp2(np.ceil(np.log2(size))) * _NOISE
    exact = np.where(
        grain > 0, np.rint((values[2:] - values[:-2]) / np.where(grain > 0, grain, 1)) * grain, 0
    )
    if not exact.any():
        raise _checks.fail("function", separation.label, "gives no field", "F must change with the overlap")
    denominator = _denominator(exact, grain)
    if denominator:
        return whole_table([round(d * denominator) for d in exact.tolist()], 1 / denominator)
    with np.errstate(divide="ignore"):
        log_size = np.log(np.abs(exact))
    safe = np.abs(log_size[np.isfinite(log_size)]).max() < SAFE_LOG
    return DifferenceTable(np.sign(exact), log_size, exact if safe else None, 1.0, reach, whole=False)


def _from_logs(separation: CustomSeparation, reach: int) -> DifferenceTable:
    assert separation.log_differences is not None
    points = np.arange(-reach, reach + 1.0)
    with np.errstate(all="ignore"):
        given = separation.log_differences(points)
    try:
        sign, log_size = (np.asarray(column, dtype=np.float64) for column in given)
    except (TypeError, ValueError):
        raise _checks.fail(
            "log_differences", separation.label, "must return two arrays", "the sign and the log of the size"
        ) from None
    if sign.shape != points.shape or log_size.shape != points.shape:
        raise _checks.fail(
            "log_differences",
            separation.label,
            f"must return arrays of shape {points.shape}",
            "one entry each",
        )
    if not np.isin(sign, (-1, 0, 1)).all() or np.isnan(log_size).any() or (log_size == np.inf).any():
        raise _checks.fail(
            "log_differences", separation.label, "must return signs -1, 0 or 1 and logs below infinity"
        )
    log_size = np.where(sign == 0, -np.inf, log_size)
    if not np.isfinite(log_size).any():
        raise _checks.fail("log_differences", separation.label, "gives no field", "all differences are 0")
    return DifferenceTable(sign * np.isfinite(log_size), log_size, None, 1.0, reach, whole=False)


def _evaluated(separation: CustomSeparation, points: Floats, *, finite: bool) -> Floats:
    """F at an array of points, whether the function takes arrays or single numbers."""
    result: Any = None
    with np.errstate(all="ignore"):
        try:
            result = np.asarray(separation.function(points))
        except (TypeError, ValueError):  # a function of single numbers, as those of math
            result = None
        if result is None or result.shape != points.shape:
            result = np.reshape([_single(separation, float(x)) for x in points.ravel()], points.shape)
    if result.dtype.kind not in "biuf":
        raise _checks.fail("function", separation.label, f"must return real numbers, not {result.dtype}")
    result = result.astype(np.float64)
    bad = np.flatnonzero(np.isnan(result) | (np.isinf(result) & finite))
    if len(bad):
        raise _checks.fail(
            "function",
            separation.label,
            f"is {result.flat[bad[0]]:g} at the overlap {points.flat[bad[0]]:g}",
            "F must be finite at every overlap; give log_differences where it leaves double precision",
        )
    return np.asarray(result)


def _single(separation: CustomSeparation, point: float) -> Any:
    try:
        value = separation.function(point)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise _checks.fail(
            "function", separation.label, f"fails at the overlap {point:g}", f"it says: {error}"
        ) from None
    if np.ndim(value):
        raise _checks.fail("function", separation.label, "must return one number for one overlap")
    return value


def _denominator(exact: Floats, grain: Floats) -> int:
    """Smallest number that makes all differences whole, to within their grain; 0 if there is none."""
    found = 1
    for value, noise in zip(exact.tolist(), grain.tolist(), strict=True):
        fraction = Fraction(value).limit_denominator(_DENOMINATOR)
        if abs(float(fraction) - value) > noise or noise * _DENOMINATOR**2 > 0.5:
            return 0
        found = math.lcm(found, fraction.denominator)
        if found > _DENOMINATOR:
            return 0
    return found
