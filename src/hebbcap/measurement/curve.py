"""How does the error after one step grow with the number of patterns, measured in one pass?

Questions about independent +-1 patterns, one step and a threshold of 0 are answered for every K of a grid
while patterns are drawn once: `hebbcap.kernels.one_pass`. All other questions take a trial for each K.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.criteria import BIT_ERROR, PATTERN_ERROR
from hebbcap.dynamics import Fixed
from hebbcap.kernels.one_pass import LARGEST_SUM, Setting, count_wrong
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Rademacher
from hebbcap.question import Experiment

Whole = NDArray[np.int64]

ALL_JUDGED: Final = 2048
"""Neurons up to which all are judged. Errors of one cue share its overlaps, and tell ever less beyond."""

_FEWEST_PATTERNS: Final = 2**16
"""Numbers of patterns up to which sums must be exact for a question to be answered in this way."""


@final
@dataclass(frozen=True, eq=False)
class Curve:
    """Errors of independent streams of patterns at each number of patterns.

    Within a stream, errors at all K and of all cues depend on one another; streams are independent and alike.

    Attributes
    ----------
    n_patterns : ndarray of int64, shape (G,)
        The numbers of patterns K, ascending.
    wrong : ndarray of int64, shape (streams, G)
        Wrong bits.
    failed : ndarray of int64, shape (streams, G)
        Cues with any wrong bit; of use only where every neuron of a cue is judged.
    judged_bits, judged_cues : ndarray of int64, shape (G,)
        How many bits and cues each stream judged.
    """

    n_patterns: Whole
    wrong: Whole
    failed: Whole
    judged_bits: Whole
    judged_cues: Whole


def applies(experiment: Experiment) -> bool:
    """Whether one pass answers this question.

    It does for `Rademacher` patterns at threshold 0 and the criteria `bit-error` and `pattern-error`, in a
    pairwise memory whose rule is a multiple of post * pre on +-1, or a dense one with whole-number
    differences.

    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Biased, Rademacher
    >>> applies(Experiment(Hopfield(), Rademacher(), 100)), applies(Experiment(Hopfield(), Biased(0.4), 100))
    (True, False)
    """
    return _setting(experiment) is not None


def most_patterns(experiment: Experiment) -> int:
    """Return the largest K at which one pass is exact; 0 for a question that it doesn't answer."""
    setting = _setting(experiment)
    return setting.most_patterns if setting else 0


def error_curve(
    experiment: Experiment,
    grid: ArrayLike,
    streams: int,
    seed: int,
    first: int = 0,
    *,
    key: str | None = None,
) -> Curve:
    """Measure the errors after one step at every number of patterns of a grid.

    Parameters
    ----------
    experiment : Experiment
        A question that `applies` says yes to.
    grid : array_like of int, shape (G,)
        Numbers of patterns K, ascending, at least 1.
    streams : int
        How many independent streams of patterns are drawn, >= 1.
    seed : int
        Non-negative; stream `first + i` is the same for the same seed and experiment, however many are drawn.
    first : int
        Number of the first stream.
    key : str, optional
        Text by which the streams are drawn; the experiment's definition if left out.

    Raises
    ------
    InvalidArgument
        If one pass does not answer this question, or the grid is not ascending whole numbers.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> curve = error_curve(Experiment(Hopfield(), Rademacher(), 64), [8, 16], streams=4, seed=0)
    >>> (curve.judged_bits.tolist(), curve.judged_cues.tolist())
    ([512, 1024], [8, 16])
    """
    setting = _setting(experiment)
    if setting is None:
        raise _checks.fail(
            "experiment",
            experiment.definition,
            "is not answered in one pass",
            "that takes +-1 patterns of equal chance, threshold 0, one step, and a multiple of post * pre or "
            "a dense memory with whole-number differences",
        )
    drawn_by = experiment.definition if key is None else key
    wrong, failed = count_wrong(setting, grid, streams, seed, drawn_by, first=first)
    ks = np.atleast_1d(np.asarray(grid)).astype(np.int64)
    cues = np.minimum(ks, setting.cues)
    return Curve(ks, wrong, failed, cues * setting.judged, cues)


def _setting(experiment: Experiment) -> Setting | None:
    """Return the question as one pass takes it, or None where it doesn't."""
    kind, dim = experiment.criterion.kind, experiment.dim
    if (
        not isinstance(experiment.ensemble, Rademacher)
        or experiment.threshold != Fixed()
        or kind not in (BIT_ERROR, PATTERN_ERROR)
    ):
        return None
    differences = _differences(experiment)
    if differences is None:
        return None
    judged = dim if dim <= ALL_JUDGED or kind == PATTERN_ERROR else ALL_JUDGED
    return Setting(differences, dim, judged, flipped=experiment.n_flipped)


def _differences(experiment: Experiment) -> Whole | None:
    """Return the field differences for overlaps from -D - 1 to D + 1, or None if not small and whole."""
    memory: Any = experiment.memory
    overlaps = np.arange(-experiment.dim - 1, experiment.dim + 2)
    if isinstance(memory, Hopfield):
        table = memory.rule.table((-1.0, 1.0))
        scale = table[1, 1]
        if scale == 0 or not np.array_equal(table, scale * np.array([[1.0, -1.0], [-1.0, 1.0]])):
            return None
        return overlaps if scale > 0 else -overlaps
    if not isinstance(memory, Dense):
        return None
    found = memory.separation.table(experiment.dim)
    if not found.whole or found.values is None or np.abs(found.values).max() > LARGEST_SUM / _FEWEST_PATTERNS:
        return None
    whole: Whole = np.round(found.values).astype(np.int64) * int(np.sign(found.unit))
    return whole
