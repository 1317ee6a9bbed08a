"""How do failures grow with the number of patterns, by each theory and measured?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hebbcap.estimate import BitError, Capacity
from hebbcap.plots.frame import COLOURS, plain_ticks, title_of
from hebbcap.question import Experiment
from hebbcap.theory import LABELS, failure_curve

Floats = NDArray[np.float64]


def capacity_figure(result: Capacity) -> Figure:
    """Draw failures against K: the theories, the measured points with intervals, the capacities marked."""
    asked, bound = result.experiment, result.experiment.criterion.max_failure
    measured = result.measured
    found = [r.value for r in result.theory if r.value] + ([measured.n_patterns] if measured else [])
    centre = float(np.median(found)) if found else 1.0
    figure, axes, counts = _against_count(
        centre, f"{title_of(asked)}, {asked.criterion}", _failure_label(asked)
    )
    first, last = axes.get_xlim()
    for reading in result.theory:
        if reading.value is not None:
            colour, label = COLOURS[reading.method], f"{LABELS[reading.method]}: {int(reading.value):,}"
            style = "--" if reading.method == "snr" else "-"
            axes.plot(counts, _curve(reading.method, asked, counts), style, color=colour, label=label)
            axes.axvline(reading.value, color=colour, ls=style, lw=0.8, alpha=0.5)
    if measured is not None:
        seen = [p for p in measured.points if first * 0.999 <= p.n_patterns <= last and p.rate > 0]
        axes.errorbar(
            [p.n_patterns for p in seen],
            [p.rate for p in seen],
            yerr=[[p.rate - p.low for p in seen], [p.high - p.rate for p in seen]],
            fmt="o",
            ms=3,
            lw=1,
            color=COLOURS["measured"],
            label=_measured_label(result),
            zorder=3,
        )
        clean = [p for p in measured.points if first * 0.999 <= p.n_patterns <= last and p.rate == 0]
        if clean:
            axes.plot(
                [p.n_patterns for p in clean],
                [p.high for p in clean],
                "v",
                ms=5,
                mfc="none",
                color=COLOURS["measured"],
                label="no failure seen: below this",
            )
        if measured.high is not None:
            axes.axvspan(
                measured.low - 0.5,
                measured.high + 0.5,
                color=COLOURS["measured"],
                alpha=0.12,
                lw=0,
                label="measured 95 % interval",
            )
        else:
            axes.axvline(measured.n_patterns, color=COLOURS["measured"], lw=0.8)
    axes.axhline(bound, color="#009e73", lw=1, ls=":", label=f"allowed: {bound:g}")
    rates = [p.rate for p in (measured.points if measured else ()) if p.rate > 0 and p.n_patterns >= first]
    low = max(min([bound / 5, *rates]), bound / 300)
    axes.set_ylim(low / 2, min(max(bound * 20, 0.02), 1.0))
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def error_figure(result: BitError) -> Figure:
    """Draw the bit error against K: the theories, and the measured point with its interval."""
    asked, centre = result.experiment, result.n_patterns
    figure, axes, counts = _against_count(centre, title_of(asked), "share of wrong bits")
    for reading in result.theory:
        if reading.value is not None:
            style = "--" if reading.method == "snr" else "-"
            label = f"{LABELS[reading.method]}: {reading.value:.4g}"
            curve = _curve(reading.method, asked, counts)
            axes.plot(counts, curve, style, color=COLOURS[reading.method], label=label)
    m = result.measured
    if m is not None and m.bit_error > 0:
        bars = [[m.bit_error - m.low], [m.high - m.bit_error]]
        label = f"measured: {m.bit_error:.4g} [{m.low:.4g}, {m.high:.4g}]"
        axes.errorbar([centre], [m.bit_error], yerr=bars, fmt="o", color=COLOURS["measured"], label=label)
    elif m is not None:
        label = f"no wrong bit seen: below {m.high:.2g}"
        axes.plot([centre], [m.high], "v", mfc="none", color=COLOURS["measured"], label=label)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def _against_count(centre: float, title: str, failure_name: str) -> tuple[Figure, Axes, Floats]:
    """Return a figure of failures against K around `centre`, and the K at which to draw a theory."""
    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    axes = figure.add_subplot()
    first, last = max(0.45 * centre, 0.9), max(1.9 * centre, centre + 3.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(first, last)
    plain_ticks(axes, first, last)
    axes.set_xlabel("stored patterns K")
    axes.set_ylabel(failure_name)
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.25, which="major")
    return figure, axes, np.unique(np.round(np.geomspace(max(first, 2), last, 28)))


def _curve(method: str, asked: Experiment, counts: Floats) -> Floats:
    shown = failure_curve(method, asked, [int(k) for k in counts])
    shown[shown <= 0] = np.nan
    return shown


def _measured_label(result: Capacity) -> str:
    m = result.measured
    assert m is not None
    return (
        f"measured: at least {m.n_patterns:,}"
        if m.high is None
        else f"measured: {m.n_patterns:,} [{m.low:,}, {m.high:,}]"
    )


def _failure_label(asked: Experiment) -> str:
    return {
        "bit-error": "share of wrong bits",
        "pattern-error": "share of patterns with a wrong bit",
        "all-patterns": "chance of any wrong bit at all",
        "overlap": f"share recalled below overlap {asked.criterion.level:g}",
    }[asked.criterion.kind]
