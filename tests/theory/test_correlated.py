from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import hebbcap
from hebbcap import theory
from hebbcap._checks import InvalidArgument, NoTheory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import Fixed, KWinners
from hebbcap.learning import covariance, parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Data, Hierarchical, Markov, Rademacher, Template
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial
from hebbcap.theory.correlated import correlated_error, correlated_reading, correlations
from hebbcap.theory.correlated.inversion import chance_below

HEBB, CUBIC = Hopfield(), Dense(Polynomial(3))


def exact(experiment, n_patterns):
    return theory.bit_error("exact", experiment, n_patterns)


@pytest.mark.parametrize("echoes", [False, True])
def test_inversion_gives_binomial_tails_on_a_lattice(echoes):
    tosses = np.array([10, 400])
    limit = np.array([-5.0, -41.0])

    def transform(t):
        return np.cos(t) ** tosses[:, None] + 0j

    chance = chance_below(transform, limit, np.zeros(2), tosses.astype(float), spacing=2.0, echoes=echoes)
    wanted = [stats.binom(n, 0.5).cdf((n + x) // 2) for n, x in zip(tosses, limit, strict=True)]
    assert chance == pytest.approx(wanted, abs=1e-12)


def test_inversion_gives_normal_tails_without_a_lattice():
    z = np.array([-3.0, -1.0, 0.0, 2.0])
    chance = chance_below(
        lambda t: np.exp(-0.5 * np.tile(t, (4, 1)) ** 2) + 0j, z, 0 * z, 0 * z + 1, spacing=0.0
    )
    assert chance == pytest.approx(stats.norm.cdf(z), abs=1e-9)


# A template's patterns are biased ones with some neurons turned round: two ways to the same number.
@pytest.mark.parametrize(
    ("memory", "dim", "n_patterns", "flips", "within"),
    [
        (HEBB, 61, 20, 0.0, 1e-8),
        (HEBB, 60, 20, 0.1, 1e-8),
        (HEBB, 200, 60, 0.0, 1e-8),
        (CUBIC, 50, 60, 0.0, 1e-5),
        (CUBIC, 50, 60, 0.1, 1e-5),
    ],
)
def test_template_holds_what_biased_patterns_hold(memory, dim, n_patterns, flips, within):
    asked = Experiment(memory, Template(0.3), dim, flips=flips)
    twin = replace(asked, ensemble=Biased(0.65))
    assert correlated_error(asked, n_patterns) == pytest.approx(exact(twin, n_patterns), rel=within)
    assert correlated_error(asked, n_patterns) != pytest.approx(
        exact(replace(twin, ensemble=Biased(0.64)), n_patterns), rel=1e-2
    )


@pytest.mark.parametrize("memory", [HEBB, CUBIC])
def test_one_family_is_a_template(memory):
    asked = Experiment(memory, Template(0.4), 50)
    twin = replace(asked, ensemble=Hierarchical(1, 0.4))
    assert correlated_error(asked, 12) == correlated_error(twin, 12)


@pytest.mark.parametrize("flips", [0.0, 0.1])
def test_patterns_alone_in_their_families_are_independent(flips):
    asked = Experiment(HEBB, Hierarchical(50, 0.7), 120, flips=flips)
    assert correlated_error(asked, 24) == pytest.approx(
        exact(replace(asked, ensemble=Rademacher()), 24), rel=1e-8
    )


@pytest.mark.parametrize("memory", [HEBB, CUBIC])
def test_markov_patterns_of_vanishing_correlation_are_independent(memory):
    asked = Experiment(memory, Markov(1e-12), 50)
    assert correlated_error(asked, 30) == pytest.approx(
        exact(replace(asked, ensemble=Rademacher()), 30), rel=1e-5
    )


@pytest.mark.parametrize("ensemble", [Template(0.4), Hierarchical(3, 0.5), Markov(0.6)])
def test_order_two_is_the_hebb_rule(ensemble):
    asked = Experiment(HEBB, ensemble, 40)
    assert correlated_error(replace(asked, memory=Dense(Polynomial(2))), 9) == pytest.approx(
        correlated_error(asked, 9), rel=1e-9
    )


@pytest.mark.parametrize("ensemble", [Template(0.4), Hierarchical(3, 0.5), Markov(0.6)])
def test_scaled_rule_errs_as_often(ensemble):
    asked = Experiment(HEBB, ensemble, 40)
    scaled = replace(asked, memory=Hopfield(parse("3*post*pre")))
    assert correlated_error(scaled, 9) == pytest.approx(correlated_error(asked, 9), rel=1e-12)


def test_hebb_loses_the_neurons_that_differ_from_their_template_however_large_dim_is():
    # Each of n siblings adds b^2 N or -b^2 N to a field of N, here N / 4: lost below a sum of -4.
    siblings, beta, b = 15, 0.75, 0.5
    lost = stats.binom(siblings, [beta, 1 - beta]).cdf((siblings - 5) // 2)
    limit = beta * lost[0] + (1 - beta) * lost[1]
    asked = Experiment(HEBB, Template(b), 4000)
    assert correlated_error(asked, siblings + 1) == pytest.approx(limit, rel=1e-3)
    assert correlated_error(asked, siblings + 2) != pytest.approx(limit, rel=1e-2)
    assert correlated_error(asked, 4) < 1e-6


def test_template_costs_what_the_per_neuron_covariance_rule_gives_back():
    # Subtracting each neuron's mean is, turned round, the covariance rule on biased patterns.
    hebb = correlated_reading(Experiment(HEBB, Template(0.3), 200)).value
    restored = Experiment(Hopfield(covariance(0.3)), Biased(0.65), 200, threshold=MIDPOINT)
    assert hebb == 11
    assert theory.capacity_reading("snr", restored).value >= 36


def test_data_drawn_independently_give_the_independent_error():
    data = Data(Rademacher().sample(3000, 60, 1))
    asked = Experiment(HEBB, data, 60)
    found, independent = correlated_error(asked, 12), replace(asked, ensemble=Rademacher())
    # 3,000 rows and 512 cues know the error to some percent; two patterns more change it by far more.
    assert found == pytest.approx(exact(independent, 12), rel=0.1)
    assert found != pytest.approx(exact(independent, 14), rel=0.1)


@pytest.mark.parametrize("threshold", [Fixed(), "midpoint"])
def test_sparse_data_drawn_independently_give_the_independent_error(threshold):
    drawn = hebbcap.Sparse(0.2)
    data = Data(drawn.sample(3000, 100, 1))
    asked = Experiment(Hopfield(covariance(0.2)), data, 100, threshold=threshold)
    found, independent = correlated_error(asked, 30), replace(asked, ensemble=drawn)
    assert found == pytest.approx(exact(independent, 30), rel=0.15)
    assert found != pytest.approx(exact(independent, 50), rel=0.15)


def test_three_rows_stored_whole_are_predicted_from_all_their_pairs():
    # Rows 1 and 2 differ in one bit only: with both stored, Hebb has a tie there, which is no error.
    rows = np.ones((3, 9))
    rows[1, 0] = -1
    rows[2, :5] = -1
    assert correlated_error(Experiment(HEBB, Data(rows), 9), 2) == pytest.approx(0.0, abs=1e-9)


def test_data_that_are_all_held_say_so():
    data = Data(Rademacher().sample(5, 300, 1))
    reading = correlated_reading(Experiment(HEBB, data, 300))
    assert reading.value == 5
    assert "ran out" in reading.why or "run out" in reading.why


def test_capacity_is_the_largest_number_that_meets_the_criterion():
    asked = Experiment(HEBB, Hierarchical(10, 0.4), 200)
    found = correlated_reading(asked)
    assert found.method == "correlated"
    assert correlated_error(asked, int(found.value)) <= 0.01 < correlated_error(asked, int(found.value) + 1)


def test_stricter_criteria_hold_fewer():
    asked = Experiment(HEBB, Markov(0.3), 200)
    kinds = ("bit-error", "pattern-error", "all-patterns")
    held = [correlated_reading(replace(asked, criterion=Criterion(kind, 0.01))).value for kind in kinds]
    assert held[0] > held[1] >= held[2] > 0


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Experiment(HEBB, Rademacher(), 50), "independent"),
        (Experiment(Hopfield(parse("post*pre - 0.2*pre")), Template(0.2), 50), "not a multiple"),
        (Experiment(Hopfield(parse("-post*pre")), Markov(0.2), 50), "not a multiple"),
        (Experiment(HEBB, Template(0.2), 50, threshold=KWinners(5)), "threshold"),
        (Experiment(HEBB, Template(0.2), 50, Criterion("overlap", 0.9)), "fixed points"),
        (Experiment(HEBB, Data(np.eye(6)), 6, threshold=KWinners(1)), "threshold"),
        (Experiment(HEBB, Data(np.eye(2)), 2), "too few"),
    ],
)
def test_outside_of_its_assumptions_it_refuses_in_words(asked, why):
    with pytest.raises(NoTheory, match=why):
        correlated_error(asked, 2)
    reading = correlated_reading(asked)
    assert not reading.applies
    assert why in reading.why


def test_steep_memories_are_within_reach():
    asked = Experiment(Dense(Exponential()), Markov(0.5), 30)
    assert 0 < correlated_error(asked, 2000) < 0.5


def test_more_patterns_than_there_are_is_refused():
    with pytest.raises(InvalidArgument, match="n_patterns"):
        correlated_error(Experiment(HEBB, Data(np.eye(6)), 6), 7)


class TestCorrelations:
    def test_independent_patterns_fill_all_directions_and_do_not_overlap(self):
        found = correlations("rademacher", dim=200)
        assert found.effective_dim == pytest.approx(200, rel=0.05)
        assert found.mean_overlap == pytest.approx(0, abs=0.01)
        assert found.overlap_spread == pytest.approx(200**-0.5, rel=0.02)

    def test_markov_patterns_fill_fewer_directions(self):
        # tr C^2 = D (1 + rho^2) / (1 - rho^2) for D -> infinity.
        found = correlations(Markov(0.8), dim=200)
        assert found.effective_dim == pytest.approx(200 * 0.36 / 1.64, rel=0.1)

    def test_template_makes_all_pairs_overlap(self):
        assert correlations(Template(0.5), dim=400).mean_overlap == pytest.approx(0.25, abs=0.02)

    def test_identical_rows_are_their_own_nearest(self):
        rows = np.array([[1, -1, 1, -1], [1, -1, 1, -1], [1, 1, 1, 1], [1, 1, 1, 1]])
        found = correlations(Data(rows))
        assert found.nearest_overlap == 1.0
        assert found.effective_dim == pytest.approx(1.0)

    def test_summary_and_dict_hold_the_figures(self):
        found = correlations("digits")
        assert f"{found.nearest_overlap:.2f}" in found.summary
        assert found.to_dict()["effective_dim"] == found.effective_dim

    def test_two_patterns_are_too_few(self):
        with pytest.raises(InvalidArgument, match="at least 3"):
            correlations(Data(np.eye(2)))
