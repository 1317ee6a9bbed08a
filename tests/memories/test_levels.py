"""Does a memory keep neurons of more than two levels, and does recall find their thresholds?"""

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.dynamics import Fixed, Inhibition, KWinners, Steps, recall, single_pass, switch
from hebbcap.learning import parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Discrete, ternary

LEVELS = (-1, 0, 1)
ROWS = [[1, 0, -1, 1], [0, 0, 1, -1]]
RULES = ("post*pre", "post^2*pre - 0.3*pre", "(post - 0.2)*(pre - 0.2)", "post*pre^2 + 0.5")


def test_levels_must_be_named_to_be_more_than_two():
    with pytest.raises(InvalidArgument, match="levels="):
        Hopfield().store(ROWS)
    held = Hopfield().store(ROWS, levels=LEVELS)
    assert held.levels == (-1.0, 0.0, 1.0)
    assert held.patterns.dtype == np.int8


def test_named_levels_stay_with_the_memory():
    held = Hopfield().store([[1, -1, 1, 1]], levels=LEVELS)
    assert held.levels == held.store(ROWS).levels == held.store(ROWS).forget(ROWS[0]).levels
    with pytest.raises(InvalidArgument, match="-1, 0 and 1"):
        held.store([[2, 0, 0, 0]])
    with pytest.raises(InvalidArgument, match="must be -1, 0 and 1"):
        held.store(ROWS, levels=(0, 1, 2))
    with pytest.raises(InvalidArgument, match="-1, 0 and 1"):
        held.field([2, 0, 0, 1])


@pytest.mark.parametrize("levels", [(), (0,), (1, 0), (0, 0.5), (0, 300), 3, "ab"], ids=repr)
def test_what_are_no_levels_is_refused(levels):
    with pytest.raises(InvalidArgument, match="levels"):
        Hopfield().store(ROWS, levels=levels)


def test_a_dense_memory_has_two_levels_only():
    with pytest.raises(InvalidArgument, match="do not go with dense:3"):
        Dense().store(ROWS, levels=LEVELS)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("drawn", [ternary(0.4), Discrete((0, 1, 3), (0.5, 0.3, 0.2))], ids=lambda e: e.name)
def test_the_field_is_that_of_the_weights_which_are_sums_of_the_rule(rule, drawn):
    patterns = drawn.sample(5, 9, 0)
    states = drawn.sample(4, 9, 1).astype(float)
    memory = Hopfield(parse(rule)).store(patterns, levels=drawn.levels)
    weights = sum(parse(rule)(p[:, None], p[None, :]) for p in patterns.astype(float))
    np.fill_diagonal(weights, 0.0)
    np.testing.assert_allclose(memory.weights, weights, atol=1e-12)
    np.testing.assert_allclose(memory.field(states), states @ weights.T, atol=1e-12)


def test_whole_fields_are_exact_in_single_precision_and_double_beyond_it():
    drawn = Discrete((-100, 0, 100), (0.3, 0.4, 0.3))
    patterns = drawn.sample(300, 200, 0)
    memory = Hopfield().store(patterns, levels=drawn.levels)
    states = drawn.sample(3, 200, 1)
    weights = patterns.astype(np.int64).T @ patterns.astype(np.int64)
    np.fill_diagonal(weights, 0)
    np.testing.assert_array_equal(memory.field(states), states.astype(np.int64) @ weights)


def test_a_neuron_takes_the_level_between_the_steps_that_hold_its_field():
    excess = Steps((-2.0, 3.0)).excess(np.array([[-5.0, 0.0, 4.0]]), np.zeros(1))
    found = switch(np.zeros((1, 3)), excess, (-1.0, 0.0, 1.0), np.array(1.0))
    np.testing.assert_array_equal(found, [[-1, 0, 1]])


@pytest.mark.parametrize(("field", "kept"), [(-2.0, {-1: -1, 0: 0, 1: 0}), (3.0, {-1: 0, 0: 0, 1: 1})])
def test_at_a_step_a_neuron_takes_the_touching_level_that_is_nearer_to_its_state(field, kept):
    for state, after in kept.items():
        excess = Steps((-2.0, 3.0)).excess(np.array([[field]]), np.zeros(1))
        found = switch(np.array([[float(state)]]), excess, (-1.0, 0.0, 1.0), np.array(1.0))
        assert found == after


def test_one_step_is_the_fixed_threshold_of_two_levels():
    rng = np.random.default_rng(0)
    states = rng.choice([-1.0, 1.0], (5, 8))
    field = rng.integers(-2, 3, (5, 8)).astype(float)
    size = np.array(1.0)
    one = switch(states, Fixed(1.0).excess(field, np.zeros(5)), (-1.0, 1.0), size)
    # The general form, on the levels -1 and 1 and one more that no field reaches.
    steps = Steps((1.0, 1e9)).excess(field, np.zeros(5))
    np.testing.assert_array_equal(switch(states, steps, (-1.0, 1.0, 2.0), size), one)


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_stored_ternary_patterns_are_recalled(update):
    drawn = ternary(0.5)
    patterns = drawn.sample(3, 300, 0)
    memory = Hopfield().store(patterns, levels=drawn.levels)
    cues = patterns.astype(float)
    cues[:, :20] = 0.0
    steps = Steps((-75.0, 75.0))  # between the mean fields -150, 0 and 150
    back = recall(memory, cues, update=update, threshold=steps, rng=0)
    np.testing.assert_array_equal(back.states, patterns)


@pytest.mark.parametrize(
    "threshold", [None, Fixed(0.0), Inhibition(), KWinners(2), Steps((1, 2, 3))], ids=repr
)
def test_a_threshold_with_another_number_of_steps_is_refused(threshold):
    memory = Hopfield().store(ROWS, levels=LEVELS)
    for call in (single_pass, recall):
        with pytest.raises(InvalidArgument, match="must have 2 for neurons of 3 levels"):
            call(memory, ROWS, threshold=threshold)


@pytest.mark.parametrize("values", [(), (1, 1), (2, 1), ("a",), (float("nan"),), 3], ids=repr)
def test_what_are_no_steps_is_refused(values):
    with pytest.raises(InvalidArgument, match="steps"):
        Steps(values)
