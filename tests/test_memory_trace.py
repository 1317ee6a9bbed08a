"""The answers about forgetting, from Python and from the command line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import hebbcap
from hebbcap._checks import InvalidArgument, NoTheory
from hebbcap.cli.forgetting import forgetting as command
from hebbcap.memory_trace import forgetting
from hebbcap.plots.forgetting import forgetting_figure
from hebbcap.question import MIDPOINT


@pytest.fixture(scope="module")
def measured():
    return forgetting("decay:0.1", dim=100, precision=0.2)


def test_theory_and_measurement_answer_side_by_side(measured):
    assert measured.readings[-1].value == pytest.approx(measured.measured.n_patterns, abs=3)
    assert measured.ages == measured.trace.ages
    assert repr(measured).startswith("Forgetting(post*pre - 0.1*w, rademacher, dim=100, bit-error:0.01: snr")


def test_result_is_plain_numbers(measured):
    result = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert result["lifetime"]["snr"]["lifetime"] == measured.readings[0].value
    assert len(result["theory"]["signal"]) == len(result["theory"]["ages"])
    assert result["measured"]["low"] <= result["measured"]["lifetime"] <= result["measured"]["high"]


def test_a_picture_is_drawn_with_and_without_a_measurement(measured):
    for result in (measured, forgetting("oja:0.1", patterns="sparse:0.2", dim=100, measure=False)):
        figure = forgetting_figure(result)
        assert isinstance(figure, Figure)
        assert len(figure.axes) == 2


def test_ages_are_those_asked_for():
    result = forgetting("decay:0.1", dim=100, ages=(30, 0, 5), measure=False)
    assert result.ages == (0, 5, 30)
    assert (np.diff(result.theory.signal) < 0).all()


def test_the_threshold_is_the_midpoint_where_patterns_are_not_symmetric():
    options = {"dim": 100, "measure": False}
    assert forgetting("oja", patterns="sparse:0.1", **options).experiment.threshold == MIDPOINT
    assert forgetting("oja", **options).experiment.threshold.value == 0


def test_is_a_public_name():
    assert hebbcap.forgetting is forgetting


def test_without_a_theory_the_measurement_still_answers():
    result = forgetting("decay:0.1", dim=60, criterion="overlap:0.9", precision=0.5)
    assert result.theory is not None
    assert not result.readings[0].applies
    assert result.measured.n_patterns > 0


@pytest.mark.parametrize(
    ("rule", "options", "error", "message"),
    [
        ("hebb", {}, InvalidArgument, "does not read the present weight"),
        ("nonsense", {}, InvalidArgument, "nonsense"),
        ("decay:0.1", {"ages": (-1,)}, InvalidArgument, "ages=-1"),
        ("decay:0.1", {"precision": 0}, InvalidArgument, "precision=0"),
        ("decay:0.1", {"seed": -1}, InvalidArgument, "seed=-1"),
        ("instar:0.1", {}, NoTheory, "never settle"),
    ],
)
def test_what_has_no_answer_is_explained(rule, options, error, message):
    with pytest.raises(error, match=message):
        forgetting(rule, dim=50, **options)


def test_command_prints_tables():
    found = CliRunner().invoke(command, ["bounded:3", "--dim", "200", "--no-measure"])
    assert found.exit_code == 0
    assert "latest patterns held" in found.output
    assert "exact law" in found.output


def test_command_prints_json_and_draws(tmp_path):
    target = tmp_path / "trace.png"
    arguments = ["decay:0.2", "--dim", "60", "--ages", "0,3,9", "--json", "--plot", str(target), "--quiet"]
    found = CliRunner().invoke(command, arguments)
    result = json.loads(found.output)
    assert result["theory"]["ages"] == result["measured"]["ages"] == [0, 3, 9]
    assert target.stat().st_size > 1000


def test_command_refuses_ages_that_are_no_numbers():
    found = CliRunner().invoke(command, ["decay:0.2", "--ages", "0,x"])
    assert found.exit_code == 2
    assert "whole numbers" in found.output
