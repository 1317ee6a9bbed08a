"""What is left of a pattern after others were written over it, and for how many is it remembered?

`forgetting` puts the theories and the measurement of one rule next to each other. It holds no science: it
builds the experiment, asks each part, and keeps the answers together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.criteria import Criterion
from hebbcap.criteria import criterion as parse_criterion
from hebbcap.dynamics import Fixed, Threshold
from hebbcap.learning import Rule, Synapse, synapse
from hebbcap.measurement.forgetting import MeasuredTrace, measure_forgetting
from hebbcap.measurement.measured import DEFAULT_PRECISION, MeasuredCapacity, Progress
from hebbcap.memories import Plastic
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.question import threshold as parse_threshold
from hebbcap.theory.forgetting import lifetime_readings, methods, what_is_left
from hebbcap.theory.forgetting.trace import Left
from hebbcap.theory.reading import Reading

DEFAULT_DIM: Final = 1000
"""Number of neurons where neither the caller nor the data say."""

MOST_AGES: Final = 10_000
"""Largest age that may be asked for."""

_SHOWN = 40
"""Ages chosen where none are asked for."""


@final
@dataclass(frozen=True)
class Forgetting:
    """What is left of patterns by age, by theory and measured.

    Attributes
    ----------
    experiment : Experiment
        The question.
    seed : int
        Seed of the networks.
    ages : tuple of int
        Patterns presented since, of the rows of `theory`; 0 is the newest.
    readings : tuple of Reading
        The lifetime by each theory, or why none applies: the number of latest patterns that all meet the
        criterion. The sharpest is last.
    theory : Left or None
        Fields, noise, threshold and bit error at each age, by the sharpest theory; None if none applies.
    trace : MeasuredTrace or None
        The same measured; None if not asked.
    measured : MeasuredCapacity or None
        The measured lifetime; None if not asked.
    """

    experiment: Experiment
    seed: int
    ages: tuple[int, ...]
    readings: tuple[Reading, ...]
    theory: Left | None
    trace: MeasuredTrace | None
    measured: MeasuredCapacity | None

    @property
    def rule(self) -> str:
        """The rule, as the command line spells it."""
        return str(self.experiment.memory.synapse.name)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        asked = self.experiment
        lifetimes = {
            r.method: {"lifetime": r.value, "applies": r.applies} | ({"why": r.why} if r.why else {})
            for r in self.readings
        }
        theory = None
        if self.theory is not None:
            theory = {"ages": list(self.ages)} | {
                name: np.asarray(getattr(self.theory, name)).tolist()
                for name in ("signal", "noise", "threshold", "bit_error")
            }
        measured = None
        if self.trace is not None and self.measured is not None:
            names = ("signal", "signal_low", "signal_high", "noise", "bit_error", "error_low", "error_high")
            m = self.measured
            measured = {
                "ages": list(self.trace.ages),
                **{name: getattr(self.trace, name).tolist() for name in names},
                "networks": self.trace.networks,
                "settled_after": self.trace.settled_after,
                "lifetime": m.n_patterns,
                "low": m.low,
                "high": m.high,
                "confidence": m.confidence,
                "censored": m.censored,
                "note": m.note,
            }
        return {
            "rule": self.rule,
            "dim": asked.dim,
            "patterns": asked.ensemble.name,
            "criterion": str(asked.criterion),
            "flips": asked.flips,
            "threshold": asked.threshold if isinstance(asked.threshold, str) else repr(asked.threshold),
            "seed": self.seed,
            "lifetime": lifetimes,
            "theory": theory,
            "measured": measured,
        }

    def __repr__(self) -> str:
        parts = [f"{r.method} {r.value if r.applies else 'does not apply'}" for r in self.readings]
        if self.measured is not None:
            parts.append(f"measured {self.measured.brief}")
        asked = self.experiment
        return (
            f"Forgetting({self.rule}, {asked.ensemble.name}, dim={asked.dim}, {asked.criterion}: "
            f"{', '.join(parts)})"
        )


def forgetting(
    rule: str | Rule | Synapse,
    *,
    patterns: str | Ensemble | ArrayLike = "rademacher",
    dim: int | None = None,
    criterion: str | Criterion = "bit-error:0.01",
    ages: tuple[int, ...] | None = None,
    flips: float = 0.0,
    threshold: str | float | Threshold | None = None,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    measure: bool = True,
    progress: Progress | None = None,
) -> Forgetting:
    """Return what is left of a pattern by age, and for how many patterns it is remembered.

    Patterns are presented one after another for ever; the weights are in their steady state, and a pattern
    is cued after `age` others were written over it. The lifetime is the number of latest patterns that all
    meet the criterion.

    Parameters
    ----------
    rule : str, Rule or Synapse
        One that reads the present weight: "decay:0.01", "oja:0.05", "instar:0.05", "outstar:0.05",
        "bcm:0.01,100", "bounded:5", "stochastic:0.1", or a formula such as "post*pre - 0.1*w".
    patterns : str, Ensemble or array-like
        "rademacher", "biased:P", "sparse:A", a file or an array (rows, D).
    dim : int, optional
        D, the number of neurons; taken from the data, or 1000.
    criterion : str or Criterion
        "bit-error:p", "pattern-error:p", "all-patterns:p" or "overlap:m".
    ages : tuple of int, optional
        Ages at which to report; chosen around the lifetime if left out. At most 10,000.
    flips : float
        Fraction of the cue's bits that are flipped, 0 <= flips < 0.5.
    threshold : str, float or Threshold, optional
        "midpoint" (of the mean fields of high and low neurons at each age), "zero", a number. If left out,
        zero for symmetric +-1 patterns and the midpoint for others.
    precision : float
        Half the width of the measured interval over the lifetime, 0.001 to 0.5.
    seed : int
        Seed of the networks, non-negative.
    measure : bool
        Whether to run networks.
    progress : callable, optional
        Called with the share of the measurement done and a line of text.

    Raises
    ------
    InvalidArgument
        If an argument breaks its rule, or the rule does not read the present weight.
    NoTheory
        If the weights never settle, so that there is no steady state to ask about.

    Examples
    --------
    >>> forgetting("decay:0.01", measure=False)
    Forgetting(post*pre - 0.01*w, rademacher, dim=1000, bit-error:0.01: snr 65)
    >>> forgetting("bounded:5", dim=500, measure=False)
    Forgetting(bounded:5, rademacher, dim=500, bit-error:0.01: snr 22, exact 22)
    """
    drawn = parse_ensemble(patterns)
    kind = synapse(rule, mean=drawn.mean)
    if _is_additive(kind):
        raise _checks.fail(
            "rule",
            kind.name,
            "does not read the present weight",
            "it adds up: ask capacity() how much it holds",
        )
    symmetric = drawn.levels == (-1.0, 1.0) and drawn.p_high == 0.5
    default = Fixed() if symmetric else MIDPOINT
    asked = Experiment(
        memory=Plastic(kind),
        ensemble=drawn,
        dim=dim if dim is not None else (drawn.dim or DEFAULT_DIM),
        criterion=parse_criterion(criterion),
        flips=flips,
        threshold=default if threshold is None else parse_threshold(threshold),
    )
    _checks.real("precision", precision, low=0.001, high=0.5, meaning="it is the relative half-width")
    _checks.integer("seed", seed, low=0, meaning="seed starts the random streams")
    wanted = _checked_ages(ages)
    readings = lifetime_readings(asked)
    trace, measured = None, None
    if measure:
        trace, measured = measure_forgetting(asked, wanted, precision=precision, seed=seed, progress=progress)
    shown = wanted or (trace.ages if trace is not None else _chosen(readings))
    return Forgetting(asked, seed, shown, readings, _by_theory(asked, shown), trace, measured)


def _is_additive(kind: Synapse) -> bool:
    rule = getattr(kind, "rule", None)
    return bool(kind.is_affine and not kind.is_finite and isinstance(rule, Rule) and rule.is_additive)


def _checked_ages(ages: tuple[int, ...] | None) -> tuple[int, ...]:
    meaning = "an age is how many patterns were presented since"
    if ages is not None and not isinstance(ages, Iterable):
        raise _checks.fail("ages", ages, "must be a list of whole numbers", meaning)
    checked = {_checks.integer("ages", age, low=0, high=MOST_AGES, meaning=meaning) for age in ages or ()}
    return tuple(sorted(checked))


def _chosen(readings: tuple[Reading, ...]) -> tuple[int, ...]:
    """Return ages from 0 to twice the longest lifetime found."""
    last = 2 * max([4.0, *(r.value for r in readings if r.value is not None)])
    return tuple(int(a) for a in np.unique(np.round(np.linspace(0, min(last, MOST_AGES), _SHOWN))))


def _by_theory(asked: Experiment, ages: tuple[int, ...]) -> Left | None:
    try:
        return what_is_left(asked, methods(asked)[-1], ages)
    except NoTheory:
        return None
