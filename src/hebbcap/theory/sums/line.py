"""What is the integral along a line, and how well is it known?

The trapezoid rule's error on such a line is the mass of the sum outside a window of known width, so few
nodes do; two step sizes tell whether it was wide enough. Short periods are summed whole. On long ones, and
on endless lines, the sum stops where the transform is no longer heard; where that is far out, one Fourier
transform gives all of its values.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hebbcap.theory.crosstalk import AtomCrosstalk, Bools, Complexes, Floats
from hebbcap.theory.sums.quiet import echoes, heard_until, is_echoless
from hebbcap.theory.sums.saddle import Indices, Line, Sums, saddle_line
from hebbcap.theory.sums.transform import log_transform_on_line, turning_share

ACCURACY = 1e-8
"""Relative change between two step sizes at which a tail is accepted."""

_SHORT, _LONG, _LONGEST = 2**8, 2**19, 2**22
"""Nodes of a period: always taken whole up to the first, in haste up to the second, never past the third."""

_QUICK, _DIRECT = 2**16, 2**20
"""Exponentials of a row up to which its sum is direct, on a lattice and off; others are transformed."""

_NEAR, _FAR = 2**15, 2**21
"""Nodes after which an integral is given up, in haste and with patience."""

_LOUDER = 1e4
"""So much louder the transform may still be at the end of a patient integral."""

_AGREED = 1e-7
"""Relative change between a patient integral and its first half, and share of atoms at the limit."""

_ROUNDING = 1e-12
"""Error of that transform against the chances transformed."""

_BLOCK = 32
_MOST_STRIDES = 2**16
"""Nodes of a first stride, and of all of them, where it is not known how far there is to go."""

_USUAL, _LEAST = 0.5, 1e-7
"""Integral against peak / width: usually, and where too much of it has cancelled."""

_ECHO_WIDTHS = 8.0
"""How far around an echo it is summed."""

_FARTHER = 12.0
"""So much farther patient integrals go where their halves disagree."""

_WIDER = 2.0
_ATTEMPTS = 4
"""Windows are made so much wider, so often, where two step sizes disagree."""

_WORK = 2**20
"""Exponentials held at once."""


_Method = Callable[[Sums, Line, Floats, Floats], tuple[Floats, Bools]]


def log_tails(problem: Sums, *, patient: bool = False) -> tuple[Floats, Bools]:
    """Return the logs of the tails P(S <= limit), and whether each is known.

    To `ACCURACY`, or to a relative 1e-7 where `patient`: such integrals are long, and stop while the
    transform is still heard. Where a tail is not known, the log of an upper bound (Chernoff's) stands.
    """
    line = saddle_line(problem)
    result, accurate = line.log_chernoff(problem), np.zeros(len(line.tilt), dtype=bool)
    log_tail = line.peak - np.log(2.5 * line.width)
    # Must hold all but ACCURACY of the tilted sum, on both sides.
    window = np.maximum(16 * line.width, (30 - np.minimum(log_tail, 0)) / -line.tilt)
    with np.errstate(divide="ignore"):
        period = np.where(problem.spacing > 0, np.pi / problem.spacing, np.inf)
    # Beyond the end it adds less than ACCURACY of the integral, which is this share of peak / width.
    share = np.full(len(period), _USUAL)
    louder = _LOUDER if patient else 1.0
    end, proven = _ends(problem, line, louder * share)
    for _ in range(_ATTEMPTS):
        step = 2 * np.pi / window
        with np.errstate(over="ignore"):
            nodes = np.exp2(np.ceil(np.log2(np.clip(period / step, 2, 4.0 * _LONGEST))))
        short = nodes <= _SHORT
        if isinstance(problem.law, AtomCrosstalk):
            whole = short | (nodes <= (_LONGEST if patient else _LONG))
            work = end / step * problem.law.atoms_per_case
            near = ~short & np.where(whole, proven & (work <= _QUICK), (work <= _DIRECT) & (not patient))
            most, far = (_FAR, _halves) if patient else (_NEAR, _transformed)
            ways: list[tuple[Bools, _Method]] = [(whole & ~near, _on_period), (near, _direct)]
            ways.append((~whole & ~near & (end <= most * step), far))
        else:
            ways = [(short, _on_period), (~short, _strides), (~short & (nodes <= _LONG), _on_period)]
        for chosen, method in ways:
            rows = np.flatnonzero(chosen & ~accurate)
            if not len(rows):
                continue
            until = np.where(proven, end, period)[rows] if method is _on_period else end[rows]
            total, fine = method(problem.rows(rows), line.rows(rows), step[rows], until)
            if method in (_direct, _transformed, _halves):
                for k in np.flatnonzero(fine & ~proven[rows]):
                    row = rows[[k]]
                    total[k] += _echoes(
                        problem.rows(row), line.rows(row), float(step[row][0]), float(end[row][0])
                    )
            found = np.clip(total * line.width[rows], _LEAST, _USUAL)
            fine &= (total > 0) & (found > _LEAST)
            fine &= (found >= 0.5 * share[rows]) | (until == period[rows])
            share[rows] = np.where(fine, share[rows], found)
            result[rows[fine]] = np.minimum(line.peak[rows] + np.log(np.where(fine, total, 1)), 0)[fine]
            accurate[rows] = fine
        if accurate.all():
            break
        if patient:
            end = np.where(accurate, end, np.minimum(_FARTHER * end, 0.9 * _FAR * step))
            continue
        window = np.where(accurate, window, _WIDER * window)
        rows = np.flatnonzero(~accurate & (share < _USUAL))
        if len(rows):
            end[rows], proven[rows] = _ends(problem.rows(rows), line.rows(rows), louder * share[rows])
    return result, accurate


def _ends(problem: Sums, line: Line, share: Floats) -> tuple[Floats, Bools]:
    """Where integrals may stop that are such a share of what they usually are; and whether it is proven."""
    if isinstance(problem.law, AtomCrosstalk):
        return heard_until(problem, line, np.log(0.1 * ACCURACY * share))
    with np.errstate(divide="ignore"):
        period = np.where(problem.spacing > 0, np.pi / problem.spacing, np.inf)
    return period, np.zeros(len(share), dtype=bool)


def _values(problem: Sums, line: Line, t: Floats, log_mgf: Complexes | None = None) -> Floats:
    """Real part of the integrand in units of its peak, at t (R, M) along the line."""
    z = line.tilt[:, None] + 1j * t
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(problem.log_integrand(z, log_mgf) - line.peak[:, None]).real)


def _compared(value: Floats, step: Floats, *, to_the_end: bool) -> tuple[Floats, Bools]:
    """Trapezoid rule for nodes half a step apart, and whether every other node says the same."""
    ends = 0.5 * (value[:, 0] + value[:, -1] * to_the_end)
    coarse = step * (value[:, ::2].sum(axis=1) - ends)
    finer = 0.5 * step * (value.sum(axis=1) - ends)
    return finer / np.pi, np.abs(finer - coarse) <= ACCURACY * np.abs(finer)


def _by_size(nodes: Floats, atoms: int) -> list[tuple[int, Indices]]:
    """Group rows of like numbers of nodes, in batches whose numbers fit in memory."""
    found = []
    for size in np.unique(nodes):
        group = np.flatnonzero(nodes == size)
        batch = max(int(_WORK / (2 * atoms * size)), 1)
        found += [(int(size), group[k : k + batch]) for k in range(0, len(group), batch)]
    return found


def _on_period(problem: Sums, line: Line, step: Floats, end: Floats) -> tuple[Floats, Bools]:
    """Sum up to an end in a period, from a Fourier transform of all of it where X is a list of atoms."""
    period = np.pi / problem.spacing
    nodes = np.exp2(np.ceil(np.log2(np.maximum(period / step, 2))))
    total, fine = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    atoms = isinstance(problem.law, AtomCrosstalk)
    for size, rows in _by_size(nodes, 1 if atoms else problem.law.atoms_per_case):
        part, at, width = problem.rows(rows), line.rows(rows), period[rows] / size
        used = min(int(2 * float((end[rows] / width).max())) + 2, 2 * size + 1)
        t = 0.5 * width[:, None] * np.arange(float(used))
        log_mgf = None
        if isinstance(problem.law, AtomCrosstalk) and size >= _SHORT:
            log_mgf = np.stack(
                [
                    problem.law.log_mgf_on_period(int(case), sign * tilt, sign, 2 * size, used)
                    for case, sign, tilt in zip(part.cases, part.sign, at.tilt, strict=True)
                ]
            )
        total[rows], fine[rows] = _compared(_values(part, at, t, log_mgf), width, to_the_end=True)
    return total, fine


def _direct(problem: Sums, line: Line, step: Floats, end: Floats) -> tuple[Floats, Bools]:
    """Sum up to a known end, term by term."""
    total, fine = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    nodes = np.exp2(np.ceil(np.log2(np.maximum(end / step, _BLOCK))))
    for size, rows in _by_size(nodes, problem.law.atoms_per_case):
        part, at = problem.rows(rows), line.rows(rows)
        stride = max(_WORK // (problem.law.atoms_per_case * len(rows)), _BLOCK)
        pieces = []
        for k in range(0, 2 * size, stride):
            t = 0.5 * step[rows, None] * np.arange(k, min(k + stride, 2.0 * size))
            pieces.append(_values(part, at, t) * (t <= end[rows, None]))
        total[rows], fine[rows] = _compared(np.concatenate(pieces, axis=1), step[rows], to_the_end=False)
    return total, fine


def _transformed(problem: Sums, line: Line, step: Floats, end: Floats) -> tuple[Floats, Bools]:
    """Sum up to a known end, far out, from one Fourier transform a row."""
    total, fine = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    for row in range(len(step)):
        one, at = problem.rows(np.array([row])), line.rows(np.array([row]))
        t, log_mgf, noise = _far_transform(one, at, 0.5 * step[row], 2 * int(end[row] / step[row] + 1))
        if noise <= ACCURACY:
            total[[row]], fine[[row]] = _compared(_values(one, at, t, log_mgf), step[[row]], to_the_end=False)
            fine[row] &= noise <= ACCURACY * total[row] * at.width[0]
    return total, fine


def _echoes(one: Sums, at: Line, step: float, end: float) -> float:
    """What the same trapezoid rule adds up to around the echoes beyond an end, for one row."""
    places = echoes(one, at, end, 0.1 * ACCURACY)
    reach = _ECHO_WIDTHS / at.width[0]
    first, last = np.ceil((places - reach) / step), np.floor((places + reach) / step)
    chosen = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    if not chosen:
        return 0.0
    t = np.unique(np.concatenate(chosen)) * step
    t = t[(t > end) & (t <= np.pi / one.spacing[0])]
    ends = 1 - 0.5 * (t > np.pi / one.spacing[0] - 0.5 * step)
    return float(ends @ _values(one, at, t[None, :])[0]) * step / np.pi


def _halves(problem: Sums, line: Line, step: Floats, end: Floats) -> tuple[Floats, Bools]:
    """Sum that fades out before the transform does, if the first half of it says the same.

    To fade out is to smooth the sum on the scale 1 / end. That can hide atoms at the limit, so their chance
    is estimated from the second half, where everything else is noise.
    """
    total, fine = np.zeros(len(step)), np.zeros(len(step), dtype=bool)
    for row in range(len(step)):
        one, at = problem.rows(np.array([row])), line.rows(np.array([row]))
        size = int(end[row] / step[row] + 1)
        t, log_mgf, noise = _far_transform(one, at, step[row], size)
        value = _values(one, at, t, log_mgf)[0]
        value[0] *= 0.5
        sums = []
        for length in (size, size // 2):
            fading = np.cos(np.linspace(0, 0.5 * np.pi, length - length // 2)) ** 2
            sums.append(value[: length // 2].sum() + fading @ value[length // 2 : length])
        sums = [float(step[row] * one_sum / np.pi) for one_sum in sums]
        z = at.tilt[:, None] + 1j * t[:, size // 2 :]
        with np.errstate(under="ignore"):
            own = np.exp(one.log_integrand(z, log_mgf[:, size // 2 :]) - at.peak[:, None]) / one.kernel(z)
        atom = abs(float(own.real.mean()))
        total[row] = sums[0]
        fine[row] = (
            abs(sums[1] - sums[0]) <= _AGREED * abs(sums[0])
            and atom <= _AGREED * abs(sums[0])
            and noise <= _AGREED * sums[0] * at.width[0]
        )
    return total, fine


def _far_transform(one: Sums, at: Line, step: float, size: int) -> tuple[Floats, Complexes, float]:
    """Nodes of one row, the log transform of one term there, and the rounding of the sum's transform."""
    law = one.law
    assert isinstance(law, AtomCrosstalk)
    top = law.log_mgf((one.sign * at.tilt)[:, None], one.cases, near_zero=True)
    tilted = law.tilted(one.sign * at.tilt, top[:, 0], one.cases)
    chances = np.concatenate([tilted[0][0], tilted[1][0]])
    values = one.sign[0] * np.concatenate([law.sizes, -law.sizes])
    noise = float(one.count[0]) * turning_share(step, size, values, chances) * _ROUNDING
    log_mgf = top + log_transform_on_line(step, size, values, chances)
    return np.asarray(step * np.arange(size)[None, :]), np.asarray(log_mgf), noise


def _strides(problem: Sums, line: Line, step: Floats, period: Floats) -> tuple[Floats, Bools]:
    """Sum outwards, in growing strides, until the integrand has died in every row."""
    whole, between = np.zeros(len(step)), np.zeros(len(step))
    walking, start, atoms = np.arange(len(step)), 0, problem.law.atoms_per_case
    while len(walking) and start < _MOST_STRIDES:
        stride = max(min(start, _WORK // (2 * atoms * len(walking))), _BLOCK)
        t = step[walking, None] * (start + 0.5 * np.arange(2 * stride))
        inside = t < period[walking, None]
        value = _values(problem.rows(walking), line.rows(walking), np.where(inside, t, 0.0)) * inside
        on, off = value[:, ::2], value[:, 1::2]
        whole[walking] += on.sum(axis=1) - (0.5 * on[:, 0] if start == 0 else 0.0)
        between[walking] += off.sum(axis=1)
        walking = walking[np.abs(on).sum(axis=1) > 1e-3 * ACCURACY * np.abs(whole[walking])]
        start += stride
    total, finer = step * whole, 0.5 * step * (whole + between)
    fine = (np.abs(finer - total) <= ACCURACY * np.abs(finer)) & is_echoless(problem, line)
    fine[walking] = False
    return finer / np.pi, fine
