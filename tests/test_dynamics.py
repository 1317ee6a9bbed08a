import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.dynamics import TIE, Fixed, Inhibition, KWinners, Outcome, recall, single_pass, switch
from hebbcap.kernels.bits import Bits
from hebbcap.learning import Rule, parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.memories import memory as parse_memory
from hebbcap.separation import Exponential, Polynomial

SEPARATIONS = [
    Polynomial(2),
    Polynomial(3),
    Polynomial(4),
    Polynomial(3, rectified=True),
    Polynomial(100),
    Exponential(0.2),
    Exponential(),
    Exponential(30.0),
]
SEEDS = st.integers(0, 2**32)


def draw(seed, n_patterns, dim, n_states, low=-1):
    rng = np.random.default_rng(seed)
    patterns = rng.choice([low, 1], size=(n_patterns, dim))
    if low == 0:
        patterns[0, 0] = 0
    return patterns, rng.choice([float(low), 1.0], size=(n_states, dim))


# --- The tie rule ---


def test_a_field_at_threshold_keeps_the_state():
    # The two patterns cancel: every field of this memory is 0.
    memory = Hopfield().store([[1, 1], [1, -1]])
    states = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert not memory.field(states).any()
    for update in ("single", "synchronous", "asynchronous"):
        np.testing.assert_array_equal(recall(memory, states, update=update).states, states)


@given(SEEDS, st.sampled_from([0.1, 0.3, 0.7, 1 / 3]), st.integers(-6, 6))
def test_decimal_coefficients_reach_the_threshold_up_to_rounding(seed, coefficient, at):
    # In units of the coefficient all is whole, so that the whole memory says which fields are ties.
    patterns, states = draw(seed, 4, 9, 5)
    whole = Hopfield(parse("post*pre + 2*post")).store(patterns)
    decimal = Hopfield(Rule({(0, 1, 1): coefficient, (0, 1, 0): 2 * coefficient})).store(patterns)
    expected = single_pass(whole, states, threshold=Fixed(at))
    found = single_pass(decimal, states, threshold=Fixed(at * coefficient))
    np.testing.assert_array_equal(found, expected)


def test_an_asynchronous_field_at_a_decimal_threshold_keeps_the_state():
    memory = Hopfield(parse("0.1*post*pre")).store([[1, 1, 1, 1]])
    at = Fixed(0.3)
    for state in ([1.0, 1.0, 1.0, 1.0], [-1.0, 1.0, 1.0, 1.0]):
        assert memory.field(state)[0, 0] != 0.3  # rounding: the case is real
        first = recall(memory, state, update="asynchronous", threshold=at, rng=0)
        # The first neuron sees 0.3 whatever its own state; the others of the second state see less.
        assert first.states[0, 0] == state[0]


def test_a_field_just_beyond_a_tie_switches():
    size = np.array([[1.0]])
    state = np.array([[-1.0]])
    assert switch(state, np.array([[0.5 * TIE]]), (-1.0, 1.0), size) == -1
    assert switch(state, np.array([[2 * TIE]]), (-1.0, 1.0), size) == 1
    assert switch(-state, np.array([[-2 * TIE]]), (-1.0, 1.0), size) == -1


def test_neurons_take_the_levels_of_the_patterns():
    memory = Hopfield(parse("(post - 0.5)*(pre - 0.5)")).store([[1, 1, 0, 0, 1, 0]])
    cue = [1, 1, 0, 0, 0, 0]
    np.testing.assert_array_equal(single_pass(memory, cue), [[1, 1, 0, 0, 1, 0]])


# --- Energy ---

SYMMETRIC = st.dictionaries(
    st.sampled_from([(0, 1, 1), (0, 2, 2), (0, 3, 3), (0, 0, 0)]),
    st.sampled_from([-1.0, 0.5, 1.0, 2.0]),
    min_size=1,
).map(Rule)


def energies_along(memory, states, seed, sweeps=3):
    """Energies (steps, B) after every single asynchronous update at threshold 0."""
    rng, states = np.random.default_rng(seed), states.copy()
    tracker, seen = memory.tracker(states), [memory.energy(states)]
    for _ in range(sweeps):
        for neuron in rng.permutation(states.shape[1]):
            field, _, size = tracker.field(neuron)
            new = switch(states[:, neuron], field, memory.levels, size)
            tracker.change(neuron, states, new)
            states[:, neuron] = new
            seen.append(memory.energy(states))
    return np.array(seen)


@given(SYMMETRIC, SEEDS, st.sampled_from([-1, 0]))
def test_energy_never_rises_under_asynchronous_updates_of_symmetric_weights(rule, seed, low):
    patterns, states = draw(seed, 5, 8, 3, low)
    energies = energies_along(Hopfield(rule).store(patterns), states, seed)
    assert (np.diff(energies, axis=0) <= 1e-9 * np.abs(energies).max()).all()


@pytest.mark.parametrize("separation", SEPARATIONS, ids=str)
@given(seed=SEEDS)
def test_energy_never_rises_under_asynchronous_updates_of_dense_memories(separation, seed):
    patterns, states = draw(seed, 5, 8, 3)
    energies = energies_along(Dense(separation).store(patterns), states, seed)
    assert (np.diff(energies, axis=0) <= 1e-12 * np.abs(energies).max()).all()


def test_energy_does_rise_where_weights_are_not_symmetric():
    # The twin of the two above: the test can tell.
    rising = 0
    for seed in range(20):
        patterns, states = draw(seed, 5, 8, 3)
        energies = energies_along(Hopfield(parse("post*pre + 2*post")).store(patterns), states, seed)
        rising += (np.diff(energies, axis=0) > 1e-9).any()
    assert rising > 10


# --- The tracker ---


@pytest.mark.parametrize(
    "memory",
    [Hopfield(), Hopfield(parse("0.1*post*pre - 0.3*pre^2 + 0.7*post")), *map(Dense, SEPARATIONS)],
    ids=lambda m: m.name,
)
@given(seed=SEEDS)
def test_tracked_fields_are_those_computed_afresh(memory, seed):
    patterns, states = draw(seed, 4, 7, 3)
    held = memory.store(patterns)
    tracker, rng = held.tracker(states), np.random.default_rng(seed)
    for _ in range(10):
        neuron, new = rng.integers(7), rng.choice([-1.0, 1.0], size=3)
        tracker.change(neuron, states, new)
        states[:, neuron] = new
    fresh, log_unit = held.scaled_field(states)
    for neuron in range(7):
        value, tracked_unit, size = tracker.field(neuron)
        found = value * np.exp(tracked_unit - log_unit)
        largest = size * np.exp(tracked_unit - log_unit)  # terms may cancel
        assert (np.abs(found - fresh[:, neuron]) <= 1e-10 * largest + 1e-12 * np.abs(found)).all()


# --- Where recall ends ---


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
@pytest.mark.parametrize("memory", [Hopfield(), *map(Dense, SEPARATIONS)], ids=lambda m: m.name)
def test_stored_patterns_are_fixed_points_at_low_load(memory, update):
    patterns, _ = draw(0, 3, 100, 1)
    found = recall(memory.store(patterns), patterns, update=update, rng=0)
    np.testing.assert_array_equal(found.states, patterns)
    assert found.outcomes == (Outcome.FIXED_POINT,) * 3
    assert found.steps.tolist() == [0, 0, 0]


def test_negative_weights_swing_between_two_states():
    # W = -1 between the two neurons: each takes the sign of minus the other.
    memory = Hopfield(parse("-post*pre")).store([1, 1])
    found = recall(memory, [[1, 1], [1, -1]], max_steps=50)
    assert found.outcomes == (Outcome.CYCLE, Outcome.FIXED_POINT)
    assert found.steps.tolist() == [2, 0]
    assert recall(memory, [1, 1], update="asynchronous", rng=0).outcomes == (Outcome.FIXED_POINT,)


@given(SYMMETRIC, SEEDS)
def test_symmetric_weights_end_in_a_fixed_point_or_a_cycle_of_two(rule, seed):
    # Goles & Olivos (1981)
    patterns, states = draw(seed, 4, 7, 4)
    memory = Hopfield(rule).store(patterns)
    found = recall(memory, states, max_steps=1000)
    once = single_pass(memory, found.states)
    twice = single_pass(memory, once)
    np.testing.assert_array_equal(twice, found.states)
    fixed = (once == found.states).all(axis=1)
    assert [o is Outcome.FIXED_POINT for o in found.outcomes] == fixed.tolist()


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_the_step_limit_is_reported(update):
    patterns, states = draw(3, 20, 60, 8)
    memory = Hopfield().store(patterns)
    short = recall(memory, states, update=update, max_steps=1, rng=0)
    assert set(short.outcomes) == {Outcome.STEP_LIMIT}
    assert short.steps.tolist() == [1] * 8
    full = recall(memory, states, update=update, max_steps=1000, rng=0)
    assert Outcome.STEP_LIMIT not in full.outcomes
    assert (full.steps > 1).any()


@pytest.mark.parametrize("update", ["synchronous", "asynchronous"])
def test_steps_are_those_that_were_needed(update):
    patterns, states = draw(4, 4, 60, 8)
    memory = Hopfield().store(patterns)
    full = recall(memory, states, update=update, rng=1)
    for state, steps, end in zip(states, full.steps, full.states, strict=True):
        exactly = recall(memory, state, update=update, max_steps=max(int(steps), 1), rng=1)
        np.testing.assert_array_equal(exactly.states[0], end)
        if steps > 1:
            fewer = recall(memory, state, update=update, max_steps=int(steps) - 1, rng=1)
            assert (fewer.states[0] != end).any()


def test_single_pass_is_one_update_and_no_more():
    patterns, states = draw(5, 10, 30, 4)
    memory = Hopfield().store(patterns)
    found = recall(memory, states, update="single")
    field = memory.field(states)
    np.testing.assert_array_equal(found.states, np.where(field == 0, states, np.sign(field)))
    assert found.outcomes == (Outcome.SINGLE_PASS,) * 4
    assert found.steps.tolist() == [1] * 4


def test_one_synchronous_step_is_a_single_pass():
    patterns, states = draw(6, 10, 30, 4)
    memory = Dense().store(patterns)
    np.testing.assert_array_equal(recall(memory, states, max_steps=1).states, single_pass(memory, states))


def test_asynchronous_order_is_that_of_the_seed():
    patterns, states = draw(7, 12, 40, 6)
    memory = Hopfield().store(patterns)
    ends = [recall(memory, states, update="asynchronous", rng=seed).states for seed in (1, 1, 2, 3)]
    np.testing.assert_array_equal(ends[0], ends[1])
    assert any((ends[0] != other).any() for other in ends[2:])


@pytest.mark.parametrize("update", ["single", "synchronous", "asynchronous"])
def test_what_is_recalled_does_not_depend_on_the_other_cues(update):
    patterns, states = draw(8, 12, 40, 6)
    memory = Dense(Polynomial(3)).store(patterns)
    together = recall(memory, states, update=update, rng=5)
    for i, state in enumerate(states):
        alone = recall(memory, state, update=update, rng=5)
        np.testing.assert_array_equal(alone.states[0], together.states[i])
        assert alone.steps[0] == together.steps[i]
        assert alone.outcomes[0] is together.outcomes[i]


def test_cues_are_left_as_they_were():
    patterns, states = draw(9, 12, 40, 6)
    kept = states.copy()
    for update in ("single", "synchronous", "asynchronous"):
        recall(Hopfield().store(patterns), states, update=update, rng=0)
    np.testing.assert_array_equal(states, kept)


# --- Thresholds that compare neurons ---


@given(SEEDS, st.integers(1, 19))
def test_k_winners_are_exactly_k_where_nothing_ties(seed, winners):
    patterns, _ = draw(seed, 6, 20, 1, low=0)
    # Coefficients without a common measure, and random states, so that fields hardly ever tie.
    rule = Rule({(0, 1, 1): 1.0, (0, 1, 0): -(2**0.5) / 7, (0, 0, 1): -(3**0.5) / 11})
    memory = Hopfield(rule).store(patterns)
    cue = (np.random.default_rng(seed).random((1, 20)) < 0.5).astype(float)
    field = np.sort(memory.field(cue)[0])
    found = single_pass(memory, cue, threshold=KWinners(winners))[0]
    if field[20 - winners] - field[19 - winners] > 1e-6:
        assert found.sum() == winners
        assert memory.field(cue)[0][found == 1].min() == field[20 - winners]


def test_k_winners_that_tie_with_losers_keep_their_state():
    excess = KWinners(1).excess(np.array([[2.0, 2.0, 1.0]]), np.zeros(1))
    states = np.array([[0.0, 1.0, 1.0]])
    np.testing.assert_array_equal(switch(states, excess, (0.0, 1.0), np.array([[1.0]])), [[0, 1, 0]])


def test_as_many_winners_as_neurons_are_refused():
    with pytest.raises(InvalidArgument, match="below dim=3"):
        single_pass(Hopfield().store([1, -1, 1]), [1, -1, 1], threshold=KWinners(3))


@given(SEEDS, st.sampled_from([-1, 0]), st.floats(-3, 3))
def test_inhibition_leaves_of_a_constant_only_what_no_self_coupling_leaves(seed, low, c0):
    # A constant c0 adds c0 K (S - s_i) to field i, S the sum of the states: all but c0 K s_i is shared.
    patterns, states = draw(seed, 4, 9, 3, low)
    plain, shifted = (Hopfield(parse("post*pre") + c).store(patterns) for c in (0.0, c0))
    zeros = np.zeros(len(states))
    excess = [Inhibition(0.5).excess(m.field(states), zeros) for m in (plain, shifted)]
    left = c0 * len(patterns) * (states.mean(axis=1, keepdims=True) - states)
    np.testing.assert_allclose(excess[1] - excess[0], left, atol=1e-9)


def test_inhibition_recalls_in_spite_of_a_constant_and_a_fixed_threshold_does_not():
    patterns = np.random.default_rng(0).choice([-1, 1], p=[0.4, 0.6], size=(4, 200))
    plain, shifted = (Hopfield(parse(f"(post - 0.2)*(pre - 0.2) + {c}")).store(patterns) for c in (0, 1.5))
    cues = patterns.copy().astype(float)
    cues[:, :10] *= -1
    expected = recall(plain, cues, threshold=Inhibition()).states
    np.testing.assert_array_equal(expected, patterns)
    np.testing.assert_array_equal(recall(shifted, cues, threshold=Inhibition()).states, expected)
    assert (recall(shifted, cues, threshold=Fixed(0)).states != patterns).any()


@pytest.mark.parametrize("threshold", [KWinners(2), Inhibition()], ids=repr)
def test_asynchronous_updates_refuse_thresholds_that_compare_neurons(threshold):
    memory = Hopfield().store([1, -1, 1])
    assert not threshold.is_local
    with pytest.raises(InvalidArgument, match="synchronous"):
        recall(memory, [1, -1, 1], update="asynchronous", threshold=threshold)


def test_a_threshold_beside_which_the_field_is_nothing_or_everything():
    # exp(+-3000): the threshold is far outside double precision in units of the field.
    memory = Dense(Exponential()).store(np.ones(1500))
    against, along = -np.ones(1500), np.ones(1500)
    for at in (1.0, -1.0):
        np.testing.assert_array_equal(single_pass(memory, along, threshold=Fixed(at))[0], along)
        np.testing.assert_array_equal(single_pass(memory, against, threshold=Fixed(at))[0], -at * along)


# --- Bad arguments ---


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"update": "both"}, "update"),
        ({"update": None}, "update"),
        ({"max_steps": 0}, "max_steps"),
        ({"max_steps": 1.5}, "max_steps"),
    ],
)
def test_bad_options_are_explained(options, rule):
    with pytest.raises(InvalidArgument, match=rule):
        recall(Hopfield().store([1, -1, 1]), [1, -1, 1], **options)


@pytest.mark.parametrize("update", ["single", "synchronous", "asynchronous"])
@pytest.mark.parametrize("cues", [[1, -1], [1, 0, 1], [1, np.nan, 1], np.ones((1, 1, 3))], ids=repr)
def test_bad_cues_are_explained(update, cues):
    with pytest.raises(InvalidArgument, match="states"):
        recall(Hopfield().store([1, -1, 1]), cues, update=update)


@pytest.mark.parametrize("update", ["single", "synchronous", "asynchronous"])
def test_recall_from_nothing_is_explained(update):
    with pytest.raises(InvalidArgument, match="store patterns"):
        recall(Hopfield(), [1, -1, 1], update=update)


@pytest.mark.parametrize("bad", [np.nan, np.inf, "1", None])
def test_thresholds_are_finite_numbers(bad):
    for kind in (Fixed,) if bad is None else (Fixed, Inhibition):  # Inhibition(None) is that of a midpoint
        with pytest.raises(InvalidArgument, match="threshold"):
            kind(bad)
    with pytest.raises(InvalidArgument, match="winners"):
        KWinners(bad)


def test_inhibition_at_a_midpoint_is_refused_outside_a_question():
    with pytest.raises(InvalidArgument, match="give Inhibition a value"):
        single_pass(Hopfield().store([[1, -1, 1]]), [1, -1, 1], threshold=Inhibition(None))


@pytest.mark.parametrize("update", ["synchronous", "asynchronous", "single"])
@pytest.mark.parametrize("spec", ["hopfield", "hopfield:covariance", "dense:3", "exponential"])
def test_packed_cues_are_recalled_as_their_arrays_are(update, spec):
    rng = np.random.default_rng(3)
    patterns, cues = rng.choice([-1.0, 1.0], size=(12, 70)), rng.choice([-1.0, 1.0], size=(9, 70))
    held = parse_memory(spec).store(patterns)
    plain = recall(held, cues, update=update, rng=1)
    packed = recall(held, Bits.pack(cues), update=update, rng=1)
    assert (packed.states.unpack() == plain.states).all()
    assert (packed.steps == plain.steps).all()
    assert packed.outcomes == plain.outcomes


def test_more_cues_than_go_together_are_each_recalled(monkeypatch):
    rng = np.random.default_rng(4)
    held = Hopfield().store(rng.choice([-1, 1], size=(9, 60)))
    cues = rng.choice([-1.0, 1.0], size=(50, 60))
    together = recall(held, cues)
    monkeypatch.setattr("hebbcap.dynamics._AT_ONCE", 7)
    in_turn = recall(held, cues)
    assert (in_turn.states == together.states).all()
    assert (in_turn.steps == together.steps).all()
    assert in_turn.outcomes == together.outcomes


@pytest.mark.parametrize("wrong", [Bits.pack(np.ones((2, 5))), Bits.pack(np.ones((0, 6)))])
def test_packed_cues_of_another_size_are_refused(wrong):
    with pytest.raises(InvalidArgument, match="dim=6"):
        recall(Hopfield().store([[1, 1, 1, -1, -1, 1]]), wrong)
