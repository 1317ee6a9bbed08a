"""Which formula gives the capacity, and what number does it give?

`formula` derives signal, noise by part, signal to noise and capacity in SymPy, from the coefficients of a
rule or the order of a dense memory; numbers put into it are those of the signal-to-noise reading.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final, final

from scipy.special import log_ndtr, ndtri

from hebbcap import _checks
from hebbcap._checks import NoTheory, fail
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR, PATTERN_ERROR, Criterion
from hebbcap.criteria import criterion as parse_criterion
from hebbcap.learning import Rule
from hebbcap.patterns import Ensemble
from hebbcap.theory.one_update import one_step
from hebbcap.theory.symbolic.noise import Derivation, Expr, dense, dense_law, pairwise, symbols
from hebbcap.theory.symbolic.rule import coefficients, exact, lettered_patterns

THRESHOLDS: Final = ("midpoint", "inhibition")
"""Halfway between the mean fields; the same after the mean field of the network is taken off."""

MAX_ORDER: Final = 16
"""Highest order of a dense memory whose polynomial is written out."""

_DIGITS = 40
"""Digits that expressions are evaluated in, so that no difference in them loses a double's digits."""


_LOWEST = {"D": 2.0, "K": 1.0}
"""Smallest numbers for the letters that count something."""


@final
@dataclass(frozen=True)
class Formula:
    """The capacity of a memory as formulas.

    Attributes
    ----------
    memory, patterns, threshold : str
        What it is about.
    derivation : Derivation
        Every step, as SymPy expressions in D, K, z and the letters given.
    numbers : dict of str to number
        What letters have been replaced by.
    """

    memory: str
    patterns: str
    threshold: str
    derivation: Derivation
    numbers: dict[str, Any]

    @property
    def signal(self) -> Expr:
        """Half the difference of the mean fields of high and low neurons."""
        return self.put(self.derivation.signal)

    @property
    def noise(self) -> dict[str, Expr]:
        """What each part adds to the variance of a field, averaged over high and low neurons."""
        return {name: self.put(part) for name, part in self.derivation.noise.items()}

    @property
    def variance(self) -> Expr:
        """The whole noise."""
        return sum(self.noise.values())

    @property
    def snr(self) -> Expr:
        """Squared signal over noise; the criterion asks for at least z^2."""
        return self.signal**2 / self.variance

    @property
    def capacity(self) -> Expr:
        """Largest K with `snr` >= z^2."""
        return self.put(self.derivation.capacity)

    @property
    def asymptotic(self) -> dict[str, Expr]:
        """Leading term of the capacity for D -> infinity, for each kind of criterion.

        That no error is expected in one pattern, or in all of them, asks for z^2 = 2 ln D, or 2 ln(K D):
        the criteria's levels drop out. Where K doesn't grow with D, these two hold nothing in the limit.
        """
        import sympy

        dim, _, z = symbols()
        growing = replace(self, numbers={k: v for k, v in self.numbers.items() if k != "D"})
        leading, growth = (growing.put(part) for part in (self.derivation.leading, self.derivation.growth))
        if growth == 0:
            return {BIT_ERROR: leading}
        return {
            BIT_ERROR: leading,
            PATTERN_ERROR: leading.subs(z, sympy.sqrt(2 * sympy.log(dim))),
            ALL_PATTERNS: leading.subs(z, sympy.sqrt(2 * (1 + growth) * sympy.log(dim))),
        }

    @property
    def letters(self) -> tuple[str, ...]:
        """Letters, beside D, K and z, that have no number yet."""
        return _open_letters(self.signal, self.variance, self.capacity)

    @property
    def missing(self) -> tuple[str, ...]:
        """D and the letters of the capacity that have no number yet."""
        return (*(() if "D" in self.numbers else ("D",)), *_open_letters(self.capacity))

    @property
    def text(self) -> str:
        """The derivation, line by line, for a terminal."""
        from hebbcap.theory.symbolic.text import derivation_text

        return derivation_text(self)

    @property
    def latex(self) -> str:
        r"""The derivation as LaTeX, an `align*` environment."""
        import sympy

        rows = [("h_s", self.signal), (r"\sigma^2", self.variance), (r"K_{\max}", self.capacity)]
        body = " \\\\\n".join(f"{name} &= {sympy.latex(value)}" for name, value in rows)
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def substitute(self, **numbers: Any) -> Formula:
        """Return the formula with numbers in the place of letters, of D, of K or of z.

        Raises
        ------
        InvalidArgument
            If there is no such letter, or something is not a number.

        Examples
        --------
        >>> formula("c*post*pre + a*post").substitute(a=0.5, c=1).capacity
        4/5 + 4*(D - 1)/(5*z**2)
        """
        known = {*self.letters, "D", "K", "z"}
        for name, number in numbers.items():
            if name not in known:
                raise fail("set", name, f"must be one of {', '.join(sorted(known))}", "nothing else is open")
            _checks.real(name, number, low=_LOWEST.get(name, -math.inf))
        put = {name: exact(number) for name, number in numbers.items()}
        return replace(self, numbers=self.numbers | put)

    def __call__(self, *, criterion: str | Criterion = "bit-error:0.01", **numbers: Any) -> float:
        """Return the capacity as a number, not rounded down.

        Parameters
        ----------
        criterion : str or Criterion
            Gives z, unless z is given: "bit-error:p", "pattern-error:p" or "all-patterns:p", entries taken
            for independent.
        **numbers
            D and every letter.

        Raises
        ------
        InvalidArgument
            If a letter has no number, or one that is not there has.

        Examples
        --------
        >>> round(formula("hebb")(D=1000), 2)
        185.59
        """
        ready = self.substitute(**numbers)
        if ready.missing:
            raise fail("set", ", ".join(ready.missing), "must be given", f"as in {ready.missing[0]}=1")
        if ready.signal == 0:
            raise fail("set", ready.numbers, "leaves no signal", "without post*pre a rule holds nothing")
        if "z" in ready.numbers:
            return _number(ready.capacity)
        asked, dim = one_step(parse_criterion(criterion)), float(ready.numbers["D"])
        count, before = 1.0, 0.0
        while abs(count - before) > 1e-9 * count:
            entries = {BIT_ERROR: 1.0, PATTERN_ERROR: dim, ALL_PATTERNS: dim * max(count, 1.0)}[asked.kind]
            share = -math.expm1(math.log1p(-asked.level) / entries)
            before, count = count, _number(ready.substitute(z=float(-ndtri(share))).capacity)
        return count

    def bit_error(self, **numbers: Any) -> float:
        """Return the share of wrong bits by signal to noise, as a number.

        It keeps the noise of high and low neurons apart, as `hebbcap.bit_error("snr", ...)` does at the
        midpoint, where the capacity averages it.

        Examples
        --------
        >>> round(formula("covariance", "sparse:a").bit_error(a=0.1, D=500, K=200), 10)
        0.0072281226
        """
        ready = self.substitute(**numbers)
        signal, total = _number(ready.signal), 0.0
        for chance, variance in self.derivation.by_level:
            noise = _number(ready.put(variance))
            if noise > 0:
                total += _number(ready.put(chance)) * math.exp(log_ndtr(-signal / math.sqrt(noise)))
        return total

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain texts, as `--json` prints it."""
        return {
            "memory": self.memory,
            "patterns": self.patterns,
            "threshold": self.threshold,
            "numbers": {name: str(value) for name, value in self.numbers.items()},
            "signal": str(self.signal),
            "noise": {name: str(part) for name, part in self.noise.items()},
            "snr": str(self.snr),
            "capacity": str(self.capacity),
            "asymptotic": {name: str(part) for name, part in self.asymptotic.items()},
            "latex": self.latex,
        }

    def put(self, part: Expr) -> Expr:
        """Return an expression of the derivation with `numbers` in the place of letters."""
        import sympy

        part = sympy.sympify(part)
        return part.xreplace({s: self.numbers[str(s)] for s in part.free_symbols if str(s) in self.numbers})

    def __repr__(self) -> str:
        return f"Formula({self.memory}, {self.patterns}, {self.threshold}: K = {self.capacity})"


def formula(
    memory: Rule | str = "hebb", patterns: Ensemble | str = "rademacher", *, threshold: str = "midpoint"
) -> Formula:
    r"""Derive the capacity of a memory as a formula.

    .. math:: K_{max}: \quad \frac{(E[h|high] - E[h|low])^2}{4\, Var\, h} = z^2, \quad z = Q^{-1}(p)

    Parameters
    ----------
    memory : Rule or str
        A rule: its name ("covariance"), or a formula such as "c*post*pre + a*post + b*pre", in which
        letters other than D, K, z and n are coefficients; or "dense:3", or "dense:n" for any order.
    patterns : Ensemble or str
        "rademacher", "biased:p" or "sparse:a", with a number or a letter; the same letter in the rule is
        the same number. "rademacher" for dense memories.
    threshold : {"midpoint", "inhibition"}
        Halfway between the mean fields of high and low neurons; or the same with the mean field of the
        network taken off.

    Returns
    -------
    Formula
        Signal, noise, capacity; call it with numbers to get a number.

    Raises
    ------
    InvalidArgument
        If the formula can't be read or a letter has a meaning of its own. Nothing in it is evaluated.
    NoTheory
        If no formula is known for these patterns or this memory.

    Notes
    -----
    One update of a stored pattern, independent entries, normal tails, exact mean and variance at finite D
    and K, own pattern included. High and low neurons can differ in the noise of their own pattern, of
    relative size 1 / K: the capacity then averages it, `Formula.bit_error` does not. Krotov & Hopfield
    (2016) for dense memories.

    Examples
    --------
    >>> formula("covariance", "biased:p").capacity
    -(2*p - 1)**2 + 1 + (D - 1)/z**2
    >>> formula("dense:3").capacity
    1 + (3*D**2 - 6*D + 4)**2/(z**2*(3*D - 4)*(9*D - 10))
    >>> formula("hebb").asymptotic["all-patterns"]
    D/(4*log(D))
    """
    if threshold not in THRESHOLDS:
        raise fail("threshold", threshold, f"must be one of {', '.join(THRESHOLDS)}")
    if isinstance(memory, str) and memory.strip().partition(":")[0] == "dense":
        return _dense_formula(memory.strip(), patterns, threshold)
    name, levels, p_high, letters = lettered_patterns(patterns)
    low, high = levels
    terms, shown = coefficients(memory, p_high * high + (1 - p_high) * low, letters)
    derivation = pairwise(terms, levels, p_high, inhibited=threshold == "inhibition")
    return Formula(shown, name, threshold, derivation, {})


def _dense_formula(memory: str, patterns: Ensemble | str, threshold: str) -> Formula:
    if lettered_patterns(patterns)[0] != "rademacher":
        raise NoTheory(
            f"{memory} has a formula on rademacher patterns only; hebbcap capacity gives its number"
        )
    if threshold != "midpoint":
        raise fail(
            "threshold", threshold, "must be midpoint for a dense memory", "their fields are symmetric"
        )
    tail = memory.partition(":")[2]
    if tail == "n":
        return Formula(memory, "rademacher", threshold, dense_law(), {})
    if not tail.isdecimal() or not 2 <= int(tail[:9]) <= MAX_ORDER:
        raise fail("memory", memory, f"must be dense:n, or dense:2 to dense:{MAX_ORDER}", "n is the order")
    return Formula(memory, "rademacher", threshold, dense(int(tail)), {})


def _open_letters(*parts: Expr) -> tuple[str, ...]:
    free = set().union(*(part.free_symbols for part in parts)) - set(symbols())
    return tuple(sorted(str(symbol) for symbol in free))


def _number(part: Expr) -> float:
    value = part.evalf(_DIGITS)
    if not value.is_real:
        raise fail("set", str(part)[:60], "is no real number", "give D, K and every letter a number")
    return float(value)
