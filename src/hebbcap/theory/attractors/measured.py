"""What overlap do networks of finite size keep, started at their patterns?

This is where the dynamics stop, not the equilibrium: see `hebbcap.theory.attractors.descent`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from hebbcap import _checks
from hebbcap._random import block_stream
from hebbcap.dynamics import Fixed, Inhibition, Threshold, recall
from hebbcap.memories import Hopfield
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.theory.attractors.descent import FROM_PATTERN
from hebbcap.theory.attractors.setting import INHIBITION
from hebbcap.theory.attractors.state import FIXED_POINT, Attractor

_CONFIDENCE = 0.95
_CUES = 64


@final
@dataclass(frozen=True)
class MeasuredOverlap:
    """The overlap that networks keep.

    Attributes
    ----------
    load : float
        As for `Attractor`.
    dim, n_patterns, networks : int
        D, K, and how many networks were run, each from up to 64 of its patterns.
    overlap, low, high : float
        Mean over the networks of the mean over patterns (of the median pattern, for rules that hold some
        patterns better than others), and its 95 % interval by Student's t.
    state : str
        Always `FROM_PATTERN`.
    """

    load: float
    dim: int
    n_patterns: int
    networks: int
    overlap: float
    low: float
    high: float
    state: str = FROM_PATTERN

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts."""
        return asdict(self)


def measured_overlap(
    theory: Attractor,
    *,
    dim: int,
    threshold: str | float | Threshold | None = None,
    networks: int = 4,
    seed: int = 0,
) -> MeasuredOverlap:
    """Run networks from their patterns to a fixed point, under the question that a theory answered.

    All neurons are updated together, at temperature 0; where that ends in a cycle, its last state counts.

    Parameters
    ----------
    theory : Attractor
        At temperature 0 and without noise in the synapses.
    dim : int
        D.
    threshold : str, float or Threshold, optional
        As it was given to `attractor`.
    networks : int
        At least 2.
    seed : int
        Seed of the patterns.

    Raises
    ------
    InvalidArgument
        If the theory was asked at another temperature or with noise, or K is less than 1.

    Examples
    --------
    >>> from hebbcap.theory.attractors import attractor
    >>> found = measured_overlap(attractor("hopfield", load=0.08), dim=500, networks=8)
    >>> found.low < attractor("hopfield", load=0.08).overlap < found.high
    True
    """
    from scipy.stats import t as student

    if theory.temperature or theory.static_noise:
        raise _checks.fail(
            "temperature", theory.temperature, "can't be measured here", "use temperature 0 and full synapses"
        )
    _checks.integer("networks", networks, low=2, meaning="the spread between networks is the error")
    count = theory.n_patterns(dim)
    if count < 1:
        raise _checks.fail("dim", dim, f"holds no pattern at load {theory.load:g}", "use more neurons")
    drawn = parse_ensemble(theory.patterns)
    level: Threshold = Fixed()
    if isinstance(theory.memory, Hopfield):
        if threshold == INHIBITION or isinstance(threshold, Inhibition):
            level = Inhibition()
        else:
            table = theory.memory.rule.table(drawn.levels)
            signal = (table[1, 1] - table[0, 1] - table[1, 0] + table[0, 0]) / np.ptp(drawn.levels) ** 2
            level = Fixed(theory.threshold * float(signal) * drawn.variance * (dim - 1))
    overlaps = []
    for network in range(networks):
        rng = block_stream(seed, f"attractor {theory.memory.name} {theory.patterns} {dim} {count}", network)
        patterns = drawn.sample(count, dim, rng)
        cues = patterns[:_CUES].astype(np.float64)
        states = recall(theory.memory.store(patterns), cues, threshold=level).states
        high = cues == drawn.levels[1]
        fires = states == drawn.levels[1]
        right = (fires & high).sum(axis=1) / np.maximum(high.sum(axis=1), 1)
        wrong = (fires & ~high).sum(axis=1) / np.maximum((~high).sum(axis=1), 1)
        kept = right - wrong
        overlaps.append(np.median(kept) if theory.state == FIXED_POINT else kept.mean())
    mean, error = float(np.mean(overlaps)), float(np.std(overlaps, ddof=1) / np.sqrt(networks))
    reach = error * float(student(networks - 1).ppf(0.5 + 0.5 * _CONFIDENCE))
    return MeasuredOverlap(
        theory.load, dim, count, networks, mean, max(mean - reach, -1.0), min(mean + reach, 1.0)
    )
