"""What do the bits of one cue have in common?

Every bit of a cue meets the same other patterns, so what ties the bits together is how strongly each of
these patterns overlaps with the cue. With :math:`b_j` = 1 where a stored pattern is high and 0 elsewhere,
cue s, and the bit i itself left out,

.. math:: T = \\sum_j b_j s_j, \\qquad T'_i = T - b_i s_i, \\qquad X_i = f(b_i, T'_i)

X being what the pattern adds to the field of bit i, of any memory whose patterns are written
independently. A cue has few *kinds* of bit: should it be high, and does the cue have it right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hebbcap._checks import NoTheory
from hebbcap.dynamics import Fixed
from hebbcap.memories import Dense, Hopfield
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.crosstalk import Crosstalk, Floats, log_binomial
from hebbcap.theory.draws import hypergeometric
from hebbcap.theory.laws import crosstalk
from hebbcap.theory.pairwise import common_unit
from hebbcap.theory.reading import midpoint

_RARE = 1e-60
"""Overlaps less likely than this, in any pattern, are left out."""

_FLIPS_REACH, _FLIPS_STRIDE = 3.0, 1.0
"""Flipped high bits are summed over this many standard deviations, in steps of at most this many."""


@dataclass(frozen=True)
class Response:
    """What a pattern adds to the field of a neuron, by the neuron's bit and the pattern's overlap.

    Attributes
    ----------
    table : ndarray, shape (2, 2), or None
        g(post, pre) of a pairwise rule at (low, high).
    difference : ndarray or None
        d(m) of a dense memory for m = -reach ... reach.
    levels : tuple of float
        The low and high value of a neuron.
    unit : float
        All values are whole multiples of it; 0 if they have no unit in common.
    log_unit : float
        Log of what one of these numbers is worth in field.
    """

    table: Floats | None
    difference: Floats | None
    levels: tuple[float, float]
    unit: float
    log_unit: float

    def __call__(self, bit: int, overlap: Floats, total: float) -> Floats:
        """Return f(b, T') where the other neurons of the cue add up to `total`."""
        if self.table is not None:
            at_low, at_high = self.table[bit]
            return np.asarray(at_low * total + (at_high - at_low) * overlap)
        assert self.difference is not None
        reach = len(self.difference) // 2
        place = np.rint(2 * overlap - total).astype(np.int64) + reach
        return np.asarray((2 * bit - 1) * self.difference[place])


@dataclass(frozen=True)
class Kind:
    """Bits of a cue that fail alike.

    Attributes
    ----------
    count : float
        How many there are.
    level : float
        What the cue has there.
    own : float
        Field that the cued pattern itself contributes.
    high : bool
        Whether they should be high.
    right : bool
        Whether the cue already has them right: a tie keeps the cue's bit.
    """

    count: float
    level: float
    own: float
    high: bool
    right: bool


@dataclass(frozen=True)
class Cue:
    """Cues of one composition.

    Attributes
    ----------
    weight : float
        Share of such cues among those of patterns with as many high bits.
    n_high : int
        How many of the D neurons the cue has high.
    kinds : tuple of Kind
        The bits.
    """

    weight: float
    n_high: int
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Population:
    """What the bits of a cue share: the response, the patterns' statistics and the threshold.

    Attributes
    ----------
    response : Response
        Of one pattern.
    dim : int
        D.
    p_high : float
        Chance of the high value.
    threshold : float
        In units of the response.
    symmetric : bool
        Whether all cues act alike, so that any stands for all; each is then taken to be high throughout.
    law : Crosstalk
        The law of one bit.
    """

    response: Response
    dim: int
    p_high: float
    threshold: float
    symmetric: bool
    law: Crosstalk

    def overlaps(self, n_high: int, n_low: int) -> tuple[Floats, Floats]:
        """Return the values of an overlap with neurons of the cue, and the chance of each."""
        p, low = self.p_high, self.response.levels[0]
        if self.p_high == 0.5 and low:
            count = n_high + n_low
            return np.arange(count + 1.0) - n_low, np.exp(log_binomial(count, 0.5, np.arange(count + 1.0)))
        chance = np.exp(log_binomial(n_high, p, np.arange(n_high + 1.0)))
        if not low:
            return np.arange(n_high + 1.0), chance
        absent = np.exp(log_binomial(n_low, 1 - p, np.arange(n_low + 1.0)))
        return np.arange(n_high + n_low + 1.0) - n_low, np.convolve(chance, absent)

    def total(self, n_high: float) -> float:
        """Sum of the levels of a cue with so many neurons high."""
        low, high = self.response.levels
        return low * (self.dim - n_high) + high * n_high

    def atoms(self, cue: Cue, level: float) -> Atoms:
        """Return what one pattern can do to a bit that the cue has at `level`."""
        of_high = int(level == self.response.levels[1])
        others, chance = self.overlaps(cue.n_high - of_high, self.dim - cue.n_high - (1 - of_high))
        total = self.total(cue.n_high) - level
        field = np.concatenate([self.response(bit, others, total) for bit in (0, 1)])
        chance = np.concatenate([(1 - self.p_high) * chance, self.p_high * chance])
        overlap = np.concatenate([others, others + level])
        kept = chance > _RARE
        return Atoms(field[kept], overlap[kept], chance[kept] / chance[kept].sum())

    def spacing(self, field: Floats) -> float:
        """Spacing of the lattice that values of the response lie on, or 0."""
        if self.response.unit == 0:
            return 0.0
        steps = np.rint((field - field[0]) / self.response.unit)
        if np.abs(steps).max() >= 2.0**53:
            return 0.0
        return float(np.gcd.reduce(steps.astype(np.int64))) * self.response.unit


@dataclass(frozen=True)
class Atoms:
    """All that one pattern can be to one bit: its field X, its overlap T with the whole cue, the chance."""

    field: Floats
    overlap: Floats
    chance: Floats


def population(experiment: Experiment, n_patterns: int) -> Population:
    """Return what the bits share at this number of patterns.

    Raises
    ------
    NoTheory
        If no crosstalk law is known, or the threshold compares neurons with each other.
    """
    if len(experiment.ensemble.levels) > 2:
        raise NoTheory("the correlation between bits is worked out for two levels")
    memory, ensemble = experiment.memory, experiment.ensemble
    law = crosstalk(memory, ensemble, experiment.dim, experiment.n_flipped)
    levels = (float(ensemble.levels[0]), float(ensemble.levels[1]))
    response = _response(memory, levels, experiment.dim)
    if experiment.threshold == MIDPOINT:
        level = midpoint(experiment, n_patterns)
    elif isinstance(experiment.threshold, Fixed):
        level = experiment.threshold.value
    else:
        raise NoTheory(
            "the threshold compares the fields of all neurons, and this theory takes bits one kind at a time"
        )
    table = response.table
    mirrored = table is None or bool(((table == table[::-1, ::-1]) & (table == -table[:, ::-1])).all())
    symmetric = levels == (-1.0, 1.0) and ensemble.p_high == 0.5 and mirrored and level == 0
    level *= math.exp(-response.log_unit)
    return Population(response, experiment.dim, ensemble.p_high, level, symmetric, law)


def cues(shared: Population, n_flipped: int, n_high: int) -> tuple[Cue, ...]:
    """Return the cues of a pattern with so many high bits: their weights add up to 1.

    Where all cues act alike there is one, told apart by what is right in it; all of it counts as high.
    """
    dim = shared.dim
    low, high = shared.response.levels
    if shared.symmetric:
        return (_cue(shared, dim, 1.0, {(True, high): dim - n_flipped, (False, high): n_flipped}),)
    least, most = max(0, n_flipped - (dim - n_high)), min(n_flipped, n_high)
    share = n_high / dim
    spread = math.sqrt(max(n_flipped * share * (1 - share), 1e-9))
    stride = max(int(_FLIPS_STRIDE * spread), 1)
    steps = math.ceil(_FLIPS_REACH * spread / stride) + 1
    flipped = round(n_flipped * share) + stride * np.arange(-steps, steps + 1)
    flipped = flipped[(flipped >= least) & (flipped <= most)]
    weight = hypergeometric(flipped, dim, n_high, n_flipped)
    found = []
    for flipped_high, chance in zip(flipped.tolist(), weight / weight.sum(), strict=True):
        counts = {
            (True, high): n_high - flipped_high,
            (True, low): flipped_high,
            (False, high): n_flipped - flipped_high,
            (False, low): dim - n_high - (n_flipped - flipped_high),
        }
        cue_high = n_high - flipped_high + (n_flipped - flipped_high)
        found.append(_cue(shared, cue_high, float(chance), counts))
    return tuple(found)


def _cue(shared: Population, cue_high: int, weight: float, counts: dict[tuple[bool, float], int]) -> Cue:
    """Cue with so many bits of each (should be high, level it has)."""
    kinds = []
    for (is_high, level), count in counts.items():
        if count > 0:
            overlap = sum(other * n for (up, other), n in counts.items() if up) - level * is_high
            total = shared.total(cue_high) - level
            own = float(shared.response(int(is_high), np.array([overlap]), total)[0])
            right = is_high == (level == shared.response.levels[1])
            kinds.append(Kind(count, level, own, is_high, right))
    return Cue(weight, cue_high, tuple(kinds))


def _response(memory: Hopfield | Dense, levels: tuple[float, float], dim: int) -> Response:
    if isinstance(memory, Hopfield):
        table = memory.rule.table(levels)
        return Response(table, None, levels, common_unit(np.multiply.outer(levels, table).ravel()), 0.0)
    found = memory.separation.table(dim)
    if found.whole and found.values is not None:
        return Response(None, found.values * found.unit, levels, found.unit, 0.0)
    largest = float(found.log_size.max())
    size = found.sign * np.exp(found.log_size - largest)
    return Response(None, size, levels, 0.0, largest + math.log(found.unit))
