"""Memories side by side: ranking, refusals and what is printed."""

import json

import numpy as np
import pytest

import hebbcap
from hebbcap.cli.main import run
from hebbcap.comparison import Comparison, compare
from hebbcap.measurement.measured import Cost

QUICK = {"dim": 40, "precision": 0.2, "basin": False}


def test_memories_come_by_falling_capacity():
    found = compare(["hopfield", "dense:3", "hopfield:decay:0.3"], **QUICK)
    held = [row.n_patterns for row in found.rows]
    assert isinstance(found, Comparison)
    assert held == sorted(held, reverse=True)
    assert found.rows[0].memory == "dense:3"


def test_each_row_is_the_capacity_that_is_asked_for_alone():
    found = compare(["hopfield", "dense:3"], **QUICK)
    for row in found.rows:
        alone = hebbcap.capacity(row.memory, dim=40, precision=0.2)
        assert row.capacity.measured == alone.measured


def test_a_memory_that_can_not_be_asked_comes_last_and_says_why():
    found = compare(["dense:3", "hopfield"], patterns="sparse:0.2", **QUICK)
    assert [row.memory for row in found.rows] == ["hopfield", "dense:3"]
    assert "needs -1 and 1" in found.rows[-1].why_not
    assert found.rows[-1].capacity is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_question_that_none_can_be_asked_is_refused():
    with pytest.raises(hebbcap.InvalidArgument, match=r"needs -1 and 1"):
        compare(["dense:3"], patterns="sparse:0.2", **QUICK)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"memories": []}, "must not be empty"),
        ({"memories": ["hopfeld"]}, "did you mean hopfield"),
        ({"at": 0}, "at least 1"),
        ({"precision": 0}, "precision"),
        ({"flips": 0.6}, "flips"),
    ],
)
def test_wrong_arguments_are_refused(change, rule):
    with pytest.raises(hebbcap.InvalidArgument, match=rule):
        compare(**({"memories": ["hopfield"]} | QUICK | change))


def test_basins_are_taken_at_one_common_number_of_patterns():
    found = compare(["hopfield", "dense:3"], dim=60, precision=0.2, at=4)
    assert found.at == 4
    radii = {row.memory: row.basin.radius for row in found.rows}
    assert radii["dense:3"] > radii["hopfield"] > 0.05


def test_more_patterns_than_there_are_leave_basins_out():
    rows = np.random.default_rng(0).choice([-1, 1], (10, 30))
    found = compare(["hopfield"], patterns=rows, at=20, precision=0.3)
    assert found.rows[0].basin is None
    assert "there are no 20 patterns" in found.rows[0].why_not


def test_memories_of_the_users_own_stand_in_the_same_table():
    nearest = hebbcap.own(
        lambda patterns: patterns,
        lambda kept, cues: kept[(cues @ kept.T).argmax(axis=1)],
        name="nearest",
        parameters=lambda dim, n_patterns: dim * n_patterns,
    )
    rows = np.random.default_rng(0).choice([-1, 1], (50, 30))
    found = compare(["hopfield", nearest], patterns=rows, flips=0.1, precision=0.3, basin=False)
    first = found.rows[0]
    assert (first.memory, first.capacity.measured.censored, first.local) == ("nearest", True, None)
    assert first.per_parameter == pytest.approx(0.92, abs=0.05)


def test_real_patterns_are_compared_by_their_cosine():
    found = compare(
        ["modern:1", "hopfield"],
        patterns="sphere",
        criterion="overlap:0.9",
        flips=0.25,
        **(QUICK | {"dim": 20}),
    )
    assert found.rows[0].memory == "modern:1"
    assert found.rows[0].n_patterns > 40
    assert "real numbers" in found.rows[-1].why_not


def test_the_command_prints_a_table_json_and_a_plot(capsys, tmp_path):
    plot = tmp_path / "ranking.svg"
    line = ["compare", "hopfield", "dense:3", "--dim", "40", "--precision", "0.2", "--quiet"]
    assert run([*line, "--plot", str(plot)]) == 0
    table = capsys.readouterr().out
    assert table.index("dense:3") < table.index("hopfield")
    assert "<svg" in plot.read_text()
    assert run([*line, "--json", "--no-basin"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [row["memory"] for row in shown["memories"]] == ["dense:3", "hopfield"]
    assert shown["memories"][0]["seconds_per_cue"] > 0
    assert shown["memories"][0]["basin"] is None


def test_every_memory_is_listed(capsys):
    assert run(["memories"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in hebbcap.memories.NAMES)
    assert run(["memories", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(hebbcap.memories.NAMES)


@pytest.mark.parametrize(
    ("recalled", "rule"),
    [(lambda kept, cues: cues[:, :3], "shape"), (lambda kept, cues: cues * np.nan, "finite")],
    ids=["shape", "nan"],
)
def test_a_memory_that_can_not_be_measured_leaves_the_others(recalled, rule):
    bad = hebbcap.own(lambda patterns: patterns, recalled, name="bad", real=True)
    found = compare([bad, "hopfield"], **QUICK)
    assert [row.memory for row in found.rows] == ["hopfield", "bad"]
    assert found.rows[0].n_patterns > 1
    assert found.rows[1].capacity is None
    assert rule in found.rows[1].why_not
    assert found.experiment.memory_name == "hopfield"
    with pytest.raises(hebbcap.InvalidArgument, match=rule):
        compare([bad], **QUICK)


def test_a_memory_with_a_wrong_number_of_parameters_leaves_the_others():
    bad = hebbcap.own(lambda p: p, lambda p, cues: cues, name="bad", parameters=lambda dim, k: float("nan"))
    found = compare([bad, "hopfield"], **QUICK)
    assert "finite" in found.rows[-1].why_not
    json.dumps(found.to_dict(), allow_nan=False)


def test_other_errors_of_the_users_own_code_are_not_held_back():
    bad = hebbcap.own(lambda patterns: patterns, lambda kept, cues: cues / kept["no such"], name="bad")
    with pytest.raises(IndexError):
        compare(["hopfield", bad], **QUICK)


@pytest.mark.parametrize("given", [None, 3])
def test_memories_that_are_no_list_are_refused(given):
    with pytest.raises(hebbcap.InvalidArgument, match=r"as \['hopfield', 'dense:3'\]"):
        compare(given, **QUICK)


def test_a_trial_too_large_for_memory_is_not_made():
    found = compare(["hopfield", "modern:8"], dim=20, flips=0.25, precision=0.3, at=10**9)
    for row in found.rows:
        assert row.capacity is not None
        assert (row.basin, row.seconds) == (None, None)
        assert "a trial with 1,000,000,000 patterns" in row.why_not


def test_a_trial_that_takes_too_long_is_not_made(monkeypatch):
    monkeypatch.setattr("hebbcap.comparison.trial_cost", lambda *_, **__: Cost(seconds=61.0, n_bytes=0.0))
    (row,) = compare(["hopfield"], at=4, **QUICK).rows
    assert row.seconds is None
    assert "a trial with 4 patterns is too large" in row.why_not
