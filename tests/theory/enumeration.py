"""Ground truth for tiny systems: every pattern, every cue, every sum, from the definitions alone."""

import itertools
from math import comb, gcd

import numpy as np

TIE = 1e-9


def all_patterns(levels, dim):
    """Every pattern of `dim` neurons, shape (2^D, D)."""
    return np.array(list(itertools.product(levels, repeat=dim)), dtype=float)


def chances(patterns, ensemble):
    """Chance of each pattern when its entries are independent."""
    n_high = (patterns == ensemble.levels[1]).sum(axis=1)
    return ensemble.p_high**n_high * (1 - ensemble.p_high) ** (patterns.shape[1] - n_high)


def pairwise_field(rule):
    """Field of neuron 0 that one pattern contributes: sum over j != 0 of g(x_0, x_j) s_j."""

    def field(patterns, cue):
        return rule(patterns[:, :1], patterns[:, 1:]) @ cue[1:]

    return field


def energy_difference(function):
    """Field of neuron 0 that one pattern contributes: F(x . s) with s_0 = +1 less that with s_0 = -1."""

    def field(patterns, cue):
        up, down = np.concatenate([[1.0], cue[1:]]), np.concatenate([[-1.0], cue[1:]])
        return function(patterns @ up) - function(patterns @ down)

    return field


def merged(values, weights):
    """Add up the chances of equal values; values that differ by rounding only are equal."""
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    scale = max(np.abs(values).max(), 1.0)
    new = np.concatenate([[True], np.diff(values) > 1e-11 * scale])
    return values[new], np.add.reduceat(weights, np.flatnonzero(new))


def sum_law(values, weights, count):
    """Values and chances of a sum of `count` independent copies; all terms are positive, so none cancels."""
    total = np.zeros(1), np.ones(1)
    for _ in range(count):
        total = merged(np.add.outer(total[0], values).ravel(), np.multiply.outer(total[1], weights).ravel())
    return total


def bit_error(field, ensemble, dim, n_patterns, *, n_flipped=0, level=0.0):
    """Chance that neuron 0 is wrong after one update; at threshold it keeps the state of the cue."""
    patterns = all_patterns(ensemble.levels, dim)
    likely = chances(patterns, ensemble)
    low, high = ensemble.levels
    flips = [list(f) for f in itertools.combinations(range(dim), n_flipped)]
    sums, error = {}, 0.0
    for pattern, chance in zip(patterns, likely, strict=True):
        for flip in flips:
            cue = pattern.copy()
            cue[flip] = low + high - cue[flip]
            key = tuple(cue[1:])
            if key not in sums:
                sums[key] = sum_law(*merged(field(patterns, cue), likely), n_patterns - 1)
            values, weights = sums[key]
            excess = field(pattern[None, :], cue)[0] + values - level
            tie = np.abs(excess) <= TIE * max(np.abs(values).max(), 1.0)
            wrong = np.where(tie, cue[0] != pattern[0], (excess > 0) != (pattern[0] == high))
            error += chance / len(flips) * float(weights[wrong].sum())
    return error


def ways_of_sums(values, counts, total, copies):
    """Count sums of `copies` whole values exactly: first sum, gap, ways at or below each, all ways."""
    gap = gcd(*(v - values[0] for v in values))
    first = min(values)
    one = {}
    for value, count in zip(values, counts, strict=True):
        one[(value - first) // gap] = one.get((value - first) // gap, 0) + count
    ways = np.ones(1, dtype=object)
    for _ in range(copies):
        longer = np.zeros(len(ways) + max(one), dtype=object)
        for place, count in one.items():
            longer[place : place + len(ways)] += ways * count
        ways = longer
    return copies * first, gap, np.cumsum(ways), total**copies


def dense_values(order, dim):
    """Every value of n times the field of one +-1 pattern, in exact whole numbers, and in how many ways."""
    n = dim - 1
    values, counts = [], []
    for agreeing in range(n + 1):
        overlap = 2 * agreeing - n
        difference = (overlap + 1) ** order - (overlap - 1) ** order
        for sign in (1, -1):
            values.append(sign * difference)
            counts.append(comb(n, agreeing))
    return values, counts, 2 ** (n + 1)
