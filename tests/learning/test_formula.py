import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap._checks import InvalidArgument
from hebbcap.learning import Rule, parse

HEBB = Rule({(0, 1, 1): 1})


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("post*pre", {(0, 1, 1): 1}),
        ("  post\t*\npre ", {(0, 1, 1): 1}),
        ("0", {}),
        ("post - post", {}),
        ("-post**2", {(0, 2, 0): -1}),
        ("(-post)**2", {(0, 2, 0): 1}),
        ("--post", {(0, 1, 0): 1}),
        ("post*-pre", {(0, 1, 1): -1}),
        ("post - pre - w", {(0, 1, 0): 1, (0, 0, 1): -1, (1, 0, 0): -1}),
        ("post^2*pre", {(0, 2, 1): 1}),
        ("1e-3*w + .5*pre + 2.*post", {(1, 0, 0): 1e-3, (0, 0, 1): 0.5, (0, 1, 0): 2}),
        ("post/2/4", {(0, 1, 0): 0.125}),
        ("post/(1+3)", {(0, 1, 0): 0.25}),
        ("post**2**3", {(0, 8, 0): 1}),
        ("post**(1+1)", {(0, 2, 0): 1}),
        ("post**2.0", {(0, 2, 0): 1}),
        ("post**0", {(0, 0, 0): 1}),
        ("0**0", {(0, 0, 0): 1}),
        ("2**-0", {(0, 0, 0): 1}),
        ("(post-1)*(pre-1)", {(0, 1, 1): 1, (0, 1, 0): -1, (0, 0, 1): -1, (0, 0, 0): 1}),
        ("w*(w-1)", {(2, 0, 0): 1, (1, 0, 0): -1}),
        ("post**64", {(0, 64, 0): 1}),
        ("(((post)))", {(0, 1, 0): 1}),
    ],
)
def test_formula_means_what_algebra_says(text, terms):
    assert parse(text) == Rule(terms)


ATOMS = st.sampled_from(["w", "post", "pre", "1", "2", "3"])
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("(-{})".format, inner),
        st.builds("({}**2)".format, inner),
    ),
    max_leaves=8,
)


@given(FORMULAS, st.tuples(*[st.integers(-3, 3)] * 3))
@settings(deadline=None)
def test_parsing_agrees_with_python_on_whole_numbers(text, point):
    w, post, pre = point
    value = eval(text, {"w": w, "post": post, "pre": pre})
    assert float(parse(text)(post, pre, w)) == pytest.approx(value, rel=1e-12, abs=1e-6)


@given(st.text(alphabet="wpostre0123456789.e+-*/^() ", max_size=40))
@settings(deadline=None)
def test_any_text_is_a_rule_or_an_explained_error(text):
    rule, message = None, ""
    try:
        rule = parse(text)
    except InvalidArgument as error:
        message = str(error)
    if rule is None:
        assert "is not a polynomial: " in message
    else:
        assert parse(rule.formula) == rule


def test_error_says_where_and_what_is_allowed():
    with pytest.raises(InvalidArgument) as caught:
        parse("exp(post)")
    assert str(caught.value) == (
        "rule='exp(post)' is not a polynomial: 'exp' at column 1 is not known; use post, pre, w, numbers,"
        " + - * / ** and parentheses; give other functions to hebbcap.learning.expand or interpolate"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the end at column 1 comes where a number"),
        ("   ", "the end at column 4"),
        ("post*", "the end at column 6"),
        ("post pre", "'pre' at column 6 comes where an operator"),
        ("2post", "'post' at column 2"),
        ("(post", "'(' at column 1 is not closed at column 6"),
        ("post)", "')' at column 5"),
        ("()", "')' at column 2"),
        ("post*/pre", "'/' at column 6"),
        ("post # pre", "'#' at column 6 can't be read"),
        ("__import__('os')", "at column 12 can't be read"),
        ("post.real", "'.' at column 5"),
        ("x*y", "'x' at column 1 is not known"),
        ("Post", "'Post' at column 1 is not known"),
        ("pré", "'é' at column 3"),
        ("post*٣", "'٣' at column 6"),
        ("nan", "'nan' at column 1 is not known"),
        ("1/post", "divides by post, pre or w at column 3"),
        ("post/0", "divides by 0 at column 6"),
        ("post/(1-1)", "divides by 0 at column 6"),
        ("post**-1", "exponent at column 7 must be a whole number from 0 to 64"),
        ("post**0.5", "exponent at column 7"),
        ("post**65", "exponent at column 7"),
        ("2**post", "exponent at column 4"),
        ("post**40*post**40", "at column 10, post**80 has too large a power"),
        ("1e999", "at column 1, coefficient of 1=inf must be a finite number"),
        ("1e200*1e200", "at column 7, the coefficient of 1 overflows"),
        ("1e308+1e308", "at column 1, the coefficient of 1 overflows"),
        ("post/1e-320", "at column 6, the coefficient of post overflows"),
    ],
)
def test_what_is_not_a_polynomial_is_refused_at_its_place(text, reason):
    with pytest.raises(InvalidArgument, match=re.escape(reason)):
        parse(text)


@pytest.mark.parametrize("text", [None, 3, b"post*pre", HEBB])
def test_only_text_is_parsed(text):
    with pytest.raises(InvalidArgument, match="must be text"):
        parse(text)


HOSTILE = [
    "(" * 9999,
    "(" * 4000 + "post" + ")" * 4000,
    "-" * 9990 + "(" * 10,
    "2**" * 3000 + "2",
    "2**-" * 2000 + "2",
    "9**9**9",
    "9**9**9**9**9",
    "post**999999999999999999",
    "post**1e300",
    "(post+pre+w)**64**64",
    "(post+pre+w+1)**64",
    "((post+pre+w+1)**20)**3",
    "*".join(["(post+pre+w+1)"] * 64),
    "+".join(["(post+pre+w+1)**20"] * 500),
    "-(" * 49 + "(post+pre+w+1)**21" + ")" * 49 + "*(post+pre+1)**20",
    "1" * 9999,
    "9" * 400,
    "post" * 2500,
    "post" + " " * 10**7,
    "\x00",
    "64**" + "64" * 4000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_formulas_end_at_once(text):
    start = time.perf_counter()
    with pytest.raises(InvalidArgument) as caught:
        parse(text)
    assert time.perf_counter() - start < 2
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "(post+pre+w)**64",
        "+".join(["post*pre"] * 1000),
        "(" * 49 + "(post+pre+w+1)**18" + ")" * 49,
        "-" * 9990 + "post",
        "*".join(["1"] * 4999),
    ],
    ids=["power", "sum", "nested", "signs", "product"],
)
def test_large_but_allowed_formulas_are_quick(text):
    start = time.perf_counter()
    parse(text)
    assert time.perf_counter() - start < 2


def test_formula_of_the_largest_expansion_fits_in_the_length_limit():
    longest = Rule({(0, a, b): -1.2345678901234567e-100 for a in range(17) for b in range(17 - a)})
    assert parse(longest.formula) == longest
