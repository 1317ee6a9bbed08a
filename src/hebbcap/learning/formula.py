"""What rule does a formula in a string describe? It is parsed, never evaluated.

sum    = product (("+" | "-") product)*
product = signed (("*" | "/") signed)*
signed = ("+" | "-")* power
power  = atom (("**" | "^") signed)?
atom   = number | "w" | "post" | "pre" | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from functools import partial
from operator import truediv
from typing import Any, Generic, NoReturn, Protocol, Self, TypeVar, final

from hebbcap._checks import InvalidArgument, fail
from hebbcap.learning._terms import MAX_POWER, MAX_PRODUCTS
from hebbcap.learning.rule import Rule

MAX_LENGTH = 10_000
"""Longest formula, in characters: room for the formula of an expansion to order 16."""

MAX_NESTING = 50
"""Deepest nesting of parentheses and exponents; far below the depth at which Python's stack ends."""

TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>\*\*|[-+*/^()])|(?P<space>[ \t\r\n]+)"
)


class Polynomial(Protocol):
    """What a formula is read into, besides numbers and sums of it."""

    @property
    def terms(self) -> Sized:
        """Its terms; how many they are is the work that an operation costs."""

    def __neg__(self) -> Self: ...
    def __mul__(self, other: Self) -> Self: ...
    def __truediv__(self, divisor: Any) -> Self: ...


P = TypeVar("P", bound=Polynomial)


@final
@dataclass(frozen=True)
class Algebra(Generic[P]):
    """The polynomials that a formula is read into.

    Attributes
    ----------
    number : callable
        The polynomial that the text of a number stands for.
    names : mapping of str to polynomial
        Every name that a formula may use.
    total : callable
        The sum of a list of polynomials.
    constant : callable
        The number that a polynomial without variables is, None for any other.
    allowed : str
        What a formula may hold, for the message that refuses one.
    """

    number: Callable[[str], P]
    names: Mapping[str, P]
    total: Callable[[list[P]], P]
    constant: Callable[[P], Any]
    allowed: str


def _constant(rule: Rule) -> float | None:
    return None if any(powers != (0, 0, 0) for powers, _ in rule.terms) else rule.coefficient(0, 0)


_RULES = Algebra[Rule](
    number=lambda text: Rule({(0, 0, 0): float(text)}),
    names={
        "w": Rule({(1, 0, 0): 1.0}),
        "post": Rule({(0, 1, 0): 1.0}),
        "pre": Rule({(0, 0, 1): 1.0}),
    },
    total=lambda parts: Rule(term for part in parts for term in part.terms),
    constant=_constant,
    allowed=(
        "use post, pre, w, numbers, + - * / ** and parentheses;"
        " give other functions to hebbcap.learning.expand or interpolate"
    ),
)


def parse(text: str) -> Rule:
    """Return the rule that a formula describes.

    Parameters
    ----------
    text : str
        A polynomial in ``post``, ``pre`` and ``w`` with numbers, ``+ - * / ** ^`` and parentheses, at
        most 10,000 characters and 50 nested parentheses. Only a constant divides, and exponents are whole
        numbers from 0 to 64.

    Returns
    -------
    Rule
        The expanded increment, without a name.

    Raises
    ------
    InvalidArgument
        If the text is not such a polynomial; the message says where and what is allowed.

    Notes
    -----
    Nothing is evaluated, and the work is limited (a few thousand terms), so that a formula from a
    stranger ends at once.

    Examples
    --------
    >>> parse("(post - 0.5) * (pre - 0.5)").formula
    'post*pre - 0.5*post - 0.5*pre + 0.25'
    >>> parse("post*pre - w*post^2")  # Oja's rule
    Rule(terms=(((0, 1, 1), 1.0), ((1, 2, 0), -1.0)), name='')
    """
    if not isinstance(text, str):
        raise fail("rule", text, "must be text", 'a formula such as "post*pre - 0.1*pre"')
    return read(text, _RULES)


def read(text: str, algebra: Algebra[P]) -> P:
    """Return the polynomial of that algebra which a formula describes; it raises what `parse` raises."""
    return _Parser(text, algebra).whole()


class _Parser(Generic[P]):
    """One reading of one formula: its tokens, the place reached, and the work spent."""

    def __init__(self, text: str, algebra: Algebra[P]) -> None:
        self.text = text
        self.algebra = algebra
        if len(text) > MAX_LENGTH:
            self.refuse(f"it has {len(text)} characters, and at most {MAX_LENGTH} are read")
        self.tokens = self.tokenize()
        self.place = 0
        self.depth = 0
        self.work = 0

    def refuse(self, reason: str) -> NoReturn:
        raise fail("rule", self.text, f"is not a polynomial: {reason}", self.algebra.allowed) from None

    def tokenize(self) -> list[tuple[str, str, int]]:
        tokens: list[tuple[str, str, int]] = []
        start = 0
        while start < len(self.text):
            match = TOKEN.match(self.text, start)
            if match is None:
                self.refuse(f"{self.text[start]!r} at column {start + 1} can't be read")
            if match.lastgroup != "space":
                tokens.append((str(match.lastgroup), match.group(), start + 1))
            start = match.end()
        return [*tokens, ("end", "", len(self.text) + 1)]

    def take(self, *signs: str) -> str:
        """Step over the next token and return it if it is one of these signs; else return ""."""
        kind, text, _ = self.tokens[self.place]
        if kind != "sign" or text not in signs:
            return ""
        self.place += 1
        return text

    def column(self) -> int:
        return self.tokens[self.place][2]

    def whole(self) -> P:
        result = self.sum()
        kind, text, column = self.tokens[self.place]
        if kind != "end":
            self.refuse(f"{_short(text)} at column {column} comes where an operator or the end was expected")
        return result

    def sum(self) -> P:
        column = self.column()
        parts = [self.product()]
        while sign := self.take("+", "-"):
            part = self.product()
            parts.append(part if sign == "+" else -part)
        if len(parts) == 1:
            return parts[0]
        return self.done(sum(len(part.terms) for part in parts), column, partial(self.algebra.total, parts))

    def product(self) -> P:
        result = self.signed()
        while sign := self.take("*", "/"):
            column = self.column()
            other = self.signed()
            if sign == "*":
                result = self.times(result, other, column)
                continue
            divisor = self.algebra.constant(other)
            if not divisor:
                what = "0" if divisor == 0 else "post, pre or w"
                self.refuse(f"it divides by {what} at column {column}; only a number other than 0 divides")
            result = self.done(len(result.terms), column, partial(truediv, result, divisor))
        return result

    def signed(self) -> P:
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign == "-"
        result = self.power()
        return -result if negative else result

    def power(self) -> P:
        base = self.atom()
        if not self.take("**", "^"):
            return base
        column = self.column()
        # Exponents nest to the right, 2**2**2..., so they count as depth just as parentheses do.
        exponent = self.algebra.constant(self.deeper(column, self.signed))
        if exponent is None or exponent != int(exponent) or not 0 <= exponent <= MAX_POWER:
            self.refuse(f"the exponent at column {column} must be a whole number from 0 to {MAX_POWER}")
        result = self.algebra.number("1")
        for _ in range(int(exponent)):
            result = self.times(result, base, column)
        return result

    def atom(self) -> P:
        kind, text, column = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return self.done(1, column, partial(self.algebra.number, text))
        if kind == "name":
            if text not in self.algebra.names:
                self.refuse(f"{_short(text)} at column {column} is not known")
            return self.algebra.names[text]
        if text != "(":
            found = _short(text) if text else "the end"
            self.refuse(f"{found} at column {column} comes where a number, a name or '(' was expected")
        inside = self.deeper(column, self.sum)
        if not self.take(")"):
            self.refuse(f"the '(' at column {column} is not closed at column {self.column()}")
        return inside

    def deeper(self, column: int, part: Callable[[], P]) -> P:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse(f"it nests more than {MAX_NESTING} deep at column {column}")
        result = part()
        self.depth -= 1
        return result

    def times(self, first: P, second: P, column: int) -> P:
        return self.done(len(first.terms) * len(second.terms), column, lambda: first * second)

    def done(self, work: int, column: int, operation: Callable[[], P]) -> P:
        """Do one operation within the budget; what it can't do is said in terms of the formula."""
        self.work += work
        if self.work > MAX_PRODUCTS:
            self.refuse(f"expanding it at column {column} takes too much work; give it with fewer terms")
        try:
            return operation()
        except InvalidArgument as error:
            self.refuse(f"at column {column}, {error}")


def _short(token: str) -> str:
    return repr(token if len(token) <= 40 else token[:37] + "...")
