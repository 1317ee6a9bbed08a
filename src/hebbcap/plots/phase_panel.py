"""How is a panel of a phase diagram drawn: its cells, the measured crossings and the theories' lines?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from hebbcap.campaign import Line
from hebbcap.campaign.axes import Axis, shown
from hebbcap.campaign.diagram import Answer
from hebbcap.campaign.result import ASIDE
from hebbcap.criteria import BIT_ERROR, OVERLAP, Criterion
from hebbcap.plots.frame import COLOURS
from hebbcap.theory import LABELS

HEIGHTS: Final = {"load": "load K / D", "n_patterns": "stored patterns K"}
"""What is written beside y."""

SHADES: Final = LinearSegmentedColormap.from_list(
    "failing", ["#e6eef5", "#c3d3e0", "#8fa3b5", "#566577", "#2b3440"]
)

WIDE: Final = 6.0
"""Ratio of largest to smallest from which numbers on x lie on a logarithmic axis."""

DECADES: Final = 20.0
"""The same for loads and numbers of patterns."""

SMALL: Final = 0.2
"""A bound below this is small: rates are then told apart by their ratio."""

_SPAN = 30.0
"""Rates so many times above and below a small bound have the darkest and the lightest shade."""

_STROKE = 0.4
"""Half of the length of a theory's stroke at a name."""

_MANY = 5000
_MOST_TICKS, _CLOSEST = 10, 0.06
_LONGEST = 28
_CASED = [Stroke(linewidth=3.6, foreground="white"), Normal()]


@dataclass(frozen=True)
class PanelFrame:
    """How all panels of a picture are laid out: x, its places, y, and the colours."""

    x: Axis
    y: str
    log_x: bool
    log_y: bool
    norm: Normalize
    relative: bool

    def place(self, line: Line) -> float:
        """Return where a line stands on x."""
        value = self.x.values.index(line.asked.to_dict()[self.x.name])
        return float(value) if self.x.numbers is None else self.x.numbers[value]

    def height(self, n_patterns: float, line: Line) -> float:
        """Return a number of patterns as y tells it."""
        return n_patterns / line.asked.dim if self.y == "load" else n_patterns


def framed(x: Axis, y: str, lines: Sequence[Line]) -> PanelFrame:
    """Return how panels of these lines are laid out."""
    heights = [cell.load if y == "load" else cell.n_patterns for line in lines for cell in line.cells]
    log_x = x.numbers is not None and min(x.numbers) > 0 and max(x.numbers) > WIDE * min(x.numbers)
    bounds = {line.asked.criterion.max_failure for line in lines}
    relative = len(bounds) > 1
    bound = 1.0 if relative else next(iter(bounds))
    small = relative or bound < SMALL
    top = bound * _SPAN if relative else min(bound * _SPAN, 1.0)
    norm = LogNorm(bound / _SPAN, top, clip=True) if small else Normalize(0, 1)
    return PanelFrame(x, y, log_x, max(heights) > DECADES * min(heights), norm, relative)


def draw_cells(place: Axes, frame: PanelFrame, lines: Sequence[Line]) -> None:
    """Draw every cell by its colour; those that wait blank, those set aside hatched."""
    edges = _edges(frame.x.numbers or tuple(range(len(frame.x.values))), frame.log_x)
    order = sorted(frame.x.numbers or tuple(map(float, range(len(frame.x.values)))))
    boxes: dict[str, list[Any]] = {"seen": [], "waiting": [], "aside": []}
    rates = []
    for line in lines:
        column = order.index(frame.place(line))
        left, right = edges[column], edges[column + 1]
        heights = _edges([frame.height(cell.n_patterns, line) for cell in line.cells], frame.log_y)
        for cell, low, high in zip(line.cells, heights, heights[1:], strict=False):
            box = [(left, low), (right, low), (right, high), (left, high)]
            if cell.point is not None:
                boxes["seen"].append(box)
                rates.append(cell.point.rate / (line.asked.criterion.max_failure if frame.relative else 1.0))
            else:
                boxes["waiting"].append(box)
            if cell.state == ASIDE:
                boxes["aside"].append(box)
    place.add_collection(PolyCollection(boxes["waiting"], facecolors="none", edgecolors="#dddddd", lw=0.4))
    place.add_collection(
        PolyCollection(
            boxes["seen"], array=np.array(rates), cmap=SHADES, norm=frame.norm, edgecolors="face", lw=0.2,
            rasterized=len(rates) > _MANY,
        )
    )  # fmt: skip
    place.add_collection(
        PolyCollection(boxes["aside"], facecolors="none", edgecolors="#d55e00", hatch="////", lw=0.5)
    )
    place.set_xlim(edges[0], edges[-1])


def _edges(values: Sequence[float], log: bool) -> NDArray[np.float64]:
    """Return the edges of cells around rising values: halfway between neighbours."""
    at = np.log(np.sort(values)) if log else np.sort(np.asarray(values, dtype=np.float64))
    if len(at) == 1:
        step = 0.1 if log else (0.5 if float(at[0]).is_integer() else 0.05 * float(at[0]))
        inner = np.array([])
        first, last = at[0] - step, at[0] + step
    else:
        inner = 0.5 * (at[1:] + at[:-1])
        first, last = at[0] - (inner[0] - at[0]), at[-1] + (at[-1] - inner[-1])
    edges: NDArray[np.float64] = np.concatenate([[first], inner, [last]])
    return np.exp(edges) if log else edges


def draw_crossings(place: Axes, frame: PanelFrame, lines: Sequence[Line]) -> None:
    """Draw where the failure rates are measured to cross the bound, with intervals."""
    found = [(frame.place(line), line, line.crossing) for line in lines]
    seen = [(at, *(frame.height(k, line) for k in (c.median, c.low, c.high))) for at, line, c in found if c]
    if not seen:
        return
    at, middle, low, high = np.array(seen).T
    bars = np.abs([middle - low, high - middle])
    style: dict[str, Any] = {
        "fmt": "o",
        "ms": 5,
        "lw": 1.4,
        "capsize": 2.5,
        "mec": "white",
        "mew": 0.7,
        "zorder": 5,
    }
    artists = place.errorbar(
        at, middle, yerr=bars, color=COLOURS["measured"], label="measured, 95 % interval", **style
    )
    for bar in (*artists[1], *artists[2]):
        bar.set_path_effects([Stroke(linewidth=2.8, foreground="white"), Normal()])


def draw_theories(
    place: Axes, frame: PanelFrame, lines: Sequence[Line], said: Sequence[Sequence[Answer]]
) -> None:
    """Draw each theory through its answers at the places on x; over names, a stroke at each."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line, answers in sorted(zip(lines, said, strict=True), key=lambda pair: frame.place(pair[0])):
        for answer in answers:
            height = frame.height(answer.n_patterns, line)
            points.setdefault(answer.method, []).append((frame.place(line), height))
    for method, seen in points.items():
        at, heights = np.array(seen).T
        style: dict[str, Any] = {"color": COLOURS[method], "lw": 1.8, "zorder": 4, "path_effects": _CASED}
        dashes = "--" if method == "snr" else "-"
        if frame.x.numbers is None or len(at) == 1:
            place.hlines(heights, at - _STROKE, at + _STROKE, ls=dashes, label=LABELS[method], **style)
        else:
            place.plot(at, heights, dashes, label=LABELS[method], **style)


def finish(place: Axes, frame: PanelFrame, title: str) -> None:
    """Set scales, limits and ticks of a panel."""
    if frame.log_x:
        place.set_xscale("log")
    if frame.log_y:
        place.set_yscale("log")
        place.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        place.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        place.yaxis.set_minor_formatter(NullFormatter())
    elif frame.y == "n_patterns":
        place.yaxis.set_major_locator(MaxNLocator(integer=True))
    if title:
        place.set_title(title, fontsize=9)
    numbers = frame.x.numbers
    if numbers is None:
        place.set_xticks(
            range(len(frame.x.values)),
            [cut(shown(value)) for value in frame.x.values],
            rotation=20,
            ha="right",
        )
    elif len(numbers) <= _MOST_TICKS and not _crowded(numbers, frame.log_x):
        place.set_xticks(list(numbers), [f"{number:g}" for number in numbers])
        place.set_xticks([], minor=True)
    place.tick_params(labelsize=8)


def _crowded(numbers: Sequence[float], log: bool) -> bool:
    at = np.log(np.sort(numbers)) if log else np.sort(np.asarray(numbers))
    return bool(np.diff(at).min() < _CLOSEST * (at[-1] - at[0]))


def fit_height(places: Sequence[Axes], frame: PanelFrame) -> None:
    """Let y reach over all cells."""
    drawn = [d for place in places for d in place.collections if isinstance(d, PolyCollection)]
    boxes = [np.asarray(path.vertices)[:, 1] for cells in drawn for path in cells.get_paths()]
    if boxes:
        places[0].set_ylim(
            max(min(map(np.min, boxes)), 0 if not frame.log_y else 1e-12), max(map(np.max, boxes))
        )


def title_of_shared(common: dict[str, Any]) -> str:
    """Return what all lines share as the title of a picture."""
    parts = [str(common["memory"])] if "memory" in common else []
    if "patterns" in common:
        parts.append(f"{common['patterns']} patterns")
    if "dim" in common:
        parts.append(f"D = {common['dim']:,}")
    if common.get("flips"):
        parts.append(f"{common['flips']:.0%} flipped")
    if "criterion" in common:
        parts.append(str(common["criterion"]))
    return ", ".join(cut(part, 2 * _LONGEST) for part in parts)


def cut(text: str, longest: int = _LONGEST) -> str:
    """Return a text that is not too long for its place."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def rate_name(asked: Criterion) -> str:
    """Return what a failure rate is the rate of."""
    return {
        BIT_ERROR: "share of wrong bits",
        OVERLAP: f"share recalled below overlap {asked.level:g}",
    }.get(asked.kind, "failure rate")
