"""What would a memory hold if the noise of its rule were taken off the fields, not out of the weights?

Inhibition takes off the mean field of the network, and so whatever the rule writes regardless of post: the
constant and pre. A threshold fixed for each neuron takes off its own mean field, as if the cue counted from
its mean. A threshold that follows the cue's total activity, each neuron by its own factor, takes off post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from hebbcap.criteria import Criterion
from hebbcap.theory.rules.additive import Values, capacity_of, split

INHIBITION: Final = "inhibition"
ADAPTIVE: Final = "adaptive thresholds"
FOLLOWING: Final = "thresholds that follow activity"
REMEDIES: Final = {
    INHIBITION: "the mean field of the network is taken off: no constant, no pre",
    ADAPTIVE: "each neuron's own mean field is taken off: the cue counts from its mean",
    FOLLOWING: "each neuron's bias times the cue's total activity is taken off: no post",
    f"{INHIBITION} and {ADAPTIVE}": "both are taken off",
    "interaction alone": "inhibition and thresholds that follow activity: the covariance rule",
}
"""What could be done about the noise without touching the weights, in words."""


@final
@dataclass(frozen=True)
class Remedy:
    """What the memory would hold if one thing were done about its noise.

    Attributes
    ----------
    name : str
        One of `REMEDIES`.
    n_patterns : int
        Capacity with it.
    gain : float or None
        Over the capacity without it; None where that is 0.
    """

    name: str
    n_patterns: int
    gain: float | None


def remedies(
    table: Values, chances: Values, levels: Values, dim: int, criterion: Criterion, held: int
) -> tuple[Remedy, ...]:
    """Return what each of `REMEDIES` would make of a rule that holds `held` patterns without it.

    Notes
    -----
    Thresholds are halfway between the mean fields that are left. To leading order: corrections are of
    relative size 1 / D for inhibition and 1 / K for adaptive thresholds.

    Examples
    --------
    >>> from hebbcap.criteria import Criterion
    >>> table, chances = np.array([[0.8, -1.2], [-1.2, 0.8]]), np.array([0.5, 0.5])  # post * pre - 0.2
    >>> remedies(table, chances, np.array([-1.0, 1.0]), 1000, Criterion(), 56)[0]
    Remedy(name='inhibition', n_patterns=185, gain=3.30...)
    """
    parts = split(table, chances)
    inhibited, centred = table - chances @ table, levels - chances @ levels
    left = (
        (inhibited, levels),
        (table, centred),
        (table - parts.post[:, None], levels),
        (inhibited, centred),
        (parts.interaction, levels),
    )
    found = []
    for name, (rest, cue) in zip(REMEDIES, left, strict=True):
        count = capacity_of(rest, chances, cue, dim, criterion) if np.abs(rest).max() > 0 else 0
        found.append(Remedy(name, count, count / held if held else None))
    return tuple(found)
