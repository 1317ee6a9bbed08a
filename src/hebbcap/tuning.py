"""Which additive rule holds most of these patterns?

For independent entries the answer is a formula (`hebbcap.theory.rules.optimum`). For data it is learned:
signal and noise of the fields are taken from one half of the patterns, the best rule from them, and what it
really wins is measured on the other half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from hebbcap import _checks
from hebbcap._checks import fail
from hebbcap.criteria import Criterion
from hebbcap.criteria import criterion as parse_criterion
from hebbcap.learning import Rule, covariance, hebb
from hebbcap.measurement import MeasuredCapacity, MeasuredError, measure_capacity, measure_error
from hebbcap.measurement.measured import Progress
from hebbcap.memories import Hopfield
from hebbcap.patterns import Data, Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.one_update import one_step
from hebbcap.theory.rules.discriminant import discriminant
from hebbcap.theory.rules.optimum import Optimum, optimum, readable

DEFAULT_DIM: Final = 100
BEST: Final = "best"
HEBB: Final = "hebb"
COVARIANCE: Final = "covariance"


@final
@dataclass(frozen=True)
class HeldOut:
    """What a rule learned from one half of the patterns does on the other.

    Attributes
    ----------
    n_patterns : int
        K at which rule and errors were found.
    predicted : float
        Bit error of the best rule that the normal law of its fields promises.
    errors : dict of str to MeasuredError
        Measured on draws from the held-out half, for the best rule, hebb and covariance.
    capacities : dict of str to MeasuredCapacity
        Likewise.
    """

    n_patterns: int
    predicted: float
    errors: dict[str, MeasuredError]
    capacities: dict[str, MeasuredCapacity]

    @property
    def miss(self) -> float | None:
        """Measured over predicted bit error of the best rule; None where none was predicted."""
        return self.errors[BEST].bit_error / self.predicted if self.predicted > 0 else None


@final
@dataclass(frozen=True)
class BestRule:
    """The best additive rule for some patterns.

    Attributes
    ----------
    rule : Rule
        The rule, its leading coefficient 1 or -1.
    readable : str
        The same as a product where it is one.
    ensemble : Ensemble
        The patterns.
    dim, order : int
        D, and the largest power of post and pre together.
    criterion : Criterion
        What the capacities mean.
    theory : Optimum or None
        How it was derived; None for patterns whose entries are correlated.
    held_out : HeldOut or None
        What was measured; None where theory answers.
    """

    rule: Rule
    readable: str
    ensemble: Ensemble
    dim: int
    order: int
    criterion: Criterion
    theory: Optimum | None
    held_out: HeldOut | None

    @property
    def capacities(self) -> dict[str, int]:
        """What the best rule, hebb and covariance hold: by theory, or measured on held-out patterns."""
        if self.theory is not None:
            return {BEST: self.theory.capacity, HEBB: self.theory.hebb, COVARIANCE: self.theory.covariance}
        assert self.held_out is not None
        return {name: found.n_patterns for name, found in self.held_out.capacities.items()}

    def gain(self, over: str) -> float | None:
        """Return the capacity over that of "hebb" or "covariance"; None where that holds nothing."""
        held = self.capacities
        return held[BEST] / held[over] if held[over] else None

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        result: dict[str, Any] = {
            "rule": self.rule.formula,
            "readable": self.readable,
            "patterns": self.ensemble.name,
            "dim": self.dim,
            "order": self.order,
            "criterion": str(self.criterion),
            "capacities": self.capacities,
            "gain": {name: self.gain(name) for name in (HEBB, COVARIANCE)},
            "theory": None,
            "held_out": None,
        }
        if self.theory is not None:
            found = self.theory
            result["theory"] = {
                "tuned": found.tuned.formula,
                "n_patterns": found.n_patterns,
                "edge": found.edge,
                "free": [rule.formula for rule in found.free],
                "note": found.note,
            }
        if self.held_out is not None:
            held = self.held_out
            result["held_out"] = {
                "n_patterns": held.n_patterns,
                "predicted": held.predicted,
                "measured_over_predicted": held.miss,
                "bit_errors": {
                    name: {"bit_error": e.bit_error, "low": e.low, "high": e.high}
                    for name, e in held.errors.items()
                },
                "capacities": {
                    name: {"n_patterns": c.n_patterns, "low": c.low, "high": c.high, "censored": c.censored}
                    for name, c in held.capacities.items()
                },
            }
        return result

    def __repr__(self) -> str:
        held = ", ".join(f"{name} {count}" for name, count in self.capacities.items())
        return f"BestRule({self.readable}, {self.ensemble.name}, dim={self.dim}, {self.criterion}: {held})"


def best_rule(
    patterns: Any = "rademacher",
    *,
    order: int = 2,
    dim: int | None = None,
    n_patterns: int | None = None,
    criterion: str | Criterion = "bit-error:0.01",
    threshold: str = "midpoint",
    seed: int = 0,
    precision: float = 0.05,
    binarise: str = "auto",
    progress: Progress | None = None,
) -> BestRule:
    """Return the additive rule of a total order in post and pre that holds most of these patterns.

    Parameters
    ----------
    patterns : str, Ensemble or array-like
        Anything that `hebbcap.patterns.ensemble` reads.
    order : int
        Largest power of post and pre together, 1 to 8; at least 2 for correlated patterns.
    dim : int, optional
        D; taken from the data, or 100.
    n_patterns : int, optional
        K at which the rule is to be best. Left out: its own capacity, or for data the capacity of the
        covariance rule, measured.
    criterion : str or Criterion
        "bit-error:p", "pattern-error:p" or "all-patterns:p".
    threshold : str
        "midpoint", "inhibition", "adaptive" or "inhibition+adaptive": what is taken off the fields before
        they are read halfway between their means. Only "midpoint" for correlated patterns.
    seed : int
        Of the split and the draws, for correlated patterns.
    precision : float
        Of what is measured, for correlated patterns.
    binarise : str
        How data become two-valued.
    progress : callable, optional
        Called with the share of the measurement done and a line of text.

    Returns
    -------
    BestRule
        The rule, what it holds, and what hebb and covariance hold.

    Raises
    ------
    InvalidArgument
        If an argument breaks its rule.
    NoTheory
        If no rule of this order holds anything, or the criterion is about fixed points.

    Notes
    -----
    On data the rule is Fisher's linear discriminant of the fields that the constant, pre, post and their
    product would give: the largest signal to noise, but not always the fewest errors, since the fields of
    real patterns are not normal. `HeldOut.miss` says how far off the normal law was.

    Examples
    --------
    >>> best_rule("sparse:0.1", dim=500)
    BestRule((post - 0.1)*(pre - 0.1), sparse:0.1, dim=500, bit-error:0.01: best 222, hebb 37, covariance 222)
    """
    ensemble = parse_ensemble(patterns, binarise=binarise)
    asked = one_step(parse_criterion(criterion))
    size = _checks.dimension(dim if dim is not None else (ensemble.dim or DEFAULT_DIM))
    _checks.integer("seed", seed, low=0, meaning="seed starts the random streams")
    _checks.real("precision", precision, low=0.001, high=0.5, meaning="it is the relative half-width")
    if n_patterns is not None:
        _checks.pattern_count(n_patterns)
    if ensemble.independent:
        found = optimum(
            ensemble, order=order, dim=size, n_patterns=n_patterns, criterion=asked, threshold=threshold
        )
        return BestRule(found.rule, found.readable, ensemble, size, order, asked, found, None)
    if threshold != "midpoint":
        raise fail(
            "threshold", threshold, "must be midpoint for correlated patterns", "nothing else is learned"
        )
    if _checks.integer("order", order, low=1) < 2:
        raise fail("order", order, "must be at least 2 for correlated patterns", "a rule needs post*pre")
    train, test = _halves(ensemble, seed)
    options: dict[str, Any] = {"precision": precision, "seed": seed}
    question = Experiment(Hopfield(), train, size, asked, threshold=MIDPOINT)
    known = {HEBB: hebb(), COVARIANCE: covariance(train.mean)}
    if n_patterns is None:
        first = _with_rule(question, known[COVARIANCE], train)
        n_patterns = max(measure_capacity(first, **options, progress=progress).n_patterns, 2)
    for half in (train, test):
        _with_rule(question, known[HEBB], half).check_count(n_patterns)
    rule, predicted = discriminant(train, size, n_patterns, seed)
    rules = {BEST: rule} | known
    asks = {name: _with_rule(question, each, test) for name, each in rules.items()}
    held_out = HeldOut(
        n_patterns=n_patterns,
        predicted=predicted,
        errors={n: measure_error(e, n_patterns, **options, progress=progress) for n, e in asks.items()},
        capacities={n: measure_capacity(e, **options, progress=progress) for n, e in asks.items()},
    )
    return BestRule(rule, readable(rule), ensemble, size, order, asked, None, held_out)


def _halves(ensemble: Ensemble, seed: int) -> tuple[Ensemble, Ensemble]:
    """Split data at random; drawn patterns are new at every draw."""
    if not isinstance(ensemble, Data):
        return ensemble, ensemble
    rows = np.random.default_rng(seed).permutation(len(ensemble.array))
    middle = len(rows) // 2
    if middle < 4:
        raise fail("patterns", ensemble.name, "must be at least 8", "one half is learned from, one measured")
    halves = (ensemble.array[rows[:middle]], ensemble.array[rows[middle:]])
    return Data(halves[0], f"{ensemble.name}, half"), Data(halves[1], f"{ensemble.name}, other half")


def _with_rule(question: Experiment, rule: Rule, ensemble: Ensemble) -> Experiment:
    return Experiment(
        Hopfield(rule), ensemble, question.dim, question.criterion, threshold=question.threshold
    )
