"""How likely is a sum to fall below a limit when a few rare, large terms decide it?

Where one nearby pattern weighs more than all others together (exponential memories, or few patterns of
high order) no integral converges fast. The terms are then taken in order of size. All ways in which the
large ones can occur are listed with their exact probabilities; the tail of what remains, R, is integrated
where it is smooth, and else the next size is listed. Bounds on R (`hebbcap.theory.sums.terms`) decide ways
early: what is given away in that manner is added up, and must stay below a share of the result.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, xlog1py, xlogy

from hebbcap.theory.crosstalk import AtomCrosstalk
from hebbcap.theory.sums.bulk import ERROR, WholeLaw
from hebbcap.theory.sums.sides import smaller_tails
from hebbcap.theory.sums.terms import RareTerms, Remaining, Ways, log_choose, merged, nearby

_GIVEN_AWAY, _ROUGHLY = 5e-7, 0.1
"""Share of the result that may be given away altogether, and while its size is still to be found."""

FEW_WAYS, MANY_WAYS = 2**13, 2**18
"""With more ways than this at one level the list is given up, at first and in the end."""

_DEVIATIONS, _MOST_SPLITS = 12.0, 2**27
"""A size occurs about as often as expected; it is also given up where that splits ways into too many."""

_SELDOM, _COMMON = 0.1, 4.0
"""Sizes within a factor 3 that are expected this often together may leave a smooth sum, and usually do."""

_SINGLE = 4
_MANY = 200
"""Up to so many ways are integrated one by one; with more than the second nothing else is tried."""


_EVENLY = 0.02
"""Part of that which each level may give away."""

_IN_BULK = 20.0
"""So many times more may be lost to the absolute error of tails known in bulk, which happens once."""

_NEARLY_ALL = 0.8
"""Ways with this part of the terms left are as smooth in bulk as those with all of them."""

_LEAST, _PASSES = 1e-290, 60
"""Smallest result looked for, and passes over the sizes until it is known."""


def listed_tail(
    terms: RareTerms, count: float, limit: float, *, inclusive: bool, most_ways: int = MANY_WAYS
) -> float | None:
    """Return P(S < limit), or <= if inclusive; None where there are too many ways to list.

    Parameters
    ----------
    terms : RareTerms
        Law of the terms.
    count : float
        Number of terms, whole.
    limit : float
        In the units of the law; on a lattice, a point of it.
    inclusive : bool
        Whether the limit itself counts.
    most_ways : int
        With more ways than this at one level the list is given up.
    """
    if terms.law.spacing[0] > 0:
        limit = float(round(limit / terms.unit))
    start = Ways(np.array([limit]), np.ones(1), np.array([count]))
    below, _ = Remaining.of(terms, 0, count).log_bounds(start)
    scale, rough = float(np.exp(below[0])), True
    for _ in range(_PASSES):
        share = _ROUGHLY if rough else _GIVEN_AWAY
        found = _Listing(terms, inclusive, _EVENLY * share * scale, rough, most_ways).run(start)
        if found is None:
            return None
        total, lost = found
        if not rough and lost <= share * total:
            return total
        if not rough or lost > share * total:
            scale = min(scale, max(total, lost)) * 1e-2
        else:
            scale, rough = 0.5 * total, False
        if scale < _LEAST:
            return None
    return None


class _Listing:
    """One pass over the sizes; gives away at most about `allowance` at each level."""

    def __init__(self, terms: RareTerms, inclusive: bool, allowance: float, rough: bool, most: int) -> None:
        self.terms, self.inclusive, self.allowance, self.rough = terms, inclusive, allowance, rough
        self.most_ways = most
        self.total = 0.0
        self.lost = 0.0
        self.listed = 0
        self.open = 1.0  # chance of the ways that were open at this level

    def run(self, ways: Ways) -> tuple[float, float] | None:
        """Return the probability and what was given away, or None."""
        terms = self.terms
        both = terms.plus + terms.minus
        mass = np.cumsum(both[::-1])[::-1]
        close = nearby(terms.sizes, both)
        for level, size in enumerate(terms.sizes):
            if both[level] == 0:
                continue
            count = float(ways.left.max())
            seen = min(count * both[level] / mass[level], 1.0) * float(ways.chance.sum())
            if seen <= self.allowance / len(both):
                self.lost += seen
                continue
            self.open = float(ways.chance.sum())
            ways = self._decide(ways, Remaining.of(terms, level, count))
            if not len(ways.short):
                return self.total, self.lost
            expected = count * close[level] / mass[level]
            if level and expected >= _SELDOM:
                ways = self._integrate(ways, level, common=expected >= _COMMON)
                if not len(ways.short):
                    return self.total, self.lost
            share = min(both[level] / mass[level], 1.0)
            after = Remaining.of(terms, level + 1, count)
            spread = self._spread(ways, float(size), share, float(terms.plus[level] / both[level]), after)
            if spread is None:
                return None
            ways = spread
            if not len(ways.short):
                return self.total, self.lost
        reached = ways.short >= 0 if self.inclusive else ways.short > 0
        self.total += float(ways.chance[reached].sum())
        return self.total, self.lost

    def _decide(self, ways: Ways, rest: Remaining) -> Ways:
        """Count the ways that are as good as won, and drop those as good as lost."""
        if not len(ways.short):
            return ways
        log_below, log_above = rest.log_bounds(ways)
        below, above = ways.chance * np.exp(log_below), ways.chance * np.exp(log_above)
        small = self.allowance * np.maximum(ways.chance / self.open, 1e-5)
        won = (above <= small) & (ways.short > 0)
        dropped = ~won & (below <= small)
        self.total += float(ways.chance[won].sum())
        self.lost += float(above[won].sum() + below[dropped].sum())
        return ways[~won & ~dropped]

    def _integrate(self, ways: Ways, level: int, *, common: bool) -> Ways:
        """Add up the ways whose remaining tail is smooth, and return the others."""
        law = self.terms.from_level(level)
        if self.rough and not common:
            return ways
        if self.rough:
            away = ways.short - ways.left * law.mean[0]
            spread = np.sqrt(ways.left * law.variance[0])
            self.total += float(ways.chance @ ndtr(away / np.where(spread > 0, spread, 1.0)))
            return ways[ways.chance < 0]
        left_over = self._in_bulk(ways, law)
        if len(left_over.short) == len(ways.short) and not common:
            return ways
        if len(left_over.short) > _MANY:
            return left_over
        ways, none = left_over, np.zeros(len(left_over.short), dtype=np.int64)
        closed, one = np.full(len(none), self.inclusive), np.ones(len(none))
        found = smaller_tails(law, none, ways.left, ways.short, inclusive=closed, sign=one)
        self.total += float(ways.chance[found.accurate] @ found.probability[found.accurate])
        return ways[~found.accurate]

    def _in_bulk(self, ways: Ways, law: AtomCrosstalk) -> Ways:
        """Add up the ways so unlikely that an absolute accuracy does, and return the others."""
        unlikely = ways.chance * ERROR <= _IN_BULK * self.allowance / len(ways.short)
        most = float(ways.left.max())
        unlikely &= ways.left >= _NEARLY_ALL * most  # fewer terms are heard farther out
        if unlikely.sum() <= _SINGLE:
            return ways
        whole = WholeLaw(law, float(ways.left[unlikely].min()), most)
        if not whole.smooth:
            return ways
        for left in np.unique(ways.left[unlikely]):
            rows = unlikely & (ways.left == left)
            self.total += float(ways.chance[rows] @ whole.tails(float(left), ways.short[rows]))
        self.lost += float(ways.chance[unlikely].sum()) * ERROR
        return ways[~unlikely]

    def _spread(
        self, ways: Ways, size: float, share: float, chance_plus: float, rest: Remaining
    ) -> Ways | None:
        """Split every way by how often a size occurs, and with which signs; None if that is too many."""
        found: list[Ways] = []
        n_found = 0
        typical = float(ways.left.max() * share)
        splits = _DEVIATIONS * np.sqrt(typical) + 10
        if max(splits**2, 40.0 * splits) * len(ways.short) > _MOST_SPLITS:
            return None
        smallest = 1e-2 * self.allowance / (1 + _DEVIATIONS * np.sqrt(typical))
        for times in range(int(ways.left.max()) + 1):
            log_times = (
                log_choose(ways.left, times) + xlogy(times, share) + xlog1py(ways.left - times, -share)
            )
            chance = np.where(ways.left >= times, ways.chance * np.exp(log_times), 0.0)
            if chance.sum() <= smallest:
                self.lost += float(chance.sum())
                if times > typical:
                    break
                continue
            positive = np.arange(times + 1.0)
            log_sign = (
                log_choose(np.array(float(times)), positive)
                + xlogy(positive, chance_plus)
                + xlog1py(times - positive, -chance_plus)
            )
            kept = log_sign > np.log(smallest / (times + 1) / chance.sum())
            self.lost += (
                float(chance.sum() * max(1 - np.exp(log_sign[kept]).sum(), 0.0)) if not kept.all() else 0.0
            )
            net = size * (2 * positive[kept] - times)
            children = Ways(
                np.subtract.outer(ways.short, net).ravel(),
                np.multiply.outer(chance, np.exp(log_sign[kept])).ravel(),
                np.repeat(ways.left - times, kept.sum()),
            )
            children = self._decide(children[children.chance > 0], rest)
            found.append(children)
            n_found += len(children.short)
            if n_found > self.most_ways:
                return None
        self.listed += n_found
        if self.listed > 4 * self.most_ways:
            return None
        return merged(found)
