import math
import os
import sys
import time

import numpy as np
import pytest

import hebbcap
from hebbcap import TooLarge, UnreadableFile
from hebbcap._checks import HebbcapError, InvalidArgument
from hebbcap.campaign import plan, read_plan

GRID = {"memory": ["hopfield", "dense:3"], "dim": [50, 100], "load": [0.1, 0.2]}


def written(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_cells_are_every_combination_in_the_order_of_the_grid():
    found = plan(GRID, seed=3).cells
    assert [(c.experiment.dim, c.n_patterns) for c in found] == [(50, 5), (50, 10), (100, 10), (100, 20)] * 2
    assert [c.experiment.memory_name for c in found] == ["hopfield"] * 4 + ["dense:3"] * 4
    assert {cell.seed for cell in found} == {3}


def test_a_file_is_read_as_the_same_plan_as_a_dictionary(tmp_path):
    text = """
    seed = 4
    trials = 30
    precision = 0.1
    most_trials = 512
    [[grid]]
    memory = ["hopfield", "dense:3"]
    dim = [50, 100]
    load = [0.1, 0.2]
    [[grid]]
    dim = 50
    n_patterns = 7
    """
    grids = [GRID, {"dim": 50, "n_patterns": 7}]
    assert read_plan(written(tmp_path, text)) == plan(
        grids, seed=4, trials=30, precision=0.1, most_trials=512
    )


def test_a_cell_of_two_grids_is_there_once():
    assert len(plan([GRID, GRID, GRID | {"dim": 50}]).cells) == 8
    assert len(plan({"dim": 10, "load": [0.1, 0.1, 0.11, 0.12]}).cells) == 1  # all of one pattern


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ({"from": 0.1, "to": 0.3, "steps": 3}, [0.1, 0.2, 0.3]),
        ({"from": 0.3, "to": 0.1, "steps": 3}, [0.3, 0.2, 0.1]),
        ({"from": 0.01, "to": 1, "steps": 3, "scale": "log"}, [0.01, 0.1, 1]),
        ([0.1, 0.2], [0.1, 0.2]),
        (np.array([0.1, 0.2]), [0.1, 0.2]),
        (0.1, [0.1]),
    ],
)
def test_values_of_an_axis_may_be_a_range_a_list_or_one(spec, values):
    assert [cell.load for cell in plan({"dim": 1000, "load": spec}).cells] == values


def test_ranges_of_whole_numbers_are_rounded_and_each_is_taken_once():
    spec = {"from": 1, "to": 3, "steps": 9}
    assert [cell.n_patterns for cell in plan({"dim": 50, "n_patterns": spec}).cells] == [1, 2, 3]


def test_a_power_of_the_dimension_gives_the_number_of_patterns():
    found = plan({"memory": "dense:3", "dim": [10, 100], "load": 0.5, "load_power": 2}).cells
    assert [cell.n_patterns for cell in found] == [50, 5000]


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({"dim": 50}, "either load or n_patterns"),
        ({"dim": 50, "load": 0.1, "n_patterns": 5}, "either load or n_patterns"),
        ({"dim": 50, "n_patterns": 5, "load_power": 2}, "goes with load"),
        ({"dmi": 50, "load": 0.1}, "did you mean 'dim'"),
        ({"dim": 50, "load": []}, "is empty"),
        ({"dim": 50, "load": {"from": 0.1, "to": 0.2}}, "lacks 'steps'"),
        ({"dim": 50, "load": {"from": 0.1, "to": 0.2, "step": 3}}, "did you mean 'steps'"),
        ({"dim": 50, "load": {"from": 0.1, "to": 0.2, "steps": 1}}, "steps"),
        ({"dim": 50, "load": {"from": 0.1, "to": 0.2, "steps": 10**9}}, "steps"),
        ({"dim": 50, "load": {"from": 0, "to": 0.2, "steps": 5, "scale": "log"}}, "scale"),
        ({"dim": 50, "load": {"from": math.nan, "to": 0.2, "steps": 5}}, "load.from"),
        ({"dim": 50, "load": {"from": -math.inf, "to": 0.2, "steps": 5}}, "load.from"),
        ({"dim": 50, "load": math.nan}, "load=nan"),
        ({"dim": 50, "load": math.inf}, "load=inf"),
        ({"dim": 50, "load": -0.1}, "load=-0.1"),
        ({"dim": 50, "load": "much"}, "load='much'"),
        ({"dim": 50, "load": True}, "load=True"),
        ({"dim": 50, "load": [[0.1]]}, "load=[0.1]"),
        ({"dim": 50.5, "load": 0.1}, "dim=50.5"),
        ({"dim": -1, "load": 0.1}, "dim=-1"),
        ({"dim": 50, "n_patterns": 0}, "n_patterns=0"),
        ({"dim": 50, "n_patterns": 10**400}, "n_patterns"),
        ({"dim": 50, "load": 0.1, "memory": "hopfeild"}, "hopfield"),
        ({"dim": 50, "load": 0.1, "memory": [3]}, "memory"),
        ({"dim": 50, "load": 0.1, "flips": [0.1, 0.6]}, "flips=0.6"),
        ({"dim": 50, "load": 0.1, "criterion": "bit-error:2"}, "bit-error"),
        ({"dim": 50, "load": 0.1, "memory": "hopfield:decay:0.1"}, "forgets"),
        ({"dim": 50, "n_patterns": 5, "patterns": "digits"}, "dim"),
        ({"n_patterns": 10**6, "patterns": "digits"}, "at most 1797"),
        ({"dim": 50, "load": 0.1, "threshold": {"from": 1}}, "lacks"),
        ({"dim": 50, "load": 0.1, "update": None}, "update"),
        ([], "is empty"),
    ],
)
def test_what_can_not_be_asked_is_refused_in_one_line(grid, said):
    with pytest.raises(InvalidArgument) as error:
        plan(grid)
    assert said in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_combination_that_can_not_go_together_is_named():
    with pytest.raises(InvalidArgument, match=r"in the cell memory=dense:3, patterns=sparse:0.1, dim=50"):
        plan(
            {
                "memory": ["hopfield", "dense:3"],
                "patterns": ["rademacher", "sparse:0.1"],
                "dim": 50,
                "load": 0.1,
            }
        )


def test_too_many_cells_are_refused_at_once():
    lists = {"dim": list(range(10, 1010)), "flips": [i / 2001 for i in range(1000)], "load": [0.1] * 1000}
    began = time.perf_counter()
    with pytest.raises(TooLarge, match="1,000,000,000 cells"):
        plan(lists)
    assert time.perf_counter() - began < 5


def test_cells_that_would_take_minutes_or_all_memory_are_refused_by_name():
    with pytest.raises(TooLarge, match="in the cell dim=1000000000"):
        plan({"dim": 10**9, "n_patterns": 10**6})


@pytest.mark.parametrize(
    "changes",
    [
        {"trials": 23}, {"trials": 10**9}, {"trials": 24.5}, {"trials": math.nan}, {"precision": 0},
        {"precision": 2}, {"precision": math.nan}, {"most_trials": 0}, {"seed": -1}, {"seed": 0.5},
    ],
)  # fmt: skip
def test_numbers_of_a_plan_outside_their_range_are_refused(changes):
    (name,) = changes
    with pytest.raises(InvalidArgument, match=name):
        plan({"dim": 50, "load": 0.1}, **changes)


DEEP = 100_000
HOSTILE = {
    "deep arrays": "x = " + "[" * DEEP + "]" * DEEP,
    "deep tables": "x = " + "{a=" * 10_000 + "1" + "}" * 10_000,
    "deep keys": ".".join(["a"] * 400_000) + " = 1",
    "deep keys in quotes": " . ".join(['"a"'] * 150_000) + " = 1",
    "many deep keys": "\n".join(".".join([f"a{i}", *["b"] * 90]) + " = 1" for i in range(5_000)),
    "spaces": "a" + " " * 10**6,
    "words": "a " * 500_000,
    "deep grid": "[[grid]]\ndim = " + "[" * 50 + "5" + "]" * 50 + "\nload = 0.1",
    "long number": "seed = " + "9" * 10_000,
    "long hexadecimal": "seed = 0x" + "f" * 10_000,
    "number beyond": "[[grid]]\ndim = 50\nn_patterns = 1" + "0" * 4000,
    "huge dim": "[[grid]]\ndim = 1" + "0" * 300 + "\nload = 0.1",
    "no number": "[[grid]]\ndim = 50\nload = nan",
    "infinite": "[[grid]]\ndim = 50\nload = inf",
    "date": "[[grid]]\ndim = 1979-05-27\nload = 0.1",
    "no text": b"\xff\xfe\x00",
    "nulls": b"\0" * 1000,
    "not TOML": "<xml/>",
    "empty": "",
    "grid is a number": "grid = 3",
    "grid of numbers": "grid = [1, 2]",
    "unknown": "trails = 5\n[[grid]]\ndim = 50\nload = 0.1",
    "table for a value": "[grid]\nload = 0.1\n[grid.dim]\na = 1",
    "billions": "[[grid]]\n"
    + "".join(f"{name} = {list(range(2, 1500))}\n" for name in ("dim", "order", "threshold", "n_patterns")),
    "long steps": "[[grid]]\ndim = 50\nload = {from = 0.1, to = 0.2, steps = 1000000000000}",
    "long name": "[[grid]]\ndim = 50\nload = 0.1\nmemory = '" + "a" * 500_000 + "'",
    "many keys": "[[grid]]\n" + "".join(f"k{i} = 1\n" for i in range(50_000)),
    "path": "[[grid]]\nload = 0.1\npatterns = '/dev/zero.npy'",
    "folder": "[[grid]]\nload = 0.1\npatterns = '/proc/self/fd'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_plans_are_refused_in_one_short_line_and_soon(tmp_path, name):
    path = written(tmp_path, HOSTILE[name])
    began = time.perf_counter()
    with pytest.raises(HebbcapError) as error:
        read_plan(path)
    assert time.perf_counter() - began < 10
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 3000


def test_what_is_no_file_of_fair_size_is_not_read(tmp_path):
    big = tmp_path / "big.toml"
    with big.open("wb") as file:
        file.truncate(2**40)
    for path, said in [(big, "at most"), (tmp_path, "regular"), (tmp_path / "none", "No such file")]:
        with pytest.raises(UnreadableFile, match=said):
            read_plan(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnreadableFile, match="regular"):
            read_plan(tmp_path / "pipe")
    with pytest.raises(HebbcapError):
        read_plan("a\0b")


def test_a_plan_of_data_reads_its_file_once(tmp_path, monkeypatch):
    calls = []
    parse = hebbcap.patterns.ensemble
    monkeypatch.setattr(
        sys.modules["hebbcap.campaign.plan"],
        "parse_ensemble",
        lambda *given, **options: calls.append(given) or parse(*given, **options),
    )
    found = plan({"patterns": "digits", "n_patterns": [3, 4, 5]})
    assert len(found.cells) == 3
    assert len(calls) == 1


def test_the_same_numbers_are_meant_by_the_same_plan_however_it_is_written():
    spelled = plan({"dim": 100, "load": 0.1, "memory": "hopfield", "criterion": "bit-error:0.01"}).cells
    assert [c.key for c in plan({"load": [0.1], "dim": [100]}).cells] == [c.key for c in spelled]
