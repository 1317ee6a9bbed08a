"""How many patterns does this memory hold: every answer, side by side?

`capacity` and `error` put the theories and the measurement of one experiment next to each other. They hold
no science: they build the experiment, ask each part, and keep the answers together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, final

from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.bits import Information, information
from hebbcap.criteria import BIT_ERROR, Criterion
from hebbcap.criteria import criterion as parse_criterion
from hebbcap.dynamics import Threshold
from hebbcap.learning import Rule
from hebbcap.measurement import curve
from hebbcap.measurement.capacity import measure_capacity
from hebbcap.measurement.cost import trial_cost
from hebbcap.measurement.error import measure_error
from hebbcap.measurement.measured import (
    DEFAULT_PRECISION,
    Cost,
    MeasuredCapacity,
    MeasuredError,
    Progress,
)
from hebbcap.measurement.meter import MOST_SECONDS, seconds
from hebbcap.memories import Dense, Hopfield, Memory, Plastic, Recaller
from hebbcap.memories import memory as parse_memory
from hebbcap.patterns import Biased, Ensemble, Rademacher, Sparse
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import Experiment, default_threshold
from hebbcap.question import threshold as parse_threshold
from hebbcap.theory import SNR, Reading, capacity_reading, capacity_readings, error_readings

DEFAULT_DIM = 100
"""Number of neurons where neither the caller nor the data say."""

_NEURON_BYTES = 128.0
"""Bytes of a trial for each neuron, however few the patterns."""


@final
@dataclass(frozen=True)
class Capacity:
    """The capacity of one experiment, by each theory and by measurement.

    Attributes
    ----------
    experiment : Experiment
        The question.
    seed : int
        Seed of the trials.
    theory : tuple of Reading
        What the theories say, or why they don't apply; empty if not asked.
    measured : MeasuredCapacity or None
        What was measured; None if not asked.
    independent : tuple of (str, int or None)
        For data: what signal to noise says of independent patterns of the same size, for comparison.
    """

    experiment: Experiment
    seed: int
    theory: tuple[Reading, ...]
    measured: MeasuredCapacity | None
    independent: tuple[tuple[str, float | None], ...] = ()

    @property
    def best(self) -> tuple[str, float] | None:
        """The measured capacity, or else that of the sharpest theory that applies; None if there is none."""
        if self.measured is not None:
            return "measured", self.measured.n_patterns
        found = [(r.method, r.value) for r in self.theory if r.value is not None]
        return found[-1] if found else None

    @property
    def information(self) -> Information | None:
        """What the best of the answers is worth in bits, per neuron and per synapse."""
        return None if self.best is None else information(self.experiment, self.best[1])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        measured = None
        if self.measured is not None:
            m = self.measured
            measured = {
                "n_patterns": m.n_patterns,
                "low": m.low,
                "high": m.high,
                "confidence": m.confidence,
                "trials": m.trials,
                "censored": m.censored,
                "note": m.note,
                "predicted": predicted_dict(m.predicted),
            }
        result = _head(self.experiment, self.seed) | {
            "theory": _theory_dict(self.theory, "n_patterns"),
            "measured": measured,
            "information": None if self.information is None else self.information.to_dict(),
        }
        if self.independent:
            result["independent_patterns"] = dict(self.independent)
        return result

    def __repr__(self) -> str:
        parts = [
            f"{r.method} {'does not apply' if r.value is None else f'{r.value:.10g}'}" for r in self.theory
        ]
        if self.measured is not None:
            parts.append(f"measured {self.measured.brief}")
        e = self.experiment
        return f"Capacity({e.memory_name}, {e.ensemble.name}, dim={e.dim}, {e.criterion}: {', '.join(parts)})"


@final
@dataclass(frozen=True)
class BitError:
    """The bit error of one experiment at a number of patterns, by each theory and by measurement."""

    experiment: Experiment
    n_patterns: int
    seed: int
    theory: tuple[Reading, ...]
    measured: MeasuredError | None

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        measured = None
        if self.measured is not None:
            m = self.measured
            measured = {
                "bit_error": m.bit_error,
                "low": m.low,
                "high": m.high,
                "confidence": m.confidence,
                "trials": m.trials,
                "censored": False,
                "note": m.note,
                "predicted": predicted_dict(m.predicted),
            }
        return _head(self.experiment, self.seed) | {
            "n_patterns": self.n_patterns,
            "theory": _theory_dict(self.theory, "bit_error"),
            "measured": measured,
        }

    def __repr__(self) -> str:
        parts = [f"{r.method} {r.value:.6g}" for r in self.theory if r.value is not None]
        if self.measured is not None:
            m = self.measured
            parts.append(f"measured {m.bit_error:.4g} [{m.low:.4g}, {m.high:.4g}]")
        e = self.experiment
        asked = f"{e.memory_name}, {e.ensemble.name}, dim={e.dim}, K={self.n_patterns}"
        return f"BitError({asked}: {', '.join(parts)})"


def experiment(
    memory: str | Memory | Recaller = "hopfield",
    *,
    rule: str | Rule | None = None,
    order: int | None = None,
    patterns: str | Ensemble | ArrayLike = "rademacher",
    dim: int | None = None,
    criterion: str | Criterion = "bit-error:0.01",
    flips: float = 0.0,
    threshold: str | float | Threshold | None = None,
    update: str = "synchronous",
    binarise: str = "auto",
) -> Experiment:
    """Return the experiment that names and numbers describe.

    Parameters
    ----------
    memory : str, Memory or Recaller
        "hopfield", "dense:3", "rectified:4", "exponential"; a memory; or anything with
        `store(patterns)` and `recall(cues)`, which is measured but has no theory.
    rule : str or Rule, optional
        Learning rule of `hopfield`: "hebb", "covariance", a formula such as "post*pre - 0.1*pre", named
        coefficients such as "c2_corr=1,c1_pre=-0.1"; or one that forgets, such as "decay:0.01", "oja:0.1".
    order : int, optional
        Power of F for `dense` and `rectified`.
    patterns : str, Ensemble or array-like
        "rademacher", "biased:P", "sparse:A", "ternary:A", "discrete:LEVEL=CHANCE,...", "markov:RHO",
        "template:C", "hierarchical:FAMILIES,B", "digits", "faces", a file or folder, or an array (rows, D).
    dim : int, optional
        D, the number of neurons; taken from the data, or 100.
    criterion : str or Criterion
        "bit-error:p", "pattern-error:p", "all-patterns:p" or "overlap:m".
    flips : float
        Fraction of the cue's bits that are flipped, 0 <= flips < 0.5.
    threshold : str, float or Threshold, optional
        "midpoint", "zero", a number, "steps:VALUE,...", "inhibition", "inhibition:midpoint",
        "k-winners:COUNT"; chosen to fit if left out.
    update : {"synchronous", "asynchronous"}
        How fixed points are reached, for the overlap criterion.
    binarise : str
        How data become two-valued: "auto", "half", "mean", "median" or "none".

    Raises
    ------
    InvalidArgument
        If an argument breaks its rule, or two of them can't go together.

    Examples
    --------
    >>> experiment("dense:4", dim=60).memory
    Dense(separation=Polynomial(order=4, rectified=False))
    """
    drawn = parse_ensemble(patterns, binarise=binarise)
    held = parse_memory(memory, order=order, rule=rule, mean=drawn.mean)
    return Experiment(
        memory=held,
        ensemble=drawn,
        dim=dim if dim is not None else (drawn.dim or DEFAULT_DIM),
        criterion=parse_criterion(criterion),
        flips=flips,
        threshold=default_threshold(held, drawn) if threshold is None else parse_threshold(threshold),
        update=update,
    )


def capacity(
    memory: str | Memory | Recaller | Experiment = "hopfield",
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    theory: bool = True,
    measure: bool = True,
    budget: str | float | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Capacity:
    """Return how many patterns a memory holds, by formula, exactly and measured.

    Parameters
    ----------
    memory : str, Memory, Recaller or Experiment
        What to ask about; see `experiment` for the options that go with the first three.
    precision : float
        Half the width of the measured interval over the capacity, 0.001 to 0.5.
    seed : int
        Seed of the trials, non-negative.
    theory, measure : bool
        Which answers to give.
    budget : float or str, optional
        Seconds that the measurement may take, or text such as "30s", "500ms", "2m": the best interval that
        fits is given, which then depends on how fast the machine is. Left out, it ends after about a minute
        at the latest, as reckoned, and the same seed gives the same result everywhere.
    progress : callable, optional
        Called with the share of the measurement done and a line of text.
    **options
        Passed to `experiment`.

    Returns
    -------
    Capacity
        The answers side by side.

    Examples
    --------
    >>> capacity("hopfield", dim=200, precision=0.05, seed=1)
    Capacity(hopfield, rademacher, dim=200, bit-error:0.01: snr 37, exact 38, measured 38 [37, 39])
    """
    asked = _asked(memory, options)
    check_answer(precision, seed, theory, measure, progress)
    limit = seconds(budget)
    if measure:
        check_trial(asked, 1)
    readings = capacity_readings(asked) if theory else ()
    measured = (
        measure_capacity(asked, precision=precision, seed=seed, budget=limit, progress=progress)
        if measure
        else None
    )
    return Capacity(asked, seed, readings, measured, _independent(asked) if theory else ())


def error(
    memory: str | Memory | Recaller | Experiment = "hopfield",
    *,
    n_patterns: int,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    theory: bool = True,
    measure: bool = True,
    budget: str | float | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> BitError:
    """Return the share of wrong bits after one update when `n_patterns` are stored.

    Parameters are those of `capacity`; `precision` is relative to the error.

    Examples
    --------
    >>> error("dense:3", n_patterns=300, dim=100, measure=False)
    BitError(dense:3, rademacher, dim=100, K=300: snr 0.000461398, exact 0.000511064)
    """
    asked = _asked(memory, options)
    if isinstance(asked.memory, Plastic):
        raise _checks.fail(
            "memory", asked.memory.name, "forgets, so its error depends on the age of a pattern",
            "ask hebbcap.forgetting (hebbcap forgetting), which gives it by age",
        )  # fmt: skip
    if not asked.ensemble.levels:
        raise _checks.fail(
            "patterns", asked.ensemble.name, "holds real numbers, of which no bits can be wrong",
            "ask for its capacity or basin, with the criterion overlap:M",
        )  # fmt: skip
    asked.check_count(n_patterns)
    check_answer(precision, seed, theory, measure, progress)
    limit = seconds(budget)
    if measure:
        check_trial(asked, n_patterns)
    asked = replace(asked, criterion=Criterion(BIT_ERROR))
    readings = error_readings(asked, n_patterns) if theory else ()
    measured = (
        measure_error(asked, n_patterns, precision=precision, seed=seed, budget=limit, progress=progress)
        if measure
        else None
    )
    return BitError(asked, n_patterns, seed, readings, measured)


def _asked(memory: Any, options: dict[str, Any]) -> Experiment:
    if not isinstance(memory, Experiment):
        return experiment(memory, **options)
    if options:
        raise _checks.fail("options", sorted(options), "don't go with an Experiment", "it is complete")
    return memory


def check_answer(precision: Any, seed: Any, theory: Any, measure: Any, progress: Any) -> None:
    """Refuse arguments of an answer that break their rule."""
    _checks.real("precision", precision, low=0.001, high=0.5, meaning="it is the relative half-width")
    _checks.integer("seed", seed, low=0, meaning="seed starts the random streams")
    for name, value in (("theory", theory), ("measure", measure)):
        if not isinstance(value, bool):
            raise _checks.fail(name, value, "must be True or False", "it says which answers are wanted")
    if not theory and not measure:
        raise _checks.fail(
            "measure", measure, "leaves nothing to answer with theory=False", "drop one of them"
        )
    if progress is not None and not callable(progress):
        raise _checks.fail("progress", progress, "must be a function of a share and a text")


def predicted_dict(cost: Cost | None) -> dict[str, float] | None:
    """Return what a measurement was reckoned to take as plain numbers, rounded to what is known of it."""
    if cost is None:
        return None
    return {"seconds": float(f"{cost.seconds:.2g}"), "bytes": float(f"{cost.n_bytes:.2g}")}


def check_trial(asked: Experiment, n_patterns: int) -> None:
    """Refuse, before anything is allocated, a measurement whose every trial is too large or too long."""
    what = f"a trial with {n_patterns} patterns of dim={asked.dim}"
    way_out = "ask for a smaller one, or leave the measurement out (--no-measure, measure=False)"
    _checks.check_fits(_NEURON_BYTES * asked.dim, what, way_out)
    one = trial_cost(asked, (n_patterns,), curve.applies(asked))
    check_cost(one, what, way_out)


def check_cost(cost: Cost, what: str, way_out: str) -> None:
    """Refuse, before anything is allocated, what does not fit or takes too long."""
    _checks.check_fits(cost.n_bytes, what, way_out)
    if cost.seconds > MOST_SECONDS:
        raise _checks.TooLarge(f"{what} is too large, at about {cost.seconds / 60:,.0f} minutes; {way_out}")


def _independent(asked: Experiment) -> tuple[tuple[str, float | None], ...]:
    """For data, the normal reading for independent patterns: of the same activity, and balanced."""
    if asked.ensemble.independent or not isinstance(asked.memory, Hopfield | Dense | Plastic):
        return ()
    share = min(max(asked.ensemble.p_high, 1e-3), 1 - 1e-3)
    if asked.ensemble.levels[0] == 0:
        twins: list[Ensemble] = [Sparse(round(share, 3))]
    else:
        twins = [Rademacher()] if share == 0.5 else [Biased(round(share, 3)), Rademacher()]
    if isinstance(asked.memory, Dense) and asked.memory.separation.steep:
        return ()
    found = []
    for twin in twins:
        level = default_threshold(asked.memory, twin)
        found.append((twin.name, capacity_reading(SNR, replace(asked, ensemble=twin, threshold=level)).value))
    return tuple(found)


def _head(asked: Experiment, seed: int) -> dict[str, Any]:
    memory = asked.memory
    rule = memory.rule.formula if isinstance(memory, Hopfield) else None
    rule = memory.synapse.name if isinstance(memory, Plastic) else rule
    return {
        "memory": asked.memory_name,
        "rule": rule,
        "dim": asked.dim,
        "patterns": asked.ensemble.name,
        "criterion": str(asked.criterion),
        "flips": asked.flips,
        "threshold": asked.threshold if isinstance(asked.threshold, str) else repr(asked.threshold),
        "seed": seed,
        "local": asked.memory.is_local if isinstance(asked.memory, Memory) else None,
    }


def _theory_dict(readings: tuple[Reading, ...], key: str) -> dict[str, Any] | None:
    if not readings:
        return None
    return {
        r.method: {key: r.value, "applies": r.applies}
        | ({"why" if not r.applies else "note": r.why} if r.why else {})
        for r in readings
    }
