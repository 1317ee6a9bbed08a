"""Which rules and synapses have a name, and what does a piece of text mean?

To add an additive rule: write a function of the mean activity that returns a `Rule`, and add one row to
`NAMES`. To add a synapse that forgets: write its class or its rule, and add one row to `SYNAPSES`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hebbcap._checks import fail, real
from hebbcap.learning.formula import MAX_LENGTH, parse
from hebbcap.learning.plasticity import Incremental, Synapse
from hebbcap.learning.rule import Rule
from hebbcap.learning.synapses import BCM, Bounded, Stochastic
from hebbcap.learning.weight_dependent import decay, instar, oja, outstar

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


def _incremental(make: Callable[[float], Rule]) -> Callable[..., Synapse]:
    def build(value: float = 0.1) -> Synapse:
        return Incremental(make(value))

    return build


SYNAPSES: Mapping[str, tuple[str, Callable[..., Synapse]]] = MappingProxyType(
    {
        "decay": ("decay:LAMBDA, the activity product with passive decay", _incremental(decay)),
        "oja": ("oja:ETA, Oja's rule with clamped activities", _incremental(oja)),
        "instar": ("instar:ETA, gated by post (heterosynaptic depression)", _incremental(instar)),
        "outstar": ("outstar:ETA, gated by pre (homosynaptic depression)", _incremental(outstar)),
        "bcm": ("bcm:DECAY,WINDOW, a sliding threshold and passive decay", BCM),
        "bounded": ("bounded:A or bounded:A,RULE, hard bounds at +-A", Bounded),
        "stochastic": ("stochastic:UP,DOWN,LOW,RULE, two values that switch by chance", Stochastic),
    }
)
"""Name -> (one line for the help, function of the numbers and the rule after the colon)."""


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
    if name.partition(":")[0] in SYNAPSES:
        named = _named_synapse(text, mean)
        if isinstance(named, Incremental):
            return named.rule
        raise fail("rule", text, "is not a polynomial in w, post and pre", "use it as the rule of hopfield")
    if "=" in text:
        return _second_order(text)
    # "post-pre" has the form of a name, and is a formula.
    parts = set(text.split("-"))
    if re.fullmatch(r"[A-Za-z][\w-]*", text) and not parts & {"post", "pre", "w"}:
        raise fail("rule", text, "is not the name of a rule", _near(name, [*NAMES, *SYNAPSES]) + _choices())
    return parse(text)


def synapse(spec: Synapse | Rule | str, *, mean: float) -> Synapse:
    """Return the synapse that is meant by a name, a formula, a rule, or a synapse itself.

    Parameters
    ----------
    spec : Synapse, Rule or str
        A `Synapse`; a name in `SYNAPSES` with its numbers after a colon (``"oja:0.05"``,
        ``"bounded:5"``, ``"stochastic:0.1,0.05"``), and for some a rule after these
        (``"bounded:5,2*post*pre - post"``); or whatever `resolve` reads, as ``"post*pre - 0.1*w"``.
    mean : float
        Mean activity of a neuron over the patterns, which some named rules subtract; finite.

    Returns
    -------
    Synapse
        What one synapse does when its two neurons show (post, pre).

    Raises
    ------
    InvalidArgument
        If nothing is meant by the text.

    Examples
    --------
    >>> synapse("stochastic:0.1,0.05", mean=0.0).name
    'stochastic:0.1,0.05'
    >>> synapse("oja:0.5", mean=0.0).name
    '0.5*post*pre - 0.5*w*post**2'
    """
    if isinstance(spec, Synapse):
        return spec
    if isinstance(spec, str) and spec.strip().lower().partition(":")[0] in SYNAPSES:
        return _named_synapse(spec.strip(), _mean(mean))
    return Incremental(resolve(spec, mean=mean))


def _named_synapse(text: str, mean: float) -> Synapse:
    head, _, tail = text.partition(":")
    usage, build = SYNAPSES[head.lower()]
    values: list[float | Rule] = []
    while tail:
        part, _, rest = tail.partition(",")
        try:
            values.append(float(part))
            tail = rest
        except ValueError:  # what is no number is the rule, to the end
            values.append(resolve(tail, mean=mean))
            break
    rule = {"rule": values.pop()} if values and isinstance(values[-1], Rule) else {}
    try:
        return build(*values, **rule)
    except TypeError:
        raise fail("rule", text, "has too many or too few parts", f"write {usage}") from None


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
    names = ", ".join([*NAMES, *SYNAPSES])
    return f'give one of {names}; a formula such as "post*pre - 0.1*pre"; or "c2_corr=1,c1_pre=-0.1"'


def _mean(value: float) -> float:
    return real("mean", value, meaning="mean is the mean activity of a neuron over the patterns")
