r"""How likely is a sum to fall below a limit, given its characteristic function in many cases at once?

.. math:: P(S < x) = \frac{1}{2} - \frac{1}{\pi} \sum_{k \ge 0} \kappa_k\,
          \mathrm{Im}\left[e^{-i t_k x} \varphi(t_k)\right], \quad t_k = (k + \tfrac12)\, \delta

with :math:`\kappa_k = \delta / t_k`, or :math:`\kappa_k = (a \delta / 2) / \sin(a t_k / 2)` and a sum up to
:math:`\pi / a` where S lies on a lattice of spacing a and x halfway between two of its points (Davies,
Biometrika 60, 415, 1973). The error is the mass of S farther than :math:`2 \pi / \delta` from x.

For thousands of laws at once, to an absolute accuracy of about 1e-9; where few patterns leave S atoms
that are on no coarse lattice, they are blurred, which costs up to 1 % of the chance.
`hebbcap.theory.sums.tail` takes one law at a time and keeps the relative accuracy of the rarest events.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hebbcap.theory.crosstalk import Complexes, Floats

Transform = Callable[[Floats], Complexes]
"""Characteristic functions (C, F) of C sums at F real arguments."""

_WIDE = 8.0
"""Standard deviations that the window reaches beyond the limit."""

_SMOOTH = 0.01
"""Where S has atoms off a lattice it is blurred by this share of its width, or of the limit's distance from
its mean where that is larger."""

_WORK = 2**23
"""Nodes times cases: a lattice that needs more is taken for none."""

_DECAYED = 1e-8
_BLOCK = 128


def chance_below(
    transform: Transform,
    limit: Floats,
    mean: Floats,
    variance: Floats,
    *,
    spacing: float,
    echoes: bool = False,
) -> Floats:
    """Return P(S < limit) for C sums S, shape (C,).

    Parameters
    ----------
    transform : function
        Their characteristic functions.
    limit : ndarray, shape (C,)
        The limits; on a lattice, halfway between two of its points.
    mean, variance : ndarray, shape (C,)
        Of the sums, to choose the window by.
    spacing : float
        Of the lattice that S is on, 0 where there is none.
    echoes : bool
        Whether a characteristic function that has decayed may come back within the lattice's period.

    Examples
    --------
    >>> tosses = lambda t: (np.cos(t) ** 10)[None, :]  # a sum of ten -1 or +1
    >>> chance = chance_below(tosses, np.array([-7.0]), np.zeros(1), np.array([10.0]), spacing=2.0)
    >>> (chance * 2**10).round(9)
    array([11.])
    """
    distance = float(np.abs(limit - mean).max())
    window = 2 * (distance + _WIDE * math.sqrt(float(variance.max())))
    on_lattice = 0 < window <= 2 * spacing * _WORK / len(limit)
    if on_lattice:
        count = math.ceil(window / (2 * spacing))
        step = math.pi / spacing / count
    else:
        step = 2 * math.pi / window
        blur = _SMOOTH * float(np.median(np.maximum(np.abs(limit - mean), np.sqrt(variance))))
        count = math.ceil(5 / blur / step)
    sharp, blurred = np.zeros_like(limit), np.zeros_like(limit)
    for start in range(0, count, _BLOCK):
        nodes: Floats = step * np.arange(start + 0.5, min(start + _BLOCK, count), dtype=np.float64)
        values = transform(nodes)
        turned = np.empty(values.shape, dtype=np.complex128)
        turned[:, 0] = np.exp(-1j * nodes[0] * limit)
        turned[:, 1:] = np.exp(-1j * step * limit)[:, None]
        terms = (np.multiply.accumulate(turned, axis=1, out=turned) * values).imag
        if on_lattice:
            sharp += terms @ (0.5 * spacing * step / np.sin(0.5 * spacing * nodes))
        else:
            sharp += terms @ (step / nodes)
            blurred += terms @ (step / nodes * np.exp(-0.5 * (blur * nodes) ** 2))
        if not (on_lattice and echoes) and float(np.abs(values[:, -_BLOCK // 4 :]).max()) < _DECAYED:
            break
    else:
        sharp = sharp if on_lattice else blurred
    chance: NDArray[np.float64] = np.clip(0.5 - sharp / math.pi, 0.0, 1.0)
    return chance
