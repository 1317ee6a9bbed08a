"""Ground truth for neurons of any number of levels: by listing, and cue by cue with mpmath."""

import itertools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np

from .enumeration import merged, sum_law

TIE = 1e-9


def listed_bit_error(rule, drawn, dim, n_patterns, n_flipped, steps):
    """Chance that neuron 0 is wrong after one update, from every pattern, every cue and every sum."""
    levels, chances = np.array(drawn.levels), np.array(drawn.chances)
    count = len(levels)
    numbers = np.array(list(itertools.product(range(count), repeat=dim)))
    values, likely = levels[numbers], chances[numbers].prod(axis=1)
    moves = [
        (list(places), list(shifts))
        for places in itertools.combinations(range(dim), n_flipped)
        for shifts in itertools.product(range(1, count), repeat=n_flipped)
    ]
    sums, error = {}, 0.0
    for number, value, chance in zip(numbers, values, likely, strict=True):
        for places, shifts in moves:
            cue = number.copy()
            cue[places] = (cue[places] + shifts) % count
            key = tuple(cue[1:])
            if key not in sums:
                one = rule(values[:, :1], values[:, 1:]) @ levels[cue[1:]]
                sums[key] = sum_law(*merged(one, likely), n_patterns - 1)
            others, weights = sums[key]
            field = rule(value[:1], value[1:]) @ levels[cue[1:]] + others
            after = next_level(cue[0], field, steps)
            error += chance / len(moves) * float(weights[after != number[0]].sum())
    return error


def next_level(level, field, steps):
    """The tie rule: the level between its nearest steps; at one, the touching level nearer to the state."""
    found = []
    for h in field:
        at = [i for i, step in enumerate(steps) if abs(h - step) <= TIE * max(abs(step), 1)]
        if at:
            touching = (at[0], at[0] + 1)
            found.append(min(touching, key=lambda t: abs(t - level)))
        else:
            found.append(sum(h > step for step in steps))
    return np.array(found)


def cue_by_cue(table, drawn, n_neurons, level, n_others, limit, unit):
    """P(h <= limit) for a neuron cued right, from an integral for each composition of the cue, in mpmath.

    Independent of the package: it mixes over posts within the law of one pattern, not over the whole field.
    """
    count = len(drawn.levels)
    x = [mp.mpf(v) for v in drawn.levels]
    p = [mp.mpf(repr(v)) for v in drawn.chances]
    g = [[mp.mpf(repr(float(v))) for v in row] for row in table]
    whole = [[[round(Fraction(int(a)) * Fraction(repr(float(v))) / unit) for v in row] for row in table]
             for a in drawn.levels]  # fmt: skip
    total = mp.mpf(0)
    for slots in itertools.product(range(n_neurons + 1), repeat=count):
        if sum(slots) != n_neurons:
            continue
        weight = mp.mpf(math.factorial(n_neurons))
        for n, chance in zip(slots, p, strict=True):
            weight *= chance**n / math.factorial(n)
        own = sum(n * a * v for n, a, v in zip(slots, x, g[level], strict=True))

        def transform(z, slots=slots):
            found = mp.mpf(0)
            for y in range(count):
                term = p[y]
                for a in range(count):
                    if slots[a] and x[a]:
                        term *= sum(p[b] * mp.exp(z * x[a] * g[y][b]) for b in range(count)) ** slots[a]
                found += term
            return found

        base = [sum(slots[a] * whole[a][y][0] for a in range(count)) for y in range(count)]
        steps = [whole[a][y][b] - whole[a][y][0] for a in range(count) if slots[a]
                 for y in range(count) for b in range(count)]  # fmt: skip
        spacing = math.gcd(*(b - base[0] for b in base), *steps) or 1
        size = mp.mpf(unit.numerator) / unit.denominator
        total += weight * _tail(
            transform, n_others, mp.mpf(limit) - own, base[0] * size * n_others, spacing * size
        )
    return total


def _tail(transform, count, limit, offset, spacing):
    """P(sum of `count` copies <= limit) on the lattice offset + spacing Z."""
    steps = (limit - offset) / spacing
    nearest = mp.nint(steps)
    at = offset + spacing * (nearest if abs(steps - nearest) < mp.mpf(10) ** -12 else mp.floor(steps))
    tiny = mp.mpf(10) ** -12
    if at > count * (transform(tiny) - 1) / tiny:
        return 1 - _lower(lambda z: transform(-z), count, -(at + spacing), spacing)
    return _lower(transform, count, at, spacing)


def _lower(transform, count, at, spacing):
    def height(log_tilt):
        tilt = -mp.exp(log_tilt)
        return count * mp.log(transform(tilt)) - tilt * at + mp.log(spacing / (1 - mp.exp(tilt * spacing)))

    low, high, golden = mp.mpf(-45), mp.log(40 / spacing), (mp.sqrt(5) - 1) / 2
    for _ in range(36):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if height(left) <= height(right) else (left, high)
    middle = (low + high) / 2
    tilt, peak, near = -mp.exp(middle), height(middle), mp.mpf("1e-3")
    if peak < -3000:
        return mp.mpf(0)
    bend = height(middle + mp.log(1 + near)) + height(middle + mp.log(1 - near)) - 2 * peak
    width = mp.sqrt(abs(bend)) / (near * -tilt)
    window = max(20 * width, (50 + max(0, -peak + mp.log(width))) / -tilt)
    nodes = int(mp.ceil(window / (2 * spacing)))
    step, total, quiet = mp.pi / spacing / nodes, mp.mpf(0), 0
    for j in range(nodes + 1):
        z = tilt + 1j * step * j
        value = mp.exp(count * mp.log(transform(z)) - z * at - peak) * spacing / (1 - mp.exp(z * spacing))
        total += mp.re(value) * (mp.mpf(1) if 0 < j < nodes else mp.mpf("0.5"))
        # Far out the integrand is dead for good where there are so many terms that no echo is left.
        quiet = quiet + 1 if abs(value) < abs(total) * mp.mpf(10) ** -13 else 0
        if quiet > 40 and nodes > 3000:
            break
    return step * total / mp.pi * mp.exp(peak)
