"""What is a polynomial in (w, post, pre), and how is it added, multiplied and written?

A polynomial is a sorted tuple of ((power of w, of post, of pre), coefficient), each power once and no
coefficient zero, so that equal polynomials are equal tuples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from hebbcap._checks import InvalidArgument, fail, integer, real

Powers: TypeAlias = tuple[int, int, int]
Terms: TypeAlias = tuple[tuple[Powers, float], ...]

VARIABLES = ("w", "post", "pre")
"""The only things that a local rule may read, in the order of the powers."""

MAX_POWER = 64
"""Largest power of one variable: beyond it no expansion in double precision means anything."""

MAX_PRODUCTS = 200_000
"""Largest number of products of two terms in one multiplication, about 0.1 s of work."""

_SHAPE = "must be pairs ((power of w, of post, of pre), coefficient)"


def checked(terms: object) -> Terms:
    """Return a user's mapping or iterable of pairs as canonical terms, or explain what is wrong."""
    if isinstance(terms, Mapping):
        terms = terms.items()
    if isinstance(terms, str) or not isinstance(terms, Iterable):
        raise fail("terms", terms, _SHAPE, "text is read by hebbcap.learning.parse")
    pairs: list[tuple[Powers, float]] = []
    for item in terms:
        try:
            (in_w, in_post, in_pre), coefficient = item
        except (TypeError, ValueError):
            raise fail("terms", item, _SHAPE, "{(0, 1, 1): 1.0} is post*pre") from None
        powers = tuple(
            integer(f"power of {name}", power, low=0, high=MAX_POWER)
            for name, power in zip(VARIABLES, (in_w, in_post, in_pre), strict=True)
        )
        key = (powers[0], powers[1], powers[2])
        pairs.append((key, real(f"coefficient of {_monomial(key)}", coefficient)))
    return canonical(pairs)


def canonical(pairs: Iterable[tuple[Powers, float]]) -> Terms:
    """Sum the coefficients of equal powers, drop the zeros and sort."""
    gathered: dict[Powers, list[float]] = {}
    for powers, coefficient in pairs:
        gathered.setdefault(powers, []).append(coefficient)
    terms: list[tuple[Powers, float]] = []
    for powers, parts in sorted(gathered.items()):
        try:
            # fsum rounds once, so that the order in which terms are given can't change the rule.
            total = math.fsum(parts)
        except (OverflowError, ValueError):
            total = math.nan
        if not math.isfinite(total):
            raise InvalidArgument(
                f"the coefficient of {_monomial(powers)} overflows; coefficients must stay below 1.8e308"
            )
        if total:
            terms.append((powers, total))
    return tuple(terms)


def product(first: Terms, second: Terms) -> Terms:
    """Multiply two polynomials; refuse, before the work, what is too large."""
    if len(first) * len(second) > MAX_PRODUCTS:
        raise InvalidArgument(
            f"a product of {len(first)} by {len(second)} terms is too much work;"
            f" at most {MAX_PRODUCTS} pairs of terms are multiplied"
        )
    for place, name in enumerate(VARIABLES):
        power = sum(max((powers[place] for powers, _ in terms), default=0) for terms in (first, second))
        if first and second and power > MAX_POWER:
            raise InvalidArgument(f"{name}**{power} has too large a power; at most {MAX_POWER} is allowed")
    return canonical(((a[0] + b[0], a[1] + b[1], a[2] + b[2]), x * y) for a, x in first for b, y in second)


def written(terms: Terms) -> str:
    """Write the polynomial so that reading it gives the same coefficients, bit for bit.

    >>> written((((0, 0, 1), -0.1), ((0, 1, 1), 1.0)))
    'post*pre - 0.1*pre'
    """
    # Additive part first and highest order first, as rules are written: post*pre - 0.1*w.
    ordered = sorted(terms, key=lambda term: (term[0][0], -term[0][1] - term[0][2], -term[0][1]))
    text = ""
    for powers, coefficient in ordered:
        size = abs(coefficient)
        number = str(int(size)) if size.is_integer() and size < 1e16 else repr(size)
        name = _monomial(powers)
        body = number if name == "1" else name if size == 1 else f"{number}*{name}"
        if text:
            text += (" - " if coefficient < 0 else " + ") + body
        else:
            text = ("-" if coefficient < 0 else "") + body
    return text or "0"


def _monomial(powers: Powers) -> str:
    factors = [
        name if power == 1 else f"{name}**{power}"
        for name, power in zip(VARIABLES, powers, strict=True)
        if power
    ]
    return "*".join(factors) or "1"
