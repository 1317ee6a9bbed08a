"""What is the integral of a pairwise field's transform along a line, echoes and all?

The integrand has a first peak at the real axis. Where the field has a coarser lattice once the posts are
given, it comes back in echoes, at known places; where single steps nearly agree, it may revive in between.
The first peak is followed until it has died, and if nothing can revive, only the echoes' places are looked
at. Else whole cells, from echo to echo, are integrated.
"""

from __future__ import annotations

import math

import numpy as np

from hebbcap.theory.field.lattice import Lattice
from hebbcap.theory.field.line import Echo, FieldTransform, Line, product
from hebbcap.theory.field.local_field import Floats
from hebbcap.theory.field.post_counts import Counts, around

ACCURACY = 1e-8
"""Relative change between two step sizes at which a tail is accepted."""

_FAINT = 1e-12
"""Echoes of single posts weaker than this share of the first peak are left out."""

_SAMPLES = 33
"""Places across an echo where its size is looked at."""

_MOST_ECHOES = 2 * 10**7
"""Pairs of an echo, or a place of revival, and a post that are looked at."""

_WORK = 2**17
"""Complex numbers held at once."""

_REACH = 9.0
"""Way, in widths of the field given cue and posts, after which what has died stays dead."""

_BLOCK = 32
_CELL = 256
LONGEST = 2**15
"""Nodes of half a cell: up to the second, cells are taken whole; after the third they are given up."""

_LISTABLE = 2e7
_MOST_WORK = 1e9
"""Products of whole cells after which they are given up: two levels can be listed instead."""


def integrate(
    transform: FieldTransform,
    lattice: Lattice,
    point: int,
    line: Line,
    peak: float,
    step: float,
    counts: Counts,
) -> tuple[float, float, Floats] | None:
    """Return the integral by half this step and by it, and the nodes; None where it is out of reach.

    Parameters
    ----------
    transform : FieldTransform
        The integrand.
    lattice : Lattice
        Of the field.
    point : int
        The number of the limit on it.
    line : Line
        Where the integral goes.
    peak : float
        Log of the integrand's unit.
    step : float
        Distance of the nodes.
    counts : Counts
        The posts that matter.
    """
    half = math.pi / lattice.inner if lattice.inner else math.inf
    n_cell = max(half / step, 8.0)
    found = None
    if n_cell > _CELL:
        least = _REACH / transform.narrowest / step
        found = _walk(transform, line, peak, step, (least, min(n_cell, LONGEST)), counts)
        if found is not None and not _is_quiet(transform, lattice, line, peak, found[2][-1], counts):
            found = None
    if found is None:
        work = n_cell * len(counts.k) * lattice.n_echoes
        if n_cell > LONGEST or work > (_LISTABLE if len(transform.law.levels) == 2 else _MOST_WORK):
            return None
        nodes = np.linspace(0, half, 2 * math.ceil(n_cell) + 1, dtype=np.float64)
        value = transform.first_peak(line, nodes, counts, peak).real
        found = 2 * trapezoid(value, nodes[1]), 2 * trapezoid(value[::2], nodes[2]), nodes
    if not transform.step or lattice.n_echoes == 1:
        return found
    fine, coarse, nodes = found
    echoes = _echoes(transform, lattice, point, line, peak, nodes, counts, abs(fine))
    return None if echoes is None else (fine + echoes[0], coarse + echoes[1], nodes)


def _walk(
    transform: FieldTransform,
    line: Line,
    peak: float,
    step: float,
    limits: tuple[float, float],
    counts: Counts,
) -> tuple[float, float, Floats] | None:
    """Go outwards from the real axis until the integrand has died, by at least and at most so many steps.

    Cues and posts whose fields lie apart from each other make it swell and fade on its way.
    """
    values = np.zeros(0, dtype=np.complex128)
    while len(values) + _BLOCK < limits[1]:
        t = 0.5 * step * np.arange(len(values), 2 * len(values) + 2 * _BLOCK, dtype=np.float64)
        new = transform.first_peak(line, t, counts, peak)
        values = np.concatenate([values, new])
        fine = 0.5 * step * (2 * float(values.real.sum()) - float(values[0].real))
        died = step * float(np.abs(new).sum()) <= 1e-3 * ACCURACY * abs(fine)
        if died and len(values) >= 2 * limits[0]:
            coarse = step * (2 * float(values[::2].real.sum()) - float(values[0].real))
            return fine, coarse, 0.5 * step * np.arange(len(values), dtype=np.float64)
    return None


def _is_quiet(
    transform: FieldTransform, lattice: Lattice, line: Line, peak: float, reach: float, counts: Counts
) -> bool:
    """Whether the integrand, and every echo, stays dead where steps that nearly agree would revive it.

    Where one step is back at its beginning the others are off; the place between them where all of n are
    off least loses no less than the n-th part of the nats. Phases are left out: an echo may undo them.
    """
    t = lattice.revivals(reach, abs(line.tilt) / ACCURACY)
    if t is None or len(t) * len(counts.k) > _MOST_ECHOES:
        return False
    weight = np.exp(line.heights - peak)
    rows = max(_WORK // len(counts.k), 1)
    for start in range(0, len(t), rows):
        part = t[start : start + rows]
        turns, own = transform.turns(line, part, counts)
        sizes = product([np.abs(turn) for turn in turns], [(n, np.abs(o)) for n, o in own], line.shares)
        ratio = np.abs(transform.kernel(line.tilt + 1j * part) / transform.kernel(np.array([line.tilt])))
        if ((weight @ sizes ** (1 / len(lattice.steps))) * ratio > ACCURACY).any():
            return False
    return True


def _echoes(
    transform: FieldTransform,
    lattice: Lattice,
    point: int,
    line: Line,
    peak: float,
    nodes: Floats,
    likely: Counts,
    total: float,
) -> tuple[float, float] | None:
    """Integrate over the echoes; only posts whose phases agree across the cue's levels come back."""
    n = lattice.n_echoes
    counts = around(likely, transform.n_others, transform.law.posts[1], n)
    if counts is None:
        return None
    line = line if counts is likely else transform.line(line.tilt, counts)
    across, along = lattice.residues(counts.k, point)
    period = 2j * math.pi / lattice.inner
    few = np.linspace(-1, 1, _SAMPLES) * nodes[-1]
    whole = nodes[-1] * lattice.inner > 0.999 * math.pi  # with revivals inside the cell, anywhere
    turns, own = transform.turns(line, few, counts)
    weight = np.exp(line.heights - peak) * nodes[-1] / transform.kernel(np.array([line.tilt]))
    last = min(n // 2, max(_MOST_ECHOES // len(counts.k), 1))
    echoes, every = [], np.ones(len(counts.k), dtype=bool)
    for m in range(1, last + 1):
        echo = Echo(m, n, every, across, along)
        if whole:
            echoes.append(echo)
            continue
        shares = [share * echo.phases(slice(None)) for share in line.shares]
        size = np.abs(product(turns, own, shares)).max(axis=1)
        kept = (
            size * weight * np.abs(transform.kernel((line.tilt + m * period) + 1j * few)).max()
            > _FAINT * total
        )
        if kept.any():
            echoes.append(Echo(m, n, kept, across, along))
    t = np.concatenate([-nodes[:0:-1], nodes])
    fine = coarse = octave = 0.0
    for echo, values in zip(echoes, transform.summed(line, t, counts, peak, echoes), strict=True):
        value = (values * transform.kernel((line.tilt + echo.m * period) + 1j * t)).real
        share = 1.0 if 2 * echo.m == n else 2.0
        more = share * trapezoid(value, nodes[1])
        fine, coarse = fine + more, coarse + share * trapezoid(value[::2], nodes[2])
        octave += abs(more) if 2 * echo.m > last else 0.0
    return (fine, coarse) if last == n // 2 or octave <= ACCURACY * total else None


def trapezoid(values: Floats, step: float) -> float:
    """Trapezoid rule over values at even distances."""
    return float(step * (values.sum() - 0.5 * (values[0] + values[-1])))
