"""How likely is a sum of independent copies to fall below a limit, however rare that is?

With :math:`\\kappa(z) = n \\log E e^{zX}`, a limit a on the lattice of spacing :math:`\\delta` and any c < 0:

.. math:: P(S \\le a) = \\frac{1}{2\\pi} \\int_{-\\pi/\\delta}^{\\pi/\\delta}
          e^{\\kappa(c+it) - (c+it) a}\\, \\frac{\\delta}{1 - e^{(c+it)\\delta}}\\, dt

(without a lattice the kernel is -1/z and the line is endless). On the line through the saddle point the
integrand does not oscillate before it has decayed, so a tail of 1e-200 keeps its relative accuracy; and
the trapezoid rule's error is the mass of S outside a window of known width, so few points do. This is the
inversion of Lugannani & Rice (1980) carried out by quadrature (Daniels 1987) rather than by expansion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import AtomCrosstalk, Bools, Complexes, Crosstalk, Floats
from hebbcap.theory.rare import rare_tail

Indices = NDArray[np.int64]

ACCURACY = 1e-8
"""Relative change between two step sizes at which a tail is accepted."""

_BLOCK = 32
_SHORT = 2**8
_MEDIUM = 2**15
_LONG = 2**19
"""Nodes of a whole period: always taken whole up to the first; up to the second where a Fourier transform
gives the law of a term; beyond the last never, but for sums of few such terms."""

_FEW = 2000.0
"""Sums of no more terms than this are rarely so smooth that their echoes can be told from a few samples."""

_WORK = 2**20
"""Complex exponentials held at once."""

_MANY = 1e5
"""Counts above this multiply the rounding of log E exp(zX) enough to matter."""

_MOST_WORK = 2**24
_MOST_NODES = 2**16
"""Exponentials of a list of atoms, and nodes of a mixture, after which a walk is given up."""

_GOLDEN = (np.sqrt(5) - 1) / 2


_LISTED = 1e-15
"""Lists leave out ways rarer than 1e-26, so their smaller sums are not known to `ACCURACY`."""

_LASTING = 1e-8
"""Far out, the integrand off a lattice is as large as the atoms of S; larger ones are not smoothed over."""


@dataclass(frozen=True)
class Tail:
    """Probabilities, and whether each reached `ACCURACY`; where not, the probability is an upper bound."""

    probability: Floats
    accurate: Bools


@dataclass(frozen=True)
class _Sum:
    """Sums of `count` copies of sign * X, to be at most `limit`: R problems, one a row."""

    law: Crosstalk
    cases: Indices
    count: Floats
    sign: Floats
    limit: Floats
    spacing: Floats

    def log_transform(self, z: Any, *, near_zero: bool) -> Any:
        """Log of E exp(z * sum), real or complex as z (R, M) is."""
        return self._powered(self.law.log_mgf(self.sign[:, None] * z, self.cases, near_zero=near_zero))

    def log_integrand(self, z: Any, log_mgf: Complexes | None = None) -> Any:
        """Log of the integrand at z (R, M); the transform of one term may be given where it is known."""
        if log_mgf is None:
            many = bool(self.count.max() * self.law.multiplicity > _MANY)
            kappa = self.log_transform(z, near_zero=many)
        else:
            kappa = self._powered(log_mgf)
        step = self.spacing[:, None]
        on_lattice = step > 0
        if on_lattice.all():
            kernel = step / -np.expm1(z * step)
        else:
            wide = np.where(on_lattice, z * step, -1.0)
            kernel = np.where(on_lattice, np.where(on_lattice, step, 1.0) / -np.expm1(wide), -1 / z)
        return np.asarray(kappa - z * self.limit[:, None] + np.log(kernel))

    def _powered(self, log_mgf: Any) -> Any:
        """Log of the count-th power, part by part: a complex product would turn log 0 = -inf into nan."""
        power = self.count[:, None] * np.real(log_mgf)
        if np.iscomplexobj(log_mgf):
            return power + 1j * (self.count[:, None] * np.imag(log_mgf))
        return power

    def rows(self, chosen: Indices | Bools) -> _Sum:
        return _Sum(
            self.law,
            self.cases[chosen],
            self.count[chosen],
            self.sign[chosen],
            self.limit[chosen],
            self.spacing[chosen],
        )


def lower_tail(
    law: Crosstalk, cases: Indices, count: Floats, limit: Floats, *, inclusive: Bools, sign: Floats
) -> Tail:
    """Return P(sign * S < limit), or <= where inclusive, for S a sum of `count` copies of X.

    Parameters
    ----------
    law : Crosstalk
        Holds the law of X in each case.
    cases : ndarray of int, shape (R,)
        The case of each problem.
    count : ndarray, shape (R,)
        Number of copies, whole, >= 0.
    limit : ndarray, shape (R,)
        In the units of X.
    inclusive : ndarray of bool, shape (R,)
        Whether the limit itself counts.
    sign : ndarray, shape (R,)
        1 or -1.

    Returns
    -------
    Tail
        Probabilities (R,), each with a flag that says whether it reached `ACCURACY`; where it did not, an
        upper bound (Chernoff's) stands instead.

    Notes
    -----
    Off a lattice the integral takes S to have no atoms, and is not trusted where it has. Few terms are
    listed there instead, with their ties.
    """
    tail = Tail(np.ones(len(cases)), np.zeros(len(cases), dtype=bool))
    few_off_lattice = (law.spacing[cases] == 0) & (count <= _FEW) & isinstance(law, AtomCrosstalk)
    _list_rare(tail, np.flatnonzero(few_off_lattice), law, cases, count, limit, inclusive, sign)
    rows = np.flatnonzero(~tail.accurate)
    found = _by_integral(law, cases[rows], count[rows], limit[rows], inclusive[rows], sign[rows])
    tail.probability[rows], tail.accurate[rows] = found.probability, found.accurate
    _list_rare(
        tail, np.flatnonzero(~tail.accurate & ~few_off_lattice), law, cases, count, limit, inclusive, sign
    )
    return tail


def _list_rare(
    tail: Tail,
    rows: Indices,
    law: Crosstalk,
    cases: Indices,
    count: Floats,
    limit: Floats,
    inclusive: Bools,
    sign: Floats,
) -> None:
    """Fill in the rows of a tail for which listing the rare large terms succeeds."""
    if not isinstance(law, AtomCrosstalk):
        return

    def rest(common: AtomCrosstalk, counts: Floats, limits: Floats, closed: bool) -> tuple[Floats, Bools]:
        one = np.ones(len(counts))
        found = _by_integral(common, 0 * counts.astype(np.int64), counts, limits, one * closed > 0, one)
        return found.probability, found.accurate

    for row in rows:
        args = int(cases[row]), count[row], sign[row], limit[row], bool(inclusive[row])
        listed = rare_tail(law, *args, rest)
        if listed is not None:
            tail.probability[row], tail.accurate[row] = listed, listed > _LISTED


def _by_integral(
    law: Crosstalk, cases: Indices, count: Floats, limit: Floats, inclusive: Bools, sign: Floats
) -> Tail:
    mean, spread = sign * count * law.mean[cases], np.sqrt(count * law.variance[cases])
    least = count * np.where(sign > 0, law.least[cases], -law.most[cases])
    most = count * np.where(sign > 0, law.most[cases], -law.least[cases])
    spacing = np.where(spread > 1e8 * law.spacing[cases], 0.0, law.spacing[cases])
    at = _snap(limit, sign * count * law.offset[cases], spacing, inclusive)

    rounding = 1e-9 * np.maximum(np.abs(most), np.abs(least))
    reaches_limit = np.where(inclusive, limit >= least - rounding, limit > least + rounding)
    probability = np.where(reaches_limit, 1.0, 0.0)
    accurate = np.ones(len(cases), dtype=bool)
    past_most = np.where(inclusive, limit >= most - rounding, limit > most + rounding)
    certain = np.where(spacing > 0, at >= most - spacing / 2, past_most)
    open_ = reaches_limit & ~certain & (spread > 0)
    below = open_ & (at <= mean)
    above = open_ & ~below
    for chosen, towards in ((below, 1.0), (above, -1.0)):
        rows = np.flatnonzero(chosen)
        if len(rows):
            bound = at[rows] if towards > 0 else -(at[rows] + spacing[rows])
            problem = _Sum(law, cases[rows], count[rows], towards * sign[rows], bound, spacing[rows])
            tail, accurate[rows], most_likely = _integrate(problem, spread[rows])
            tail = np.where(accurate[rows], tail, most_likely)
            probability[rows] = tail if towards > 0 else np.where(accurate[rows], 1 - tail, 1.0)
    return Tail(np.clip(probability, 0.0, 1.0), accurate)


def _snap(limit: Floats, offset: Floats, spacing: Floats, inclusive: Bools) -> Floats:
    """Largest lattice point that counts: at the limit itself only where inclusive."""
    safe = np.where(spacing > 0, spacing, 1.0)
    steps = (limit - offset) / safe
    nearest = np.rint(steps)
    on_point = np.abs(steps - nearest) <= 1e-9 * np.maximum(1.0, np.abs(offset / safe))
    whole = np.where(on_point, nearest - ~inclusive, np.floor(steps))
    return np.where(spacing > 0, offset + whole * safe, limit)


def _integrate(problem: _Sum, spread: Floats) -> tuple[Floats, Bools, Floats]:
    """Integrate along the line through the saddle point, a group of like problems at a time.

    Returns the tails, whether each is accurate, and Chernoff's upper bounds, which hold in any case.
    """
    tilt, peak, width = _saddle(problem, spread)
    # The window 2 pi / step must hold all but ACCURACY of the tilted sum, on both sides.
    log_tail = peak - np.log(2.5 * width)
    window = np.maximum(16 * width, (30 - np.minimum(log_tail, 0)) / -tilt)
    step = 2 * np.pi / window
    with np.errstate(divide="ignore"):
        period = np.where(problem.spacing > 0, np.pi / problem.spacing, np.inf)
    nodes = np.exp2(np.ceil(np.log2(np.clip(period / step, 2, 2 * _LONG))))
    result, accurate = np.zeros(len(tilt)), np.zeros(len(tilt), dtype=bool)

    def solve(chosen: Bools, whole_period: bool) -> None:
        for size in np.unique(nodes[chosen]) if whole_period else [_BLOCK]:
            group = np.flatnonzero(chosen & (nodes == size)) if whole_period else np.flatnonzero(chosen)
            batch = max(int(_WORK / (problem.law.atoms_per_case * size)), 1)
            for start in range(0, len(group), batch):
                rows = group[start : start + batch]
                part, at, top = problem.rows(rows), tilt[rows], peak[rows]
                if whole_period:
                    total, accurate[rows] = _full_period(part, at, top, period[rows], int(size))
                else:
                    total, accurate[rows] = _walk(part, at, top, step[rows], period[rows])
                result[rows] = np.exp(top) * total

    # A sum that is not nearly normal can echo far out: there only the whole period will do.
    transformed = isinstance(problem.law, AtomCrosstalk)
    whole = (nodes <= (_MEDIUM if transformed else _SHORT)) | (
        transformed & (problem.count <= _FEW) & (nodes <= _LONG)
    )
    solve(whole, True)
    solve(~whole, False)
    solve(~whole & ~accurate & (nodes <= _LONG), True)
    kernel = np.where(
        problem.spacing > 0, -np.expm1(tilt * problem.spacing) / np.maximum(problem.spacing, 1e-300), -tilt
    )
    return result, accurate & np.isfinite(result), np.minimum(np.exp(peak) * kernel, 1.0)


def _saddle(problem: _Sum, spread: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the tilt c < 0 that makes the integrand smallest, its log there, and the width in S."""

    def height(tilt: Floats) -> Floats:
        with np.errstate(all="ignore"):
            value = problem.log_integrand(tilt[:, None])[:, 0]
        return np.where(np.isfinite(value), value, np.inf)

    steepest = np.where(problem.spacing > 0, 40 / np.where(problem.spacing > 0, problem.spacing, 1), np.inf)
    low = np.log(1e-3 / spread)
    high = np.maximum(np.log(np.minimum(1e8 / spread, steepest)), low + 1)
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_inner, at_outer = height(-np.exp(inner)), height(-np.exp(outer))
    for _ in range(30):
        left = at_inner <= at_outer
        high, low = np.where(left, outer, high), np.where(left, low, inner)
        point = np.where(left, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        at_point = height(-np.exp(point))
        inner, outer = np.where(left, point, outer), np.where(left, inner, point)
        at_inner, at_outer = np.where(left, at_point, at_outer), np.where(left, at_inner, at_point)
    tilt = -np.exp(0.5 * (low + high))
    peak = height(tilt)
    near = 1e-3
    bend = (height(tilt * (1 + near)) + height(tilt * (1 - near)) - 2 * peak) / (near * tilt) ** 2
    width = np.sqrt(np.where(np.isfinite(bend) & (bend > 0), bend, spread**2))
    return tilt, peak, width


def _values(problem: _Sum, tilt: Floats, peak: Floats, t: Floats) -> Floats:
    """Real part of the integrand in units of its peak, at tilt + i t, t of shape (R, M)."""
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(problem.log_integrand(tilt[:, None] + 1j * t) - peak[:, None]))


def _grid_values(problem: _Sum, tilt: Floats, peak: Floats, step: Floats, nodes: int) -> Floats:
    """Real part of the integrand on the nodes 0 ... period, where a Fourier transform gives them all."""
    t = step[:, None] * np.arange(nodes + 1.0)
    if not isinstance(problem.law, AtomCrosstalk) or nodes < _SHORT:
        return _values(problem, tilt, peak, t).real
    z = tilt[:, None] + 1j * t
    log_mgf = np.empty(z.shape, dtype=np.complex128)
    for row in range(len(z)):
        log_mgf[row] = problem.law.log_mgf_on_period(
            int(problem.cases[row]), problem.sign[row] * tilt[row], problem.sign[row], nodes
        )
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(problem.log_integrand(z, log_mgf) - peak[:, None]).real)


def _full_period(
    problem: _Sum, tilt: Floats, peak: Floats, period: Floats, nodes: int
) -> tuple[Floats, Bools]:
    """Trapezoid rule over the whole period, halving the step until nothing changes."""
    step = period / (2 * nodes)
    value = _grid_values(problem, tilt, peak, step, 2 * nodes)
    coarse = value[:, ::2]
    total = 2 * step * (coarse.sum(axis=1) - 0.5 * (coarse[:, 0] + coarse[:, -1]))
    finer = step * (value.sum(axis=1) - 0.5 * (value[:, 0] + value[:, -1]))
    fine = np.abs(finer - total) <= ACCURACY * np.abs(finer)
    if not fine.all() and nodes < _LONG:
        return _full_period(problem, tilt, peak, period, 2 * nodes)
    return finer / np.pi, fine


def _walk(problem: _Sum, tilt: Floats, peak: Floats, step: Floats, period: Floats) -> tuple[Floats, Bools]:
    """Trapezoid rule outwards until the integrand has died in every row; at two offsets, to compare."""
    whole, between = np.zeros(len(tilt)), np.zeros(len(tilt))
    walking = np.arange(len(tilt))
    start, atoms = 0, problem.law.atoms_per_case
    most = _MOST_WORK // atoms if isinstance(problem.law, AtomCrosstalk) else _MOST_NODES
    while len(walking) and start < most:
        # Strides grow with the way already gone, but a stride's numbers must fit in memory.
        stride = max(min(start, _WORK // (2 * atoms * len(walking))), _BLOCK)
        t = step[walking, None] * (start + 0.5 * np.arange(2 * stride))
        inside = t < period[walking, None]
        rows = problem.rows(walking)
        value = np.where(inside, _values(rows, tilt[walking], peak[walking], np.where(inside, t, 0.0)), 0.0)
        on, off = value[:, ::2], value[:, 1::2]
        whole[walking] += on.real.sum(axis=1) - (0.5 * on[:, 0].real if start == 0 else 0.0)
        between[walking] += off.real.sum(axis=1)
        died = np.abs(on).sum(axis=1) <= 1e-3 * ACCURACY * np.abs(whole[walking])
        walking = walking[~died]
        start += stride
    total, finer = step * whole, 0.5 * step * (whole + between)
    fine = (np.abs(finer - total) <= ACCURACY * np.abs(finer)) & _no_echo(problem, tilt, peak)
    fine[walking] = False
    fine &= (problem.spacing > 0) | ~_lasting(problem, tilt, step)
    return finer / np.pi, fine


def _lasting(problem: _Sum, tilt: Floats, step: Floats) -> Bools:
    """Whether the transform stays up far out: the sum then has atoms, and its tail steps that show."""
    far = step[:, None] * (1e3 * (1 + np.arange(64) * _GOLDEN))
    with np.errstate(all="ignore"):
        top = problem.log_transform(tilt[:, None], near_zero=False)
        size = problem.log_transform(tilt[:, None] + 1j * far, near_zero=False).real - top
    return np.asarray(~(np.median(size, axis=1) <= np.log(_LASTING)))


def _no_echo(problem: _Sum, tilt: Floats, peak: Floats) -> Bools:
    """Whether the integrand stays dead further out, where a coarser lattice inside X would revive it.

    An echo is as wide as the first peak, so its height against 1 is its share of the result.
    """
    fractions = sorted({p / q for q in range(1, 25) for p in range(1, q + 1)})
    quiet = np.ones(len(tilt), dtype=bool)
    on_lattice = problem.spacing > 0
    if on_lattice.any():
        rows = problem.rows(on_lattice)
        t = np.pi / rows.spacing[:, None] * np.array(fractions)
        quiet[on_lattice] = (
            np.abs(_values(rows, tilt[on_lattice], peak[on_lattice], t)).max(axis=1) <= ACCURACY
        )
    return quiet
