"""What did a campaign find?

`Campaign` has every cell with its failure rate, and every line: the cells that differ only in the number of
patterns, with the crossing of the criterion among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from hebbcap.campaign.asked import Asked, printable, read_definition
from hebbcap.campaign.crossing import find_crossing
from hebbcap.campaign.questions import Questions
from hebbcap.campaign.schedule import point
from hebbcap.campaign.store import KeptCell, Store, UnusableStore
from hebbcap.measurement.block import Counts
from hebbcap.measurement.measured import CONFIDENCE, Point
from hebbcap.measurement.posterior import Crossing
from hebbcap.measurement.tally import Tally
from hebbcap.question import Experiment
from hebbcap.theory import Reading, capacity_readings

if TYPE_CHECKING:
    import pandas
    import xarray

OVER: Final = "measured"
WAITING: Final = "waiting"
ASIDE: Final = "set aside"

_SHOWN = 60
"""Lines that a notebook shows."""


@final
@dataclass(frozen=True, eq=False)
class CellResult:
    """What is known of one cell.

    Attributes
    ----------
    key : str
        Its key in the store.
    name : str
        The cell in a line.
    options : dict
        How its experiment is spelled for `hebbcap.experiment`; empty where it can't be.
    n_patterns : int
        K.
    asked : Asked
        The question, read off its definition.
    blocks : dict of int to Counts
        What each block counted, by its number.
    reason : str
        Why it was set aside; empty if it was not.
    definition : str
        All that the counts depend on.
    """

    key: str
    name: str
    options: dict[str, Any]
    n_patterns: int
    asked: Asked
    blocks: dict[int, Counts]
    reason: str
    definition: str
    questions: Questions = field(repr=False, default_factory=Questions)

    @property
    def counts(self) -> tuple[Counts, ...]:
        """What each block counted, in their order."""
        return tuple(self.blocks.values())

    @cached_property
    def point(self) -> Point | None:
        """The failure rate with its interval; None where nothing was counted."""
        return point(self.n_patterns, list(self.counts))

    @property
    def load(self) -> float:
        """K / D."""
        return self.n_patterns / self.asked.dim

    @property
    def trials(self) -> int:
        """Trials counted so far."""
        return sum(counts.trials for counts in self.blocks.values())

    @property
    def state(self) -> str:
        """What became of it: measured, waiting or set aside."""
        return ASIDE if self.reason else OVER if self.blocks else WAITING

    @property
    def line(self) -> str:
        """What the cell shares with those that differ from it only in the number of patterns."""
        head, _, tail = self.definition.rpartition(f" | K={self.n_patterns} | ")
        return f"{head} | {tail}"

    @property
    def experiment(self) -> Experiment | None:
        """The question, where its spelling still gives the same; files may have changed or gone."""
        return self.questions.of(self.key, self.definition, self.options)

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as plain numbers and texts: one row of a table, with the same columns always."""
        found = self.point
        return {
            "cell": self.key,
            **self.asked.to_dict(),
            "n_patterns": self.n_patterns,
            "load": self.load,
            "bound": self.asked.criterion.max_failure,
            "state": self.state,
            "trials": self.trials,
            "failures": sum(counts.failures for counts in self.blocks.values()),
            "judged": sum(counts.trials * counts.judged for counts in self.blocks.values()),
            "rate": None if found is None else found.rate,
            "low": None if found is None else found.low,
            "high": None if found is None else found.high,
            "confidence": CONFIDENCE,
            "reason": self.reason,
        }


@final
@dataclass(frozen=True, eq=False)
class Line:
    """Cells that differ only in the number of patterns, in rising order of it.

    Attributes
    ----------
    cells : tuple of CellResult
        At least one.
    """

    cells: tuple[CellResult, ...]

    @property
    def asked(self) -> Asked:
        """The question without its number of patterns."""
        return self.cells[0].asked

    @property
    def experiment(self) -> Experiment | None:
        """The same as an experiment; None where it can't be spelled any more."""
        return self.cells[0].experiment

    @property
    def name(self) -> str:
        """The line in words."""
        return self.cells[0].name.rsplit(", ", 1)[0]

    @property
    def points(self) -> tuple[Point, ...]:
        """The failure rates of the cells that were measured."""
        return tuple(cell.point for cell in self.cells if cell.point is not None)

    @cached_property
    def crossing(self) -> Crossing | None:
        """Where the failure rate crosses the criterion's bound; None where these cells don't show it.

        Real numbers of patterns; see `hebbcap.campaign.crossing`.
        """
        tallies = [_tally(cell) for cell in self.cells if cell.blocks]
        return find_crossing(tallies, self.asked.criterion.max_failure)

    @property
    def bounds(self) -> tuple[int, int | None] | None:
        """The largest K of the cells that meets the criterion and the smallest that doesn't, by their rates.

        None where nothing was measured; 0 and None stand for no such cell.
        """
        if not self.points:
            return None
        allowed = self.asked.criterion.max_failure
        first = min((p.n_patterns for p in self.points if p.rate > allowed), default=None)
        held = (p.n_patterns for p in self.points if first is None or p.n_patterns < first)
        return max(held, default=0), first

    @cached_property
    def theory(self) -> tuple[Reading, ...]:
        """What the theories say of the capacity; empty where the experiment can't be spelled any more."""
        return () if self.experiment is None else capacity_readings(self.experiment)

    def count(self, state: str) -> int:
        """Return how many of the cells are measured, waiting or set aside."""
        return sum(cell.state == state for cell in self.cells)

    def to_dict(self, *, theory: bool = False) -> dict[str, Any]:
        """Return the line as plain numbers and texts."""
        found, bounds = self.crossing, self.bounds
        told = {
            "name": self.name,
            **self.asked.to_dict(),
            "bound": self.asked.criterion.max_failure,
            "cells": len(self.cells),
            "measured": self.count(OVER),
            "waiting": self.count(WAITING),
            "set_aside": self.count(ASIDE),
            "trials": sum(cell.trials for cell in self.cells),
            "crossing": None
            if found is None
            else {"n_patterns": found.median, "low": found.low, "high": found.high, "confidence": CONFIDENCE},
            "holds": None if bounds is None else bounds[0],
            "fails": None if bounds is None else bounds[1],
        }
        if theory:
            told["theory"] = {r.method: {"n_patterns": r.value, "why": r.why} for r in self.theory}
        return told


@final
@dataclass(frozen=True, eq=False)
class Campaign:
    """What a campaign found so far.

    Attributes
    ----------
    cells : tuple of CellResult
        In the order of the plan; of a whole store by memory, patterns, criterion, flips, dim and K.
    """

    cells: tuple[CellResult, ...]

    @classmethod
    def read(
        cls,
        store: Store,
        keys: Sequence[str] | None = None,
        known: Mapping[str, Experiment] | None = None,
    ) -> Campaign:
        """Return what a store holds of the cells with these keys, or of all.

        Parameters
        ----------
        store : Store
            Where the counts are.
        keys : sequence of str, optional
            The cells wanted, in this order.
        known : mapping of str to Experiment, optional
            Experiments by the key of a cell, for those that can't be spelled.

        Raises
        ------
        UnusableStore
            If the store is damaged: a cell is not what its key says, or its counts can't be.
        """
        kept, blocks, reasons = store.cells(), store.all_blocks(), store.reasons()
        by_key = {cell.key: cell for cell in kept}
        chosen = kept if keys is None else [by_key[key] for key in keys]
        questions = Questions(known)
        cells = [_result(c, blocks.get(c.key, {}), reasons.get(c.key, ""), questions) for c in chosen]
        return cls(tuple(cells if keys is not None else sorted(cells, key=_in_order)))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The cells grouped by all but K."""
        groups: dict[str, list[CellResult]] = {}
        for cell in self.cells:
            groups.setdefault(cell.line, []).append(cell)
        return tuple(Line(tuple(sorted(group, key=lambda c: c.n_patterns))) for group in groups.values())

    @property
    def set_aside(self) -> tuple[CellResult, ...]:
        """The cells that could not be run."""
        return tuple(cell for cell in self.cells if cell.state == ASIDE)

    def to_dict(self, *, theory: bool = False) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it.

        Parameters
        ----------
        theory : bool
            Whether to add what the theories say of every line, which may take a while.
        """
        return {
            "cells": [cell.to_dict() for cell in self.cells],
            "lines": [line.to_dict(theory=theory) for line in self.lines],
        }

    def to_pandas(self, *, blocks: bool = False) -> pandas.DataFrame:
        """Return a table with a row for each cell, or for each block of trials; needs pandas.

        Examples
        --------
        >>> from hebbcap.campaign import sweep
        >>> found = sweep({"dim": 50, "n_patterns": [5, 10], "criterion": "bit-error:0.05"})
        >>> found.to_pandas()[["n_patterns", "trials", "failures"]].to_dict("list")
        {'n_patterns': [5, 10], 'trials': [64, 64], 'failures': [0, 259]}
        """
        from hebbcap.campaign.tables import frame

        return frame(self, blocks=blocks)

    def to_xarray(self, *, by: str | None = None) -> xarray.Dataset:
        """Return the cells as arrays over the axes that vary and the number of patterns; needs xarray.

        Parameters
        ----------
        by : {"load", "n_patterns"}, optional
            The last axis; whichever has fewer values if left out.

        Returns
        -------
        xarray.Dataset
            Variables rate, low, high (NaN where there is nothing), trials, failures and judged (0 there), and
            state; what all cells share is in the attributes.
        """
        from hebbcap.campaign.tables import dataset

        return dataset(self, by=by)

    def __repr__(self) -> str:
        states = Counter(cell.state for cell in self.cells)
        told = ", ".join(f"{states[state]} {state}" for state in (OVER, WAITING, ASIDE) if states[state])
        lines = f"{len(self.lines)} line{'s' if len(self.lines) != 1 else ''}"
        return f"Campaign({len(self.cells)} cells in {lines}: {told or 'nothing'})"

    def _repr_html_(self) -> str:
        """Return the lines as a table for a notebook."""
        from html import escape

        from hebbcap.campaign.axes import summary

        shared, head, rows = summary(self.lines[:_SHOWN])
        cells = "".join(f"<th>{escape(text)}</th>" for text in head)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in row)}</tr>" for row in rows
        )  # fmt: skip
        more = f"<p>and {len(self.lines) - _SHOWN:,} lines more</p>" if len(self.lines) > _SHOWN else ""
        return (
            f"<p>{escape(repr(self))}</p><p>{escape(shared)}</p><table><tr>{cells}</tr>{body}</table>{more}"
        )


def _result(cell: KeptCell, blocks: dict[int, Counts], reason: str, questions: Questions) -> CellResult:
    """Return what is known of a cell, once what is kept of it is sure to make sense."""
    name, options, n_patterns = (cell.spelling[part] for part in ("name", "options", "n_patterns"))
    try:
        if not all(isinstance(value, str | int | float) for value in options.values()):
            raise TypeError("its options are none")
        flips = options.get("flips", 0.0)
        asked = read_definition(cell.definition, name, flips if isinstance(flips, int | float) else None)
        if f" | K={n_patterns} | " not in cell.definition:
            raise ValueError("its number of patterns is another")
        if any(not _possible(counts) for counts in blocks.values()):
            raise ValueError("its counts can't be")
        if len({counts.judged for counts in blocks.values()}) > 1:
            raise ValueError("its blocks were judged differently")
    except (TypeError, ValueError) as error:
        raise UnusableStore(f"the store is damaged at cell {cell.key}: {error}") from error
    name, reason = printable(name), printable(reason)
    return CellResult(cell.key, name, options, n_patterns, asked, blocks, reason, cell.definition, questions)


def _possible(counts: Counts) -> bool:
    """Whether trials could have counted this: squares between those of equal and of single failures."""
    trials, failures, squares, judged = counts
    return failures <= trials * judged and failures**2 <= trials * squares <= trials * failures * judged


def _in_order(cell: CellResult) -> tuple[Any, ...]:
    a = cell.asked
    return (a.memory, a.patterns, str(a.criterion), a.flips, a.dim, cell.line, cell.n_patterns)


def _tally(cell: CellResult) -> Tally:
    counts = cell.counts
    return Tally(
        (float(cell.n_patterns),),
        np.array([float(counts[0].judged)]),
        cell.trials,
        np.array([float(sum(c.failures for c in counts))]),
        np.array([[float(sum(c.squares for c in counts))]]),
    )
