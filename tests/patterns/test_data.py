import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.patterns import Biased, Data


def numbered(rows=64, dim=6):
    """Rows that spell their own number in bits."""
    return Data((np.arange(rows)[:, None] >> np.arange(dim)) & 1, name="numbered", note="a note")


def numbers(sample):
    return sample.astype(int) @ (1 << np.arange(sample.shape[1]))


def test_rows_are_drawn_without_replacement():
    assert sorted(numbers(numbered().sample(64, 6, 0))) == list(range(64))
    assert len(set(numbers(numbered().sample(40, 6, 0)))) == 40


def test_every_row_is_drawn_equally_often():
    rng = np.random.default_rng(0)
    counts = np.bincount(np.concatenate([numbers(numbered().sample(16, 6, rng)) for _ in range(4000)]))
    # 1000 of each row are expected, with variance 4000 * 1/4 * 3/4; 6 sigma over 64 rows is below 1e-6.
    assert counts.size == 64
    assert np.abs(counts - 1000).max() < 6 * np.sqrt(750)


def test_more_patterns_than_rows_are_refused_with_their_number():
    with pytest.raises(InvalidArgument, match=r"n_patterns=65 must be at most 64"):
        numbered().sample(65, 6, 0)


def test_another_dim_is_refused():
    with pytest.raises(InvalidArgument, match=r"dim=7 must be 6"):
        numbered().sample(2, 7, 0)


def test_describes_the_array():
    data = Data([[0, 0, 1], [0, 1, 1]], name="x", note="a note")
    assert (data.levels, data.dim, data.n_available) == ((0.0, 1.0), 3, 2)
    assert (data.p_high, data.mean, data.variance) == (0.5, 0.5, 0.25)
    assert (data.name, data.note, data.image_shape, data.independent) == ("x", "a note", None, False)


def test_array_is_a_read_only_copy():
    given = np.array([[1, -1], [1, 1]], dtype=np.int8)
    data = Data(given)
    given[0, 0] = -1
    assert data.array[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        data.array[0, 0] = -1
    sample = data.sample(2, 2, 0)
    sample[:] = 0
    assert data.array.all()


def test_stays_read_only_after_pickling():
    import pickle

    assert not pickle.loads(pickle.dumps(numbered())).array.flags.writeable


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64, bool])
def test_any_numeric_type_with_two_levels_is_taken(dtype):
    array = np.array([[0, 1], [1, 1]], dtype=dtype)
    assert Data(array).array.dtype == np.int8
    np.testing.assert_array_equal(Data(array).array, array)


@pytest.mark.parametrize(
    "bad",
    [
        [[1, 0], [-1, 1]],
        [[1, 2], [1, 1]],
        [[1, 0.5], [1, 0]],
        [[1, np.nan], [1, 0]],
        [[1, 1], [1, 1]],
        [[0, 0], [0, 0]],
        [[-1, -1], [-1, -1]],
        [[1, 0]],
        [[1], [0]],
        [1, 0],
        [[[1, 0], [0, 1]]],
        [[1, 0], [1]],
        [["1", "0"], ["0", "1"]],
        [[1j, 0], [0, 1]],
        [[None, 0], [0, 1]],
        np.zeros((0, 5)),
        None,
        7,
    ],
    ids=repr,
)
def test_anything_but_two_level_rows_is_refused(bad):
    with pytest.raises(InvalidArgument):
        Data(bad)


def test_image_shape_must_give_the_columns():
    assert Data(np.eye(6), image_shape=(2, 3)).image_shape == (2, 3)
    with pytest.raises(InvalidArgument, match="6 pixels"):
        Data(np.eye(6), image_shape=(2, 2))


def test_equality_is_by_contents():
    assert numbered() == numbered()
    assert hash(numbered()) == hash(numbered())
    assert numbered() != numbered(32)
    assert numbered().digest != numbered(32).digest
    assert numbered() != Biased(0.5)
    assert Data(np.eye(2), "a") != Data(np.eye(2), "b")


def test_digest_tells_shapes_apart():
    assert Data(np.eye(4)).digest != Data(np.eye(4).reshape(2, 8)).digest


def test_repr_summarises_however_large_the_array():
    assert len(repr(Data(np.eye(500), name="wide"))) < 120
