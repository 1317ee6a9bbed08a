import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.separation import Exponential, Polynomial

POLYNOMIALS = st.builds(Polynomial, st.integers(2, 100), st.booleans())


def exact_difference(separation, m):
    """n (F(m + 1) - F(m - 1)) in whole numbers."""
    after, before = (max(x, 0) if separation.rectified else x for x in (m + 1, m - 1))
    return after**separation.order - before**separation.order


@given(POLYNOMIALS, st.integers(2, 40))
def test_polynomial_table_is_the_difference_in_whole_numbers(separation, dim):
    table = separation.table(dim)
    assert len(table.sign) == len(table.log_size) == 2 * table.reach + 1
    assert table.reach == dim + 1
    assert table.unit == 1 / separation.order
    for m in range(-table.reach, table.reach + 1):
        exact, at = exact_difference(separation, m), m + table.reach
        assert table.sign[at] == (exact > 0) - (exact < 0)
        if exact:
            assert table.log_size[at] == pytest.approx(math.log(abs(exact)), rel=1e-14, abs=1e-14)
        else:
            assert table.log_size[at] == -np.inf
        if table.values is not None:
            assert table.values[at] == float(exact)


@given(POLYNOMIALS, st.integers(2, 40))
def test_tables_called_whole_hold_whole_numbers_exactly(separation, dim):
    table = separation.table(dim)
    if table.whole:
        exact = [exact_difference(separation, m) for m in range(-table.reach, table.reach + 1)]
        assert [int(v) for v in table.values] == exact


@pytest.mark.parametrize("separation", [Polynomial(3), Polynomial(20, rectified=True), Exponential(0.3)])
def test_logarithms_and_values_agree(separation):
    table = separation.table(50)
    np.testing.assert_allclose(table.sign * np.exp(table.log_size), table.values, rtol=1e-12)


def test_values_are_left_out_where_they_leave_double_precision():
    assert Polynomial(100).table(10).values is not None
    assert Polynomial(100).table(1000).values is None
    assert Exponential().table(1000).values is None
    assert np.isfinite(Polynomial(100).table(1000).log_size).sum() == 2 * 1001 + 1 - 1  # d(0) = 0


@pytest.mark.parametrize("beta", [1e-6, 0.5, 1.0, 20.0, 100.0])
@pytest.mark.parametrize("dim", [2, 30])
def test_exponential_table_is_the_difference_in_fifty_digits(beta, dim):
    table = Exponential(beta).table(dim)
    assert (table.sign == 1).all()
    with mpmath.workdps(50):
        for m in range(-table.reach, table.reach + 1):
            exact = mpmath.log(mpmath.exp(beta * mpmath.mpf(m + 1)) - mpmath.exp(beta * mpmath.mpf(m - 1)))
            assert table.log_size[m + table.reach] == pytest.approx(float(exact), rel=1e-13, abs=1e-9)


@pytest.mark.parametrize("separation", [Polynomial(2), Polynomial(5, rectified=True), Exponential(0.2)])
def test_table_is_the_difference_of_the_value(separation):
    table = separation.table(12)
    m = np.arange(-table.reach, table.reach + 1.0)
    difference = separation.value(m + 1) - separation.value(m - 1)
    np.testing.assert_allclose(table.values * table.unit, difference, rtol=1e-12)


def test_rectified_separation_gives_nothing_to_negative_overlaps():
    assert Polynomial(3, rectified=True).value(np.array([-5.0, -1.0, 0.0])).tolist() == [0, 0, 0]
    table = Polynomial(3, rectified=True).table(10)
    assert (table.values[: table.reach] == 0).all()
    assert (table.values[table.reach :] > 0).all()


def test_values_overflow_to_infinity_without_a_warning():
    assert Exponential().value(np.array([1e4])) == np.inf
    assert Polynomial(100).value(np.array([1e9])) == np.inf


def test_contrast_is_the_largest_ratio_of_neighbouring_differences():
    assert Exponential(2.0).table(10).contrast == pytest.approx(math.exp(4.0))
    table = Polynomial(2).table(10)  # d(m) = 4 m, so 3 from d(1) to d(3)
    assert table.contrast == pytest.approx(3.0)


@pytest.mark.parametrize("order", [1, 0, -2, 101, 2.5, "3", True])
def test_orders_out_of_range_are_refused(order):
    with pytest.raises(InvalidArgument, match="order"):
        Polynomial(order)


@pytest.mark.parametrize("beta", [0, -1, np.nan, np.inf, 101, "1"])
def test_beta_out_of_range_is_refused(beta):
    with pytest.raises(InvalidArgument, match="beta"):
        Exponential(beta)


def test_numpy_arguments_become_plain_numbers():
    # Powers of a NumPy whole number would overflow silently.
    assert repr(Polynomial(np.int64(20))) == repr(Polynomial(20))
    assert repr(Exponential(np.float64(2))) == repr(Exponential(2)) == "Exponential(beta=2.0)"
    np.testing.assert_array_equal(Polynomial(np.int64(20)).table(90).sign, Polynomial(20).table(90).sign)


@given(st.one_of(POLYNOMIALS, st.builds(Exponential, st.floats(1e-6, 100))))
def test_repr_evaluates_to_the_separation(separation):
    assert eval(repr(separation)) == separation
