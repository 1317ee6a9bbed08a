import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.learning import Expansion, Rule, expand, hebb, interpolate, parse

# Taylor coefficients of known series: Abramowitz & Stegun (1964), chapter 4.
SERIES = [
    ("exp", np.exp, [1 / math.factorial(k) for k in range(9)]),
    ("tanh", np.tanh, [0, 1, 0, -1 / 3, 0, 2 / 15, 0, -17 / 315, 0]),
    ("arctan", np.arctan, [0, 1, 0, -1 / 3, 0, 1 / 5, 0, -1 / 7, 0]),
    ("log1p", np.log1p, [0, 1, -1 / 2, 1 / 3, -1 / 4, 1 / 5, -1 / 6, 1 / 7, -1 / 8]),
    ("geometric", lambda x: 1 / (1 - x), [1] * 9),
    ("cos", np.cos, [1, 0, -1 / 2, 0, 1 / 24, 0, -1 / 720, 0, 1 / 40320]),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), [1 / 2, 1 / 4, 0, -1 / 48, 0, 1 / 480, 0, -17 / 80640, 0]),
]


@pytest.mark.parametrize(("name", "function", "series"), SERIES, ids=[name for name, _, _ in SERIES])
def test_coefficients_are_those_of_the_known_series(name, function, series):
    rule = expand(lambda post, pre: function(post) * pre, order=9, levels=[0, 0.5]).rule
    for power, expected in enumerate(series):
        assert rule.coefficient(post=power, pre=1) == pytest.approx(expected, abs=1e-10, rel=1e-10)
    assert all(powers[2] == 1 for powers, _ in rule.terms)


def test_tanh_has_minus_one_third_to_1e_10():
    expansion = expand(lambda post, pre: np.tanh(post) * pre, order=4)
    assert abs(expansion.rule.coefficient(post=3, pre=1) + 1 / 3) < 1e-12
    assert [powers for powers, _ in expansion.rule.terms] == [(0, 1, 1), (0, 3, 1)]


def test_zero_coefficients_are_exactly_zero():
    rule = expand(lambda post, pre: np.sin(post) * np.sin(pre), order=6).rule
    assert all(post % 2 == pre % 2 == 1 for (_, post, pre), _ in rule.terms)


def test_small_coefficients_are_kept():
    rule = expand(lambda post, pre: np.tanh(post) * pre + 1e-9 * pre**2, order=2).rule
    assert rule.coefficient(post=0, pre=2) == pytest.approx(1e-9, rel=1e-4)


def test_truncation_error_of_a_polynomial_is_zero_however_it_is_written():
    expansion = expand(lambda post, pre: (post - 0.1) * (pre - 0.7) / 3, levels=[-0.9, 0.3, 1.7])
    gap = expansion.rule(0.3, 1.7) - (0.3 - 0.1) * (1.7 - 0.7) / 3
    assert abs(gap) > 0, "the two ways of writing it agree bit for bit, so nothing is tested"
    assert expansion.truncation_error == 0.0


def test_steep_functions_are_expanded_on_a_smaller_circle():
    rule = expand(lambda post, pre: np.tanh(100 * post) * pre, order=4).rule
    assert rule.coefficient(1, 1) == pytest.approx(100, rel=1e-10)
    assert rule.coefficient(3, 1) == pytest.approx(-1e6 / 3, rel=1e-8)


def test_functions_of_both_activities_are_expanded():
    rule = expand(lambda post, pre: np.exp(post + 2 * pre), order=5).rule
    for a in range(6):
        for b in range(6 - a):
            expected = 2**b / math.factorial(a) / math.factorial(b)
            assert rule.coefficient(a, b) == pytest.approx(expected, rel=1e-10)


@given(
    st.dictionaries(
        st.tuples(st.just(0), st.integers(0, 3), st.integers(0, 3)),
        st.decimals(-9, 9, places=2).map(float),
        max_size=5,
    ).map(Rule)
)
@settings(deadline=None)
def test_polynomials_come_back_unchanged_and_without_error(rule):
    expansion = expand(rule, order=6, levels=[-1, 0, 0.3, 2])
    assert expansion == Expansion(rule, 6, 0.0)


def test_truncation_error_is_that_of_the_left_out_terms():
    expansion = expand(lambda post, pre: post * pre + 0.25 * post**2 * pre, order=2, levels=[-1, 2])
    assert expansion.rule == hebb()
    assert expansion.truncation_error == pytest.approx(0.25 * 2**2 * 2, rel=1e-14)
    assert expand(lambda post, pre: np.exp(post), order=2, levels=[1]).truncation_error == pytest.approx(
        math.e - 2.5, rel=1e-12
    )


def test_truncation_error_falls_with_the_order():
    errors = [
        expand(lambda post, pre: np.exp(post * pre / 2), order=k).truncation_error for k in (0, 2, 4, 8, 16)
    ]
    assert errors == sorted(errors, reverse=True)
    assert 0 < errors[-1] < 1e-7


def test_constant_functions_are_expanded():
    assert expand(lambda post, pre: 3, order=2) == Expansion(Rule({(0, 0, 0): 3}), 2, 0.0)
    assert expand(lambda post, pre: 0.0 * post).rule == Rule()


def test_removable_singularities_are_harmless_off_the_levels():
    rule = expand(lambda post, pre: np.sin(post) / post * pre, order=3).rule
    assert rule.coefficient(2, 1) == pytest.approx(-1 / 6, abs=1e-12)


def test_expansion_evaluates_from_its_repr():
    expansion = expand(lambda post, pre: np.tanh(post) * pre, order=4)
    assert eval(repr(expansion)) == expansion


NOT_ANALYTIC = {
    "abs": lambda post, pre: np.abs(post) * pre,
    "ratio of abs": lambda post, pre: np.abs(post) / np.abs(pre),
    "square of abs": lambda post, pre: np.abs(post) ** 2,
    "sign": lambda post, pre: np.sign(post) * pre,
    "max": lambda post, pre: np.maximum(post, 0) * pre,
    "where": lambda post, pre: np.where(post.real > 0, pre, 0),
    "step": lambda post, pre: (post.real > 0) * 1,
    "real part": lambda post, pre: post.real * pre,
    "conjugate": lambda post, pre: np.conj(post) * pre,
    "only if real": lambda post, pre: post * (1 if post.dtype == complex else 2),
    "sqrt": lambda post, pre: np.sqrt(post) * pre,
    "root of square": lambda post, pre: np.sqrt(post**2),
    "pole": lambda post, pre: pre / post,
    "log": lambda post, pre: np.log(post),
    "complex": lambda post, pre: 1j * post,
    "nan": lambda post, pre: post * np.nan,
    "inf": lambda post, pre: np.full(post.shape, np.inf),
    "math": lambda post, pre: math.tanh(post),
    "shape": lambda post, pre: post[0],
    "scalar": lambda post, pre: (post @ pre).sum(axis=0),
    "none": lambda post, pre: None,
    "text": lambda post, pre: "post",
    "one argument": lambda post: post,
    "raises": lambda post, pre: {}[0],
}


@pytest.mark.parametrize("name", NOT_ANALYTIC)
def test_what_has_no_taylor_series_is_refused_with_the_way_out(name):
    with pytest.raises(InvalidArgument, match=r"function=<lambda> can't be expanded .*interpolate\("):
        expand(NOT_ANALYTIC[name])


def test_functions_that_fail_at_the_levels_are_refused():
    with pytest.raises(InvalidArgument, match=r"no truncation error .* finite numbers"):
        expand(lambda post, pre: np.log1p(post) * pre, levels=[-1, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": -1}, "order=-1 must be at least 0"),
        ({"order": 17}, "order=17 must be at most 16"),
        ({"order": 2.0}, "order=2.0 must be a whole number"),
        ({"levels": []}, "levels=.* must be a list"),
        ({"levels": 1.0}, "levels=1.0 must be a list"),
        ({"levels": [math.nan]}, "must be finite"),
        ({"levels": ["a"]}, "must be a list"),
        ({"levels": np.zeros(1001)}, "1 to 1000"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        expand(lambda post, pre: post * pre, **arguments)


def test_rules_with_a_weight_need_no_expansion():
    with pytest.raises(InvalidArgument, match="must not depend on w"):
        expand(parse("post*pre - w"))


LEVELS = st.tuples(st.floats(-10, 10), st.floats(-10, 10)).filter(lambda pair: abs(pair[0] - pair[1]) > 0.1)


@given(LEVELS, st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_interpolation_equals_any_function_on_its_levels(levels, values):
    answers = dict(zip([(a, b) for a in levels for b in levels], values, strict=True))
    rule = interpolate(lambda post, pre: answers[post, pre], levels=levels)
    scale = max(map(abs, values)) * (1 + max(map(abs, levels)) / abs(levels[0] - levels[1])) ** 2
    assert np.allclose(rule.table(levels), np.reshape(values, (2, 2)), rtol=0, atol=1e-13 * scale)
    assert rule.order <= 2


@given(st.lists(st.integers(-(10**6), 10**6), min_size=4, max_size=4), st.sampled_from([(-1, 1), (0, 1)]))
def test_interpolation_is_exact_for_whole_numbers_on_the_usual_levels(values, levels):
    answers = dict(zip([(a, b) for a in levels for b in levels], values, strict=True))
    rule = interpolate(lambda post, pre: answers[post, pre], levels=levels)
    assert np.array_equal(rule.table(levels), np.reshape(values, (2, 2)))


def test_interpolation_has_no_terms_that_are_only_rounding():
    assert interpolate(lambda post, pre: post * pre, levels=(-0.1, 0.9)) == hebb()


def test_interpolation_agrees_with_the_known_bilinear_forms():
    assert interpolate(lambda post, pre: max(post, pre), levels=(0, 1)) == parse("post + pre - post*pre")
    assert interpolate(np.hypot, levels=(0, 1)).coefficient(1, 1) == pytest.approx(math.sqrt(2) - 2)


@pytest.mark.parametrize("levels", [(1,), (1, 2, 3), (1, 1), (1, math.inf), ("a", "b"), 3, (1e-300, 1e-301)])
def test_interpolation_needs_two_different_levels(levels):
    with pytest.raises(InvalidArgument, match="levels="):
        interpolate(lambda post, pre: 1.0, levels=levels)


@pytest.mark.parametrize(
    "function",
    [lambda post, pre: math.nan, lambda post, pre: 1 / 0, lambda post: 1, lambda post, pre: [1, 2], None],
)
def test_interpolation_needs_finite_numbers(function):
    with pytest.raises(InvalidArgument, match="must return a finite number at post=-1, pre=-1"):
        interpolate(function, levels=(-1, 1))
