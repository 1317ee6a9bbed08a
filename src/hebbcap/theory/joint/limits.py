"""Where does a bit's sum turn wrong, and how likely is that at one bit?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hebbcap.theory.joint.conditional import plain_tail
from hebbcap.theory.joint.cues import Atoms, Cue, Kind, Population
from hebbcap.theory.sums.tail import lower_tail


@dataclass(frozen=True)
class Limit:
    """One kind of bit: it is wrong where the sum of `sign * X` over the other patterns is at most `value`.

    Attributes
    ----------
    kind : Kind
        The bits.
    atoms : Atoms
        What one pattern can be to one of them.
    sign, value, spacing : float
        Side of the error, the last value that is one, and the lattice; spacing 0 says that there is none.
    plain, tilt : float
        Chance of an error by Lugannani & Rice, and the exponential tilt that makes it typical.
    spread : float
        Standard deviation of the sum.
    certain : bool
        Whether the other patterns can't change what the bit becomes; `plain` is then 0 or 1.
    """

    kind: Kind
    atoms: Atoms
    sign: float
    value: float
    spacing: float
    plain: float
    tilt: float
    spread: float
    certain: bool


def limit_of(shared: Population, cue: Cue, kind: Kind, n_others: int) -> Limit:
    """Return the limit of a kind of bit among so many other patterns."""
    atoms = shared.atoms(cue, kind.level)
    sign = 1.0 if kind.high else -1.0
    x = sign * atoms.field
    value = sign * (shared.threshold - kind.own)
    least, most = n_others * float(x.min()), n_others * float(x.max())
    rounding = 1e-9 * max(abs(least), abs(most), abs(value))
    # A tie keeps the cue's bit.
    if least > value + rounding or (least >= value - rounding and kind.right):
        return Limit(kind, atoms, sign, value, 0.0, 0.0, 0.0, 0.0, True)
    if most < value - rounding or (most <= value + rounding and not kind.right):
        return Limit(kind, atoms, sign, value, 0.0, 1.0, 0.0, 0.0, True)
    spacing = shared.spacing(atoms.field)
    if spacing:
        offset = n_others * float(x[0])
        steps = (value - offset) / spacing
        nearest = round(steps)
        tied = abs(steps - nearest) <= 1e-9 * max(1.0, abs(offset / spacing))
        value = offset + spacing * (nearest - kind.right if tied else math.floor(steps))
    plain, tilt = plain_tail(x, atoms.chance, n_others, value, spacing)
    mean = float(atoms.chance @ x)
    spread = math.sqrt(n_others * float(atoms.chance @ (x - mean) ** 2))
    return Limit(kind, atoms, sign, value, spacing, plain, tilt, spread, False)


def one_bit_error(shared: Population, limit: Limit, n_others: int) -> float:
    """Return the chance of an error at one bit: exact where one law serves all cues."""
    if shared.symmetric and not limit.certain:
        found = lower_tail(
            shared.law,
            np.zeros(1, dtype=np.int64),
            np.array([float(n_others)]),
            np.array([limit.value]),
            inclusive=np.array([limit.spacing > 0 or not limit.kind.right]),
            sign=np.array([limit.sign]),
        )
        if found.accurate[0]:
            return float(found.probability[0])
    return limit.plain
