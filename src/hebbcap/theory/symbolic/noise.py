r"""What are signal, noise and capacity of a memory, as formulas?

Pairwise rules go through the lines of `hebbcap.theory.rules.additive`, with expressions for numbers.
Averaged over the neuron's own entry the noise is a parabola in the other patterns M = K - 1, so that

.. math:: s^2 / z^2 = A + B M + C M^2 \quad\Rightarrow\quad
    K = 1 + \frac{2 E}{B + \sqrt{B^2 + 4 C E}}, \quad E = s^2 / z^2 - A

which is the larger root, beyond which the noise only grows, and holds where C = 0 too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from hebbcap._checks import NoTheory
from hebbcap.theory.rules.additive import CONSTANT, INTERACTION, OWN, field_law
from hebbcap.theory.symbolic.rule import Coefficients

Expr = Any
"""A SymPy expression; SymPy is imported when a formula is asked for."""


@final
@dataclass(frozen=True)
class Derivation:
    """The steps of one derivation, in the symbols of `symbols` and those of the rule and the patterns.

    Attributes
    ----------
    signal : expression
        Half the difference of the mean fields of high and of low neurons.
    noise : dict of str to expression
        What each part adds to the variance of a field, averaged over high and low neurons.
    by_level : tuple of (chance, variance)
        The variance for low and for high neurons, apart.
    parabola : tuple of expressions
        A, B and C with noise = N (A + B M + C M^2), M = K - 1 other patterns, N = D - 1.
    capacity : expression
        Largest K with signal^2 / noise >= z^2.
    leading : expression
        Its leading term for D -> infinity.
    growth : expression
        The power of D in it.
    """

    signal: Expr
    noise: dict[str, Expr]
    by_level: tuple[tuple[Expr, Expr], ...]
    parabola: tuple[Expr, Expr, Expr]
    capacity: Expr
    leading: Expr
    growth: Expr


def symbols() -> tuple[Expr, Expr, Expr]:
    """Return the symbols D, K and z."""
    import sympy

    dim, count, z = sympy.symbols("D K z", positive=True)
    return dim, count, z


def pairwise(
    rule: Coefficients, levels: tuple[Expr, Expr], p_high: Expr, *, inhibited: bool = False
) -> Derivation:
    """Derive the capacity of an additive rule on independent two-level patterns.

    Parameters
    ----------
    rule : dict
        (power of post, power of pre) -> coefficient.
    levels : pair of expressions
        Low and high.
    p_high : expression
        Chance of the high level.
    inhibited : bool
        Whether the mean field of the network is taken off.

    Raises
    ------
    NoTheory
        If high and low neurons have the same mean field.
    """
    import sympy

    dim, count, _ = symbols()
    others, n = sympy.Symbol("M", positive=True), dim - 1
    chances = np.array([1 - p_high, p_high], dtype=object)
    level = np.array(levels, dtype=object)
    table = np.array([[_value(rule, y, x) for x in levels] for y in levels], dtype=object)
    if inhibited:
        table = table - chances @ table
    law = field_law(table, chances, level, n, others)
    signal = sympy.factor((law.mean[1] - law.mean[0]) / 2)
    if signal == 0:
        raise NoTheory("high and low neurons have the same mean field, so that nothing is held")
    noise = {name: sympy.factor(chances @ part) for name, part in law.noise.items()}
    own, constant = noise[OWN] / n, noise[CONSTANT] / (n * others**2)
    slope = sum(part for name, part in noise.items() if name not in (OWN, CONSTANT)) / (n * others)
    gain, own, slope, constant = (_tidy(part, p_high) for part in (signal**2 / n, own, slope, constant))
    leading, growth = _leading(gain, slope, constant, p_high)
    in_count = {others: count - 1}
    return Derivation(
        signal=_tidy(signal, p_high),
        noise={name: _tidy(part, p_high).subs(in_count) for name, part in noise.items() if part != 0},
        by_level=tuple(zip(chances, (v.subs(in_count) for v in law.variance), strict=True)),
        parabola=(own, slope, constant),
        capacity=_root(gain, own, slope, constant, p_high),
        leading=leading,
        growth=growth,
    )


def dense(order: int) -> Derivation:
    r"""Derive the capacity of F(x) = x^n / n on symmetric +-1 patterns, exactly at finite D.

    .. math:: K = 1 + d(N)^2 / (z^2 E d(m)^2), \quad d(m) = F(m + 1) - F(m - 1)

    with m the sum of N = D - 1 fair signs. Krotov & Hopfield (2016) for the leading order.
    """
    import sympy

    dim, count, z = symbols()
    m, n = sympy.Symbol("m"), dim - 1
    step = sympy.Poly(sympy.expand(((m + 1) ** order - (m - 1) ** order) / order), m)
    moments = _sign_moments(n, 2 * order - 2)
    spread = sympy.factor(sum(c * moments[power] for (power,), c in (step * step).terms()))
    signal = sympy.factor(step.as_expr().subs(m, n))
    half = sympy.Rational(1, 2)
    variance = (count - 1) * spread
    per_other = sympy.factor(sympy.cancel(spread / n))
    return Derivation(
        signal=signal,
        noise={INTERACTION: variance},
        by_level=((half, variance), (half, variance)),
        parabola=(sympy.Integer(0), per_other, sympy.Integer(0)),
        capacity=1 + sympy.factor(sympy.cancel(signal**2 / spread)) / z**2,
        leading=dim ** (order - 1) / (z**2 * sympy.factorial2(2 * order - 3)),
        growth=sympy.Integer(order - 1),
    )


def dense_law() -> Derivation:
    r"""Return the leading order for any n: :math:`K = D^{n-1} / (z^2 (2n-3)!!)`.

    For large D the overlap m is normal, d(m) = 2 m^(n-1), and :math:`E m^{2k} = (2k-1)!!\, D^k`.
    """
    import sympy

    dim, count, z = symbols()
    n, half = sympy.Symbol("n", positive=True, integer=True), sympy.Rational(1, 2)
    odd = sympy.factorial2(2 * n - 3)
    variance = 4 * count * dim ** (n - 1) * odd
    leading = dim ** (n - 1) / (z**2 * odd)
    return Derivation(
        signal=2 * dim ** (n - 1),
        noise={INTERACTION: variance},
        by_level=((half, variance), (half, variance)),
        parabola=(sympy.Integer(0), variance / (count * dim), sympy.Integer(0)),
        capacity=leading,
        leading=leading,
        growth=n - 1,
    )


def _value(rule: Coefficients, post: Expr, pre: Expr) -> Expr:
    import sympy

    return sympy.Add(*(c * post**b * pre**a for (b, a), c in rule.items()))


def _root(gain: Expr, own: Expr, slope: Expr, constant: Expr, p_high: Expr) -> Expr:
    import sympy

    z = symbols()[2]
    if constant == 0:
        return 1 + _tidy(gain / slope, p_high) / z**2 - _tidy(own / slope, p_high)
    excess = gain / z**2 - own
    return 1 + 2 * excess / (slope + sympy.sqrt(slope**2 + 4 * constant * excess))


def _tidy(part: Expr, p_high: Expr) -> Expr:
    """Return the expression in factors, with 1 - p rather than p - 1."""
    import sympy

    rest = sympy.Symbol("rest", positive=True)
    made = sympy.factor(part)
    return made.xreplace({p_high - 1: -rest}).xreplace({rest: 1 - p_high}) if p_high.is_Symbol else made


def _leading(gain: Expr, slope: Expr, constant: Expr, p_high: Expr) -> tuple[Expr, Expr]:
    """Return the leading term of the capacity and its power of D; parts are over N, which scales as D."""
    import sympy

    dim, _, z = symbols()

    def top(part: Expr) -> tuple[Expr, int]:
        above, below = (sympy.Poly(side, dim) for side in sympy.fraction(sympy.cancel(part)))
        return above.LC() / below.LC(), above.degree() - below.degree()

    by_gain, power = top(gain)
    by_slope, slope_power = top(slope)
    growth = sympy.Integer(power - slope_power)
    if constant != 0:
        by_constant, constant_power = top(constant)
        slow = sympy.Rational(power - constant_power, 2)
        if slow < growth:
            return sympy.sqrt(_tidy(by_gain / by_constant, p_high)) * dim**slow / z, slow
    leading = _tidy(by_gain / by_slope, p_high) / z**2
    return (1 + leading if growth == 0 else leading * dim**growth), growth


def _sign_moments(n: Expr, highest: int) -> list[Expr]:
    """Moments 0 ... highest of a sum of n fair signs, from the power series of cosh(u)^n."""
    import sympy

    cosh = [
        sympy.Rational(1, sympy.factorial(j)) if j % 2 == 0 else sympy.Integer(0) for j in range(highest + 1)
    ]
    series = [sympy.Integer(1)]
    for m in range(1, highest + 1):
        total = sum((j * n - (m - j)) * cosh[j] * series[m - j] for j in range(1, m + 1))
        series.append(sympy.expand(total / m))
    return [sympy.factorial(j) * part for j, part in enumerate(series)]
