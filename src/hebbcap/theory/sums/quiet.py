r"""How far out is the transform of a sum still heard?

Along its line a transform falls off, but it comes back where many atoms turn in step: at the period of a
lattice, at fractions of it, or, off a lattice, again and again while few large atoms decide. For a lattice
there is a bound. With q the tilted and p the plain chances of one term, and B any set of its atoms,

.. math:: 1 - |E_q e^{itX}|^2 \ge \Big(\min_B \frac{q}{p}\Big)^2 (1 - |E_p e^{itX}|^2 - 4 P(X \notin B))

since both sides sum :math:`q_k q_l (1 - \cos t(v_k - v_l))` over pairs of atoms. The plain transform is
known over its whole period from one Fourier transform. Elsewhere the transform is sampled.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from hebbcap.theory.crosstalk import AtomCrosstalk, Bools, Floats, loudest_from, turned
from hebbcap.theory.sums.saddle import Line, Sums
from hebbcap.theory.sums.transform import log_transform_on_line

_OUTSIDE = (0.01, 0.04, 0.12)
"""Chances of the atoms that the bound does without, to choose from."""

_TILTED = 2**15
"""Nodes of a period up to which the tilted transform itself is worth computing."""

_CLOSE = 2
_NORMAL = 3.0
"""Nodes from the peak, and how far a normal fall-off reaches in spreads for each square root of a nat."""

_LONG_WAY = 2.0**12
"""Widths to a proven end after which a nearer one, not proven, is preferred."""

_REACH = 32.0
_SAMPLES = 1024
"""Sampled at so many places a geometric step apart, over so many e-folds."""

_UNSEEN = 1e-3
"""Sizes expected less often than this altogether change no size of a transform that matters."""

_TURN, _PEAK, _SCANNED = 0.25, 3.0, 2**14
"""Step of a scan and width of a peak, in turns of one term and of the sum; and steps of a scan."""

_RARELY = 0.02
_BETWEEN = 2e-6
"""Fall-off of one transform below which it is of rare terms; and what 65 places a step may overlook of it."""

_FEW, _SIMPLE = 1e5, 65
"""Sums of no more terms than the first are listened to at all simple fractions of their period."""

_ECHO = np.log(1e-8)


def heard_until(problem: Sums, line: Line, silent: Floats) -> tuple[Floats, Bools]:
    """Return the t from which the integrand stays below exp(silent) of its peak, and whether that is proven.

    The end of the period, or inf, where it is not known to; shapes (R,).
    """
    with np.errstate(divide="ignore"):
        period = np.where(problem.spacing > 0, np.pi / problem.spacing, np.inf)
    found = _bounded(problem, line, silent)
    proven = found * line.width < _LONG_WAY
    rows = np.flatnonzero(~proven)
    if isinstance(problem.law, AtomCrosstalk) and len(rows):
        sampled = _sampled(problem.rows(rows), line.rows(rows), silent[rows])
        proven[rows] = found[rows] <= sampled
        found[rows] = np.minimum(found[rows], sampled)
    return np.minimum(found, period), proven & np.isfinite(found)


def is_echoless(problem: Sums, line: Line) -> Bools:
    """Whether the integrand is silent at simple fractions of its period, shape (R,).

    There a coarser lattice inside X would revive it. An echo is as wide as the first peak, so its height
    against 1 is its share of the result. True off a lattice.
    """
    silent = np.ones(len(line.tilt), dtype=bool)
    rows = np.flatnonzero(problem.spacing > 0)
    if len(rows):
        part, at = problem.rows(rows), line.rows(rows)
        z = at.tilt[:, None] + 1j * np.pi / part.spacing[:, None] * _fractions(25)
        size = part.log_integrand(z).real - at.peak[:, None]
        silent[rows] = size.max(axis=1) <= _ECHO
    return silent


@cache
def _fractions(most: int) -> Floats:
    """Every p / q in 0 ... 1 with q below `most`."""
    return np.array(sorted({p / q for q in range(1, most) for p in range(1, q + 1)}))


def _bounded(problem: Sums, line: Line, silent: Floats) -> Floats:
    """Ends that are proven, inf where none is."""
    law = problem.law
    found = np.full(len(problem.cases), np.inf)
    if not isinstance(law, AtomCrosstalk) or not law.period_nodes:
        return found
    on_lattice = problem.spacing > 0
    if law.loudest is not None:
        for row in np.flatnonzero(on_lattice).tolist():
            found[row] = _first_silent(problem, line, row, silent[row], _plain_bound(problem, line, law, row))
    if law.period_nodes <= _TILTED:
        for row in np.flatnonzero(on_lattice & ~np.isfinite(found)).tolist():
            found[row] = _first_silent(problem, line, row, silent[row], _tilted_size(problem, line, law, row))
    return found


def _first_silent(problem: Sums, line: Line, row: int, silent: float, log_size: Floats) -> float:
    """First t at which so many copies are silent, given the log of the size of one at even steps."""
    share = max(np.log(np.pi * line.width[row] / problem.spacing[row]), 0.0)
    below = np.flatnonzero(problem.count[row] * log_size + share < silent)
    if not len(below):
        return np.inf
    end = float(below[0] * np.pi / ((len(log_size) - 1) * problem.spacing[row]))
    # Up to there no two common atoms differ by more than half a turn, so 1 - cos x >= 2 (x / pi)^2 bounds
    # the fall-off by a normal one.
    return min(end, _NORMAL * np.sqrt(-silent) / line.width[row]) if below[0] <= _CLOSE else end


def _plain_bound(problem: Sums, line: Line, law: AtomCrosstalk, row: int) -> Floats:
    which = law.law[problem.cases[row]]
    assert law.loudest is not None
    cumulated = np.cumsum(law.by_size[0][which] + law.by_size[1][which])
    top = law.log_mgf((problem.sign * line.tilt)[[row], None], problem.cases[[row]], near_zero=True)[0, 0]
    best = np.zeros(law.loudest.shape[1])
    for outside in _OUTSIDE:
        last = min(int(np.searchsorted(cumulated, 1 - outside)), len(cumulated) - 1)
        ratio = np.exp(min(line.tilt[row] * law.sizes[last] - top, 0.0))
        best = np.maximum(best, ratio**2 * (1 - law.loudest[which] ** 2 - 4 * (1 - cumulated[last])))
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 * np.log1p(-np.minimum(best, 1.0)))


def _tilted_size(problem: Sums, line: Line, law: AtomCrosstalk, row: int) -> Floats:
    exponent = problem.sign[row] * line.tilt[row] * law.values
    with np.errstate(under="ignore"):
        chance = law.probabilities[law.law[problem.cases[row]]] * np.exp(exponent - exponent.max())
    nodes = law.period_nodes
    return np.asarray(np.log(loudest_from((chance / chance.sum())[None, :], law.places, nodes)[0]))


def _sampled(problem: Sums, line: Line, silent: Floats) -> Floats:
    """Where all that lies farther out, by samples at irregular distances, adds too little to be heard."""
    law = problem.law
    assert isinstance(law, AtomCrosstalk)
    number = np.arange(_SAMPLES)
    ahead = np.exp(_REACH / _SAMPLES * (number + 0.4 * np.sin(number**2)))
    tilt = problem.sign * line.tilt
    top = law.log_mgf(tilt[:, None], problem.cases, near_zero=True)[:, 0]
    plus, minus = law.tilted(tilt, top, problem.cases)
    found = np.full(len(problem.cases), np.inf)
    for row, count in enumerate(problem.count):
        one, at = problem.rows(np.array([row])), line.rows(np.array([row]))
        chances, spacing = np.stack([plus[row], minus[row]]), law.spacing[problem.cases[row]]
        t = ahead / line.width[row]
        if problem.spacing[row] > 0:
            t = t[t < np.pi / spacing]
        loud = np.exp(_log_size(law.sizes, chances, count, t)) * _against_peak(one, at, t)
        beyond = np.cumsum((loud * t * line.width[row])[::-1])[::-1] * (_REACH / _SAMPLES)
        heard = np.flatnonzero(~(beyond < np.exp(silent[row])))
        if not len(heard) or heard[-1] < _SAMPLES - 16:
            found[row] = t[min(heard[-1] + 2, len(t) - 1)] if len(heard) else 1 / line.width[row]
        # Narrow peaks escape the samples.
        if np.isfinite(found[row]):
            found[row] = _scanned(one, at, chances, float(found[row]), float(np.exp(silent[row])))
    return found


def echoes(one: Sums, at: Line, end: float, bearable: float) -> Floats:
    """Return the simple fractions of the period beyond an end at which one row is heard.

    All others together add less than is bearable. None off a lattice.
    """
    law, count = one.law, float(one.count[0])
    assert isinstance(law, AtomCrosstalk)
    if not one.spacing[0] > 0 or count > _FEW:
        return np.zeros(0)
    tilt = one.sign * at.tilt
    top = law.log_mgf(tilt[:, None], one.cases, near_zero=True)[:, 0]
    chances = np.stack([side[0] for side in law.tilted(tilt, top, one.cases)])
    t = np.pi / one.spacing[0] * _fractions(_SIMPLE)
    t = t[t > end]
    loud = np.exp(_log_size(law.sizes, chances, count, t)) * _against_peak(one, at, t)
    order = np.argsort(loud)
    return np.sort(t[order[np.cumsum(loud[order]) > bearable]])


def _scanned(one: Sums, at: Line, chances: Floats, end: float, bearable: float) -> float:
    """Where to stop so that no echo within thousands of turns of one term adds more than is bearable.

    inf where echoes do not die away within that range.
    """
    law, count = one.law, float(one.count[0])
    assert isinstance(law, AtomCrosstalk)
    used = slice(0, _last_seen(chances.sum(axis=0), count))
    sizes, (plus, minus) = law.sizes[used], chances[:, used] / chances[:, used].sum()
    values, chance = np.concatenate([sizes, -sizes]), np.concatenate([plus, minus])
    spread = float(np.sqrt(max(chance @ values**2 - (chance @ values) ** 2, 0.0)))
    if spread == 0 or end * spread > _TURN * _SCANNED:
        return end
    step = _TURN / spread
    less = -log_transform_on_line(step, _SCANNED, values, chance).real
    if np.median(less) < _RARELY:  # most terms are as good as 0; the samples have seen the few that are not
        return end
    # With the size written as cos(angle), the angle changes by no more than the spread of X times the step.
    angle = np.arccos(np.minimum(np.exp(-less), 1.0)) - 0.5 * _TURN
    least = -np.log(np.maximum(np.cos(np.clip(angle, 0.0, 0.5 * np.pi)), 1e-300))
    t = step * np.arange(float(_SCANNED))
    spacing = float(law.spacing[one.cases[0]])  # one too fine to matter has no echoes that do
    inside = (t > end) & ((t < np.pi / spacing) if spacing else True)
    suspects = np.flatnonzero(inside & (count * least < -np.log(bearable / _SCANNED)))
    echo = np.zeros(_SCANNED)
    for some in np.array_split(suspects, len(suspects) // 64 + 1):
        close = t[some, None] + step * np.linspace(-0.5, 0.5, 65)
        z = turned(close.reshape(1, -1), sizes, (plus + minus)[None, :], (plus - minus)[None, :])[0]
        quiet = -0.5 * np.log1p(np.maximum(np.abs(z) ** 2 + 2 * z.real, -1 + 1e-300)).reshape(close.shape)
        echo[some] = np.exp(-count * np.maximum(quiet.min(axis=1) - _BETWEEN, 0.0))
    echo *= _against_peak(one, at, t) * min(_TURN * np.sqrt(count), _PEAK)
    if echo[_SCANNED // 2 :].sum() > bearable:
        return float(np.inf)
    heard = np.flatnonzero(np.cumsum(echo[::-1])[::-1] > bearable)
    return float(t[heard[-1]] + step) if len(heard) else end


def _last_seen(total: Floats, count: float) -> int:
    """How many sizes, from the smallest, can be told from none in so many terms."""
    seen = np.flatnonzero(np.cumsum(total[::-1])[::-1] * count > _UNSEEN)
    return int(seen[-1]) + 1 if len(seen) else 1


def _against_peak(one: Sums, at: Line, t: Floats) -> Floats:
    """Size of the kernel along the line of one row, against that at t = 0."""
    kernel = np.abs(one.kernel(at.tilt[:, None] + 1j * t[None, :])[0])
    return np.asarray(kernel / np.abs(one.kernel(at.tilt[:, None])[0, 0]))


def _log_size(sizes: Floats, chances: Floats, count: float, t: Floats) -> Floats:
    """Log of the size of the transform at t of so many terms, which are +-size with these chances."""
    total = chances.sum(axis=0)
    used = slice(0, _last_seen(total, count))
    with np.errstate(divide="ignore"):
        less_one = turned(t[None, :], sizes[used], total[None, used], (chances[0] - chances[1])[None, used])[
            0
        ]
        return np.asarray(0.5 * count * np.log1p(np.maximum(np.abs(less_one) ** 2 + 2 * less_one.real, -1.0)))
