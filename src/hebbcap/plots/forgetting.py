"""What does forgetting look like? The trace and the bit error by age, theory as lines, measured as points."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hebbcap.criteria import BIT_ERROR
from hebbcap.memory_trace import Forgetting
from hebbcap.plots.frame import COLOURS, title_of

_THEORY = COLOURS["exact"]
_MEASURED = COLOURS["measured"]
_BOUND = "#009e73"


def forgetting_figure(result: Forgetting) -> Figure:
    """Draw signal and noise by age above, the bit error by age below, with the lifetimes."""
    figure = Figure(figsize=(7.0, 6.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    _draw_trace(above, result)
    _draw_error(below, result)
    above.set_title(f"{title_of(result.experiment)}, {result.experiment.criterion}", fontsize=10)
    below.set_xlabel("age: patterns presented since")
    return figure


def _draw_trace(axes: Axes, result: Forgetting) -> None:
    theory, trace = result.theory, result.trace
    if theory is not None:
        axes.plot(result.ages, theory.signal, "-", color=_THEORY, label="signal, theory")
        axes.plot(result.ages, theory.noise, "--", color=COLOURS["snr"], label="noise, theory")
    if trace is not None:
        bars = np.array([trace.signal - trace.signal_low, trace.signal_high - trace.signal])
        axes.errorbar(
            trace.ages,
            trace.signal,
            yerr=bars,
            fmt="o",
            ms=3,
            lw=1,
            color=_MEASURED,
            label="signal, measured",
            zorder=3,
        )
        axes.plot(trace.ages, trace.noise, "x", ms=4, color=_MEASURED, label="noise, measured")
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set_ylabel("field")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)


def _draw_error(axes: Axes, result: Forgetting) -> None:
    criterion, theory, trace = result.experiment.criterion, result.theory, result.trace
    lowest = criterion.level / 100 if criterion.kind == BIT_ERROR else 1e-5
    if theory is not None:
        shown = np.where(theory.bit_error > 0, theory.bit_error, np.nan)
        axes.plot(result.ages, shown, "-", color=_THEORY, label="theory")
    if trace is not None:
        seen = trace.bit_error > 0
        ages, rate = np.array(trace.ages)[seen], trace.bit_error[seen]
        bars = np.array([rate - trace.error_low[seen], trace.error_high[seen] - rate])
        axes.errorbar(ages, rate, yerr=bars, fmt="o", ms=3, lw=1, color=_MEASURED, label="measured", zorder=3)
    if criterion.kind == BIT_ERROR:
        axes.axhline(criterion.level, color=_BOUND, lw=1, ls=":", label=f"allowed: {criterion.level:g}")
    reading = result.readings[-1]
    if reading.value is not None:
        label = f"lifetime, theory: {int(reading.value):,}"
        axes.axvline(reading.value - 0.5, color=_THEORY, lw=0.8, alpha=0.6, label=label)
    m = result.measured
    if m is not None and m.high is not None:
        label = f"lifetime, measured: {m.n_patterns:,} [{m.low:,}, {m.high:,}]"
        axes.axvspan(m.low - 1, m.high, color=_MEASURED, alpha=0.12, lw=0, label=label)
    axes.set_yscale("log")
    axes.set_ylim(lowest, 1.0)
    axes.set_ylabel("share of wrong bits")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
