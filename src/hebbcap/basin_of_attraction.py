"""How far may a cue be from its pattern, at each load?

`basin` puts the theories of the radius and the measurement side by side. It holds no science: it builds the
experiment, asks each part, and keeps the answers together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, final

from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.criteria import OVERLAP, Criterion
from hebbcap.estimate import check_answer, check_trial, experiment
from hebbcap.measurement.basins import MeasuredRadius, measure_radius
from hebbcap.measurement.measured import Progress, progress_of_part
from hebbcap.measurement.meter import seconds
from hebbcap.memories import Memory, Recaller
from hebbcap.patterns import Ensemble
from hebbcap.question import Experiment
from hebbcap.theory import EXACT, SNR, capacity_reading
from hebbcap.theory.basins import (
    amari_maginu_radius,
    check_hebb,
    mean_field_radius,
    naive_radius,
    one_step_radius,
)
from hebbcap.theory.correlated import correlated_reading
from hebbcap.theory.reading import Reading

MEANINGS: Final = {
    "one-step": "one update mends the cue to the overlap asked; exact at this dim",
    "naive": "one update leaves fewer wrong bits than it met, and so would the next if the crosstalk were "
    "fresh; it is not, so this is too hopeful but for diluted weights",
    "amari-maginu": "recursion of overlap and noise of Amari and Maginu (1988), for D -> infinity; "
    "approximate, and somewhat too hopeful",
    "mean-field": "dynamic mean-field theory, exact for D -> infinity",
}
"""Each theory of the radius in words."""

_SHARES = (0.1, 0.25, 0.45, 0.6)
"""Default loads, in capacities of one update at a bit error of 1 %."""


@final
@dataclass(frozen=True)
class Radius:
    """The radius of the basins at one number of patterns, as a share of flipped bits.

    Attributes
    ----------
    n_patterns : int
        K.
    load : float
        K / D.
    theory : tuple of Reading
        What the theories say, by the names in `MEANINGS`, or why they don't apply; empty if not asked.
    measured : MeasuredRadius or None
        What was measured; None if not asked.
    """

    n_patterns: int
    load: float
    theory: tuple[Reading, ...]
    measured: MeasuredRadius | None

    def reading(self, method: str) -> float | None:
        """Return what one theory says, or None."""
        return {r.method: r.value for r in self.theory}.get(method)


@final
@dataclass(frozen=True)
class Basin:
    """How far a cue may be from its pattern, at each load.

    Attributes
    ----------
    experiment : Experiment
        The question; its flips are not used.
    seed : int
        Seed of the trials.
    radii : tuple of Radius
        One for each load, in rising order.
    """

    experiment: Experiment
    seed: int
    radii: tuple[Radius, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        asked = self.experiment
        rows = []
        for radius in self.radii:
            measured: dict[str, Any] | None = None
            if radius.measured is not None:
                m = radius.measured
                measured = {"radius": m.radius, "low": m.low, "high": m.high}
                measured |= {"confidence": m.confidence, "trials": m.trials, "note": m.note}
            theory = {
                r.method: {"radius": r.value, "applies": r.applies} | ({"why": r.why} if r.why else {})
                for r in radius.theory
            }
            row = {"n_patterns": radius.n_patterns, "load": radius.load}
            rows.append(row | {"theory": theory or None, "measured": measured})
        return {
            "memory": asked.memory_name,
            "dim": asked.dim,
            "patterns": asked.ensemble.name,
            "criterion": str(asked.criterion),
            "threshold": asked.threshold if isinstance(asked.threshold, str) else repr(asked.threshold),
            "update": asked.update,
            "seed": self.seed,
            "radii": rows,
            "meaning": MEANINGS,
        }

    def __repr__(self) -> str:
        parts = []
        for radius in self.radii:
            shown = [f"{r.method} {r.value:.3f}" for r in radius.theory if r.value is not None]
            m = radius.measured
            if m is not None and m.radius is not None:
                shown.append(f"measured {m.radius:.3f} [{m.low:.3f}, {m.high:.3f}]")
            elif m is not None:
                shown.append("measured none")
            parts.append(f"K={radius.n_patterns}: {', '.join(shown)}")
        return f"Basin(dim={self.experiment.dim}, {self.experiment.criterion}; {'; '.join(parts)})"


def basin(
    memory: str | Memory | Recaller = "hopfield",
    *,
    loads: Iterable[float] | None = None,
    dim: int | None = None,
    criterion: str | Criterion = "overlap:0.95",
    patterns: str | Ensemble | ArrayLike = "rademacher",
    precision: float = 0.01,
    seed: int = 0,
    theory: bool = True,
    measure: bool = True,
    budget: str | float | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Basin:
    """Return how far a cue may be from its pattern at each load.

    Parameters
    ----------
    memory : str, Memory or Recaller
        As for `hebbcap.experiment`, and so are `dim`, `patterns` and the options, but for `flips`.
    loads : iterable of float, optional
        Patterns per neuron, K / D > 0; left out, up to 0.6 of the capacity at a bit error of 1 %.
    dim : int, optional
        D, the number of neurons; taken from the data, or 100.
    criterion : str or Criterion
        `overlap:m`, the overlap that counts as recalled.
    patterns : str, Ensemble or array-like
        What is stored.
    precision : float
        Half the width of the measured interval, in shares of flipped bits, 0.001 to 0.5.
    seed : int
        Seed of the trials, non-negative.
    theory, measure : bool
        Which answers to give.
    budget : float or str, optional
        Seconds that the measurement at one load may take, or text such as "30s"; the result then depends on
        how fast the machine is.
    progress : callable, optional
        Called with the share of the measurement done and a line of text.
    **options
        `rule`, `order`, `threshold`, `update` and `binarise`.

    Returns
    -------
    Basin
        The radii side by side: the share of flipped bits from which half of the patterns are recalled, and
        what the theories in `MEANINGS` say of it.

    Raises
    ------
    InvalidArgument
        If an argument breaks its rule, or loads are not given where no theory tells which to take.

    Examples
    --------
    >>> basin("dense:3", dim=100, loads=[1, 4], measure=False)
    Basin(dim=100, overlap:0.95; K=100: one-step 0.200, naive 0.390; K=400: one-step 0.080, naive 0.260)
    """
    asked = experiment(memory, dim=dim, patterns=patterns, criterion=criterion, **_without_flips(options))
    if asked.criterion.kind != OVERLAP:
        raise _checks.fail(
            "criterion", str(asked.criterion), "must be overlap:M", "it says what counts as recalled"
        )
    check_answer(precision, seed, theory, measure, progress)
    counts, limit = _counts(asked, loads), seconds(budget)
    if measure:
        check_trial(asked, counts[-1])
    radii = []
    for number, count in enumerate(counts):
        readings = _readings(asked, count) if theory else ()
        measured = None
        if measure:
            part = progress_of_part(progress, number, len(counts))
            measured = measure_radius(
                asked, count, precision=precision, seed=seed, budget=limit, progress=part
            )
        radii.append(Radius(count, count / asked.dim, readings, measured))
    return Basin(asked, seed, tuple(radii))


def _without_flips(options: dict[str, Any]) -> dict[str, Any]:
    if "flips" in options:
        raise _checks.fail("flips", options["flips"], "is what is asked for here", "leave it out")
    return options


def _counts(asked: Experiment, loads: Iterable[float] | None) -> list[int]:
    if loads is None:
        if not asked.ensemble.levels:
            raise _checks.fail("loads", None, "must be given", "no theory tells which would be worth asking")
        capacity = _capacity(replace(asked, criterion=Criterion()))
        return sorted({min(max(round(share * capacity), 1), asked.max_patterns) for share in _SHARES})
    if not isinstance(loads, Iterable):
        raise _checks.fail("loads", loads, "must be a list of numbers", "as [0.02, 0.05]")
    meaning = "loads are patterns per neuron (K / D)"
    shares = [_checks.real("loads", a, low=0, open_low=True, meaning=meaning) for a in loads]
    if not shares:
        raise _checks.fail("loads", shares, "must not be empty", meaning)
    counts = sorted({max(round(min(share * asked.dim, 1.0 * _checks.MAX_PATTERNS)), 1) for share in shares})
    for count in counts:
        asked.check_count(count)
    return counts


def _capacity(asked: Experiment) -> float:
    for reading in (capacity_reading(EXACT, asked), capacity_reading(SNR, asked)):
        if reading.value:
            return reading.value
    found = correlated_reading(asked).value
    if not found:
        raise _checks.fail("loads", None, "must be given", "no theory tells which would be worth asking")
    return found


def _readings(asked: Experiment, count: int) -> tuple[Reading, ...]:
    load, level = (count - 1) / asked.dim, asked.criterion.level
    return (
        _reading("one-step", lambda: one_step_radius(asked, count)),
        _reading("naive", lambda: naive_radius(asked, count)),
        _reading("amari-maginu", lambda: _of_hebb(asked, load, level, amari_maginu_radius)),
        _reading("mean-field", lambda: _of_hebb(asked, load, level, mean_field_radius)),
    )


def _of_hebb(
    asked: Experiment, load: float, level: float, radius: Callable[[float, float], float | None]
) -> float | None:
    check_hebb(asked)
    return radius(load, level) if load else (asked.dim - 1) // 2 / asked.dim


def _reading(method: str, ask: Callable[[], float | None]) -> Reading:
    try:
        value = ask()
    except NoTheory as error:
        return Reading(method, None, str(error))
    return Reading(method, value, "" if value is not None else "not even an intact cue is kept")
