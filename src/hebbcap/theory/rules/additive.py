r"""What does an additive local rule do to the field of a neuron, part by part?

Any rule g(post, pre) on independent entries is a sum of four parts that are uncorrelated over the patterns,
the two-way (Hoeffding, ANOVA) decomposition

.. math:: g(y, x) = G + g_{post}(y) + g_{pre}(x) + g_{int}(y, x)

and each part makes its own noise. With N = D - 1 other neurons, the cue t(x) of a pattern's entry x (the
entry itself, or less a mean), M_2 = E t^2, V = Var t, the field of a neuron whose own entry is y has

.. math::
    E[h | y] = N E_x[g(y, x) t] + (K - 1) N G E t

    Var[h | y] = N Var_x[g(y, x) t] + 2 (K - 1) N G Cov_x(g(y, x) t, t) + (K - 1)^2 N V G^2
        + (K - 1) [(N V + N^2 (E t)^2) Var g_{post} + N M_2 Var g_{pre} + N M_2 E g_{int}^2]

The same lines are worked out in floats for numbers and in SymPy expressions for formulas: arrays of
`float64` or of `object`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from hebbcap._checks import NoTheory
from hebbcap.criteria import Criterion
from hebbcap.patterns import Ensemble
from hebbcap.theory.largest import check_counted, largest_held
from hebbcap.theory.one_update import failing

Values = NDArray[Any]
"""float64, or objects that add and multiply, such as SymPy expressions."""

OWN: Final = "own pattern"
SHIFT: Final = "own x constant"
CONSTANT: Final = "constant"
POST: Final = "post"
PRE: Final = "pre"
INTERACTION: Final = "interaction"
PARTS: Final = (OWN, SHIFT, CONSTANT, POST, PRE, INTERACTION)
"""What the noise is made of; `OWN` and `SHIFT` depend on the neuron's own entry."""

MEANINGS: Final = {
    OWN: "what the cued pattern itself wrote, which differs from cue to cue",
    SHIFT: "its covariance with the shift of the whole network",
    CONSTANT: "one shift of the whole network, different for each cue",
    POST: "a bias of each neuron that swings with the total activity of the cue",
    PRE: "a shift shared by all neurons, different for each cue",
    INTERACTION: "crosstalk of the part that carries the memory",
}
"""What each part of the noise is, in words."""

FORMULAS: Final = {
    OWN: "N Var_x[g(y, x) x]",
    SHIFT: "2 (K-1) N G Cov_x(g(y, x) x, x)",
    CONSTANT: "(K-1)^2 N V G^2",
    POST: "(K-1) (N V + N^2 M1^2) Var g_post",
    PRE: "(K-1) N M2 Var g_pre",
    INTERACTION: "(K-1) N M2 E g_int^2",
}
"""Each part of the noise as a term, N = D - 1, y the neuron's own entry."""

_ROUNDING = 1e-13
"""Parts smaller than this share of the rule's largest value are rounding."""


@final
@dataclass(frozen=True)
class Split:
    """The four parts of a rule, at L levels.

    Attributes
    ----------
    constant : number
        G, the mean of g over post and pre.
    post, pre : ndarray, shape (L,)
        g_post at each level of post, and g_pre at each level of pre; their means are 0.
    interaction : ndarray, shape (L, L)
        g_int(post, pre), whose mean over either is 0.
    """

    constant: Any
    post: Values
    pre: Values
    interaction: Values


@final
@dataclass(frozen=True)
class FieldLaw:
    """Mean and noise of a field for each level of the neuron's own entry.

    Attributes
    ----------
    mean : ndarray, shape (L,)
        E[h | y].
    noise : dict of str to ndarray, shape (L,)
        What each of `PARTS` adds to Var[h | y].
    """

    mean: Values
    noise: dict[str, Values]

    @property
    def variance(self) -> Values:
        """Var[h | y], shape (L,)."""
        return np.asarray(sum(self.noise.values()))


def level_chances(ensemble: Ensemble) -> tuple[Values, Values]:
    """Return the levels of an entry and their chances, both of shape (L,).

    Raises
    ------
    NoTheory
        If the entries of the ensemble are correlated.
    """
    if not ensemble.independent:
        twin = "sparse" if ensemble.levels[0] == 0 else "biased"
        raise NoTheory(
            f"the entries of {ensemble.name} are correlated, so that the parts of a rule don't add up to "
            f"its noise; {twin}:{ensemble.p_high:.3g} are independent patterns of the same activity"
        )
    chances = ensemble.chances if hasattr(ensemble, "chances") else (1 - ensemble.p_high, ensemble.p_high)
    return np.asarray(ensemble.levels, dtype=np.float64), np.asarray(chances, dtype=np.float64)


def split(table: Values, chances: Values) -> Split:
    """Return the parts of the rule with values g(post, pre) in `table`, shape (L, L).

    >>> found = split(np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([0.75, 0.25]))  # post * pre
    >>> float(found.constant), found.post.tolist(), found.interaction.tolist()
    (0.0625, [-0.0625, 0.1875], [[0.0625, -0.1875], [-0.1875, 0.5625]])
    """
    given_post, given_pre = table @ chances, chances @ table
    constant = chances @ given_post
    post, pre = given_post - constant, given_pre - constant
    interaction = table - given_post[:, None] - given_pre[None, :] + constant
    if table.dtype == object:
        return Split(constant, post, pre, interaction)
    edge = _ROUNDING * np.abs(table).max()
    clean = [np.where(np.abs(part) <= edge, 0.0, part) for part in (constant, post, pre, interaction)]
    return Split(float(clean[0]), clean[1], clean[2], clean[3])


def field_law(table: Values, chances: Values, cue: Values, n_others: Any, others: Any) -> FieldLaw:
    """Return mean and noise of a field.

    Parameters
    ----------
    table : ndarray, shape (L, L)
        g(post, pre) at the levels.
    chances : ndarray, shape (L,)
        Chance of each level.
    cue : ndarray, shape (L,)
        What a neuron at each level sends while it is cued.
    n_others : number
        N = D - 1.
    others : number
        K - 1, the other patterns.
    """
    parts = split(table, chances)
    mean_cue = chances @ cue
    off = cue - mean_cue
    spread = chances @ off**2
    square = spread + mean_cue**2
    sent = table * cue[None, :]
    mean_sent = sent @ chances
    around = sent - mean_sent[:, None]
    shared = [
        others**2 * n_others * spread * parts.constant**2,
        others * (n_others * spread + n_others**2 * mean_cue**2) * (chances @ parts.post**2),
        others * n_others * square * (chances @ parts.pre**2),
        others * n_others * square * (chances @ parts.interaction**2 @ chances),
    ]
    noise = [
        n_others * (around**2 @ chances),
        2 * others * n_others * parts.constant * (around @ (chances * off)),
        *(np.array([value] * len(chances), dtype=table.dtype) for value in shared),
    ]
    mean = n_others * mean_sent + others * n_others * parts.constant * mean_cue
    return FieldLaw(mean, dict(zip(PARTS, noise, strict=True)))


def normal_error(law: FieldLaw, chances: Values) -> float:
    """Return the share of entries that are read wrongly, thresholds halfway between neighbouring means.

    Notes
    -----
    Normal tails. For two levels it is `hebbcap.theory.reading.bit_error("snr", ...)` at the midpoint.
    """
    gaps, sigma = 0.5 * np.diff(law.mean), np.sqrt(np.maximum(law.variance, 0.0))
    total = 0.0
    for level, chance in enumerate(chances):
        for gap in gaps[max(level - 1, 0) : level + 1]:
            if sigma[level] > 0:
                total += float(chance * np.exp(log_ndtr(-gap / sigma[level])))
            elif gap < 0:
                total += float(chance)
    return min(total, 1.0)


def capacity_of(table: Values, chances: Values, cue: Values, dim: int, criterion: Criterion) -> int:
    """Return the largest K that meets the criterion by signal to noise; 0 if not even one pattern does."""

    def failures(count: int) -> float:
        error = normal_error(field_law(table, chances, cue, dim - 1, count - 1), chances)
        return failing(error, criterion, dim, count)

    return check_counted(largest_held(failures, criterion.max_failure, 2.0))
