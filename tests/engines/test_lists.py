"""Do lists of high entries give the whole numbers of the definition, and are they chosen where they pay?"""

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.engines import lists
from hebbcap.engines.lists import ListsHeld, prefers_lists
from hebbcap.engines.reference import NumpyHeld
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.threads import use_threads
from hebbcap.separation import Exponential, Polynomial


def drawn(dim, n, batch, activity, seed=0):
    """Patterns and states with that share of high entries; the first state is a pattern, the last is all
    high.
    """
    rng = np.random.default_rng([dim, n, seed])
    patterns, states = (np.where(rng.random((rows, dim)) < activity, 1, -1) for rows in (n, batch))
    states[-1] = 1
    states[0] = patterns[0]
    return patterns, states


SIZES = [
    (2, 300, 1, 0.5),
    (31, 1, 5, 0.0),
    (33, 17, 33, 1.0),
    (64, 40, 3, 0.9),
    (1000, 3, 40, 0.01),
    (1000, 3000, 1, 0.002),  # the pattern meets few others: the sparse product
    (1000, 3000, 17, 0.03),  # most meet some state: the product in runs
]


@pytest.mark.parametrize(("dim", "n", "batch", "activity"), SIZES)
def test_sums_are_the_whole_numbers_of_the_definition(dim, n, batch, activity):
    patterns, states = drawn(dim, n, batch, activity)
    held, packed = ListsHeld.of(Bits.pack(patterns)), Bits.pack(states)
    overlaps = (states.astype(float) @ patterns.T).astype(int)
    assert (len(held), held.dim) == (n, dim)
    np.testing.assert_array_equal(held.bits.unpack(), patterns)
    np.testing.assert_array_equal(held.overlaps(packed), overlaps)
    field = held.pairwise_field(packed)
    assert field.dtype == np.int64
    np.testing.assert_array_equal(field, (overlaps.astype(float) @ patterns).astype(int))
    np.testing.assert_array_equal(held.weights(), (patterns.T.astype(float) @ patterns).astype(int))


def test_both_products_are_among_these_sizes(monkeypatch):
    shares = []
    sums = lists._shared_sums
    monkeypatch.setattr(
        lists,
        "_shared_sums",
        lambda shared, ones: shares.append(shared.nnz / shared.shape[1]) or sums(shared, ones),
    )
    for dim, n, batch, activity in SIZES[-2:]:
        patterns, states = drawn(dim, n, batch, activity)
        ListsHeld.of(Bits.pack(patterns)).pairwise_field(Bits.pack(states))
    assert 0 < min(shares) < 1 / 8 < max(shares)


def test_fields_beyond_single_precision_are_exact():
    dim, n = 4097, 4201  # with all entries high, fields are their product: odd, and above 2^24
    held = ListsHeld.of(Bits.pack(np.ones((n, dim), dtype=bool)))
    assert dim * n > 2**24
    assert (held.pairwise_field(Bits.pack(np.ones((1, dim)))) == dim * n).all()


@pytest.mark.slow
def test_overlaps_beyond_single_precision_are_exact():
    all_high = Bits.pack(np.ones((1, 2**24 + 1), dtype=bool))
    assert ListsHeld.of(all_high).overlaps(all_high).tolist() == [[2**24 + 1]]


def test_answers_are_the_same_on_any_number_of_threads():
    patterns, states = drawn(200, 500, 40, 0.02)
    held, packed = ListsHeld.of(Bits.pack(patterns)), Bits.pack(states)
    answers = []
    try:
        for threads in (1, 3):
            use_threads(threads)
            answers.append((held.overlaps(packed), held.pairwise_field(packed), held.weights()))
    finally:
        use_threads(None)
    for one, several in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, several)


def test_adding_and_removing_is_holding_what_is_left():
    patterns, states = drawn(50, 20, 3, 0.1)
    more, packed = drawn(50, 7, 1, 0.3, seed=1)[0], Bits.pack(states)
    first = ListsHeld.of(Bits.pack(patterns))
    before = first.pairwise_field(packed)
    left = first.without(-1).added(Bits.pack(more)).without(3)
    expected = np.delete(np.concatenate([patterns[:-1], more]), 3, axis=0)
    np.testing.assert_array_equal(left.bits.unpack(), expected)
    np.testing.assert_array_equal(
        left.pairwise_field(packed), NumpyHeld(Bits.pack(expected)).pairwise_field(packed)
    )
    np.testing.assert_array_equal(first.pairwise_field(packed), before)
    with pytest.raises(InvalidArgument, match=r"patterns\.dim=9 must be 50"):
        first.added(Bits.pack(np.ones((1, 9))))


@pytest.mark.parametrize("separation", [Polynomial(3), Exponential(0.1)], ids=lambda s: s.name)
def test_dense_memories_are_served_by_the_other_form_which_keeps_its_own(separation):
    patterns, states = drawn(60, 30, 4, 0.1)
    asked = []

    def otherwise(bits):
        asked.append(bits)
        return NumpyHeld(bits)

    held, packed = ListsHeld.of(Bits.pack(patterns), otherwise).without(0), Bits.pack(states)
    reference, table = NumpyHeld(Bits.pack(patterns[1:])), separation.table(60)
    assert not asked
    for ours, theirs in zip(
        held.separated_field(packed, table), reference.separated_field(packed, table), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(
        held.separated_step(packed, table).unpack(), reference.separated_step(packed, table).unpack()
    )
    assert len(asked) == 1


def with_ones(dim, n, ones):
    """Packed patterns with so many high entries each."""
    rows = np.zeros((n, dim), dtype=bool)
    rows[:, :ones] = True
    return Bits.pack(rows)


def test_lists_are_preferred_for_many_patterns_with_few_high_entries():
    assert prefers_lists(with_ones(4096, 4096, 24))  # 0.59 %
    assert not prefers_lists(with_ones(4096, 4096, 25))  # 0.61 %
    assert not prefers_lists(with_ones(4096, 4095, 24))
    assert not prefers_lists(with_ones(4096, 4096, 4095))


def test_what_counts_is_the_share_over_all_patterns():
    rows = with_ones(4096, 8192, 10).words.copy()
    rows[:30] = 2**32 - 1
    assert 30 * 4096 + 8162 * 10 > 0.006 * 4096 * 8192
    assert not prefers_lists(Bits(rows, 4096))
    rows[:20] = 0
    assert 10 * 4096 + 8162 * 10 < 0.006 * 4096 * 8192
    assert prefers_lists(Bits(rows, 4096))
