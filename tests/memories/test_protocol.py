"""What every memory does with patterns, whatever it computes from them."""

import numpy as np
import pytest
from hypothesis import given

from hebbcap._checks import InvalidArgument
from hebbcap.memories import Dense, Hopfield, Recaller, as_patterns

from .strategies import patterns_and_states

MEMORIES = [Hopfield(), Dense()]
EACH = pytest.mark.parametrize("memory", MEMORIES, ids=lambda m: m.name)


@EACH
@given(patterns_and_states(low=-1))
def test_storing_one_by_one_is_storing_all_at_once(memory, given_patterns):
    patterns, states = given_patterns
    one_by_one = memory
    for pattern in patterns:
        one_by_one = one_by_one.store(pattern)
    bulk = memory.store(patterns)
    np.testing.assert_array_equal(one_by_one.patterns, bulk.patterns)
    np.testing.assert_array_equal(one_by_one.field(states), bulk.field(states))


@given(patterns_and_states(low=0))
def test_zeros_may_be_stored_one_by_one(given_patterns):
    patterns, _ = given_patterns
    memory = Hopfield()
    for pattern in patterns:
        memory = memory.store(pattern)
    assert memory.levels == (0.0, 1.0)
    np.testing.assert_array_equal(memory.weights, Hopfield().store(patterns).weights)


@EACH
@given(patterns_and_states(low=-1))
def test_forgetting_undoes_storing(memory, given_patterns):
    patterns, states = given_patterns
    before = memory.store(patterns)
    after = before.store(states).forget(states[0])
    for state in states[1:]:
        after = after.forget(state)
    assert after.n_patterns == before.n_patterns
    np.testing.assert_array_equal(after.field(states), before.field(states))


@EACH
def test_one_copy_is_forgotten_at_a_time(memory):
    twice = memory.store([[1, -1, 1], [1, -1, 1]])
    assert twice.forget([1, -1, 1]).n_patterns == 1
    empty = twice.forget([1, -1, 1]).forget([1, -1, 1])
    assert (empty.patterns, empty.dim, empty.n_patterns) == (None, None, 0)


@EACH
def test_old_memories_stay_as_they_were(memory):
    given_array = np.array([[1, -1, 1], [1, 1, -1]])
    first = memory.store(given_array)
    kept = first.patterns.copy()
    first.store([-1, -1, -1])
    first.forget([1, -1, 1])
    given_array[:] = 1
    assert memory.patterns is None
    np.testing.assert_array_equal(first.patterns, kept)


@EACH
def test_stored_patterns_can_not_be_written_to(memory):
    held = memory.store([[1, -1, 1], [1, 1, -1]])
    for each in (held, held.store([1, 1, 1]), held.forget([1, -1, 1])):
        with pytest.raises(ValueError, match="read-only"):
            each.patterns[0, 0] = -1


@EACH
@pytest.mark.parametrize(
    ("patterns", "rule"),
    [
        ([], "K >= 1"),
        (np.empty((0, 5)), "K >= 1"),
        ([[1]], "D >= 2"),
        (np.ones((2, 2, 2)), "K, D"),
        ([[1, 0, -1]], "only"),
        ([[1, 2]], "binarise"),
        ([[1, 0.5]], "binarise"),
        ([[1.0, np.nan]], "binarise"),
        ([[1.0, np.inf]], "binarise"),
        ([["a", "b"]], "number"),
        ([[1j, 1]], "number"),
        ([[1, 1], [1]], "rectangular"),
        (None, "patterns"),
    ],
    ids=repr,
)
def test_what_is_no_array_of_patterns_is_refused(memory, patterns, rule):
    with pytest.raises(InvalidArgument, match=rule):
        memory.store(patterns)


@EACH
def test_patterns_of_another_dim_are_refused(memory):
    with pytest.raises(InvalidArgument, match="stored dim 3"):
        memory.store([1, -1, 1]).store([1, -1])


def test_levels_can_not_be_mixed():
    with pytest.raises(InvalidArgument, match="only"):
        Hopfield().store([1, -1, 1]).store([1, 0, 1])
    with pytest.raises(InvalidArgument, match="0 was given"):
        Dense().store([1, 1, 1]).store([1, 0, 1])


@EACH
@pytest.mark.parametrize(
    "pattern", [[1, 1, 1], 1, [1, -1], [[1, -1, 1], [1, 1, -1]], [1, -1, np.nan]], ids=repr
)
def test_what_is_not_stored_can_not_be_forgotten(memory, pattern):
    for held in (memory, memory.store([[1, -1, 1], [1, 1, -1]])):
        with pytest.raises(InvalidArgument, match="pattern"):
            held.forget(pattern)


@EACH
@pytest.mark.parametrize("verb", ["field", "scaled_field", "energy", "tracker"])
def test_nothing_can_be_asked_of_an_empty_memory(memory, verb):
    with pytest.raises(InvalidArgument, match="store patterns"):
        getattr(memory, verb)(np.ones((1, 3)))


@EACH
@pytest.mark.parametrize("verb", ["field", "scaled_field", "energy", "tracker"])
@pytest.mark.parametrize(
    "states",
    [
        [1, 1],
        np.ones((2, 4)),
        np.ones((1, 1, 3)),
        np.empty((0, 3)),
        [1, 0, 1],
        [1, 1, np.nan],
        1.0,
        ["a"] * 3,
    ],
    ids=repr,
)
def test_states_that_do_not_fit_are_refused(memory, verb, states):
    with pytest.raises(InvalidArgument, match="states"):
        getattr(memory.store([1, -1, 1]), verb)(np.asarray(states))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.float32, np.float64])
def test_patterns_of_any_number_type_are_held_as_int8(dtype):
    patterns = as_patterns(np.array([[1, 0, 1]], dtype=dtype))
    assert patterns.dtype == np.int8
    assert patterns.tolist() == [[1, 0, 1]]


def test_patterns_are_copied_even_where_nothing_changes():
    given_array = np.array([[1, -1]], dtype=np.int8)
    assert not np.shares_memory(as_patterns(given_array), given_array)


def test_store_and_recall_make_a_recaller_and_fields_do_not():
    class Lookup:
        def store(self, patterns): ...

        def recall(self, cues): ...

    assert isinstance(Lookup(), Recaller)
    assert not isinstance(object(), Recaller)
