"""Blocks of 32 x 32 bits, turned over their diagonal."""

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.kernels.one_pass import transpose as module
from hebbcap.kernels.one_pass.transpose import plain, transpose


@pytest.fixture
def blocks():
    return np.random.default_rng(20261122).integers(0, 2**32, (37, 32), dtype=np.uint32)


def bits(blocks):
    return np.unpackbits(blocks.view(np.uint8), axis=1, bitorder="little").reshape(-1, 32, 32)


@pytest.mark.parametrize("function", [transpose, plain])
def test_bit_j_of_word_i_becomes_bit_i_of_word_j(function, blocks):
    assert np.array_equal(bits(function(blocks)), bits(blocks).transpose(0, 2, 1))


@pytest.mark.parametrize("function", [transpose, plain])
def test_every_single_bit_goes_to_its_place(function):
    ones = np.zeros((1024, 32), dtype=np.uint32)
    for i in range(32):
        for j in range(32):
            ones[32 * i + j, i] = 1 << j
    turned = function(ones)
    for i in range(32):
        for j in range(32):
            assert turned[32 * i + j].tolist() == [1 << i if word == j else 0 for word in range(32)]


def test_twice_is_the_same_again(blocks):
    assert np.array_equal(transpose(transpose(blocks)), blocks)


def test_rows_of_a_larger_array_are_taken_as_they_are(blocks):
    wide = np.concatenate([blocks, blocks], axis=1)
    assert np.array_equal(transpose(wide[::2, :32]), plain(blocks[::2]))
    assert transpose(blocks[:0]).shape == (0, 32)


def test_without_a_compiler_the_plain_version_does_it(blocks, monkeypatch):
    monkeypatch.setattr(module, "_kernel", lambda: None)
    assert np.array_equal(transpose(blocks), plain(blocks))


@pytest.mark.parametrize("wrong", [np.zeros((2, 31), np.uint32), np.zeros((2, 32), np.int64)])
def test_other_shapes_and_types_are_refused(wrong):
    with pytest.raises(InvalidArgument, match=r"must be uint32 \(n, 32\)"):
        transpose(wrong)
