"""Which rules have a name, and which rule does a piece of text mean?

To add a rule: write a function of the mean activity that returns a `Rule`, and add one row to `NAMES`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hebbcap._checks import fail, real
from hebbcap.learning.formula import MAX_LENGTH, parse
from hebbcap.learning.rule import Rule

_COEFFICIENTS = ("c0", "c1_pre", "c1_post", "c2_pre", "c2_post", "c2_corr")


def hebb(mean: float = 0.0) -> Rule:
    r"""Return the activity product rule, :math:`\Delta w = y x`.

    Parameters
    ----------
    mean : float, optional
        Not used; taken so that every named rule is called alike.

    Notes
    -----
    Hebb (1949); as the storage rule of an associative memory, Hopfield (1982).

    Examples
    --------
    >>> hebb().formula
    'post*pre'
    """
    return Rule({(0, 1, 1): 1.0}, name="hebb")


def covariance(mean: float) -> Rule:
    r"""Return the covariance rule, :math:`\Delta w = (y - a)(x - a)`.

    Parameters
    ----------
    mean : float
        Mean activity `a` of a neuron over the patterns; finite.

    Raises
    ------
    InvalidArgument
        If `mean` is not a finite number.

    Notes
    -----
    For two-valued neurons the best additive local rule (Dayan & Willshaw 1991). Sejnowski (1977);
    Tsodyks & Feigelman (1988).

    Examples
    --------
    >>> covariance(0.5).formula
    'post*pre - 0.5*post - 0.5*pre + 0.25'
    """
    a = _mean(mean)
    return Rule({(0, 1, 1): 1.0, (0, 1, 0): -a, (0, 0, 1): -a, (0, 0, 0): a * a}, name="covariance")


def presynaptic_gating(mean: float) -> Rule:
    r"""Return the presynaptically gated rule, :math:`\Delta w = (y - a) x`.

    Parameters
    ----------
    mean : float
        Mean activity `a` of a neuron over the patterns; finite.

    Raises
    ------
    InvalidArgument
        If `mean` is not a finite number.

    Notes
    -----
    With activities 0 and 1 the weight changes only where the presynaptic neuron is active (homosynaptic
    depression). Gerstner & Kistler (2002), section 10.1.

    Examples
    --------
    >>> presynaptic_gating(0.5).formula
    'post*pre - 0.5*pre'
    """
    return Rule({(0, 1, 1): 1.0, (0, 0, 1): -_mean(mean)}, name="presynaptic-gating")


def postsynaptic_gating(mean: float) -> Rule:
    r"""Return the postsynaptically gated rule, :math:`\Delta w = y (x - a)`.

    Parameters
    ----------
    mean : float
        Mean activity `a` of a neuron over the patterns; finite.

    Raises
    ------
    InvalidArgument
        If `mean` is not a finite number.

    Notes
    -----
    With activities 0 and 1 the weight changes only where the postsynaptic neuron is active
    (heterosynaptic depression). Gerstner & Kistler (2002), section 10.1.

    Examples
    --------
    >>> postsynaptic_gating(0.5).formula
    'post*pre - 0.5*post'
    """
    return Rule({(0, 1, 1): 1.0, (0, 1, 0): -_mean(mean)}, name="postsynaptic-gating")


NAMES: Mapping[str, Callable[[float], Rule]] = MappingProxyType(
    {
        "hebb": hebb,
        "activity-product": hebb,
        "covariance": covariance,
        "presynaptic-gating": presynaptic_gating,
        "postsynaptic-gating": postsynaptic_gating,
    }
)
"""Every named rule, as a function of the mean activity of a neuron."""


def resolve(spec: Rule | str, *, mean: float) -> Rule:
    """Return the rule that is meant by a name, coefficients, a formula, or a rule itself.

    Parameters
    ----------
    spec : Rule or str
        A `Rule`; a name in `NAMES` (``"covariance"``); named second-order coefficients
        (``"c2_corr=1,c1_pre=-0.1"``); or a formula (``"post*pre - 0.1*pre"``).
    mean : float
        Mean activity of a neuron over the patterns, which some named rules subtract; finite.

    Returns
    -------
    Rule
        The increment of the weight.

    Raises
    ------
    InvalidArgument
        If nothing is meant by the text; a name that is nearly right is suggested.

    Examples
    --------
    >>> resolve("covariance", mean=0.0) == hebb()
    True
    >>> resolve("c2_corr=1,c1_pre=-0.1", mean=0.0).formula
    'post*pre - 0.1*pre'
    """
    mean = _mean(mean)
    if isinstance(spec, Rule):
        return spec
    if callable(spec):
        shown = getattr(spec, "__name__", type(spec).__name__)
        way_out = "pass expand(function).rule or interpolate(function, levels=(low, high))"
        raise fail("rule", shown, "is a function, and must become a rule first", way_out)
    if not isinstance(spec, str):
        raise fail("rule", spec, "must be a Rule or text", _choices())
    if len(spec) > MAX_LENGTH:
        return parse(spec)  # refuses it
    text = spec.strip()
    name = text.lower().replace("_", "-")
    if name in NAMES:
        return NAMES[name](mean)
    if "=" in text:
        return _second_order(text)
    # "post-pre" has the form of a name, and is a formula.
    parts = set(text.split("-"))
    if re.fullmatch(r"[A-Za-z][\w-]*", text) and not parts & {"post", "pre", "w"}:
        raise fail("rule", text, "is not the name of a rule", _near(name, [*NAMES]) + _choices())
    return parse(text)


def _second_order(text: str) -> Rule:
    given: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or name not in _COEFFICIENTS:
            way_out = _near(name, _COEFFICIENTS) + f"the coefficients are {', '.join(_COEFFICIENTS)}"
            raise fail("rule", text, f"has the unknown coefficient {name[:40]!r}", way_out)
        if name in given:
            raise fail("rule", text, f"gives {name} twice", "give each coefficient once")
        try:
            given[name] = real(name, float(number))
        except ValueError:
            raise fail("rule", text, f"must give {name} as a finite number", "as in c2_corr=1") from None
    return Rule.second_order(**given)


def _near(name: str, known: tuple[str, ...] | list[str]) -> str:
    # The comparison takes quadratic time, and nothing long is near to a name.
    close = difflib.get_close_matches(name[:40], known, n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def _choices() -> str:
    names = ", ".join(NAMES)
    return f'give one of {names}; a formula such as "post*pre - 0.1*pre"; or "c2_corr=1,c1_pre=-0.1"'


def _mean(value: float) -> float:
    return real("mean", value, meaning="mean is the mean activity of a neuron over the patterns")
