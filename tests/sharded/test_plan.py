"""The plan's tables follow from its figures."""

import importlib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    return importlib.import_module("build_scale")


def test_the_page_shows_what_the_formulas_give(plan):
    text = plan.PAGE.read_text(encoding="utf-8")
    assert plan.page(text) == text


def test_figures_that_the_plan_starts_from_are_those_on_the_page(plan):
    text = plan.PAGE.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    cells = {row[1]: row[2:] for row in rows if len(row) > 3}
    sums = {name: cells[name][1].split(",")[0] for name in cells if len(cells[name]) == 4}
    assert sums["pairwise"] == f"{1000 * plan.SUMS['pairwise'][0]:.0f} ms"
    assert sums["dense, n = 3"] == f"{1000 * plan.SUMS['dense, n = 3'][0]:.0f} ms"
    assert sums["dense, n = 3, fine terms for K = 1e12"] == f"{1000 * plan.SUMS['dense, n = 3'][1]:.0f} ms"
    reach, fine = (float(sums[name].split()[0]) for name in ("reach", "exponential, fine terms for K = 1e9"))
    assert round(reach + fine, 1) == round(1000 * plan.SUMS["exponential"][0], 1)
    assert cells["read and check the hash"][0] == f"{1000 * plan.READ:.0f} ms"
    assert cells["hold, both ways round"][0] == f"{1000 * plan.HOLD:.0f} ms"
    assert cells["a Dask task that does nothing"][0] == f"{1000 * plan.TASK:.2f} ms"


def test_tasks_and_merges_of_a_few_machines(plan):
    # One machine: the ask, four answers, one merge. A hundred: 1 + 100 + 13 + 2 + 1.
    assert [plan.n_tasks(machines) for machines in (1, 100)] == [6, 117]
    assert [plan.depth(machines) for machines in (1, 2, 16, 100, 1000)] == [1, 1, 2, 3, 4]
