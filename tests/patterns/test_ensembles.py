import copy
import math
import pickle

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument, TooLarge
from hebbcap.patterns import Biased, Data, Ensemble, Rademacher, Sparse

DRAWN = [Rademacher(), Biased(0.3), Biased(1e-3), Sparse(0.1), Sparse(0.999), Sparse(1 / 256)]


def three():
    return Data([[1, -1, 1, -1], [1, 1, 1, 1], [-1, -1, 1, 1]], name="three")


EVERY = [*DRAWN, three()]


def z_of_share(sample, ensemble, p):
    """Standard score of the share of high entries if each had chance p."""
    high = np.count_nonzero(sample == ensemble.levels[1])
    return (high - sample.size * p) / math.sqrt(sample.size * p * (1 - p))


@pytest.mark.parametrize("ensemble", EVERY, ids=repr)
class TestEveryEnsemble:
    def test_sample_is_int8_of_the_shape_asked_and_has_only_its_levels(self, ensemble):
        sample = ensemble.sample(3, ensemble.dim or 37, 0)
        assert sample.dtype == np.int8
        assert sample.shape == (3, ensemble.dim or 37)
        assert sample.flags.c_contiguous
        assert sample.flags.writeable
        assert set(np.unique(sample)) <= set(ensemble.levels)

    def test_same_seed_draws_the_same_patterns(self, ensemble):
        dim = ensemble.dim or 100
        np.testing.assert_array_equal(ensemble.sample(3, dim, 5), ensemble.sample(3, dim, 5))

    def test_moments_are_those_of_a_two_level_variable(self, ensemble):
        low, high = ensemble.levels
        assert ensemble.moment(0) == pytest.approx(1)
        assert ensemble.mean == ensemble.moment(1)
        assert ensemble.variance == pytest.approx(ensemble.moment(2) - ensemble.mean**2)
        assert ensemble.mean == pytest.approx(low + (high - low) * ensemble.p_high)
        assert ensemble.moment(3) == pytest.approx(ensemble.moment(1))

    def test_survives_a_trip_to_another_process(self, ensemble):
        assert pickle.loads(pickle.dumps(ensemble)) == ensemble
        assert copy.deepcopy(ensemble) == ensemble
        assert hash(pickle.loads(pickle.dumps(ensemble))) == hash(ensemble)

    @pytest.mark.parametrize("bad", [0, -1, 2.0, True, None, "3", 10**25])
    def test_bad_number_of_patterns_is_refused(self, ensemble, bad):
        with pytest.raises(InvalidArgument, match="n_patterns"):
            ensemble.sample(bad, ensemble.dim or 10, 0)

    @pytest.mark.parametrize("bad", [0, 1, -4, 4.0, True, None, 10**10])
    def test_bad_dim_is_refused(self, ensemble, bad):
        with pytest.raises(InvalidArgument, match="dim"):
            ensemble.sample(2, bad, 0)

    @pytest.mark.parametrize("bad", ["seed", -1, 0.5])
    def test_bad_rng_is_refused(self, ensemble, bad):
        with pytest.raises(InvalidArgument, match="rng"):
            ensemble.sample(2, ensemble.dim or 10, bad)

    @pytest.mark.parametrize("bad", [-1, 1.5, None])
    def test_bad_order_of_a_moment_is_refused(self, ensemble, bad):
        with pytest.raises(InvalidArgument, match="k="):
            ensemble.moment(bad)


@pytest.mark.parametrize("ensemble", DRAWN, ids=repr)
class TestDrawn:
    def test_repr_can_be_evaluated(self, ensemble):
        assert eval(repr(ensemble)) == ensemble

    def test_has_no_limits(self, ensemble):
        assert ensemble.dim is None
        assert ensemble.n_available is None
        assert ensemble.note == ""
        assert ensemble.independent

    # 5 standard deviations: a false alarm in 2 million for each ensemble, at a seed that is fixed.
    def test_share_of_high_entries_is_p_high(self, ensemble):
        assert abs(z_of_share(ensemble.sample(400, 5003, 1), ensemble, ensemble.p_high)) < 5

    def test_share_would_betray_a_slightly_wrong_chance(self, ensemble):
        p = ensemble.p_high
        wrong = p + 12 * math.sqrt(p * (1 - p) / (400 * 5003))
        assert abs(z_of_share(ensemble.sample(400, 5003, 1), ensemble, wrong)) > 5

    def test_neurons_and_patterns_are_uncorrelated(self, ensemble):
        sample = ensemble.sample(1000, 1001, 2).astype(float)
        centred = (sample - ensemble.mean) / math.sqrt(ensemble.variance)
        neighbours = (centred[:, 1:] * centred[:, :-1]).sum() / math.sqrt(1000 * 1000)
        successive = (centred[1:] * centred[:-1]).sum() / math.sqrt(999 * 1001)
        assert abs(neighbours) < 5
        assert abs(successive) < 5

    def test_too_large_a_sample_is_refused_before_it_is_drawn(self, ensemble):
        with pytest.raises(TooLarge, match="GiB"):
            ensemble.sample(10**9, 10**9, 0)


def test_columns_are_exact_where_dim_is_no_multiple_of_eight():
    for dim in range(2, 40):
        assert Rademacher().sample(7, dim, 0).shape == (7, dim)


def test_entries_beyond_the_first_block_are_fresh():
    sample = Rademacher().sample(2, 1 << 20, 0)
    assert abs(int(sample[0].astype(int) @ sample[1])) < 5 * 1024


def test_rademacher_is_biased_one_half():
    np.testing.assert_array_equal(Rademacher().sample(9, 33, 4), Biased(0.5).sample(9, 33, 4))


def test_share_is_exact_where_one_byte_can_not_decide():
    # Half of the ties must go up; without the second draw the share would be off by 1.95e-3, 8 sigma.
    ensemble = Biased(100.5 / 256)
    assert abs(z_of_share(ensemble.sample(4000, 1000, 0), ensemble, ensemble.p_high)) < 5
    assert abs(z_of_share(ensemble.sample(4000, 1000, 0), ensemble, 100 / 256)) > 5


def test_chance_far_below_one_byte_is_not_lost():
    assert np.count_nonzero(Sparse(1e-6).sample(4000, 5000, 0)) == pytest.approx(20, abs=5 * math.sqrt(20))


@pytest.mark.parametrize("kind", [Biased, Sparse])
@pytest.mark.parametrize("bad", [0, 1, -0.1, 1.1, math.nan, math.inf, "0.5", None, True])
def test_chance_outside_the_open_interval_is_refused(kind, bad):
    with pytest.raises(InvalidArgument):
        kind(bad)


def test_numpy_scalar_as_chance_keeps_the_repr_plain():
    assert repr(Biased(np.float64(0.25))) == "Biased(p=0.25)"


def test_ensemble_is_abstract():
    with pytest.raises(TypeError):
        Ensemble()
