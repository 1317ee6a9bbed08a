"""Random words: the published vectors, their place in a stream, and the chance of biased bits."""

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.kernels import threads
from hebbcap.kernels.random import philox
from hebbcap.kernels.random.philox import biased_words, fill, fill_biased, key, words

# Random123 1.14, tests/kat_vectors, philox4x32 of 10 rounds: counter, key, output.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
STREAM = key(3, "an experiment", 5)
CHANCES = [0.0, 1.0, 0.5, 0.75, 0.3, 2.0**-32, 1 - 2.0**-32, 0.01]


def by_hand(counter, key):
    """Philox4x32-10 in whole numbers of Python, from the paper."""
    x, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [second >> 32 ^ x[1] ^ k[0], second % 2**32, first >> 32 ^ x[3] ^ k[1], first % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(x)


@pytest.fixture(params=["kernel", "plain"])
def either(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(philox, "_kernels", lambda: None)


@pytest.mark.parametrize(("counter", "key", "output"), VECTORS)
def test_published_vectors(counter, key, output):
    assert by_hand(counter, key) == output
    assert tuple(int(word) for word in philox.philox(counter, key)) == output


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("first", [0, 5, 2**29 - 1, 2**40])
def test_a_step_holds_the_outputs_of_eight_counters(first):
    out = np.empty(64, dtype=np.uint32)
    fill(out, STREAM, first=first)
    low, high = STREAM.upper % 2**32, STREAM.upper >> 32
    pair = (STREAM.key % 2**32, STREAM.key >> 32)
    for step in range(2):
        drawn = []
        for lane in range(8):
            position = 8 * (first + step) + lane
            drawn.append(by_hand((position % 2**32, position >> 32, low, high), pair))
        expected = [w for x in drawn for w in x[:2]] + [w for x in drawn for w in x[2:]]
        assert out[32 * step : 32 * (step + 1)].tolist() == expected


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 1000, 96 * 1024 + 7])
def test_kernel_draws_what_the_plain_version_draws(size):
    out = np.empty(size, dtype=np.uint32)
    fill(out, STREAM, first=9)
    assert np.array_equal(out, words(STREAM, 9, -(-size // 32)).reshape(-1)[:size])


@pytest.mark.parametrize("chance", CHANCES)
def test_biased_kernel_draws_what_the_plain_version_draws(chance):
    out = np.empty(32 * 9 + 5, dtype=np.uint32)
    fill_biased(out, chance, STREAM, first=4)
    expected = biased_words(round(chance * 2**32), STREAM, 4, 10)
    assert np.array_equal(out, expected.reshape(-1)[: len(out)])


def test_words_are_the_same_on_any_number_of_threads():
    drawn = []
    for count in (1, 2, 4):
        threads.use_threads(count)
        try:
            out = np.empty(1 << 16, dtype=np.uint32)
            fill(out, STREAM)
            drawn.append(out)
        finally:
            threads.use_threads(None)
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[0], drawn[2])


def test_streams_of_other_seeds_experiments_blocks_and_purposes_differ():
    streams = [
        key(0, "a", 0),
        key(1, "a", 0),
        key(0, "b", 0),
        key(0, "a", 1),
        key(0, "a", 2**32),
        key(0, "a", 0, 1),
    ]
    drawn = [words(stream, 0, 4).tobytes() for stream in streams]
    assert len(set(drawn)) == len(streams)
    assert key(0, "a", 0) == key(0, "a", 0)


@pytest.mark.usefixtures("either")
def test_bits_of_chance_0_and_1_are_all_alike():
    out = np.empty(40, dtype=np.uint32)
    fill_biased(out, 0.0, STREAM)
    assert not out.any()
    fill_biased(out, 1.0, STREAM)
    assert (out == 2**32 - 1).all()


@pytest.mark.parametrize("chance", [0.5, 0.3, 0.01, 0.999])
def test_biased_bits_come_with_their_chance_and_independently(chance):
    out = np.empty(1 << 16, dtype=np.uint32)
    fill_biased(out, chance, STREAM)
    bits = np.unpackbits(out.view(np.uint8)).astype(np.float64)
    error = np.sqrt(chance * (1 - chance) / bits.size)
    assert abs(bits.mean() - chance) < 4.9 * error  # one false alarm in a million
    assert abs(bits.mean() - 1.05 * chance) > 4.9 * error
    for lag in (1, 32, 512, 1024):
        together = (bits[lag:] - chance) * (bits[:-lag] - chance)
        assert abs(together.mean()) < 4.9 * error**2 * np.sqrt(bits.size)


def test_a_biased_bit_is_the_comparison_of_binary_digits():
    digits = [words(philox._for_digit(STREAM, n), 0, 1)[0] for n in range(32)]
    number = sum(((d >> 7) & 1).astype(np.uint64) << np.uint64(31 - n) for n, d in enumerate(digits))
    for chance in CHANCES:
        out = np.empty(32, dtype=np.uint32)
        fill_biased(out, chance, STREAM)
        assert np.array_equal(out >> 7 & 1, number < round(chance * 2**32))


@pytest.mark.parametrize(
    ("seed", "block", "purpose", "words_"),
    [(-1, 0, 0, "seed=-1"), (0, 2**56, 0, "block="), (0, 0, 224, "purpose=224"), (0, -1, 0, "block=-1")],
)
def test_a_stream_outside_the_counter_is_refused(seed, block, purpose, words_):
    with pytest.raises(InvalidArgument, match=words_):
        key(seed, "a", block, purpose)


def test_arrays_that_are_not_contiguous_words_are_refused():
    with pytest.raises(InvalidArgument, match="contiguous array of uint32"):
        fill(np.empty(8), STREAM)
    with pytest.raises(InvalidArgument, match="contiguous array of uint32"):
        fill(np.empty(8, dtype=np.uint32)[::2], STREAM)
    with pytest.raises(InvalidArgument, match=r"chance=1.5"):
        fill_biased(np.empty(8, dtype=np.uint32), 1.5, STREAM)
