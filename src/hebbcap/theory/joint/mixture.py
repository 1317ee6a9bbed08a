r"""How likely is any bit of one pattern to be wrong, with what its bits share taken into account?

All bits of a cue meet the same overlaps. Given the overlaps T of the K - 1 other patterns, each bit draws
its share of them almost independently, so with one number Y that says how loud they are

.. math:: P(\mathrm{any\ bit\ wrong}) = E_Y \Bigl[ 1 - \prod_c (1 - p_c(Y))^{n_c}
          e^{-\frac12 \sum_{cd} n_c n_d p_c p_d \kappa_{cd}(Y)} \Bigr], \qquad
          Y = \sum_\mu \log E[e^{tX} \mid T_\mu]

for n_c bits of kind c. Y is the part of the conditional cumulant function that an error feels, t being its
saddle point: for the Hebb rule nearly a multiple of :math:`\sum T^2`, so a loud cue has both a larger
variance in all its fields and a larger common shift. :math:`p_c(Y)` is Skovgaard's tail, scaled so that its
mean is the exact bit error. :math:`\kappa > 0` is left of what bits do not draw independently: a
pattern's T ones have to be somewhere, so a bit that has one makes the others less likely to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import Floats
from hebbcap.theory.joint.conditional import Terms, conditional_tail, conditions
from hebbcap.theory.joint.cues import Cue, Population
from hebbcap.theory.joint.limits import Limit, limit_of, one_bit_error

Indices = NDArray[np.int64]

_TINY = 1e-290
_STEEPEST = 30.0
"""Largest logarithm of a ratio that is taken at its word: beyond, overlaps are too rare to matter."""

_SCALINGS = 20
"""Rounds in which conditional errors are scaled to their mean: more than one only where some reach 1."""


@dataclass(frozen=True)
class Mixture:
    """The bits of one cue as a mixture over what they share.

    Attributes
    ----------
    count : ndarray, shape (C,)
        Bits of each kind.
    weight : ndarray, shape (Q,)
        Chance of each shared condition.
    error : ndarray, shape (C, Q)
        Chance of an error at a bit, given the condition.
    repulsion : ndarray, shape (C, C, Q)
        By how much two errors avoid each other, given the condition.
    """

    count: Floats
    weight: Floats
    error: Floats
    repulsion: Floats

    @property
    def expected(self) -> float:
        """Expected number of wrong bits."""
        return float(self.count @ self.error @ self.weight)

    @property
    def failure(self) -> float:
        """Chance that any bit is wrong."""
        error = np.minimum(self.error, 1 - 1e-15)
        wrong = self.count[:, None] * error
        pairs = 0.5 * np.einsum("cq,dq,cdq->q", wrong, wrong, self.repulsion)
        log_right = self.count @ np.log1p(-error) - pairs
        return float(-np.expm1(np.minimum(log_right, 0.0)) @ self.weight)


def mixture(shared: Population, cue: Cue, n_others: int, *, exact: bool = True) -> Mixture:
    """Return how the bits of a cue err among `n_others` further patterns.

    Without `exact`, one bit's error is that of Lugannani & Rice in any case, which is faster.
    """
    bits = [limit_of(shared, cue, kind, n_others) for kind in cue.kinds]
    count = np.array([kind.count for kind in cue.kinds])
    if all(b.certain for b in bits):
        fixed = np.array([[b.plain] for b in bits])
        return Mixture(count, np.ones(1), fixed, np.zeros((len(bits), len(bits), 1)))
    lowest = min(float(b.atoms.overlap.min()) for b in bits)
    size = int(max(float(b.atoms.overlap.max()) for b in bits) - lowest) + 1
    responses = [_log_response(b, lowest, size) for b in bits]
    loud = np.array([0.0 if b.certain else b.kind.count * b.plain for b in bits])
    loud = loud / loud.sum() if loud.sum() > 0 else np.full(len(bits), 1 / len(bits))
    factor = loud @ np.stack([log for log, _ in responses])
    chance = np.maximum.reduce([chance for _, chance in responses])
    chance = chance / chance.sum()
    factor = factor - chance @ factor
    loudness = math.sqrt(chance @ factor**2)
    factor = factor / loudness
    given = conditions(factor[chance > 0], chance[chance > 0], n_others)
    errors = []
    for b in bits:
        if b.certain:
            errors.append(np.full(len(given.value), b.plain))
            continue
        y = factor[np.rint(b.atoms.overlap - lowest).astype(np.int64)]
        terms = Terms(b.sign * b.atoms.field, y, b.atoms.chance, n_others)
        error = conditional_tail(terms, b.value, b.spacing, given, (b.tilt, -loudness))
        errors.append(_scaled(error, given.weight, one_bit_error(shared, b, n_others) if exact else b.plain))
    repulsion = np.zeros((len(bits), len(bits), len(given.value)))
    for i, one in enumerate(bits):
        for j, other in enumerate(bits[: i + 1]):
            if one.kind.count + other.kind.count < 2 or (i == j and one.kind.count < 2):
                continue
            ratio = _pair_ratio(shared, cue, one, other, lowest, size) - responses[i][0] - responses[j][0]
            share = n_others * (given.tilted @ np.expm1(np.minimum(ratio[chance > 0], _STEEPEST)))
            repulsion[i, j] = repulsion[j, i] = np.clip(-share, -1.0, 1.0)
    return Mixture(count, given.weight, np.stack(errors), repulsion)


def beside(shared: Population, cue: Cue, overlap: float) -> Cue:
    """Return the cue with one more pattern of known overlap: each kind splits by that pattern's bit."""
    kinds = []
    for kind in cue.kinds:
        of_high = int(kind.level == shared.response.levels[1])
        others, chance = shared.overlaps(cue.n_high - of_high, shared.dim - cue.n_high - (1 - of_high))
        share = []
        for bit, p in ((0, 1 - shared.p_high), (1, shared.p_high)):
            place = round(overlap - bit * kind.level - others[0])
            share.append(p * chance[place] if 0 <= place < len(chance) else 0.0)
        total = shared.total(cue.n_high) - kind.level
        for bit in (0, 1):
            if share[bit] > 0:
                field = shared.response(bit, np.array([overlap - bit * kind.level]), total)
                count = kind.count * share[bit] / (share[0] + share[1])
                kinds.append(replace(kind, count=count, own=kind.own + float(field[0])))
    return Cue(cue.weight, cue.n_high, tuple(kinds))


def _log_response(limit: Limit, lowest: float, size: int) -> tuple[Floats, Floats]:
    """Return log E exp(tX) given each overlap, and the chance of the overlap."""
    where = np.rint(limit.atoms.overlap - lowest).astype(np.int64)
    chance = np.asarray(np.bincount(where, limit.atoms.chance, size), dtype=np.float64)
    return _log_mean(where, limit.atoms.chance, limit.tilt * limit.sign * limit.atoms.field, chance), chance


def _log_mean(where: Indices, chance: Floats, exponent: Floats, total: Floats) -> Floats:
    """Log of the mean of exp(exponent) at each place, 0 where nothing is; never -inf."""
    top = float(exponent.max())
    raised = np.bincount(where, chance * np.exp(exponent - top), len(total))
    share = raised / np.where(total > 0, total, 1.0)
    return np.where(total > 0, top + np.log(np.maximum(share, _TINY)), 0.0)


def _scaled(error: Floats, weight: Floats, exact: float) -> Floats:
    """Scale conditional errors to the mean given, none of them beyond 1."""
    for _ in range(_SCALINGS):
        mean = float(weight @ error)
        if mean <= 0:
            break
        error = np.minimum(error * (exact / mean), 1.0)
    return error


def _pair_ratio(shared: Population, cue: Cue, one: Limit, other: Limit, lowest: float, size: int) -> Floats:
    """Log of E exp(t X_i + t' X_j) given the overlap, for two bits of these kinds."""
    high = shared.response.levels[1]
    first, second = one.kind.level, other.kind.level
    of_high = int(first == high) + int(second == high)
    others, chance = shared.overlaps(cue.n_high - of_high, shared.dim - cue.n_high - (2 - of_high))
    total = shared.total(cue.n_high)
    places, chances, fields = [], [], []
    for b in (0, 1):
        for c in (0, 1):
            p = (shared.p_high if b else 1 - shared.p_high) * (shared.p_high if c else 1 - shared.p_high)
            field = one.tilt * one.sign * shared.response(b, others + c * second, total - first)
            fields.append(
                field + other.tilt * other.sign * shared.response(c, others + b * first, total - second)
            )
            places.append(np.rint(others + b * first + c * second - lowest).astype(np.int64))
            chances.append(p * chance)
    where, weight, exponent = np.concatenate(places), np.concatenate(chances), np.concatenate(fields)
    kept = (where >= 0) & (where < size)
    plain = np.bincount(where[kept], weight[kept], size)
    return _log_mean(where[kept], weight[kept], exponent[kept], np.asarray(plain, dtype=np.float64))
