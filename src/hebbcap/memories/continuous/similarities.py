r"""How alike are a state and a pattern?

The first of the three operations of a single-shot memory, of which separation and projection are the others
(`hebbcap.memories.continuous.similarity`). The larger the number, the more alike; a distance therefore
enters with a minus sign.

Millidge et al. (2022), arXiv:2202.04557. Their program takes the inverse of a distance instead and then
scales all similarities of a cue to a sum of 1, so that the softmax after it is as flat as there are
patterns. Both put the patterns in the same order, and under the separation `max` are one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from hebbcap import _checks
from hebbcap.engines.real import Reals, Score, dot

DOT: Final = "dot"
EUCLIDEAN: Final = "euclidean"


def cosine(states: Reals, patterns: Reals) -> Reals:
    """Return the overlaps divided by both lengths; those of a vector of zeros are 0.

    >>> cosine(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0], [0.0, 0.0]]))
    array([[0.6, 0. ]])
    """
    return np.asarray(_directions(states) @ _directions(patterns).T)


def euclidean(states: Reals, patterns: Reals) -> Reals:
    r"""Return :math:`-\frac12 |s - \xi|^2`, minus half the squared distances.

    With the half, :math:`\xi \cdot s` differs from it by nothing but the lengths of the two: on patterns of
    one length both give one softmax at one `beta`.

    >>> euclidean(np.array([[3.0, 4.0]]), np.array([[3.0, 2.0]]))
    array([[-2.]])
    """
    halves = [0.5 * np.einsum("ij,ij->i", rows, rows) for rows in (states, patterns)]
    return np.asarray(np.minimum(states @ patterns.T - halves[0][:, None] - halves[1], 0))


def distance(states: Reals, patterns: Reals) -> Reals:
    """Return minus the plain Euclidean distances.

    >>> distance(np.array([[3.0, 4.0]]), np.zeros((1, 2)))
    array([[-5.]])
    """
    return _minus_metric(states, patterns, "euclidean")


def manhattan(states: Reals, patterns: Reals) -> Reals:
    """Return minus the sums of absolute differences; of +-1, minus twice the Hamming distances.

    >>> manhattan(np.array([[3.0, 4.0]]), np.zeros((1, 2)))
    array([[-7.]])
    """
    return _minus_metric(states, patterns, "cityblock")


def _minus_metric(states: Reals, patterns: Reals, metric: str) -> Reals:
    from scipy.spatial.distance import cdist

    return np.asarray(-cdist(states, patterns, metric))


def _directions(rows: Reals) -> Reals:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1))


NAMES: Final[Mapping[str, Score]] = MappingProxyType(
    {
        DOT: dot,
        "cosine": cosine,
        EUCLIDEAN: euclidean,
        "distance": distance,
        "manhattan": manhattan,
    }
)
"""Name -> the similarities of states (B, D) and patterns (T, D), shape (B, T)."""


def similarity(spec: str | Callable[..., object]) -> Score:
    """Return the similarity of that name; a function of states and patterns is returned checked at each call.

    Raises
    ------
    InvalidArgument
        If there is none of that name.

    Examples
    --------
    >>> similarity("manhattan")(np.ones((1, 2)), np.zeros((3, 2)))
    array([[-2., -2., -2.]])
    """
    if callable(spec):
        return _checked(spec)
    if not isinstance(spec, str) or spec not in NAMES:
        raise _checks.fail("similarity", spec, "is not known", f"known are {', '.join(NAMES)}, or a function")
    return NAMES[spec]


def _checked(function: Callable[..., object]) -> Score:
    def score(states: Reals, patterns: Reals) -> Reals:
        found = np.asarray(function(states, patterns), dtype=np.float64)
        if found.shape != (len(states), len(patterns)):
            rule = f"must be {(len(states), len(patterns))}"
            raise _checks.fail(
                "similarity(states, patterns).shape",
                found.shape,
                rule,
                "one row a state, one column a pattern",
            )
        if not np.isfinite(found).all():
            raise _checks.fail("similarity(states, patterns)", "array", "must hold only finite numbers")
        return found

    return score
