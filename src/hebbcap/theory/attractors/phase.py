r"""Below which temperature does a memory recall, and which of its states wins?

The lines of the plane of load and temperature (Amit, Gutfreund & Sompolinsky 1987), all replica symmetric:

==================  ==============================================================================
line                below it
==================  ==============================================================================
spin glass          neurons freeze; above, every state forgets: :math:`T_g = 1 + \sqrt\alpha`
retrieval           states that point at single patterns exist, T_M
global minimum      these have the least free energy of all, T_c
replica symmetry    their replica symmetry breaks (de Almeida & Thouless), T_R
==================  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.memories import Memory
from hebbcap.memories import memory as parse_memory
from hebbcap.patterns import Rademacher
from hebbcap.theory.attractors.curve import COLDEST, Crosstalk
from hebbcap.theory.attractors.hebb import PairwiseCrosstalk, glass_temperature
from hebbcap.theory.attractors.lines import (
    GLOBAL_MINIMUM,
    LINES,
    REPLICA_SYMMETRY,
    RETRIEVAL,
    SPIN_GLASS,
    Line,
    global_load,
    highest_temperature,
    line_through,
    retrieval_line,
    retrieval_load,
    symmetry_load,
    unstable_below,
)
from hebbcap.theory.attractors.noise import checked_static_noise
from hebbcap.theory.attractors.setting import crosstalk_of

_COUNT = 48


@final
@dataclass(frozen=True)
class PhaseDiagram:
    """The lines between the phases of a memory, for D -> infinity.

    Attributes
    ----------
    memory : Memory
        Of unbiased +-1 patterns.
    static_noise : float
        Delta^2 of the synapses.
    lines : tuple of Line
        Those that are worked out: all four for pairwise weights, `retrieval` for dense memories.
    """

    memory: Memory
    static_noise: float
    lines: tuple[Line, ...]

    def line(self, name: str) -> Line:
        """Return the line of this name."""
        found = [line for line in self.lines if line.name == name]
        if not found:
            raise NoTheory(f"the line {name!r} is not worked out for {self.memory.name}")
        return found[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        lines = {
            line.name: {
                "meaning": line.meaning,
                "loads": line.loads.tolist(),
                "temperatures": line.temperatures.tolist(),
            }
            for line in self.lines
        }
        return {"memory": self.memory.name, "static_noise": self.static_noise, "lines": lines}

    def __repr__(self) -> str:
        names = ", ".join(line.name for line in self.lines)
        return f"PhaseDiagram({self.memory.name}, static_noise={self.static_noise:g}: {names})"


def critical_temperature(
    load: float,
    *,
    memory: str | Memory = "hopfield",
    line: str = RETRIEVAL,
    static_noise: float = 0.0,
) -> float:
    r"""Return the temperature of a line at this load, for unbiased +-1 patterns; 0.0 where it is not crossed.

    Parameters
    ----------
    load : float
        K / D, or K (2n-3)!! / D^(n-1) for order n; > 0.
    memory : str or Memory
        "hopfield" or "dense:N".
    line : {"retrieval", "global minimum", "spin glass", "replica symmetry"}
        Which line.
    static_noise : float
        Delta^2 of the synapses.

    Returns
    -------
    float
        T in units of the field of a recalled neuron. Lines below T = 0.001 give 0.0.

    Notes
    -----
    For small loads :math:`T_M \approx 1 - 1.95 \sqrt\alpha` and :math:`T_c \approx 1 - 2.6 \sqrt\alpha`
    (Amit, Gutfreund & Sompolinsky 1987). Both lines are re-entrant, and their upper branches are returned:
    recall is possible up to 0.13818 D at T = 0.02 but 0.13791 D at T = 0, and has the least free energy up to
    0.0531 D at T = 0.08 but :math:`(\pi - 2)^2 / 8\pi = 0.0519` D at T = 0.

    Examples
    --------
    >>> round(critical_temperature(0.1), 4), round(critical_temperature(0.03, line="global minimum"), 4)
    (0.3154, 0.4788)
    """
    load = _checks.real("load", load, low=0, open_low=True, meaning="load is patterns per neuron (K / D)")
    if line not in LINES:
        raise _checks.fail("line", line, f"must be one of {', '.join(LINES)}")
    crosstalk = _crosstalk(memory, static_noise)
    if line == RETRIEVAL:
        return highest_temperature(lambda t: retrieval_load(crosstalk, t), load)
    if not isinstance(crosstalk, PairwiseCrosstalk):
        raise NoTheory(f"the line {line!r} is worked out for pairwise memories")
    if line == SPIN_GLASS:
        return glass_temperature(crosstalk, load)
    if line == GLOBAL_MINIMUM:
        return highest_temperature(lambda t: global_load(crosstalk, t), load)
    return unstable_below(crosstalk, load)


def phase_diagram(
    memory: str | Memory = "hopfield", *, static_noise: float = 0.0, points: int = _COUNT
) -> PhaseDiagram:
    """Return the lines of the plane of load and temperature, for unbiased +-1 patterns.

    Parameters
    ----------
    memory : str or Memory
        "hopfield" or "dense:N".
    static_noise : float
        Delta^2 of the synapses: `synaptic_noise`, `dilution_noise`.
    points : int
        Points on each line, 8 to 1000.

    Examples
    --------
    >>> diagram = phase_diagram(points=8)
    >>> diagram
    PhaseDiagram(hopfield, static_noise=0: spin glass, retrieval, global minimum, replica symmetry)
    >>> round(float(diagram.line("global minimum").loads[-1]), 5)  # at T = 0
    0.05185
    """
    count = _checks.integer("points", points, low=8, high=1000, meaning="points on each line")
    crosstalk = _crosstalk(memory, static_noise)
    held = parse_memory(memory)
    assert isinstance(held, Memory)
    # Fine near T = 0, where the retrieval line bends back.
    grid = np.unique(np.append(np.linspace(0, 0.999, count), [0.005, 0.01, 0.02, 0.04]))
    recall = retrieval_line(crosstalk, grid)
    lines = [recall]
    if isinstance(crosstalk, PairwiseCrosstalk):
        pairwise, loads = crosstalk, 1.3 * recall.loads.max() * np.linspace(0, 1, count) ** 2
        glass = [1.0, *(glass_temperature(pairwise, float(a)) for a in loads[1:])]
        cold = np.geomspace(COLDEST, 0.2, count)
        lines = [
            Line(SPIN_GLASS, loads, np.array(glass)),
            recall,
            line_through(GLOBAL_MINIMUM, lambda t: global_load(pairwise, t), grid),
            line_through(REPLICA_SYMMETRY, lambda t: symmetry_load(pairwise, t), cold),
        ]
    return PhaseDiagram(held, static_noise, tuple(lines))


def _crosstalk(memory: str | Memory, static_noise: float) -> Crosstalk:
    held = parse_memory(memory)
    return crosstalk_of(held, Rademacher(), checked_static_noise(static_noise), COLDEST)
