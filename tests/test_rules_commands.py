import json

import pytest
from click.testing import CliRunner

from hebbcap._checks import HebbcapError
from hebbcap.cli import run as command_line
from hebbcap.cli.rules import best_rule, decompose, formula


def run(command, *arguments):
    done = CliRunner().invoke(command, list(arguments), catch_exceptions=True)
    if isinstance(done.exception, HebbcapError):
        raise done.exception
    assert done.exit_code == 0, done.output
    assert all(len(line) <= 110 for line in done.output.splitlines() if not line.startswith("{"))
    return done.output


def test_decompose_says_what_the_noise_is_and_what_would_win_it_back():
    shown = run(decompose, "post*pre - 0.2", "--dim", "1000")
    assert "constant" in shown
    assert "inhibition would hold 3.3 times as many" in " ".join(shown.split())


def test_formula_derives_and_puts_numbers_in():
    shown = run(formula, "c*post*pre + a*post", "--set", "c=1,a=0.5,D=1000")
    assert "bit-error:0.01: K = 148.47" in shown
    assert "Give D, a, c by --set" in run(formula, "c*post*pre + a*post")
    assert r"K_{\max}" in run(formula, "dense:3", "--latex")


def test_best_rule_is_readable():
    shown = run(best_rule, "--patterns", "sparse:0.1", "--dim", "500")
    assert shown.startswith("(post - 0.1)*(pre - 0.1)\n")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (decompose, ("hebb", "--patterns", "sparse:0.2", "--n-patterns", "1")),
        (
            formula,
            (
                "covariance",
                "--patterns",
                "biased:p",
                "--set",
                "p=0.3,D=100",
                "--criterion",
                "all-patterns:0.1",
            ),
        ),
        (formula, ("dense:n",)),
        (best_rule, ("--patterns", "biased:0.2", "--order", "3", "--threshold", "inhibition")),
    ],
)
def test_json_is_one_line_without_nan(command, arguments):
    shown = run(command, *arguments, "--json")
    assert shown.count("\n") == 1
    json.loads(shown, parse_constant=lambda name: pytest.fail(f"{name} in {shown}"))


@pytest.mark.parametrize("given", ["c", "=1", "c=x", "c==1"])
def test_numbers_that_are_none_are_a_usage_error(given):
    done = CliRunner().invoke(formula, ["c*post*pre", "--set", given])
    assert done.exit_code == 2


def test_letters_that_are_not_there_are_refused():
    with pytest.raises(HebbcapError, match="must be one of"):
        run(formula, "c*post*pre", "--set", "b=1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("formula", "hebb", "--set", "D=-5"), "D=-5.0 must be >= 2"),
        (("formula", "hebb", "--set", "D=100,K=0"), "K=0.0 must be >= 1"),
        (("formula", "c*post*pre", "--set", "c=0,D=100"), "leaves no signal"),
        (("formula", "hebb", "--criterion", "overlap:0.9"), "about fixed points"),
        (("formula", "oja:0.1"), "depends on w"),
        (("best-rule", "--seed", "-1", "--patterns", "digits"), "seed=-1"),
        (("best-rule", "--precision", "nan", "--patterns", "digits"), "precision=nan"),
        (("attractors", "hopfield", "--rule", "oja:0.1"), "weights that forget"),
        (("error", "hopfield", "--rule", "decay:0.1", "--n-patterns", "5"), "age of a pattern"),
    ],
)
def test_what_has_no_answer_is_refused_in_one_line(arguments, words, capsys):
    assert command_line(list(arguments)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_the_best_rule_of_two_neurons_has_no_errors_to_save(capsys):
    assert command_line(["best-rule", "--dim", "2"]) == 0
    assert "post*pre" in capsys.readouterr().out
