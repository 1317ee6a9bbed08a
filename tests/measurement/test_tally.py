import numpy as np
import pytest

from hebbcap.measurement.proportion import dispersion
from hebbcap.measurement.tally import Tally

RNG = np.random.default_rng(0)
FAILURES = RNG.integers(0, 9, (6, 4))
PLACES = (10, 20, 30, 40)


def test_a_tally_of_parts_is_the_sum_of_their_tallies():
    whole = Tally.of(PLACES, FAILURES, 50)
    parts = Tally.of(PLACES, FAILURES[:2], 50) + Tally.of(PLACES, FAILURES[2:], 50)
    assert parts.trials == whole.trials == 6
    np.testing.assert_array_equal(parts.failures, whole.failures)
    np.testing.assert_array_equal(parts.products, whole.products)


def test_products_are_those_of_each_trial():
    found = Tally.of(PLACES, FAILURES, 50).products
    np.testing.assert_array_equal(found, sum(np.outer(row, row) for row in FAILURES))


def test_a_part_of_the_places_is_the_tally_of_these_alone():
    part = Tally.of(PLACES, FAILURES, [50, 60, 70, 80]).between(15, 30)
    alone = Tally.of((20, 30), FAILURES[:, 1:3], [60, 70])
    assert part.at == alone.at
    for name in ("failures", "products", "judged"):
        np.testing.assert_array_equal(getattr(part, name), getattr(alone, name))
    assert Tally.of(PLACES, FAILURES, 50).between(11, 19) is None


def squared(failures):
    return failures.sum(axis=0), (failures**2).sum(axis=0)


def test_dispersion_of_independent_chances_is_one():
    # 4,000 trials: the estimate has a standard deviation of sqrt(2 / 4000) = 0.022; 5 sigma.
    failures = np.random.default_rng(3).binomial(200, 0.1, size=4000)
    assert dispersion(*squared(failures), 4000, 200) == pytest.approx(1.0, abs=0.112)


def test_dispersion_of_chances_that_go_together_is_their_number():
    # Ten bits that fail together: ten times the variance.
    failures = 10 * np.random.default_rng(4).binomial(20, 0.1, size=4000)
    assert dispersion(*squared(failures), 4000, 200) == pytest.approx(10.0, abs=1.2)


def test_dispersion_is_pooled_over_rates():
    failures = np.random.default_rng(5).binomial(200, [0.05, 0.4], (500, 2))
    assert dispersion(*squared(failures), 500, 200) == pytest.approx(1.0, abs=0.23)


@pytest.mark.parametrize("failures", [0, 100])
def test_dispersion_without_any_variation_is_that_of_independent_chances(failures):
    assert dispersion(4 * failures, 4 * failures**2, 4, 100) == 1.0


def test_dispersion_does_not_trust_trials_that_are_too_much_alike():
    assert dispersion(40, 400, 4, 100) == 0.2
