"""What does the phase diagram of a campaign look like?

Every cell by its colour, over the axis that varies beside the number of patterns; on it where the failure
rate is measured to cross the bound, and where the theories say so. Where nothing else varies, the rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hebbcap import _checks
from hebbcap.campaign import Campaign, Line
from hebbcap.campaign.axes import Axis, axes_of, shown
from hebbcap.campaign.diagram import theories
from hebbcap.campaign.result import ASIDE, WAITING
from hebbcap.campaign.tables import COUNTS
from hebbcap.plots.failure_rate import rate_figure
from hebbcap.plots.frame import COLOURS
from hebbcap.plots.phase_panel import (
    DECADES,
    HEIGHTS,
    SHADES,
    PanelFrame,
    cut,
    draw_cells,
    draw_crossings,
    draw_theories,
    finish,
    fit_height,
    framed,
    rate_name,
    title_of_shared,
)

MOST_PANELS: Final = 12

_ORDER = ("dim", "flips", "memory", "patterns", "criterion", "threshold", "update", "seed", "version")
"""Axes in the order in which they are chosen for x: numbers before names, those with more values first."""

_COLUMNS = 4
_DENSE = 2.0
"""Loads that span decades, or are above this, are told as numbers of patterns."""


def campaign_figure(
    result: Campaign, *, x: str | None = None, y: str | None = None, theory: bool = True
) -> Figure:
    """Draw the phase diagram of a campaign; or, where only the number of patterns varies, the failure rate.

    Parameters
    ----------
    result : Campaign
        What is drawn.
    x : str, optional
        The axis to the right: any in which cells differ, such as dim, flips, memory; chosen if left out.
    y : {"load", "n_patterns"}, optional
        How numbers of patterns are told; chosen if left out.
    theory : bool
        Whether to draw the theories' lines.

    Raises
    ------
    InvalidArgument
        If there is nothing to draw, or no such axis.
    """
    lines = result.lines
    if not lines:
        raise _checks.fail("campaign", "this one", "has no cells to draw", "run hebbcap sweep first")
    if y is not None and y not in COUNTS:
        raise _checks.fail("y", y, f"must be {' or '.join(COUNTS)}")
    axes, common = axes_of(lines)
    chosen = _x_axis(axes, x)
    told = y or _told_as(lines)
    if chosen is None:
        return rate_figure(lines[0], told, theory)
    panels = _panels(lines, [axis for axis in axes if axis is not chosen])
    shown_lines = [line for _, group in panels[:MOST_PANELS] for line in group]
    said = theories(shown_lines if theory else ())
    frame = framed(chosen, told, shown_lines)
    answers = dict(zip(map(id, shown_lines), said.answers if theory else (), strict=False))
    figure, places = _places(min(len(panels), MOST_PANELS))
    for place, (title, group) in zip(places, panels, strict=False):
        draw_cells(place, frame, group)
        if theory:
            draw_theories(place, frame, group, [answers[id(line)] for line in group])
        draw_crossings(place, frame, group)
        finish(place, frame, title)
    _around(figure, places, frame, common, lines, len(panels), said.left_out)
    return figure


def _x_axis(axes: Sequence[Axis], x: str | None) -> Axis | None:
    """Return the axis asked for, or the first of those that vary."""
    names = [axis.name for axis in axes]
    if x is not None and x not in names:
        there = f"must be one of {', '.join(names)}" if names else "can't be: all cells differ in K alone"
        raise _checks.fail("x", x, there, "these differ between the cells")
    ranked = sorted(
        axes,
        key=lambda axis: (
            axis.name != x,
            axis.numbers is None,
            -len(axis.values) if axis.numbers else 0,
            _ORDER.index(axis.name),
        ),
    )
    return ranked[0] if ranked else None


def _told_as(lines: Sequence[Line]) -> str:
    loads = [cell.load for line in lines for cell in line.cells]
    return "n_patterns" if max(loads) > DECADES * min(loads) or max(loads) > _DENSE else "load"


def _panels(lines: Sequence[Line], axes: Sequence[Axis]) -> list[tuple[str, list[Line]]]:
    """Return the lines by panel, each with what its lines share and others don't."""
    groups: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        told = line.asked.to_dict()
        groups.setdefault(tuple(axis.values.index(told[axis.name]) for axis in axes), []).append(line)
    titled = []
    for key in sorted(groups):
        parts = [_named(axis, axis.values[at]) for axis, at in zip(axes, key, strict=True)]
        titled.append((", ".join(parts), groups[key]))
    return titled


def _named(axis: Axis, value: Any) -> str:
    if isinstance(value, str):
        return cut(value) if axis.name != "update" else f"{value} update"
    return {"dim": f"D = {shown(value)}", "flips": f"{value:.0%} flipped"}.get(
        axis.name, f"{axis.name} {shown(value)}"
    )


def _places(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, _COLUMNS) if count not in (5, 6, 9) else 3
    rows = -(-count // columns)
    size = (7.0, 4.6) if count == 1 else (1.6 + 2.7 * columns, 1.4 + 2.5 * rows)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for unused in grid.flat[count:]:
        unused.set_visible(False)
    for number in range(count):  # the lowest of each column has the labels of x
        grid.flat[number].xaxis.set_tick_params(labelbottom=number + columns >= count)
    return figure, list(grid.flat[:count])


def _around(
    figure: Figure,
    places: Sequence[Axes],
    frame: PanelFrame,
    common: dict[str, Any],
    lines: Sequence[Line],
    panels: int,
    left_out: int,
) -> None:
    """Write what belongs to all panels: titles, labels, the colour bar and the legend."""
    fit_height(places, frame)
    for place in places:
        place.set_xlabel(frame.x.title if place.xaxis.get_tick_params()["labelbottom"] else "", fontsize=9)
        place.set_ylabel(HEIGHTS[frame.y] if place.yaxis.get_tick_params()["labelleft"] else "", fontsize=9)
    title = title_of_shared(common)
    notes = [f"{MOST_PANELS} of {panels} panels"] if panels > MOST_PANELS else []
    if left_out:
        notes.append(f"theories of {left_out:,} lines left out: they take long")
    figure.suptitle("\n".join([title, *notes]).strip() or "campaign", fontsize=10)
    asked = lines[0].asked.criterion
    label = "failure rate / allowed" if frame.relative else rate_name(asked)
    bar = figure.colorbar(
        ScalarMappable(frame.norm, SHADES), ax=list(places), label=label, pad=0.02, aspect=30
    )
    bar.ax.axhline(1.0 if frame.relative else asked.max_failure, color=COLOURS["published"], lw=2)
    bar.ax.tick_params(labelsize=8)
    entries: dict[str, Any] = {}
    for place in places:
        for handle, name in zip(*place.get_legend_handles_labels(), strict=True):
            if _in_sight(place, handle):
                entries.setdefault(name, handle)
    for name, handle in _states(lines):
        entries[name] = handle
    if entries:
        figure.legend(
            entries.values(), entries.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=8.5
        )


def _in_sight(place: Axes, drawn: Any) -> bool:
    """Whether any of what was drawn lies within the limits; the legend names nothing else."""
    if isinstance(drawn, Line2D):
        heights = np.asarray(drawn.get_ydata(), dtype=np.float64)
    elif isinstance(drawn, LineCollection):
        heights = np.array([np.asarray(segment)[0, 1] for segment in drawn.get_segments()])
    else:
        return True
    low, high = place.get_ylim()
    return bool(((heights >= low) & (heights <= high)).any())


def _states(lines: Sequence[Line]) -> list[tuple[str, Any]]:
    """Return what the legend says of cells without a colour."""
    states = {cell.state for line in lines for cell in line.cells}
    said = []
    if WAITING in states:
        said.append((WAITING, Patch(facecolor="white", edgecolor="#999999", lw=0.6)))
    if ASIDE in states:
        said.append((ASIDE, Patch(facecolor="none", edgecolor="#d55e00", hatch="////", lw=0.6)))
    return said
