"""How likely is a sum to fall below a limit when a few rare, large terms decide it?

Where one nearby pattern weighs more than all others together (exponential memories, or few patterns of
high order) no integral converges fast. The terms are then taken in order of size: all ways in which the
rare large ones can occur are listed with their exact probabilities, a way that the remaining terms can no
longer overturn is decided, and the common small terms are left to the saddle point integral.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from hebbcap.theory.crosstalk import AtomCrosstalk, Bools, Floats

COMMON = 40.0
"""A size that is expected this often is common enough for the integral."""

_NEGLIGIBLE = -60.0
"""Natural log of the probabilities (1e-26) that are left out of the list of ways."""

_UNSEEN = 1e-26
"""A size that is expected less often than this is taken never to occur."""

_MOST_WAYS = 3 * 10**5
"""With more ways than this the terms are not few and large, and the list is given up."""

Ways = tuple[Floats, Floats, Floats]
RestTail = Callable[[AtomCrosstalk, Floats, Floats, bool], tuple[Floats, Bools]]


def rare_tail(
    law: AtomCrosstalk, case: int, count: float, sign: float, limit: float, inclusive: bool, rest: RestTail
) -> float | None:
    """Return P(sign * S < limit), or <= if inclusive; None where there are too many ways to list.

    Parameters
    ----------
    law : AtomCrosstalk
        Law of the terms.
    case : int
        The case whose probabilities hold.
    count : float
        Number of terms, whole.
    sign : float
        1 or -1.
    limit : float
        In the units of the terms.
    inclusive : bool
        Whether the limit itself counts.
    rest : callable
        `rest(law, counts, limits, inclusive)` for the tails of the common terms.
    """
    chance = law.probabilities[law.law[case]]
    values = sign * law.values
    sizes = np.unique(np.abs(values))[::-1]
    plus = np.array([chance[values == size].sum() for size in sizes])
    minus = np.array([chance[values == -size].sum() if size > 0 else 0.0 for size in sizes])
    both = plus + minus
    left = np.cumsum(both[::-1])[::-1]  # mass of this size and all smaller ones
    second = np.cumsum((both * sizes**2)[::-1])[::-1] / left
    drift = np.cumsum(((plus - minus) * sizes)[::-1])[::-1] / left

    total = 0.0
    # Sum so far less the limit, its chance, and terms left. Large terms that cancel the limit leave
    # exactly 0, so that small ones added later are not lost in rounding.
    ways: Ways = (np.array([-limit]), np.array([1.0]), np.array([count]))
    for level, size in enumerate(sizes):
        if count * both[level] < _UNSEEN:
            continue
        reach = _reach(ways[2], size, second[level], drift[level])
        margin = -ways[0]
        won = margin > reach
        total += float(ways[1][won].sum())
        open_ = ~won & (margin >= -reach)
        ways = (ways[0][open_], ways[1][open_], ways[2][open_])
        if not len(ways[0]):
            return total
        share = min(both[level] / left[level], 1.0)
        if ways[2].max() * share >= COMMON:
            common = _without(law, values, chance, float(size))
            tails, fine = rest(common, ways[2], -ways[0], inclusive)
            return total + float(ways[1] @ tails) if fine.all() else None
        spread = _spread(ways, float(size), share, float(plus[level] / both[level]))
        if spread is None:
            return None
        ways = spread
    reached = ways[0] <= 0 if inclusive else ways[0] < 0
    return total + float(ways[1][reached].sum())


def _reach(count: Floats, size: float, second: float, drift: float) -> Floats:
    """How far the remaining terms can move the sum, but for a chance of 1e-26 (Bernstein's bound)."""
    nats, variance = -_NEGLIGIBLE, count * second
    usual = abs(drift) * count + np.sqrt(2 * nats * variance) + 2 * nats * size / 3
    return np.minimum(count * size, usual) * (1 + 1e-12)


def _spread(ways: Ways, size: float, share: float, chance_plus: float) -> Ways | None:
    """Split every way by how often a size occurs, and with which signs; None if that is too many."""
    sums, chances, counts = ways
    found: list[Ways] = []
    n_found = 0
    most = int(min(counts.max(), counts.max() * share + 12 * np.sqrt(counts.max() * share) + 40))
    for times in range(most + 1):
        log_times = _log_choose(counts, times) + xlogy(times, share) + xlog1py(counts - times, -share)
        possible = (counts >= times) & (log_times > _NEGLIGIBLE)
        if not possible.any():
            continue
        for positive in range(times + 1):
            log_sign = (
                _log_choose(np.array(times), positive)
                + xlogy(positive, chance_plus)
                + xlog1py(times - positive, -chance_plus)
            )
            if np.isneginf(log_sign):
                continue
            chance = chances[possible] * np.exp(log_times[possible] + log_sign)
            step = size * (2 * positive - times)
            found.append((sums[possible] + step, chance, counts[possible] - times))
            n_found += len(chance)
            if n_found > _MOST_WAYS:
                return None
    sums, chances, counts = (np.concatenate(column) for column in zip(*found, strict=True))
    keys, where = np.unique(np.stack([sums, counts]), axis=1, return_inverse=True)
    merged: Floats = np.bincount(where.ravel(), weights=chances).astype(np.float64)
    kept = merged > 0
    return keys[0][kept], merged[kept], keys[1][kept]


def _log_choose(n: Floats, k: int) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(np.maximum(n - k, 0) + 1))


def _without(law: AtomCrosstalk, values: Floats, chance: Floats, size: float) -> AtomCrosstalk:
    """Return the law of the terms of this size or smaller, signs applied."""
    kept = np.abs(values) <= size
    atoms, probability = values[kept], chance[kept] / chance[kept].sum()
    mean = float(probability @ atoms)
    one = np.ones(1)
    return replace(
        law,
        weight=one,
        own=0 * one,
        high=one > 0,
        cued_right=one > 0,
        mean=mean * one,
        variance=(float(probability @ atoms**2) - mean**2) * one,
        least=atoms.min() * one,
        most=atoms.max() * one,
        spacing=law.spacing[:1],
        mirrored=law.mirrored,
        offset=atoms[:1],
        values=atoms,
        law=np.zeros(1, dtype=np.int64),
        probabilities=probability[None, :],
    )
