"""Are patterns of more than two levels drawn as they are described, and spelled as they are read?"""

import copy
import pickle

import numpy as np
import pytest
from scipy import stats

import hebbcap
from hebbcap._checks import InvalidArgument
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse, ensemble, ternary

GRADED = Discrete((0, 1, 2), (0.5, 0.3, 0.2))
FIVE = Discrete((-2, -1, 0, 1, 2), (0.1, 0.2, 0.4, 0.2, 0.1))
EVERY = [ternary(0.3), GRADED, FIVE, Discrete((-1, 1), (0.7, 0.3))]


@pytest.mark.parametrize("drawn", EVERY, ids=lambda e: e.name)
class TestEveryDiscreteEnsemble:
    def test_levels_occur_as_often_as_they_should(self, drawn):
        # A chi-squared test at a false-alarm rate of 1e-6.
        sample = drawn.sample(300, 1001, 3)
        counts = [np.count_nonzero(sample == level) for level in drawn.levels]
        assert sum(counts) == sample.size
        assert stats.chisquare(counts, np.array(drawn.chances) * sample.size).pvalue > 1e-6

    def test_slightly_other_chances_are_told_apart(self, drawn):
        sample = drawn.sample(300, 1001, 3)
        counts = [np.count_nonzero(sample == level) for level in drawn.levels]
        wrong = np.array(drawn.chances)
        wrong[0], wrong[-1] = wrong[0] + 0.01, wrong[-1] - 0.01
        assert stats.chisquare(counts, wrong * sample.size).pvalue < 1e-6

    def test_moments_are_those_of_the_law(self, drawn):
        law = stats.rv_discrete(values=(range(len(drawn.levels)), drawn.chances))
        levels = np.array(drawn.levels)
        for k in range(5):
            assert drawn.moment(k) == pytest.approx(law.expect(lambda i, k=k: levels[np.int64(i)] ** k))
        assert drawn.variance == pytest.approx(drawn.moment(2) - drawn.mean**2)

    def test_name_and_repr_read_back(self, drawn):
        assert ensemble(drawn.name) == drawn
        assert eval(repr(drawn)) == drawn
        assert pickle.loads(pickle.dumps(drawn)) == copy.deepcopy(drawn) == drawn
        assert hash(ensemble(drawn.name)) == hash(drawn)

    def test_the_chance_of_the_highest_level_is_p_high(self, drawn):
        assert drawn.p_high == drawn.chances[-1]


@pytest.mark.parametrize("drawn", [Rademacher(), Biased(0.3), Sparse(0.1)], ids=repr)
def test_ensembles_of_two_levels_have_the_chances_of_both(drawn):
    assert drawn.chances == (1 - drawn.p_high, drawn.p_high)


def test_ternary_is_short_for_three_symmetric_levels():
    assert ensemble("ternary:0.3") == ternary(0.3) == Discrete((-1, 0, 1), (0.15, 0.7, 0.15))
    assert hebbcap.ternary(0.3) == hebbcap.Discrete((-1, 0, 1), (0.15, 0.7, 0.15))
    assert (ternary(0.3).mean, ternary(0.3).variance) == pytest.approx((0, 0.3))


@pytest.mark.parametrize(
    ("levels", "chances", "rule"),
    [
        ((1,), (1,), "2 to 16"),
        ((), (), "2 to 16"),
        ((0, 1), (0.5, 0.3, 0.2), "must be 2 numbers"),
        (range(20), (0.05,) * 20, "2 to 16"),
        ((1, 0), (0.5, 0.5), "ascending"),
        ((0, 0), (0.5, 0.5), "ascending"),
        ((0, 0.5), (0.5, 0.5), "scale is free"),
        ((0, 200), (0.5, 0.5), "must be <= 127"),
        ((0, 1), (0.5, 0.6), "add up to 1.1"),
        ((0, 1, 2), (0.5, 0.5, 0.0), "chances"),
        ((0, 1), ("a", 0.5), "chances"),
        ((0, 1), (), "must be 2 numbers"),
        ((0, float("nan")), (0.5, 0.5), "levels"),
    ],
    ids=str,
)
def test_what_is_no_law_of_levels_is_refused(levels, chances, rule):
    with pytest.raises(InvalidArgument, match=rule):
        Discrete(tuple(levels), tuple(chances))


@pytest.mark.parametrize(
    "spec", ["discrete", "discrete:", "discrete:0=0.5", "discrete:0=a,1=0.5", "discrete:0,1"]
)
def test_text_that_spells_no_levels_says_how_to(spec):
    with pytest.raises(InvalidArgument, match=r"discrete|levels"):
        ensemble(spec)


@pytest.mark.parametrize("spec", ["ternary:1.5", "ternary:0", "ternary:x", "ternary"])
def test_an_activity_that_is_none_is_refused(spec):
    with pytest.raises(InvalidArgument):
        ensemble(spec)
