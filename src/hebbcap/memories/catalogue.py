"""Which memory does a piece of text mean?

To add a memory: write its class in a file of its own, and add one row to `NAMES`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hebbcap import _checks
from hebbcap.learning import Incremental, Rule, Synapse, synapse
from hebbcap.memories.dense import Dense
from hebbcap.memories.hopfield import Hopfield
from hebbcap.memories.plastic import Plastic
from hebbcap.memories.protocol import Memory, Recaller
from hebbcap.separation import Exponential, FormulaSeparation, Polynomial

DEFAULT_ORDER = 3


def _hopfield(tail: str, rule: Synapse) -> Memory:
    if isinstance(rule, Incremental) and rule.rule.is_additive:
        return Hopfield(rule.rule)
    return Plastic(rule)


def _dense(tail: str, rule: Synapse) -> Memory:
    return Dense(Polynomial(_order(tail)))


def _rectified(tail: str, rule: Synapse) -> Memory:
    return Dense(Polynomial(_order(tail), rectified=True))


def _exponential(tail: str, rule: Synapse) -> Memory:
    try:
        return Dense(Exponential(float(tail or 1)))
    except ValueError as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        raise _checks.fail(
            "memory", f"exponential:{tail}", "must be exponential or exponential:BETA"
        ) from None


def _energy(tail: str, rule: Synapse) -> Memory:
    return Dense(FormulaSeparation(tail))


def _order(tail: str) -> int:
    try:
        return int(tail or DEFAULT_ORDER)
    except ValueError:
        raise _checks.fail("order", tail, "must be a whole number", "it is the power N of dense:N") from None


NAMES: Mapping[str, tuple[str, Callable[[str, Synapse], Memory]]] = MappingProxyType(
    {
        "hopfield": ("hopfield:RULE, pairwise weights written by a local rule (Hebb if left out)", _hopfield),
        "dense": ("dense:N, F(x) = x^N / N (N = 3 if left out)", _dense),
        "rectified": ("rectified:N, F(x) = max(x, 0)^N / N", _rectified),
        "exponential": ("exponential:BETA, F(x) = exp(BETA x) (BETA = 1 if left out)", _exponential),
        "energy": ("energy:FORMULA, F(x) as a polynomial such as x^3/3 + 0.1*x^5", _energy),
    }
)
"""Name -> (one line for the help, function of the text after the colon and the rule)."""


def memory(
    spec: str | Memory | Recaller,
    *,
    order: int | None = None,
    rule: str | Rule | Synapse | None = None,
    mean: float = 0.0,
) -> Memory | Recaller:
    """Return the memory that a name stands for.

    Parameters
    ----------
    spec : str, Memory or Recaller
        "hopfield", "hopfield:covariance", "hopfield:oja:0.05", "dense", "dense:4", "rectified:3",
        "exponential", "exponential:0.5"; or a memory, returned as it is.
    order : int, optional
        The power of F for `dense` and `rectified`, instead of the number after the colon.
    rule : str, Rule or Synapse, optional
        The learning rule of `hopfield`: a name, named coefficients or a formula; Hebb if left out. One
        that reads the present weight gives a `Plastic` memory, in which the order of patterns matters.
    mean : float
        Mean activity of the patterns, which the covariance rule subtracts.

    Raises
    ------
    InvalidArgument
        If the name is unknown, or an option does not go with it.

    Examples
    --------
    >>> memory("dense", order=4)
    Dense(separation=Polynomial(order=4, rectified=False))
    """
    if not isinstance(spec, str):
        if order is not None or rule is not None:
            raise _checks.fail("memory", spec, "is complete", "leave out order and rule")
        return spec
    name, colon, tail = spec.partition(":")
    if colon and not tail:
        raise _checks.fail("memory", spec, "ends in a colon", f"drop it, or say what follows as in {name}:3")
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(NAMES)}"
        raise _checks.fail("memory", spec, "is not known", hint)
    if order is not None:
        if name not in ("dense", "rectified"):
            raise _checks.fail("order", order, f"does not go with {name}", "use dense or rectified")
        if tail and tail != str(order):
            raise _checks.fail("order", order, f"contradicts {spec}", "give the order once")
        tail = str(order)
    if rule is not None:
        if name != "hopfield":
            raise _checks.fail(
                "rule", str(rule), f"does not go with {name}", "rules write pairwise weights: use hopfield"
            )
        if tail:
            raise _checks.fail("rule", str(rule), f"contradicts {spec}", "give the rule once")
    chosen: str | Rule | Synapse = "hebb" if rule is None else rule
    if name == "hopfield" and tail:
        chosen = tail
    return NAMES[name][1](tail, synapse(chosen, mean=mean))
