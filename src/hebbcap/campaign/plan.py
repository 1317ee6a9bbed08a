"""What does a plan ask for?

A plan is a file in TOML, or the same as a dictionary: how precise the answers must be, and grids, every
combination of whose values is a cell.

    seed = 0
    trials = 128

    [[grid]]
    memory = ["hopfield", "dense:3"]
    dim = [100, 200, 400]
    load = {from = 0.02, to = 0.3, steps = 15}
    criterion = "overlap:0.95"
"""

from __future__ import annotations

import contextlib
import difflib
import itertools
import math
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from hebbcap import _checks
from hebbcap.campaign.cell import Cell
from hebbcap.estimate import check_trial, experiment
from hebbcap.measurement.block import most_trials
from hebbcap.memories import Plastic
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import Experiment

OPTIONS: Final = (
    "memory", "rule", "order", "patterns", "dim", "criterion", "flips", "threshold", "update", "binarise",
)  # fmt: skip
"""What a grid may hold beside the number of patterns: the options of `hebbcap.experiment`."""

COUNTS: Final = ("load", "n_patterns")
"""One of these says how many patterns are stored: K / D**load_power, or K itself."""

FEWEST_TRIALS: Final = 24
"""Trials of a cell at least: from these it is told how much more trials vary than independent chances."""

DEFAULT_TRIALS: Final = 64

_POWER = "load_power"
_HEAD = ("seed", "trials", "precision", "most_trials", "grid")
_MOST_CELLS = 100_000
_MOST_BYTES = 2**20
_MOST_TRIALS = 2**24

_DEEP = re.compile(r"(?<![^\s.,=])(?:[^\s.,=]++\s*+\.\s*+){100}")
"""Names with many dots, for which Python's reader of TOML takes a time that grows with their square."""


@final
@dataclass(frozen=True)
class Plan:
    """The cells of a campaign, and how well each must be known.

    Attributes
    ----------
    cells : tuple of Cell
        Each once, in the order of the grids.
    trials : int
        Trials of each cell, at least 24.
    precision : float or None
        Where given, the trials of a cell are doubled until half the 95 % interval of its failure rate is at
        most this share of the rate, or of the criterion's bound where the rate is below it.
    most_trials : int
        Where doubling ends.

    Raises
    ------
    InvalidArgument
        If a number is outside its range.
    """

    cells: tuple[Cell, ...]
    trials: int = DEFAULT_TRIALS
    precision: float | None = None
    most_trials: int = 2**14

    def __post_init__(self) -> None:
        meaning = "it is how often each cell is tried"
        _checks.integer("trials", self.trials, low=FEWEST_TRIALS, high=_MOST_TRIALS, meaning=meaning)
        if self.precision is not None:
            meaning = "it is half the interval of a failure rate, relative to it"
            _checks.real("precision", self.precision, low=0.001, high=1, meaning=meaning)
        meaning = "it is where the doubling of trials for a precision ends"
        _checks.integer("most_trials", self.most_trials, low=1, high=_MOST_TRIALS, meaning=meaning)


def plan(
    grids: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    seed: int = 0,
    trials: int = DEFAULT_TRIALS,
    precision: float | None = None,
    most_trials: int = 2**14,
) -> Plan:
    """Return the plan of every combination of values in one grid or several.

    Parameters
    ----------
    grids : mapping, or sequence of mappings
        From options of `hebbcap.experiment` to a value, a list of values, or for numbers
        ``{"from": 0.02, "to": 0.3, "steps": 15}`` (evenly spaced; with ``"scale": "log"`` evenly in the
        logarithm). Either `load`, K / D, or `n_patterns` says how many patterns are stored; with
        `load_power` p, load is K / D**p.
    seed : int
        Seed of the trials, non-negative.
    trials, precision, most_trials
        See `Plan`.

    Raises
    ------
    InvalidArgument
        If a name is unknown, a value is outside its range, or values can't go together; the combination is
        named.
    TooLarge
        If a trial of a cell would take minutes or more memory than there is, or the cells are too many.

    Examples
    --------
    >>> found = plan({"memory": ["hopfield", "dense:3"], "dim": [50, 100], "load": [0.1, 0.2]})
    >>> len(found.cells), found.cells[0].name
    (8, 'hopfield, rademacher, dim 50, bit-error:0.01, 5 patterns')
    """
    _checks.integer("seed", seed, low=0, meaning="seed starts the random streams")
    many = [grids] if isinstance(grids, Mapping) else list(grids)
    if not many:
        raise _checks.fail("grid", many, "is empty", "a plan needs at least one grid with load or n_patterns")
    cells: dict[str, Cell] = {}
    total = 0
    ensemble = cache(lambda text, binarise: parse_ensemble(text, binarise=binarise))
    for grid in many:
        axes = _axes(grid)
        total += math.prod(len(values) for values in axes.values())
        if total > _MOST_CELLS:
            raise _checks.TooLarge(
                f"the plan has {total:,} cells, and at most {_MOST_CELLS:,} go into one; make several"
            )
        # One experiment serves all its numbers of patterns, which so stand together.
        counts = [name for name in axes if name in (*COUNTS, _POWER)]
        for options in _combinations(axes, [name for name in axes if name not in counts]):
            with _named(options):
                asked = _experiment(options, ensemble)
            for count in _combinations(axes, counts):
                with _named(options | count):
                    cell = _cell(asked, count, seed, options)
                cells.setdefault(cell.key, cell)
    return Plan(tuple(cells.values()), trials, precision, most_trials)


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Return the plan in a file of TOML.

    Raises
    ------
    UnreadableFile
        If there is no such file, or it is not TOML.
    InvalidArgument, TooLarge
        See `plan`.
    """
    name = os.fspath(path)
    try:
        size = os.stat(name).st_size
        if not Path(name).is_file():
            raise _checks.UnreadableFile(f"{name!r} is not a regular file; a plan is a file of TOML")
        if size > _MOST_BYTES:
            raise _checks.UnreadableFile(f"{name!r} has {size:,} bytes, and a plan at most {_MOST_BYTES:,}")
        text = Path(name).read_bytes().decode("utf-8-sig")
        if _DEEP.search(text):
            raise ValueError("a name is nested too deeply")
        read = tomllib.loads(text)
    except OSError as error:
        raise _checks.UnreadableFile(f"{name!r} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise _checks.UnreadableFile(f"{name!r} is not a plan in TOML: {reason}") from error
    _known(read, _HEAD, "plan")
    grids = read.pop("grid", [])
    if isinstance(grids, Mapping):
        grids = [grids]
    if not grids:
        raise _checks.fail("grid", [], "is missing", "write [[grid]] above its values, as dim and load")
    if not isinstance(grids, list) or not all(isinstance(grid, Mapping) for grid in grids):
        raise _checks.fail("grid", grids, "must be a table", "write [[grid]] above its values")
    return plan(grids, **read)


def _known(given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise _checks.fail(
                where, name, "is no such name", f"{hint}there are {', '.join(names)}"
            )  # fmt: skip


def _axes(grid: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the values of each axis of a grid."""
    _known(grid, (*OPTIONS, *COUNTS, _POWER), "grid")
    given = [name for name in COUNTS if name in grid]
    if len(given) != 1:
        raise _checks.fail(
            "grid", sorted(grid), f"must have either {' or '.join(COUNTS)}",
            "load is patterns per neuron (K / D), n_patterns is K",
        )  # fmt: skip
    if _POWER in grid and "load" not in grid:
        raise _checks.fail(_POWER, grid[_POWER], "goes with load", "load is K / D**load_power")
    axes = {name: list(_values(name, value)) for name, value in grid.items()}
    for name, values in axes.items():
        if not values:
            raise _checks.fail(name, [], "is empty", "give at least one value, or leave it out")
    return axes


def _values(name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from _range(name, value)
    elif isinstance(value, list | tuple | range | np.ndarray) and not _is_data(name, value):
        for one in value:
            yield one.item() if isinstance(one, np.generic) else one
    else:
        yield value


def _is_data(name: str, value: Any) -> bool:
    """Whether an array is patterns rather than a list of values."""
    return name == "patterns" and isinstance(value, np.ndarray)


def _range(name: str, spec: Mapping[str, Any]) -> list[Any]:
    """Return the numbers from one to another in so many steps."""
    _known(spec, ("from", "to", "steps", "scale"), name)
    meaning = 'as {from = 0.02, to = 0.3, steps = 15}, perhaps with scale = "log"'
    for part in ("from", "to", "steps"):
        if part not in spec:
            raise _checks.fail(name, dict(spec), f"lacks {part!r}", meaning)
    low = _checks.real(f"{name}.from", spec["from"], meaning=meaning)
    high = _checks.real(f"{name}.to", spec["to"], meaning=meaning)
    steps = _checks.integer(f"{name}.steps", spec["steps"], low=2, high=_MOST_CELLS, meaning=meaning)
    scale = spec.get("scale", "linear")
    if scale not in ("linear", "log") or (scale == "log" and min(low, high) <= 0):
        raise _checks.fail(f"{name}.scale", scale, "must be linear, or log between numbers > 0", meaning)
    values = np.geomspace(low, high, steps) if scale == "log" else np.linspace(low, high, steps)
    if name in ("dim", "n_patterns", "order"):
        return sorted({round(value) for value in values.tolist()})
    # As short as they were meant: 0.3 rather than 0.30000000000000004.
    return [float(f"{value:.12g}") for value in values.tolist()]


def _combinations(axes: Mapping[str, list[Any]], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for values in itertools.product(*(axes[name] for name in names)):
        yield dict(zip(names, values, strict=True))


@contextlib.contextmanager
def _named(chosen: Mapping[str, Any]) -> Iterator[None]:
    """Name the combination of values in whatever is said against it."""
    try:
        yield
    except (_checks.InvalidArgument, _checks.TooLarge) as error:
        raise type(error)(f"{error} (in the cell {_listed(chosen)})") from error
    except TypeError as error:
        raise _checks.InvalidArgument(f"the cell {_listed(chosen)} can't be read: {error}") from error


def _experiment(options: Mapping[str, Any], ensemble: Callable[[str, str], Ensemble]) -> Experiment:
    """Return the experiment of one combination of values."""
    patterns, binarise = options.get("patterns", "rademacher"), options.get("binarise", "auto")
    read = isinstance(patterns, str) and isinstance(binarise, str)  # a file is read once
    asked = experiment(**({**options, "patterns": ensemble(patterns, binarise)} if read else options))
    if isinstance(asked.memory, Plastic):
        raise _checks.fail("memory", asked.memory.name, "forgets", "hebbcap forgetting asks what it holds")
    return asked


def _cell(asked: Experiment, count: Mapping[str, Any], seed: int, options: Mapping[str, Any]) -> Cell:
    """Return the cell of an experiment at one number of patterns."""
    n_patterns = _count(count, asked.dim)
    asked.check_count(n_patterns)
    check_trial(asked, n_patterns)
    most_trials(asked, n_patterns)
    simple = all(isinstance(value, str | int | float) for value in options.values())
    return Cell(asked, n_patterns, seed, tuple(sorted(options.items())) if simple else ())


def _listed(chosen: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in chosen.items())


def _shown(value: Any) -> str:
    text = value.name if isinstance(value, Ensemble) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _count(chosen: Mapping[str, Any], dim: int) -> int:
    if "n_patterns" in chosen:
        return _checks.pattern_count(chosen["n_patterns"])
    meaning = "load is patterns per neuron, K / D, or K / D**load_power"
    load = _checks.real("load", chosen["load"], low=0, open_low=True, meaning=meaning)
    power = _checks.real(_POWER, chosen.get(_POWER, 1), low=0, high=20, meaning=meaning)
    n_patterns: float = min(load * math.pow(dim, power), float(_checks.MAX_PATTERNS))
    return max(round(n_patterns), 1)
