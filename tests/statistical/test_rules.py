"""Do the parts of a rule make the noise that their terms say, and can simulation tell a wrong term?

Every trial draws fresh patterns and writes the weights of one neuron outright, so that trials are
independent. Means and variances of its field are compared with the terms by their standard errors. Each claim
raises a false alarm once in a million seeds; the seed is fixed. Each twin feeds the same trials a wrong term.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import stats

from hebbcap.learning import resolve
from hebbcap.patterns import Biased, Discrete, Rademacher, Sparse
from hebbcap.theory.rules.additive import (
    CONSTANT,
    INTERACTION,
    OWN,
    POST,
    PRE,
    SHIFT,
    field_law,
    level_chances,
    split,
)
from hebbcap.theory.rules.decomposition import decompose

FALSE_ALARM = 1e-6
SEED = 20260802
TRIALS = 30_000
DIM, COUNT = 16, 7
N, M = DIM - 1, COUNT - 1


@dataclass(frozen=True)
class Pair:
    rule: str
    ensemble: object


PAIRS = {
    "hebb, sparse": Pair("hebb", Sparse(0.3)),
    "post squared, biased": Pair("post^2*pre + 0.5*post*pre - 0.4*post", Biased(0.35)),
    "constant, symmetric": Pair("post*pre - 0.3", Rademacher()),
    "every part, sparse": Pair("post*pre + 0.5*post + 0.9*pre - 0.6", Sparse(0.4)),
    "three levels": Pair("post^2*pre - 0.5*pre^2 + post", Discrete((-1, 0, 2), (0.3, 0.4, 0.3))),
    "no interaction": Pair("post + pre - 0.1", Biased(0.3)),
}


@cache
def fields(name):
    """Own entries, what each part gives to the field, and the cue's activity, all (T,).

    The cue is the first pattern.
    """
    pair = PAIRS[name]
    rng = np.random.default_rng(SEED)
    levels, chances = level_chances(pair.ensemble)
    table = resolve(pair.rule, mean=pair.ensemble.mean).table(levels)
    parts = split(table, chances)
    whole = np.zeros_like(table)
    tables = {
        CONSTANT: whole + parts.constant,
        POST: whole + parts.post[:, None],
        PRE: whole + parts.pre[None, :],
        INTERACTION: parts.interaction,
    }
    drawn = pair.ensemble.sample(TRIALS * COUNT, DIM, rng).reshape(TRIALS, COUNT, DIM)
    index = np.searchsorted(levels, drawn)
    neuron, rest = index[:, :, :1], index[:, :, 1:]
    cue = levels[rest[:, 0]]
    found = {OWN: (table[neuron[:, 0], rest[:, 0]] * cue).sum(axis=1)}
    for part, values in tables.items():
        weights = values[neuron[:, 1:], rest[:, 1:]].sum(axis=1)
        found[part] = (weights * cue).sum(axis=1)
    return neuron[:, 0, 0], found, cue.sum(axis=1)


def taken(name):
    return decompose(PAIRS[name].rule, PAIRS[name].ensemble, dim=DIM, n_patterns=COUNT)


def off_variance(values, expected):
    """How many standard errors the variance of the values is off."""
    centred = values - values.mean()
    variance = np.mean(centred**2)
    error = np.sqrt(max(np.mean(centred**4) - variance**2, 0.0) / len(values))
    return abs(variance - expected) / max(error, 1e-9 * max(abs(expected), 1e-9))


def off_mean(values, expected):
    return abs(values.mean() - expected) / max(values.std() / np.sqrt(len(values)), 1e-12)


BOUND = stats.norm.isf(FALSE_ALARM / 2)


def simulated_variances(name):
    """(level, part) -> field values and the term for its variance."""
    own, found, _ = fields(name)
    decomposition = taken(name)
    for level in range(len(decomposition.mean_field)):
        at = own == level
        for part in (OWN, CONSTANT, POST, PRE, INTERACTION):
            yield level, part, found[part][at], decomposition.part(part).by_level[level]


@pytest.mark.parametrize("name", PAIRS)
def test_each_part_makes_the_noise_of_its_term(name):
    for level, part, values, expected in simulated_variances(name):
        assert off_variance(values, expected) < BOUND, (level, part)


@pytest.mark.parametrize("name", PAIRS)
def test_field_has_the_mean_and_the_sum_of_the_terms_as_its_variance(name):
    own, found, _ = fields(name)
    decomposition = taken(name)
    field = sum(found.values())
    for level, mean in enumerate(decomposition.mean_field):
        at = own == level
        assert off_mean(field[at], mean) < BOUND
        assert off_variance(field[at], sum(p.by_level[level] for p in decomposition.noise)) < BOUND


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("every part, sparse", OWN),
        ("constant, symmetric", SHIFT),
        ("constant, symmetric", CONSTANT),
        ("hebb, sparse", POST),
        ("every part, sparse", PRE),
        ("hebb, sparse", INTERACTION),
        ("three levels", INTERACTION),
        ("post squared, biased", POST),
        ("no interaction", PRE),
    ],
)
def test_simulation_rejects_a_sum_without_one_part(name, left_out):
    own, found, _ = fields(name)
    decomposition, field = taken(name), sum(found.values())
    worst = max(
        off_variance(
            field[own == level], sum(p.by_level[level] for p in decomposition.noise if p.name != left_out)
        )
        for level in range(len(decomposition.mean_field))
    )
    assert worst > BOUND


WRONG_TERMS = {
    "post without the mean of the cue": ("every part, sparse", POST, lambda e: e.variance),
    "post with the second moment of pre": ("post squared, biased", POST, lambda e: e.moment(2)),
    "pre with the variance for the second moment": ("every part, sparse", PRE, lambda e: e.variance),
    "interaction with the variance": ("hebb, sparse", INTERACTION, lambda e: e.variance),
    "constant that adds up like noise": ("constant, symmetric", CONSTANT, lambda e: e.variance),
}
"""Name -> pair, part, and what stands in the place of the moment in (K - 1) N * moment * E part^2."""


@pytest.mark.parametrize("wrong", WRONG_TERMS)
def test_simulation_rejects_a_wrong_term(wrong):
    name, part, moment = WRONG_TERMS[wrong]
    ensemble = PAIRS[name].ensemble
    _, chances = level_chances(ensemble)
    parts = taken(name).parts
    squares = {
        POST: chances @ parts.post**2,
        PRE: chances @ parts.pre**2,
        CONSTANT: parts.constant**2,
        INTERACTION: chances @ parts.interaction**2 @ chances,
    }
    _, found, _ = fields(name)
    assert off_variance(found[part], M * N * moment(ensemble) * squares[part]) > BOUND


def test_a_fixed_threshold_for_each_neuron_leaves_the_post_part_of_balanced_patterns():
    """The bias swings with the cue's total activity: no multiple of the bias itself takes anything off."""
    rng = np.random.default_rng(SEED + 1)
    drawn = Rademacher().sample(TRIALS * COUNT, DIM, rng).reshape(TRIALS, COUNT, DIM).astype(float)
    bias, activity = 0.5 * drawn[:, 1:, 0].sum(axis=1), drawn[:, 0, 1:].sum(axis=1)
    field = bias * activity
    expected = decompose("post*pre + 0.5*post", dim=DIM, n_patterns=COUNT).part(POST).value
    assert off_variance(field - stats.linregress(bias, field).slope * bias, expected) < BOUND
    assert off_variance(field - bias * activity, expected) > BOUND


def test_a_threshold_that_follows_the_activity_takes_the_post_part_off_exactly():
    name = "every part, sparse"
    own, found, activity = fields(name)
    decomposition = taken(name)
    parts = decomposition.parts
    levels, chances = level_chances(decomposition.ensemble)
    law = field_law(decomposition.rule.table(levels) - parts.post[:, None], chances, levels, N, M)
    # It takes off what the cued pattern itself wrote into the bias, too.
    left = sum(found.values()) - found[POST] - parts.post[own] * activity
    for level in range(2):
        assert off_mean(left[own == level], law.mean[level]) < BOUND
        assert off_variance(left[own == level], law.variance[level]) < BOUND
        assert off_variance(left[own == level], decomposition.variance) > BOUND
