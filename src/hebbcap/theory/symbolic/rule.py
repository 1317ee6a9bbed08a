"""Which rule and which patterns are described where letters stand for numbers?

The formula is read by the parser of `hebbcap.learning.formula`, into polynomials over the rational numbers:
nothing of a user's text is ever evaluated, and decimals stay exact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from hebbcap._checks import InvalidArgument, NoTheory, fail
from hebbcap.learning import NAMES, SYNAPSES, Rule, resolve
from hebbcap.learning._terms import MAX_POWER
from hebbcap.learning.formula import MAX_LENGTH, TOKEN, Algebra, read
from hebbcap.patterns import Biased, Ensemble, Rademacher, Sparse
from hebbcap.patterns import ensemble as parse_ensemble

Coefficients = dict[tuple[int, int], Any]
"""(power of post, power of pre) -> SymPy expression."""

TAKEN: Final = ("D", "K", "z", "n")
"""Letters with a meaning of their own: neurons, patterns, Q^-1 of the criterion, order of a dense memory."""

_MOST_LETTERS = 8
_LONGEST_NAME = 20
_LARGEST_BITS = 2000
"""Numerators and denominators up to this size: numbers in a formula are doubles, multiplied a few times."""

_PROBES = (-1, 0, 1, 2)
"""Means at which a named rule is looked up; it must be a polynomial of lower degree in the mean."""


@dataclass(frozen=True)
class _Polynomial:
    """A polynomial of SymPy's sparse rings, whose work and size are limited."""

    value: Any

    @property
    def terms(self) -> list[Any]:
        return list(self.value.terms())

    def __neg__(self) -> _Polynomial:
        return _Polynomial(-self.value)

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        return _within(self.value * other.value)

    def __truediv__(self, divisor: Fraction) -> _Polynomial:
        return _within(self.value.mul_ground(self.value.ring.domain.convert(1 / divisor)))


def _within(value: Any) -> _Polynomial:
    for powers, number in value.terms():
        if max(powers) > MAX_POWER:
            raise InvalidArgument(f"a power of {max(powers)} is too large; at most {MAX_POWER} is allowed")
        if max(int(number.numerator).bit_length(), int(number.denominator).bit_length()) > _LARGEST_BITS:
            raise InvalidArgument("a coefficient leaves the range of double precision")
    return _Polynomial(value)


def coefficients(rule: Rule | str, mean: Any, letters: dict[str, Any]) -> tuple[Coefficients, str]:
    """Return the coefficients of a rule, and the rule as text.

    Parameters
    ----------
    rule : Rule or str
        A rule without letters; a name such as "covariance"; or a formula in post, pre and letters.
    mean : SymPy expression
        Mean entry of the patterns, which some named rules subtract.
    letters : dict of str to SymPy symbol
        Letters that the patterns use: the same letter means the same number. Real symbols are made for
        the others.

    Raises
    ------
    InvalidArgument
        If the formula can't be read, or a letter has another meaning.
    NoTheory
        If the rule depends on the weight.

    Examples
    --------
    >>> import sympy
    >>> coefficients("(post - a) * pre", sympy.Integer(0), {})[0]
    {(0, 1): -a, (1, 1): 1}
    >>> coefficients("covariance", sympy.Symbol("m"), {})[0]
    {(0, 0): m**2, (0, 1): -m, (1, 0): -m, (1, 1): 1}
    """
    if isinstance(rule, str):
        text = rule.strip()
        name = text.lower().replace("_", "-")
        if name in NAMES:
            return _named(name, mean), name
        if "=" not in text:
            return _lettered(text, letters), text
    numeric = resolve(rule, mean=0.0)
    if not numeric.is_additive:
        raise _depends_on_weight(numeric.formula)
    return {powers[1:]: exact(value) for powers, value in numeric.terms}, numeric.name or numeric.formula


def lettered_patterns(spec: Ensemble | str) -> tuple[str, tuple[Any, Any], Any, dict[str, Any]]:
    """Return the name of the patterns, their levels, the chance of the high one, and its letter.

    Raises
    ------
    NoTheory
        If they are not independent entries of two levels.
    """
    import sympy

    head, _, tail = spec.partition(":") if isinstance(spec, str) else ("", "", "")
    letters: dict[str, Any] = {}
    if head in ("biased", "sparse") and tail.isidentifier():
        check_letter("patterns", str(spec), tail)
        chance = letters[tail] = sympy.Symbol(tail, positive=True)
        name = str(spec)
    else:
        found = parse_ensemble(spec)
        if not isinstance(found, Rademacher | Biased | Sparse):
            raise NoTheory(
                f"no formula is known for {found.name}: there are rademacher, biased:p and sparse:a, p and a "
                "letters or numbers"
            )
        head, chance, name = found.name.partition(":")[0], exact(found.p_high), found.name
    low = sympy.Integer(0 if head == "sparse" else -1)
    return name, (low, sympy.Integer(1)), chance, letters


def exact(value: float) -> Any:
    """Return a number as the fraction that it is written as: 0.1 is 1/10.

    >>> exact(0.1)
    1/10
    """
    import sympy

    return sympy.Rational(repr(float(value)))


def _named(name: str, mean: Any) -> Coefficients:
    import sympy

    looked_up = [NAMES[name](float(probe)) for probe in _PROBES]
    powers = sorted({term[0] for rule in looked_up for term in rule.terms})
    symbol = sympy.Dummy()
    found: Coefficients = {}
    for w, post, pre in powers:
        seen = [exact(rule.coefficient(post, pre, w)) for rule in looked_up]
        curve = sympy.interpolate(list(zip(_PROBES, seen, strict=True)), symbol)
        apart = abs(float(curve.subs(symbol, 0.5)) - NAMES[name](0.5).coefficient(post, pre, w))
        if w or apart > 1e-12 or sympy.degree(curve, symbol) >= len(_PROBES) - 1:
            raise NoTheory(f"{name} is no polynomial of low degree in the mean; write it as a formula")
        found[post, pre] = sympy.expand(curve.subs(symbol, mean))
    return {key: value for key, value in found.items() if value != 0}


def _lettered(text: str, letters: dict[str, Any]) -> Coefficients:
    import sympy

    words = {m.group() for m in TOKEN.finditer(text[:MAX_LENGTH]) if m.lastgroup == "name"}
    if "w" in words or text.partition(":")[0] in SYNAPSES:
        raise _depends_on_weight(text)
    if not words & {"post", "pre"}:
        resolve(text, mean=0.0)  # refuses words that are no names of rules, and says which are near
        raise fail("rule", text, "has neither post nor pre", "it would write the same weight everywhere")
    names = sorted(words - {"post", "pre"})
    for name in names:
        check_letter("rule", text, name)
    if len(names) > _MOST_LETTERS:
        raise fail("rule", text, f"has {len(names)} letters", f"at most {_MOST_LETTERS} are carried along")
    ring = sympy.polys.rings.PolyRing(["post", "pre", *names], sympy.QQ, sympy.polys.orderings.lex)
    algebra = Algebra[_Polynomial](
        number=lambda number: _Polynomial(ring.ground_new(_fraction(number))),
        names={n: _Polynomial(g) for n, g in zip(["post", "pre", *names], ring.gens, strict=True)},
        total=lambda parts: _within(sum((part.value for part in parts), ring.zero)),
        constant=lambda made: Fraction(str(made.value.coeff(1))) if made.value.is_ground else None,
        allowed="use post, pre, letters for coefficients, numbers, + - * / ** and parentheses",
    )
    symbols = [letters.get(name) or sympy.Symbol(name, real=True) for name in names]
    found: Coefficients = {}
    for (post, pre, *rest), number in read(text, algebra).value.terms():
        term = sympy.Rational(int(number.numerator), int(number.denominator))
        for symbol, power in zip(symbols, rest, strict=True):
            term *= symbol**power
        found[post, pre] = found.get((post, pre), sympy.Integer(0)) + term
    return dict(sorted(found.items()))


def check_letter(argument: str, text: str, name: str) -> None:
    """Refuse a letter that has a meaning of its own, or is no short word."""
    if name in TAKEN:
        raise fail(argument, text, f"uses {name}, which has a meaning of its own", "take another letter")
    if len(name) > _LONGEST_NAME or not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?", name):
        raise fail(argument, text, f"uses {name[:40]!r}", "letters are short words such as c or c_pre")


def _fraction(text: str) -> Fraction:
    # Far exponents would be written out digit by digit; as doubles they are 0 or infinite.
    value = float(text)
    if value != 0 and not 1e-300 < value < 1e300:
        raise InvalidArgument(f"{text[:20]} is outside 1e-300 to 1e300")
    return Fraction(text) if value else Fraction(0)


def _depends_on_weight(text: str) -> NoTheory:
    return NoTheory(f"{text} depends on w, and these formulas are for rules that add patterns up")
