"""How does the overlap fall with the load: the equilibrium, the dynamics from the pattern, and measured?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.dynamics import Threshold
from hebbcap.learning import Rule
from hebbcap.memories import Dense, Memory
from hebbcap.patterns import Ensemble
from hebbcap.separation import Polynomial
from hebbcap.theory.attractors.descent import FROM_PATTERN, overlaps_from
from hebbcap.theory.attractors.lines import GLOBAL_MINIMUM, RETRIEVAL, SPIN_GLASS
from hebbcap.theory.attractors.measured import MeasuredOverlap, measured_overlap
from hebbcap.theory.attractors.phase import critical_temperature
from hebbcap.theory.attractors.solve import attractor, critical_load
from hebbcap.theory.attractors.state import Attractor, CriticalLoad

SHARES = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0, 1.05)
"""Loads shown where none are asked for, relative to the critical load."""

_STEPS = 24


@final
@dataclass(frozen=True)
class OverlapCurve:
    """Overlap against load.

    Attributes
    ----------
    edge : CriticalLoad
        Where the states end that point at a pattern.
    points : tuple of Attractor
        One a load.
    reached : tuple of float or None
        At each load the overlap that the dynamics from the pattern reach for D -> infinity
        (`FROM_PATTERN`); None where that theory is not worked out.
    measured : tuple of MeasuredOverlap
        One a load if asked, else empty.
    temperatures : tuple of dict
        At each load its critical temperatures by name of the line; empty where not worked out.
    """

    edge: CriticalLoad
    points: tuple[Attractor, ...]
    reached: tuple[float | None, ...]
    measured: tuple[MeasuredOverlap, ...]
    temperatures: tuple[dict[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        rows = []
        for number, at in enumerate(self.points):
            row = at.to_dict() | {"critical_temperatures": self.temperatures[number]}
            row[FROM_PATTERN] = self.reached[number]
            row["measured"] = self.measured[number].to_dict() if self.measured else None
            rows.append(row)
        return {"critical": self.edge.to_dict(), "loads": rows}

    def __repr__(self) -> str:
        return (
            f"OverlapCurve({self.edge.memory.name}, {self.edge.patterns}, critical load {self.edge.load:.6g})"
        )


def overlap_curve(
    memory: str | Memory = "hopfield",
    *,
    loads: Sequence[float] | None = None,
    patterns: str | Ensemble = "rademacher",
    rule: str | Rule | None = None,
    temperature: float = 0.0,
    threshold: str | float | Threshold | None = None,
    static_noise: float = 0.0,
    measure: bool = False,
    dim: int = 1000,
    networks: int = 4,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> OverlapCurve:
    """Return the overlap of the state of rest at each load, and what lies beside it.

    Parameters
    ----------
    memory, patterns, rule, temperature, threshold, static_noise
        As for `attractor`.
    loads : sequence of float, optional
        Loads > 0; 0.2 to 1.05 of the critical one if left out.
    measure : bool
        Whether to run networks of `dim` neurons from their patterns, `networks` of them at each load.
    dim, networks, seed
        As for `measured_overlap`.
    progress : callable, optional
        Called with the share of the measurement done and a line of text.

    Examples
    --------
    >>> curve = overlap_curve("dense:3", loads=[0.24])
    >>> round(curve.points[0].overlap, 3), round(curve.reached[0], 2)  # the equilibrium; from the pattern
    (0.907, 0.94)
    """
    options: dict[str, Any] = {
        "patterns": patterns, "rule": rule, "temperature": temperature, "threshold": threshold,
        "static_noise": static_noise,
    }  # fmt: skip
    edge = critical_load(memory, **options)
    if loads is None:
        asked = [share * edge.load for share in SHARES]
        asked[-2] *= 1 - 1e-9  # on this side of the edge
        if not edge.load:
            raise NoTheory(f"{edge.memory.name} recalls nothing at temperature {temperature:g}: give loads")
    else:
        if not isinstance(loads, Iterable):
            raise _checks.fail("loads", loads, "must be a list of numbers", "as [0.02, 0.05]")
        asked = [_checks.real("load", a, low=0, open_low=True, meaning="load is K / D") for a in loads]
    points = tuple(attractor(memory, load=a, **options) for a in asked)
    found = []
    for number, at in enumerate(points if measure else ()):
        if progress:
            progress(number / len(points), f"load {at.load:.4g}")
        found.append(measured_overlap(at, dim=dim, threshold=threshold, networks=networks, seed=seed))
    reached = tuple(_reached(at) for at in points)
    temperatures = tuple(_temperatures(at, threshold) for at in points)
    return OverlapCurve(edge, points, reached, tuple(found), temperatures)


def _reached(at: Attractor) -> float | None:
    separation = at.memory.separation if isinstance(at.memory, Dense) else None
    if (
        not isinstance(separation, Polynomial)
        or separation.rectified
        or separation.order < 3
        or at.temperature
    ):
        return None
    return float(np.mean(overlaps_from(separation.order, at.load, _STEPS)[-2:]))


def _temperatures(at: Attractor, threshold: str | float | Threshold | None) -> dict[str, float]:
    if threshold is not None or at.patterns != "rademacher":
        return {}
    found = {}
    for line in (SPIN_GLASS, RETRIEVAL, GLOBAL_MINIMUM):
        try:
            found[line] = critical_temperature(
                at.load, memory=at.memory, line=line, static_noise=at.static_noise
            )
        except NoTheory:
            continue
    return found
