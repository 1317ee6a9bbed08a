"""Does `hebbcap show` give back what --save kept?"""

import pytest

import hebbcap

QUESTIONS = {
    "capacity": ("capacity", "hopfield", "--dim", "50", "--precision", "0.1"),
    "error": ("error", "dense:3", "--dim", "50", "--n-patterns", "100", "--precision", "0.2"),
    "scaling": ("scaling", "hopfield", "--dims", "30,50,80", "--precision", "0.1"),
    "basin": ("basin", "hopfield", "--dim", "50", "--loads", "0.05", "--precision", "0.2"),
    "forgetting": ("forgetting", "decay:0.2", "--dim", "30", "--precision", "0.5"),
    "compare": ("compare", "hopfield", "centred", "--dim", "50", "--no-basin", "--precision", "0.2"),
}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_result_is_shown_as_when_it_was_new(run, tmp_path, name, form):
    file = tmp_path / "result.safetensors"
    code, new, _ = run(*QUESTIONS[name], "--save", file, *form)
    assert code == 0
    assert run("show", file, *form) == (0, new, "")


def test_a_memory_is_shown_in_a_line(run, tmp_path):
    file = tmp_path / "memory.safetensors"
    hebbcap.save(hebbcap.Hopfield().store([[1, -1, 1], [1, 1, -1]]), file)
    code, out, _ = run("show", file)
    assert code == 0
    assert out.endswith("2 patterns of dim 3\n")
    assert run("show", file, "--json")[0] == 2
    assert run("show", file, "--plot", tmp_path / "x.png")[0] == 2


def test_nothing_is_measured_for_a_place_that_can_not_be_written(run, tmp_path):
    code, out, err = run("capacity", "hopfield", "--save", tmp_path / "none" / "r.safetensors")
    assert (code, out) == (2, "")
    assert "make the folder first" in err
