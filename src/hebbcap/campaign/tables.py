"""What does a campaign look like as a table: in a file, in pandas, or as arrays in xarray?

Every format has the same columns in the same order. Numbers are written so that they are read back the same.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hebbcap import _checks
from hebbcap._atomic import replacing
from hebbcap.campaign.asked import NAMES

if TYPE_CHECKING:
    import pandas
    import xarray

    from hebbcap.campaign.result import Campaign

_QUESTION: Final = ("cell", *NAMES, "n_patterns", "load", "bound")

CELLS: Final = (
    *_QUESTION, "state", "trials", "failures", "judged", "rate", "low", "high", "confidence", "reason",
)  # fmt: skip
"""Columns of a table of cells."""

BLOCKS: Final = (*_QUESTION, "block", "trials", "failures", "squares", "judged")
"""Columns of a table of blocks."""

FORMATS: Final = (".csv", ".parquet")

COUNTS: Final = ("load", "n_patterns")
"""What the last axis of arrays may be."""

_WHOLE: Final = ("dim", "seed", "n_patterns", "trials", "failures", "judged", "block", "squares")
_REAL: Final = ("flips", "load", "bound", "rate", "low", "high", "confidence")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would compute."""

_NUMBER_BYTES = 8.0
_INSTALL = 'python -m pip install "hebbcap[tables]"'


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return the path if a table can be written in the format of its ending.

    Raises
    ------
    InvalidArgument
        If the ending is unknown.
    MissingExtra
        If what writes the format is not installed.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise _checks.fail("file", str(path), f"must end in {' or '.join(FORMATS)}", "the ending chooses")
    if ending == ".parquet":
        _import("pandas", "Parquet needs pandas and pyarrow")
        _import("pyarrow", "Parquet needs pandas and pyarrow")
    return target


def write_table(campaign: Campaign, path: str | os.PathLike[str], *, blocks: bool = False) -> int:
    """Write a campaign into a file, whole or not at all, and return the number of rows.

    Parameters
    ----------
    campaign : Campaign
        What is written.
    path : str or PathLike
        Ends in .csv, or in .parquet where pandas and pyarrow are installed. In CSV, a text that a spreadsheet
        would take for a formula begins with an apostrophe.
    blocks : bool
        Whether to write a row for each block of trials rather than each cell.

    Raises
    ------
    InvalidArgument, MissingExtra
        See `check_path`.
    UnwritableFile
        If the file can't be written; one that was there is as it was.
    """
    target = check_path(path)
    if target.suffix.lower() == ".parquet":
        made = frame(campaign, blocks=blocks)
        with replacing(target) as stream:
            made.to_parquet(stream, engine="pyarrow", index=False)
        return len(made)
    written = 0
    with replacing(target) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        to = csv.writer(text, lineterminator="\n")
        to.writerow(BLOCKS if blocks else CELLS)
        for row in rows(campaign, blocks=blocks):
            to.writerow([_harmless(value) for value in row.values()])
            written += 1
        text.flush()
        text.detach()
    return written


def rows(campaign: Campaign, *, blocks: bool = False) -> Iterator[dict[str, Any]]:
    """Return the rows of the table, each with all columns in their order."""
    for cell in campaign.cells:
        told = cell.to_dict()
        if not blocks:
            yield {name: told[name] for name in CELLS}
            continue
        for number, counts in cell.blocks.items():
            told |= {"block": number} | counts._asdict()
            yield {name: told[name] for name in BLOCKS}


def frame(campaign: Campaign, *, blocks: bool = False) -> pandas.DataFrame:
    """Return the table in pandas; see `Campaign.to_pandas`."""
    pandas = _import("pandas", "pandas is not installed")
    names = BLOCKS if blocks else CELLS
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows(campaign, blocks=blocks):
        for name in names:
            columns[name].append(row[name])
    kinds = dict.fromkeys(_WHOLE, "int64") | dict.fromkeys(_REAL, "float64")
    return pandas.DataFrame(
        {name: pandas.Series(values, dtype=kinds.get(name, "object")) for name, values in columns.items()}
    )


def dataset(campaign: Campaign, *, by: str | None = None) -> xarray.Dataset:
    """Return the cells as arrays; see `Campaign.to_xarray`."""
    arrays_of = _import("xarray", "xarray is not installed")
    from hebbcap.campaign.axes import axes_of

    told = [cell.to_dict() for cell in campaign.cells]
    axes, common = axes_of(campaign.lines)
    last = _last(told, by)
    places = {axis.name: axis.values for axis in axes} | {last: tuple(sorted({row[last] for row in told}))}
    shape = tuple(len(values) for values in places.values())
    variables = ("rate", "low", "high", "trials", "failures", "judged", "state")
    size = len(variables) * _NUMBER_BYTES * float(np.prod(shape, dtype=np.float64))
    _checks.check_fits(size, "the grid of all values of all axes", "take a part of the campaign")
    arrays = {
        name: np.full(shape, 0 if name in _WHOLE else np.nan, dtype="int64" if name in _WHOLE else "float64")
        for name in variables[:-1]
    } | {"state": np.full(shape, "", dtype=object)}
    where = {name: {value: i for i, value in enumerate(values)} for name, values in places.items()}
    for row in told:
        at = tuple(index[row[name]] for name, index in where.items())
        if arrays["state"][at]:
            meaning = "memories of one name that are not the same don't fit into one array"
            raise _checks.fail("campaign", row["memory"], "has two cells in one place", meaning)
        for name, array in arrays.items():
            array[at] = np.nan if row[name] is None else row[name]
    shared = {name: value for name, value in common.items() if value != ""}
    shared["confidence"] = told[0]["confidence"] if told else np.nan
    made: xarray.Dataset = arrays_of.Dataset(
        {name: (tuple(places), array) for name, array in arrays.items()},
        coords={name: list(values) for name, values in places.items()},
        attrs=shared,
    )
    return made


def _last(told: list[dict[str, Any]], by: str | None) -> str:
    """Return the axis along which the number of patterns is laid out."""
    if by is not None:
        if by not in COUNTS:
            raise _checks.fail("by", by, f"must be {' or '.join(COUNTS)}")
        return by
    return min(COUNTS, key=lambda name: len({row[name] for row in told}))


def _harmless(value: Any) -> Any:
    """Return a value as it goes into CSV: nothing for nothing, and no text that would be computed.

    >>> _harmless("=HYPERLINK(1)"), _harmless("digits"), _harmless(-1.5), _harmless(None)
    ("'=HYPERLINK(1)", 'digits', -1.5, '')
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _import(name: str, lack: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise _checks.MissingExtra(f"{lack}; {_INSTALL} adds them") from None
