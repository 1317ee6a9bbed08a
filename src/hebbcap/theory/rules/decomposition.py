r"""Why does a rule hold what it holds: which of its parts makes which noise, and what would win it back?

The parts and their noise are those of `hebbcap.theory.rules.additive`. Only the interaction tells the
patterns apart; on two-valued neurons it is always a multiple of the covariance rule (Dayan & Willshaw
1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.criteria import Criterion
from hebbcap.criteria import criterion as parse_criterion
from hebbcap.learning import Rule, resolve
from hebbcap.memories import Hopfield
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.theory.one_update import one_step
from hebbcap.theory.rules.additive import (
    FORMULAS,
    MEANINGS,
    OWN,
    PARTS,
    SHIFT,
    Split,
    capacity_of,
    field_law,
    level_chances,
    split,
)
from hebbcap.theory.rules.remedies import REMEDIES, Remedy, remedies

DEFAULT_DIM: Final = 100

_LARGEST = 1e100
"""Values of a rule up to this size leave room for the noise in double precision."""


@final
@dataclass(frozen=True)
class NoisePart:
    """One part of the noise of a field.

    Attributes
    ----------
    name : str
        One of `hebbcap.theory.rules.additive.PARTS`.
    by_level : tuple of float
        Its part of the variance of a field, for each level of the neuron's own entry.
    value, share : float
        The mean over the neuron's own entry, and this over the whole noise; both may be negative for
        `own x constant`, which is a covariance.
    """

    name: str
    by_level: tuple[float, ...]
    value: float
    share: float


@final
@dataclass(frozen=True)
class Decomposition:
    """A rule taken apart on an ensemble.

    Attributes
    ----------
    rule : Rule
        The rule.
    ensemble : Ensemble
        Patterns of independent entries.
    dim, n_patterns : int
        D, and the K at which the noise is given.
    criterion : Criterion
        What the capacities mean.
    parts : Split
        The four parts at the levels of the ensemble.
    coefficient : float
        c of `g_int = c (post - M1) (pre - M1)`: exact for two levels, least squares for more.
    noise : tuple of NoisePart
        What the noise at `n_patterns` is made of; the values add up to the variance of the field.
    mean_field : tuple of float
        Mean field of a neuron for each level that it should have.
    signal : float
        Half the smallest step between neighbouring mean fields, from low to high.
    capacity : int
        Largest K that meets the criterion by signal to noise, thresholds halfway between the means.
    remedies : tuple of Remedy
        What would hold how many, thresholds halfway again.
    """

    rule: Rule
    ensemble: Ensemble
    dim: int
    n_patterns: int
    criterion: Criterion
    parts: Split
    coefficient: float
    noise: tuple[NoisePart, ...]
    mean_field: tuple[float, ...]
    signal: float
    capacity: int
    remedies: tuple[Remedy, ...]

    @property
    def variance(self) -> float:
        """Variance of the field, averaged over the neuron's own entry."""
        return float(sum(part.value for part in self.noise))

    @property
    def snr(self) -> float | None:
        """Squared signal over noise; None where there is no noise."""
        return self.signal**2 / self.variance if self.variance > 0 else None

    def part(self, name: str) -> NoisePart:
        """Return the part of the noise with this name."""
        return next(part for part in self.noise if part.name == name)

    def remedy(self, name: str) -> Remedy:
        """Return the remedy with this name."""
        return next(remedy for remedy in self.remedies if remedy.name == name)

    @property
    def words(self) -> str:
        """Why the rule holds what it holds, in one or two sentences."""
        return _words(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        return {
            "rule": self.rule.formula,
            "patterns": self.ensemble.name,
            "dim": self.dim,
            "n_patterns": self.n_patterns,
            "criterion": str(self.criterion),
            "levels": list(self.ensemble.levels),
            "parts": {
                "constant": float(self.parts.constant),
                "post": self.parts.post.tolist(),
                "pre": self.parts.pre.tolist(),
                "interaction": self.parts.interaction.tolist(),
            },
            "covariance_coefficient": self.coefficient,
            "mean_field": list(self.mean_field),
            "signal": self.signal,
            "variance": self.variance,
            "snr": self.snr,
            "noise": [
                {"part": p.name, "by_level": list(p.by_level), "value": p.value, "share": p.share}
                | {"term": FORMULAS[p.name], "meaning": MEANINGS[p.name]}
                for p in self.noise
            ],
            "capacity": self.capacity,
            "remedies": [
                {"remedy": r.name, "n_patterns": r.n_patterns, "gain": r.gain, "meaning": REMEDIES[r.name]}
                for r in self.remedies
            ],
            "words": self.words,
        }

    def __repr__(self) -> str:
        shares = ", ".join(f"{p.name} {100 * p.share:.3g} %" for p in self.noise if round(p.share, 3))
        return (
            f"Decomposition({self.rule.name or self.rule.formula}, {self.ensemble.name}, dim={self.dim}, "
            f"K={self.n_patterns}: {shares}; {self.criterion}: {self.capacity})"
        )


def decompose(
    rule: Rule | str,
    patterns: Any = "rademacher",
    *,
    dim: int | None = None,
    n_patterns: int | None = None,
    criterion: str | Criterion = "bit-error:0.01",
) -> Decomposition:
    r"""Take a rule apart, and say which part makes which noise and what would win it back.

    .. math:: g(y, x) = G + g_{post}(y) + g_{pre}(x) + c\,(y - M_1)(x - M_1)

    Parameters
    ----------
    rule : Rule or str
        Additive rule: a `Rule`, a name such as "covariance", a formula or named coefficients.
    patterns : str or Ensemble
        Anything that `hebbcap.patterns.ensemble` reads, with independent entries.
    dim : int, optional
        D, the number of neurons; 100 if left out.
    n_patterns : int, optional
        K at which the noise is given; the capacity, but at least 1, if left out.
    criterion : str or Criterion
        "bit-error:p", "pattern-error:p" or "all-patterns:p"; entries are taken for independent.

    Returns
    -------
    Decomposition
        Parts, noise and remedies.

    Raises
    ------
    InvalidArgument
        If an argument breaks its rule, or the rule depends on the weight.
    NoTheory
        If the entries of the patterns are correlated, as those of data, or the criterion is about fixed
        points.

    Notes
    -----
    The noise is exact for one update of a stored pattern at finite D and K; the capacity adds that it is
    normal. A threshold fixed for each neuron does **not** remove `g_post` where M1 = 0: the bias swings
    with the cue's total activity, whose mean is then 0, and only a threshold that follows it removes it.
    Remedies are to leading order: corrections are of relative size 1 / D (inhibition) and 1 / K
    (adaptive thresholds). Dayan & Willshaw (1991) for two-valued neurons.

    Examples
    --------
    >>> decompose("hebb", "sparse:0.1", dim=1000).words  # doctest: +NORMALIZE_WHITESPACE
    '84 % of the noise is the post part: a bias of each neuron that swings with the total activity of the
    cue; adaptive thresholds would hold 3.49 times as many, inhibition and adaptive thresholds 10.5 times
    as many.'
    """
    ensemble = parse_ensemble(patterns)
    asked = one_step(parse_criterion(criterion))
    levels, chances = level_chances(ensemble)
    resolved = Hopfield(resolve(rule, mean=ensemble.mean)).rule
    size = _checks.dimension(DEFAULT_DIM if dim is None else dim)
    table = resolved.table(levels)
    if not 1 / _LARGEST < float(np.abs(table).max()) < _LARGEST:
        raise NoTheory(
            f"the values of {resolved.formula} are all 0 on {ensemble.name}, or beyond 1e100; its scale "
            "does not matter: divide it by a number"
        )
    held = capacity_of(table, chances, levels, size, asked)
    count = max(held, 1) if n_patterns is None else _checks.pattern_count(n_patterns)
    parts = split(table, chances)
    law = field_law(table, chances, levels, size - 1, count - 1)
    total = float(chances @ law.variance)
    noise = []
    for name in PARTS:
        value = float(chances @ law.noise[name])
        noise.append(
            NoisePart(name, tuple(law.noise[name].tolist()), value, value / total if total > 0 else 0.0)
        )
    off = levels - chances @ levels
    product = np.multiply.outer(off * chances, off * chances)
    coefficient = float((product * parts.interaction).sum() / (chances @ off**2) ** 2)
    return Decomposition(
        rule=resolved,
        ensemble=ensemble,
        dim=size,
        n_patterns=count,
        criterion=asked,
        parts=parts,
        coefficient=coefficient,
        noise=tuple(noise),
        mean_field=tuple(law.mean.tolist()),
        signal=0.5 * float(np.diff(law.mean).min()),
        capacity=held,
        remedies=remedies(table, chances, levels, size, asked, held),
    )


_WORTH = 1.02
"""A remedy that wins less than this factor is not worth its words."""


def _words(found: Decomposition) -> str:
    if not found.parts.interaction.any():
        return (
            f"There is no interaction part: no weight tells one pattern from another, and {found.capacity} "
            "can be held."
        )
    if not found.signal > 0:
        return "Nothing is held: neurons that should be high don't get the higher field."
    worst = max(found.noise, key=lambda part: part.value)
    text = f"{100 * worst.share:.0f} % of the noise is {_named(worst.name)}: {MEANINGS[worst.name]}"
    single, both = found.remedies[:3], found.remedies[3]
    best = max(single, key=lambda remedy: remedy.n_patterns)
    if best.n_patterns <= _WORTH * found.capacity:
        return f"{text}. No threshold and no inhibition would hold noticeably more."
    text += f"; {best.name} would hold {_gain(best)}"
    if both.n_patterns > _WORTH * best.n_patterns:
        text += f", {both.name} {_gain(both)}"
    return f"{text}."


def _gain(remedy: Remedy) -> str:
    return f"{remedy.n_patterns:,} instead of none" if not remedy.gain else f"{remedy.gain:.3g} times as many"


def _named(part: str) -> str:
    return f"the {part}" if part in (OWN, SHIFT) else f"the {part} part"
