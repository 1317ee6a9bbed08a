r"""How many patterns does one vector of random features hold?

The paper (Hoover et al. 2024, arXiv:2410.24153) bounds how far the descents with and without random features
part, by a constant times :math:`K e^{\beta E(x)} \sqrt{D / Y}`, and names no capacity. This one is derived
here.

**Noise.** At x the sum of kernels is that of the pattern cued, a bump :math:`e^{-|u|^2/2}` with :math:`u =
\sqrt\beta\,(x - \xi^\nu)`, and noise G: the other patterns' features, a mean over directions of terms with
random phases, so a Gaussian field that has the shape of the kernel itself,

.. math:: \langle G(x)\, G(x') \rangle = \frac{K - 1}{Y} e^{-|u - u'|^2 / 2}.

Its height is small, but it slopes in all D dimensions: the noise of the descent is :math:`s^2 = D (K - 1) /
Y`.

**Rest.** A state at rest near the pattern is where bump and noise slope alike: :math:`|u|\, e^{-|u|^2/2} =
s`. The left side is at most :math:`e^{-1/2}`, and at that same point, |u| = 1, the curvature of noise (a
random matrix with edge 2 s) meets that of the bump. So the rest by the pattern is single and stable up to

.. math:: K - 1 = \frac{Y}{e\, D}.

**Descent.** Beyond that, and from cues with flips, it matters how far the steps go before the valleys of
noise hold the state. For D to infinity the states of all steps obey closed equations (dynamical mean field,
exact for descent in a Gaussian field; Cugliandolo & Le Doussal 1996), in which noise has a memory: with R the
response of step n to a force at step m,

.. math:: \dot x_n = - \lambda_n (x_n - P) - \kappa_n x_n + \zeta_n
    - \sum_{m < n} s^2 e^{-B_{nm} / 2} R_{nm} (x_n - x_m), \quad
    \langle \zeta_n \zeta_m \rangle = s^2 e^{-B_{nm} / 2}

with B the squared distance of two steps, :math:`\lambda = e^{-|u|^2/2}` and :math:`\kappa = K e^{-\beta (D +
|x|^2) / 2}` the patterns' mean kernel, which pulls to the origin. A step is divided by the sum of kernels,
:math:`\lambda + \kappa + \sum_m s^2 e^{-B/2} R`, and halved where that would fall, as in
`hebbcap.memories.continuous.descent`.

**Finite D.** Height, slope and strength of the noise at a cue vary by shares of order :math:`D^{-1/2}` about
what is taken here, and far from its pattern the cued one adds noise as well (K for K - 1). With flips this
throws out single cues long before the typical one: at D = 100, Y = 4,000 and beta D = 10, a bit error of 0.01
from 10 % flips is met up to K = 7 [6, 8], where this theory has 17. The typical cue it has right: an overlap
of 0.95 in half of them, at Y = 8,000 and beta D = 6, up to 28 [27, 28], where it has 30.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr

from hebbcap._checks import NoTheory
from hebbcap.criteria import BIT_ERROR, OVERLAP
from hebbcap.memories.continuous.descent import sharpness_at
from hebbcap.memories.continuous.random_features import FLOOR, RandomFeatures
from hebbcap.question import Experiment
from hebbcap.theory.largest import largest_held
from hebbcap.theory.one_update import failing

Floats = NDArray[np.float64]

STEPS: Final = 100
"""Steps of a descent, as many as a measurement allows."""

_STILL = 1e-5
"""Distance of two steps, in widths of a well, at which a state is at rest."""

_HALVINGS = 30

_FAR = 20
"""Times the patterns that have a rest of their own: far past it, noise decides alone."""

_LEAST_DIM = 10
"""Fewest neurons of which the theory for D to infinity says anything."""

_LAXEST = 0.2
"""Share of wrong bits beyond which states far from their pattern would do."""

NOISE_AT_REST: Final = math.exp(-0.5)
"""Largest noise s at which a state rests by its pattern."""


@final
@dataclass(frozen=True)
class Descent:
    """Where a descent ends, for D to infinity.

    Attributes
    ----------
    distance : float
        |u|, the distance from the pattern in widths of its well, 1 / sqrt(beta).
    kernels : float
        The sum of kernels there, noise included.
    overlap : float
        Cosine with the pattern.
    bit_error : float
        Share of signs that differ from those of a +-1 pattern.
    """

    distance: float
    kernels: float
    overlap: float
    bit_error: float


def descent(
    noise: float, separation: float, *, flips: float = 0.0, n_patterns: float = 0.0, steps: int = STEPS
) -> Descent:
    """Follow a cue's descent by dynamical mean field.

    Parameters
    ----------
    noise : float
        s^2 = D (K - 1) / Y, >= 0.
    separation : float
        beta D, for patterns of variance 1 an entry; > 0.
    flips : float
        Share of the cue's signs that are flipped.
    n_patterns : float
        K for the pull to the origin; 0 leaves it out.
    steps : int
        Most steps, at least 1.

    Examples
    --------
    >>> end = descent(0.2, 20.0)
    >>> round(end.distance, 3), round(end.kernels, 3), round(end.overlap, 4)
    (0.509, 1.106, 0.9936)
    """
    path = _Path(noise, separation, flips, n_patterns, steps)
    rate, now = 1.0, path.look(0)
    last = 0
    for n in range(steps):
        if now.kernels <= FLOOR:
            break
        for _ in range(_HALVINGS):
            path.move(n, rate / now.kernels, now)
            after = path.look(n + 1)
            if after.kernels >= now.kernels:
                break
            rate /= 2
        else:
            break
        now, last, rate = after, n + 1, min(1.0, 2 * rate)
        if path.moved(last) < _STILL:
            break
    return path.end(last, now)


class _Look(NamedTuple):
    """The forces at one step: of the bump, of the mean kernel, and of noise to all steps before; and more."""

    bump: float
    mean: float
    memory: Floats
    kernels: float
    distance: float


class _Path:
    """The states of all steps so far: a share of the pattern, one of the cue's flips, and noise.

    x_n = sqrt(b) (own_n P + flip_n (x_0 - P)) + sum_m response_nm zeta_m
    """

    def __init__(self, noise: float, separation: float, flips: float, n_patterns: float, steps: int) -> None:
        self.noise, self.separation, self.flips, self.n_patterns = noise, separation, flips, n_patterns
        size = steps + 1
        self.own, self.flip = np.ones(size), np.ones(size)
        self.response = np.zeros((size, size))
        self.forces = np.zeros((size, size))
        self.products = np.zeros((size, size))

    def look(self, n: int) -> _Look:
        """Find where step n is, and the forces there."""
        upto, b, r = slice(n + 1), self.separation, self.flips
        own, flip, response = self.own[upto], self.flip[upto], self.response[upto, :n]
        crossed = own[n] * flip + flip[n] * own
        wandered = response @ (self.forces[:n, :n] @ response[n])
        row = b * (own[n] * own + 4 * r * flip[n] * flip - 2 * r * crossed) + wandered
        self.products[n, upto] = self.products[upto, n] = row
        apart = row[n] + np.diag(self.products)[upto] - 2 * row
        self.forces[n, upto] = self.forces[upto, n] = self.noise * np.exp(-0.5 * apart)
        squared = max(row[n] - 2 * b * (own[n] - 2 * r * flip[n]) + b, 0.0)
        bump, mean = math.exp(-0.5 * squared), self.n_patterns * math.exp(-0.5 * (b + row[n]))
        memory = self.forces[n, :n] * response[n]
        return _Look(bump, mean, memory, bump + mean + float(memory.sum()), math.sqrt(squared))

    def move(self, n: int, step: float, at: _Look) -> None:
        """Take a step from step n, the length of `step` forces."""
        own, flip, response = self.own, self.flip, self.response
        pull, back = at.bump + at.mean, at.memory
        own[n + 1] = own[n] + step * (at.bump - pull * own[n] - back @ (own[n] - own[:n]))
        flip[n + 1] = flip[n] - step * (pull * flip[n] + back @ (flip[n] - flip[:n]))
        force = back @ response[:n] - (pull + back.sum()) * response[n]
        force[n] = 1.0
        response[n + 1] = response[n] + step * force

    def moved(self, n: int) -> float:
        """Return how far step n led."""
        held = self.products
        return math.sqrt(max(held[n, n] + held[n - 1, n - 1] - 2 * held[n, n - 1], 0.0))

    def end(self, n: int, at: _Look) -> Descent:
        """Read what came out at step n."""
        b, r, response = self.separation, self.flips, self.response[n, :n]
        spread = math.sqrt(max(float(response @ self.forces[:n, :n] @ response), 1e-300))
        intact, flipped = (math.sqrt(b) * (self.own[n] - 2 * x * self.flip[n]) / spread for x in (0, 1))
        error = (1 - r) * float(ndtr(-intact)) + r * float(ndtr(-flipped))
        shared = math.sqrt(b) * (self.own[n] - 2 * r * self.flip[n])
        return Descent(at.distance, at.kernels, float(shared / math.sqrt(self.products[n, n])), error)


def capacity(experiment: Experiment) -> tuple[float, str]:
    """Return the largest K whose recall meets the criterion, by dynamical mean field, and its source.

    Raises
    ------
    NoTheory
        If the patterns are not independent, of mean 0 and variance 1, the criterion is lax or met at any K,
        or neurons are too few for the theory, or for so many distinct patterns.
    """
    memory, ensemble, dim = experiment.memory, experiment.ensemble, experiment.dim
    if not isinstance(memory, RandomFeatures):
        raise NoTheory("this theory is of random features")
    real = not ensemble.levels
    if real and ensemble.name not in ("gaussian", "sphere"):
        raise NoTheory(f"this theory is for entries of mean 0 and variance 1, and {ensemble.name} has others")
    if not real and (ensemble.levels != (-1.0, 1.0) or not ensemble.independent or ensemble.p_high != 0.5):
        raise NoTheory(f"this theory is for independent, unbiased +-1 entries, not for {ensemble.name}")
    if dim < _LEAST_DIM:
        raise NoTheory(f"this theory is for many neurons, and needs dim >= {_LEAST_DIM}")
    if experiment.criterion.kind == BIT_ERROR and experiment.criterion.level > _LAXEST:
        raise NoTheory(f"this theory is of states near their pattern: ask for bit-error:{_LAXEST:g} or less")
    separation = dim * sharpness_at(memory.beta, dim)
    asked, flips = experiment.criterion, experiment.n_flipped / dim

    def failures(n_patterns: int) -> float:
        noise = dim * (n_patterns - 1) / memory.features
        found = descent(noise, separation, flips=flips, n_patterns=n_patterns)
        if real:  # all patterns fare alike for D to infinity
            return float(found.overlap < asked.level)
        if asked.kind == OVERLAP:
            most = math.floor(0.5 * (1 - asked.level) * dim + 1e-9)
            return float(betainc(most + 1.0, float(dim - most), found.bit_error))
        return failing(found.bit_error, asked, dim, n_patterns)

    allowed = asked.max_failure
    limit = 1 + memory.features * NOISE_AT_REST**2 / dim
    if failures(max(round(_FAR * limit), 2)) <= allowed:
        raise NoTheory(
            f"at beta D = {separation:g} a cue is caught by valleys of noise before its bits change, however "
            "many patterns are stored: ask with more flips"
        )
    note = (
        f"descent among random features, D to infinity; one rest by the pattern up to 1 + Y / (e D) = "
        f"{limit:.3g} (derived for the memory of Hoover et al. 2024 after Cugliandolo & Le Doussal 1996)"
    )
    if flips and asked.kind != OVERLAP:
        note += f"; at dim={dim} single flipped cues are lost before"
    found = largest_held(failures, allowed, max(0.5 * limit, 1.0))
    if not real and found > 2.0**dim:
        raise NoTheory(f"by this theory {found:,} patterns are held, and {dim} bits make only {2**dim:,}")
    return float(found), note
