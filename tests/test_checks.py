from fractions import Fraction

import numpy as np
import pytest

from hebbcap import _checks
from hebbcap._checks import HebbcapError, InvalidArgument, TooLarge


def test_message_gives_name_value_rule_meaning():
    message = str(_checks.fail("load", -0.1, "must be > 0", "load is patterns per neuron"))
    assert message == "load=-0.1 must be > 0; load is patterns per neuron"


def test_long_values_are_cut_in_messages():
    assert len(str(_checks.fail("spec", "x" * 10_000, "is not known"))) < 110


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (_checks.InvalidArgument, ValueError),
        (_checks.TooLarge, MemoryError),
        (_checks.UnreadableFile, ValueError),
        (_checks.MissingExtra, ImportError),
    ],
)
def test_every_error_is_a_hebbcap_error_and_a_builtin(error, builtin):
    assert issubclass(error, HebbcapError)
    assert issubclass(error, builtin)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3)])
def test_whole_numbers_of_any_type_become_plain_ints(value):
    assert type(_checks.integer("k", value, low=1)) is int
    assert _checks.integer("k", value, low=1) == 3


@pytest.mark.parametrize("value", [True, 3.0, "3", None, np.float64(3), np.array([3])])
def test_what_is_not_a_whole_number_is_refused(value):
    with pytest.raises(InvalidArgument, match="whole number"):
        _checks.integer("k", value, low=1)


@pytest.mark.parametrize(("value", "rule"), [(0, "at least 1"), (6, "at most 5")])
def test_whole_numbers_out_of_range_are_refused(value, rule):
    with pytest.raises(InvalidArgument, match=rule):
        _checks.integer("k", value, low=1, high=5)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), Fraction(1, 2)])
def test_real_numbers_of_any_type_become_plain_floats(value):
    assert type(_checks.real("x", value)) is float
    assert _checks.real("x", value) == 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, True, "0.5", None, 1j, 10**400])
def test_what_is_not_a_finite_number_is_refused(value):
    with pytest.raises(InvalidArgument, match="finite number"):
        _checks.real("x", value)


def test_open_ends_exclude_the_bound_and_closed_ends_include_it():
    assert _checks.real("x", 0, low=0) == 0.0
    assert _checks.real("x", 1, high=1) == 1.0
    with pytest.raises(InvalidArgument, match="> 0"):
        _checks.real("x", 0, low=0, open_low=True)
    with pytest.raises(InvalidArgument, match="< 1"):
        _checks.real("x", 1, high=1, open_high=True)


@pytest.mark.parametrize("value", [-0.01, 0.5, 1.0])
def test_flips_leave_something_of_the_cue(value):
    with pytest.raises(InvalidArgument, match="flips"):
        _checks.flip_fraction(value)
    assert _checks.flip_fraction(0.49) == 0.49


@pytest.mark.parametrize("value", [1, 0, -5, _checks.MAX_DIM + 1])
def test_dim_out_of_range_is_refused(value):
    with pytest.raises(InvalidArgument, match="dim"):
        _checks.dimension(value)


def test_pattern_count_out_of_range_is_refused():
    assert _checks.pattern_count(_checks.MAX_PATTERNS) == _checks.MAX_PATTERNS
    for value in (0, _checks.MAX_PATTERNS + 1):
        with pytest.raises(InvalidArgument, match="n_patterns"):
            _checks.pattern_count(value)


@pytest.mark.parametrize("value", [0.01, 2.0, 1 / 3, 1e-300, 123456789.0, 0.1 + 0.2, 5e-324])
def test_short_numbers_read_back_exactly(value):
    assert float(_checks.short(value)) == value


def test_a_request_beyond_the_share_is_refused_with_the_number(monkeypatch):
    monkeypatch.setattr(_checks, "available_bytes", lambda: 4 * 2**30)
    _checks.check_fits(2 * 2**30, "this", "use less")
    with pytest.raises(TooLarge, match=r"this needs 3\.0 GiB.* 2\.0 GiB may be used here; use less"):
        _checks.check_fits(3 * 2**30, "this", "use less")
