import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap.campaign import Store, plan
from hebbcap.campaign.plan import Plan
from hebbcap.campaign.runner import Runner, Task
from hebbcap.campaign.schedule import Work, block_trials, point, precise_enough
from hebbcap.campaign.workers import InProcess
from hebbcap.measurement.block import Counts

CELLS = plan({"dim": 40, "n_patterns": [4, 8, 12]}, seed=3).cells


def rows(store):
    return [
        (key, block, tuple(c)) for key, blocks in store.all_blocks().items() for block, c in blocks.items()
    ]


def finished(asked, store=None):
    """Run a plan to its end, and return the rows of its store."""
    if store is not None:
        Runner(asked, store).run(InProcess(), lambda: 1)
        return rows(store)
    with Store.open(None) as fresh:
        return finished(asked, fresh)


def counts(task):
    """Return made-up counts of a block, which vary from block to block and from cell to cell."""
    rng = random.Random(f"{task.cell.key} {task.block}")
    each = [rng.randrange(0, 5 * task.cell.n_patterns) for _ in range(task.trials)]
    return Counts(task.trials, sum(each), sum(one * one for one in each), 40 * task.cell.n_patterns)


PLANS = [
    Plan(CELLS, 24),
    Plan(CELLS, 100),
    Plan(CELLS, 24, precision=0.5, most_trials=256),
    Plan(CELLS[:2], 64, precision=0.2, most_trials=512),
]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), which=st.sampled_from(range(len(PLANS))))
def test_rows_at_the_end_do_not_depend_on_order_nor_on_stops_nor_on_blocks_done_twice(seed, which):
    asked, rng = PLANS[which], random.Random(seed)
    with Store.open(None) as store:
        while True:
            runner = Runner(asked, store)
            if runner.finished:
                break
            _some(runner, store, rng)
        assert rows(store) == _EXPECTED[which]


def _some(runner, store, rng):
    """Do some of what is left, in a random order, some of it twice, and be killed."""
    left = rng.randrange(1, 20)
    while runner.open and left:
        work = rng.choice(runner.open)
        block = rng.choice(list(work.missing()))
        task = Task(work.cell, block, work.block_trials)
        for _ in range(1 + (rng.random() < 0.2)):
            store.write(work.cell.key, block, counts(task))
        if rng.random() < 0.1:
            return  # killed after the write, before it is noted
        work.done[block] = counts(task)
        left -= 1
        if not work.advance(runner.plan):
            runner.open.remove(work)


def _in_order(asked):
    with Store.open(None) as store:
        runner = Runner(asked, store)
        while runner.open:
            work = runner.open[0]
            block = next(work.missing())
            store.write(work.cell.key, block, counts(Task(work.cell, block, work.block_trials)))
            work.done[block] = counts(Task(work.cell, block, work.block_trials))
            if not work.advance(asked):
                runner.open.remove(work)
        return rows(store)


_EXPECTED = [_in_order(asked) for asked in PLANS]


def test_trials_added_later_only_add_rows():
    with Store.open(None) as store:
        first = finished(Plan(CELLS, 24), store)
        second = finished(Plan(CELLS, 200), store)
        assert set(first) < set(second)
        assert finished(Plan(CELLS, 200), store) == second
        assert finished(Plan(CELLS, 24), store) == second


def test_precision_added_later_only_adds_rows_and_is_reached():
    with Store.open(None) as store:
        first = finished(Plan(CELLS, 24), store)
        asked = Plan(CELLS, 24, precision=0.02, most_trials=2**12)
        second = finished(asked, store)
        assert set(first) < set(second)
        for cell in CELLS:
            found = point(cell.n_patterns, list(store.blocks(cell.key).values()))
            reached = 0.5 * (found.high - found.low) <= 0.02 * max(found.rate, 0.01)
            assert reached or found.trials >= 2**12


def test_cells_added_later_leave_the_others_as_they_are():
    with Store.open(None) as store:
        first = finished(Plan(CELLS[:2], 24), store)
        assert set(first) < set(finished(Plan(CELLS, 24), store))
        assert rows(store) == finished(Plan(CELLS, 24))


def test_counts_of_more_trials_begin_with_those_of_fewer_whatever_the_blocks():
    few, many = finished(Plan(CELLS, 24)), finished(Plan(CELLS, 512))
    assert {row[2][0] for row in few} != {row[2][0] for row in many}  # of other sizes
    with Store.open(None) as store:
        finished(Plan(CELLS, 24), store)
        late = finished(Plan(CELLS, 512), store)
    for cell in CELLS:
        of = [[row[2] for row in found if row[0] == cell.key] for found in (many, late)]
        totals = [(sum(c[0] for c in part), sum(c[1] for c in part), sum(c[2] for c in part)) for part in of]
        assert totals[0] == totals[1]


@pytest.mark.parametrize("trials", [24, 25, 63, 64, 65, 1000])
def test_a_cell_has_as_many_trials_as_were_asked_for_and_less_than_a_block_more(trials):
    for cell in CELLS:
        size = block_trials(cell, trials)
        assert size <= trials
        assert size & (size - 1) == 0
    with Store.open(None) as store:
        finished(Plan(CELLS, trials), store)
        for cell in CELLS:
            done = sum(c.trials for c in store.blocks(cell.key).values())
            assert trials <= done < trials + block_trials(cell, trials)


def test_a_cell_is_not_precise_before_its_interval_is_narrow():
    work = Work(CELLS[0], 64, {0: Counts(64, 30, 40, 160)}, 1.0, goal=1)
    assert precise_enough(work, Plan(CELLS, 24))
    assert precise_enough(work, Plan(CELLS, 24, precision=1.0))
    assert not precise_enough(work, Plan(CELLS, 24, precision=0.1))


def test_slower_cells_are_run_in_smaller_blocks_down_to_one_trial():
    grid = {"memory": "storkey", "dim": [50, 200, 1000], "n_patterns": [40]}
    sizes = [block_trials(cell, 64) for cell in plan(grid).cells]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 64 > 8 > sizes[-1]
    (slow,) = plan({"memory": "storkey", "dim": 1000, "n_patterns": 300}).cells
    assert block_trials(slow, 64) == 1
