"""How does the capacity grow with the number of neurons?"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hebbcap.exponent import Scaling
from hebbcap.plots.frame import COLOURS, plain_ticks, title_of
from hebbcap.theory import LABELS, METHODS


def scaling_figure(result: Scaling) -> Figure:
    """Draw the capacity against dim on logarithmic axes, with the exponents."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    # Divided by the nearest whole power of dim, so that what is left can be seen.
    slopes = [s.exponent for m in METHODS if (s := result.theory_slope(m))]
    found = result.measured_slope()
    power = round(slopes[-1] if slopes else found.exponent if found else 0)
    for method in METHODS:
        slope = result.theory_slope(method)
        if slope is not None:
            points = np.array(result.theory[method])
            points[:, 1] /= points[:, 0] ** power
            style = "--" if method == "snr" else "-"
            label = f"{LABELS[method]}: exponent {slope.exponent:.3f}"
            axes.plot(points[:, 0], points[:, 1], style, color=COLOURS[method], label=label)
    pairs = [
        (e.dim, m.crossing) for e, m in zip(result.experiments, result.measured, strict=False) if m.crossing
    ]
    if pairs:
        unit = np.array([float(d) ** power for d, _ in pairs])
        middle = np.array([c.median for _, c in pairs]) / unit
        bars = np.array([[c.median - c.low, c.high - c.median] for _, c in pairs]).T / unit
        label = "measured"
        if found is not None and found.low is not None:
            label = f"measured: {found.exponent:.3f} [{found.low:.3f}, {found.high:.3f}]"
        axes.errorbar(
            [d for d, _ in pairs], middle, yerr=bars, fmt="o", ms=4, color="#111111", label=label, zorder=3
        )
    axes.set_xscale("log")
    plain_ticks(axes, *axes.get_xlim())
    axes.set_xlabel("neurons D")
    axes.set_ylabel({0: "capacity K", 1: "capacity K / D"}.get(power, f"capacity K / D$^{{{power}}}$"))
    first = result.experiments[0]
    axes.set_title(f"{title_of(first, dim=False)}, {first.criterion}", fontsize=10)
    axes.grid(alpha=0.25, which="major")
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure
