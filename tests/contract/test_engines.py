"""What every engine must give: the numbers of the definition, whatever the sizes."""

import math
from functools import cache
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap import InvalidArgument
from hebbcap.engines import NAMES, get
from hebbcap.engines.reference import FINE
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.threads import use_threads
from hebbcap.separation import CustomSeparation, Exponential, Polynomial

DIMS = [2, 31, 32, 33, 63, 200, 257, 1000]
COUNTS = [1, 2, 15, 16, 17, 31, 33, 255, 257, 300]
BATCHES = [1, 2, 3, 5, 33]
SIZES = [  # every dim with every count; over the dims, every count with every batch
    pytest.param(
        dim, n, BATCHES[(i + j) % len(BATCHES)], id=f"D{dim}-K{n}-B{BATCHES[(i + j) % len(BATCHES)]}"
    )
    for i, dim in enumerate(DIMS)
    for j, n in enumerate(COUNTS)
]
WHOLE = [
    Polynomial(2),
    Polynomial(3),
    Polynomial(4),
    Polynomial(3, rectified=True),
    Polynomial(5, rectified=True),
]
LOG_COSH = CustomSeparation(lambda x: np.logaddexp(x, -x) - np.log(2), "log-cosh")
REAL = [
    Exponential(0.01),
    Exponential(),
    Exponential(4.5),
    Exponential(20),
    Polynomial(40),
    Polynomial(100, rectified=True),
    LOG_COSH,
]

real_sizes = pytest.mark.parametrize(
    ("dim", "n", "batch"), [(2, 300, 1), (31, 17, 5), (33, 1, 2), (200, 257, 3), (1000, 33, 2)]
)
real = pytest.mark.parametrize("separation", REAL, ids=lambda s: s.name)


def _runs_here(name):
    try:
        get(name)
    except InvalidArgument:
        return False
    return True


ENGINES = [name for name in (*NAMES, "torch:cuda") if _runs_here(name)]


@pytest.fixture(params=ENGINES)
def engine(request):
    return get(request.param)


def test_engines_that_can_be_installed_are_under_contract():
    assert "numpy" in ENGINES
    assert ("packed" in ENGINES) == bool(find_spec("llvmlite"))
    assert ("torch" in ENGINES) == bool(find_spec("torch"))


@cache
def drawn(dim, n, batch):
    """Patterns and cues: as they come, but the first and the last cue lie near the first and last pattern."""
    rng = np.random.default_rng([dim, n, batch])
    patterns, cues = (rng.choice(np.array([-1, 1]), (rows, dim)) for rows in (n, batch))
    cues[0], cues[-1] = patterns[0], patterns[-1] * np.where(rng.random(dim) < 0.1, -1, 1)
    return patterns, cues


def times(left, right):
    """Product of matrices of whole numbers, exact as their sums are far below 2^53."""
    return (left.astype(float) @ right.astype(float)).astype(np.int64)


def overlaps(patterns, cues):
    return times(cues, patterns.T)


def overlaps_of_others(patterns, cues):
    """Overlap of each cue and pattern without the neuron itself, (B, K, D)."""
    return overlaps(patterns, cues)[:, :, None] - cues[:, None, :] * patterns[None]


def hebb_field(patterns, cues):
    return times(overlaps(patterns, cues), patterns)


def hold(engine, patterns):
    return engine.hold(Bits.pack(patterns))


@pytest.mark.parametrize(("dim", "n", "batch"), SIZES)
def test_overlaps_fields_and_weights_are_the_whole_numbers_of_the_definition(engine, dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    held, states = hold(engine, patterns), Bits.pack(cues)
    assert (len(held), held.dim) == (n, dim)
    np.testing.assert_array_equal(held.bits.unpack(), patterns)
    np.testing.assert_array_equal(held.overlaps(states), overlaps(patterns, cues))
    np.testing.assert_array_equal(held.pairwise_field(states), hebb_field(patterns, cues))
    np.testing.assert_array_equal(held.weights(), times(patterns.T, patterns))


@cache
def whole_field(separation, dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    table = separation.table(dim)
    assert table.whole
    at = overlaps_of_others(patterns, cues) + table.reach
    field = np.einsum("bkd,kd->bd", table.values.astype(np.int64)[at], patterns)
    assert np.abs(field).max() < 2**53
    return field


@pytest.mark.parametrize(("dim", "n", "batch"), SIZES)
def test_fields_of_whole_separation_functions_are_exact(engine, dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    separation = WHOLE[(dim + n) % len(WHOLE)]
    table = separation.table(dim)
    field, log_unit = hold(engine, patterns).separated_field(Bits.pack(cues), table)
    np.testing.assert_array_equal(field, whole_field(separation, dim, n, batch))
    np.testing.assert_array_equal(log_unit, np.full(batch, np.log(table.unit)))


@cache
def real_field(separation, dim, n, batch):
    """Fields rightly rounded; sizes of their terms; the cue's largest term (B, 1); the log of all their unit.

    In the unit of the table, or of the cue's largest term where terms leave double precision.
    """
    patterns, cues = drawn(dim, n, batch)
    table = separation.table(dim)
    own, at = overlaps(patterns, cues) + table.reach, overlaps_of_others(patterns, cues) + table.reach
    largest = np.maximum(table.log_size[own - 1], table.log_size[own + 1]).max(axis=1)
    if table.values is None:
        unit, terms = largest, table.sign[at] * np.exp(table.log_size[at] - largest[:, None, None])
    else:
        unit, terms = np.zeros(batch), table.values[at]
    sums, sizes = (
        np.array([[math.fsum(column) for column in cue.T] for cue in some])
        for some in (terms * patterns, np.abs(terms))
    )
    return sums, sizes, np.exp(largest - unit)[:, None], unit + np.log(table.unit)


def allowed(separation, dim, n, batch):
    """Bound on the error of a field.

    Gentle functions may be rounded to 44 bits of the cue's largest term, for each pattern. With steep ones,
    where that term may be no part of a neuron's field, it is double precision's rounding of its own terms.
    """
    _, sizes, largest, _ = real_field(separation, dim, n, batch)
    if separation.table(dim).contrast > FINE:
        return (n + 8) * 2.0**-52 * sizes
    return (n + 8) * 2.0**-44 * largest


@real
@real_sizes
def test_fields_of_real_separation_functions_are_within_their_bound(engine, separation, dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    table = separation.table(dim)
    if table.whole:
        pytest.skip("whole at this dim")
    expected, *_, unit = real_field(separation, dim, n, batch)
    field, log_unit = hold(engine, patterns).separated_field(Bits.pack(cues), table)
    error = np.abs(field * np.exp(log_unit - unit)[:, None] - expected)
    assert (error <= allowed(separation, dim, n, batch)).all()


def test_single_precision_would_break_the_bound():
    patterns, cues = drawn(200, 257, 3)
    separation, table = LOG_COSH, LOG_COSH.table(200)
    at = overlaps_of_others(patterns, cues) + table.reach
    expected, *_, unit = real_field(separation, 200, 257, 3)
    single = np.einsum("bkd,kd->bd", table.values.astype(np.float32)[at], patterns.astype(np.float32))
    error = np.abs(single * np.exp(-unit)[:, None] - expected)
    assert (error > allowed(separation, 200, 257, 3)).any()


@pytest.mark.parametrize("separation", [*WHOLE, *REAL], ids=lambda s: s.name)
@pytest.mark.parametrize(("dim", "n", "batch"), [(2, 2, 5), (33, 16, 33), (63, 255, 3), (200, 2, 5)])
def test_steps_are_those_of_the_reference(engine, separation, dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    held, states, table = hold(engine, patterns), Bits.pack(cues), separation.table(dim)
    expected = hold(get("numpy"), patterns).separated_step(states, table)
    np.testing.assert_array_equal(held.separated_step(states, table).unpack(), expected.unpack())


@pytest.mark.parametrize(
    ("own", "threshold"), [(0, 0.0), (7, 0.0), (7, 3.0), (3, -2.0), (16, 0.5), (300, -1.5)]
)
@pytest.mark.parametrize(("dim", "n", "batch"), [(2, 2, 5), (31, 7, 3), (33, 16, 33), (200, 33, 1)])
def test_pairwise_steps_follow_the_sign_of_the_field_and_keep_ties(engine, dim, n, batch, own, threshold):
    patterns, cues = drawn(dim, n, batch)
    above = hebb_field(patterns, cues) - own * cues - threshold
    expected = np.where(above == 0, cues, np.sign(above))
    held = hold(engine, patterns)
    np.testing.assert_array_equal(held.pairwise_step(Bits.pack(cues), own, threshold).unpack(), expected)


def test_some_neurons_of_these_steps_are_tied():
    patterns, cues = drawn(33, 16, 33)
    assert (hebb_field(patterns, cues) == 0).any()


@given(
    dim=st.integers(2, 140),
    n=st.integers(1, 70),
    batch=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    bias=st.sampled_from([0.0, 0.5, 0.9, 1.0]),
)
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ENGINES)
def test_any_shape_and_any_bias_give_the_definition(name, dim, n, batch, seed, bias):
    engine, rng = get(name), np.random.default_rng(seed)
    patterns, cues = (np.where(rng.random((rows, dim)) < bias, 1, -1) for rows in (n, batch))
    held, states, table = hold(engine, patterns), Bits.pack(cues), Polynomial(3).table(dim)
    np.testing.assert_array_equal(held.overlaps(states), overlaps(patterns, cues))
    np.testing.assert_array_equal(held.pairwise_field(states), hebb_field(patterns, cues))
    np.testing.assert_array_equal(held.weights(), times(patterns.T, patterns))
    expected, _ = hold(get("numpy"), patterns).separated_field(states, table)
    np.testing.assert_array_equal(held.separated_field(states, table)[0], expected)


@given(
    dim=st.sampled_from([2, 33, 64]),
    n=st.integers(1, 40),
    changes=st.lists(st.one_of(st.integers(0, 39), st.integers(-20, -1)), max_size=12),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", ENGINES)
def test_adding_and_removing_is_holding_what_is_left(name, dim, n, changes, seed):
    """A change below 0 adds so many patterns; one from 0 up removes the pattern at that place."""
    engine, rng = get(name), np.random.default_rng(seed)
    patterns = rng.choice(np.array([-1, 1]), (n, dim))
    cues = rng.choice(np.array([-1, 1]), (3, dim))
    held, states, table = hold(engine, patterns), Bits.pack(cues), Exponential(0.1).table(dim)
    first, before = held, patterns
    for change in changes:
        if change < 0:
            more = rng.choice(np.array([-1, 1]), (-change, dim))
            held, patterns = held.added(Bits.pack(more)), np.concatenate([patterns, more])
        elif len(patterns) > 1:
            place = change % len(patterns)
            held, patterns = held.without(place), np.delete(patterns, place, axis=0)
    again = hold(engine, patterns)
    np.testing.assert_array_equal(held.bits.unpack(), patterns)
    np.testing.assert_array_equal(held.overlaps(states), overlaps(patterns, cues))
    np.testing.assert_array_equal(held.pairwise_field(states), again.pairwise_field(states))
    np.testing.assert_array_equal(held.weights(), again.weights())
    fields = [h.separated_field(states, table)[0] for h in (held, again)]
    np.testing.assert_allclose(*fields, rtol=0, atol=(len(patterns) + 8) * 2.0**-43 * np.exp(0.1 * dim))
    np.testing.assert_array_equal(
        first.overlaps(states), overlaps(before, cues)
    )  # what was held stays as it was


def test_added_and_without_leave_the_reference_of_both_alone(engine):
    patterns, cues = drawn(33, 17, 3)
    held, states = hold(engine, patterns), Bits.pack(cues)
    one, other = held.added(Bits.pack(cues)), held.added(Bits.pack(-cues))
    np.testing.assert_array_equal(one.overlaps(states)[:, 17:], cues @ cues.T)
    np.testing.assert_array_equal(other.overlaps(states)[:, 17:], -cues @ cues.T)
    np.testing.assert_array_equal(held.without(-1).overlaps(states), cues @ patterns[:-1].T)


@pytest.mark.skipif("packed" not in ENGINES, reason="the packed engine can't run here")
@pytest.mark.parametrize(("dim", "n", "batch"), [(63, 300, 33), (257, 20_000, 40)])
def test_packed_answers_are_the_same_on_any_number_of_threads(dim, n, batch):
    patterns, cues = drawn(dim, n, batch)
    states, separations = Bits.pack(cues), [Polynomial(3), Exponential(0.01), Exponential(), LOG_COSH]
    held = hold(get("packed"), patterns)

    def everything(count):
        use_threads(count)
        fields = [held.separated_field(states, s.table(dim))[0] for s in separations]
        return [held.overlaps(states), held.pairwise_field(states), held.weights(), *fields]

    try:
        alone = everything(1)
        for count in (2, 4):
            for one, several in zip(alone, everything(count), strict=True):
                np.testing.assert_array_equal(one, several)
    finally:
        use_threads(None)


def test_names_of_engines_read_back(engine):
    assert get(engine.name) == engine
    assert engine.description
