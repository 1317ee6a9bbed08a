"""What do attractors look like: the phases, and the overlap against the load?"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hebbcap.dynamics import Threshold
from hebbcap.memories import Dense
from hebbcap.theory.attractors import OverlapCurve, PhaseDiagram, attractor, overlaps_from
from hebbcap.theory.attractors.lines import GLOBAL_MINIMUM, REPLICA_SYMMETRY, RETRIEVAL, SPIN_GLASS

_STYLES = {
    SPIN_GLASS: ("#009e73", "-", "spin glass line $T_g$"),
    RETRIEVAL: ("#0072b2", "-", "retrieval line $T_M$"),
    GLOBAL_MINIMUM: ("#d55e00", "-", "global minimum line $T_c$"),
    REPLICA_SYMMETRY: ("#555555", ":", "replica symmetry breaks below $T_R$"),
}
_CURVE = 32
_STEPS = 24
_REACHED = 12


def phase_figure(result: PhaseDiagram) -> Figure:
    """Draw the lines in the plane of load and temperature, with what happens between them."""
    figure = Figure(figsize=(7.0, 4.8), layout="constrained")
    axes = figure.add_subplot()
    names = {line.name for line in result.lines}
    recall = result.line(RETRIEVAL)
    right = 1.3 * float(recall.loads.max())
    for line in result.lines:
        colour, style, label = _STYLES[line.name]
        axes.plot(line.loads, line.temperatures, style, color=colour, label=label, lw=1.8)
    axes.fill_betweenx(recall.temperatures, 0, recall.loads, color="#0072b2", alpha=0.08, lw=0)
    top = 1.05 * float(max(line.temperatures.max() for line in result.lines))
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    tip = float(recall.loads.max())
    if GLOBAL_MINIMUM in names:
        best = result.line(GLOBAL_MINIMUM)
        axes.fill_betweenx(best.temperatures, 0, best.loads, color="#d55e00", alpha=0.12, lw=0)
        _write(axes, 0.16 * tip, 0.22, "recall:\nglobal\nminimum")
        _write(axes, 0.62 * tip, 0.18, "recall:\nmetastable")
        _write(axes, 0.75 * tip, 1.0, "spin glass: frozen, nothing recalled")
        _write(axes, 0.3 * tip, 0.97 * top, "paramagnet: everything forgotten", va="top")
    else:
        _write(axes, 0.45 * tip, 0.4 * float(recall.temperatures.max()), "recall")
        _write(axes, 0.85 * tip, 0.9 * float(recall.temperatures.max()), "nothing recalled")
    axes.set_xlabel(_load_label(result.memory))
    axes.set_ylabel("temperature T")
    noise = f", synaptic noise {result.static_noise:.3g}" if result.static_noise else ""
    axes.set_title(f"{result.memory.name}{noise}: phases for D $\\to\\infty$, replica symmetric", fontsize=10)
    axes.grid(alpha=0.2)
    axes.legend(frameon=False, fontsize=9, loc="center right", bbox_to_anchor=(1.0, 0.47))
    return figure


def overlap_figure(result: OverlapCurve, *, threshold: str | float | Threshold | None = None) -> Figure:
    """Draw the overlap against the load: the state of rest, where the dynamics stop, and measured."""
    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    axes = figure.add_subplot()
    edge = result.edge
    last = max([at.load for at in result.points] + [1.15 * edge.load])
    loads = edge.load * (1 - np.linspace(0, 1, _CURVE, endpoint=False)[::-1] ** 2)
    at: dict[str, Any] = {
        "patterns": edge.patterns,
        "temperature": edge.temperature,
        "threshold": threshold,
        "static_noise": edge.static_noise,
    }
    found = [attractor(edge.memory, load=float(a), **at).overlap for a in loads[:-1]] + [edge.overlap]
    axes.plot(loads, found, color="#0072b2", lw=1.8, label=edge.state.partition(";")[0])
    axes.plot([edge.load, edge.load, last], [edge.overlap, 0, 0], color="#0072b2", lw=1, ls="--")
    if any(r is not None for r in result.reached) and isinstance(edge.memory, Dense):
        steps = np.linspace(0.2 * edge.load, last, _REACHED)
        order = edge.memory.separation.order  # type: ignore[attr-defined]
        reached = [float(np.mean(overlaps_from(order, float(a), _STEPS)[-2:])) for a in steps]
        axes.plot(steps, reached, color="#d55e00", lw=1.8, label="metastable: dynamics from the pattern")
    if result.measured:
        middle = np.array([m.overlap for m in result.measured])
        bars = [[m.overlap - m.low for m in result.measured], [m.high - m.overlap for m in result.measured]]
        first = result.measured[0]
        axes.errorbar(
            [m.load for m in result.measured],
            middle,
            yerr=bars,
            fmt="o",
            ms=4,
            color="#111111",
            label=f"metastable: dynamics from the pattern,\nmeasured at D = {first.dim:,}",
            zorder=3,
        )
    axes.annotate(
        f"critical load {edge.load:.4g}",
        (edge.load, 0.5 * edge.overlap),
        xytext=(-6, 0),
        textcoords="offset points",
        ha="right",
        fontsize=9,
        color="#0072b2",
    )
    axes.set_xlim(0, last)
    axes.set_ylim(-0.03, 1.04)
    axes.set_xlabel(_load_label(edge.memory))
    axes.set_ylabel("overlap with the pattern")
    warm = f", T = {edge.temperature:g}" if edge.temperature else ""
    axes.set_title(f"{edge.memory.name}, {edge.patterns} patterns{warm}", fontsize=10)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return figure


def _write(axes: Any, x: float, y: float, text: str, **how: Any) -> None:
    axes.text(x, y, text, ha="center", fontsize=9, color="#222222", **({"va": "center"} | how))


def _load_label(memory: object) -> str:
    if not isinstance(memory, Dense):
        return "load K / D"
    order = getattr(memory.separation, "order", 2)
    half = " / 2" if getattr(memory.separation, "rectified", False) else ""
    return f"load K (2n-3)!!{half} / D$^{{n-1}}$, n = {order}"
