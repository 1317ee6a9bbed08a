"""Attractors: the states in which recall comes to rest, beyond the first step.

`attractor` and `critical_load` answer for the equilibrium (or the fixed point of a network without an
energy), `overlaps_from` and `measured_overlap` for where the dynamics from the pattern stop.
"""

from hebbcap.theory.attractors.against_load import OverlapCurve, overlap_curve
from hebbcap.theory.attractors.best_threshold import low_activity_limit
from hebbcap.theory.attractors.descent import FROM_PATTERN, overlaps_from
from hebbcap.theory.attractors.holding import MEAN_FIELD, equilibrium_reading
from hebbcap.theory.attractors.lines import LINES, Line
from hebbcap.theory.attractors.measured import MeasuredOverlap, measured_overlap
from hebbcap.theory.attractors.noise import CLIPPED, dilution_noise, synaptic_noise
from hebbcap.theory.attractors.phase import PhaseDiagram, critical_temperature, phase_diagram
from hebbcap.theory.attractors.selfconsistent import GradedPoint, graded_peak, graded_retrieval
from hebbcap.theory.attractors.solve import attractor, critical_load
from hebbcap.theory.attractors.state import EQUILIBRIUM, FIXED_POINT, Attractor, CriticalLoad
from hebbcap.theory.attractors.transfer import Transfer

__all__ = [
    "CLIPPED",
    "EQUILIBRIUM",
    "FIXED_POINT",
    "FROM_PATTERN",
    "LINES",
    "MEAN_FIELD",
    "Attractor",
    "CriticalLoad",
    "GradedPoint",
    "Line",
    "MeasuredOverlap",
    "OverlapCurve",
    "PhaseDiagram",
    "Transfer",
    "attractor",
    "critical_load",
    "critical_temperature",
    "dilution_noise",
    "equilibrium_reading",
    "graded_peak",
    "graded_retrieval",
    "low_activity_limit",
    "measured_overlap",
    "overlap_curve",
    "overlaps_from",
    "phase_diagram",
    "synaptic_noise",
]
