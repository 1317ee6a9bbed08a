"""Every kernel against its plain version, for all tails, sizes and numbers of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap.engines.packed import PackedEngine, PackedHeld, _Room
from hebbcap.engines.reference import NumpyEngine
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.fields import sums
from hebbcap.kernels.fields.columns import plain_columns
from hebbcap.kernels.fields.decide import decide, fields, plain_decide, scaled_fields
from hebbcap.kernels.fields.nearest import nearest, plain_nearest
from hebbcap.kernels.fields.overlaps import interleave, new_overlaps, overlaps, plain_overlaps, separate
from hebbcap.kernels.fields.sums import Sums, Tables, pairwise_sums, plain_sums, table_sums
from hebbcap.kernels.fields.tiles import PATTERNS
from hebbcap.kernels.threads import use_threads

needs_lookups = pytest.mark.skipif(not sums.available(), reason="this processor has no AVX-512")

SHAPES = [(2, 1, 1), (31, 17, 3), (33, 70, 9), (64, 256, 4), (200, 300, 33), (257, 16, 8), (1000, 257, 5)]
"""dim, patterns, states: below, at and above every width there is."""


@pytest.fixture(params=[1, 2, 4])
def n_threads(request, monkeypatch):
    use_threads(request.param)
    for module in ("sums", "overlaps", "nearest"):  # threads even for work that one would do faster
        monkeypatch.setattr(f"hebbcap.kernels.fields.{module}._SERIAL", 0)
    yield request.param
    use_threads(None)


def made(dim, n_patterns, n_states, seed=0):
    """Patterns and states, some of the states near a pattern; the patterns as the kernels want them."""
    rng = np.random.default_rng(seed)
    high = rng.random((n_patterns, dim)) < 0.5
    states = rng.random((n_states, dim)) < 0.5
    near = min(n_patterns, n_states) // 2
    states[:near] = high[:near]
    states[:near, 0] ^= True
    room = _Room(n_patterns, dim)
    room.append(Bits.pack(high))
    held = PackedHeld(room, n_patterns, np.zeros(0, dtype=np.int64))
    return high, Bits.pack(states), held._alive


def over_ones(found, dim):
    return found.parts.sum(axis=0)[:, :dim]


def places_that_differ(high, states):
    return (states.dim - plain_overlaps(Bits.pack(high), states)) // 2


@given(st.integers(0, 100), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_interleaving_and_back(n, width, seed):
    words = np.random.default_rng(seed).integers(0, 2**32, (n, width), dtype=np.uint32)
    assert (separate(interleave(words), n) == words).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [np.int16, np.int32])
def test_overlaps_are_those_of_the_plain_version(shape, kind, n_threads):
    high, states, _ = made(*shape)
    rows = interleave(Bits.pack(high).words)
    out = new_overlaps(len(states), len(rows), shape[0]).astype(kind)
    overlaps(rows, shape[0], states, out)
    assert (out[:, : shape[1]] == plain_overlaps(Bits.pack(high), states)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_columns_are_those_of_the_plain_version(shape):
    _, _, held = made(*shape)
    assert (held.columns == plain_columns(held.rows)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_nearest_and_the_farthest_of_each_tile_are_found(shape, n_threads):
    high, states, held = made(*shape)
    assert (nearest(held, states) == plain_nearest(places_that_differ(high, states), PATTERNS)).all()


@needs_lookups
@pytest.mark.parametrize("shape", SHAPES)
def test_pairwise_sums_are_those_of_the_plain_version(shape, n_threads):
    high, states, held = made(*shape)
    dim = shape[0]
    own = (dim - 2 * np.arange(dim + 1))[None]
    found = pairwise_sums(held, states)
    expected = plain_sums(high, places_that_differ(high, states), own, np.zeros_like(own))
    assert (over_ones(found, dim) == expected[0]).all()
    assert (found.weights == expected[1]).all()
    assert (fields(found, dim) == 2 * expected[0] - expected[1][:, None]).all()


@needs_lookups
@pytest.mark.parametrize("size", [3, 2**10, 2**22, 2**31, 2**44, 2**52])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shared", [True, False])
def test_table_sums_are_exact_for_weights_of_any_size(shape, size, shared, n_threads):
    dim, _, n_states = shape
    high, states, held = made(*shape)
    rng = np.random.default_rng(size)
    n_tables = 1 if shared else n_states
    weights = rng.integers(-size, size, (n_tables, dim + 1))
    kept = rng.integers(-1000, 1000, (n_tables, dim + 1))
    tables = Tables.of(weights, kept)
    found = table_sums(held, states, tables.for_all(n_states) if shared else tables)
    expected = plain_sums(high, places_that_differ(high, states), weights, kept)
    assert (over_ones(found, dim) == expected[0]).all()
    assert (found.weights == expected[1]).all()
    assert (found.kept == expected[2]).all()


@needs_lookups
def test_the_largest_weights_that_fit_are_not_cut():
    """The edges of 16, 32 and 64 bits: sums of a tile just below and just above each."""
    high, states, held = made(64, PATTERNS, 4)
    for bits in (15, 31, 40, 52):
        for weight in (2**bits // PATTERNS - 1, 2**bits // PATTERNS, 2**bits // PATTERNS + 1):
            weights, kept = np.full((1, 65), weight), np.full((1, 65), -weight)
            found = table_sums(held, states, Tables.of(weights, kept).for_all(4))
            assert (over_ones(found, 64) == weight * high.sum(axis=0)).all()
            assert (found.weights == weight * PATTERNS).all()
            assert (found.kept == -weight * PATTERNS).all()


@needs_lookups
def test_pairwise_sums_pass_from_16_to_32_bits_where_they_must():
    """256 copies of the state itself: overlaps add up to 256 D, over 2^15 for D > 127."""
    for dim in (127, 128, 129, 1000):
        pattern = np.random.default_rng(dim).random(dim) < 0.5
        room = _Room(PATTERNS, dim)
        room.append(Bits.pack(np.tile(pattern, (PATTERNS, 1))))
        held = PackedHeld(room, PATTERNS, np.zeros(0, dtype=np.int64))._alive
        found = pairwise_sums(held, Bits.pack(pattern))
        assert (over_ones(found, dim)[0] == PATTERNS * dim * pattern).all()
        assert found.weights[0] == PATTERNS * dim


@needs_lookups
def test_a_tile_said_to_be_dead_is_passed_over_and_others_are_not():
    high, states, held = made(100, 3 * PATTERNS, 5)
    weights, kept = np.ones((1, 101), dtype=np.int64), np.ones((1, 101), dtype=np.int64)
    live = np.zeros((5, 3), dtype=bool)
    live[4, 1] = True  # alone in its block of states
    found = table_sums(held, states, Tables.of(weights, kept).for_all(5), live)
    assert found.weights.tolist() == [0, 0, 0, 0, PATTERNS]
    assert (over_ones(found, 100)[4] == high[PATTERNS : 2 * PATTERNS].sum(axis=0)).all()


@settings(max_examples=50)
@given(st.integers(1, 100), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_scaled_fields_hold_each_neurons_own_term(dim, n, n_parts, seed):
    rng = np.random.default_rng(seed)
    parts = rng.integers(-(2**40), 2**40, (n_parts, n, 32 * -(-dim // 32)))
    weights, kept = rng.integers(-(2**40), 2**40, (2, n))
    worth, states = rng.random(n), rng.choice([-1, 1], (n, dim))
    found = scaled_fields(Sums(parts, weights, kept), Bits.pack(states), worth)
    whole = 2 * parts.sum(axis=0)[:, :dim] - weights[:, None] + kept[:, None] * states
    assert (found == whole * worth[:, None]).all()


@settings(max_examples=50)
@given(st.integers(1, 100), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_decisions_are_those_of_the_plain_version(dim, n, n_parts, seed):
    rng = np.random.default_rng(seed)
    width = 32 * -(-dim // 32)
    parts, limits = rng.integers(-4, 4, (n_parts, n, width)), rng.integers(-16, 16, (n, 2))
    states = rng.random((n, dim)) < 0.5
    none = np.zeros(n, dtype=np.int64)
    after = decide(Sums(parts, none, none), limits, Bits.pack(states))
    assert (after.unpack(0, 1) == plain_decide(parts.sum(axis=0)[:, :dim], limits, states)).all()


def test_adding_writes_the_columns_of_what_is_added_and_no_others():
    rng = np.random.default_rng(0)
    first, more = (Bits.pack(rng.random((n, 40)) < 0.5) for n in (20, 17))
    room = _Room(1000, 40)
    room.append(first)
    room.columns[3:] = 0xFFFF  # room behind: nobody may touch it
    assert room.append(more, 20)
    assert (room.columns[:3] == plain_columns(room.rows[:3])).all()
    assert (room.columns[3:] == 0xFFFF).all()


@needs_lookups
def test_more_neurons_than_32_bits_reach_are_left_to_the_reference(monkeypatch):
    """Overlaps of a tile of equal patterns add up to 256 D."""
    rng = np.random.default_rng(1)
    patterns, states = (Bits.pack(rng.random((n, 70)) < 0.5) for n in (30, 5))
    held, plain = PackedEngine().hold(patterns), NumpyEngine().hold(patterns)
    monkeypatch.setattr(sums, "_MOST_DIM", 70)
    monkeypatch.setattr(sums, "_run", None)  # no kernel may be asked
    assert (held.pairwise_field(states) == plain.pairwise_field(states)).all()
    assert (held.pairwise_step(states, 30).words == plain.pairwise_step(states, 30).words).all()
    assert held.pairwise_settled(states, 30, 0.0, 10) is None
