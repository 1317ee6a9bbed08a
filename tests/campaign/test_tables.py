import csv
import io
import math

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument, MissingExtra, UnwritableFile
from hebbcap.campaign import plan, read_campaign, sweep
from hebbcap.campaign.result import Campaign
from hebbcap.campaign.store import Store
from hebbcap.campaign.tables import BLOCKS, CELLS, rows, write_table

GRID = {"memory": ["hopfield", "dense:3"], "dim": [20, 30], "flips": 0.1, "n_patterns": [2, 6]}


@pytest.fixture(scope="module")
def found():
    return sweep(plan(GRID, trials=24))


@pytest.fixture
def waiting(tmp_path):
    with Store.open(tmp_path / "waiting.db") as store:
        store.add_all([(cell, 8) for cell in plan(GRID).cells])
        return Campaign.read(store)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_column_of_csv_is_read_back_as_it_was(found, tmp_path):
    path = tmp_path / "cells.csv"
    assert write_table(found, path) == len(found.cells) == 8
    again = read(path)
    assert tuple(again[0]) == CELLS
    for cell, row in zip(found.cells, again, strict=True):
        told = cell.to_dict()
        assert tuple(told) == CELLS
        for name, value in told.items():
            assert row[name] == "" if value is None else type(value)(row[name]) == value


def test_blocks_add_up_to_cells(found, tmp_path):
    path = tmp_path / "blocks.csv"
    assert write_table(found, path, blocks=True) == sum(len(cell.blocks) for cell in found.cells)
    again = read(path)
    assert tuple(again[0]) == BLOCKS
    for cell in found.cells:
        mine = [row for row in again if row["cell"] == cell.key]
        assert sum(int(row["trials"]) for row in mine) == cell.trials
        assert [int(row["block"]) for row in mine] == list(cell.blocks)


def test_parquet_has_the_same_rows(found, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    for blocks in (False, True):
        assert write_table(found, tmp_path / "runs.parquet", blocks=blocks) > 0
        made = pandas.read_parquet(tmp_path / "runs.parquet")
        assert made.to_dict("records") == list(rows(found, blocks=blocks))


def test_cells_that_wait_have_no_rate_in_any_format(waiting, tmp_path):
    pytest.importorskip("pandas")
    table = waiting.to_pandas()
    assert table["rate"].isna().all()
    assert table["rate"].dtype == np.float64
    assert (table["trials"] == 0).all()
    write_table(waiting, tmp_path / "runs.csv")
    assert {row["rate"] for row in read(tmp_path / "runs.csv")} == {""}
    assert waiting.to_pandas(blocks=True).empty


def test_arrays_have_every_cell_in_its_place(found):
    pytest.importorskip("xarray")
    made = found.to_xarray(by="n_patterns")
    assert made.rate.dims == ("memory", "dim", "n_patterns")
    assert made.attrs["flips"] == 0.1
    for cell in found.cells:
        at = {"memory": cell.asked.memory, "dim": cell.asked.dim, "n_patterns": cell.n_patterns}
        assert float(made.rate.sel(at)) == cell.point.rate
        assert int(made.trials.sel(at)) == cell.trials
        assert str(made.state.sel(at).item()) == "measured"


def test_arrays_are_nan_where_there_is_no_cell():
    pytest.importorskip("xarray")
    found = sweep(plan([{"dim": 20, "n_patterns": [2, 4]}, {"dim": 30, "n_patterns": 4}], trials=24))
    made = found.to_xarray(by="n_patterns")
    assert math.isnan(made.rate.sel(dim=30, n_patterns=2))
    assert int(made.trials.sel(dim=30, n_patterns=2)) == 0
    with pytest.raises(InvalidArgument, match="load or n_patterns"):
        found.to_xarray(by="dim")


@pytest.mark.parametrize("name", ["=cmd|' !A1", "+1+1", "@SUM(1)", "-2", "\t=1"])
def test_a_name_is_never_a_formula_of_a_spreadsheet(name, tmp_path):
    class Named:
        def __init__(self):
            self.name = name

        def __repr__(self):
            return name

        def store(self, patterns):
            raise RuntimeError(f"{name}, it broke")

        def recall(self, cues):
            return cues

    found = sweep(
        plan({"memory": [Named()], "dim": 20, "n_patterns": [2]}, trials=24), store=tmp_path / "runs.db"
    )
    write_table(read_campaign(tmp_path / "runs.db"), tmp_path / "runs.csv")
    for row in read(tmp_path / "runs.csv"):
        for text in row.values():
            assert not text.startswith(("=", "+", "-", "@", "\t", "\r")), text
    assert found.set_aside


def test_a_table_is_written_whole_or_not_at_all(found, tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    path.write_text("old")

    def broken(campaign, *, blocks):
        yield from list(rows(campaign, blocks=blocks))[:2]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hebbcap.campaign.tables.rows", broken)
    with pytest.raises(UnwritableFile):
        write_table(found, path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["runs.csv"]


def test_endings_and_extras_are_asked_for_by_name(found, tmp_path, monkeypatch):
    with pytest.raises(InvalidArgument, match=r"\.csv or \.parquet"):
        write_table(found, tmp_path / "runs.xlsx")

    def without(name):
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", without)
    for ask in (lambda: write_table(found, tmp_path / "a.parquet"), found.to_pandas, found.to_xarray):
        with pytest.raises(MissingExtra, match=r"hebbcap\[tables\]"):
            ask()
    assert write_table(found, tmp_path / "a.csv") == 8


def test_a_table_is_read_by_line_feeds_alone(found, tmp_path):
    write_table(found, tmp_path / "runs.csv")
    text = (tmp_path / "runs.csv").read_bytes().decode()
    assert "\r" not in text
    assert len(list(csv.reader(io.StringIO(text)))) == 9
