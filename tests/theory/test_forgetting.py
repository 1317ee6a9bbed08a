"""Are the formulas of forgetting those that an independent calculation gives?"""

import itertools
import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from hebbcap._checks import NoTheory
from hebbcap.criteria import Criterion
from hebbcap.dynamics import Fixed, KWinners
from hebbcap.learning import Bounded, Stochastic, synapse
from hebbcap.memories import Hopfield, Plastic
from hebbcap.patterns import Biased, Data, Rademacher, Sparse
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.theory import capacity_reading
from hebbcap.theory.forgetting import (
    affine_trace,
    best_decay,
    decay_lifetime,
    failures,
    failures_at,
    lattice,
    lifetime,
    lifetime_reading,
    lifetime_readings,
    methods,
    patterns_to_settle,
    switching_lifetime,
    what_is_left,
)
from hebbcap.theory.forgetting.lattice import exact_error
from hebbcap.theory.forgetting.moments import Cue, Moments
from hebbcap.theory.forgetting.propagation import settle, synapses, walk

R = Rademacher()


def asked(spec, drawn=R, dim=1000, threshold=None, **options):
    level = threshold if threshold is not None else Fixed() if drawn == R else MIDPOINT
    return Experiment(Plastic(synapse(spec, mean=drawn.mean)), drawn, dim, threshold=level, **options)


class TestAffine:
    def test_trace_and_noise_of_decay_are_the_geometric_sums(self):
        ages, lam, n = np.arange(50), 0.03, 999
        left = what_is_left(asked("decay:0.03"), "snr", ages)
        faded = (1 - lam) ** ages
        np.testing.assert_allclose(left.signal, n * faded, rtol=1e-10)
        others = 1 / (lam * (2 - lam)) - faded**2  # the sum of all faded squares but its own
        np.testing.assert_allclose(left.noise**2, n * others, rtol=1e-10)
        np.testing.assert_allclose(left.bit_error, ndtr(-left.signal / left.noise), rtol=1e-12)

    def test_oja_is_decay_where_activities_are_plus_minus_one(self):
        ages = np.arange(0, 100, 7)
        one, two = (what_is_left(asked(spec), "snr", ages).bit_error for spec in ("oja:0.05", "decay:0.05"))
        np.testing.assert_allclose(one, two, rtol=1e-9)

    def test_oja_keeps_the_mean_of_pre_over_the_times_its_neuron_was_active(self):
        found = affine_trace(synapse("oja:0.2", mean=0), Sparse(0.1))
        assert found.steady[0] == pytest.approx(0.1)
        # A running mean of independent 0s and 1s, weights 0.2 * 0.8^k.
        assert found.steady[1] - found.steady[0] ** 2 == pytest.approx(0.09 * 0.2**2 / (1 - 0.8**2))
        assert found.steady[2] == pytest.approx(0.01)

    @pytest.mark.parametrize("drawn", [Sparse(0.2), Biased(0.3), R], ids=lambda e: e.name)
    def test_two_switching_synapses_on_one_neuron_follow_their_joint_chain(self, drawn):
        kind = Stochastic(0.4, 0.1)
        found = affine_trace(kind, drawn).at(np.arange(6))
        values, p = np.array([-1.0, 1.0]), np.array([1 - drawn.p_high, drawn.p_high])

        def single(post, pre):
            ((up, target), _) = kind.outcomes(values, post, pre)
            return np.array([[(1 - up) * (v == t) + up * (target == t) for t in values] for v in values])

        one = {(y, x): single(y, x).astype(float) for y in drawn.levels for x in drawn.levels}
        given = [sum(q * one[y, x] for q, x in zip(p, drawn.levels, strict=True)) for y in drawn.levels]
        both = sum(q * np.kron(g, g) for q, g in zip(p, given, strict=True))
        law = np.linalg.matrix_power(both, 4000)[0]
        signs = np.kron(values, values)
        for (i, y), (a, xa), (b, xb) in itertools.product(*[list(enumerate(drawn.levels))] * 3):
            now = law @ np.kron(one[y, xa], one[y, xb])
            for age in range(6):
                assert found.pair[age, i, a, b] == pytest.approx(now @ signs, abs=1e-12)
                assert found.mean[age, i, a] == pytest.approx(now @ np.kron(values, [1, 1]), abs=1e-12)
                now = now @ both

    @pytest.mark.parametrize("spec", ["oja:0.2", "outstar:0.3", "decay:0.1"])
    def test_averages_over_drawn_histories_come_out_the_same(self, spec):
        kind, drawn = synapse(spec, mean=0), Sparse(0.3)
        walked = walk(synapses(kind, drawn), 8000, np.random.default_rng(0))
        exact = affine_trace(kind, drawn).at(np.arange(5))
        for age, given in zip(range(5), walked, strict=False):
            for name in Moments._fields:
                each, truth = getattr(given, name), getattr(exact, name)[age]
                error = each.std(axis=0) / math.sqrt(len(each)) + 1e-6  # what blank weights may leave
                # 16 numbers, 5 ages and 3 rules at 6 standard errors: one false alarm in 2 million seeds.
                assert (np.abs(each.mean(axis=0) - truth) < 6 * error).all()

    @pytest.mark.parametrize("spec", ["instar:0.1", "post*pre + 0.1*w", "post*pre - 0.1*w*post"])
    def test_weights_that_never_settle_have_no_theory(self, spec):
        with pytest.raises(NoTheory, match="never settle"):
            methods(asked(spec))


class TestLattice:
    def test_bounded_weights_are_spread_evenly_and_fade_as_a_walk_between_walls(self):
        chain = lattice(Bounded(4), R)
        np.testing.assert_allclose(chain.steady, np.full(9, 1 / 9))
        assert chain.shrinks == pytest.approx(math.cos(math.pi / 9))

    def test_switching_synapses_have_the_moments_of_their_affine_maps(self):
        kind, ages = Stochastic(0.3, 0.2, 0.0), np.arange(8)
        chain, exact = lattice(kind, Sparse(0.4)), affine_trace(kind, Sparse(0.4))
        np.testing.assert_allclose(chain.steady @ chain.values, exact.steady[0])
        for post in (0, 1):
            law = np.einsum("a,xab->xb", chain.steady, chain.moves[post])
            np.testing.assert_allclose(law @ chain.values, exact.at(ages).mean[0, post])
        np.testing.assert_allclose(chain.laws(ages) @ chain.values, exact.at(ages).mean)

    @pytest.mark.parametrize("n_flipped", [0, 1, 2])
    @pytest.mark.parametrize("threshold", [0.0, 1.0])
    def test_exact_error_is_that_of_a_list_of_all_cases(self, n_flipped, threshold):
        values, dim, p = np.array([-1.0, 0.0, 2.0]), 4, 0.3
        law = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 2))
        cue, total = Cue(Biased(p), dim, n_flipped), 0.0
        for post, flips in itertools.product((0, 1), itertools.combinations(range(dim), n_flipped)):
            chance = (p if post else 1 - p) / math.comb(dim, n_flipped)
            state = (1 - 2 * (0 in flips)) * (2 * post - 1)  # of the neuron itself
            for pre in itertools.product((0, 1), repeat=dim - 1):
                for w in itertools.product(range(3), repeat=dim - 1):
                    likely = chance
                    for x, k in zip(pre, w, strict=True):
                        likely *= (p if x else 1 - p) * law[post, x, k]
                    shown = [(2 * x - 1) * (1 - 2 * (j + 1 in flips)) for j, x in enumerate(pre)]
                    field = sum(values[k] * s for k, s in zip(w, shown, strict=True))
                    new = state if field == threshold else (1 if field > threshold else -1)
                    total += likely * (new != 2 * post - 1)
        assert exact_error(values, law, cue, threshold) == pytest.approx(total, rel=1e-12)

    def test_the_exact_law_nears_the_normal_one_in_large_networks(self):
        asked_ = asked("bounded:5", dim=20_001)
        ages = [300, 350, 400]
        exact, normal = (what_is_left(asked_, m, ages).bit_error for m in ("exact", "snr"))
        np.testing.assert_allclose(exact, normal, rtol=0.02)


class TestField:
    @pytest.mark.parametrize("n_flipped", [0, 2])
    def test_mean_and_variance_are_those_of_a_list_of_all_cases(self, n_flipped):
        """Three other neurons; two histories of equal chance give the synapses different laws."""
        rng, p, dim = np.random.default_rng(1), 0.3, 4
        mean = rng.normal(size=(2, 2, 2))  # history, post, pre
        square = mean**2 + rng.random((2, 2, 2))
        pooled = Moments(*(part.mean(axis=0) for part in Moments.given_history(mean, square)))
        field = Cue(Sparse(p), dim, n_flipped).field(pooled)
        for post, right in itertools.product((0, 1), (0, 1)):
            others = n_flipped - (1 - right)
            if others < 0:
                continue
            first, second = 0.0, 0.0
            for history, pre in itertools.product((0, 1), itertools.product((0, 1), repeat=3)):
                chance = 0.5 * math.prod(p if x else 1 - p for x in pre)
                shown = [1 - x if j < others else x for j, x in enumerate(pre)]
                m = [mean[history, post, x] * s for x, s in zip(pre, shown, strict=True)]
                v = [(square - mean**2)[history, post, x] * s for x, s in zip(pre, shown, strict=True)]
                first += chance * sum(m)
                second += chance * (sum(m) ** 2 + sum(v))
            assert field.mean[post, right] == pytest.approx(first)
            assert field.variance[post, right] == pytest.approx(second - first**2)


class TestLifetime:
    @pytest.mark.parametrize(("dim", "decay"), [(1000, 0.01), (1000, 0.05), (300, 0.002), (10**6, 1e-4)])
    def test_decay_is_remembered_as_long_as_the_closed_form_says(self, dim, decay):
        crossing = decay_lifetime(dim, decay)
        assert lifetime(asked(f"decay:{decay}", dim=dim), "snr")[0] == max(math.floor(crossing) + 1, 0)

    @pytest.mark.parametrize("dim", [1000, 30_000])
    @pytest.mark.parametrize("switch", [0.02, 0.1, 0.4])
    def test_switching_synapses_remember_as_long_as_the_closed_form_says(self, dim, switch):
        crossing = switching_lifetime(dim, switch)
        assert lifetime(asked(f"stochastic:{switch}", dim=dim), "snr")[0] == max(math.floor(crossing) + 1, 0)

    def test_the_best_decay_costs_a_factor_e_against_hebb_at_its_best_load(self):
        dim = 10**6
        best = best_decay(dim)
        held = [lifetime(asked(f"decay:{x * best!r}", dim=dim), "snr")[0] for x in (0.9, 1.0, 1.1)]
        assert max(held) == held[1]
        hebb = capacity_reading("snr", Experiment(Hopfield(), R, dim)).value
        assert hebb / held[1] == pytest.approx(math.e, rel=1e-3)
        assert held[1] == pytest.approx((dim - 1) / (math.e * ndtri(0.01) ** 2), rel=1e-3)

    def test_a_switching_memory_grows_as_the_logarithm_of_dim(self):
        held = [lifetime(asked("stochastic:0.1", dim=10**k + 1), "snr")[0] for k in (3, 4, 5, 6)]
        expected = math.log(10) / (-2 * math.log(0.9))
        assert np.diff(held) == pytest.approx(expected, abs=1)

    def test_sparse_patterns_are_remembered_longer_by_balanced_switching(self):
        held = []
        for activity in (0.5, 0.1, 0.03):
            down = 0.5 * activity / (1 - activity)
            spec = f"stochastic:0.5,{down!r},-1,2*post*pre - post"
            held.append(lifetime(asked(spec, Sparse(activity), dim=100_000), "snr")[0])
        assert held == sorted(held)
        assert held[2] > 10 * held[0]

    def test_a_trace_so_weak_that_even_the_newest_fails_holds_nothing(self):
        assert lifetime_reading(asked("stochastic:0.1", dim=101)).value == 0

    def test_a_trace_that_turns_over_counts_to_the_first_failure(self):
        left = what_is_left(asked("decay:1.5", dim=500), "snr", [0, 1, 2])
        assert (np.sign(left.signal) == [1, -1, 1]).all()
        assert lifetime_reading(asked("decay:1.5", dim=500)).value == 1

    def test_clamped_bcm_turns_plus_minus_one_patterns_over_and_holds_none(self):
        left = what_is_left(asked("bcm:0.01,50", dim=500), "propagated", [0])
        assert left.high[0] == pytest.approx(0, abs=1e-9)
        assert left.low[0] == pytest.approx(2 * 499)
        assert lifetime_reading(asked("bcm:0.01,50", dim=500)).value == 0

    def test_bounded_weights_of_silent_neurons_end_at_the_bound(self):
        left = what_is_left(asked("bounded:5", Sparse(0.2), dim=500), "propagated", [0])
        assert left.signal[0] == pytest.approx(0, abs=1e-9)

    def test_flipped_cues_are_forgotten_sooner(self):
        held = [lifetime_reading(asked("bounded:4", flips=f)).value for f in (0.0, 0.1, 0.2)]
        assert held == sorted(held, reverse=True)
        assert len(set(held)) == 3

    def test_sharper_criteria_are_met_for_fewer_patterns(self):
        kinds = ("bit-error", "pattern-error", "all-patterns")
        held = [lifetime_reading(asked("decay:0.01", criterion=Criterion(k, 0.01))).value for k in kinds]
        assert held == sorted(held, reverse=True)
        assert len(set(held)) == 3

    def test_all_patterns_gathers_the_failures_of_younger_ages(self):
        criterion, errors = Criterion("all-patterns", 0.1), np.array([1e-4, 2e-4, 3e-4])
        found, before = failures(criterion, 10, errors)
        expected = 1 - np.cumprod((1 - errors) ** 10)
        np.testing.assert_allclose(found, expected)
        again, _ = failures(criterion, 10, errors[:1], before)
        assert again[0] == pytest.approx(1 - (1 - expected[2]) * (1 - 1e-4) ** 10)

    @pytest.mark.parametrize("kind", ["bit-error", "pattern-error", "all-patterns"])
    def test_failures_cross_the_bound_at_the_lifetime(self, kind):
        experiment = asked("bounded:4", criterion=Criterion(kind, 0.05))
        for reading in lifetime_readings(experiment):
            held = int(reading.value)
            last, next_ = failures_at(experiment, reading.method, [held, held + 1])
            assert last <= 0.05 < next_


class TestRefusals:
    def test_readings_say_why_they_do_not_apply(self):
        data = Data(np.eye(8, dtype=np.int8), "eye", "")
        for experiment, why in [
            (Experiment(Hopfield(), R, 100), "does not write over"),
            (asked("decay:0.1", data, dim=8), "correlated"),
            (asked("decay:0.1", threshold=KWinners(5)), "compares all fields"),
            (asked("decay:0.1", criterion=Criterion("overlap", 0.9)), "fixed points"),
            (asked("bcm:0", Sparse(0.1)), "never settle"),
        ]:
            reading = lifetime_reading(experiment)
            assert not reading.applies
            assert why in reading.why

    def test_a_reading_that_is_not_worked_out_is_refused(self):
        assert methods(asked("decay:0.1")) == ("snr",)
        with pytest.raises(NoTheory, match="exact is not worked out"):
            what_is_left(asked("decay:0.1"), "exact", [0])


def test_settling_takes_as_long_as_differences_last():
    waited = patterns_to_settle(asked("decay:0.01"))
    assert 0.99 ** (waited / 2) == pytest.approx(1e-3, rel=0.02)
    found, patterns = settle(
        synapses(synapse("post*pre - 0.05*w**3", mean=0), R), 50, np.random.default_rng(0)
    )
    assert patterns >= 64
    assert np.isfinite(found.parts[0]).all()
