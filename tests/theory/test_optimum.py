import numpy as np
import pytest

from hebbcap._checks import InvalidArgument, NoTheory
from hebbcap.criteria import Criterion
from hebbcap.learning import Rule, covariance, parse
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse
from hebbcap.theory.rules.additive import capacity_of, field_law, level_chances, normal_error
from hebbcap.theory.rules.optimum import optimum, readable

BIT = Criterion()
TWO = [Rademacher(), Biased(0.3), Biased(0.05), Sparse(0.1), Sparse(0.01), Sparse(0.6)]


def find(ensemble, order=2, dim=500, n_patterns=None, threshold="midpoint", criterion=BIT):
    return optimum(
        ensemble, order=order, dim=dim, n_patterns=n_patterns, criterion=criterion, threshold=threshold
    )


@pytest.mark.parametrize("ensemble", TWO)
@pytest.mark.parametrize("order", [2, 3, 5])
def test_best_rule_of_a_large_network_is_the_covariance_rule(ensemble, order):
    found, expected = find(ensemble, order).rule, covariance(ensemble.mean)
    for powers, _ in {**dict(found.terms), **dict(expected.terms)}.items():
        assert found.coefficient(*powers[1:]) == pytest.approx(expected.coefficient(*powers[1:]), abs=1e-6)


def error(rule, ensemble, dim, count):
    levels, chances = level_chances(ensemble)
    return normal_error(field_law(rule.table(levels), chances, levels, dim - 1, count - 1), chances)


@pytest.mark.parametrize("ensemble", TWO)
def test_tuned_rule_errs_least_of_many_near_it(ensemble):
    found = find(ensemble, dim=60)
    least, rng = error(found.tuned, ensemble, 60, found.n_patterns), np.random.default_rng(0)
    for _ in range(300):
        noise = rng.normal(size=4) * 10.0 ** rng.uniform(-3, 0)
        changed = found.tuned + Rule({(0, b, a): noise[2 * b + a] for b in (0, 1) for a in (0, 1)})
        assert error(changed, ensemble, 60, found.n_patterns) > least * (1 - 1e-6)


@pytest.mark.parametrize("ensemble", [Biased(0.3), Sparse(0.1), Sparse(0.01)])
def test_at_finite_dim_a_little_post_is_worth_its_noise(ensemble):
    """Signal over noise is M1 / (V + N M1^2) for post, 1 / M2 for the interaction: they shrink the mean."""
    found = find(ensemble, dim=500, n_patterns=10**6)  # so many that its own pattern counts for nothing
    m1, v = ensemble.mean, ensemble.variance
    shrunk = m1 * (1 - (v + m1**2) / (v + 499 * m1**2))
    assert found.tuned.coefficient(1, 0) == pytest.approx(-shrunk, rel=1e-4)
    assert found.tuned.coefficient(0, 1) == pytest.approx(-m1, rel=1e-4)
    assert found.edge > 0


@pytest.mark.parametrize("ensemble", TWO)
def test_no_classical_rule_holds_more(ensemble):
    found = find(ensemble)
    assert found.capacity >= max(found.hebb, found.covariance)


def test_under_inhibition_any_function_of_pre_is_free():
    ensemble = Sparse(0.1)
    found = find(ensemble, threshold="inhibition")
    assert [rule.formula for rule in found.free] == ["1", "pre"]
    levels, chances = level_chances(ensemble)

    def held(rule):
        table = rule.table(levels)
        return capacity_of(table - chances @ table, chances, levels, 500, BIT)

    assert held(found.rule) == held(found.rule + parse("3*pre - 2")) == found.capacity
    assert held(found.rule + parse("0.1*post")) != found.capacity


@pytest.mark.parametrize("threshold", ["adaptive", "inhibition+adaptive"])
def test_adaptive_thresholds_hold_more_and_keep_the_rule(threshold):
    found = find(Sparse(0.1), threshold=threshold)
    assert found.rule == find(Sparse(0.1)).rule
    assert found.capacity > find(Sparse(0.1)).capacity


def test_three_levels_hold_more_with_a_third_order_rule():
    graded = Discrete((0, 1, 3), (0.5, 0.3, 0.2))
    second, third = find(graded, 2), find(graded, 3)
    assert second.covariance == second.capacity == 11
    assert third.capacity == 20
    levels, chances = level_chances(graded)
    assert capacity_of(third.rule.table(levels), chances, levels, 500, BIT) == third.capacity


def test_powers_beyond_the_levels_are_left_out_and_said():
    found = find(Rademacher(), 4)
    assert found.rule == find(Rademacher()).rule
    assert "say nothing new" in found.note


def test_first_order_rules_carry_next_to_nothing():
    with pytest.raises(NoTheory, match="raise the order"):
        find(Rademacher(), 1)
    assert find(Biased(0.3), 1).capacity <= 1


def test_criterion_moves_the_capacity_and_not_the_rule():
    strict = find(Sparse(0.1), criterion=Criterion("pattern-error", 0.01))
    assert strict.capacity < find(Sparse(0.1)).capacity
    assert strict.rule == find(Sparse(0.1)).rule


def test_large_networks_and_rare_activity_keep_their_digits():
    found = find(Sparse(0.001), dim=10**6)
    assert found.rule.coefficient(0, 1) == pytest.approx(-0.001, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("post*pre", "post*pre"),
        ("2*post*pre - post", "2*post*(pre - 0.5)"),
        ("post*pre + 0.4*post + 0.4*pre + 0.16", "(post + 0.4)*(pre + 0.4)"),
        ("post*pre + 1", "post*pre + 1"),
        ("post^2*pre", "post**2*pre"),
    ],
)
def test_rules_are_shown_as_products_where_they_are(text, expected):
    shown = readable(parse(text))
    assert shown == expected
    assert dict(parse(shown).terms) == pytest.approx(dict(parse(text).terms))


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(InvalidArgument, match="order"):
        find(Rademacher(), 0)
    with pytest.raises(InvalidArgument, match="threshold"):
        find(Rademacher(), threshold="zero")
