import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hebbcap._checks import InvalidArgument
from hebbcap.patterns.binarise import METHODS, binarise

GREY = np.array([[0, 3, 10], [9, 1, 6], [2, 2, 8]])


def test_half_is_above_the_middle_of_the_whole_range():
    patterns, note = binarise(GREY, "half")
    np.testing.assert_array_equal(patterns, np.where(GREY > 5, 1, -1))
    assert note == "value > 5 (half of the range) is +1, else -1"


def test_mean_is_of_each_pattern():
    patterns, note = binarise(GREY, "mean")
    np.testing.assert_array_equal(patterns, [[-1, -1, 1], [1, -1, 1], [-1, -1, 1]])
    assert "mean of its pattern" in note


def test_median_is_of_each_neuron():
    patterns, note = binarise(GREY, "median")
    np.testing.assert_array_equal(patterns, [[-1, 1, 1], [1, -1, -1], [-1, -1, -1]])
    assert "median of its neuron" in note


@pytest.mark.parametrize("method", ["auto", "none"])
@pytest.mark.parametrize("low", [-1, 0])
@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float16, np.float64])
def test_two_level_arrays_are_kept(method, low, dtype):
    array = np.array([[low, 1, 1], [1, low, low]], dtype=dtype)
    patterns, note = binarise(array, method)
    assert patterns.dtype == np.int8
    np.testing.assert_array_equal(patterns, array)
    assert note == f"kept as given, with values {low} and {'+1' if low else '1'}"


def test_bools_and_unsigned_integers_are_kept_as_0_and_1():
    for dtype in (bool, np.uint8, np.uint64):
        np.testing.assert_array_equal(binarise(np.eye(3, dtype=dtype))[0], np.eye(3))


def test_auto_is_half_for_anything_else():
    np.testing.assert_array_equal(binarise(GREY)[0], binarise(GREY, "half")[0])
    np.testing.assert_array_equal(binarise([[0, 1, 255], [1, 0, 3]])[0], [[-1, -1, 1], [-1, -1, -1]])
    np.testing.assert_array_equal(binarise([[-1, 0], [1, 1]])[0], [[-1, -1], [1, 1]])


def test_none_refuses_other_values():
    with pytest.raises(InvalidArgument, match="half, mean, median"):
        binarise(GREY, "none")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([[1, np.nan], [0, 3]], r"array\[0, 1\]=nan must be finite|needs an array"),
        ([[1, np.inf], [0, 3]], r"array\[0, 1\]=inf must be finite|needs an array"),
        (np.full((3, 3), 7), "every entry of array is 7"),
        (np.ones((3, 3)), "every entry of array is 1"),
        ([1, 2, 3], r"must be \(rows, dim\)"),
        (np.zeros((2, 3, 4)), "reshape"),
        (5, r"must be \(rows, dim\)"),
        (None, "type object"),
        (np.zeros((0, 4)), "0 patterns and must have at least 2"),
        ([[1, 2, 3]], "1 patterns and must have at least 2"),
        ([[1], [2]], "1 columns and must have at least 2"),
        ([[1, 2], [3]], "rectangular"),
        ([["a", "b"], ["c", "d"]], "type <U1"),
        ([[1j, 2], [3, 4]], "type complex128"),
        (np.array([[1, 2], [3, 4]], dtype=object), "type object"),
        (np.array([[1, 2], [3, 4]], dtype="M8[s]"), "type datetime64"),
        (np.ma.masked_array([[1, 2], [3, 4]], mask=[[0, 1], [0, 0]]), "masked"),
        ([[1e301, 0], [3, 4]], "rescale|needs an array"),
    ],
)
def test_arrays_that_are_no_patterns_are_refused(bad, says, method):
    with pytest.raises(InvalidArgument, match=says):
        binarise(bad, method)


@pytest.mark.parametrize("bad", ["otsu", "", None, 1, ["half"]])
def test_unknown_method_is_refused_with_the_list(bad):
    with pytest.raises(InvalidArgument, match="must be one of auto, half, mean, median, none"):
        binarise(GREY, bad)


def test_rule_that_makes_all_entries_the_same_is_refused():
    with pytest.raises(InvalidArgument, match="makes every entry -1"):
        binarise([[0, 0], [1, 1], [1, 1]], "median")


def test_argument_is_left_alone():
    array = GREY.astype(float)
    for method in ("auto", "half", "mean", "median"):
        binarise(array, method)
    np.testing.assert_array_equal(array, GREY)


@given(
    arrays(
        st.sampled_from([np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, np.bool_]),
        array_shapes(min_dims=2, max_dims=2, max_side=5),
    ),
    st.sampled_from(METHODS),
)
def test_result_has_two_levels_or_the_error_is_ours(array, method):
    try:
        patterns, note = binarise(array, method)
    except InvalidArgument:
        return
    assert patterns.shape == array.shape
    assert patterns.dtype == np.int8
    assert np.unique(patterns).tolist() in ([-1, 1], [0, 1])
    assert note
    np.testing.assert_array_equal(binarise(patterns, "none")[0], patterns)
