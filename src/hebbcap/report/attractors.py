"""What does a person read of attractors and phases?"""

from __future__ import annotations

import math

from rich.console import Group
from rich.text import Text

from hebbcap.learning import hebb
from hebbcap.memories import Dense, Hopfield, Memory
from hebbcap.report.tables import plain_table
from hebbcap.theory.attractors import FIXED_POINT, FROM_PATTERN, OverlapCurve, PhaseDiagram
from hebbcap.theory.attractors.lines import GLOBAL_MINIMUM, LINES, RETRIEVAL, SPIN_GLASS
from hebbcap.theory.attractors.setting import log_patterns_per_load
from hebbcap.theory.attractors.state import UNKNOWN, Attractor

_SHOWN_DIM = 1000
_PICKED = (0.9, 0.6, 0.3, 0.1, 0.0)
_WARM = {RETRIEVAL: "T recall", GLOBAL_MINIMUM: "T best"}
_TEMPERATURES = {
    RETRIEVAL: "T recall: up to this temperature a state points at the pattern.",
    GLOBAL_MINIMUM: "T best: up to this temperature it has the least free energy.",
}


def overlap_report(result: OverlapCurve) -> Group:
    """Lay out the overlap against the load, the critical load and temperatures, and which state each is."""
    edge = result.edge
    title = f"{_name(edge.memory)}, {edge.patterns} patterns, D -> infinity"
    if edge.temperature:
        title += f", temperature {edge.temperature:g}"
    lines = [Text(title, style="bold"), Text(_unit(edge.memory), style="dim")]
    if edge.static_noise:
        lines.append(
            Text(f"noise of the synapses {edge.static_noise:.4g} of the crosstalk variance", style="dim")
        )
    if edge.threshold:
        lines.append(
            Text(
                f"threshold {edge.threshold:.4g}; recalled neurons feel their entry less M",
                style="dim",
            )
        )
    if edge.load:
        lines.append(
            Text(
                f"critical load {edge.load:.6g}: there the overlap is {edge.overlap:.4f}, and beyond no "
                f"state points at a pattern (K = {edge.n_patterns(_SHOWN_DIM):,} at D = {_SHOWN_DIM:,})"
            )
        )
    else:
        lines.append(Text("no load is held: no state points at a pattern"))
    columns = ["overlap", "wrong bits"]
    reached = any(r is not None for r in result.reached)
    if reached:
        columns.append("from the pattern")
    if result.measured:
        columns.append(f"measured, D = {result.measured[0].dim:,}")
    warm = [name for name in (RETRIEVAL, GLOBAL_MINIMUM) if any(name in t for t in result.temperatures)]
    columns += [_WARM[name] for name in warm]
    table = plain_table(*columns, first="load")
    for number, at in enumerate(result.points):
        row = [f"{at.load:.4g}", f"{at.overlap:.4f}" if at.exists else "-", _share(at)]
        if reached:
            value = result.reached[number]
            row.append("-" if value is None else f"{value:.3f}")
        if result.measured:
            found = result.measured[number]
            row.append(f"{found.overlap:.4f} +- {0.5 * (found.high - found.low):.4f}")
        row += [_temperature(result.temperatures[number], name) for name in warm]
        table.add_row(*row, _standing(at))
    notes = [f"overlap: {edge.state}."]
    if edge.state == FIXED_POINT:
        notes.append(
            "The rule's post and pre parts act differently on each pattern: this is the median pattern."
        )
    if reached:
        notes.append(f"from the pattern: {FROM_PATTERN}, theory for D -> infinity.")
    if result.measured:
        notes.append(f"measured: {result.measured[0].state}, half of the 95 % interval over the networks.")
    notes += [_TEMPERATURES[name] for name in warm]
    return Group(*lines, Text(""), table, Text(""), *(Text(note, style="dim") for note in notes))


def phase_report(result: PhaseDiagram) -> Group:
    """Lay out at which load each line lies at a few temperatures."""
    names = [line.name for line in result.lines if line.name in (RETRIEVAL, GLOBAL_MINIMUM)]
    lines = [
        Text(f"{_name(result.memory)}, rademacher patterns, D -> infinity, replica symmetric", style="bold"),
        Text(_unit(result.memory), style="dim"),
    ]
    table = plain_table(*(f"{name}, load up to" for name in names), first="temperature")
    recall = result.line(RETRIEVAL).temperatures
    for t in sorted({float(recall[abs(recall - t).argmin()]) for t in _PICKED}, reverse=True):
        row = []
        for name in names:
            line = result.line(name)
            at = line.loads[line.temperatures == t]
            row.append(f"{at[0]:.4g}" if len(at) else "-")
        table.add_row(f"{t:.3g}", *row, "")
    notes = [Text(f"{line.name}: {LINES[line.name]}.", style="dim") for line in result.lines]
    glass = [line for line in result.lines if line.name == SPIN_GLASS]
    if glass and not result.static_noise:
        notes[0] = Text(f"{SPIN_GLASS}: {LINES[SPIN_GLASS]}; T = 1 + sqrt(load).", style="dim")
    return Group(*lines, Text(""), table, Text(""), *notes)


def _name(memory: Memory) -> str:
    if isinstance(memory, Hopfield) and memory.rule != hebb():
        return f"hopfield:{memory.rule.name or memory.rule.formula}"
    return memory.name


def _unit(memory: Memory) -> str:
    if not isinstance(memory, Dense):
        return "load is patterns per neuron, K / D"
    order = getattr(memory.separation, "order", 2)
    factor = math.exp(-log_patterns_per_load(memory, 0.0))
    return f"load is {factor:g} K / D^{order - 1}"


def _share(at: Attractor) -> str:
    return f"{at.bit_error:.3g}" if at.exists else "-"


def _temperature(found: dict[str, float], name: str) -> str:
    return f"{found[name]:.3f}" if found.get(name) else "-"


def _standing(at: Attractor) -> str:
    if not at.exists:
        return "nothing recalled"
    return "" if at.standing == UNKNOWN else at.standing.partition(":")[0]
