import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.learning import Rule, parse

SMALL_POWERS = st.tuples(*[st.integers(0, 4)] * 3)
WHOLE_RULES = st.dictionaries(SMALL_POWERS, st.integers(-50, 50).map(float), max_size=5).map(Rule)
RULES = st.dictionaries(
    st.tuples(*[st.integers(0, 64)] * 3), st.floats(allow_nan=False, allow_infinity=False), max_size=8
).map(Rule)

POST, PRE, W = Rule({(0, 1, 0): 1}), Rule({(0, 0, 1): 1}), Rule({(1, 0, 0): 1})


@given(RULES)
def test_formula_reads_back_bit_for_bit(rule):
    assert parse(rule.formula) == rule


@given(RULES)
def test_repr_evaluates_to_the_rule(rule):
    named = dataclasses.replace(rule, name="a name")
    again = eval(repr(named))
    assert again == rule
    assert again.name == "a name"


@given(st.lists(st.tuples(SMALL_POWERS, st.floats(-1e9, 1e9)), max_size=8), st.randoms())
def test_order_in_which_terms_are_given_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert Rule(pairs) == Rule(shuffled)
    assert hash(Rule(pairs)) == hash(Rule(shuffled))


def test_terms_are_sorted_summed_and_without_zeros():
    rule = Rule([((0, 1, 1), 1), ((0, 0, 1), 2), ((0, 1, 1), 2), ((1, 0, 0), 0.0), ((0, 2, 0), -0.0)])
    assert rule.terms == (((0, 0, 1), 2.0), ((0, 1, 1), 3.0))
    assert Rule([((0, 1, 1), 1), ((0, 1, 1), -1)]) == Rule()


def test_name_is_a_label_and_not_part_of_equality():
    assert Rule({(0, 1, 1): 1}, name="a") == Rule({(0, 1, 1): 1}, name="b")


def test_rule_can_not_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        POST.terms = ()


@given(WHOLE_RULES, WHOLE_RULES, WHOLE_RULES)
def test_rules_form_a_commutative_ring(a, b, c):
    # Whole coefficients of this size are exact in double precision, so that equality is exact too.
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a * b == b * a
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert a - b == a + -b
    assert a - a == Rule()
    assert a * 1 == a == a + 0


@given(WHOLE_RULES, st.integers(0, 4))
def test_power_is_repeated_multiplication(rule, exponent):
    assert rule**exponent == math.prod([rule] * exponent, start=Rule({(0, 0, 0): 1}))


@given(WHOLE_RULES, WHOLE_RULES, st.tuples(*[st.integers(-3, 3)] * 3))
def test_values_add_and_multiply_as_rules_do(a, b, point):
    w, post, pre = point
    assert (a + b)(post, pre, w) == a(post, pre, w) + b(post, pre, w)
    assert (a * b)(post, pre, w) == a(post, pre, w) * b(post, pre, w)


def test_numbers_combine_with_rules_on_either_side():
    assert 2 * POST + 1 == POST * np.float64(2) + np.int64(1) == np.float64(2) * POST + 1
    assert 1 - POST == -(POST - 1)
    assert (POST / 3).coefficient(1, 0) == 1 / 3


@pytest.mark.parametrize("other", ["post", None, True, np.ones(2), 1j])
def test_other_things_do_not_combine_with_rules(other):
    for operation in ("__add__", "__sub__", "__mul__", "__truediv__"):
        assert getattr(POST, operation)(other) is NotImplemented


def test_second_order_coefficients_are_those_of_gerstner_and_kistler():
    rule = Rule.second_order(c0=1, c1_pre=2, c1_post=3, c2_pre=4, c2_post=5, c2_corr=6)
    assert rule == 1 + 2 * PRE + 3 * POST + 4 * PRE**2 + 5 * POST**2 + 6 * POST * PRE
    assert rule.coefficient(post=1, pre=1) == 6
    assert rule.coefficient(post=1, pre=1, w=1) == 0.0


def test_order_counts_activities_and_not_the_weight():
    assert (W**3 * POST * PRE**2).order == 3
    assert Rule().order == 0


def test_rule_is_additive_exactly_if_it_has_no_weight():
    assert (POST * PRE + 1).is_additive
    assert not (POST * PRE - W * 0.1).is_additive


def test_call_broadcasts_and_agrees_with_a_loop():
    rule = parse("post*pre - 0.5*w*post**2 + 0.25*pre**3 - 2")
    rng = np.random.default_rng(0)
    post, pre, w = rng.normal(size=(4, 1)), rng.normal(size=5), rng.normal(size=(4, 5))
    values = rule(post, pre, w)
    assert values.shape == (4, 5)
    for i, j in itertools.product(range(4), range(5)):
        y, x, v = post[i, 0], pre[j], w[i, j]
        assert values[i, j] == pytest.approx(y * x - 0.5 * v * y**2 + 0.25 * x**3 - 2, abs=1e-14)


def test_constant_rules_still_broadcast():
    assert Rule()([1, 2, 3], [[1], [2]]).shape == (2, 3)
    assert np.array_equal(Rule({(0, 0, 0): 2})([1, 2], 0), [2, 2])


def test_small_integers_do_not_wrap_around():
    assert (POST**3 * PRE)(np.int8(100), np.int8(100)) == 100.0**4


def test_powers_of_whole_numbers_are_exact():
    assert (POST**33)(3, 0) == 3**33


def test_weights_from_the_decomposition_equal_the_sum_of_increments():
    rule = parse("(post - 0.25)*(pre - 0.5) + post**2*pre - 3*pre**2")
    patterns = np.random.default_rng(1).choice([-1.0, 0.0, 2.0], size=(7, 5))
    weights = sum(
        (patterns**a).T @ sum(c * patterns**b for b, c in row) for a, row in rule.by_post_power().items()
    )
    assert np.array_equal(weights, sum(rule(x[:, None], x[None, :]) for x in patterns))


def test_table_has_post_in_rows_and_pre_in_columns():
    table = parse("post + 10*pre").table([1, 2, 3])
    assert np.array_equal(table, [[11, 21, 31], [12, 22, 32], [13, 23, 33]])


def test_what_needs_an_additive_rule_refuses_one_with_a_weight():
    oja = parse("post*pre - w*post**2")
    with pytest.raises(InvalidArgument, match=r"post\*pre - w\*post\*\*2.* must not contain w"):
        oja.table([0, 1])
    with pytest.raises(InvalidArgument, match="must not contain w"):
        oja.by_post_power()


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("post*pre", "must be pairs"),
        (3, "must be pairs"),
        ([1], "must be pairs"),
        ([((1, 1), 1.0)], "must be pairs"),
        ([((0, 1, 1, 1), 1.0)], "must be pairs"),
        ({(0, -1, 0): 1}, "power of post=-1 must be at least 0"),
        ({(0, 0, 65): 1}, "power of pre=65 must be at most 64"),
        ({(0, 1.0, 0): 1}, "power of post=1.0 must be a whole number"),
        ({(0, 1, 1): math.nan}, r"coefficient of post\*pre=nan must be a finite number"),
        ({(0, 1, 1): math.inf}, "must be a finite number"),
        ({(0, 1, 1): 1j}, "must be a finite number"),
        ({(0, 1, 1): "1"}, "must be a finite number"),
        ([((0, 1, 0), 1e308), ((0, 1, 0), 1e308)], "coefficient of post overflows"),
    ],
)
def test_bad_terms_are_refused_with_a_reason(terms, message):
    with pytest.raises(InvalidArgument, match=message):
        Rule(terms)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (lambda: Rule({}, name=3), "name=3 must be text"),
        (lambda: POST**65, "exponent=65 must be at most 64"),
        (lambda: POST**-1, "exponent=-1 must be at least 0"),
        (lambda: POST**40 * POST**40, r"post\*\*80 has too large a power"),
        (lambda: Rule({(0, 0, 0): 1e200}) ** 2, "overflows"),
        (lambda: POST / 0, "divisor=0 must not be zero"),
        (lambda: ((1 + POST + PRE + W) ** 18) ** 2, "too much work"),
        (lambda: POST("a", 1), "post='a' must be numbers"),
        (lambda: POST(1, [[1], [1, 2]]), "pre=.* must be numbers of one shape"),
        (lambda: POST([1, 2], [1, 2, 3]), r"\(2,\), \(3,\), must broadcast"),
        (lambda: POST.table([]), "must be a list of finite numbers"),
        (lambda: POST.table([math.nan]), "must be a list of finite numbers"),
        (lambda: POST.table(1), "must be a list of finite numbers"),
        (lambda: Rule.second_order(c2_corr=math.inf), "c2_corr=inf must be a finite number"),
    ],
)
def test_misuse_is_refused_with_a_reason(operation, message):
    with pytest.raises(InvalidArgument, match=message):
        operation()
