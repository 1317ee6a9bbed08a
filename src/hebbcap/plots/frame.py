"""How is a plot framed, named and written?

Every plot is drawn on a figure of its own, so that nothing of a user's matplotlib session changes, and is
written whole or not at all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hebbcap import _checks
from hebbcap._atomic import check_writable, replacing
from hebbcap.patterns import Data
from hebbcap.question import Experiment

COLOURS = {
    "snr": "#e69f00",
    "exact": "#0072b2",
    "joint": "#cc79a7",
    "correlated": "#cc79a7",
    "propagated": "#0072b2",
    "mean-field": "#56b4e9",
    "published": "#009e73",
    "measured": "#111111",
}
"""One colour a theory in every picture; those that never stand side by side share one."""

FORMATS = (".png", ".svg", ".pdf")


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return the path if a plot can be written there, before any work is done for it.

    Raises
    ------
    InvalidArgument
        If the ending is unknown, or the folder is missing.
    UnwritableFile
        If the folder or the file can't be written to.
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
    check_writable(target)
    return target


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure whole or not at all: a file that was there stays until the new one is complete.

    Raises
    ------
    InvalidArgument, UnwritableFile
        As `check_path`; or the disk is full.
    """
    target = check_path(path)
    with replacing(target) as stream:
        figure.savefig(stream, format=target.suffix[1:].lower(), dpi=150, bbox_inches="tight")


def title_of(asked: Experiment, *, dim: bool = True) -> str:
    """Return the title of a picture of this experiment."""
    name = asked.memory_label
    kind = "" if isinstance(asked.ensemble, Data) else " patterns"
    size = f", D = {asked.dim:,}" if dim else ""
    flips = f", {asked.flips:.0%} flipped" if asked.flips else ""
    return f"{name}, {asked.ensemble.name}{kind}{size}{flips}"


def plain_ticks(axes: Any, first: float, last: float) -> None:
    """Mark round numbers in full: powers of ten alone leave a narrow axis without a label."""
    steps = np.array([1, 2, 5] if last > 12 * first else [1, 1.5, 2, 3, 4, 5, 6, 8])
    ticks = np.unique(np.concatenate([np.round(steps * 10.0**e, 10) for e in range(0, 16)]))
    ticks = ticks[(ticks >= first) & (ticks <= last) & (ticks == np.round(ticks))]
    axes.set_xticks(ticks, [f"{t:,.0f}" for t in ticks])
    axes.set_xticks([], minor=True)
