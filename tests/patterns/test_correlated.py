import copy
import pickle

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument, TooLarge
from hebbcap.patterns import Hierarchical, Markov, Template, ensemble

EVERY = [Template(0.4), Hierarchical(3, 0.6), Markov(0.7), Markov(-0.5)]
EACH = pytest.mark.parametrize("drawn", EVERY, ids=repr)


@EACH
def test_name_reads_back_to_the_ensemble(drawn):
    assert ensemble(drawn.name) == drawn


@EACH
def test_repr_can_be_evaluated(drawn):
    assert eval(repr(drawn)) == drawn


@EACH
def test_survives_a_trip_to_another_process(drawn):
    assert pickle.loads(pickle.dumps(drawn)) == drawn
    assert hash(copy.deepcopy(drawn)) == hash(drawn)


@EACH
def test_sample_is_int8_signs_of_the_shape_asked(drawn):
    sample = drawn.sample(5, 37, 0)
    assert sample.dtype == np.int8
    assert sample.shape == (5, 37)
    assert sample.flags.writeable
    assert set(np.unique(sample)) == {-1, 1}


@EACH
def test_same_seed_draws_the_same_patterns(drawn):
    np.testing.assert_array_equal(drawn.sample(4, 50, 3), drawn.sample(4, 50, 3))
    assert (drawn.sample(4, 50, 3) != drawn.sample(4, 50, 4)).any()


@EACH
def test_says_that_and_how_it_is_correlated(drawn):
    assert not drawn.independent
    assert drawn.note
    assert drawn.dim is None
    assert drawn.n_available is None
    assert (drawn.mean, drawn.variance) == (0.0, 1.0)


@EACH
def test_too_large_a_sample_is_refused_before_it_is_drawn(drawn):
    with pytest.raises(TooLarge, match="GiB"):
        drawn.sample(10**9, 10**9, 0)


# A correlation of n independent products has a standard deviation of at most 1 / sqrt(n); 5 of them raise a
# false alarm once in a million.
def test_template_makes_patterns_alike_by_the_square_of_its_correlation():
    sample = Template(0.4).sample(2, 10**6, 1).astype(float)
    assert abs((sample[0] * sample[1]).mean() - 0.16) < 5e-3
    assert abs(sample.mean()) < 5e-3


def test_members_of_a_family_are_alike_and_others_are_not():
    sample = Hierarchical(3, 0.6).sample(6, 10**6, 1).astype(float)
    overlap = sample @ sample.T / 10**6
    for mu in range(6):
        for nu in range(mu):
            assert abs(overlap[mu, nu] - (0.36 if (mu - nu) % 3 == 0 else 0.0)) < 5e-3


def test_fewer_patterns_than_families_are_independent():
    sample = Hierarchical(9, 0.9).sample(4, 10**6, 2).astype(float)
    assert np.abs(sample @ sample.T / 10**6 - np.eye(4)).max() < 5e-3


@pytest.mark.parametrize("rho", [0.7, -0.5])
def test_markov_correlation_falls_with_the_power_of_the_distance(rho):
    sample = Markov(rho).sample(200_000, 12, 3).astype(float)
    correlation = sample.T @ sample / len(sample)
    distance = np.abs(np.subtract.outer(np.arange(12), np.arange(12)))
    assert np.abs(correlation - rho**distance).max() < 5 / np.sqrt(len(sample))
    assert np.abs(sample.mean(axis=0)).max() < 5 / np.sqrt(len(sample))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Template(0.0),
        lambda: Template(1),
        lambda: Template("0.5"),
        lambda: Hierarchical(0, 0.5),
        lambda: Hierarchical(2.0, 0.5),
        lambda: Hierarchical(2, 1.0),
        lambda: Markov(0),
        lambda: Markov(1.0),
        lambda: Markov(-1),
    ],
)
def test_correlation_outside_its_range_is_refused(make):
    with pytest.raises(InvalidArgument):
        make()


@pytest.mark.parametrize(
    "spec", ["template", "template:x", "hierarchical:4", "hierarchical:4,0.1,2", "markov:"]
)
def test_spelling_without_its_numbers_is_told_how_to_write_it(spec):
    with pytest.raises(InvalidArgument, match=r"write \w+:"):
        ensemble(spec)
