"""Are true crossings spread evenly over their posteriors?

Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788): a crossing, a slope and a dispersion are
drawn from the prior, then counts from these, and the rank of the true crossing within the posterior made of
the counts is noted. Whatever the counts, ranks are uniform if the posterior is right: those of any
kind of counts too, so that ranks are told apart by which way the posterior was made.

The prior is that of `hebbcap.measurement.posterior`: flat in log K* and in the log of the slope. How trials
disperse is no part of it but estimated from them, and Student's t stands for what is not known of it: where
trials disperse the posterior is an approximation, and the ranks say how good it is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from hebbcap.measurement import posterior as module
from hebbcap.measurement.fit import FLATTEST, KNOWN, STEEPEST, Line, Trust, trust
from hebbcap.measurement.posterior import FromLine, Posterior, posterior
from hebbcap.measurement.tally import Tally

CENTRE, REACH = 100.0, 1.0
"""The prior of K* is flat in log K over CENTRE exp(+-REACH)."""

PLACES = CENTRE * np.exp(np.linspace(-0.8 * REACH, 0.8 * REACH, 8))
BINS = 40
LINE, GRID = "line", "grid"

Rng = np.random.Generator
Simulate = Callable[[Rng, np.ndarray, "Setting", float], list[Tally]]


@dataclass(frozen=True)
class Setting:
    """What is counted: so many trials at each place or at all of them, with so many chances to fail each.

    The dispersion of a trial's chances is drawn between two bounds, flat in its log; none where they are 0.
    """

    simulate: Simulate
    trials: int
    judged: int
    bound: float
    dispersion: tuple[float, float] = (0.0, 0.0)
    slopes: tuple[float, float] = (FLATTEST, STEEPEST)


def apart(rng: Rng, quantiles: np.ndarray, setting: Setting, common: float) -> list[Tally]:
    """Trials at one place each; chances within one correlate by `common`, as beta-binomial counts do."""
    rates = np.repeat(np.clip(ndtr(quantiles), 1e-9, 1 - 1e-9)[:, None], setting.trials, axis=1)
    if common:
        rates = rng.beta(rates * (1 / common - 1), (1 - rates) * (1 / common - 1))
    counts = rng.binomial(setting.judged, rates)
    return [Tally.of((k,), row[:, None], setting.judged) for k, row in zip(PLACES, counts, strict=True)]


def streams(rng: Rng, quantiles: np.ndarray, setting: Setting, common: float) -> list[Tally]:
    """Trials at all places: a chance fails from some place on; those of a trial share a normal number."""
    shift = common * rng.standard_normal((setting.trials, 1))
    rates = ndtr(quantiles * math.sqrt(1 + common**2) + shift)
    steps = np.diff(rates, axis=1, prepend=0.0, append=1.0)
    steps /= steps.sum(axis=1, keepdims=True)
    counts = rng.multinomial(setting.judged, steps).cumsum(axis=1)[:, :-1]
    return [Tally.of(tuple(PLACES), counts, setting.judged)]


SETTINGS = {
    "single chances, few": Setting(apart, 10, 1, 0.3),
    "single chances": Setting(apart, 60, 1, 0.3),
    "alike trials": Setting(apart, 6, 50, 0.1),
    "dispersed trials": Setting(apart, 10, 100, 0.1, (0.001, 0.03)),
    "skewed trials": Setting(apart, 10, 100, 0.1, (0.05, 0.1)),
    "dispersed trials, many counts": Setting(apart, 30, 1000, 0.01, (1e-4, 0.01)),
    "streams": Setting(streams, 30, 200, 0.1, (0.01, 0.5)),
    "streams, few counts": Setting(streams, 10, 30, 0.1, (0.01, 0.5)),
}


def rank(seen: Posterior, true: float) -> int:
    """In which of `BINS` parts of equal probability the true crossing lies."""
    edges = [seen.interval(0.0).median]
    for part in range(1, BINS // 2):
        found = seen.interval(2 * part / BINS)
        edges += [found.low, found.high]
    return int(np.searchsorted(np.sort(edges), true))


def ranks(
    setting: Setting, draws: int, seed: int, *, shifted: float = 1.0, naive: bool = False
) -> dict[str, np.ndarray]:
    """Ranks of true crossings, by how their posterior was made.

    Parameters
    ----------
    shifted : float
        A twin: the posterior is asked for the crossing of so many times the bound.
    naive : bool
        Another: dispersion between trials is taken to be that of independent chances.
    """
    rng, found = np.random.default_rng(seed), defaultdict(list)
    for _ in range(draws):
        true = CENTRE * math.exp(rng.uniform(-REACH, REACH))
        slope = math.exp(rng.uniform(*np.log(setting.slopes)))
        low, high = setting.dispersion
        common = math.exp(rng.uniform(math.log(low), math.log(high))) if high else 0.0
        quantiles = ndtri(setting.bound) + slope * np.log(PLACES / true)
        data = setting.simulate(rng, quantiles, setting, common)
        seen = (_naive if naive else posterior)(data, shifted * setting.bound, centre=CENTRE, reach=REACH)
        found[LINE if isinstance(seen, FromLine) else GRID].append(rank(seen, true))
    return {kind: np.array(each) for kind, each in found.items()}


def _naive(data: list[Tally], bound: float, *, centre: float, reach: float) -> Posterior:
    """The posterior, had nobody looked at how trials disperse."""

    def independent(tallies: list[Tally], line: Line) -> Trust | None:
        found = trust(tallies, line)
        return found and Trust(found.independent, found.independent, KNOWN)

    with patch.multiple(module, trust=independent, dispersion=lambda tallies, line: (1.0, KNOWN)):
        return posterior(data, bound, centre=centre, reach=reach)


class Uniform(NamedTuple):
    """How far ranks are from uniform.

    `p` is how often uniform ranks look as bad, by chi-square; `farthest` the largest difference of the
    cumulative distributions, which 1.36 / sqrt(n) bounds for 95 % of uniform ones; `central` the shares
    within the central 50 %, 80 % and 95 %.
    """

    n: int
    p: float
    farthest: float
    central: tuple[float, float, float]


def uniform(found: np.ndarray) -> Uniform:
    counts = np.bincount(found, minlength=BINS)
    n, expected = len(found), len(found) / BINS
    p = float(chi2(BINS - 1).sf(((counts - expected) ** 2 / expected).sum()))
    return Uniform(
        n, p, float(np.abs(differences(found)).max()), tuple(_central(counts, s) for s in (0.5, 0.8, 0.95))
    )


def differences(found: np.ndarray) -> np.ndarray:
    """The cumulative distribution of the ranks at the ends of the bins, less that of uniform ones."""
    counts = np.bincount(found, minlength=BINS)
    return np.concatenate([[0.0], counts.cumsum() / len(found) - np.arange(1, BINS + 1) / BINS])


def _central(counts: np.ndarray, share: float) -> float:
    aside = round(0.5 * (1 - share) * BINS)
    return float(counts[aside : BINS - aside].sum() / counts.sum())
