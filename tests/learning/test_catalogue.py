import doctest
import inspect
import re

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.learning import NAMES, Rule, covariance, hebb, parse, resolve

MEANS = [-0.5, 0.0, 0.1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mean", MEANS)
class TestEveryNamedRule:
    def test_is_documented_with_a_source_and_an_example(self, name, mean):
        text = inspect.getdoc(NAMES[name])
        assert re.search(r"\(\d{4}\)", text), "the docstring names no source"
        assert doctest.DocTestParser().get_examples(text)

    def test_is_found_by_its_name(self, name, mean):
        assert resolve(name, mean=mean) == NAMES[name](mean)

    def test_carries_a_name_that_finds_it_again(self, name, mean):
        rule = NAMES[name](mean)
        assert resolve(rule.name, mean=mean) == rule

    def test_is_local(self, name, mean):
        """The increment of one synapse stays the same whatever all the other neurons do."""
        rule = NAMES[name](mean)
        state = np.random.default_rng(0).choice([-1.0, 1.0], size=8)
        other = state.copy()
        other[2:] *= -1
        first, second = (rule(x[:, None], x[None, :])[:2, :2] for x in (state, other))
        assert np.array_equal(first, second)

    def test_is_additive_and_of_second_order(self, name, mean):
        rule = NAMES[name](mean)
        assert rule.is_additive
        assert rule.order == 2
        assert rule.coefficient(post=1, pre=1) == 1.0

    def test_evaluates_to_finite_numbers(self, name, mean):
        table = NAMES[name](mean).table([-1, 0, 1])
        assert table.shape == (3, 3)
        assert np.isfinite(table).all()

    def test_reads_back_from_its_formula_and_repr(self, name, mean):
        rule = NAMES[name](mean)
        assert parse(rule.formula) == rule == eval(repr(rule))


def test_covariance_is_the_product_of_deviations():
    assert covariance(0.25) == parse("(post - 0.25)*(pre - 0.25)")


def test_gating_rules_change_only_where_the_gate_is_active():
    pre_gated = resolve("presynaptic-gating", mean=0.5).table([0, 1])
    post_gated = resolve("postsynaptic-gating", mean=0.5).table([0, 1])
    assert np.array_equal(pre_gated[:, 0], [0, 0])
    assert np.array_equal(pre_gated[:, 1], [-0.5, 0.5])
    assert np.array_equal(post_gated, pre_gated.T)


@pytest.mark.parametrize(
    ("spec", "formula"),
    [
        ("Hebb ", "post*pre"),
        ("activity_product", "post*pre"),
        ("COVARIANCE", "(post - 0.5)*(pre - 0.5)"),
        ("c2_corr=1,c1_pre=-0.1", "post*pre - 0.1*pre"),
        (" c0 = 1e-3 ", "0.001"),
        ("post*pre - 0.1*pre", "post*pre - 0.1*pre"),
        ("post", "post"),
        ("post-pre", "post - pre"),
        ("w-1", "w - 1"),
        (hebb(), "post*pre"),
    ],
)
def test_spec_means_this_rule(spec, formula):
    assert resolve(spec, mean=0.5) == parse(formula)


def test_rule_passes_through_with_its_name():
    rule = Rule({(0, 2, 1): 1}, name="mine")
    assert resolve(rule, mean=0.0) is rule


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("covarience", r"rule='covarience' is not the name of a rule; did you mean 'covariance'\?"),
        ("heb", r"did you mean 'hebb'\?"),
        ("postsynaptic_gate", r"did you mean 'postsynaptic-gating'\?"),
        ("zzz", "is not the name of a rule; give one of hebb"),
        ("", "is not a polynomial"),
        ("exp(post)", "'exp' at column 1 is not known"),
        ("c2_cor=1", r"unknown coefficient 'c2_cor'; did you mean 'c2_corr'\?"),
        ("c2_corr=1,", "unknown coefficient ''"),
        ("c2_corr=1,c2_corr=2", "gives c2_corr twice"),
        ("c2_corr=a", "must give c2_corr as a finite number"),
        ("c2_corr=nan", "must give c2_corr as a finite number"),
        ("c2_corr=", "must give c2_corr as a finite number"),
        ("post=pre", "unknown coefficient 'post'"),
        (
            np.tanh,
            r"is a function, and must become a rule first; pass expand\(function\).rule or interpolate",
        ),
        (3, "must be a Rule or text"),
        ("hebb" * 10**6, "at most 10000 are read"),
        ("q" * 9999, "is not the name of a rule"),
    ],
)
def test_meaningless_specs_are_refused_with_the_way_out(spec, message):
    with pytest.raises(InvalidArgument, match=message) as caught:
        resolve(spec, mean=0.0)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("mean", [np.nan, np.inf, "0", None, 1j])
def test_mean_must_be_a_finite_number(mean):
    with pytest.raises(InvalidArgument, match="mean="):
        resolve("covariance", mean=mean)
    with pytest.raises(InvalidArgument, match="mean="):
        covariance(mean)
