"""Packed patterns: what goes in comes out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.kernels.bits import Bits


@given(st.integers(1, 130), st.integers(0, 20), st.integers(0, 2**32 - 1))
def test_unpacking_gives_back_what_was_packed(dim, n, seed):
    array = np.random.default_rng(seed).choice([-1, 1], size=(n, dim)).astype(np.int8)
    packed = Bits.pack(array)
    assert (packed.unpack() == array).all()
    assert (packed.unpack(0, 1) == (array + 1) // 2).all()
    assert (packed.column_counts() == (array > 0).sum(axis=0)).all()
    assert packed.words.nbytes == n * 4 * -(-dim // 32)


@pytest.mark.parametrize("kind", [bool, np.int8, np.int64, np.float32, np.float64])
def test_every_number_type_packs_alike(kind):
    array = np.array([[1, 0, 1, 1, 0]], dtype=kind)
    assert Bits.pack(array).words.tolist() == [[13]]


def test_rows_are_chosen_as_with_arrays():
    packed = Bits.pack(np.eye(5))
    assert packed[1:3].words.ravel().tolist() == [2, 4]
    assert packed[[4, 0]].words.ravel().tolist() == [16, 1]
    assert len(packed[3]) == 1


def test_words_of_the_wrong_shape_or_with_stray_bits_are_refused():
    with pytest.raises(InvalidArgument, match="uint32"):
        Bits(np.zeros((2, 1), dtype=np.int64), 10)
    with pytest.raises(InvalidArgument, match=r"\(2, 1\)"):
        Bits(np.zeros((2, 2), dtype=np.uint32), 10)
    with pytest.raises(InvalidArgument, match="last 22 bits"):
        Bits(np.full((2, 1), 1 << 10, dtype=np.uint32), 10)
