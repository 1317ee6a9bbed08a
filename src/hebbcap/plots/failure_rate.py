"""How does the failure rate of a line of cells rise with the number of patterns?"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hebbcap.campaign import Line
from hebbcap.campaign.axes import count_shown
from hebbcap.campaign.diagram import SECONDS, theories
from hebbcap.plots.frame import COLOURS
from hebbcap.plots.phase_panel import HEIGHTS, SMALL, WIDE, rate_name, title_of_shared
from hebbcap.theory import LABELS, failure_curve

_CURVE = 24
"""Points on a theory's curve."""


def rate_figure(line: Line, y: str, theory: bool) -> Figure:
    """Draw the failure rate of one line against the number of patterns."""
    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    place = figure.add_subplot()
    asked, bound = line.asked, line.asked.criterion.max_failure
    unit = asked.dim if y == "load" else 1
    counts = [cell.n_patterns for cell in line.cells]
    log_x, small = max(counts) > WIDE * min(counts), bound < SMALL
    low = min([bound, *(p.rate for p in line.points if p.rate > 0)]) if small else 0.0
    if theory:
        _draw_curves(place, line, unit, low)
    seen = [p for p in line.points if p.rate > 0 or not small]
    if seen:
        bars = [[p.rate - p.low for p in seen], [p.high - p.rate for p in seen]]
        at = [p.n_patterns / unit for p in seen]
        place.errorbar(
            at, [p.rate for p in seen], yerr=bars, fmt="o", ms=4, lw=1, color=COLOURS["measured"],
            label="measured, 95 % interval", zorder=3,
        )  # fmt: skip
    clean = [p for p in line.points if p.rate == 0 and small]
    if clean:
        label = "no failure seen: below this"
        at, high = [p.n_patterns / unit for p in clean], [p.high for p in clean]
        place.plot(at, high, "v", ms=5, mfc="none", color=COLOURS["measured"], label=label)
    found = line.crossing
    if found is not None:
        low_shown, high_shown = count_shown(found.low), count_shown(found.high)
        label = f"crossing: {count_shown(found.median)} [{low_shown}, {high_shown}] patterns"
        place.axvspan(
            found.low / unit, found.high / unit, color=COLOURS["measured"], alpha=0.15, lw=0, label=label
        )
    place.axhline(bound, color=COLOURS["published"], lw=1, ls=":", label=f"allowed: {bound:g}")
    if log_x:
        place.set_xscale("log")
    if small:
        place.set_yscale("log")
        place.set_ylim(max(low / 3, bound / 300), min(3 * max([bound, *(p.high for p in line.points)]), 1.0))
    else:
        place.set_ylim(-0.03, 1.03)
    margin = (max(counts) / min(counts)) ** 0.04 if log_x else 1 + 0.05 * (1 - min(counts) / max(counts))
    place.set_xlim(min(counts) / unit / margin, max(counts) / unit * max(margin, 1.001))
    place.set_xlabel(HEIGHTS[y])
    place.set_ylabel(rate_name(asked.criterion))
    place.set_title(title_of_shared(asked.to_dict()), fontsize=10)
    place.grid(alpha=0.25)
    place.legend(frameon=False, fontsize=9, loc="best")
    return figure


def _draw_curves(place: Axes, line: Line, unit: int, low: float) -> None:
    """Draw the theories' failure rates and capacities, as far as there is time for them."""
    end = time.monotonic() + SECONDS
    first, last = line.cells[0].n_patterns, line.cells[-1].n_patterns
    counts = np.unique(np.round(np.geomspace(max(first, 2), max(last, 2), _CURVE))).astype(int)
    for method, crossing in theories([line]).answers[0]:
        assert line.experiment is not None
        rates = []
        for count in counts:
            late = time.monotonic() > end
            rates.append(math.nan if late else float(failure_curve(method, line.experiment, [int(count)])[0]))
        curve = np.array(rates)
        curve[curve <= low / 100] = np.nan
        dashes = "--" if method == "snr" else "-"
        label = f"{LABELS[method]}: {count_shown(crossing)}"
        style: dict[str, Any] = {"color": COLOURS[method], "ls": dashes}
        inside = first <= crossing <= last
        if np.isfinite(curve).any():
            place.plot(counts / unit, curve, label=label, **style)
            if inside:
                place.axvline(crossing / unit, lw=0.8, alpha=0.5, **style)
        else:
            place.axvline(crossing / unit, lw=1.4, label=label, **style)
