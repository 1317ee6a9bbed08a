r"""What does a dense memory hold that is one vector, of a size free of the number of patterns?

The kernel of `Kernel` is on average a product of random features, so its sum over patterns is one product:

.. math:: e^{-\frac{\beta}{2} |x - \xi|^2} \approx \varphi(x) \cdot \varphi(\xi), \quad
    \varphi(x) = \sqrt{\tfrac{2}{Y}}\, (\cos \sqrt{\beta}\, \omega_j \cdot x,\;
    \sin \sqrt{\beta}\, \omega_j \cdot x)_{j = 1 \ldots Y/2}, \quad \omega_j \sim N(0, 1_D)

.. math:: T = \sum_\mu \varphi(\xi^\mu), \quad
    E(x) = -\frac{1}{\beta} \log \max(\varphi(x) \cdot T,\ \epsilon)

Storing a pattern adds its features to T, forgetting it subtracts them. Nothing else is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.engines.real import runs
from hebbcap.memories.continuous.descent import EnergyDescent, checked_beta, sharpness_at
from hebbcap.memories.options import count, read_options, spell
from hebbcap.memories.protocol import REAL_BITS, Floats, Storage, Work, as_reals

Singles = NDArray[np.float32]

FLOOR = 1e-5
"""Least sum of kernels whose logarithm is taken, as in the code of the paper: below it the energy is flat."""

_SURE = 6.0
"""Standard deviations within which the sum at a stored pattern lies."""

_TILE = 2**18
"""Features of states that are worked on at a time, in cache."""

_MULTIPLIED, _WRITTEN, _READ, _STEPS = 1e-11, 4e-8, 4e-9, 100
"""Seconds of a multiplication, of a direction's features in double and in single precision; and the steps of
a recall, about."""


@final
@dataclass(frozen=True)
class RandomFeatures(EnergyDescent):
    r"""A dense memory distributed over one vector of `features` numbers, whatever the number of patterns.

    What is stored is T: Y numbers, 64 bits each. The Y / 2 random directions are drawn again from the seed.
    The patterns themselves are not kept, and `patterns` is None.

    The price is noise. At a stored pattern its own share of the sum is exactly 1, and the others add noise of
    variance (K - 1) / Y, which pulls on each of the D entries. A descent comes to rest by the pattern, at a
    place that noise moved a little, as long as about

    .. math:: K - 1 < \frac{Y}{e\, D}

    (theory `published`, `hebbcap.theory.published.random_features`, which also has cues with flips): as many
    numbers would list e times as many patterns. From an intact cue, wells much narrower than the distance of
    two patterns (beta D above about 45) keep the cue's signs whatever is stored: ask with `flips`.

    The energy is flat where noise takes the sum below 1e-5, as it does half of the time far from every
    pattern: such a cue stays where it is.

    Parameters
    ----------
    features : int
        Y, the length of T: even, at least 2. The paper's code counts directions, Y / 2.
    beta : float, optional
        Inverse width of a pattern's well, in units of one over a squared distance, > 0; 10 / D if left out.
        See `Kernel`.
    seed : int
        What the directions are drawn from, at least 0. Memories of different seeds hold different vectors.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Notes
    -----
    Hoover, Chau, Strobelt, Ram & Krotov (2024), arXiv:2410.24153, with the features (SinCos) that they found
    best; Rahimi & Recht (2007). T is written in double precision, so that forgetting gives back the memory of
    before to rounding, and read in single precision: its error, about 1e-6, is far below the features' own
    noise.

    Examples
    --------
    >>> memory = RandomFeatures(2000).store([[1, 1, -1, -1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1, 1, -1]])
    >>> memory.weights.shape, memory.n_patterns, memory.patterns
    ((2000,), 2, None)
    >>> memory.rest([1, 1, -1, -1, 1, 1, -1, 1], 100).states.round(1)
    array([[ 1.,  1., -1., -1.,  1.,  1., -1., -1.]])
    """

    features: int = 10_000
    beta: float | None = None
    seed: int = 0
    _weights: Floats | None = field(default=None, repr=False, compare=False)
    _n_patterns: int = field(default=0, repr=False, compare=False)
    _dim: int | None = field(default=None, repr=False, compare=False)

    resolution: ClassVar[float] = 1e-4

    def __post_init__(self) -> None:
        meaning = "features is Y, the length of the vector that is kept: a cosine and a sine a direction"
        features = _checks.integer("features", self.features, low=2, meaning=meaning)
        if features % 2:
            raise _checks.fail("features", features, "must be even", meaning)
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "beta", checked_beta(self.beta))
        object.__setattr__(self, "seed", _checks.integer("seed", self.seed, low=0))

    @classmethod
    def parse(cls, tail: str) -> Self:
        """Return the memory of this spelling: the text after the colon, such as 1e5,0.1,seed=7."""
        return cls(**read_options("random-features", tail, {"features": count, "beta": float, "seed": count}))

    @property
    def name(self) -> str:
        """The spelling that the command line uses."""
        return spell(
            "random-features",
            "features",
            "beta",
            features=self.features,
            beta=self.beta,
            seed=self.seed or None,
        )

    @property
    def patterns(self) -> None:
        """None: the patterns are not kept."""
        return None

    @property
    def weights(self) -> Floats | None:
        """T, the vector (Y,) that is kept, cosines first; None while nothing is stored."""
        return self._weights

    @property
    def n_patterns(self) -> int:
        """K, the number of patterns that were added and not forgotten."""
        return self._n_patterns

    @property
    def dim(self) -> int | None:
        """D, the number of neurons; None while nothing is stored."""
        return self._dim

    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> RandomFeatures:
        """Return this memory holding exactly these patterns: the sum of their features."""
        empty = RandomFeatures(self.features, self.beta, self.seed)
        return empty if patterns is None else empty._changed(np.asarray(patterns, dtype=np.float64), 1)

    def store(self, patterns: ArrayLike) -> RandomFeatures:
        """Return this memory with one pattern (D,) or several (K, D) of real numbers added.

        Raises
        ------
        InvalidArgument
            If the patterns are not finite numbers, are empty, or don't match those stored before.
        """
        return self._changed(as_reals("patterns", patterns, self.dim), 1)

    def forget(self, pattern: ArrayLike) -> RandomFeatures:
        """Return this memory without one stored copy of `pattern` (D,).

        Its features are subtracted. That it was stored can only be told by the sum of kernels there, which is
        at least 1 but for the noise.

        Raises
        ------
        InvalidArgument
            If that pattern is not stored, as far as can be told.
        """
        given = self.checked_states(pattern)
        if len(given) != 1:
            raise _checks.fail(
                "pattern.shape", np.shape(pattern), f"must be ({self.dim},)", "forget one at a time"
            )
        assert self._weights is not None
        # The sum is a mean over Y / 2 directions of what has a mean square of at most |T|^2, about K.
        size = max(float(np.linalg.norm(self._weights)), math.sqrt(self.n_patterns))
        noise = size * math.sqrt(2 / self.features)
        found = float(self._sums(given)[0][0])
        if found < 1 - _SURE * noise:
            held = f"the kernels of what is stored add up to {found:.2g} there, and to 1 or more at a pattern"
            raise _checks.fail("pattern", "array", "must be one of the stored patterns", held)
        return self.holding(None) if self.n_patterns == 1 else self._changed(given, -1)

    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return the numbers of T, which do not grow with the patterns."""
        what = f"{self.features:,} sums of features, real numbers"
        return Storage(float(self.features), REAL_BITS * self.features, what)

    def work(self, dim: int, n_patterns: int) -> Work:
        """Return what storing and recalling is reckoned to take."""
        directions = self.features / 2
        store = n_patterns * directions * (2 * _MULTIPLIED * dim + _WRITTEN)
        recall = _STEPS * directions * (2 * _MULTIPLIED * dim + _READ)
        return Work(store, recall, 4.0 * directions * dim + 8.0 * self.features + 32.0 * _TILE)

    @property
    def sharpness(self) -> float:
        """The beta in use, once the dimension is known."""
        if self._dim is None:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "store patterns first")
        return sharpness_at(self.beta, self._dim)

    def landscape(self, states: Floats) -> tuple[Floats, Floats]:
        """Return the energies (B,) and gradients (B, D) at states that were checked."""
        sums, slopes = self._sums(states)
        within = np.maximum(sums, FLOOR)
        slopes *= np.where(sums > FLOOR, -1 / (self.sharpness * within), 0.0)[:, None]
        return -np.log(within) / self.sharpness, slopes

    def _sums(self, states: Floats) -> tuple[Floats, Floats]:
        """Return the sums of kernels (B,) and their gradients (B, D), a tile of directions at a time."""
        assert self._weights is not None
        root = math.sqrt(self.sharpness)
        single = (root * states).astype(np.float32)
        cosines, sines = self._weights.astype(np.float32).reshape(2, -1)
        sums, slopes = np.zeros(len(states)), np.zeros(states.shape)
        for run, drawn in self._tiles(states.shape[1], len(states)):
            phases = single @ drawn.T
            cos, sin = np.cos(phases), np.sin(phases)
            sums += cos @ cosines[run] + sin @ sines[run]
            slopes += (cos * sines[run] - sin * cosines[run]) @ drawn
        scale = math.sqrt(2 / self.features)
        return scale * sums, scale * root * slopes

    def _changed(self, patterns: Floats, sign: int) -> RandomFeatures:
        """Return this memory with the features of patterns (K, D) added or subtracted."""
        dim = int(patterns.shape[1])
        tiles = self._tiles(dim, len(patterns))
        root, scale = math.sqrt(sharpness_at(self.beta, dim)), sign * math.sqrt(2 / self.features)
        weights = np.zeros(self.features) if self._weights is None else self._weights.copy()
        cosines, sines = weights.reshape(2, -1)
        for run, drawn in tiles:
            rows = max(_TILE // len(drawn), 1)
            for some in runs(len(patterns), rows):
                phases = (root * patterns[some]) @ drawn.T
                cosines[run] += scale * np.cos(phases).sum(axis=0)
                sines[run] += scale * np.sin(phases).sum(axis=0)
        weights.setflags(write=False)
        held = self.n_patterns + sign * len(patterns)
        return RandomFeatures(self.features, self.beta, self.seed, weights, held, dim)

    def _tiles(self, dim: int, n_states: int) -> Iterator[tuple[slice, Singles]]:
        drawn = directions(self.features // 2, dim, self.seed)
        step = int(np.clip(_TILE // n_states, 256, 4096))
        return ((run, drawn[run]) for run in runs(len(drawn), step))


@lru_cache(maxsize=2)
def directions(n: int, dim: int, seed: int) -> Singles:
    """Return n random directions (n, D) of independent standard normal entries, always the same for a seed.

    Raises
    ------
    TooLarge
        If they don't fit in memory.
    """
    # In single precision, and some rows at a time in double, where they meet patterns.
    _checks.check_fits(
        4.0 * n * dim + 8.0 * min(n, 4096) * dim, f"{n:,} directions of dim={dim:,}", "use fewer features"
    )
    drawn = np.random.default_rng(seed).standard_normal((n, dim), dtype=np.float32)
    drawn.setflags(write=False)
    return drawn
