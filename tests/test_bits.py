import math

import numpy as np
import pytest

from hebbcap.bits import information
from hebbcap.criteria import criterion
from hebbcap.estimate import experiment


def test_a_pattern_recalled_without_error_is_worth_its_entropy():
    asked = experiment("hopfield", patterns="sparse:0.1", dim=101, criterion="pattern-error:0.1")
    entropy = -(0.1 * math.log2(0.1) + 0.9 * math.log2(0.9))
    assert information(asked, 50).per_entry == pytest.approx(entropy, rel=1e-12)
    assert information(asked, 50).per_neuron == pytest.approx(50 * entropy, rel=1e-12)
    assert information(asked, 50).per_synapse == pytest.approx(0.5 * entropy, rel=1e-12)


@pytest.mark.parametrize("level", [0.01, 0.2])
def test_symmetric_entries_are_worth_one_bit_less_the_binary_entropy_of_the_error(level):
    asked = experiment("hopfield", dim=100, criterion=f"bit-error:{level}")
    lost = -(level * math.log2(level) + (1 - level) * math.log2(1 - level))
    assert information(asked, 1).per_entry == pytest.approx(1 - lost, rel=1e-12)


def test_overlap_counts_as_its_share_of_wrong_bits():
    overlap = experiment("hopfield", dim=100, criterion="overlap:0.9")
    error = experiment("hopfield", dim=100, criterion="bit-error:0.05")
    assert information(overlap, 9).per_entry == pytest.approx(information(error, 9).per_entry, rel=1e-12)


def test_mutual_information_of_sparse_entries_agrees_with_a_count_of_drawn_ones():
    asked = experiment("hopfield", patterns="sparse:0.2", dim=100, criterion="bit-error:0.1")
    rng = np.random.default_rng(5)
    right = rng.random(2_000_000) < 0.2
    back = right ^ (rng.random(right.size) < 0.1)
    joint = np.array(
        [[np.mean(right & back), np.mean(right & ~back)], [np.mean(~right & back), np.mean(~right & ~back)]]
    )
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    counted = float((joint * np.log2(joint / product)).sum())
    assert information(asked, 1).per_entry == pytest.approx(counted, abs=2e-3)


def test_a_memory_of_order_n_has_a_synapse_for_every_set_of_others():
    pairwise = information(experiment("hopfield", dim=30), 10)
    third = information(experiment("dense:3", dim=30), 10)
    assert pairwise.per_synapse == pytest.approx(pairwise.per_neuron / 29, rel=1e-12)
    assert third.per_synapse == pytest.approx(third.per_neuron / math.comb(29, 2), rel=1e-12)
    assert information(experiment("dense:2", dim=30), 10).per_synapse == pytest.approx(pairwise.per_synapse)


def test_energies_of_no_single_order_have_no_synapses_to_count():
    found = information(experiment("energy:x^3/3 + 0.1*x^5", dim=30), 10)
    assert found.per_synapse is None
    assert found.per_neuron > 0


def test_an_exponential_energy_has_a_synapse_for_every_set_of_any_size():
    found = information(experiment("exponential", dim=20), 100)
    assert found.per_synapse == pytest.approx(found.per_neuron / 2**19, rel=1e-12)


def test_numbers_of_synapses_beyond_double_precision_are_kept():
    assert information(experiment("exponential", dim=5000), 10).per_synapse == 0.0
    assert information(experiment("dense:60", dim=5000), 1e15).per_synapse < 1e-100


def test_nothing_stored_is_worth_nothing():
    found = information(experiment("hopfield", dim=100), 0)
    assert (found.per_neuron, found.per_synapse) == (0.0, 0.0)


def test_real_patterns_are_worth_less_than_their_bits_and_the_note_says_so():
    assert "upper bound" in information(experiment("hopfield", patterns="digits"), 2).note
    assert not information(experiment("hopfield", dim=100), 2).note


def test_negative_numbers_of_patterns_are_refused():
    with pytest.raises(ValueError, match="n_patterns=-1"):
        information(experiment("hopfield", dim=100, criterion=criterion("bit-error:0.01")), -1)
