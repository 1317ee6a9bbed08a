"""What does one synapse do when its two neurons show (post, pre)?

A `Synapse` says which weights it may take next, each with its chance, given its present weight, its two
neurons and, where it needs one, a running trace of the postsynaptic neuron. It can read nothing else, so
every synapse is local. A polynomial `Rule` is one of them (`Incremental`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.learning.rule import Rule

Array = NDArray[Any]
Outcomes = tuple[tuple[Any, Any], ...]
"""Pairs (chance, new weight) that broadcast together; at any place the chances add up to 1."""


class Synapse(ABC):
    """What one synapse does when its two neurons show (post, pre).

    Subclasses are final, frozen dataclasses. All methods are vectorised: weights, activities and traces
    broadcast.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The spelling that `hebbcap.learning.synapse` and the command line read."""

    @property
    def start(self) -> float:
        """The weight of a synapse that has seen nothing."""
        return 0.0

    @property
    def first_trace(self) -> float | None:
        """The trace of a neuron that has seen nothing, or None where synapses read no trace."""
        return None

    @property
    @abstractmethod
    def is_affine(self) -> bool:
        """Whether each new weight is `A w + B`, with A, B and the chances free of the weight w."""

    @property
    @abstractmethod
    def is_finite(self) -> bool:
        """Whether weights take finitely many values where neurons take two."""

    @abstractmethod
    def outcomes(self, w: Any, post: Any, pre: Any, trace: Any = None) -> Outcomes:
        """Return what the weight may become, as pairs (chance, new weight).

        Parameters
        ----------
        w : array_like
            Present weights.
        post, pre : array_like
            Activities of the postsynaptic and the presynaptic neuron.
        trace : array_like, optional
            Trace of the postsynaptic neuron from before this pattern.
        """

    def follow(self, trace: Any, post: Any) -> Any:
        """Return the trace of a neuron after it showed `post`."""
        return trace

    def step(self, w: Any, post: Any, pre: Any, trace: Any = None, chance: Any = None) -> Array:
        """Return the weights after their neurons showed (post, pre).

        Parameters
        ----------
        w, post, pre, trace : array_like
            As for `outcomes`.
        chance : array_like, optional
            A number drawn evenly from [0, 1) for each weight; needed where `is_random`.

        Examples
        --------
        >>> Incremental(Rule({(0, 1, 1): 1, (1, 0, 0): -0.5})).step([2.0, 4.0], 1, -1)
        array([0., 1.])
        """
        options = self.outcomes(np.asarray(w, dtype=np.float64), post, pre, trace)
        return picked(options, lambda: np.asarray(chance))

    @property
    def is_random(self) -> bool:
        """Whether a weight's next value is a matter of chance."""
        return len(self.outcomes(np.zeros(1), 1.0, 1.0, self.first_trace)) > 1


def picked(options: Outcomes, draw: Callable[[], Array]) -> Array:
    """Return the outcomes that chance picks; `draw` gives the even numbers, if any outcome is uncertain."""
    *uncertain, (_, result) = options
    limits = [np.asarray(sum(chance for chance, _ in uncertain[: k + 1])) for k in range(len(uncertain))]
    if uncertain and limits[-1].any():
        drawn = draw()
        for limit, (_, new) in reversed(list(zip(limits, uncertain, strict=True))):
            result = np.where(drawn < limit, new, result)
    return np.asarray(result, dtype=np.float64)


@final
@dataclass(frozen=True)
class Incremental(Synapse):
    """A synapse that adds the increment of a polynomial rule.

    Parameters
    ----------
    rule : Rule
        Increment dw(w, post, pre); additive, affine in w, or of any degree in it.

    Examples
    --------
    >>> from hebbcap.learning import parse
    >>> Incremental(parse("post*pre - 0.1*w")).is_affine
    True
    """

    rule: Rule

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise _checks.fail("rule", self.rule, "must be a Rule", "hebbcap.parse turns a formula into one")
        if not self.rule.terms:
            raise _checks.fail("rule", "0", "must not be zero", "it would write no weights")

    @property
    def name(self) -> str:
        """The formula of the rule."""
        return self.rule.formula

    @property
    def is_affine(self) -> bool:
        """Whether the weight enters with no power above 1."""
        return all(power <= 1 for (power, _, _), _ in self.rule.terms)

    @property
    def is_finite(self) -> bool:
        """Never taken for finite: increments pile up."""
        return False

    def outcomes(self, w: Any, post: Any, pre: Any, trace: Any = None) -> Outcomes:
        """Return the one new weight, with chance 1."""
        return ((1.0, w + self.rule(post, pre, w)),)
