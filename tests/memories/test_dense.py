import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.dynamics import single_pass
from hebbcap.engines.protocol import TIE
from hebbcap.memories import Dense, Hopfield
from hebbcap.separation import Exponential, FormulaSeparation, Polynomial

from .strategies import SEPARATIONS, patterns_and_states


def exact_terms(separation, patterns, state, i):
    """F(overlap with s_i = +1) - F(overlap with s_i = -1) of each pattern, in 1500 digits."""

    def value(overlap):
        if isinstance(separation, Exponential):
            return mpmath.exp(mpmath.mpf(separation.beta) * overlap)
        base = max(overlap, 0) if separation.rectified else overlap
        return mpmath.mpf(base**separation.order) / separation.order

    on = state.astype(int)
    on[i] = 1
    with mpmath.workdps(1500):
        overlaps = zip((patterns.astype(int) @ on).tolist(), patterns[:, i].tolist(), strict=True)
        return [value(m) - value(m - 2 * x) for m, x in overlaps]


def exact_field(separation, patterns, state, i):
    with mpmath.workdps(1500):
        return mpmath.fsum(exact_terms(separation, patterns, state, i))


@pytest.mark.parametrize("separation", SEPARATIONS, ids=str)
@given(data=st.data())
def test_field_is_the_energy_difference(separation, data):
    patterns, states = data.draw(patterns_and_states(low=-1))
    memory = Dense(separation).store(patterns)
    field = memory.field(states)
    for i in range(states.shape[1]):
        low, high = states.copy(), states.copy()
        low[:, i], high[:, i] = -1, 1
        difference = memory.energy(low) - memory.energy(high)
        largest = float(separation.value(np.array(states.shape[1])))  # energies cancel
        np.testing.assert_allclose(field[:, i], difference, rtol=1e-10, atol=1e-13 * largest)


@given(patterns_and_states(low=-1))
def test_field_of_order_two_is_exactly_twice_that_of_hebb(given_patterns):
    patterns, states = given_patterns
    twice = 2 * Hopfield().store(patterns).field(states)
    np.testing.assert_array_equal(Dense(Polynomial(2)).store(patterns).field(states), twice)


@given(patterns_and_states(low=-1))
def test_energy_of_order_two_is_that_of_hebb_up_to_a_constant(given_patterns):
    patterns, states = given_patterns
    # E_dense = -sum (xi s)^2 / 2 = E_hebb - K D / 2
    shift = -0.5 * patterns.size
    energy = Hopfield().store(patterns).energy(states) + shift
    np.testing.assert_array_equal(Dense(Polynomial(2)).store(patterns).energy(states), energy)


@pytest.mark.parametrize(
    "separation",
    [Polynomial(60), Polynomial(100), Polynomial(61, rectified=True), Exponential(20), Exponential(100)],
)
@settings(max_examples=40)
@given(data=st.data())
def test_steep_separations_keep_the_smaller_difference(separation, data):
    # At a stored pattern d(D - 1) is asked for, and d(D + 1) is up to e^200 times larger.
    patterns, states = data.draw(patterns_and_states(low=-1))
    memory = Dense(separation).store(patterns)
    for state in (*states, patterns[0].astype(float)):
        values, log_unit = memory.scaled_field(state)
        for i in range(len(state)):
            terms = exact_terms(separation, patterns, state, i)
            with mpmath.workdps(1500):
                error = values[0, i] * mpmath.exp(float(log_unit[0])) - mpmath.fsum(terms)
                assert abs(error) <= 1e-11 * max(map(abs, terms))


@pytest.mark.parametrize("separation", [Polynomial(100), Exponential(20)])
def test_a_single_steep_pattern_is_kept(separation):
    pattern = np.array([1.0, 1.0, -1.0])
    values, _ = Dense(separation).store(pattern).scaled_field(pattern)
    assert (values * pattern > 0).all()


@pytest.mark.parametrize(
    ("separation", "dim"),
    [
        (Polynomial(60), 200),  # values fit
        (Polynomial(100), 1000),
        (Polynomial(99, rectified=True), 800),
        (Exponential(), 1500),
        (Exponential(5.0), 200),
    ],
    ids=str,
)
def test_log_domain_agrees_with_exact_arithmetic(separation, dim):
    rng = np.random.default_rng(1)
    patterns = rng.choice([-1, 1], size=(5, dim))
    cue = patterns[0].astype(float)
    cue[rng.choice(dim, dim // 3, replace=False)] *= -1
    some = rng.choice(dim, 12, replace=False)
    memory = Dense(separation).store(patterns)
    assert (separation.table(dim).values is None) == (separation != Polynomial(60))
    values, log_unit = memory.scaled_field(cue)
    tracker = memory.tracker(cue[None])
    for i in some:
        exact = exact_field(separation, patterns, cue, i)
        for value, log in ((values[0, i], log_unit[0]), _local(tracker, i)):
            assert np.sign(value) == mpmath.sign(exact)
            log_size = math.log(abs(value)) + log
            assert log_size == pytest.approx(float(mpmath.log(abs(exact))), rel=1e-12)


def _local(tracker, neuron):
    local = tracker.field(neuron)
    return local.value[0], local.log_unit[0]


def test_tiles_give_the_same_field_as_one_piece(monkeypatch):
    rng = np.random.default_rng(2)
    patterns, states = rng.choice([-1, 1], size=(50, 20)), rng.choice([-1.0, 1.0], size=(7, 20))
    for separation in (Polynomial(3), Exponential(), Exponential(100), Polynomial(100)):
        memory = Dense(separation).store(patterns)
        whole, log_whole = memory.scaled_field(states)
        energy = memory.energy(states)
        with monkeypatch.context() as patch:
            patch.setattr("hebbcap.engines.reference._TILE", 60)
            patch.setattr("hebbcap.memories.dense.energy._OVERLAPS", 60)
            patch.setenv("HEBBCAP_ENGINE", "numpy")
            tiled, log_tiled = Dense(separation).store(patterns).scaled_field(states)
            np.testing.assert_allclose(memory.energy(states), energy)
        np.testing.assert_array_equal(log_tiled, log_whole)
        np.testing.assert_allclose(tiled, whole, rtol=1e-12, atol=1e-12 * np.abs(whole).max())


def test_fields_beyond_double_precision_point_to_the_scaled_field():
    pattern = np.ones(1000)
    with pytest.raises(InvalidArgument, match="scaled_field"):
        Dense(Exponential()).store(pattern).field(pattern)


def test_energy_beyond_double_precision_is_infinite_without_a_warning():
    pattern = np.ones(1000)
    assert Dense(Exponential()).store([pattern, pattern]).energy(pattern)[0] == -np.inf


LARGE = [
    Polynomial(60),
    Polynomial(61),
    Polynomial(60, rectified=True),
    Polynomial(99),
    Polynomial(100, rectified=True),
    FormulaSeparation("x^64/64 - 3*x^7"),
    Exponential(),
    Exponential(0.01),
]


def mp_value(separation, overlap):
    if isinstance(separation, Exponential):
        return mpmath.exp(mpmath.mpf(separation.beta) * overlap)
    if isinstance(separation, FormulaSeparation):
        return mpmath.mpf(overlap) ** 64 / 64 - 3 * mpmath.mpf(overlap) ** 7
    base = max(overlap, 0) if separation.rectified else overlap
    return mpmath.mpf(base) ** separation.order / separation.order


@pytest.mark.parametrize("separation", LARGE, ids=str)
@pytest.mark.parametrize("engine", ["numpy", "packed"])
def test_fields_and_energies_of_ten_thousand_neurons_agree_with_exact_arithmetic(
    separation, engine, monkeypatch
):
    monkeypatch.setenv("HEBBCAP_ENGINE", engine)
    rng, dim = np.random.default_rng(5), 10_000
    patterns = rng.choice([-1, 1], size=(12, dim))
    states = np.stack([patterns[0], patterns[0], patterns[1], rng.choice([-1, 1], size=dim)])
    states[1, rng.choice(dim, 2000, replace=False)] *= -1
    states[2, rng.choice(dim, 4990, replace=False)] *= -1
    memory = Dense(separation).store(patterns)
    fields, units = memory.scaled_field(states)
    energies, energy_units = memory.scaled_energy(states)
    tracker = memory.tracker(states.astype(float))
    after = single_pass(memory, states)
    with mpmath.workdps(400):
        for b, overlaps in enumerate((states @ patterns.T).tolist()):
            terms = [mp_value(separation, m) for m in overlaps]
            seen = float(energies[b]) * mpmath.exp(float(energy_units[b]))
            assert abs(seen + mpmath.fsum(terms)) <= 1e-11 * max(map(abs, terms))
            for i in rng.choice(dim, 5, replace=False).tolist():
                entries, own = patterns[:, i].tolist(), int(states[b, i])
                others = [m - x * own for m, x in zip(overlaps, entries, strict=True)]
                parts = [
                    mp_value(separation, m + x) - mp_value(separation, m - x)
                    for m, x in zip(others, entries, strict=True)
                ]
                exact, size = mpmath.fsum(parts), max(map(abs, parts))
                local = tracker.field(i)
                for value, unit in ((fields[b, i], units[b]), (local.value[b], local.log_unit[b])):
                    assert abs(float(value) * mpmath.exp(float(unit)) - exact) <= 1e-11 * size
                if abs(exact) > 1e-9 * size:
                    assert after[b, i] == mpmath.sign(exact)


def rises(memory, before, after):
    """Whether energy goes up between two states by more than rounding, in a unit common to both."""
    values, log_unit = memory.scaled_energy(np.stack([before, after]))
    first, second = values * np.exp(log_unit - log_unit.max())
    return second - first > 1e-11 * max(abs(first), abs(second))


def downhill(memory, state, rng, *, against=False):
    """Yield the states of one asynchronous sweep, each neuron with its field, or against it."""
    for i in rng.permutation(len(state)):
        found = memory.tracker(state[None]).field(int(i))
        field = found.value[0]
        if abs(field) <= TIE * found.size[0]:  # recall takes such a neuron for one at threshold
            continue
        after = state.copy()
        after[i] = -np.sign(field) if against else np.sign(field)
        yield state, after
        state = after


@pytest.mark.parametrize("separation", [*SEPARATIONS, *LARGE], ids=str)
@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([6, 40, 3000]))
def test_scaled_energy_never_rises_under_asynchronous_recall(separation, seed, dim):
    rng = np.random.default_rng(seed)
    patterns = rng.choice([-1, 1], size=(rng.integers(1, 6), dim))
    cue = patterns[0] * rng.choice([1.0, -1.0], p=[0.8, 0.2], size=dim)
    memory = Dense(separation).store(patterns)
    for (before, after), _ in zip(downhill(memory, cue, rng), range(40), strict=False):
        assert not rises(memory, before, after)


@pytest.mark.parametrize("separation", [Polynomial(60), Exponential()], ids=str)
def test_scaled_energy_rises_against_the_field(separation):
    rng = np.random.default_rng(6)
    pattern = rng.choice([-1.0, 1.0], size=3000)
    memory = Dense(separation).store(pattern)
    before, after = next(downhill(memory, pattern, rng, against=True))
    assert memory.energy(before)[0] == -np.inf or separation.order == 60
    assert rises(memory, before, after)


def test_energies_that_overflow_both_ways_are_not_lost():
    # At odd orders inf - inf: the sum has the sign of its larger part.
    pattern = np.ones(10_000)
    memory = Dense(Polynomial(99)).store([pattern, pattern, -pattern])
    assert memory.energy(pattern)[0] == -np.inf
    assert memory.energy(-pattern)[0] == np.inf


def test_scaled_energies_are_the_energies_where_these_fit():
    rng = np.random.default_rng(7)
    memory = Dense(Polynomial(3)).store(rng.choice([-1, 1], size=(20, 30)))
    states = rng.choice([-1, 1], size=(9, 30))
    values, log_unit = memory.scaled_energy(states)
    np.testing.assert_array_equal(values, memory.energy(states))
    assert not log_unit.any()


def test_patterns_of_zero_and_one_are_refused_with_the_way_out():
    with pytest.raises(InvalidArgument, match=r"2 \* x - 1"):
        Dense().store([[0, 1, 1]])
