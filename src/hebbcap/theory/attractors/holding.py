"""How many patterns are recalled with a given overlap, by the mean field of the state of rest?"""

from __future__ import annotations

from typing import Final

from scipy.optimize import brentq

from hebbcap._checks import NoTheory
from hebbcap.criteria import OVERLAP
from hebbcap.memories import Dense
from hebbcap.question import Experiment
from hebbcap.theory.attractors.setting import known
from hebbcap.theory.attractors.solve import attractor, critical_load
from hebbcap.theory.attractors.state import FIXED_POINT, CriticalLoad
from hebbcap.theory.reading import Reading

MEAN_FIELD: Final = "mean-field"

_LOWEST = 1e-4
"""Share of the critical load at which the overlap is as near to 1 as it gets."""


def equilibrium_reading(experiment: Experiment) -> Reading:
    """Return the largest number of patterns whose state of rest has the overlap of the criterion.

    Parameters
    ----------
    experiment : Experiment
        Under the criterion `overlap:m`; cues with flipped bits are answered as intact ones.

    Returns
    -------
    Reading
        Its value is K at the load, for D -> infinity, at which the overlap (the share of right bits less
        that of wrong ones) falls below m: on the way, or by the jump at the critical load.

    Notes
    -----
    Finite networks under the Hebb rule hold more: started at the patterns, half of them still keep an overlap
    of 0.95 beyond 0.15 D at D = 1,000, where the critical load is 0.138 D, and up to 0.15 D at D = 2,500.

    Examples
    --------
    >>> from hebbcap.criteria import criterion
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> asked = Experiment(Hopfield(), Rademacher(), 1000, criterion("overlap:0.95"))
    >>> equilibrium_reading(asked).value
    137
    >>> equilibrium_reading(Experiment(Hopfield(), Rademacher(), 1000, criterion("overlap:0.99"))).value
    126
    """
    try:
        return _reading(experiment)
    except NoTheory as error:
        return Reading(MEAN_FIELD, None, str(error))


def _reading(asked: Experiment) -> Reading:
    if asked.criterion.kind != OVERLAP:
        raise NoTheory(f"{asked.criterion} is about one update, and this theory is about states of rest")
    known(asked.memory)
    allowed = 0.5 * (1 - asked.criterion.level)
    if allowed == 0:
        raise NoTheory(
            "for D -> infinity some bits are wrong at every load, so an overlap of 1 is never kept"
        )
    threshold = None if isinstance(asked.memory, Dense) else asked.threshold
    edge = critical_load(asked.memory, patterns=asked.ensemble, threshold=threshold)
    load = edge.load
    if edge.load and edge.bit_error > allowed:

        def excess(at: float) -> float:
            found = attractor(asked.memory, load=at, patterns=asked.ensemble, threshold=threshold)
            return found.bit_error - allowed

        low = _LOWEST * edge.load
        if excess(low) > 0:
            raise NoTheory(f"the overlap falls below {asked.criterion.level:g} already at load {low:.2g}")
        load = brentq(excess, low, edge.load * (1 - 1e-9), xtol=1e-9 * edge.load)
    found = CriticalLoad(
        edge.memory, edge.patterns, 0.0, edge.threshold, 0.0, load, edge.overlap, edge.bit_error, edge.state
    )
    return Reading(MEAN_FIELD, found.n_patterns(asked.dim), caveat(asked, edge.state))


def caveat(asked: Experiment, state: str) -> str:
    """Return what must be known to read the number."""
    what = "median pattern's fixed point" if state == FIXED_POINT else "equilibrium"
    text = f"D -> infinity, {what}"
    if isinstance(asked.memory, Dense):
        text += "; dynamics from the pattern rest at higher overlaps"
    elif asked.ensemble.p_high != 0.5:
        text += "; at finite D the number of active neurons varies, which costs some"
    else:
        text += "; dynamics from the pattern in finite networks hold somewhat more"
    return text + ("; whether flipped cues get there is not asked" if asked.flips else "")
