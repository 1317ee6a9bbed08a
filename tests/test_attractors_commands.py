import json

import pytest
from click.testing import CliRunner

import hebbcap
from hebbcap._checks import HebbcapError, InvalidArgument, NoTheory
from hebbcap.cli.attractors import attractors, phase_diagram


def run(command, *arguments):
    done = CliRunner().invoke(command, list(arguments), catch_exceptions=True)
    if isinstance(done.exception, HebbcapError):
        raise done.exception
    assert done.exit_code == 0, done.output
    assert all(len(line) <= 110 for line in done.output.splitlines() if not line.startswith("{"))
    return done.output


def test_attractors_gives_the_critical_load_and_says_which_state_an_overlap_belongs_to():
    shown = run(attractors, "hopfield", "--load", "0.1", "--load", "0.14", "--measure", "--dim", "200")
    assert "critical load 0.137906" in shown
    assert "overlap: equilibrium (replica symmetric)." in shown
    assert "measured: metastable (dynamics from the pattern)" in shown
    assert "nothing recalled" in shown


def test_attractors_of_a_dense_memory_lie_beside_its_dynamics():
    shown = run(attractors, "dense:3", "--load", "0.24")
    assert "load is 3 K / D^2" in shown
    assert "from the pattern: metastable" in shown


def test_attractors_reads_synapses_thresholds_and_rules():
    assert "critical load 0.101839" in run(attractors, "hopfield", "--clipped", "--load", "0.05")
    found = json.loads(
        run(
            attractors,
            *("hopfield", "--rule", "covariance", "--patterns", "sparse:0.1"),
            *("--threshold", "best", "--load", "0.3", "--json"),
        )
    )
    assert found["critical"]["load"] == pytest.approx(0.44097, abs=1e-5)
    shown = run(attractors, "hopfield", "--rule", "post*pre + 0.5*post", "--load", "0.1")
    assert "this is the median pattern" in " ".join(shown.split())


def test_attractors_draws_and_prints_as_json(tmp_path):
    plot = tmp_path / "overlap.png"
    found = json.loads(run(attractors, "hopfield", "--temperature", "0.3", "--json", "--plot", str(plot)))
    assert found["critical"]["load"] == pytest.approx(0.10333, abs=1e-5)
    assert plot.stat().st_size > 10_000


def test_phase_diagram_names_its_lines_and_draws(tmp_path):
    plot = tmp_path / "phases.svg"
    shown = run(phase_diagram, "--points", "8", "--plot", str(plot))
    for name in ("spin glass", "retrieval", "global minimum", "replica symmetry"):
        assert f"{name}: below it" in shown
    assert plot.stat().st_size > 10_000
    lines = json.loads(run(phase_diagram, "dense:3", "--points", "8", "--json"))["lines"]
    assert list(lines) == ["retrieval"]


@pytest.mark.parametrize(
    ("command", "arguments", "error"),
    [
        (attractors, ("hopfield", "--rule", "post*pre + 1"), NoTheory),
        (attractors, ("exponential",), NoTheory),
        (attractors, ("hopfield", "--load", "-1"), InvalidArgument),
        (attractors, ("hopfield", "--threshold", "middle"), InvalidArgument),
        (attractors, ("hopfield", "--temperature", "2"), NoTheory),
        (attractors, ("hopfield", "--clipped", "--measure", "--load", "0.05"), InvalidArgument),
        (attractors, ("hopfield", "--connectivity", "0"), InvalidArgument),
        (phase_diagram, ("--points", "2"), InvalidArgument),
        (phase_diagram, ("exponential",), NoTheory),
    ],
)
def test_what_cannot_be_answered_is_said(command, arguments, error):
    with pytest.raises(error):
        run(command, *arguments)


def test_attractors_can_be_asked_from_the_package():
    assert hebbcap.critical_load("hopfield").n_patterns(dim=1000) == 137
    assert "attractor" in dir(hebbcap)
