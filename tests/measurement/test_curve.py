"""Which questions are answered in one pass, and what the curve says of them."""

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.criteria import criterion
from hebbcap.dynamics import Fixed, Inhibition
from hebbcap.learning import parse
from hebbcap.measurement.curve import ALL_JUDGED, applies, error_curve, most_patterns
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Rademacher, Sparse
from hebbcap.question import Experiment
from hebbcap.separation import Exponential, Polynomial


def asked(memory=None, dim=100, by="bit-error:0.01", ensemble=None, flips=0.0, threshold=None):
    return Experiment(
        memory or Hopfield(),
        ensemble or Rademacher(),
        dim,
        criterion(by),
        flips,
        Fixed() if threshold is None else threshold,
    )


ANSWERED = {
    "hebb": asked(),
    "hebb, any bit": asked(by="pattern-error:0.4"),
    "hebb, flipped": asked(flips=0.1),
    "a multiple of hebb": asked(Hopfield(parse("0.1*post*pre"))),
    "hebb by another name": asked(Hopfield(parse("post^3*pre"))),
    "order 3": asked(Dense(Polynomial(3))),
    "order 4, rectified": asked(Dense(Polynomial(4, rectified=True))),
}
NOT_ANSWERED = {
    "biased patterns": asked(ensemble=Biased(0.4)),
    "sparse patterns": asked(ensemble=Sparse(0.5)),
    "another threshold": asked(threshold=Fixed(1.0)),
    "inhibition": asked(threshold=Inhibition()),
    "a midpoint": asked(threshold="midpoint"),
    "another rule": asked(Hopfield(parse("post*pre + 0.1*pre"))),
    "recall to a fixed point": asked(by="overlap:0.95"),
    "all patterns at once": asked(by="all-patterns:0.1"),
    "differences that aren't whole": asked(Dense(Exponential(0.1))),
    "differences beyond exact sums": asked(Dense(Polynomial(20))),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_these_questions_are_answered(name):
    curve = error_curve(ANSWERED[name], [8, 64], streams=3, seed=1)
    assert applies(ANSWERED[name])
    assert curve.n_patterns.tolist() == [8, 64]
    assert curve.wrong.shape == curve.failed.shape == (3, 2)
    assert curve.judged_bits.tolist() == [800, 3200]
    assert curve.judged_cues.tolist() == [8, 32]
    assert (curve.failed <= curve.judged_cues).all()
    assert (curve.wrong >= curve.failed).all()
    assert most_patterns(ANSWERED[name]) >= 2**16


@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_these_questions_are_refused(name):
    assert not applies(NOT_ANSWERED[name])
    with pytest.raises(InvalidArgument, match="is not answered in one pass"):
        error_curve(NOT_ANSWERED[name], [8], streams=1, seed=0)


def test_a_memory_of_ones_own_is_refused():
    class Mine:
        def store(self, patterns):
            return self

        def recall(self, cues):
            return cues

    assert not applies(Experiment(Mine(), Rademacher(), 10))


def test_later_streams_carry_on_where_earlier_ones_ended():
    whole = error_curve(ANSWERED["hebb"], [20, 40], streams=6, seed=7)
    parts = [error_curve(ANSWERED["hebb"], [20, 40], streams=3, seed=7, first=f) for f in (0, 3)]
    assert np.array_equal(whole.wrong, np.concatenate([p.wrong for p in parts]))
    assert np.array_equal(whole.failed, np.concatenate([p.failed for p in parts]))
    other = error_curve(ANSWERED["hebb"], [20, 40], streams=6, seed=8)
    assert not np.array_equal(whole.wrong, other.wrong)


def test_a_rule_of_the_other_sign_fails_where_the_rule_holds():
    """Its fields are opposite, so that bits are right only where a field is 0 or wrong for the rule."""
    curve = error_curve(asked(Hopfield(parse("-post*pre")), dim=101), [2, 32], streams=4, seed=0)
    assert (curve.wrong > 0.9 * curve.judged_bits).all()


def test_large_networks_are_judged_by_some_of_their_neurons_unless_all_must_be_right():
    some = error_curve(asked(dim=3 * ALL_JUDGED), [8], streams=1, seed=0)
    every = error_curve(asked(dim=3 * ALL_JUDGED, by="pattern-error:0.4"), [8], streams=1, seed=0)
    assert some.judged_bits.tolist() == [8 * ALL_JUDGED]
    assert every.judged_bits.tolist() == [24 * ALL_JUDGED]
