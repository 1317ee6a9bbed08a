"""What is a local Hebbian rule?

A polynomial increment `dw(w, post, pre)` in one weight and its two neurons. It can read nothing else,
so every `Rule` is local by construction; a rule that needs more can't be written as one.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap._checks import InvalidArgument, check_fits, fail, integer, real
from hebbcap.learning._terms import MAX_POWER, Powers, Terms, canonical, checked, product, written

GivenTerms: TypeAlias = "Mapping[Powers, float] | Iterable[tuple[Powers, float]]"


@dataclass(frozen=True, init=False)
class Rule:
    r"""A local learning rule as data: the increment of a weight as a polynomial.

    .. math:: \Delta w(w, y, x) = \sum_{abc} c_{abc} \, w^a y^b x^c

    with `y` the activity of the postsynaptic neuron and `x` that of the presynaptic one. The new weight
    is `f = w + dw`.

    Parameters
    ----------
    terms : mapping or iterable of pairs
        ``(power of w, power of post, power of pre)`` to coefficient; powers 0 to 64, coefficients
        finite. Equal powers are summed, zeros dropped, and the terms kept sorted.
    name : str, optional
        A label for reports; not part of equality.

    Raises
    ------
    InvalidArgument
        If a power or a coefficient is out of range; it is a `ValueError`.

    Notes
    -----
    Rules can be added, subtracted and multiplied with each other and with numbers, divided by numbers
    and raised to small powers. Source: Gerstner & Kistler, Spiking Neuron Models (2002), section 10.1,
    where `f` is expanded about (0, 0) to second order; here any order.

    Examples
    --------
    >>> rule = Rule({(0, 1, 1): 1, (0, 0, 1): -0.1})
    >>> rule.formula
    'post*pre - 0.1*pre'
    >>> rule([[1], [-1]], [1, -1])
    array([[ 0.9, -0.9],
           [-1.1,  1.1]])
    """

    terms: Terms
    name: str = field(default="", compare=False)

    # NumPy numbers on the left of an operator must hand over to this class instead of broadcasting.
    __array_ufunc__: ClassVar[None] = None

    def __init__(self, terms: GivenTerms = (), name: str = "") -> None:
        if not isinstance(name, str):
            raise fail("name", name, "must be text", "name is a label for reports")
        object.__setattr__(self, "terms", checked(terms))
        object.__setattr__(self, "name", name)

    @classmethod
    def second_order(
        cls,
        *,
        c0: float = 0,
        c1_pre: float = 0,
        c1_post: float = 0,
        c2_pre: float = 0,
        c2_post: float = 0,
        c2_corr: float = 0,
    ) -> Rule:
        r"""Return the additive rule with these coefficients of the second-order Taylor form.

        .. math:: \Delta w = c_0 + c_1^{pre} x + c_1^{post} y + c_2^{pre} x^2 + c_2^{post} y^2
                  + c_2^{corr} y x

        Parameters
        ----------
        c0, c1_pre, c1_post, c2_pre, c2_post, c2_corr : float, optional
            Finite coefficients of the increment, 0 where not given. In the source `f` is the new
            weight, `f = w + dw`, so that the plain additive rule has ``c0(w) = w`` there and
            ``c0 = 0`` here.

        Raises
        ------
        InvalidArgument
            If a coefficient is not a finite number.

        Notes
        -----
        Gerstner & Kistler, Spiking Neuron Models (2002), section 10.1.

        Examples
        --------
        >>> Rule.second_order(c2_corr=1, c1_pre=-0.5).formula
        'post*pre - 0.5*pre'
        """
        given = {
            (0, 0, 0): real("c0", c0),
            (0, 0, 1): real("c1_pre", c1_pre),
            (0, 1, 0): real("c1_post", c1_post),
            (0, 0, 2): real("c2_pre", c2_pre),
            (0, 2, 0): real("c2_post", c2_post),
            (0, 1, 1): real("c2_corr", c2_corr),
        }
        return cls(given)

    def coefficient(self, post: int, pre: int, w: int = 0) -> float:
        """Return the coefficient of ``w**w * post**post * pre**pre``, 0.0 where there is no such term."""
        return dict(self.terms).get((w, post, pre), 0.0)

    @property
    def order(self) -> int:
        """Largest power of post and pre together: 2 for the Hebb rule, 0 for a constant."""
        return max((post + pre for (_, post, pre), _ in self.terms), default=0)

    @property
    def is_additive(self) -> bool:
        """Whether the increment doesn't depend on the weight, so that patterns simply add up."""
        return all(w == 0 for (w, _, _), _ in self.terms)

    @property
    def formula(self) -> str:
        """The rule as text; `hebbcap.learning.parse` reads it back bit for bit."""
        return written(self.terms)

    def __call__(self, post: ArrayLike, pre: ArrayLike, w: ArrayLike = 0.0) -> NDArray[Any]:
        """Return the increment for these activities and weights, which broadcast.

        Parameters
        ----------
        post, pre : array_like of numbers
            Activities of the postsynaptic and the presynaptic neuron.
        w : array_like of numbers, optional
            Present weight.

        Returns
        -------
        ndarray
            float64 (complex128 for complex arguments) of the broadcast shape; 0-d for numbers.

        Raises
        ------
        InvalidArgument
            If an argument is not numeric, or the shapes don't broadcast.

        Examples
        --------
        >>> float(Rule({(0, 1, 1): 1, (1, 2, 0): -1})(post=2, pre=3, w=0.5))  # Oja's rule
        4.0
        """
        values = [_numeric("w", w), _numeric("post", post), _numeric("pre", pre)]
        try:
            shape = np.broadcast_shapes(*(value.shape for value in values))
        except ValueError:
            shapes = ", ".join(str(value.shape) for value in values)
            raise InvalidArgument(f"the shapes of w, post and pre, {shapes}, must broadcast") from None
        total = np.zeros(shape, np.result_type(*values))
        ladders = [
            _powers(value, {powers[place] for powers, _ in self.terms}) for place, value in enumerate(values)
        ]
        for powers, coefficient in self.terms:
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused where it matters
                # Factors that are 1 are left out: 1 * inf is fine, but 0-th powers cost a pass each.
                term: Any = coefficient
                for ladder, power in zip(ladders, powers, strict=True):
                    term = term * ladder[power] if power else term
                total += term
        return total

    def table(self, levels: ArrayLike) -> NDArray[np.float64]:
        """Return the increments between all pairs of activity levels, ``g(levels[i], levels[j])``.

        Parameters
        ----------
        levels : array_like, shape (L,)
            The finite values that a neuron may take.

        Returns
        -------
        ndarray, shape (L, L)
            Rows are post, columns are pre.

        Raises
        ------
        InvalidArgument
            If the rule depends on the weight, or the levels are not a list of finite numbers.
        TooLarge
            If the table doesn't fit in memory.

        Examples
        --------
        >>> Rule({(0, 1, 1): 1}).table([0, 1])
        array([[0., 0.],
               [0., 1.]])
        """
        self._need_additive("a table of increments")
        values = _numeric("levels", levels)
        if values.ndim != 1 or not values.size or values.dtype.kind == "c" or not np.isfinite(values).all():
            raise fail("levels", levels, "must be a list of finite numbers", "the values that a neuron takes")
        check_fits(24.0 * values.size**2, f"a table of {values.size} levels", "give fewer levels")
        return self(values[:, None], values[None, :])

    def by_post_power(self) -> dict[int, tuple[tuple[int, float], ...]]:
        r"""Return, for each power of post, the powers of pre that go with it and their coefficients.

        For patterns `X` of shape (K, D) the weights of an additive rule are
        :math:`\sum_a (X^a)^T (\sum_b c_{ab} X^b)`, one matrix product for each power of post.

        Raises
        ------
        InvalidArgument
            If the rule depends on the weight.

        Examples
        --------
        >>> Rule({(0, 1, 1): 1, (0, 1, 0): -0.1, (0, 0, 2): 3}).by_post_power()
        {0: ((2, 3.0),), 1: ((0, -0.1), (1, 1.0))}
        """
        self._need_additive("the decomposition by powers of post")
        grouped: dict[int, tuple[tuple[int, float], ...]] = {}
        for (_, post, pre), coefficient in self.terms:
            grouped[post] = (*grouped.get(post, ()), (pre, coefficient))
        return grouped

    def __add__(self, other: Rule | float) -> Rule:
        return _made(canonical((*self.terms, *_terms_of(other)))) if _fits(other) else NotImplemented

    def __mul__(self, other: Rule | float) -> Rule:
        return _made(product(self.terms, _terms_of(other))) if _fits(other) else NotImplemented

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> Rule:
        return _made(tuple((powers, -coefficient) for powers, coefficient in self.terms))

    def __sub__(self, other: Rule | float) -> Rule:
        return self + (-other) if _fits(other) else NotImplemented

    def __rsub__(self, other: float) -> Rule:
        return -self + other

    def __truediv__(self, other: float) -> Rule:
        if not _is_number(other):
            return NotImplemented
        divisor = real("divisor", other)
        if divisor == 0:
            raise fail("divisor", other, "must not be zero", "a rule can be divided by a number other than 0")
        return _made(canonical((powers, coefficient / divisor) for powers, coefficient in self.terms))

    def __pow__(self, exponent: int) -> Rule:
        result = _made((((0, 0, 0), 1.0),))
        for _ in range(integer("exponent", exponent, low=0, high=MAX_POWER)):
            result = result * self
        return result

    def _need_additive(self, what: str) -> None:
        if not self.is_additive:
            raise fail("rule", self.formula, f"must not contain w for {what}", "set w by calling the rule")


def _made(terms: Terms) -> Rule:
    """Wrap terms that are canonical already, without checking them again."""
    rule = object.__new__(Rule)
    object.__setattr__(rule, "terms", terms)
    object.__setattr__(rule, "name", "")
    return rule


def _fits(other: object) -> bool:
    return isinstance(other, Rule) or _is_number(other)


def _is_number(other: object) -> bool:
    return isinstance(other, numbers.Real) and not isinstance(other, bool)


def _terms_of(other: Rule | float) -> Terms:
    return other.terms if isinstance(other, Rule) else checked({(0, 0, 0): other})


def _numeric(name: str, value: ArrayLike) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise fail(
            name, value, "must be numbers of one shape", "rows of different length can't be used"
        ) from None
    if array.dtype.kind not in "biufc":
        raise fail(name, value, "must be numbers", "a rule is a polynomial in numbers")
    # Small integer types would wrap around: patterns of int8 are multiplied in double precision.
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64, copy=False)


def _powers(value: NDArray[Any], wanted: set[int]) -> dict[int, NDArray[Any]]:
    """Powers by repeated multiplication: exact for integers, which `numpy.power` doesn't promise."""
    kept: dict[int, NDArray[Any]] = {}
    current = value
    for power in range(1, max(wanted, default=0) + 1):
        if power > 1:
            with np.errstate(over="ignore", invalid="ignore"):  # refused where it matters, as in __call__
                current = current * value
        if power in wanted:
            kept[power] = current
    return kept
