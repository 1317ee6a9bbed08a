"""Which question is being asked?

An experiment fixes everything but the number of patterns. Theory answers it by formula, measurement by
trials; its definition seeds the trials, so the same question gets the same answer everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, final

import numpy as np

from hebbcap import _checks
from hebbcap.criteria import OVERLAP, Criterion
from hebbcap.dynamics import Fixed, Inhibition, KWinners, Steps, Threshold, check_steps
from hebbcap.learning import hebb
from hebbcap.memories import Dense, FieldMemory, Hopfield, Memory, PairMemory
from hebbcap.memories.own import Own
from hebbcap.memories.protocol import can_recall, name_of
from hebbcap.patterns import Data, Ensemble

MIDPOINT: Final = "midpoint"
"""The threshold halfway between the mean fields of neurons that should be at two adjacent levels."""

UPDATES: Final = ("synchronous", "asynchronous")


@final
@dataclass(frozen=True)
class Experiment:
    """A memory, its patterns, the cue and the criterion: all but the number of patterns.

    Parameters
    ----------
    memory : Memory or Recaller
        The kind of memory. Anything with `store(patterns)` and `recall(cues)` can be measured.
    ensemble : Ensemble
        What the patterns are drawn from; the outputs of a memory of pairs are drawn likewise.
    dim : int
        D, the number of neurons.
    criterion : Criterion
        What counts as holding a pattern.
    flips : float
        Fraction of the cue's bits that are flipped, 0 <= flips < 0.5; `round(flips * dim)` bits.
    threshold : Threshold or "midpoint"
        Where a neuron switches.
    update : {"synchronous", "asynchronous"}
        How a fixed point is reached, for the criterion that asks for one.

    Raises
    ------
    InvalidArgument
        If an argument is outside its range or two of them can't go together.
    """

    memory: Any
    ensemble: Ensemble
    dim: int
    criterion: Criterion = field(default_factory=Criterion)
    flips: float = 0.0
    threshold: Threshold | str = field(default_factory=Fixed)
    update: str = "synchronous"

    def __post_init__(self) -> None:
        _checks.dimension(self.dim)
        _checks.flip_fraction(self.flips)
        if self.ensemble.dim is not None and self.ensemble.dim != self.dim:
            raise _checks.fail(
                "dim",
                self.dim,
                f"must be {self.ensemble.dim}",
                f"that is the size of {self.ensemble.name}; leave dim out",
            )
        if isinstance(self.memory, Memory):
            self.memory.check_levels(self.ensemble.levels)
        elif not can_recall(self.memory):
            raise _checks.fail("memory", self.memory, "must have store(patterns) and recall(cues)")
        if not isinstance(self.memory, FieldMemory) and self.threshold != Fixed():
            raise _checks.fail(
                "threshold", self.threshold, "does not go with a memory that recalls by itself"
            )
        if not self.ensemble.levels and self.criterion.kind != OVERLAP:
            raise _checks.fail(
                "criterion",
                str(self.criterion),
                f"counts wrong bits, and {self.ensemble.name} holds real numbers",
                "use overlap:M, the cosine with the pattern",
            )
        if isinstance(self.memory, Memory) and self.memory.n_patterns:
            raise _checks.fail(
                "memory",
                self.memory,
                f"holds {self.memory.n_patterns} patterns",
                "give an empty one to be filled",
            )
        if not isinstance(self.threshold, Threshold) and self.threshold != MIDPOINT:
            raise _checks.fail(
                "threshold",
                self.threshold,
                "must be a Threshold or 'midpoint'",
                "hebbcap.question.threshold reads text",
            )
        if isinstance(self.memory, FieldMemory) and isinstance(self.threshold, Threshold):
            check_steps(self.threshold, self.ensemble.levels)
        if self.update not in UPDATES:
            raise _checks.fail("update", self.update, f"must be one of {', '.join(UPDATES)}")
        if isinstance(self.threshold, KWinners) and self.threshold.winners >= self.dim:
            raise _checks.fail("threshold", str(self.threshold.winners), f"must be below dim={self.dim}")

    @property
    def n_flipped(self) -> int:
        """R, the number of flipped bits of a cue."""
        return round(self.flips * self.dim)

    @property
    def memory_name(self) -> str:
        """What reports call the memory: its name, or that of its class."""
        return name_of(self.memory)

    @property
    def memory_label(self) -> str:
        """The same for a person to read: by its rule's own name where the rule has one."""
        rule = self.memory.rule if isinstance(self.memory, Hopfield) else None
        return (
            f"hopfield:{rule.name}" if rule is not None and rule.name and rule != hebb() else self.memory_name
        )

    @property
    def dim_out(self) -> int:
        """How many neurons a recall gives back: D, or the output layer of a memory of pairs."""
        return self.memory.dim_out if isinstance(self.memory, PairMemory) else self.dim

    @property
    def max_patterns(self) -> int:
        """Most patterns that there are to store."""
        available = self.ensemble.n_available
        return _checks.MAX_PATTERNS if available is None else available

    def check_count(self, n_patterns: int) -> None:
        """Refuse a number of patterns that is none, or more than there are."""
        _checks.pattern_count(n_patterns)
        if n_patterns > self.max_patterns:
            raise _checks.fail(
                "n_patterns",
                n_patterns,
                f"must be at most {self.max_patterns}",
                f"{self.ensemble.name} has no more",
            )

    @cached_property
    def definition(self) -> str:
        """Text that defines the experiment completely; two experiments with the same text are the same."""
        # By name where there is one: equal memories must ask the same question, and an address is not a name.
        kind = type(self.memory)
        if isinstance(self.memory, Memory | Own):
            memory = self.memory.name
        elif "__repr__" not in {name for base in kind.__mro__[:-1] for name in vars(base)}:
            memory = f"{kind.__module__}.{kind.__qualname__}"
        else:
            memory = repr(self.memory)
        data = f" sha256={self.ensemble.digest}" if isinstance(self.ensemble, Data) else ""
        return (
            f"{memory} | {self.ensemble.name}{data} | dim={self.dim} | {self.criterion} | "
            f"flipped={self.n_flipped} | {self.threshold!r} | {self.update}"
        )


def default_threshold(memory: Any, ensemble: Ensemble) -> Threshold | str:
    """Return the threshold used when none is asked for.

    Zero wherever nothing speaks for another: for symmetric patterns under the plain Hebb rule, in dense
    memories, and for +-1 data. The midpoint for all others.
    """
    symmetric = ensemble.levels == (-1.0, 1.0)
    if not isinstance(memory, FieldMemory) or isinstance(memory, Dense) or memory.from_threshold:
        return Fixed()  # one step: what recalls by itself applies none
    if not symmetric:
        return MIDPOINT
    if not ensemble.independent:
        return Fixed()
    odd = _is_odd(memory) if isinstance(memory, Hopfield) else True
    return Fixed() if ensemble.p_high == 0.5 and odd else MIDPOINT


def _is_odd(memory: Hopfield) -> bool:
    """Whether the mirror image of every pattern writes the same weights, so that 0 is the midpoint."""
    table = memory.rule.table((-1.0, 1.0))
    return bool((table == table[::-1, ::-1]).all() and (table == -table[:, ::-1]).all())


def threshold(spec: str | float | Threshold) -> Threshold | str:
    """Return the threshold spelled as on the command line.

    `midpoint`, `zero`, a number, `steps:VALUE,VALUE,...`, `inhibition`, `inhibition:VALUE`,
    `inhibition:midpoint` or `k-winners:COUNT`.

    Raises
    ------
    InvalidArgument
        If the text is none of these.

    >>> threshold("k-winners:5"), threshold("zero"), threshold("midpoint")
    (KWinners(winners=5), Fixed(value=0.0), 'midpoint')
    """
    if isinstance(spec, Threshold):
        return spec
    if isinstance(spec, int | float | np.number):
        return Fixed(spec)
    if not isinstance(spec, str):
        raise _checks.fail("threshold", spec, "must be a Threshold, a number or text", "as midpoint or zero")
    kind, _, value = spec.partition(":")
    try:
        if kind == MIDPOINT and not value:
            return MIDPOINT
        if kind == "zero" and not value:
            return Fixed()
        if kind == "steps":
            return Steps(tuple(float(step) for step in value.split(",")))
        if kind == "inhibition":
            return Inhibition(None if value == MIDPOINT else float(value or 0))
        if kind == "k-winners":
            return KWinners(int(value))
        return Fixed(float(spec))
    except ValueError as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        raise _checks.fail(
            "threshold",
            spec,
            "must be midpoint, zero, a number, steps:VALUE,..., inhibition[:VALUE or :midpoint] or "
            "k-winners:COUNT",
            "it is the field at which a neuron switches",
        ) from None
