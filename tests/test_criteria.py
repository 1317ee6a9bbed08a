import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.criteria import MEANINGS, OVERLAP, Criterion, criterion

ERRORS = sorted(set(MEANINGS) - {OVERLAP})
CRITERIA = st.one_of(
    st.builds(Criterion, st.sampled_from(ERRORS), st.floats(0, 0.5, exclude_min=True, exclude_max=True)),
    st.builds(Criterion, st.just(OVERLAP), st.floats(0, 1, exclude_min=True)),
)


@given(CRITERIA)
def test_text_reads_back_to_the_criterion(wanted):
    assert criterion(str(wanted)) == wanted


@given(CRITERIA)
def test_repr_evaluates_to_the_criterion(wanted):
    assert eval(repr(wanted)) == wanted


@given(CRITERIA)
def test_meaning_names_the_level(wanted):
    assert f"{wanted.level:g}" in wanted.meaning


def test_short_levels_stay_short():
    assert str(Criterion("bit-error", 0.01)) == "bit-error:0.01"
    assert str(Criterion("overlap", 1)) == "overlap:1"


def test_criterion_given_is_returned_as_it_is():
    wanted = Criterion("overlap", 0.9)
    assert criterion(wanted) is wanted


def test_default_is_one_percent_of_bits():
    assert Criterion() == criterion("bit-error:0.01")


@pytest.mark.parametrize("kind", ERRORS)
def test_error_criteria_bound_the_failures_after_one_step(kind):
    assert Criterion(kind, 0.2).one_step
    assert Criterion(kind, 0.2).max_failure == 0.2


def test_overlap_criterion_asks_for_half_of_the_fixed_points():
    assert not Criterion(OVERLAP, 0.9).one_step
    assert Criterion(OVERLAP, 0.9).max_failure == 0.5


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "bit-error",
        "bit-error:",
        "bit-error:x",
        "bit_error:0.01",
        "bit-error:0.01:2",
        "overlap",
        0.01,
        None,
    ],
)
def test_texts_that_are_no_criterion_are_explained(spec):
    with pytest.raises(InvalidArgument, match=r"bit-error:0\.01"):
        criterion(spec)


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("level", [0, 0.5, 1, -0.1, np.nan, np.inf])
def test_error_levels_out_of_range_are_refused(kind, level):
    with pytest.raises(InvalidArgument, match="must be"):
        Criterion(kind, level)


@pytest.mark.parametrize("level", [0, 1.01, -0.5, np.nan])
def test_overlaps_out_of_range_are_refused(level):
    with pytest.raises(InvalidArgument, match="overlap"):
        Criterion(OVERLAP, level)


def test_equal_levels_of_any_type_are_written_alike():
    assert repr(Criterion("overlap", 1)) == repr(Criterion("overlap", np.float64(1)))
