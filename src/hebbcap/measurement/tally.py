"""What did the trials count?

A trial is the independent unit: its patterns are its own. It may be judged at several numbers of patterns,
and then its counts there rise and fall together, so that sums of products are kept beside sums. Tallies of
the same kind of trial add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Tally:
    """Failures of alike trials, each judged at the same places.

    Attributes
    ----------
    at : tuple of float
        Where each trial was judged, rising: numbers of patterns, G of them.
    judged : ndarray, shape (G,)
        Chances to fail that a trial has at each.
    trials : int
        Independent trials.
    failures : ndarray, shape (G,)
        Failures, summed over trials.
    products : ndarray, shape (G, G)
        Products of a trial's failures at two places, summed over trials.
    """

    at: tuple[float, ...]
    judged: Floats
    trials: int
    failures: Floats
    products: Floats

    @classmethod
    def of(cls, at: Any, failures: Any, judged: Any) -> Tally:
        """Return the tally of trials from their failures (trials, G) and their chances, (G,) or ().

        >>> two = Tally.of([10, 20], [[1, 4], [0, 3]], 50)
        >>> two.failures, (two + two).trials
        (array([1., 7.]), 4)
        """
        counts = np.asarray(failures, dtype=np.float64)
        chances = np.broadcast_to(np.asarray(judged, dtype=np.float64), counts.shape[1:])
        return cls(tuple(at), chances, len(counts), counts.sum(axis=0), counts.T @ counts)

    @property
    def single(self) -> bool:
        """Whether each trial is a single chance to fail."""
        return len(self.at) == 1 and self.judged[0] == 1

    def __add__(self, other: Tally) -> Tally:
        assert self.at == other.at
        return Tally(
            self.at,
            self.judged,
            self.trials + other.trials,
            self.failures + other.failures,
            self.products + other.products,
        )

    def between(self, low: float, high: float) -> Tally | None:
        """Return what was counted from `low` to `high`; None if nothing was."""
        kept = [g for g, place in enumerate(self.at) if low <= place <= high]
        if not kept:
            return None
        if len(kept) == len(self.at):
            return self
        first, last = kept[0], kept[-1] + 1
        return Tally(
            self.at[first:last],
            self.judged[first:last],
            self.trials,
            self.failures[first:last],
            self.products[first:last, first:last],
        )
