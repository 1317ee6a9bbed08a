"""Which synapses do something that no polynomial in (w, post, pre) says?

Bounds that a weight can't pass, weights of two values that switch by chance, and a threshold that slides
with the activity of the postsynaptic neuron.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from hebbcap import _checks
from hebbcap.learning.plasticity import Outcomes, Synapse
from hebbcap.learning.rule import Rule

PRODUCT = Rule({(0, 1, 1): 1.0}, name="hebb")
"""The activity product."""

BOTH_SIGNS = Rule({(0, 1, 1): 2.0, (0, 1, 0): -1.0})
"""post * (2 pre - 1): positive where both neurons are high, negative where post is high and pre is not;
where both levels are +-1, of the sign of post * pre."""


@final
@dataclass(frozen=True)
class Bounded(Synapse):
    r"""Weights that an additive rule moves, and that stop at hard bounds.

    .. math:: w \leftarrow \max(-A, \min(A, w + g(y, x)))

    Parameters
    ----------
    bound : float
        A, in the units of the increments; > 0.
    rule : Rule
        Additive increments g(post, pre); the activity product if left out. For neurons of 0 and 1 that
        never depresses, and every weight ends at the bound: give a rule of both signs.

    Raises
    ------
    InvalidArgument
        If the bound is not positive, or the rule depends on the weight.

    Notes
    -----
    Parisi, A memory which forgets, J. Phys. A 19, L617 (1986); Nadal, Toulouse, Changeux & Dehaene,
    Europhys. Lett. 1, 535 (1986).

    Examples
    --------
    >>> Bounded(2).step([1, 2, -2], 1, 1)
    array([ 2.,  2., -1.])
    """

    bound: float
    rule: Rule = PRODUCT

    def __post_init__(self) -> None:
        bound = _checks.real("bound", self.bound, low=0, open_low=True, meaning="weights stay within +-bound")
        object.__setattr__(self, "bound", bound)
        _need_additive(self.rule)

    @property
    def name(self) -> str:
        """`bounded:A`, and the rule where it is not the activity product."""
        tail = "" if self.rule == PRODUCT else f",{self.rule.formula}"
        return f"bounded:{_checks.short(self.bound)}{tail}"

    @property
    def is_affine(self) -> bool:
        """No: a bound bends the step."""
        return False

    @property
    def is_finite(self) -> bool:
        """Yes, where the increments and the bound share a unit."""
        return True

    def outcomes(self, w: Any, post: Any, pre: Any, trace: Any = None) -> Outcomes:
        """Return the one new weight, with chance 1."""
        return ((1.0, np.clip(w + self.rule(post, pre), -self.bound, self.bound)),)


@final
@dataclass(frozen=True)
class Stochastic(Synapse):
    """Weights of two values that switch by chance where their neurons ask for it.

    Where g(post, pre) > 0 the weight becomes 1 with chance `potentiation`; where g < 0 it becomes `low`
    with chance `depression`; else it stays.

    Parameters
    ----------
    potentiation : float
        Chance of a switch up, 0 < q <= 1.
    depression : float, optional
        Chance of a switch down, 0 <= q <= 1; that of a switch up if left out.
    low : float
        The low weight, -1 or 0; the high one is 1.
    rule : Rule
        Additive rule whose sign says where the neurons ask for a change; post * (2 pre - 1) if left out:
        the sign of post * pre for neurons of +-1, and for neurons of 0 and 1 up where both are active and
        down where post is active alone.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Notes
    -----
    Tsodyks, Mod. Phys. Lett. B 4, 713 (1990); Amit & Fusi, Neural Computation 6, 957 (1994).

    Examples
    --------
    >>> Stochastic(0.25).step([-1, -1], 1, 1, chance=[0.2, 0.3])
    array([ 1., -1.])
    """

    potentiation: float
    depression: float | None = None
    low: float = -1.0
    rule: Rule = BOTH_SIGNS

    def __post_init__(self) -> None:
        meaning = "it is the chance that a weight switches when its neurons ask for it"
        up = _checks.real("potentiation", self.potentiation, low=0, high=1, open_low=True, meaning=meaning)
        given = up if self.depression is None else self.depression
        down = _checks.real("depression", given, low=0, high=1, meaning=meaning)
        if self.low not in (-1, 0):
            raise _checks.fail("low", self.low, "must be -1 or 0", "the high weight is 1")
        _need_additive(self.rule)
        for name, value in (("potentiation", up), ("depression", down), ("low", float(self.low))):
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """`stochastic:UP`, then the chance of a switch down, the low weight and the rule where needed."""
        parts = [_checks.short(self.potentiation)]
        full = self.low != -1 or self.rule != BOTH_SIGNS
        if full or self.depression != self.potentiation:
            assert self.depression is not None
            parts.append(_checks.short(self.depression))
        if full:
            parts.append(_checks.short(self.low))
        if self.rule != BOTH_SIGNS:
            parts.append(self.rule.formula)
        return f"stochastic:{','.join(parts)}"

    @property
    def start(self) -> float:
        """All weights start low."""
        return self.low

    @property
    def is_affine(self) -> bool:
        """Yes: a weight is replaced (A = 0) or kept (A = 1), with chances that don't depend on it."""
        return True

    @property
    def is_finite(self) -> bool:
        """Yes: two values."""
        return True

    def outcomes(self, w: Any, post: Any, pre: Any, trace: Any = None) -> Outcomes:
        """Return the switch and its chance, then the weight as it is."""
        asked = self.rule(post, pre)
        target = np.where(asked > 0, 1.0, self.low)
        assert self.depression is not None
        chance = np.where(asked > 0, self.potentiation, np.where(asked < 0, self.depression, 0.0))
        return ((chance, target), (1 - chance, w))


@final
@dataclass(frozen=True)
class BCM(Synapse):
    r"""Weights with a threshold between depression and potentiation that slides with activity.

    .. math:: w \leftarrow (1 - \lambda) w + y (y - \theta) x, \quad
              \theta \leftarrow \theta + (y^2 - \theta) / \tau

    with the activities clamped to the patterns. The size of a step is the unit of the weights, so there
    is no learning rate: it would change no answer.

    Parameters
    ----------
    decay : float
        Share of the weight lost with each pattern, 0 <= decay <= 1.
    window : float
        tau, over how many patterns a neuron averages the square of its activity; >= 1.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range.

    Notes
    -----
    Where every activity is +-1 the threshold is 1 for ever, and the step is (1 - y) x: nothing where post
    is +1, and where it is -1 the opposite of Hebb's, so that the field of a stored pattern points the wrong
    way. Where activities are 0 and 1 the step is (1 - theta) x for active neurons and 0 for the others:
    clamped activities never lie between 0 and the threshold, so nothing is ever depressed, and only the
    decay keeps weights finite. Bienenstock, Cooper & Munro, J. Neurosci. 2, 32 (1982).

    Examples
    --------
    >>> BCM(decay=0.5).step(2.0, [1, -1], 1, trace=1.0)
    array([1., 3.])
    """

    decay: float = 0.01
    window: float = 100.0

    def __post_init__(self) -> None:
        decay = _checks.real("decay", self.decay, low=0, high=1, meaning="decay is the share lost each time")
        window = _checks.real("window", self.window, low=1, meaning="window is a number of patterns")
        object.__setattr__(self, "decay", decay)
        object.__setattr__(self, "window", window)

    @property
    def name(self) -> str:
        """`bcm:DECAY,WINDOW`."""
        return f"bcm:{_checks.short(self.decay)},{_checks.short(self.window)}"

    @property
    def first_trace(self) -> float:
        """The threshold starts at 1, the square of an active neuron's activity."""
        return 1.0

    @property
    def is_affine(self) -> bool:
        """Yes, given the threshold."""
        return True

    @property
    def is_finite(self) -> bool:
        """No: the threshold moves continuously."""
        return False

    def outcomes(self, w: Any, post: Any, pre: Any, trace: Any = None) -> Outcomes:
        """Return the one new weight, with chance 1."""
        y, x = np.asarray(post, dtype=np.float64), np.asarray(pre, dtype=np.float64)
        return ((1.0, (1 - self.decay) * w + y * (y - trace) * x),)

    def follow(self, trace: Any, post: Any) -> Any:
        """Return the threshold after the neuron showed `post`."""
        return trace + (np.square(np.asarray(post, dtype=np.float64)) - trace) / self.window


def _need_additive(rule: Rule) -> None:
    if not isinstance(rule, Rule):
        raise _checks.fail("rule", rule, "must be a Rule", "hebbcap.parse turns a formula into one")
    if not rule.is_additive or not rule.terms:
        raise _checks.fail("rule", rule.formula, "must be additive and not zero", "leave w out of it")
