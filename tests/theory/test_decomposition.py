from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hebbcap._checks import HebbcapError, InvalidArgument, NoTheory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import Inhibition
from hebbcap.learning import Rule, covariance, resolve
from hebbcap.memories import Hopfield
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory.reading import SNR, bit_error, capacity_reading
from hebbcap.theory.rules.additive import (
    CONSTANT,
    INTERACTION,
    OWN,
    PARTS,
    POST,
    PRE,
    SHIFT,
    field_law,
    level_chances,
    normal_error,
    split,
)
from hebbcap.theory.rules.decomposition import decompose

ENSEMBLES = [Rademacher(), Biased(0.3), Sparse(0.1), Discrete((-1, 0, 2), (0.2, 0.5, 0.3))]
RULES = ["hebb", "covariance", "post^2*pre + 0.3", "post - 0.5*pre + 0.1*post*pre - 1", "post*pre^3 - pre^2"]

small = st.decimals(-2, 2, places=2).map(float)
ensembles = st.one_of(
    st.just(Rademacher()),
    st.decimals("0.05", "0.95", places=2).map(lambda p: Biased(float(p))),
    st.decimals("0.05", "0.95", places=2).map(lambda a: Sparse(float(a))),
)
rules = st.dictionaries(st.tuples(st.just(0), st.integers(0, 2), st.integers(0, 2)), small, min_size=1).map(
    Rule
)


def enumerated(rule, ensemble, dim, count):
    """Mean and variance of the field for each own entry, over every pattern there can be."""
    levels, chances = level_chances(ensemble)
    table = rule.table(levels)
    n = dim - 1
    found = []
    for own in range(len(levels)):
        mean = square = 0.0
        for flat in product(range(len(levels)), repeat=n + (count - 1) * dim):
            chance = np.prod(chances[list(flat)])
            cue = np.array(flat[:n])
            others = np.array(flat[n:]).reshape(count - 1, dim)
            weights = table[own, cue] + table[others[:, :1], others[:, 1:]].sum(axis=0)
            field = float(weights @ levels[cue])
            mean, square = mean + chance * field, square + chance * field**2
        found.append((mean, square - mean**2))
    return np.array(found).T


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ensemble", ENSEMBLES[1:])
def test_parts_add_up_to_the_variance_over_all_patterns(rule, ensemble):
    count = 3 if len(ensemble.levels) == 2 else 2
    taken = decompose(rule, ensemble, dim=4, n_patterns=count)
    mean, variance = enumerated(taken.rule, ensemble, 4, count)
    assert taken.mean_field == pytest.approx(mean, rel=1e-10, abs=1e-12)
    assert np.sum([part.by_level for part in taken.noise], axis=0) == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("left_out", [OWN, SHIFT, CONSTANT, POST, PRE, INTERACTION])
def test_no_part_can_be_left_out(left_out):
    rule, ensemble = "post - 0.5*pre + 0.4*post*pre - 1", Biased(0.3)
    taken = decompose(rule, ensemble, dim=4, n_patterns=3)
    _, variance = enumerated(taken.rule, ensemble, 4, 3)
    rest = np.sum([part.by_level for part in taken.noise if part.name != left_out], axis=0)
    assert rest != pytest.approx(variance, rel=1e-3)


@settings(deadline=None, max_examples=60)
@given(rules, ensembles, st.integers(2, 2000), st.integers(2, 3000))
def test_normal_error_is_the_signal_to_noise_reading(rule, ensemble, dim, count):
    levels, chances = level_chances(ensemble)
    table = rule.table(levels)
    if not table.any():
        return
    found = normal_error(field_law(table, chances, levels, dim - 1, count - 1), chances)
    asked = Experiment(Hopfield(rule), ensemble, dim, threshold=MIDPOINT)
    assert found == pytest.approx(bit_error(SNR, asked, count), rel=1e-9, abs=1e-250)


@pytest.mark.parametrize("rule", ["hebb", "covariance", "post*pre - 0.2", "post*pre + 0.5*post", "-post*pre"])
@pytest.mark.parametrize("ensemble", ENSEMBLES[:3])
@pytest.mark.parametrize(
    "asked", [Criterion(), Criterion("pattern-error", 0.1), Criterion("all-patterns", 0.2)]
)
def test_capacity_is_that_of_the_reading(rule, ensemble, asked):
    taken = decompose(rule, ensemble, dim=300, criterion=asked)
    experiment = Experiment(Hopfield(taken.rule), ensemble, 300, asked, threshold=MIDPOINT)
    assert taken.capacity == capacity_reading(SNR, experiment).value


@pytest.mark.parametrize("ensemble", ENSEMBLES[:3])
def test_inhibition_wins_back_what_the_reading_with_inhibition_holds(ensemble):
    rule = resolve("post*pre + 0.3*pre - 0.2", mean=ensemble.mean)
    levels, chances = level_chances(ensemble)
    table = rule.table(levels)
    left = field_law(table - chances @ table, chances, levels, 199, 0).mean
    experiment = Experiment(Hopfield(rule), ensemble, 200, threshold=Inhibition(0.5 * float(left.sum())))
    taken = decompose(rule, ensemble, dim=200)
    assert taken.remedy("inhibition").n_patterns == capacity_reading(SNR, experiment).value


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_parts_are_uncorrelated_and_add_up_to_the_rule(rule, ensemble):
    levels, chances = level_chances(ensemble)
    table = resolve(rule, mean=ensemble.mean).table(levels)
    parts = split(table, chances)
    whole = parts.constant + parts.post[:, None] + parts.pre[None, :] + parts.interaction
    assert whole == pytest.approx(table, abs=1e-12)
    assert [chances @ parts.post, chances @ parts.pre] == pytest.approx([0, 0], abs=1e-12)
    assert parts.interaction @ chances == pytest.approx(0 * chances, abs=1e-12)
    assert chances @ parts.interaction == pytest.approx(0 * chances, abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(rules, ensembles)
def test_on_two_levels_the_interaction_is_a_multiple_of_the_covariance_rule(rule, ensemble):
    levels, _ = level_chances(ensemble)
    if not np.abs(rule.table(levels)).max() > 1e-9:
        return
    taken = decompose(rule, ensemble, dim=50, n_patterns=5)
    table = taken.coefficient * covariance(ensemble.mean).table(levels)
    assert taken.parts.interaction == pytest.approx(table, abs=1e-10)


def test_covariance_rule_makes_no_noise_but_its_interaction_and_its_own():
    for ensemble in ENSEMBLES[:3]:
        taken = decompose("covariance", ensemble, dim=100, n_patterns=10)
        assert {part.name for part in taken.noise if part.value} <= {OWN, INTERACTION}


def test_shares_add_up_to_one():
    for rule, ensemble in product(RULES, ENSEMBLES):
        assert sum(p.share for p in decompose(rule, ensemble, n_patterns=7).noise) == pytest.approx(1)


def test_scale_of_the_rule_changes_nothing_but_the_scale():
    small_, large = (
        decompose(f"{s}*(post*pre - 0.1)", "sparse:0.2", n_patterns=9) for s in ("1e-90", "1e60")
    )
    assert [p.share for p in small_.noise] == pytest.approx([p.share for p in large.noise])
    assert [r.n_patterns for r in small_.remedies] == [r.n_patterns for r in large.remedies]


@pytest.mark.parametrize(
    ("rule", "patterns", "said"),
    [
        ("post*pre - 0.2", "rademacher", "constant part"),
        ("hebb", "sparse:0.1", "post part"),
        ("hebb", "rademacher", "No threshold and no inhibition"),
        ("post + pre", "rademacher", "no interaction part"),
        ("-post*pre", "rademacher", "Nothing is held"),
    ],
)
def test_words_name_the_cause(rule, patterns, said):
    assert said in decompose(rule, patterns, dim=500).words


def test_what_is_asked_outside_the_assumptions_is_refused_in_words():
    with pytest.raises(NoTheory, match="correlated"):
        decompose("hebb", "digits")
    with pytest.raises(NoTheory, match="fixed points"):
        decompose("hebb", criterion="overlap:0.9")
    with pytest.raises(InvalidArgument, match="must not depend on w"):
        decompose("post*pre - w")
    with pytest.raises(HebbcapError):
        decompose("post - post")
    with pytest.raises(NoTheory, match="all 0"):
        decompose("post^2 - 1")
    with pytest.raises(NoTheory, match="1e100"):
        decompose("1e200*post*pre")


def test_result_is_plain_numbers():
    import json

    shown = decompose("hebb", "ternary:0.4", n_patterns=1).to_dict()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert [part["part"] for part in shown["noise"]] == list(PARTS)
