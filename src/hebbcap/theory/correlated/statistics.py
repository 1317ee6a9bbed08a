"""How correlated are these patterns?

The figures that decide how far a theory for independent patterns is off: how unevenly the neurons are used,
how alike two patterns are, how many directions the patterns fill, and how near the nearest other one is.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap._random import RandomState
from hebbcap.patterns import Ensemble, ensemble

Floats = NDArray[np.float64]

_DRAWN = 500
"""Patterns drawn of an ensemble that has no end."""

_MOST = 2000
"""Patterns that are looked at: all pairs of them."""


@final
@dataclass(frozen=True)
class PatternStatistics:
    """How correlated patterns are. Overlaps are shares of D, with 0/1 patterns read as -1/+1.

    Attributes
    ----------
    n_patterns, dim : int
        Patterns looked at, and neurons D.
    activity : float
        Share of high entries.
    activity_spread : float
        Standard deviation over the neurons of their share of high entries, sampling error taken out.
    mean_overlap : float
        Mean overlap of two patterns.
    overlap_spread : float
        Standard deviation of the overlap of two patterns; 1 / sqrt(D) for independent balanced ones.
    nearest_overlap : float
        Overlap of a pattern with its nearest other one, on average.
    effective_dim : float
        Directions that the patterns fill: the participation ratio :math:`(\\mathrm{tr}\\, C)^2 /
        \\mathrm{tr}\\, C^2` of the neurons' covariance C, sampling error taken out. D for independent ones.
    """

    n_patterns: int
    dim: int
    activity: float
    activity_spread: float
    mean_overlap: float
    overlap_spread: float
    nearest_overlap: float
    effective_dim: float

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain numbers."""
        return asdict(self)

    @property
    def summary(self) -> str:
        """One sentence that says what matters."""
        alike = (2 * self.activity - 1) ** 2
        alone = math.sqrt((1 - alike**2) / self.dim)
        return (
            f"Two patterns overlap by {self.mean_overlap:.2f} +- {self.overlap_spread:.2f} ({alike:.2f} +- "
            f"{alone:.2f} if entries were independent), the nearest other one by {self.nearest_overlap:.2f}; "
            f"they fill about {self.effective_dim:.0f} of {self.dim:,} directions."
        )


def correlations(
    patterns: str | Ensemble | ArrayLike, *, dim: int = 100, rng: RandomState = 0
) -> PatternStatistics:
    """Return how correlated patterns are.

    Parameters
    ----------
    patterns : str, Ensemble or array_like
        As for `hebbcap.ensemble`. Of data at most 2,000 rows are looked at; of others 500 are drawn.
    dim : int
        D, for patterns without a size of their own.
    rng : int, Generator, SeedSequence or None
        Which are looked at.

    Raises
    ------
    InvalidArgument
        If there are fewer than 3 patterns.

    Examples
    --------
    >>> found = correlations("digits")
    >>> round(found.mean_overlap, 3), round(found.overlap_spread, 3), round(found.effective_dim, 1)
    (0.484, 0.132, 19.4)
    """
    drawn = ensemble(patterns)
    available = drawn.n_available
    count = _DRAWN if available is None else min(available, _MOST)
    if count < 3:
        raise _checks.fail("patterns", drawn.name, "must be at least 3", "correlations need pairs of them")
    size = drawn.dim or dim
    sample = drawn.sample(count, size, rng)
    signs = np.where(sample == 1, 1.0, -1.0)
    overlaps = signs @ signs.T / size
    pairs = overlaps[np.triu_indices(count, 1)]
    np.fill_diagonal(overlaps, -2.0)
    share = (sample == 1).mean(axis=0)
    whole = count == available
    spread = float(share.var()) - (0.0 if whole else float((share * (1 - share)).mean()) / (count - 1))
    return PatternStatistics(
        n_patterns=count,
        dim=size,
        activity=float(share.mean()),
        activity_spread=math.sqrt(max(spread, 0.0)),
        mean_overlap=float(pairs.mean()),
        overlap_spread=float(pairs.std()),
        nearest_overlap=float(overlaps.max(axis=1).mean()),
        effective_dim=_participation(signs - signs.mean(axis=0), whole),
    )


def _participation(centred: Floats, whole: bool) -> float:
    """(tr C)^2 / tr C^2, without the bias that few samples give tr C^2."""
    count = len(centred)
    gram = centred @ centred.T / (count - 1)
    trace, square = float(np.trace(gram)), float((gram**2).sum())
    if not whole:
        # Of a sample covariance, E tr C^2 is (1 + 1/n) tr C^2 + (tr C)^2 / n, n = count - 1 (Wishart).
        free = count - 1
        square = max((square - trace**2 / free) * free / (free + 1), trace**2 / free)
    return trace**2 / square
