"""How far may a cue be from its pattern, drawn against the load?"""

from __future__ import annotations

from matplotlib.figure import Figure

from hebbcap.basin_of_attraction import Basin
from hebbcap.plots.frame import COLOURS, title_of

_STYLES = {
    "one-step": ("one step, exact", "#0072b2", "-"),
    "naive": ("naive recursion", "#999999", ":"),
    "amari-maginu": ("Amari-Maginu", "#e69f00", "--"),
    "mean-field": ("mean field", "#009e73", "-"),
}


def basin_figure(result: Basin) -> Figure:
    """Draw the radii against the load: the theories, and the measured ones with their intervals."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for method, (label, colour, style) in _STYLES.items():
        points = [(r.load, value) for r in result.radii if (value := r.reading(method)) is not None]
        if points:
            loads, radii = zip(*points, strict=True)
            axes.plot(loads, radii, style, color=colour, label=label, marker=".", ms=4)
    found = [
        (r.load, m.radius, m.radius - m.low, m.high - m.radius)
        for r in result.radii
        if (m := r.measured) and m.radius is not None and m.low is not None and m.high is not None
    ]
    if found:
        loads, middle, below, above = zip(*found, strict=True)
        axes.errorbar(
            loads,
            middle,
            yerr=[below, above],
            fmt="o",
            ms=4,
            color=COLOURS["measured"],
            label="measured",
            zorder=3,
        )
    lost = [r.load for r in result.radii if r.measured and r.measured.radius is None]
    if lost:
        label = "not even intact cues are kept"
        axes.plot(lost, [0.0] * len(lost), "x", color=COLOURS["measured"], label=label, clip_on=False)
    axes.set_ylim(0, 0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("load K / D")
    axes.set_ylabel("share of flipped bits")
    axes.set_title(f"{title_of(result.experiment)}, {result.experiment.criterion}", fontsize=10)
    axes.grid(alpha=0.25, which="major")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9, loc="lower left")
    return figure
