import numpy as np
import pytest
from scipy.stats import binom

from hebbcap.campaign import plan, read_campaign, sweep
from hebbcap.campaign.axes import axes_of, count_shown
from hebbcap.campaign.crossing import find_crossing
from hebbcap.campaign.diagram import theories
from hebbcap.campaign.store import Store, UnusableStore
from hebbcap.estimate import experiment
from hebbcap.measurement.block import run_block
from hebbcap.measurement.measured import CONFIDENCE
from hebbcap.measurement.posterior import crossing
from hebbcap.measurement.tally import Tally
from hebbcap.plots.campaign import MOST_PANELS, campaign_figure


def tally(n_patterns, counts):
    return Tally(
        (float(n_patterns),),
        np.array([float(counts.judged)]),
        counts.trials,
        np.array([float(counts.failures)]),
        np.array([[float(counts.squares)]]),
    )


LOADS = (10, 12, 15, 18, 20, 22, 25, 28, 30)
SEEDS = 120


@pytest.fixture(scope="module")
def lines_of_cells():
    asked = experiment("hopfield", dim=100)
    return [[tally(k, run_block(asked, k, seed, 0, 64)) for k in LOADS] for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def exact():
    found = sweep({"dim": 100, "n_patterns": 10})
    return theories(found.lines).sharpest(0).n_patterns


MOST_MISSES = int(binom.isf(1e-6, SEEDS, 1 - CONFIDENCE))


def test_the_interval_of_a_crossing_holds_that_of_the_exact_law(lines_of_cells, exact):
    found = [find_crossing(cells, 0.01) for cells in lines_of_cells]
    assert sum(not f.low <= exact <= f.high for f in found) <= MOST_MISSES


def test_a_line_through_all_cells_misses_it(lines_of_cells, exact):
    found = [crossing(cells, 0.01, CONFIDENCE, centre=19, reach=1.5) for cells in lines_of_cells]
    assert sum(not f.low <= exact <= f.high for f in found) > MOST_MISSES


def test_a_crossing_a_tenth_away_is_missed(lines_of_cells, exact):
    found = [find_crossing(cells, 0.01) for cells in lines_of_cells]
    assert sum(not f.low <= 1.1 * exact <= f.high for f in found) > MOST_MISSES


def test_the_crossing_agrees_with_that_of_capacity(lines_of_cells):
    from hebbcap import capacity

    measured = capacity("hopfield", dim=100, seed=3, theory=False).measured
    found = find_crossing(lines_of_cells[0], 0.01)
    assert found.low < measured.crossing.high
    assert found.high > measured.crossing.low


def test_cells_on_one_side_show_no_crossing(lines_of_cells):
    cells = lines_of_cells[0]
    assert find_crossing(cells[:3], 0.01) is None
    assert find_crossing(cells[-3:], 0.01) is None
    assert find_crossing([], 0.01) is None


def test_cells_far_apart_widen_the_interval(lines_of_cells):
    cells = lines_of_cells[0]
    near, far = find_crossing(cells, 0.01), find_crossing([cells[0], cells[-1]], 0.01)
    assert far.high - far.low > 1.5 * (near.high - near.low)


def test_axes_are_what_varies_numbers_in_order():
    found = sweep({"memory": ["dense:4", "dense:3"], "dim": [40, 20], "n_patterns": 3})
    axes, common = axes_of(found.lines)
    assert [axis.name for axis in axes] == ["memory", "dim"]
    assert axes[0].numbers == (3.0, 4.0)
    assert axes[1].values == (20, 40)
    assert common["criterion"] == "bit-error:0.01"


def test_what_comes_with_the_memory_is_no_axis_of_its_own():
    found = sweep(
        {"memory": ["hopfield", "hopfield:covariance"], "patterns": "sparse:0.2", "dim": 20, "n_patterns": 3}
    )
    assert [axis.name for axis in axes_of(found.lines)[0]] == ["memory"]
    asked = sweep({"memory": "hopfield", "threshold": [0.0, 2.0], "dim": 20, "n_patterns": 3})
    assert [axis.name for axis in axes_of(asked.lines)[0]] == ["threshold"]


def test_theories_answer_the_crossing_between_whole_numbers(exact):
    found = sweep({"dim": 100, "n_patterns": [10, 20]})
    (line,) = found.lines
    whole = {reading.method: reading.value for reading in line.theory}
    for answer in theories([line]).answers[0]:
        assert whole[answer.method] < answer.n_patterns < whole[answer.method] + 1


def test_theories_end_when_their_time_is_over():
    found = sweep({"dim": [20, 30, 40], "n_patterns": 3})
    said = theories(found.lines, seconds=-1)
    assert said.left_out == 3
    assert said.answers == ((), (), ())


def drawn(figure):
    return [place for place in figure.axes if place.get_visible() and place.get_label() != "<colorbar>"]


def test_a_single_line_is_drawn_as_rate_against_load():
    found = sweep({"dim": 50, "load": [0.1, 0.2, 0.3]})
    (place,) = drawn(campaign_figure(found))
    assert place.get_xlabel() == "load K / D"
    labels = place.get_legend_handles_labels()[1]
    assert any(label.startswith("exact law") for label in labels)
    assert any(label.startswith("crossing") for label in labels)
    plain = drawn(campaign_figure(found, theory=False))[0].get_legend_handles_labels()[1]
    assert not any(label.startswith("exact law") for label in plain)


def test_theory_and_crossing_stand_where_the_report_says():
    found = sweep({"dim": [40, 80], "n_patterns": [4, 8, 12, 16, 20, 24]})
    (place,) = drawn(campaign_figure(found, y="n_patterns"))
    line = next(one for one in place.get_lines() if one.get_label() == "exact law")
    said = theories(found.lines)
    np.testing.assert_allclose(line.get_ydata(), [said.sharpest(i).n_patterns for i in range(2)])
    np.testing.assert_allclose(line.get_xdata(), [40, 80])
    (bars,) = [c for c in place.containers if c.get_label().startswith("measured")]
    np.testing.assert_allclose(bars[0].get_ydata(), [one.crossing.median for one in found.lines])


def test_further_axes_make_panels_up_to_a_number():
    found = sweep(
        {"memory": ["hopfield", "dense:3"], "flips": [0.0, 0.1], "dim": [20, 30], "n_patterns": [2, 4]}
    )
    titles = [place.get_title() for place in drawn(campaign_figure(found))]
    assert titles == [
        "hopfield, 0% flipped",
        "hopfield, 10% flipped",
        "dense:3, 0% flipped",
        "dense:3, 10% flipped",
    ]
    flips = [k / 40 for k in range(MOST_PANELS + 2)]
    many = sweep(plan({"flips": flips, "dim": [20, 40], "n_patterns": [2]}, trials=24))
    figure = campaign_figure(many, x="dim", theory=False)
    assert len(drawn(figure)) == MOST_PANELS
    assert f"{MOST_PANELS} of {len(flips)} panels" in figure.get_suptitle()


def test_an_axis_that_does_not_vary_is_refused_by_name():
    found = sweep({"dim": [20, 30], "n_patterns": [2, 4]})
    with pytest.raises(ValueError, match="must be one of dim"):
        campaign_figure(found, x="flips")
    with pytest.raises(ValueError, match="load or n_patterns"):
        campaign_figure(found, y="dim")


def test_names_are_drawn_as_names():
    found = sweep({"memory": ["hopfield", "storkey"], "dim": 20, "n_patterns": [2, 4, 8]})
    (place,) = drawn(campaign_figure(found))
    assert [text.get_text() for text in place.get_xticklabels()] == ["hopfield", "storkey"]


def test_waiting_cells_are_drawn_blank(tmp_path):
    asked = plan({"dim": [20, 30], "n_patterns": [2, 4, 8]}, trials=24)
    with Store.open(tmp_path / "runs.db") as store:
        store.add_all([(cell, 8) for cell in asked.cells])
    found = read_campaign(tmp_path / "runs.db")
    assert repr(found) == "Campaign(6 cells in 2 lines: 6 waiting)"
    figure = campaign_figure(found)
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "waiting"


def test_a_store_whose_counts_cannot_be_is_refused(tmp_path):
    from hebbcap.measurement.block import Counts

    (cell,) = plan({"dim": 20, "n_patterns": 2}, trials=24).cells
    for counts in (Counts(4, 9, 9, 2), Counts(4, 4, 1, 2), Counts(4, 4, 9, 2)):
        path = tmp_path / f"{counts.squares}-{counts.failures}.db"
        with Store.open(path) as store:
            store.add(cell, 4)
            store.write(cell.key, 0, counts)
        with pytest.raises(UnusableStore, match="can't be"):
            read_campaign(path)


def test_numbers_of_patterns_are_short():
    assert [count_shown(x) for x in (3.14159, 99.94, 1234.5)] == ["3.1", "99.9", "1,234"]
