"""What does a person read of a capacity or an error?"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from hebbcap.estimate import BitError, Capacity
from hebbcap.memories import Memory, Plastic
from hebbcap.patterns import Data
from hebbcap.report.tables import add_theories, heading, measured_cells, plain_table, whole
from hebbcap.theory import LABELS
from hebbcap.theory.correlated.reading import CORRELATED
from hebbcap.theory.correlated.statistics import correlations


def capacity_report(result: Capacity) -> RenderableType:
    """Return the table of a capacity."""
    table = plain_table("patterns", "95 % interval")
    reasons = add_theories(table, result.theory, whole)
    if result.measured is not None:
        m = result.measured
        table.add_row("measured", *measured_cells(m), m.note or f"{m.trials:,} trials")
    parts: list[RenderableType] = [*heading(result.experiment), table, *_bits(result), *reasons]
    if isinstance(result.experiment.memory, Plastic):
        parts.append(
            Text("The weights forget: so many of the latest patterns are held, however many came before.")
        )
    memory = result.experiment.memory
    if isinstance(memory, Memory) and memory.why_not_local:
        parts.append(Text(f"Not local: {memory.why_not_local}."))
    parts += _correlations(result)
    return Group(*parts)


def _bits(result: Capacity) -> list[Text]:
    found = result.information
    if found is None or result.best is None:
        return []
    how = "" if result.best[0] == "measured" else f" ({LABELS[result.best[0]]})"
    text = f"{found.per_neuron:.4g} bits per neuron{how}"
    if found.per_synapse is not None:
        text += f", {found.per_synapse:.3g} per synapse: {found.synapses}"
    return [Text(text + (f"; {found.note}" if found.note else ""), style="dim")]


def _correlations(result: Capacity) -> list[Text]:
    """Say how correlated the patterns are, what that costs, and how far off its prediction was."""
    lines = []
    ensemble = result.experiment.ensemble
    if isinstance(ensemble, Data) and ensemble.levels:
        lines.append(Text(correlations(ensemble).summary))
    if result.independent:
        names = ", ".join(f"{name} {whole(value)}" for name, value in result.independent)
        lines.append(Text(f"By signal to noise, independent patterns of this size would give: {names}."))
    predicted = next((r.value for r in result.theory if r.method == CORRELATED), None)
    m = result.measured
    if predicted is not None and m is not None and m.high is not None:
        off = predicted - m.n_patterns
        inside = "within the measured interval" if m.low <= predicted <= m.high else "outside the interval"
        share = f", {off / m.n_patterns:+.1%}" if m.n_patterns else ""
        lines.append(Text(f"The prediction is off by {off:+,.0f} patterns{share}: {inside}."))
    return lines


def error_report(result: BitError) -> RenderableType:
    """Return the table of a bit error."""
    table = plain_table("bit error", "95 % interval")
    reasons = add_theories(table, result.theory, lambda p: "-" if p is None else f"{p:.6g}")
    if result.measured is not None:
        m = result.measured
        table.add_row(
            "measured",
            f"{m.bit_error:.4g}",
            f"{m.low:.4g} to {m.high:.4g}",
            m.note or f"{m.trials:,} trials",
        )
    return Group(*heading(result.experiment, f"{result.n_patterns:,} patterns"), table, *reasons)
