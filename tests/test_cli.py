"""The command line, as other programs rely on it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hebbcap import engines
from hebbcap.kernels import threads

ALL_THREADS = threads.count()


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "hebbcap", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        **options,
    )


def test_capacity_json_has_the_promised_keys(run):
    code, out, err = run("capacity", "hopfield", "--dim", 200, "--precision", 0.05, "--json")
    result = json.loads(out)
    assert (code, err) == (0, "")
    assert result["memory"] == "hopfield"
    assert (result["dim"], result["patterns"], result["criterion"]) == (200, "rademacher", "bit-error:0.01")
    assert (result["flips"], result["seed"]) == (0.0, 0)
    assert result["theory"]["snr"]["n_patterns"] == 37
    assert result["theory"]["exact"]["n_patterns"] == 38
    assert set(result["measured"]) >= {"n_patterns", "low", "high", "confidence", "trials", "censored"}


def test_json_tells_what_was_predicted_and_nothing_of_the_clock(run):
    arguments = ("capacity", "hopfield", "--dim", 200, "--precision", 0.05, "--no-theory", "--json")
    first, again = (json.loads(run(*arguments)[1]) for _ in range(2))
    assert first == again
    assert set(first["measured"]["predicted"]) == {"seconds", "bytes"}
    assert 0 < first["measured"]["predicted"]["seconds"] < 60


def test_a_budget_that_ends_the_measurement_is_noted(run):
    question = ("capacity", "hopfield", "--dim", 1000, "--precision", 0.001, "--no-theory", "--json")
    code, out, _ = run(*question, "--budget", "1ms")
    measured = json.loads(out)["measured"]
    assert code == 0
    assert "the budget of 0.001 s" in measured["note"]
    assert measured["trials"] < 1000
    scaled = json.loads(run("scaling", "hopfield", "--dims", "50,100", "--budget", "1m", "--json")[1])
    assert scaled["measured"]["exponent"] > 0.8


def test_engine_and_threads_change_who_works_and_not_the_answer(run):
    question = ("capacity", "hopfield", "--dim", 60, "--precision", 0.1, "--criterion", "overlap:0.9")
    said = {run(*question, *more)[:2] for more in ((), ("--threads", 1), ("--engine", "numpy"))}
    assert len(said) == 1
    assert next(iter(said))[0] == 0
    assert threads.count() == ALL_THREADS
    assert engines.engine() is engines.get(None)


def test_error_json_puts_bit_error_in_place_of_the_count(run):
    code, out, _ = run(
        "error", "dense", "--order", 3, "--dim", 100, "--n-patterns", 300, "--json", "--precision", 0.1
    )
    result = json.loads(out)
    assert code == 0
    assert result["n_patterns"] == 300
    assert result["theory"]["exact"]["bit_error"] == pytest.approx(0.000511064, rel=1e-5)
    assert result["measured"]["low"] < result["measured"]["bit_error"] < result["measured"]["high"]


def test_a_theory_that_does_not_apply_says_why(run):
    _, out, _ = run("capacity", "hopfield", "--patterns", "digits", "--no-measure", "--json")
    exact = json.loads(out)["theory"]["exact"]
    assert exact["applies"] is False
    assert "correlated" in exact["why"]


def test_scaling_gives_exponents_and_trend(run):
    code, out, _ = run("scaling", "dense", "--order", 3, "--dims", "50,100", "--json", "--precision", 0.05)
    result = json.loads(out)
    assert code == 0
    assert result["theory"]["exact"]["exponent"] == pytest.approx(2.026, abs=2e-3)
    assert result["measured"]["low"] < result["theory"]["exact"]["exponent"] < result["measured"]["high"]
    slopes = [slope for _, _, slope in result["theory"]["exact"]["trend"]]
    assert slopes == sorted(slopes, reverse=True)


def test_a_slope_over_sizes_too_small_for_one_says_so(run):
    code, out, err = run("scaling", "hopfield", "--dims", "2,3", "--no-measure", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["theory"]["exact"]["applies"] is False


def test_same_seed_prints_the_same_text(run):
    first = run("capacity", "dense", "--dim", 50, "--seed", 7)
    assert run("capacity", "dense", "--dim", 50, "--seed", 7) == first
    assert run("capacity", "dense", "--dim", 50, "--seed", 8) != first


def test_tables_name_every_answer(run):
    for arguments in (
        ("capacity", "hopfield", "--dim", 100, "--flips", 0.1),
        ("capacity", "hopfield", "--patterns", "digits"),
        ("error", "exponential", "--dim", 12, "--n-patterns", 50, "--precision", 0.2),
        ("scaling", "hopfield", "--dims", "50,100", "--precision", 0.05),
    ):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        assert "signal to noise" in out
        assert "exact law" in out
        assert "measured" in out


def test_info_lists_versions_threads_and_engines(run):
    code, out, _ = run("info", "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["threads"]["hebbcap"] >= 1
    assert set(facts["engines"]) == {"packed", "numpy", "torch"}
    assert facts["engine"] in facts["engines"]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plots_are_written_in_the_format_asked(run, tmp_path, suffix):
    target = tmp_path / f"plot{suffix}"
    assert run("capacity", "hopfield", "--dim", 60, "--precision", 0.1, "--plot", target)[0] == 0
    start_of = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert target.read_bytes().startswith(start_of)
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_recall_and_scaling_draw_pictures(run, tmp_path):
    recalled, slopes = tmp_path / "recall.png", tmp_path / "scaling.png"
    code, out, _ = run(
        "recall", "dense", "--patterns", "digits", "--n-patterns", 3, "--flips", 0.1, "--plot", recalled
    )
    assert code == 0
    assert "cue 3: overlap" in out
    assert run("scaling", "hopfield", "--dims", "50,100", "--precision", 0.1, "--plot", slopes)[0] == 0
    point = tmp_path / "error.png"
    few = ("--dim", 50, "--n-patterns", 8, "--precision", 0.1)
    assert run("error", "hopfield", *few, "--plot", point)[0] == 0
    assert point.stat().st_size > 5000
    assert recalled.stat().st_size > 5000
    assert slopes.stat().st_size > 5000


BAD = {
    "dim zero": ("capacity", "hopfield", "--dim", "0"),
    "dim one trillion": ("error", "hopfield", "--dim", str(10**12), "--n-patterns", "10"),
    "dim in words": ("capacity", "hopfield", "--dim", "many"),
    "trial larger than memory": ("error", "hopfield", "--dim", str(10**9), "--n-patterns", "1000"),
    "unknown memory": ("capacity", "hopfeld"),
    "unknown patterns": ("capacity", "hopfield", "--patterns", "digitz"),
    "unknown criterion": ("capacity", "hopfield", "--criterion", "bits:0.1"),
    "criterion out of range": ("capacity", "hopfield", "--criterion", "bit-error:2"),
    "formula with a function call": ("capacity", "hopfield", "--rule", "exp(post)*pre"),
    "formula that is not one": ("capacity", "hopfield", "--rule", "__import__('os').system('true')"),
    "zeros into a dense memory": ("capacity", "dense", "--patterns", "sparse:0.1"),
    "more patterns than the data": ("error", "hopfield", "--patterns", "digits", "--n-patterns", "5000"),
    "dim against the data": ("capacity", "hopfield", "--patterns", "digits", "--dim", "65"),
    "all bits flipped": ("capacity", "hopfield", "--flips", "0.5"),
    "flips that are not a number": ("capacity", "hopfield", "--flips", "nan"),
    "order one": ("capacity", "dense", "--order", "1"),
    "order for hopfield": ("capacity", "hopfield", "--order", "3"),
    "rule for dense": ("capacity", "dense", "--rule", "hebb"),
    "nothing to answer": ("capacity", "hopfield", "--no-theory", "--no-measure"),
    "negative seed": ("capacity", "hopfield", "--seed", "-1"),
    "budget of no time": ("capacity", "hopfield", "--budget", "soon"),
    "budget of nothing": ("capacity", "hopfield", "--budget", "0s"),
    "unknown engine": ("capacity", "hopfield", "--engine", "steam"),
    "no threads": ("capacity", "hopfield", "--threads", "0"),
    "precision zero": ("capacity", "hopfield", "--precision", "0"),
    "missing file": ("capacity", "hopfield", "--patterns", "absent.npy"),
    "plot of unknown kind": ("capacity", "hopfield", "--plot", "plot.doc"),
    "plot in a missing folder": ("capacity", "hopfield", "--plot", "absent/plot.png"),
    "negative seed of a slope": ("scaling", "hopfield", "--dims", "20,40", "--seed", "-1"),
    "negative seed of a recall": ("recall", "hopfield", "--n-patterns", "5", "--seed", "-1"),
    "rule that writes nothing": ("capacity", "hopfield", "--rule", "0*post"),
    "empty rule": ("capacity", "hopfield", "--rule", ""),
    "empty plot": ("capacity", "hopfield", "--plot", ""),
    "plot that can't be written": ("capacity", "hopfield", "--plot", "/proc/plot.png"),
    "one dim to fit": ("scaling", "hopfield", "--dims", "100"),
    "dims in words": ("scaling", "hopfield", "--dims", "100,many"),
    "scaling of data": ("scaling", "hopfield", "--patterns", "digits"),
    "no command": ("remember",),
    "no option": ("capacity", "hopfield", "--fast"),
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD.keys())
def test_bad_usage_gets_one_line_and_code_two_at_once(run, arguments):
    began = time.perf_counter()
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"hebbcap: [^\n]+\n", err)
    assert time.perf_counter() - began < 5


def save(path, array):
    np.save(path, array)
    return path


def test_bad_files_get_one_line_and_code_two(run, tmp_path):
    huge = tmp_path / "huge.npy"
    with open(huge, "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 120)}
        )
    garbage = tmp_path / "garbage.npy"
    garbage.write_bytes(b"\x93NUMPY\x01\x00" + bytes(range(200)))
    cases = [
        huge,
        garbage,
        save(tmp_path / "nan.npy", np.array([[1.0, np.nan], [1.0, -1.0]])),
        save(tmp_path / "flat.npy", np.ones(10)),
        save(tmp_path / "empty.npy", np.ones((0, 10))),
        save(tmp_path / "one.npy", np.ones((1, 10))),
        save(tmp_path / "objects.npy", np.array([[None, {}]], dtype=object)),
        tmp_path,
    ]
    for path in cases:
        code, out, err = run("capacity", "hopfield", "--patterns", path)
        assert (code, out) == (2, ""), path
        assert re.fullmatch(r"hebbcap: [^\n]+\n", err), (path, err)


def test_a_users_own_file_is_measured(run, tmp_path):
    rng = np.random.default_rng(0)
    path = save(tmp_path / "mine.npy", rng.choice([-1, 1], (60, 40)))
    code, out, _ = run("capacity", "hopfield", "--patterns", path, "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["dim"], result["patterns"]) == (40, str(path))
    assert 5 <= result["measured"]["n_patterns"] <= 11


def test_data_that_run_out_are_called_censored(run, tmp_path):
    rng = np.random.default_rng(0)
    path = save(tmp_path / "few.npy", rng.choice([-1, 1], (10, 200)))
    _, out, _ = run("capacity", "hopfield", "--patterns", path, "--json")
    measured = json.loads(out)["measured"]
    assert (measured["n_patterns"], measured["high"], measured["censored"]) == (10, None, True)
    assert ">= 10" in run("capacity", "hopfield", "--patterns", path)[1]


def test_interrupt_ends_with_code_130_within_a_second():
    process = start("capacity", "dense", "--dim", "1000", "--criterion", "all-patterns:0.01", "--no-theory")
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    began = time.perf_counter()
    out, err = process.communicate(timeout=10)
    assert time.perf_counter() - began < 1.5
    assert (process.returncode, out, err) == (130, "", "hebbcap: interrupted\n")


def test_a_closed_pipe_is_no_error():
    process = start("capacity", "--help")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(10)


def test_help_imports_none_of_the_heavy_libraries():
    code = (
        "import sys, hebbcap.cli\n"
        "hebbcap.cli.run(['--help'])\n"
        "heavy = {'numpy', 'scipy', 'sklearn', 'matplotlib', 'sympy', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)
