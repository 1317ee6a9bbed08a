"""Every benchmark runs, once and untimed, at sizes where nothing takes long."""

import doctest
import importlib
import json
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
SHARED = (
    "command",
    "equal_error",
    "harness",
    "libraries",
    "machine",
    "problem",
    "report",
    "researcher",
    "rivals",
    "run",
    "sweep",
)
SCRIPTS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - set(SHARED))


@pytest.fixture(autouse=True)
def _folder_on_path(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.filterwarnings("default")  # those of rivals are not ours
def test_benchmark_runs_and_fills_its_tables(name):
    import command
    import harness

    module = importlib.import_module(name)
    report = getattr(module, name)(harness.TOY)
    assert report.tables or "not installed" in report.text
    for table in report.tables:
        assert table.rows
        assert all(len(row) == len(table.head) for row in table.rows)
    kept = json.loads(json.dumps(command.as_dict(report, {}, harness.TOY)))
    assert kept["title"] in kept["markdown"]


@pytest.mark.parametrize("name", ["cost_curves", "report", "run"])
def test_examples_in_docstrings_hold(name):
    found = doctest.testmod(importlib.import_module(name))
    assert (found.failed, found.attempted > 0) == (0, True)


def test_every_benchmark_has_its_place_on_the_page():
    import run

    assert sorted(run.SCRIPTS) == SCRIPTS


def test_contenders_that_disagree_are_not_timed():
    from harness import TOY, Contender, Disagreement, race

    right = Contender("right", lambda: np.array([1, 2]))
    with pytest.raises(Disagreement, match="wrong differs from the first contender by up to 1"):
        race("", [right, Contender("wrong", lambda: np.array([1, 3]))], TOY)
    with pytest.raises(Disagreement, match="shape"):
        race("", [right, Contender("short", lambda: np.array([1]))], TOY)


def test_rival_that_is_not_installed_is_listed_and_not_judged():
    from harness import TOY, Contender, race
    from report import Report, faster

    found = race("size", [Contender("ours", lambda: 1), Contender("theirs", None)], TOY)
    report = Report("")
    report.add("", [found])
    assert ("theirs", "not installed") in report.tables[0].rows
    verdict = faster(found, "ours", ["theirs"], 2)
    assert (verdict.text, verdict.found) == ("not judged", "theirs: did not run")


@pytest.mark.parametrize(
    ("ours", "text"),
    [(0.5, "met 2.0x"), (2.0, "short by 50 %")],
)
def test_verdict_says_by_how_much_a_goal_is_met_or_missed(ours, text):
    from harness import Race, Timing
    from report import faster

    timings = {
        "ours": Timing("ours", ours, ours, 9),
        "fast": Timing("fast", 3.0, 3.0, 9),
        "slow": Timing("slow", 4.0, 4.0, 9),
    }
    assert faster(Race("", timings), "ours", ["slow", "fast"], at_least=3).text == text


def test_goal_met_only_by_the_best_times_says_so():
    from report import Verdict

    assert Verdict("", "", "", met=1.2, met_median=0.9).text == "met 1.2x (by medians short by 10 %)"


def test_ratio_at_equal_standard_error_weighs_time_by_variance():
    from equal_error import Runs, ratio

    slow = Runs(values=(98.0, 100.0, 102.0), times=(8.0, 8.0, 8.0))
    fine = Runs(values=(99.0, 100.0, 101.0), times=(2.0, 2.0, 2.0))
    assert ratio(slow, fine)[0] == pytest.approx(16)


def test_memory_limit_reads_every_word_once():
    import limits

    words = np.random.default_rng(0).integers(0, 2**32, 128 * 37, dtype=np.uint32)
    read = limits.read(words)
    assert int(read.run().sum()) % 2**32 == int(words.sum()) % 2**32
    assert read.share == 1


def test_popcount_limit_counts_the_ones_of_its_chains():
    import limits
    from harness import TOY

    lanes = 97 * np.arange(12)[:, None] + np.arange(16)
    once = (lanes + np.bitwise_count(lanes ^ 0x5A5A5A5A)).sum(axis=0)
    counted = limits.popcount(1, TOY)
    assert np.array_equal(counted.run(), np.broadcast_to(once, counted.run().shape))


def test_usual_and_tuned_script_measure_the_same_error():
    import researcher

    usual, tuned = (
        np.mean([failing(9, np.random.default_rng(seed)) for seed in range(400)])
        for failing in (researcher.hebb_by_weights(40), researcher.hebb(40))
    )
    # Twice 400 trials of 360 bits at 1.2 % wrong: 5 standard errors are a tenth of it.
    assert usual == pytest.approx(tuned, abs=0.0015)
    assert tuned > 0.008


def test_bisection_finds_the_last_load_that_holds():
    import researcher

    assert researcher.capacity(lambda k, rng: float(k > 37), 0.5, 1, 0) == 37


def test_section_of_the_page_is_replaced_and_the_rest_kept():
    import run

    page = run.with_section("above\n", "x", "old")
    assert run.with_section(page + "below\n", "x", "new") == page.replace("old", "new") + "below\n"
