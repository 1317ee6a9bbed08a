r"""Which additive rule holds most?

A rule g = sum_k c_k phi_k has a signal that is linear in c and a noise that is quadratic in it, so that the
best one is a generalised Rayleigh quotient:

.. math:: \max_c \frac{(c \cdot s)^2}{c^T \Sigma(K)\, c} \quad\Rightarrow\quad c = \Sigma(K)^{-1} s

with s and Sigma from `hebbcap.theory.rules.additive`. In a large network only the interaction is worth its
noise, and on two levels that is the covariance rule (Dayan & Willshaw 1991). At finite D and K the best
rule is a little off it, by terms of relative size 1 / D and 1 / K.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from hebbcap import _checks
from hebbcap._checks import NoTheory, fail
from hebbcap.criteria import Criterion
from hebbcap.learning import Rule, covariance, hebb
from hebbcap.patterns import Ensemble
from hebbcap.theory.rules.additive import Values, level_chances
from hebbcap.theory.rules.rule_family import CLEAN, Family

MAX_ORDER: Final = 8
THRESHOLDS: Final = ("midpoint", "inhibition", "adaptive", "inhibition+adaptive")
"""Halfway between the mean fields, with nothing, the mean field of the network, each neuron's own mean field,
or both taken off before."""

_ROUNDS = 50
_SOUGHT = 6
"""Digits to which a minimum is sought."""


@final
@dataclass(frozen=True)
class Optimum:
    """The best rule of a family, by theory.

    Attributes
    ----------
    rule : Rule
        The best rule of a large network, its leading coefficient 1; `tuned` where none holds in the limit.
    readable : str
        The same as a product where it is one, as "(post - 0.1)*(pre - 0.1)".
    capacity : int
        What it holds by signal to noise under the criterion.
    tuned : Rule
        The best rule at exactly this D and K, with the noise of the cued pattern itself counted.
    n_patterns : int
        That K: what `tuned` holds, unless another was given.
    edge : float
        By which share the bit error of `tuned` at that K is below that of `rule`.
    hebb, covariance : int
        What these rules hold.
    free : tuple of Rule
        What may be added to the rule in any amount without changing anything.
    note : str
        What must be known to read it.
    """

    rule: Rule
    readable: str
    capacity: int
    tuned: Rule
    n_patterns: int
    edge: float
    hebb: int
    covariance: int
    free: tuple[Rule, ...]
    note: str


def optimum(
    ensemble: Ensemble,
    *,
    order: int,
    dim: int,
    n_patterns: int | None,
    criterion: Criterion,
    threshold: str = "midpoint",
) -> Optimum:
    """Return the best polynomial rule of a total order on patterns of independent entries.

    Parameters
    ----------
    ensemble : Ensemble
        Independent entries of any finite number of levels.
    order : int
        Largest power of post and pre together, 1 to 8.
    dim : int
        D, the number of neurons.
    n_patterns : int or None
        K at which the rule is to be best; None for its own capacity.
    criterion : Criterion
        What the capacities mean.
    threshold : str
        One of `THRESHOLDS`.

    Raises
    ------
    NoTheory
        If entries are correlated, or no rule of this order tells high from low neurons.

    Examples
    --------
    >>> from hebbcap.patterns import Sparse
    >>> found = optimum(Sparse(0.1), order=2, dim=500, n_patterns=None, criterion=Criterion())
    >>> found.readable, found.capacity, found.hebb
    ('(post - 0.1)*(pre - 0.1)', 222, 37)
    """
    order = _checks.integer("order", order, low=1, high=MAX_ORDER, meaning="it is the power of post and pre")
    if threshold not in THRESHOLDS:
        raise fail("threshold", threshold, f"must be one of {', '.join(THRESHOLDS)}")
    levels, chances = level_chances(ensemble)
    top = len(levels) - 1
    wanted = [(b, a) for b in range(order + 1) for a in range(order + 1 - b)]
    powers = tuple(power for power in wanted if max(power) <= top)
    family = Family(powers, levels, chances, dim, threshold)
    signal = family.signal()
    # What brings no noise brings no signal either: it is taken off the fields.
    loud = np.array([family.law(family.table(unit), 1.0).variance.max() for unit in np.eye(len(signal))])
    kept = np.flatnonzero(loud > CLEAN * loud.max())
    if np.abs(signal[kept]).max(initial=0.0) <= CLEAN * family.dim:
        raise NoTheory("no rule of this order gives high and low neurons different fields: raise the order")
    tuned, count = _best(family, signal, kept, criterion, n_patterns, own=True)
    core = np.array([k for k in kept if min(powers[k]) > 0], dtype=np.int64)
    best = tuned
    if np.abs(signal[core]).max(initial=0.0) > CLEAN * family.dim:
        best, _ = _best(family, signal, core, criterion, n_patterns, own=False)
    rule = family.rule(best, _SOUGHT if top > 1 or best is tuned else 12)
    classical = (hebb(), covariance(float(chances @ levels)))
    held, by_hebb, by_covariance = (family.capacity(r.table(levels), criterion) for r in (rule, *classical))
    return Optimum(
        rule=rule,
        readable=readable(rule),
        capacity=held,
        tuned=family.rule(tuned, _SOUGHT),
        n_patterns=count,
        edge=_edge(family.error(tuned, count), family.error(best, count)),
        hebb=by_hebb,
        covariance=by_covariance,
        free=tuple(Rule({(0, 0, a): 1.0}) for b, a in powers if b == 0 and "inhibition" in threshold),
        note=_note(len(levels), len(powers) < len(wanted), threshold),
    )


def _edge(tuned: float, plain: float) -> float:
    """Share of the errors that tuning takes away; none where there are none."""
    return 1 - tuned / plain if plain > 0 else 0.0


def readable(rule: Rule) -> str:
    """Return the rule as a product where it is one of second order, else as a sum.

    >>> from hebbcap.learning import parse
    >>> readable(parse("post*pre - 0.1*post - 0.2*pre + 0.02"))
    '(post - 0.2)*(pre - 0.1)'
    """
    lead = rule.coefficient(1, 1)
    if rule.order != 2 or not lead or any(max(powers) > 1 for powers, _ in rule.terms):
        return rule.formula
    of_post, of_pre = rule.coefficient(0, 1) / lead, rule.coefficient(1, 0) / lead
    rest = rule.coefficient(0, 0) - lead * of_post * of_pre
    if abs(rest) > 1e-9 * abs(lead):
        return rule.formula
    factors = [
        name if not shift else f"({name} {'-' if shift < 0 else '+'} {abs(shift):.10g})"
        for name, shift in (("post", of_post), ("pre", of_pre))
    ]
    return "*".join([f"{lead:.10g}"] * (lead != 1) + factors)


def _best(
    family: Family,
    signal: Values,
    kept: NDArray[np.int64],
    criterion: Criterion,
    n_patterns: int | None,
    *,
    own: bool,
) -> tuple[Values, int]:
    """Return the best coefficients and their K; where K is their capacity, go on until it stays the same."""
    count = n_patterns or family.dim
    best = np.zeros(len(signal))
    for _ in range(_ROUNDS):
        sigma = family.noise(max(count - 1, 1), own=own)[np.ix_(kept, kept)]
        size = np.sqrt(np.diag(sigma))
        best[kept] = np.linalg.solve(sigma / np.multiply.outer(size, size), signal[kept] / size) / size
        if own or len(family.levels) > 2:
            best = _refined(family, best, kept, count)
        held = n_patterns or max(family.capacity(family.table(best), criterion), 1)
        if held == count:
            break
        count = held
    return best, count


def _refined(family: Family, start: Values, kept: NDArray[np.int64], count: int) -> Values:
    """Lower the bit error itself: levels differ in their own noise, and more than two in their gaps."""
    scaled = start / np.linalg.norm(start)

    def filled(some: Values) -> Values:
        result = np.zeros_like(start)
        result[kept] = some
        return result

    def log_error(some: Values) -> float:
        return float(np.log(max(family.error(filled(some), max(count, 2)), 1e-300)))

    found = minimize(log_error, scaled[kept], method="BFGS")
    return filled(found.x) if found.fun < log_error(scaled[kept]) else start


def _note(n_levels: int, redundant: bool, threshold: str) -> str:
    notes = []
    if redundant:
        notes.append(
            f"on {n_levels} levels powers of one neuron above {n_levels - 1} say nothing new and are left out"
        )
    if "inhibition" in threshold:
        notes.append("under inhibition any function of pre alone may be added without changing anything")
    if "adaptive" in threshold:
        notes.append("adaptive thresholds make the cue count from its mean, up to terms of size 1 / K")
    if n_levels > 2:
        notes.append("more than two levels: found numerically, from the best signal to noise on")
    return "; ".join(notes)
