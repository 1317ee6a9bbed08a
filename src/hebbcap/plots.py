"""What does a result look like?

Every plot is drawn on a figure of its own, so that nothing of a user's matplotlib session changes, and is
written whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.estimate import BitError, Capacity
from hebbcap.exponent import Scaling
from hebbcap.patterns import Data
from hebbcap.question import Experiment
from hebbcap.theory import METHODS, NoTheory, failure

if TYPE_CHECKING:
    from hebbcap.gallery import Gallery

Floats = NDArray[np.float64]

_COLOURS = {"snr": "#e69f00", "exact": "#0072b2", "measured": "#111111"}
_LABELS = {"snr": "signal to noise", "exact": "exact law", "measured": "measured"}
_BAND = 8
FORMATS = (".png", ".svg", ".pdf")


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return the path if a plot can be written there, before any work is done for it.

    Raises
    ------
    InvalidArgument
        If the ending is unknown, or the folder is missing or can't be written to.
    """
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise _checks.fail(
            "plot", str(path), f"must end in {', '.join(FORMATS)}", "the ending chooses the format"
        )
    if not target.parent.is_dir():
        raise _checks.fail(
            "plot", str(path), "must lie in a folder that exists", f"make {target.parent} first"
        )
    if target.is_dir():
        raise _checks.fail("plot", str(path), "must be a file, and is a folder")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            target.exists()  # names can be too long even for a question
    except OSError as error:
        raise _cannot_write(path, error) from None
    return target


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure whole or not at all: a file that was there stays until the new one is complete."""
    target = check_path(path)
    try:
        handle, scratch = tempfile.mkstemp(suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from None
    os.close(handle)
    try:
        figure.savefig(scratch, dpi=150, bbox_inches="tight")
        os.chmod(scratch, 0o644)
        os.replace(scratch, target)
    except OSError as error:
        os.unlink(scratch)
        raise _cannot_write(path, error) from None
    except BaseException:
        os.unlink(scratch)
        raise


def _cannot_write(path: str | os.PathLike[str], error: OSError) -> _checks.InvalidArgument:
    return _checks.fail("plot", str(path), f"can't be written: {error.strerror}", "choose another file")


def capacity_figure(result: Capacity) -> Figure:
    """Draw failures against K: the theories, the measured points with intervals, the capacities marked."""
    asked, bound = result.experiment, result.experiment.criterion.max_failure
    measured = result.measured
    found = [r.value for r in result.theory if r.value] + ([measured.n_patterns] if measured else [])
    centre = float(np.median(found)) if found else 1.0
    figure, axes, counts = _against_count(
        centre, f"{_title(asked)}, {asked.criterion}", _failure_label(asked)
    )
    first, last = axes.get_xlim()
    for reading in result.theory:
        if reading.value is not None:
            colour, label = _COLOURS[reading.method], f"{_LABELS[reading.method]}: {int(reading.value):,}"
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
            color=_COLOURS["measured"],
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
                color=_COLOURS["measured"],
                label="no failure seen: below this",
            )
        if measured.high is not None:
            axes.axvspan(
                measured.low - 0.5,
                measured.high + 0.5,
                color=_COLOURS["measured"],
                alpha=0.12,
                lw=0,
                label="measured 95 % interval",
            )
        else:
            axes.axvline(measured.n_patterns, color=_COLOURS["measured"], lw=0.8)
    axes.axhline(bound, color="#009e73", lw=1, ls=":", label=f"allowed: {bound:g}")
    rates = [p.rate for p in (measured.points if measured else ()) if p.rate > 0 and p.n_patterns >= first]
    low = max(min([bound / 5, *rates]), bound / 300)
    axes.set_ylim(low / 2, min(max(bound * 20, 0.02), 1.0))
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def error_figure(result: BitError) -> Figure:
    """Draw the bit error against K: the theories, and the measured point with its interval."""
    asked, centre = result.experiment, result.n_patterns
    figure, axes, counts = _against_count(centre, _title(asked), "share of wrong bits")
    for reading in result.theory:
        if reading.value is not None:
            style = "--" if reading.method == "snr" else "-"
            label = f"{_LABELS[reading.method]}: {reading.value:.4g}"
            curve = _curve(reading.method, asked, counts)
            axes.plot(counts, curve, style, color=_COLOURS[reading.method], label=label)
    m = result.measured
    if m is not None and m.bit_error > 0:
        bars = [[m.bit_error - m.low], [m.high - m.bit_error]]
        label = f"measured: {m.bit_error:.4g} [{m.low:.4g}, {m.high:.4g}]"
        axes.errorbar([centre], [m.bit_error], yerr=bars, fmt="o", color=_COLOURS["measured"], label=label)
    elif m is not None:
        label = f"no wrong bit seen: below {m.high:.2g}"
        axes.plot([centre], [m.high], "v", mfc="none", color=_COLOURS["measured"], label=label)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


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
            label = f"{_LABELS[method]}: exponent {slope.exponent:.3f}"
            axes.plot(points[:, 0], points[:, 1], style, color=_COLOURS[method], label=label)
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
    _plain_ticks(axes, *axes.get_xlim())
    axes.set_xlabel("neurons D")
    axes.set_ylabel({0: "capacity K", 1: "capacity K / D"}.get(power, f"capacity K / D$^{{{power}}}$"))
    first = result.experiments[0]
    axes.set_title(f"{_title(first, dim=False)}, {first.criterion}", fontsize=10)
    axes.grid(alpha=0.25, which="major")
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def recall_figure(gallery: Gallery) -> Figure:
    """Draw truth, cue and what came back, one column a pattern, eight to a band."""
    rows = (("truth", gallery.truth), ("cue", gallery.cues), ("recalled", gallery.states))
    count = len(gallery.truth)
    wide = min(count, _BAND)
    bands = -(-count // wide)
    height, width = gallery.image_shape
    size = (1.2 * wide + 0.9, bands * (1.25 * 3 * min(max(height / width, 0.5), 2.0) + 0.4) + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    low, high = gallery.levels
    for cue in range(count):
        band, column = divmod(cue, wide)
        for row, (name, states) in enumerate(rows):
            axes = figure.add_subplot(3 * bands, wide, (3 * band + row) * wide + column + 1)
            picture = np.full(height * width, np.nan)
            picture[: states.shape[1]] = states[cue]
            axes.imshow(
                picture.reshape(height, width), cmap="gray", vmin=low, vmax=high, interpolation="nearest"
            )
            axes.set_facecolor("#c9d6e2")  # places that no neuron fills
            axes.set_xticks([])
            axes.set_yticks([])
            if column == 0:
                axes.set_ylabel(name)
            if row == 2:
                axes.set_xlabel(f"overlap {gallery.overlaps[cue]:.2f}", fontsize=8)
    figure.suptitle(gallery.title, fontsize=10)
    return figure


def _against_count(centre: float, title: str, failure_name: str) -> tuple[Figure, Axes, Floats]:
    """Return a figure of failures against K around `centre`, and the K at which to draw a theory."""
    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    axes = figure.add_subplot()
    first, last = max(0.45 * centre, 0.9), max(1.9 * centre, centre + 3.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(first, last)
    _plain_ticks(axes, first, last)
    axes.set_xlabel("stored patterns K")
    axes.set_ylabel(failure_name)
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.25, which="major")
    return figure, axes, np.unique(np.round(np.geomspace(max(first, 2), last, 28)))


def _curve(method: str, asked: Experiment, counts: Any) -> Any:
    values = []
    for k in counts:
        try:
            values.append(failure(method, asked, int(k)))
        except NoTheory:
            values.append(np.nan)
    shown = np.array(values)
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


def _title(asked: Experiment, *, dim: bool = True) -> str:
    name = getattr(asked.memory, "name", type(asked.memory).__name__)
    kind = "" if isinstance(asked.ensemble, Data) else " patterns"
    size = f", D = {asked.dim:,}" if dim else ""
    flips = f", {asked.flips:.0%} flipped" if asked.flips else ""
    return f"{name}, {asked.ensemble.name}{kind}{size}{flips}"


def _plain_ticks(axes: Any, first: float, last: float) -> None:
    """Mark round numbers in full: powers of ten alone leave a narrow axis without a label."""
    steps = np.array([1, 2, 5] if last > 12 * first else [1, 1.5, 2, 3, 4, 5, 6, 8])
    ticks = np.unique(np.concatenate([np.round(steps * 10.0**e, 10) for e in range(0, 16)]))
    ticks = ticks[(ticks >= first) & (ticks <= last) & (ticks == np.round(ticks))]
    axes.set_xticks(ticks, [f"{t:,.0f}" for t in ticks])
    axes.set_xticks([], minor=True)
