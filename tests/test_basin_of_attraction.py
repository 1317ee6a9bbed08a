import json

import pytest
from click.testing import CliRunner

from hebbcap._checks import InvalidArgument
from hebbcap.basin_of_attraction import MEANINGS, basin
from hebbcap.cli.basins import basin as command
from hebbcap.memories import Hopfield
from hebbcap.plots.basins import basin_figure
from hebbcap.plots.frame import save


@pytest.fixture(scope="module")
def result():
    return basin("hopfield", dim=100, loads=[0.05, 0.3], precision=0.03, seed=1)


def test_loads_become_whole_numbers_of_patterns_in_rising_order():
    found = basin("dense:3", dim=40, loads=[2, 0.5, 0.501, 0.001], measure=False)
    assert [r.n_patterns for r in found.radii] == [1, 20, 80]
    assert [r.load for r in found.radii] == [1 / 40, 0.5, 2]


def test_each_answer_is_named_and_explained(result):
    assert [r.method for r in result.radii[0].theory] == list(MEANINGS)
    assert all(r.applies for r in result.radii[0].theory)


def test_one_step_is_short_of_what_is_measured_and_naive_is_beyond(result):
    first = result.radii[0]
    assert first.reading("one-step") < first.measured.low
    assert first.reading("naive") > first.measured.high


def test_overloaded_memory_has_no_radius_by_any_answer(result):
    last = result.radii[-1]
    assert [r.value for r in last.theory] == [None] * 4
    assert {r.why for r in last.theory} == {"not even an intact cue is kept"}
    assert last.measured.radius is None


def test_dict_is_plain_json(result):
    shown = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert shown["radii"][0]["measured"]["radius"] == result.radii[0].measured.radius
    assert shown["radii"][1]["theory"]["mean-field"]["applies"] is False


def test_loads_left_out_follow_the_capacity():
    few, many = (basin(spec, dim=40, measure=False).radii[-1].n_patterns for spec in ("dense:2", "dense:3"))
    assert few < 10 < many


def test_theory_can_be_left_out():
    found = basin("hopfield", dim=60, loads=[0.05], theory=False, precision=0.05)
    assert found.radii[0].theory == ()
    assert found.radii[0].measured is not None


class Forgetful:
    def store(self, patterns):
        return None

    def recall(self, cues):
        return cues


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"criterion": "bit-error:0.01"}, "overlap:M"),
        ({"loads": []}, "loads"),
        ({"loads": [0.0]}, "loads"),
        ({"loads": 0.1}, "loads"),
        ({"flips": 0.1}, "flips"),
        ({"precision": 0}, "precision"),
        ({"patterns": "digits", "loads": [100]}, "n_patterns"),
    ],
)
def test_bad_arguments_are_refused(arguments, name):
    with pytest.raises(InvalidArgument, match=name):
        basin("hopfield", **arguments)


def test_loads_are_asked_for_where_no_theory_tells_them():
    with pytest.raises(InvalidArgument, match="loads"):
        basin(Forgetful(), dim=20)


def test_figure_is_drawn(result, tmp_path):
    save(basin_figure(result), tmp_path / "basin.png")
    assert (tmp_path / "basin.png").stat().st_size > 10_000


def test_command_prints_a_table_that_says_what_its_columns_mean():
    shown = CliRunner().invoke(command, ["hopfield", "--dim", "60", "--loads", "0.05", "--precision", "0.05"])
    assert shown.exit_code == 0, shown.output
    assert "share of flipped bits" in shown.output
    assert "Amari-Maginu:" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 110


def test_command_prints_json():
    shown = CliRunner().invoke(command, ["dense:3", "--dim", "40", "--loads", "1", "--no-measure", "--json"])
    answer = json.loads(shown.output)
    assert answer["memory"] == "dense:3"
    assert answer["radii"][0]["measured"] is None


def test_command_refuses_loads_that_are_no_numbers():
    shown = CliRunner().invoke(command, ["hopfield", "--loads", "few"])
    assert shown.exit_code == 2
    assert "must be numbers with commas" in shown.output


def test_memory_itself_may_be_given():
    found = basin(Hopfield(), dim=60, loads=[0.05], measure=False)
    assert found.experiment.memory == Hopfield()
