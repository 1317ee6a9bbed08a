"""Where is it worth looking first?

Signal to noise says where the crossing may be. It only tells the search where its first trials go: they must
show by themselves that the crossing is there, and nothing of the theory enters what is reported.
"""

from __future__ import annotations

import math

from scipy.special import ndtri, ndtri_exp

from hebbcap._checks import HebbcapError
from hebbcap.criteria import ALL_PATTERNS, BIT_ERROR
from hebbcap.memories import Memory
from hebbcap.question import Experiment
from hebbcap.theory import SNR, bit_error

_STEPS = 6
_CLOSE = 0.03
_FARTHEST = 1e15


def allowed_bit_error(experiment: Experiment, n_patterns: float) -> float:
    """Return the bit error at which independent bits would meet the criterion exactly.

    >>> from hebbcap.criteria import criterion
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> asked = Experiment(Hopfield(), Rademacher(), 100, criterion("pattern-error:0.1"))
    >>> round(allowed_bit_error(asked, 7), 6)
    0.001053
    """
    kind = experiment.criterion.kind
    bits = 1.0 if kind == BIT_ERROR else float(experiment.dim)
    if kind == ALL_PATTERNS:
        bits *= n_patterns
    return -math.expm1(math.log1p(-experiment.criterion.max_failure) / bits)


def guess_capacity(experiment: Experiment) -> float | None:
    """Return the capacity by signal to noise, to a few percent; None where that theory is silent.

    Noise grows as the root of the number of patterns, so that one error known gives all others.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> round(guess_capacity(Experiment(Hopfield(), Rademacher(), 1000)))
    186
    """
    if not isinstance(experiment.memory, Memory) or not experiment.criterion.one_step:
        return None
    if not experiment.ensemble.independent:
        return None
    count = max(float(experiment.dim), 2.0)
    try:
        for _ in range(_STEPS):
            whole = max(round(count), 2)
            error = bit_error(SNR, experiment, whole)
            asked = float(ndtri(allowed_bit_error(experiment, whole)))
            seen = float(ndtri_exp(math.log(error))) if error > 0 else -38.0
            ratio = 1 / 16 if seen >= 0 or asked >= 0 else (seen / asked) ** 2
            better = 1 + (whole - 1) * ratio
            if abs(better - whole) < max(_CLOSE * whole, 0.5):
                return better
            if not 1 <= better < _FARTHEST:
                return None
            count = better
    except (HebbcapError, ArithmeticError):
        return None
    return None
