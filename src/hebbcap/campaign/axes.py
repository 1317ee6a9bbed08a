"""Along which axes do the lines of a campaign differ, and what do they share?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

from hebbcap.campaign.asked import NAMES

if TYPE_CHECKING:
    from hebbcap.campaign.result import Line

TITLES: Final = {
    "memory": "memory",
    "patterns": "patterns",
    "dim": "neurons D",
    "criterion": "criterion",
    "flips": "share of flipped bits",
    "threshold": "threshold",
    "update": "update",
    "seed": "seed",
    "version": "version",
}
"""What a picture writes beside an axis."""

_FAMILY = re.compile(r"([a-z-]+):(-?[0-9.]+(?:e[+-]?[0-9]+)?)")
_DECIDED = ("version", "threshold", "update", "seed")
_SMALL = 100


@final
@dataclass(frozen=True)
class Axis:
    """Something in which lines differ.

    Attributes
    ----------
    name : str
        What differs: memory, patterns, dim, criterion, flips, threshold, update, seed or version.
    values : tuple
        The different values, numbers in rising order, texts as they come.
    numbers : tuple of float or None
        Where they lie on a scale; None where they are names.
    title : str
        The axis in words.
    """

    name: str
    values: tuple[Any, ...]
    numbers: tuple[float, ...] | None
    title: str


def axes_of(lines: Sequence[Line]) -> tuple[tuple[Axis, ...], dict[str, Any]]:
    """Return the axes along which lines differ, and what all of them share.

    Examples
    --------
    >>> from hebbcap.campaign import sweep
    >>> found = sweep({"memory": ["dense:3", "dense:2"], "dim": 20, "n_patterns": 3})
    >>> (axis,), common = axes_of(found.lines)
    >>> axis
    Axis(name='memory', values=('dense:2', 'dense:3'), numbers=(2.0, 3.0), title='n of dense:n')
    >>> common["dim"]
    20
    """
    told = [line.asked.to_dict() for line in lines]
    axes, common = [], {}
    for name in _telling(told):
        values = tuple(dict.fromkeys(row[name] for row in told))
        if len(values) == 1:
            common[name] = values[0]
        elif values:
            axes.append(_axis(name, values))
    return tuple(axes), common


def _telling(told: Sequence[dict[str, Any]]) -> list[str]:
    """Leave out what the others decide: such as a threshold that comes with the memory."""
    names = list(NAMES)
    distinct = len({tuple(row.values()) for row in told})
    for name in _DECIDED:
        others = [other for other in names if other != name]
        varies = len({row[name] for row in told}) > 1
        if varies and len({tuple(row[other] for other in others) for row in told}) == distinct:
            names = others
    return names


def _axis(name: str, values: tuple[Any, ...]) -> Axis:
    if not isinstance(values[0], str):
        values = tuple(sorted(values))
        return Axis(name, values, None if name == "seed" else tuple(map(float, values)), TITLES[name])
    parts = [_FAMILY.fullmatch(value) for value in values]
    families = {part[1] for part in parts if part is not None}
    if None in parts or len(families) != 1:
        return Axis(name, values, None, TITLES[name])
    numbered = sorted((float(part[2]), value) for part, value in zip(parts, values, strict=True) if part)
    (family,) = families
    letter = "n" if family in ("dense", "rectified", "two-layer") else "x"
    ordered = tuple(value for _, value in numbered)
    return Axis(name, ordered, tuple(number for number, _ in numbered), f"{letter} of {family}:{letter}")


def summary(lines: Sequence[Line]) -> tuple[str, list[str], list[list[str]]]:
    """Return what lines share, and a table of texts: what differs, and where each crosses."""
    axes, common = axes_of(lines)
    names = [axis.name for axis in axes]
    shared = ", ".join(text for text in (said_once(common), str(common.get("criterion", ""))) if text)
    head = [*names, "crossing K", "95 % interval", "load K / D", "cells", "trials"]
    rows = []
    for line in lines:
        told = line.asked.to_dict()
        trials = sum(cell.trials for cell in line.cells)
        rows.append(
            [*(shown(told[name]) for name in names), *where(line), cells_shown(line), f"{trials:,}"]
        )  # fmt: skip
    return shared, head, rows


def said_once(common: dict[str, Any]) -> str:
    """Return what all lines share, but for the criterion, in words."""
    parts = [str(common["memory"])] if "memory" in common else []
    if "patterns" in common:
        parts.append(f"{common['patterns']} patterns")
    if "dim" in common:
        parts.append(f"dim {common['dim']:,}")
    if common.get("flips"):
        parts.append(f"{common['flips']:.3g} of the cue's bits flipped")
    return ", ".join(parts)


def where(line: Line) -> tuple[str, str, str]:
    """Return the crossing of a line, its interval, and the load there, as texts."""
    found, bounds = line.crossing, line.bounds
    if found is not None:
        interval = f"{count_shown(found.low)} to {count_shown(found.high)}"
        return count_shown(found.median), interval, f"{found.median / line.asked.dim:.3g}"
    if bounds is None:
        return "-", "", "-"
    held, failing = bounds
    sign, at = (">", held) if failing is None else ("<", failing)
    return f"{sign} {at:,}", "", f"{sign} {at / line.asked.dim:.3g}"


def cells_shown(line: Line) -> str:
    """Return how many of the cells of a line are measured."""
    from hebbcap.campaign.result import OVER

    done = line.count(OVER)
    return f"{done:,}" if done == len(line.cells) else f"{done:,} of {len(line.cells):,}"


def count_shown(value: float) -> str:
    """Return a real number of patterns: with a decimal where it is small."""
    return f"{value:,.1f}" if value < _SMALL else f"{value:,.0f}"


def shown(value: Any) -> str:
    """Return a value of an axis."""
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"
