import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from hebbcap.campaign import Progress, plan, read_campaign, read_plan, sweep
from hebbcap.campaign.asked import read_definition
from hebbcap.cli import live
from hebbcap.cli.main import run
from hebbcap.memories.own import own
from hebbcap.report.campaign import campaign_report

PLAN = """
trials = 24
[[grid]]
memory = "hopfield"
dim = [20, 40]
n_patterns = [2, 4, 8, 12]
"""


class Brittle:
    def __repr__(self):
        return "brittle"

    def store(self, patterns):
        if len(patterns) > 3:
            raise RuntimeError("it broke [bold]here[/bold]")
        self.patterns = patterns
        return self

    def recall(self, cues):
        return cues


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return path


def text_of(result, width=110, **options):
    console = Console(width=width, highlight=False)
    with console.capture() as held:
        console.print(campaign_report(result, **options))
    return held.get()


def test_a_plan_is_run_drawn_and_exported(plan_file, tmp_path, capsys):
    assert run(["sweep", str(plan_file), "--plot", str(tmp_path / "a.png")]) == 0
    out, err = capsys.readouterr()
    assert "exact law" in out
    assert not err
    store = tmp_path / "plan.db"
    assert (tmp_path / "a.png").stat().st_size > 10_000
    assert run(["plot", str(store)]) == 0
    again, err = capsys.readouterr()
    assert again == out
    assert "drawn into" in err
    assert (tmp_path / "plan.png").exists()
    assert run(["export", str(store), str(tmp_path / "a.csv"), "--blocks"]) == 0
    assert "rows written" in capsys.readouterr().err


def test_json_has_every_cell_and_line_and_the_theories(plan_file, capsys):
    assert run(["sweep", str(plan_file), "--json", "--quiet"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [len(told[part]) for part in ("cells", "lines")] == [8, 2]
    line = told["lines"][1]
    assert line["crossing"]["low"] < line["crossing"]["n_patterns"] < line["crossing"]["high"]
    assert line["theory"]["exact"]["n_patterns"] > 0
    assert line["waiting"] == line["set_aside"] == 0
    assert run(["sweep", str(plan_file), "--json", "--no-theory"]) == 0
    assert "theory" not in json.loads(capsys.readouterr().out)["lines"][0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plot", "missing.db", "a.png"], "is not there"),
        (["plot", "missing.db", "a.gif"], "must end in"),
        (["export", "missing.db", "a.xlsx"], "must end in .csv or .parquet"),
        (["sweep", "missing.toml"], "can't be read"),
    ],
)
def test_mistakes_get_one_line(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert not out
    assert said in err
    assert err.count("\n") == 1


def test_cells_set_aside_are_named_with_their_reason():
    found = sweep(plan({"memory": [Brittle()], "dim": [20, 30], "n_patterns": [2, 3, 4, 5]}, trials=24))
    text = text_of(found)
    assert "4 cells set aside" in text
    assert "RuntimeError: it broke [bold]here[/bold]:" in text
    assert "dim 30, bit-error:0.01: 4, 5 patterns" in text
    assert "2 of 4" in text
    assert "Brittle" in found._repr_html_()


def test_a_user_memory_has_its_crossings_too():
    class Plain:
        def store(self, patterns):
            self.weights = patterns.T.astype(float) @ patterns
            return self

        def recall(self, cues):
            return (2 * (cues @ self.weights >= 0) - 1).astype("int8")

    found = sweep(
        plan({"memory": [Plain()], "dim": 30, "flips": 0.2, "n_patterns": [2, 4, 8, 16]}, trials=32)
    )
    assert found.lines[0].crossing is not None
    assert found.lines[0].bounds[1] is not None


def test_what_all_lines_share_is_said_once_and_what_varies_in_every_row():
    found = sweep(plan({"dim": [20, 30], "flips": 0.1, "n_patterns": [2, 8]}, trials=24))
    head, _, rest = text_of(found).partition("\n")
    assert head.strip() == "hopfield, rademacher patterns, 0.1 of the cue's bits flipped"
    assert "hopfield" not in rest
    assert re.search(r"^ *30 ", rest, re.MULTILINE)


def test_a_narrow_terminal_keeps_what_matters_and_cuts_nothing():
    grid = {"memory": ["pseudo-inverse", "storkey"], "criterion": ["bit-error:0.01", "overlap:0.95"]}
    found = sweep(plan(grid | {"dim": [20, 30], "n_patterns": [2, 4]}, trials=24))
    wide, narrow = text_of(found, 140), text_of(found, 80)
    assert "trials" in wide
    assert "trials" not in narrow
    assert "..." not in narrow
    assert "\N{HORIZONTAL ELLIPSIS}" not in narrow
    assert all(len(line) <= 80 for line in narrow.splitlines())
    for name in ("pseudo-inverse", "bit-error:0.01", "crossing"):
        assert name in narrow


def test_two_hundred_lines_are_two_hundred_rows():
    found = sweep(plan({"dim": list(range(10, 210)), "n_patterns": 2}, trials=24))
    text = text_of(found, theory=False)
    assert sum(bool(re.match(r" *\d+ +> 2", line)) for line in text.splitlines()) == 200


@pytest.mark.parametrize(
    "grid",
    [
        {"memory": "hopfield", "rule": "covariance", "patterns": "sparse:0.2", "dim": 24, "n_patterns": 3},
        {"memory": "dense", "order": 4, "dim": 1000, "flips": 0.123, "n_patterns": 3},
        {
            "memory": "modern:1",
            "patterns": "gaussian",
            "criterion": "overlap:0.95",
            "dim": 12,
            "n_patterns": 3,
        },
        {"patterns": "digits", "n_patterns": 3, "threshold": 0.5, "update": "asynchronous"},
        {"memory": [Brittle()], "dim": 12, "n_patterns": 3},
    ],
)
def test_a_definition_tells_what_was_asked(grid):
    (cell,) = plan(grid, seed=7).cells
    told = read_definition(
        cell.definition, cell.name, dict(cell.spelling).get("flips", cell.experiment.flips)
    )
    e = cell.experiment
    assert (told.memory, told.patterns, told.dim, told.criterion, told.flips, told.update, told.seed) == (
        e.memory_label,
        e.ensemble.name,
        e.dim,
        e.criterion,
        e.flips,
        e.update,
        7,
    )
    assert told.threshold == repr(e.threshold)
    assert ("data" in told.version) == (grid.get("patterns") == "digits")
    assert ("code" in told.version) == (not isinstance(grid.get("memory", ""), str))


def test_what_is_no_definition_is_refused():
    with pytest.raises(ValueError, match="none of a cell"):
        read_definition("hopfield", "hopfield")


def test_a_store_is_read_where_its_files_are_gone(tmp_path):
    import numpy as np

    path = tmp_path / "mine.npy"
    np.save(path, np.random.default_rng(0).choice([-1, 1], size=(60, 20)))
    asked = {"patterns": str(path), "n_patterns": [2, 4, 20, 40]}
    sweep(plan(asked, trials=24), store=tmp_path / "runs.db")
    before = read_campaign(tmp_path / "runs.db")
    assert before.lines[0].experiment is not None
    path.unlink()
    after = read_campaign(tmp_path / "runs.db")
    assert after.lines[0].experiment is None
    assert after.lines[0].theory == ()
    assert after.to_dict() == before.to_dict()
    assert "mine" in text_of(after)


def progress(over, cells, ended=(), to_go=100.0):
    return Progress(cells, over, 3 * over, 2 * over, 10.0, to_go, "the cell", tuple(ended))


def test_cells_are_counted_by_line_as_they_end():
    asked = plan({"dim": [20, 30, 40], "n_patterns": [2, 4]})
    tally = live.Tally(asked)
    tally.add(progress(3, 6, (0, 1, 4)))
    assert (tally.cells, tally.over) == ([2, 2, 2], [2, 0, 1])
    assert tally.shown(3) == [0, 1, 2]
    assert tally.shown(2) == [1, 2]
    tally.add(progress(6, 6, (2, 3, 5)))
    assert tally.shown(2) == [1, 2]


def test_every_cell_is_told_of_once():
    asked = plan({"dim": [20, 30, 40], "n_patterns": [2, 4]}, trials=24)
    seen = []
    sweep(asked, watch=seen.append)
    assert sorted(place for one in seen for place in one.ended) == list(range(6))
    assert seen[-1].cells_over == 6
    assert seen[-1].to_go == 0


def test_a_table_fits_the_terminal():
    asked = plan({"dim": list(range(20, 60)), "n_patterns": [2, 4]})
    tally = live.Tally(asked)
    console = Console(width=80, height=20)
    with console.capture() as held:
        console.print(live.table(tally, progress(0, 80), 20))
    lines = held.get().splitlines()
    assert len(lines) <= 20
    assert "and 26 lines more; 0 of 40 are over" in held.get()
    assert "about 2 minutes to go" in held.get()


def test_a_log_has_a_line_now_and_then(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    with live.live_table(plan({"dim": 20, "n_patterns": [2, 4]})) as watch:
        for second in range(100):
            now[0] = float(second)
            watch(progress(1, 2))
        watch(progress(2, 2, to_go=0.0))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("hebbcap: 1 of 2 cells")
    assert "done" in lines[-1]


def test_nothing_is_shown_where_that_is_asked_for_or_it_is_over_at_once(capsys):
    asked = plan({"dim": 20, "n_patterns": [2, 4]})
    with live.live_table(asked, off=True) as watch:
        assert watch is None
    with live.live_table(asked) as watch:
        watch(progress(2, 2))
    assert not capsys.readouterr().err


def test_names_reach_the_terminal_as_plain_text():
    def broken(patterns):
        raise RuntimeError("stop [/red]\x1b[2J")

    loud = own(broken, lambda kept, cues: cues, name="loud [/red]\x1b[2J")
    asked = plan({"memory": [loud, "hopfield"], "dim": 20, "n_patterns": [2]}, trials=24)
    found = sweep(asked)
    assert found.set_aside
    assert "\x1b" not in text_of(found) + json.dumps(found.to_dict(), ensure_ascii=False)
    console = Console(width=80, height=20)
    with console.capture() as held:
        console.print(live.table(live.Tally(asked), progress(0, 2), 20))
    assert "[/red]" in held.get()


def test_the_plan_of_the_examples_is_one():
    assert len(read_plan(Path(__file__).parents[2] / "examples" / "phase_diagram.toml").cells) == 91


def test_an_unknown_time_is_not_shown():
    assert "nan" not in live.sentence(progress(0, 4, to_go=float("nan")))


@pytest.fixture
def files(tmp_path):
    """Return a plan, its store, and a link to the store under the name of a table."""
    plan_file, store = tmp_path / "p.toml", tmp_path / "p.db"
    plan_file.write_text("[[grid]]\ndim = 30\nn_patterns = [2, 4]\n")
    sweep(plan_file, store=store)
    link = tmp_path / "link.csv"
    link.symlink_to(store)
    return plan_file, store, link


def test_nothing_is_written_over_a_store_or_a_plan(run, files, tmp_path):
    plan_file, store, link = files
    before = store.read_bytes(), plan_file.read_bytes()
    picture = tmp_path / "p.png"
    for arguments in (
        ("export", store, link),
        ("sweep", plan_file, "--store", picture, "--plot", picture),
        ("plot", store, tmp_path / "p.toml.png" / ".." / "p.db"),
        ("sweep", plan_file, "--store", plan_file),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), arguments
        assert err.count("\n") == 1
    assert (store.read_bytes(), plan_file.read_bytes()) == before
    assert not picture.exists()


def test_readers_leave_nothing_beside_a_store(run, files, tmp_path):
    _, store, _ = files
    assert run("export", store, tmp_path / "t.csv")[0] == 0
    assert run("plot", store, tmp_path / "t.png", "--no-theory")[0] == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "p.db", "p.toml", "t.csv", "t.png"]


def test_threads_that_are_no_number_are_refused_and_no_cell_is_set_aside(run, files, monkeypatch):
    plan_file, store, _ = files
    monkeypatch.setenv("HEBBCAP_NUM_THREADS", "abc")
    monkeypatch.setattr("hebbcap.kernels.threads._count", None)
    code, _, err = run("sweep", plan_file, "--store", store)
    assert code == 2
    assert "HEBBCAP_NUM_THREADS" in err
