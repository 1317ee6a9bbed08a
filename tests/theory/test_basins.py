import math
from dataclasses import replace

import numpy as np
import pytest

from hebbcap import theory
from hebbcap._checks import InvalidArgument, NoTheory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import KWinners
from hebbcap.learning import covariance, parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Biased, Markov, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Polynomial
from hebbcap.theory.basins import (
    amari_maginu_radius,
    check_hebb,
    mean_field_radius,
    naive_radius,
    one_step_radius,
)
from hebbcap.theory.trajectories import amari_maginu, mean_field, naive

LEVEL = Criterion("overlap", 0.95)
HEBB = Experiment(Hopfield(), Rademacher(), 200, LEVEL)
CUBIC = Experiment(Dense(Polynomial(3)), Rademacher(), 60, LEVEL)


def error(asked, n_patterns, flipped):
    cued = replace(asked, criterion=Criterion(), flips=flipped / asked.dim)
    return theory.bit_error("exact", cued, n_patterns)


@pytest.mark.parametrize("trajectory", [naive, amari_maginu, mean_field])
class TestTrajectories:
    @pytest.mark.parametrize("load", [0.03, 0.1, 0.3])
    def test_first_step_is_that_of_normal_crosstalk(self, trajectory, load):
        path = trajectory(load, 0.4, 1)
        assert path == pytest.approx([0.4, math.erf(0.4 / math.sqrt(2 * load))], abs=5e-4)

    def test_low_loads_recall_and_high_ones_do_not(self, trajectory):
        assert trajectory(0.03, 0.5, 20)[-1] > 0.999
        assert trajectory(0.6, 0.5, 20)[-1] < 0.95

    def test_no_steps_leave_the_cue(self, trajectory):
        assert trajectory(0.1, 0.7, 0).tolist() == [0.7]

    @pytest.mark.parametrize(
        "bad", [(0, 0.5, 3), (0.1, 1.2, 3), (0.1, -0.1, 3), (0.1, 0.5, -1), (0.1, 0.5, 2.0)]
    )
    def test_bad_arguments_are_refused(self, trajectory, bad):
        with pytest.raises(InvalidArgument):
            trajectory(*bad)


def test_amari_and_maginu_keep_intact_cues_up_to_a_load_of_0_160():
    # The capacity in their paper: 0.16, above the true 0.138.
    assert amari_maginu(0.159, 1.0, 2000)[-1] > 0.9
    assert amari_maginu(0.161, 1.0, 5000)[-1] < 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_mean_field_overlaps_hardly_depend_on_the_paths_drawn(seed):
    assert mean_field(0.1, 0.6, 12, seed=seed) == pytest.approx(mean_field(0.1, 0.6, 12), abs=2e-3)


def test_mean_field_settles_at_the_overlap_of_the_equilibrium_theory():
    # Amit, Gutfreund and Sompolinsky at load 0.1: m = erf(y), sqrt(2 a) = m / y - (2 / sqrt(pi)) exp(-y^2).
    y = max(
        y
        for y in np.linspace(1, 6, 50001)
        if math.erf(y) / y - 2 / math.sqrt(math.pi) * math.exp(-y * y) >= math.sqrt(2 * 0.1)
    )
    assert mean_field(0.1, 0.9, 40)[-1] == pytest.approx(math.erf(y), abs=4e-3)


def test_mean_field_path_of_a_lost_cue_stays_finite():
    for load in (0.02, 0.14, 0.3, 1.0):
        path = mean_field(load, 0.02, 40)
        assert np.isfinite(path).all()
        assert (np.abs(path) <= 1).all()


@pytest.mark.parametrize(("asked", "n_patterns"), [(HEBB, 10), (HEBB, 20), (CUBIC, 60)])
def test_one_step_mends_up_to_its_radius_and_no_further(asked, n_patterns):
    flipped = round(one_step_radius(asked, n_patterns) * asked.dim)
    assert error(asked, n_patterns, flipped) <= 0.025 < error(asked, n_patterns, flipped + 1)


@pytest.mark.parametrize(("asked", "n_patterns"), [(HEBB, 60), (CUBIC, 60), (CUBIC, 150)])
def test_one_step_lowers_the_error_up_to_the_naive_radius_and_no_further(asked, n_patterns):
    level = replace(asked, criterion=Criterion("overlap", 0.6))
    flipped = round(naive_radius(level, n_patterns) * asked.dim)
    assert error(asked, n_patterns, flipped) < flipped / asked.dim
    if flipped + 1 < asked.dim / 2:
        assert error(asked, n_patterns, flipped + 1) >= (flipped + 1) / asked.dim


def test_radii_shrink_with_the_load():
    for radius in (one_step_radius, naive_radius):
        found = [radius(CUBIC, k) for k in (20, 60, 120)]
        assert found == sorted(found, reverse=True)
        assert len(set(found)) == 3
    for predicted in (amari_maginu_radius, mean_field_radius):
        found = [predicted(load, 0.95) for load in (0.04, 0.1, 0.13)]
        assert found == sorted(found, reverse=True)


def test_mean_field_basins_are_smaller_than_amari_maginu_ones():
    for load in (0.03, 0.12):
        assert mean_field_radius(load, 0.95) < amari_maginu_radius(load, 0.95) - 0.015


def test_overloaded_memories_have_no_radius():
    assert one_step_radius(HEBB, 150) is None
    assert naive_radius(HEBB, 150) is None
    assert amari_maginu_radius(0.2, 0.95) is None
    assert mean_field_radius(0.2, 0.95) is None


def test_sparse_patterns_have_a_one_step_radius():
    asked = Experiment(Hopfield(covariance(0.1)), Sparse(0.1), 200, LEVEL, threshold=MIDPOINT)
    assert 0.1 < one_step_radius(asked, 10) < 0.4


def test_correlated_patterns_have_a_one_step_radius_and_no_naive_one():
    asked = replace(HEBB, ensemble=Markov(0.5), dim=60)
    assert one_step_radius(asked, 3) < one_step_radius(replace(HEBB, dim=60), 3)
    with pytest.raises(NoTheory, match="correlated"):
        naive_radius(asked, 3)


@pytest.mark.parametrize("radius", [one_step_radius, naive_radius])
def test_criterion_must_be_an_overlap(radius):
    with pytest.raises(InvalidArgument, match="overlap:M"):
        radius(replace(HEBB, criterion=Criterion()), 10)


def test_scaled_hebb_rule_is_the_hebb_rule():
    check_hebb(replace(HEBB, memory=Hopfield(parse("3*post*pre"))))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (CUBIC, "Hebb rule alone"),
        (replace(HEBB, memory=Hopfield(parse("post*pre - 0.1*pre"))), "Hebb rule alone"),
        (replace(HEBB, ensemble=Biased(0.4)), "equal chance"),
        (replace(HEBB, update="asynchronous"), "synchronous"),
        (replace(HEBB, threshold=KWinners(5)), "threshold"),
    ],
)
def test_theories_of_the_hebb_rule_refuse_others_in_words(asked, why):
    with pytest.raises(NoTheory, match=why):
        check_hebb(asked)
