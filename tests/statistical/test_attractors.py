"""Do networks rest where the theory of attractors says, and can they tell a wrong theory?

Neurons and patterns of one network share its weights, so networks are the unit: the mean over networks of a
state's error (or overlap) is compared with the theory by Student's t. Each test raises a false alarm once in
a million seeds; the seed is fixed. Each twin feeds the same networks a wrong theory, and must be rejected.

The theories are for D -> infinity. K - 1 other patterns meet each cue in D - 1 neurons, so the load is
(K - 1) / (D - 1); what is left of finite size lies below what these networks resolve, and sizes are chosen
so that it does.
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats
from scipy.special import erf

from hebbcap.dynamics import Fixed, recall
from hebbcap.learning import covariance, parse
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Rademacher, Sparse
from hebbcap.separation import Polynomial
from hebbcap.theory import attractors as theory
from hebbcap.theory.attractors.dense import covariance_series
from hebbcap.theory.attractors.setting import log_patterns_per_load
from hebbcap.theory.attractors.sparse import Coding, coded_retrieval

FALSE_ALARM = 1e-6
SEED = 20261122


def agrees(samples, expected):
    t = (np.mean(samples) - expected) / (np.std(samples, ddof=1) / np.sqrt(len(samples)))
    return abs(t) < stats.t(len(samples) - 1).isf(FALSE_ALARM / 2)


def rng_of(name, network):
    return np.random.default_rng([SEED, *name.encode(), network])


def load_of(n_patterns, dim):
    return (n_patterns - 1) / (dim - 1)


def rest_of(weights, states, rng, *, threshold=0.0, sweeps=200):
    """Update blocks of neurons at random until nothing changes, at T = 0: states (B, D)."""
    states = states.copy()
    for _ in range(sweeps):
        before = states.copy()
        for block in np.array_split(rng.permutation(states.shape[1]), 25):
            field = states @ weights[block].T
            states[:, block] = np.where(field == threshold, states[:, block], np.sign(field - threshold))
        if (states == before).all():
            break
    return states


# Hebb at T = 0


@cache
def hebb_errors(dim=1500, n_patterns=150, networks=60):
    found = []
    for network in range(networks):
        rng = rng_of("hebb", network)
        patterns = Rademacher().sample(n_patterns, dim, rng)
        states = recall(Hopfield().store(patterns), patterns, max_steps=200).states
        found.append((states != patterns).mean())
    return np.array(found), load_of(n_patterns, dim)


def test_hebb_networks_rest_at_the_replica_symmetric_overlap():
    errors, load = hebb_errors()
    assert agrees(errors, theory.attractor(load=load).bit_error)


@pytest.mark.parametrize("wrong", ["one step", "load off by a tenth", "static noise"])
def test_hebb_networks_reject_another_overlap(wrong):
    errors, load = hebb_errors()
    twins = {
        "one step": lambda: 0.5 - 0.5 * erf(1 / np.sqrt(2 * load)),  # without the answer of other patterns
        "load off by a tenth": lambda: theory.attractor(load=1.1 * load).bit_error,
        "static noise": lambda: theory.attractor(load=load, static_noise=0.1).bit_error,
    }
    assert not agrees(errors, twins[wrong]())


# Imperfect synapses


@cache
def noisy_errors(kind, dim=1200, networks=100):
    n_patterns = {"clipped": 85, "half, both ways": 73, "half, one way": 73}[kind]
    found = []
    for network in range(networks):
        rng = rng_of(kind, network)
        patterns = Rademacher().sample(n_patterns, dim, rng).astype(np.float64)
        weights = patterns.T @ patterns
        np.fill_diagonal(weights, 0)
        if kind == "clipped":
            weights = np.sign(weights)  # an odd number of patterns leaves no weight at 0
        else:
            kept = rng.random((dim, dim)) < 0.5
            if kind == "half, both ways":
                kept = np.triu(kept, 1) | np.triu(kept, 1).T
            weights *= kept
        found.append((rest_of(weights, patterns, rng) != patterns).mean())
    noise = theory.CLIPPED if kind == "clipped" else theory.dilution_noise(0.5)
    return np.array(found), load_of(n_patterns, dim), noise


KINDS = ("clipped", "half, both ways", "half, one way")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_imperfect_synapses_are_static_noise(kind):
    errors, load, noise = noisy_errors(kind)
    assert agrees(errors, theory.attractor(load=load, static_noise=noise).bit_error)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_imperfect_synapses_reject_other_noise(kind):
    errors, load, noise = noisy_errors(kind)
    assert not agrees(errors, theory.attractor(load=load).bit_error)
    assert not agrees(errors, theory.attractor(load=load, static_noise=1.3 * noise).bit_error)
    # As if the other patterns answered it too.
    answered = coded_retrieval(Coding((-1.0, 1.0), 0.5, answered_noise=noise), load)
    assert not agrees(errors, answered.error)


# Temperature


@cache
def heated_overlaps(dim=1000, n_patterns=40, temperature=0.4, networks=20, replicas=40, sweeps=44):
    """Heat bath, one neuron after the other, started at the patterns; the last half is averaged."""
    found = []
    for network in range(networks):
        rng = rng_of("heat", network)
        patterns = Rademacher().sample(n_patterns, dim, rng).astype(np.float64)
        weights = patterns.T @ patterns / dim
        np.fill_diagonal(weights, 0)
        states = patterns[:replicas].T.copy()  # (D, B): rows are contiguous
        field = weights @ states
        total = 0.0
        for sweep in range(sweeps):
            chances = rng.random((dim, replicas))
            for neuron in rng.permutation(dim):
                up = 1 / (1 + np.exp(-2 * field[neuron] / temperature))
                new = np.where(chances[neuron] < up, 1.0, -1.0)
                moved = np.flatnonzero(new != states[neuron])
                if moved.size:
                    field[:, moved] += np.outer(weights[neuron], 2 * new[moved])
                    states[neuron] = new
            if sweep >= sweeps // 2:
                total += float((states.T * patterns[:replicas]).mean())
        found.append(total / (sweeps - sweeps // 2))
    return np.array(found), load_of(n_patterns, dim), temperature


@pytest.mark.slow
def test_heated_networks_have_the_replica_symmetric_overlap():
    overlaps, load, temperature = heated_overlaps()
    assert agrees(overlaps, theory.attractor(load=load, temperature=temperature).overlap)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["load off by a tenth", "temperature off by a tenth", "graded neurons"])
def test_heated_networks_reject_another_overlap(wrong):
    overlaps, load, t = heated_overlaps()
    twins = {
        "load off by a tenth": lambda: theory.attractor(load=1.1 * load, temperature=t).overlap,
        "temperature off by a tenth": lambda: theory.attractor(load=load, temperature=1.1 * t).overlap,
        "graded neurons": lambda: theory.graded_retrieval(theory.Transfer("tanh", 1 / t), load).overlap,
    }
    assert not agrees(overlaps, twins[wrong]())


# Deterministic graded neurons


@cache
def graded_overlaps(gain=2.5, dim=1500, n_patterns=60, networks=30):
    found = []
    for network in range(networks):
        rng = rng_of("graded", network)
        patterns = Rademacher().sample(n_patterns, dim, rng).astype(np.float64)
        weights = patterns.T @ patterns / dim
        np.fill_diagonal(weights, 0)
        states = patterns[:40].copy()
        for _ in range(40):
            states = np.tanh(gain * (states @ weights))
        found.append((states * patterns[:40]).mean())
    return np.array(found), load_of(n_patterns, dim), theory.Transfer("tanh", gain)


@pytest.mark.slow
def test_graded_networks_rest_where_their_echo_leads():
    overlaps, load, transfer = graded_overlaps()
    assert agrees(overlaps, theory.graded_retrieval(transfer, load).overlap)


@pytest.mark.slow
def test_graded_networks_reject_the_stochastic_theory():
    overlaps, load, transfer = graded_overlaps()
    assert not agrees(overlaps, theory.attractor(load=load, temperature=1 / transfer.gain).overlap)
    assert not agrees(overlaps, theory.graded_retrieval(transfer, 1.1 * load).overlap)


# Parts of a rule: one point a pattern, told apart by its activity or by its shift


@cache
def part_errors(rule, dim=1500, n_patterns=120, networks=40):
    """Error and the pattern's own normal number: sum xi / sqrt(D), or its crosstalk with all others."""
    errors, numbers = [], []
    for network in range(networks):
        rng = rng_of(rule, network)
        patterns = Rademacher().sample(n_patterns, dim, rng)
        threshold = Fixed(0.7 * (dim - 1) if "*pre + 0.7*pre" in rule else 0.0)
        states = recall(Hopfield(parse(rule)).store(patterns), patterns, threshold=threshold).states
        errors.append((states != patterns).mean(axis=1))
        values = patterns.astype(np.float64)
        if "post*pre + 0.7*post" in rule:
            numbers.append(values.sum(axis=1) / np.sqrt(dim))
        else:
            others = values.sum(axis=0) - values
            numbers.append((values * others).sum(axis=1) / dim / np.sqrt(load_of(n_patterns, dim)))
    return np.array(errors), np.abs(numbers), load_of(n_patterns, dim)


def coding_for(rule, number, *, static=False):
    if "0.7*post" in rule:
        noise = (0.7 * number) ** 2
        return Coding((-1.0, 1.0), 0.5, **{"static_noise" if static else "answered_noise": noise})
    return Coding((-1.0, 1.0), 0.5, threshold=0.7, shift=-0.7 * number, own_shift=0.7)


RULES = ("post*pre + 0.7*post", "post*pre + 0.7*pre")


def by_network(rule, low, high, make):
    """Over networks: error less theory, of patterns whose number lies between low and high."""
    errors, numbers, load = part_errors(rule)
    grid = np.linspace(low, high, 7)
    curve = [coded_retrieval(make(n), load).error for n in grid]
    inside = (numbers >= low) & (numbers < high)
    expected = np.interp(numbers, grid, curve)
    return np.array([(e - x)[k].mean() for e, x, k in zip(errors, expected, inside, strict=True)])


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.3), (0.3, 0.6)])
def test_parts_of_a_rule_act_on_each_pattern_by_its_own_number(rule, low, high):
    assert agrees(by_network(rule, low, high, lambda n: coding_for(rule, n)), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_parts_of_a_rule_reject_one_noise_for_all_patterns(rule):
    # The one-step variance has the same noise for every pattern: number 1 in each.
    assert not agrees(by_network(rule, 0.0, 0.3, lambda n: coding_for(rule, 1.0)), 0.0)
    assert not agrees(by_network(rule, 0.3, 0.6, lambda n: coding_for(rule, 0.0)), 0.0)


# Sparse patterns


@cache
def sparse_errors(dim, activity=0.1, load=0.2, threshold=0.4, networks=20):
    n_patterns = round(load * (dim - 1)) + 1
    found = []
    for network in range(networks):
        rng = rng_of(f"sparse {dim}", network)
        patterns = Sparse(activity).sample(n_patterns, dim, rng)
        level = Fixed(threshold * activity * (1 - activity) * (dim - 1))
        memory = Hopfield(covariance(activity)).store(patterns)
        states = recall(memory, patterns[:120].astype(np.float64), threshold=level).states
        found.append((states != patterns[:120]).mean())
    return np.array(found)


def extrapolated():
    """To 1 / D = 0: the number of active neurons varies from pattern to pattern, by 1 / D in the error."""
    small, large = sparse_errors(1500), sparse_errors(6000)
    return large + (large - small) / 3


@pytest.mark.slow
def test_sparse_networks_rest_at_the_overlap_of_their_threshold():
    expected = coded_retrieval(Coding((0.0, 1.0), 0.1, threshold=0.4), 0.2).error
    assert agrees(extrapolated(), expected)


@pytest.mark.slow
def test_sparse_networks_reject_another_threshold_load_and_coding():
    for coding, load in (
        (Coding((0.0, 1.0), 0.1, threshold=0.45), 0.2),
        (Coding((0.0, 1.0), 0.1, threshold=0.4), 0.24),
        (Coding((0.0, 1.0), 0.12, threshold=0.4), 0.2),
    ):
        assert not agrees(extrapolated(), coded_retrieval(coding, load).error)


# Dense memories: where dynamics from the pattern stop, and the equilibrium below


@cache
def dense_path(load=0.22, dim=240, networks=40, cues=40, steps=16):
    memory = Dense(Polynomial(3))
    n_patterns = round(load * np.exp(log_patterns_per_load(memory, np.log(dim))))
    found = []
    for network in range(networks):
        patterns = Rademacher().sample(n_patterns, dim, rng_of("dense", network))
        states = recall(memory.store(patterns), patterns[:cues], max_steps=steps).states
        found.append((states * patterns[:cues]).mean())
    return np.array(found), load


def test_dense_dynamics_from_the_pattern_stop_above_the_equilibrium_where_their_own_theory_says():
    overlaps, load = dense_path()
    assert agrees(overlaps, theory.overlaps_from(3, load, 16)[-1])


def test_dense_dynamics_from_the_pattern_reject_the_equilibrium():
    overlaps, load = dense_path()
    assert overlaps.mean() > theory.attractor("dense:3", load=load).overlap
    assert not agrees(overlaps, theory.attractor("dense:3", load=load).overlap)
    assert not agrees(overlaps, theory.overlaps_from(3, 1.2 * load, 16)[-1])


@cache
def heated_dense(dim, load=0.06, temperature=0.35, networks=24, replicas=24, sweeps=24):
    found = []
    for network in range(networks):
        rng = rng_of(f"heated dense {dim}", network)
        patterns = Rademacher().sample(round(load * dim**2 / 3), dim, rng).astype(np.float32)
        columns = np.ascontiguousarray(patterns.T)
        states = np.ascontiguousarray(columns[:, :replicas])
        overlaps = patterns @ states
        total = 0.0
        for sweep in range(sweeps):
            chances = rng.random((dim, replicas))
            for neuron in rng.permutation(dim):
                column = columns[neuron]
                others = overlaps - np.outer(column, states[neuron])
                energy = 2 * (column @ (others * others)) + 2 / 3 * column.sum()  # d of F(x) = x^3 / 3
                up = 1 / (1 + np.exp(-np.clip(energy / temperature / dim**2, -80, 80)))
                new = np.where(chances[neuron] < up, np.float32(1), np.float32(-1))
                moved = np.flatnonzero(new != states[neuron])
                if moved.size:
                    overlaps[:, moved] += np.outer(column, 2 * new[moved])
                    states[neuron] = new
            if sweep >= sweeps // 3:
                total += float((states * columns[:, :replicas]).mean())
        found.append(total / (sweeps - sweeps // 3))
    return np.array(found)


def heated_dense_extrapolated():
    """To 1 / D = 0: at D = 240 the overlap is still 0.001 short."""
    return 2 * heated_dense(240) - heated_dense(120)


@pytest.mark.slow
def test_heated_dense_networks_have_the_replica_symmetric_overlap():
    expected = theory.attractor("dense:3", load=0.06, temperature=0.35).overlap
    assert agrees(heated_dense_extrapolated(), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("load", "temperature"), [(0.06, 0.0), (0.06, 0.385), (0.09, 0.35)])
def test_heated_dense_networks_reject_other_temperatures_and_loads(load, temperature):
    wrong = theory.attractor("dense:3", load=load, temperature=temperature).overlap
    assert not agrees(heated_dense_extrapolated(), wrong)


@cache
def field_correlations(order, overlap, dim=300, n_patterns=40, networks=60):
    """Correlation over neurons of the fields that two states of this overlap feel."""
    found = []
    for network in range(networks):
        rng = rng_of(f"fields {order}", network)
        memory = Dense(Polynomial(order)).store(Rademacher().sample(n_patterns, dim, rng))
        one = Rademacher().sample(400, dim, rng).astype(np.float64)
        turned = rng.permuted(np.tile(np.arange(dim) < round(0.5 * (1 - overlap) * dim), (400, 1)), axis=1)
        h, k = memory.field(one), memory.field(np.where(turned, -one, one))
        found.append((h * k).mean() / np.sqrt((h * h).mean() * (k * k).mean()))
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("order", [3, 4])
def test_fields_of_dense_memories_have_the_covariance_of_powers_not_of_different_neurons(order):
    correlations = field_correlations(order, 0.6)
    assert agrees(correlations, covariance_series(order)(0.6))
    assert not agrees(correlations, 0.6 ** (order - 1))
