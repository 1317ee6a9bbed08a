r"""How likely is the field of a few patterns to lie beyond a limit, on no lattice?

With weights that share no unit the field has atoms of its own, and no integral sees them. For two levels

.. math:: h = \text{own}(s) + \sum_y \Big[ g(y, x_0) k_y \sum_j s_j + \Delta_y J_y \Big], \quad
          \Delta_y = g(y, x_1) - g(y, x_0)

with J_y whole: a difference of two binomial numbers, given the cue's composition and the number k_y of
patterns with this post. Every composition, every k and every value of one J is listed; the other is summed.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hebbcap.theory.crosstalk import Floats, log_binomial
from hebbcap.theory.field.local_field import Kind, PairwiseField

if TYPE_CHECKING:
    from hebbcap.theory.field.tail import Limit

_LISTS = ((15.0, 1e-40, 1e-28), (38.0, 1e-300, 1e-270))
"""Reach of a list in standard deviations, chance of its rarest values, and the smallest tail it can tell."""

_MOST_PAIRS = 5 * 10**4
_MOST_WORK = 1e10
"""Pairs of a cue's composition and a number of posts, and products, after which a list is given up."""

_MOST_ENTRIES = 10**8
"""Entries of all patterns after which log-binomials lose their accuracy."""

_TIE = 1e-10
"""Fields this close to the limit, relative to their range, are at it."""


def listed_tail(law: PairwiseField, kind: Kind, n_others: int, limit: Limit) -> tuple[float, bool] | None:
    """Return the probability of the event, or None where the list would be too long.

    Parameters
    ----------
    law : PairwiseField
        Of two levels.
    kind : Kind
        Which of its neurons.
    n_others : int
        K - 1, the patterns stored beside the cued one.
    limit : Limit
        In the units of the law.
    """
    if len(law.levels) != 2:
        return None
    for reach, rarest, smallest in _LISTS:
        listing = _Listing(law, kind, n_others, limit, reach, rarest)
        if listing.work > _MOST_WORK:
            return None
        value = listing.total()
        if value > smallest:
            return value, True
    return value, False


class _Listing:
    def __init__(
        self, law: PairwiseField, kind: Kind, n_others: int, limit: Limit, reach: float, rarest: float
    ) -> None:
        self.reach, self.rarest = reach, rarest
        self.law, self.kind, self.n_others, self.limit = law, kind, n_others, limit
        self.low, self.high = (int(x) for x in law.levels)
        self.p = float(law.chances[1])
        self.table = limit.sign * law.table
        self.steps = self.table[:, 1] - self.table[:, 0]
        self._laws: dict[tuple[int, int], tuple[int, Floats]] = {}

    @cached_property
    def cues(self) -> dict[int, tuple[Floats, Floats]]:
        """High neurons of the cue -> the own fields that go with them, and how likely each is."""
        kept, kept_chance = self._binomial(self.kind.n_kept)
        moved, moved_chance = self._binomial(self.kind.n_flipped)
        a, b = np.meshgrid(kept, moved, indexing="ij")
        chance = np.outer(kept_chance, moved_chance)
        low_row, high_row = self.table[self.kind.level]
        own = a * self.high * high_row + (self.kind.n_kept - a) * self.low * low_row
        own = own + b * self.low * high_row + (self.kind.n_flipped - b) * self.high * low_row
        n_high = a + self.kind.n_flipped - b
        return {int(c): (own[n_high == c], chance[n_high == c]) for c in np.unique(n_high)}

    @property
    def work(self) -> float:
        """About how many products the list takes."""
        n, p = self.law.dim - 1, self.p
        if n * self.n_others > _MOST_ENTRIES:
            return float("inf")
        posts = len(self._binomial(self.n_others)[0])
        width = 1.4 * self.reach * np.sqrt(n * self.n_others * p * (1 - p)) + 20
        cues = 1.4 * self.reach * np.sqrt(n * p * (1 - p)) + 20
        if min(cues, n) * posts > _MOST_PAIRS:
            return float("inf")
        own = sum(len(chance) for _, chance in self.cues.values())
        made = width if self._is_one_binomial or not self.low else width**2 / 4
        return float(min(width, n * self.n_others + 1) * posts * own + 2 * posts * len(self.cues) * made)

    def total(self) -> float:
        """The probability."""
        posts, chances = self._binomial(self.n_others)
        return float(
            sum(
                chance * self._given(int(k), c, own, weight)
                for k, chance in zip(posts, chances, strict=True)
                for c, (own, weight) in self.cues.items()
            )
        )

    def _given(self, k_high: int, n_high: int, own: Floats, weight: Floats) -> float:
        """The part of a number of posts that are high, and of a cue's composition."""
        n, k = self.law.dim - 1, (self.n_others - k_high, k_high)
        active = n_high * self.high + (n - n_high) * self.low
        base = own + active * (k[0] * self.table[0, 0] + k[1] * self.table[1, 0])
        inner = 1 if self.steps[1] and k[1] else 0  # the post that is summed up
        first, chance = self._law(k[1 - inner], n_high)
        values = self.steps[1 - inner] * (first + np.arange(len(chance)))
        room = self.limit.value - np.add.outer(base, values)
        scale = np.abs(base).max() + np.abs(values).max() + abs(self.limit.value)
        step = self.steps[inner]
        if not step or not k[inner]:
            tie = np.abs(room) <= _TIE * scale
            below = np.where(tie, self.limit.inclusive, room > 0).astype(float)
        else:
            below = self._below(k[inner], n_high, room / step, _TIE * scale / abs(step), step > 0)
        return float(weight @ (below @ chance))

    def _below(self, k: int, n_high: int, room: Floats, tie: float, rising: bool) -> Floats:
        """P(J < room), or above it where J does not raise the field; ties as the limit says."""
        first, chance = self._law(k, n_high)
        nearest = np.rint(room)
        at = np.abs(room - nearest) <= tie
        if rising:
            most = np.where(at, nearest - (not self.limit.inclusive), np.floor(room))
            table = np.concatenate([[0.0], np.cumsum(chance)])
            return np.asarray(table[np.clip(most - first + 1, 0, len(chance)).astype(np.int64)])
        least = np.where(at, nearest + (not self.limit.inclusive), np.ceil(room))
        table = np.concatenate([np.cumsum(chance[::-1])[::-1], [0.0]])
        return np.asarray(table[np.clip(least - first, 0, len(chance)).astype(np.int64)])

    @property
    def _is_one_binomial(self) -> bool:
        """Whether a high entry under a high cue and a low one under a low cue are as likely as each other."""
        return self.p == 0.5 and self.low == -1 and self.high == 1

    def _law(self, k: int, n_high: int) -> tuple[int, Floats]:
        """First value and chances of J with k patterns: level by level, its neurons' high entries."""
        if self._is_one_binomial:  # less what it is with none of them
            values, chance = self._binomial((self.law.dim - 1) * k)
            return int(values[0]) - k * (self.law.dim - 1 - n_high), chance
        key = (k, n_high)
        if key not in self._laws:
            first, chance = 0, np.ones(1)
            for level, n in ((self.high, n_high), (self.low, self.law.dim - 1 - n_high)):
                if level and n and k:
                    values, one = self._binomial(n * k)
                    spaced = np.zeros((len(one) - 1) * abs(level) + 1)
                    spaced[:: abs(level)] = one if level > 0 else one[::-1]
                    first += int(level * (values[0] if level > 0 else values[-1]))
                    chance = np.convolve(chance, spaced)
            self._laws[key] = first, chance
        return self._laws[key]

    def _binomial(self, n: int) -> tuple[Floats, Floats]:
        return _binomial(n, self.p, self.reach, self.rarest)


@lru_cache(maxsize=4096)
def _binomial(n: int, p: float, deviations: float, rarest: float) -> tuple[Floats, Floats]:
    """Values and chances of a binomial number, without the rarest."""
    middle, reach = n * p, deviations * np.sqrt(n * p * (1 - p)) + 100
    values = np.arange(max(np.floor(middle - reach), 0.0), min(np.ceil(middle + reach), n) + 1)
    chance = np.exp(log_binomial(n, p, values))
    kept = chance > rarest
    return values[kept], chance[kept]
