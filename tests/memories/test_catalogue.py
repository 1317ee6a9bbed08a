import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.learning import Bounded, Incremental, covariance, parse
from hebbcap.memories import Dense, Hopfield, Plastic, memory
from hebbcap.separation import Exponential, Polynomial


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("hopfield", Hopfield()),
        ("hopfield:hebb", Hopfield()),
        ("hopfield:post*pre - 0.1*pre", Hopfield(parse("post*pre - 0.1*pre"))),
        ("hopfield:c2_corr=1,c1_pre=-0.1", Hopfield(parse("post*pre - 0.1*pre"))),
        ("hopfield:post*pre - w", Plastic(Incremental(parse("post*pre - w")))),
        ("hopfield:bounded:5", Plastic(Bounded(5))),
        ("dense", Dense(Polynomial(3))),
        ("dense:4", Dense(Polynomial(4))),
        ("rectified", Dense(Polynomial(3, rectified=True))),
        ("rectified:5", Dense(Polynomial(5, rectified=True))),
        ("exponential", Dense(Exponential(1))),
        ("exponential:0.5", Dense(Exponential(0.5))),
    ],
)
def test_names_stand_for_memories(spec, expected):
    assert memory(spec) == expected


def test_options_say_the_same_as_the_name():
    assert memory("dense", order=4) == memory("dense:4", order=4) == memory("dense:4")
    assert memory("rectified", order=5) == memory("rectified:5")
    assert memory("hopfield", rule="post*pre - pre") == memory("hopfield:post*pre - pre")


def test_mean_is_that_which_the_covariance_rule_subtracts():
    assert memory("hopfield:covariance", mean=0.25) == Hopfield(covariance(0.25))
    assert memory("hopfield", rule="covariance", mean=0.25) == Hopfield(covariance(0.25))


def test_a_memory_is_returned_as_it_is():
    given = Dense()
    assert memory(given) is given


@pytest.mark.parametrize(
    ("spec", "options", "rule"),
    [
        ("hopfeld", {}, "did you mean hopfield"),
        ("qqqq", {}, "known are hopfield"),
        ("", {}, "known are hopfield"),
        ("dense:x", {}, "whole number"),
        ("dense:1", {}, "at least 2"),
        ("dense:3.5", {}, "whole number"),
        ("exponential:x", {}, "exponential:BETA"),
        ("exponential:-1", {}, "beta"),
        ("exponential:nan", {}, "beta"),
        ("hopfield:nonsense", {}, "rule"),
        ("dense:3", {"order": 4}, "contradicts"),
        ("hopfield", {"order": 4}, "does not go with hopfield"),
        ("exponential", {"order": 4}, "does not go with exponential"),
        ("dense", {"rule": "hebb"}, "does not go with dense"),
        ("hopfield:hebb", {"rule": "hebb"}, "contradicts"),
        (Dense(), {"order": 3}, "complete"),
        (Hopfield(), {"rule": "hebb"}, "complete"),
    ],
)
def test_what_is_no_memory_is_explained(spec, options, rule):
    with pytest.raises(InvalidArgument, match=rule):
        memory(spec, **options)
