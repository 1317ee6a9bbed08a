"""What does the theory of attractors answer?

Every answer says which state its overlap belongs to: the equilibrium, a fixed point of a network that has no
energy, or where the dynamics stop. They are different numbers, and are never mixed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, final

from hebbcap import _checks
from hebbcap.memories import Memory
from hebbcap.theory.attractors.setting import log_patterns_per_load

EQUILIBRIUM: Final = "equilibrium (replica symmetric)"
FIXED_POINT: Final = "fixed point (self-consistent signal to noise); weights without an energy"

GLOBAL: Final = "global minimum of the free energy"
METASTABLE: Final = "metastable: a spin glass state has less free energy"
UNKNOWN: Final = "not compared with other states"
NONE: Final = "none: no state of the network points at a pattern"


class _Loaded:
    """What is common to results that belong to a load."""

    memory: Memory
    load: float

    def n_patterns(self, dim: int) -> int:
        """Return K at this load for `dim` neurons, rounded down.

        Parameters
        ----------
        dim : int
            D, at least 2.
        """
        dim = _checks.dimension(dim)
        if self.load == 0:
            return 0
        return math.floor(
            math.exp(math.log(self.load) + log_patterns_per_load(self.memory, math.log(dim))) + 1e-9
        )


@final
@dataclass(frozen=True)
class Attractor(_Loaded):
    """The state that recall of one pattern leads to, for D -> infinity.

    Attributes
    ----------
    memory : Memory
        The kind of memory.
    patterns : str
        Name of the ensemble.
    load, temperature : float
        Where it was asked for: K / D, or K (2n-3)!! / D^(n-1) for order n; T in units of the field of a
        recalled neuron.
    threshold : float
        Where neurons switch, in units of c V D.
    static_noise : float
        Delta^2 of the synapses.
    overlap : float
        Chance to be high of neurons that should, less that of those that shouldn't; for unbiased +-1 the
        usual overlap. 0 where there is no such state.
    bit_error : float
        Share of wrong bits, 0.5 times the loss of overlap for unbiased patterns.
    spread : float
        Standard deviation of the crosstalk, in the same units as the threshold.
    critical_load : float
        Largest load at which a state points at a pattern, at this temperature; 0 if none does at any.
    state : str
        Which state this is: `EQUILIBRIUM` or `FIXED_POINT`.
    standing : str
        `GLOBAL`, `METASTABLE`, `UNKNOWN` or `NONE`.
    symmetric : bool or None
        Whether replica symmetry is stable; None where that was not computed, and at T = 0, where it never is.
    """

    memory: Memory
    patterns: str
    load: float
    temperature: float
    threshold: float
    static_noise: float
    overlap: float
    bit_error: float
    spread: float
    critical_load: float
    state: str
    standing: str
    symmetric: bool | None

    @property
    def exists(self) -> bool:
        """Whether any state points at a pattern here."""
        return self.overlap > 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        return asdict(self) | {"memory": self.memory.name, "exists": self.exists}


@final
@dataclass(frozen=True)
class CriticalLoad(_Loaded):
    """The largest load at which a state points at a pattern, for D -> infinity.

    Attributes
    ----------
    memory, patterns, temperature, threshold, static_noise
        As for `Attractor`.
    load : float
        The critical load; 0 if there is no such state at any load.
    overlap, bit_error : float
        Of the state there; beyond, the overlap falls to 0.
    state : str
        Which state this is.
    """

    memory: Memory
    patterns: str
    temperature: float
    threshold: float
    static_noise: float
    load: float
    overlap: float
    bit_error: float
    state: str

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        return asdict(self) | {"memory": self.memory.name}
