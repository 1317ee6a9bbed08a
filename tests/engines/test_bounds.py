"""Do sums stay exact, or in the log domain, on both sides of every bound of the arithmetic?"""

import math

import mpmath
import numpy as np
import pytest

from hebbcap import Bits, Dense, Exponential, Polynomial
from hebbcap.engines import get
from hebbcap.engines.fixed_point import n_bits, whole_terms
from hebbcap.kernels.fields import sums

ENGINES = ("numpy", "packed")


def drawn(n, dim, seed=0):
    return 2 * np.random.default_rng(seed).integers(0, 2, (n, dim), dtype=np.int8) - 1


def exact_field(patterns, state, neuron, difference):
    """Return the sum over patterns of entry times d(overlap of the others), without rounding."""
    others = patterns.astype(np.int64) @ state - patterns[:, neuron] * state[neuron]
    return sum(int(x) * difference(int(m)) for x, m in zip(patterns[:, neuron], others, strict=True))


def power_difference(order):
    return lambda m: ((m + 1) ** order - (m - 1) ** order) * mpmath.mpf(1) / order


def exponential_difference(m):
    return mpmath.exp(m + 1) - mpmath.exp(m - 1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("separation", "difference"),
    [(Polynomial(n), power_difference(n)) for n in (60, 61, 80, 100)]
    + [(Exponential(), exponential_difference)],
    ids=str,
)
def test_fields_of_ten_thousand_neurons_are_those_of_arbitrary_precision(engine, separation, difference):
    dim, neurons = 10_000, range(0, 10_000, 1111)
    patterns = drawn(40, dim)
    near = patterns[0].copy()
    near[:1000] *= -1
    mixed = np.where(patterns[0] + patterns[1] + patterns[2] > 0, 1, -1).astype(np.int8)
    states = np.stack([near, mixed])
    field, log_unit = (
        get(engine)
        .hold(Bits.pack(patterns))
        .separated_field(Bits.pack(states), Dense(separation).separation.table(dim))
    )
    assert np.isfinite(field).all()
    assert np.isfinite(log_unit).all()
    with mpmath.workdps(60):
        for b, state in enumerate(states.astype(np.int64)):
            for neuron in neurons:
                exact = exact_field(patterns, state, neuron, difference)
                found = mpmath.mpf(field[b, neuron]) * mpmath.exp(mpmath.mpf(log_unit[b]))
                assert abs(found / exact - 1) < 1e-10, (b, neuron)


@pytest.mark.parametrize(("order", "dim"), [(5, 3001), (8, 99), (13, 11), (13, 15)])
@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_whole_totals_are_exact_up_to_their_bound_and_right_beyond_it(order, dim, beyond):
    table = Polynomial(order).table(dim)
    inside = whole_terms(table, 1)
    most = 2 ** (60 - n_bits(inside.largest)) - 1
    n_patterns = most + beyond
    assert 100 < n_patterns < 10**5
    assert (whole_terms(table, n_patterns) is not None) == (beyond <= 0)
    # The largest sums there are: all patterns alike, and the state one of them.
    patterns = np.ones((n_patterns, dim), dtype=np.int8)
    field, log_unit = get("packed").hold(Bits.pack(patterns)).separated_field(Bits.pack(patterns[:1]), table)
    exact = n_patterns * (dim**order - (dim - 2) ** order)
    # Beyond it in fixed point of 44 bits, relative to a term at most 8 times as large as that of the state.
    np.testing.assert_allclose(
        field * np.exp(log_unit) * order, exact, rtol=1e-14 if beyond <= 0 else 2.0**-42
    )


@pytest.mark.skipif(not sums.available(), reason="needs AVX-512")
@pytest.mark.parametrize("dim", [2**23 - 1, 2**23, 2**23 + 1])
def test_pairwise_fields_agree_on_both_sides_of_the_most_neurons_of_32_bit_sums(dim):
    assert sums.available(dim) == (dim < 2**23)
    patterns = Bits.pack(np.ones((3, dim), dtype=bool))
    states = patterns[:1]
    field = get("packed").hold(patterns).pairwise_field(states)
    assert field.shape == (1, dim)
    assert (field == 3 * dim).all()


@pytest.mark.parametrize("dim", [2**24 - 1, 2**24, 2**24 + 1, 2**24 + 3])
def test_overlaps_of_the_reference_are_exact_beyond_single_precision(dim):
    patterns = Bits.pack(np.ones((1, dim), dtype=bool))
    assert get("numpy").hold(patterns).overlaps(patterns).tolist() == [[dim]]


@pytest.mark.parametrize("order", [2, 3, 60, 99, 100])
def test_differences_are_those_of_whole_numbers_at_any_order(order):
    dim = 10_000
    table = Polynomial(order).table(dim)
    for m in (-dim, -5001, -1, 0, 1, 2, 77, 5000, dim - 1, dim):
        exact = (m + 1) ** order - (m - 1) ** order
        at = m + table.reach
        assert table.sign[at] == (exact > 0) - (exact < 0)
        if exact:
            with mpmath.workdps(40):
                assert (
                    abs(float(mpmath.log(abs(exact)) - mpmath.mpf(table.log_size[at]))) < 1e-12 * order * 10
                )
        else:
            assert table.log_size[at] == -math.inf
