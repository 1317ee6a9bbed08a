"""How is the capacity of any memory measured?"""

from __future__ import annotations

from hebbcap.measurement.forgetting import measure_lifetime
from hebbcap.measurement.measured import DEFAULT_PRECISION, MeasuredCapacity, Progress
from hebbcap.measurement.search import search_capacity
from hebbcap.memories import Plastic
from hebbcap.question import Experiment


def measure_capacity(
    experiment: Experiment,
    *,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    budget: float | None = None,
    progress: Progress | None = None,
) -> MeasuredCapacity:
    """Measure the largest number of patterns that meets the criterion.

    Memories whose weights forget are asked how many of the latest patterns they hold in the steady state,
    all others how many may be stored.

    Parameters
    ----------
    experiment : Experiment
        The question.
    precision : float
        Half the width of the interval over the capacity.
    seed : int
        Seed of the trials, non-negative.
    budget : float, optional
        Seconds that may be spent.
    progress : callable, optional
        Called with the share done and a line of text.

    Returns
    -------
    MeasuredCapacity
        The capacity with its interval, or a lower bound if patterns or time ran out first.
    """
    if isinstance(experiment.memory, Plastic):
        return measure_lifetime(experiment, precision=precision, seed=seed, budget=budget, progress=progress)
    return search_capacity(experiment, precision=precision, seed=seed, budget=budget, progress=progress)
