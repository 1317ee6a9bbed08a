"""Which correlated patterns can theory still answer for?

Three ways in which drawn +-1 patterns resemble each other or themselves: by a common template, by families
with an ancestor each, and along the neurons. Every entry is -1 or +1 with equal chance; given what they
share, patterns are independent, and that is what the theory reads.
"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from hebbcap import _checks
from hebbcap._random import RandomState
from hebbcap.patterns.ensembles import Patterns, Unlimited, checked_shape, generator


class _Correlated(Unlimited):
    """The part that is common to them: +-1 with equal chance, no limits, not independent."""

    @property
    def levels(self) -> tuple[float, float]:
        """The two values of an entry, low and high."""
        return (-1.0, 1.0)

    @property
    def p_high(self) -> float:
        """Chance of the high level."""
        return 0.5

    @property
    def independent(self) -> bool:
        """Always false: that is what they are for."""
        return False

    def sample(self, n_patterns: int, dim: int, rng: RandomState = None) -> Patterns:
        """Draw patterns; see `Ensemble.sample`."""
        n_patterns, dim = checked_shape(n_patterns, dim)
        # Signs are drawn as single-precision numbers: 5 bytes an entry, beside what is there already.
        size = 6.0 * n_patterns * dim
        _checks.check_fits(
            size, f"n_patterns={n_patterns} of dim={dim}", "use fewer patterns or a smaller dim"
        )
        return self._drawn(n_patterns, dim, generator(rng))

    @abc.abstractmethod
    def _drawn(self, n_patterns: int, dim: int, rng: np.random.Generator) -> Patterns:
        """Draw patterns of a shape that was checked."""


@final
@dataclass(frozen=True)
class Template(_Correlated):
    r"""Patterns that resemble one template: each entry agrees with it with chance (1 + c) / 2.

    .. math:: E[\xi_i^\mu \xi_i^\nu] = c^2, \quad \mu \ne \nu

    Parameters
    ----------
    c : float
        Correlation of a pattern with the template, 0 < c < 1.

    Raises
    ------
    InvalidArgument
        If `c` is not in the open interval (0, 1).

    Notes
    -----
    The template, +-1 with equal chance, is drawn anew for every sample. Turning neurons round where it is -1
    gives `Biased((1 + c) / 2)`, so memories that treat both signs alike hold equally many of either.

    Examples
    --------
    >>> Template(0.2).name
    'template:0.2'
    """

    c: float

    def __post_init__(self) -> None:
        c = _checks.real(
            "c",
            self.c,
            low=0,
            high=1,
            open_low=True,
            open_high=True,
            meaning="c is the template's correlation",
        )
        object.__setattr__(self, "c", c)

    @property
    def name(self) -> str:
        """The spelling that `hebbcap.patterns.ensemble` reads."""
        return f"template:{self.c!r}"

    @property
    def note(self) -> str:
        """How they are correlated."""
        return f"every entry agrees with one template's with chance {_checks.short(0.5 + 0.5 * self.c)}"

    def _drawn(self, n_patterns: int, dim: int, rng: np.random.Generator) -> Patterns:
        template = _signs(rng, (1, dim), 0.0)
        return template * _signs(rng, (n_patterns, dim), self.c)


@final
@dataclass(frozen=True)
class Hierarchical(_Correlated):
    r"""Patterns in families: each entry copies the family's ancestor with chance (1 + b) / 2.

    .. math:: E[\xi_i^\mu \xi_i^\nu] = b^2 \text{ within a family, else } 0

    Parameters
    ----------
    families : int
        Number of families, at least 1; pattern mu belongs to family mu modulo `families`.
    b : float
        Correlation of a pattern with its ancestor, 0 < b < 1.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Notes
    -----
    Parga & Virasoro, J. Physique 47, 1857 (1986); Feigelman & Ioffe, Int. J. Mod. Phys. B 1, 51 (1987). The
    ancestors, +-1 with equal chance, are drawn anew for every sample.

    Examples
    --------
    >>> Hierarchical(10, 0.5).name
    'hierarchical:10,0.5'
    """

    families: int
    b: float

    def __post_init__(self) -> None:
        families = _checks.integer(
            "families", self.families, low=1, high=10**6, meaning="families is the number of ancestors"
        )
        b = _checks.real(
            "b",
            self.b,
            low=0,
            high=1,
            open_low=True,
            open_high=True,
            meaning="b is the ancestor's correlation",
        )
        object.__setattr__(self, "families", families)
        object.__setattr__(self, "b", b)

    @property
    def name(self) -> str:
        """The spelling that `hebbcap.patterns.ensemble` reads."""
        return f"hierarchical:{self.families},{self.b!r}"

    @property
    def note(self) -> str:
        """How they are correlated."""
        chance = _checks.short(0.5 + 0.5 * self.b)
        return f"{self.families:,} families; every entry copies its ancestor's with chance {chance}"

    def _drawn(self, n_patterns: int, dim: int, rng: np.random.Generator) -> Patterns:
        ancestors = _signs(rng, (min(self.families, n_patterns), dim), 0.0)
        patterns = _signs(rng, (n_patterns, dim), self.b)
        patterns *= ancestors[np.arange(n_patterns) % self.families]
        return patterns


@final
@dataclass(frozen=True)
class Markov(_Correlated):
    r"""Patterns whose entries follow each other: a two-state Markov chain along the neurons.

    .. math:: E[\xi_i \xi_j] = \rho^{|i - j|}

    Parameters
    ----------
    rho : float
        Correlation of neighbours, -1 < rho < 1, not 0.

    Raises
    ------
    InvalidArgument
        If `rho` is 0 or not in the open interval (-1, 1).

    Examples
    --------
    >>> Markov(0.8).sample(2, 12, rng=0)
    array([[ 1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1, -1],
           [-1, -1,  1,  1,  1,  1,  1, -1, -1, -1, -1, -1]], dtype=int8)
    """

    rho: float

    def __post_init__(self) -> None:
        meaning = "rho is the correlation of neighbouring entries"
        rho = _checks.real("rho", self.rho, low=-1, high=1, open_low=True, open_high=True, meaning=meaning)
        if rho == 0:
            raise _checks.fail("rho", self.rho, "must not be 0", "uncorrelated entries are rademacher")
        object.__setattr__(self, "rho", rho)

    @property
    def name(self) -> str:
        """The spelling that `hebbcap.patterns.ensemble` reads."""
        return f"markov:{self.rho!r}"

    @property
    def note(self) -> str:
        """How they are correlated."""
        return f"neurons i and j of a pattern are correlated by {_checks.short(self.rho)}^|i-j|"

    def _drawn(self, n_patterns: int, dim: int, rng: np.random.Generator) -> Patterns:
        # An entry is the first one times the turns up to it.
        steps = _signs(rng, (n_patterns, dim), self.rho)
        steps[:, 0] = _signs(rng, (n_patterns,), 0.0)
        return np.multiply.accumulate(steps, axis=1, dtype=np.int8)


def _signs(rng: np.random.Generator, shape: tuple[int, ...], mean: float) -> Patterns:
    """Independent signs of this mean, exact to 2**-24."""
    high = rng.random(shape, dtype=np.float32) < np.float32(0.5 + 0.5 * mean)
    signs: Patterns = high.view(np.int8)
    signs *= 2
    signs -= 1
    return signs
