import numpy as np
import pytest
from hypothesis import given

from hebbcap._checks import InvalidArgument
from hebbcap.learning import parse
from hebbcap.memories import Hopfield

from .strategies import RULES, patterns_and_states


@given(RULES, patterns_and_states())
def test_field_is_the_states_times_the_weights(rule, given_patterns):
    patterns, states = given_patterns
    memory = Hopfield(rule).store(patterns)
    np.testing.assert_allclose(memory.field(states), states @ memory.weights.T, rtol=1e-12, atol=1e-10)


@given(RULES, patterns_and_states())
def test_weights_are_the_sum_of_the_rule_over_the_patterns(rule, given_patterns):
    patterns, _ = given_patterns
    expected = sum(rule(x[:, None], x[None, :]) for x in patterns.astype(float))
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(Hopfield(rule).store(patterns).weights, expected, rtol=1e-12, atol=1e-10)


@given(RULES, patterns_and_states())
def test_no_neuron_is_coupled_to_itself(rule, given_patterns):
    patterns, states = given_patterns
    memory = Hopfield(rule).store(patterns)
    assert not np.diag(memory.weights).any()
    flipped = states.copy()
    flipped[:, 0] = sum(memory.levels) - flipped[:, 0]
    np.testing.assert_allclose(memory.field(flipped)[:, 0], memory.field(states)[:, 0], atol=1e-10)


@given(patterns_and_states())
def test_hebb_weights_are_symmetric(given_patterns):
    weights = Hopfield().store(given_patterns[0]).weights
    np.testing.assert_array_equal(weights, weights.T)


@given(RULES, patterns_and_states())
def test_energy_is_half_the_quadratic_form(rule, given_patterns):
    patterns, states = given_patterns
    memory = Hopfield(rule).store(patterns)
    expected = [-0.5 * s @ memory.weights @ s for s in states]
    np.testing.assert_allclose(memory.energy(states), expected, rtol=1e-12, atol=1e-10)


def test_fields_of_whole_rules_are_whole_numbers():
    rng = np.random.default_rng(0)
    patterns, states = rng.choice([-1, 1], size=(300, 200)), rng.choice([-1.0, 1.0], size=(3, 200))
    exact = (states @ patterns.T) @ patterns - len(patterns) * states
    np.testing.assert_array_equal(Hopfield().store(patterns).field(states), exact)
    scaled = Hopfield(parse("2**20 * post*pre")).store(patterns)
    np.testing.assert_array_equal(scaled.field(states), 2**20 * exact)


def test_rules_that_read_the_weight_are_refused():
    with pytest.raises(InvalidArgument, match="must not depend on w"):
        Hopfield(parse("post*pre - 0.1*w"))


def test_weights_of_nothing_are_refused():
    with pytest.raises(InvalidArgument, match="store patterns"):
        _ = Hopfield().weights
