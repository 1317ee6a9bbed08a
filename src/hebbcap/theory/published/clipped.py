r"""How many patterns do the signs of Hebb's weights hold?

Seen from one neuron, the weights that it receives are independent given its own bits: turned so that the cued
pattern is all +1, each is

.. math:: y_j = \mathrm{sgn}(1 + S_j), \qquad S_j = \text{a sum of } K - 1 \text{ fair signs}

so the field after one update is exactly a sum of D - 1 independent votes, those of flipped bits turned round,
and a bit is wrong where the votes are against it. The mean vote is t = :math:`\mathrm E\,y \approx
\sqrt{2 / (\pi K)}`, at a variance of 1 for large K, hence

.. math:: \mathrm{SNR} = \frac{2}{\pi} \frac{D}{K}

where the weights themselves have D / K. Even K leave the share t of the weights at 0, mostly such as say
little: their variance is 1 - t - t^2, and they hold some more patterns than odd K do, 128 and 117 for
D = 1,000 at a bit error of 0.01.

Beyond one update, clipping is static noise of relative variance :math:`\Delta^2 = \pi / 2 - 1` in the mean
field of Amit, Gutfreund & Sompolinsky: a critical load of 0.1018 D. That is the equilibrium. Dynamics that
start at the pattern were seen to keep it up to 0.105 D, continued from D <= 1,000: noise that is the same
both ways echoes a neuron's own past. With noise drawn for each direction apart they keep it up to 0.100 D.
Sompolinsky, Phys. Rev. A 34, 2571 (1986), 0.102 D; van Hemmen, Phys. Rev. A 36, 1959 (1987).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import betainc, ndtri

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.dynamics import Fixed
from hebbcap.memories.pairwise.clipped import Clipped
from hebbcap.patterns import Rademacher
from hebbcap.question import Experiment
from hebbcap.theory.attractors import CLIPPED, attractor, critical_load
from hebbcap.theory.largest import check_counted, largest_held
from hebbcap.theory.one_update import bits_at_once, failing

_WIDTH = 64
"""Standard deviations on either side that the transform has room for: beyond are less than exp(-2000)."""

_STEEPEST = 40.0
"""Largest tilt of a law, where what would be against the tilt is no more than rounding."""

_LOWEST = 1e-4
"""Share of the critical load at which the overlap is as near to 1 as it gets."""


def capacity(experiment: Experiment) -> tuple[float, str]:
    """Return how many patterns clipped weights hold, and what the number rests on.

    Parameters
    ----------
    experiment : Experiment
        With patterns `rademacher` and threshold 0. Criteria of one update are answered exactly for one bit,
        `overlap:m` by the mean field for D -> infinity.

    Raises
    ------
    NoTheory
        If patterns or threshold are others, or the overlap asked for is kept at no load.

    Examples
    --------
    >>> from hebbcap.criteria import criterion
    >>> capacity(Experiment(Clipped(), Rademacher(), 1000, criterion("bit-error:0.01")))[0]
    128.0
    >>> capacity(Experiment(Clipped(), Rademacher(), 1000, criterion("overlap:0.95")))[0]
    101.0
    """
    _check(experiment)
    asked, dim = experiment.criterion, experiment.dim
    if not asked.one_step:
        note = "D -> infinity, equilibrium (Sompolinsky 1986); dynamics from the pattern hold some 4% more"
        return float(math.floor(_load_kept(asked.level) * dim)), note
    bits = bits_at_once(asked, dim, dim)
    guess = max(2 / math.pi * dim / float(ndtri(asked.max_failure / bits)) ** 2, 2.0)

    def failures(n_patterns: int) -> float:
        return failing(bit_error(experiment, n_patterns), asked, dim, n_patterns)

    def largest(odd: int) -> int:
        """Half of the largest even number held, or of one more than the largest odd one."""
        return largest_held(lambda half: failures(2 * half - odd), asked.max_failure, max(guess / 2, 1.0))

    found, fewer = check_counted(2 * largest(0)), max(2 * largest(1) - 1, 0)
    note = f"exact error of one bit; of odd K, which leave no weight at 0, at most {fewer:,}"
    return float(max(found, fewer)), note + ("; bits taken to be independent" if asked.joint else "")


def bit_error(experiment: Experiment, n_patterns: int) -> float:
    """Return the expected share of wrong bits after one update of a cue, exact at this D and K.

    Parameters
    ----------
    experiment : Experiment
        Clipped weights, patterns `rademacher`, threshold 0; its criterion is not used.
    n_patterns : int
        K, at least 1.

    Raises
    ------
    NoTheory
        If patterns or threshold are others.

    Examples
    --------
    >>> round(bit_error(Experiment(Clipped(), Rademacher(), 1000), 101), 7)
    0.0058644
    """
    _check(experiment)
    others = _checks.pattern_count(n_patterns) - 1
    dim, flipped = experiment.dim, experiment.n_flipped
    vote = _vote(others)
    share = flipped / dim
    # A tie keeps the bit, so it is an error where the bit was flipped.
    total = (1 - share) * _outvoted(vote, dim - 1 - flipped, flipped, ties=False)
    if flipped:
        total += share * _outvoted(vote, dim - flipped, flipped - 1, ties=True)
    return total


def _check(asked: Experiment) -> None:
    if not isinstance(asked.memory, Clipped):
        raise NoTheory(f"this is the theory of clipped, not of {type(asked.memory).__name__}")
    if not isinstance(asked.ensemble, Rademacher):
        raise NoTheory(f"the theory of clipped weights is for rademacher, not for {asked.ensemble.name}")
    if asked.threshold != Fixed():
        raise NoTheory("the theory of clipped weights is worked out for threshold 0")


def _vote(others: int) -> tuple[float, float, float]:
    """Return the chances that a weight speaks against the cued pattern, not at all, and for it."""
    fewer = others // 2 - 1
    # Not bdtr, which loses all digits from about a million on.
    against = float(betainc(float(others - fewer), fewer + 1.0, 0.5)) if fewer >= 0 else 0.0
    if others % 2 == 0:
        return against, 0.0, 1.0 - against
    return against, 0.5 - against, 0.5


def _outvoted(vote: tuple[float, float, float], right: int, flipped: int, *, ties: bool) -> float:
    """Return the chance that the votes of right and of flipped bits add up to less than 0, or to 0 at most.

    By Fourier transform of a law tilted to have its mean at 0, so that small chances keep their digits.
    """
    groups = ((right, vote), (flipped, vote[::-1]))

    def tilted(law: tuple[float, float, float], tilt: float) -> tuple[float, float, float]:
        down, stay, up = law[0] * math.exp(-tilt), law[1], law[2] * math.exp(tilt)
        return down, stay, up

    def mean(tilt: float) -> float:
        total = 0.0
        for count, law in groups:
            down, stay, up = tilted(law, tilt)
            total += count * (up - down) / (down + stay + up)
        return total

    tilt = 0.0
    if mean(0.0) > 0:
        tilt = brentq(mean, -_STEEPEST, 0.0) if mean(-_STEEPEST) < 0 else -_STEEPEST
    most = min(right + flipped, math.ceil(_WIDTH * math.sqrt(right + flipped)))
    size = 1 << (2 * most + 1).bit_length()
    turn = np.exp(2j * np.pi / size * np.arange(size // 2 + 1))
    log_norm, transform = 0.0, np.ones(len(turn), dtype=np.complex128)
    for count, law in groups:
        down, stay, up = tilted(law, tilt)
        norm = down + stay + up
        log_norm += count * math.log(norm)
        transform *= ((down * turn + stay + up * turn.conj()) / norm) ** count
    chances = np.fft.irfft(transform, size)
    below = np.arange(0 if ties else 1, most + 1)
    total = np.exp(log_norm + tilt * below) @ np.maximum(chances[-below % size], 0.0)
    return float(min(total, 1.0))


def _load_kept(overlap: float) -> float:
    """Return the load up to which the equilibrium has the overlap asked for."""
    if overlap == 1:
        raise NoTheory(
            "for D -> infinity some bits are wrong at every load, so an overlap of 1 is never kept"
        )
    edge = critical_load("hopfield", static_noise=CLIPPED)
    if edge.overlap >= overlap:
        return edge.load

    def excess(load: float) -> float:
        return overlap - attractor("hopfield", load=load, static_noise=CLIPPED).overlap

    lowest = _LOWEST * edge.load
    if excess(lowest) > 0:
        raise NoTheory(f"the overlap falls below {overlap:g} already at load {lowest:.2g}")
    return float(brentq(excess, lowest, edge.load * (1 - 1e-9), xtol=1e-9 * edge.load))
