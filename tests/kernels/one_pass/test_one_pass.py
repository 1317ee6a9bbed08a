"""One pass over fresh patterns: its kernels against the plain version, and that against the memories."""

import math

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.dynamics import Fixed, single_pass
from hebbcap.kernels import threads
from hebbcap.kernels.one_pass import definition as one_pass
from hebbcap.kernels.one_pass import run as one_pass_run
from hebbcap.kernels.one_pass.definition import (
    ODD_FLIP,
    Setting,
    binomial_table,
    count_wrong,
    flips,
    n_flipped_judged,
    plain,
)
from hebbcap.kernels.random import philox
from hebbcap.memories import Dense, Hopfield
from hebbcap.separation import Polynomial

EXPERIMENT, SEED = "an experiment", 20261122
ANY_K = [1, 2, 7, 8, 9, 31, 32, 33, 40, 64, 65, 70, 96, 128, 131]


def pairwise(dim):
    return np.arange(-dim - 1, dim + 2)


def dense(order, dim, rectified=False):
    return Polynomial(order, rectified=rectified).table(dim).values.astype(np.int64)


def ragged(dim):
    """Differences of no polynomial, some of them negative."""
    return np.random.default_rng(dim).integers(-50, 200, 2 * dim + 3)


def needs(setting, n_patterns):
    """The first of the kernels that suits it."""
    weighed = one_pass_run._weighed(setting)
    return next(w for w in one_pass_run._WIDTHS if one_pass_run._suits(setting, weighed, n_patterns, w))


SETTINGS = {
    "all of a few neurons": Setting(pairwise(20), 20, 20, cues=8),
    "whole tiles": Setting(pairwise(128), 128, 128),
    "odd size": Setting(pairwise(99), 99, 99, flipped=7),
    "three tiles and a bit": Setting(pairwise(100), 100, 100, cues=24, flipped=1),
    "one judged neuron": Setting(pairwise(50), 50, 1, cues=16),
    "half of the neurons": Setting(pairwise(400), 400, 200, cues=16, flipped=0),
    "some of them flipped": Setting(pairwise(301), 301, 64, cues=8, flipped=30),
    "order 3": Setting(dense(3, 64), 64, 64, cues=8),
    "order 3, odd size, flipped": Setting(dense(3, 101), 101, 101, cues=16, flipped=9),
    "order 3, some judged": Setting(dense(3, 300), 300, 65, cues=8, flipped=9),
    "order 4": Setting(dense(4, 70), 70, 70, cues=16, flipped=5),
    "order 5, some judged": Setting(dense(5, 60), 60, 40, cues=8),
    "rectified": Setting(dense(3, 64, rectified=True), 64, 64, cues=8, flipped=3),
    "no polynomial": Setting(ragged(45), 45, 45, cues=8, flipped=4),
    "order 8": Setting(dense(8, 40), 40, 40, cues=8, flipped=2),
    "large weights": Setting(ragged(33) * (2**40 // 199) + ragged(33), 33, 20, cues=8),
    "mirrored": Setting(-pairwise(40), 40, 40, cues=8),
}


def same(counts, expected):
    return all(np.array_equal(a, b) for a, b in zip(counts, expected, strict=True))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_kernel_counts_what_the_plain_version_counts(name):
    setting, grid = SETTINGS[name], np.array(ANY_K)
    expected = plain(setting, grid, 3, SEED, EXPERIMENT, first=2)
    assert same(count_wrong(setting, grid, 3, SEED, EXPERIMENT, first=2), expected)
    if not one_pass._has_kernel():
        pytest.skip("this processor has no kernels for it")
    weighed, sure = one_pass_run._weighed(setting), 0
    for width in one_pass_run._WIDTHS:
        job = one_pass_run._Job(setting, weighed, width, grid, SEED, EXPERIMENT)
        counts, beyond = job.run(np.arange(2, 5))
        sure += int((~beyond).sum())
        assert same([each[~beyond] for each in counts], [each[~beyond] for each in expected])
    assert sure >= 3


def drawn(setting, number, n_patterns):
    """The patterns of a stream as +-1, taken from its words one by one."""
    blocks = -(-n_patterns // 32)
    columns = philox.words(philox.key(SEED, EXPERIMENT, number), 0, blocks * setting.n_tiles)
    columns = columns.reshape(blocks, -1)
    patterns = np.empty((n_patterns, setting.judged), dtype=np.int8)
    for k in range(n_patterns):
        block, place = divmod(k, 32)
        group, within = divmod(place, 8)
        bit = 4 * group + within % 4 + 16 * (within // 4)
        patterns[k] = 2 * (columns[block, : setting.judged] >> bit & 1).astype(int) - 1
    return patterns


@pytest.mark.parametrize(
    ("memory", "setting"),
    [
        (Hopfield(), SETTINGS["three tiles and a bit"]),
        (Hopfield(), SETTINGS["odd size"]),
        (Hopfield(), SETTINGS["whole tiles"]),
        (Dense(Polynomial(3)), SETTINGS["order 3, odd size, flipped"]),
        (Dense(Polynomial(4)), SETTINGS["order 4"]),
        (Dense(Polynomial(3, rectified=True)), SETTINGS["rectified"]),
    ],
)
def test_counts_are_those_of_the_memory_given_the_same_patterns(memory, setting):
    grid = [1, 5, 33, 70]
    counts = count_wrong(setting, grid, 2, SEED, EXPERIMENT)
    for number in range(2):
        patterns = drawn(setting, number, 70)
        for at, k in enumerate(grid):
            cued = patterns[: min(k, setting.cues)]
            states = np.where(flips(setting, setting.flipped)[: len(cued)], -cued, cued)
            results = single_pass(memory.store(patterns[:k]), states, threshold=Fixed())
            wrong = (results != cued).sum(axis=1)
            assert counts.wrong[number, at] == wrong.sum()
            assert counts.failed[number, at] == (wrong > 0).sum()


@pytest.mark.parametrize("name", ["odd size", "order 5, some judged"])
def test_counts_are_the_same_on_any_number_of_threads(name):
    found = []
    for count in (1, 2, 4):
        threads.use_threads(count)
        try:
            found.append(count_wrong(SETTINGS[name], ANY_K, 9, SEED, EXPERIMENT))
        finally:
            threads.use_threads(None)
    assert same(found[0], found[1])
    assert same(found[0], found[2])


def test_a_stream_is_the_same_in_any_company_and_on_any_grid():
    setting = SETTINGS["some of them flipped"]
    dense_grid = count_wrong(setting, range(1, 101), 6, SEED, EXPERIMENT)
    later = count_wrong(setting, [64, 100], 2, SEED, EXPERIMENT, first=4)
    assert np.array_equal(dense_grid.wrong[4:, [63, 99]], later.wrong)
    assert np.array_equal(dense_grid.failed[4:, [63, 99]], later.failed)


def test_other_seeds_and_experiments_give_other_streams():
    setting = SETTINGS["whole tiles"]
    counts = [
        count_wrong(setting, [40], 4, seed, experiment).wrong
        for seed, experiment in ((0, "a"), (1, "a"), (0, "b"))
    ]
    assert not np.array_equal(counts[0], counts[1])
    assert not np.array_equal(counts[0], counts[2])


def test_a_stream_whose_weights_are_too_large_is_done_again(monkeypatch):
    if not one_pass._has_kernel():
        pytest.skip("this processor has no kernels for it")
    setting, done = SETTINGS["order 3"], []
    expected = plain(setting, np.array([128]), 12, SEED, EXPERIMENT)
    real = one_pass_run._Job.run

    def watched(job, numbers):
        counts, beyond = real(job, numbers)
        if job.given["limit"] == 600:  # what is not exact may be anything
            counts.wrong[beyond] = -1
        done.append((job.given["limit"], len(numbers), int(beyond.sum())))
        return counts, beyond

    limit = one_pass_run._limit
    monkeypatch.setattr(one_pass_run, "_suits", lambda *_: True)
    monkeypatch.setattr(one_pass_run, "_limit", lambda t, n: 600 if t == 4 else limit(t, n))
    monkeypatch.setattr(one_pass_run._Job, "run", watched)
    assert same(one_pass_run.run(setting, np.array([128]), 12, SEED, EXPERIMENT), expected)
    assert done[0][1] == 12
    assert 0 < done[0][2] == done[1][1] < 12


@pytest.mark.parametrize("limit", [2047, 8191])
def test_weights_up_to_the_limit_are_exact_in_any_combination(limit):
    """All weights at the limit, of either sign: the largest sums that 16 bits must hold."""
    if not one_pass._has_kernel():
        pytest.skip("this processor has no kernels for it")
    dim, grid = 64, np.array([32, 64])
    overlaps = np.arange(-dim - 1, dim + 2)
    for weights in (np.where(overlaps > 0, limit, -limit), np.full(2 * dim + 3, limit)):
        setting = Setting(weights.astype(np.int64), dim, dim, cues=8)
        weighed = one_pass_run._weighed(setting)
        width = (4, 1) if limit == 2047 else (1, 1)
        assert np.abs(weighed.weights).max() == limit
        job = one_pass_run._Job(setting, weighed, width, grid, SEED, EXPERIMENT)
        counts, beyond = job.run(np.arange(4))
        assert not beyond.any()
        assert same(counts, plain(setting, grid, 4, SEED, EXPERIMENT))


@pytest.mark.parametrize(
    ("setting", "n_patterns", "width"),
    [
        (Setting(pairwise(1000), 1000, 1000), 200, (4, 1)),
        (Setting(pairwise(10001), 10001, 1000), 2000, (4, 1)),
        (Setting(dense(3, 200), 200, 200), 2500, (1, 1)),
        (Setting(dense(3, 1000), 1000, 1000), 60_000, (0, 1)),
        (Setting(dense(4, 200), 200, 200), 100_000, (0, 1)),
        (SETTINGS["order 8"], 131, (0, 2)),
        (Setting(dense(5, 200), 200, 200), 2_000_000, (0, 2)),
    ],
)
def test_each_question_goes_to_the_fastest_kernel_that_suits_it(setting, n_patterns, width):
    assert needs(setting, n_patterns) == width


def test_without_the_instructions_the_plain_version_does_it(monkeypatch):
    setting = SETTINGS["odd size"]
    expected = count_wrong(setting, ANY_K, 2, SEED, EXPERIMENT)
    monkeypatch.setattr(one_pass, "_has_kernel", lambda: False)
    assert same(count_wrong(setting, ANY_K, 2, SEED, EXPERIMENT), expected)


@pytest.mark.parametrize("n", [0, 1, 2, 7, 64, 500, 2001])
def test_chances_of_the_neurons_that_are_not_judged_are_exact(n):
    sums, exact = 0, []
    for k in range(n):
        sums += math.comb(n, k)
        exact.append((sums << 64) >> n)
    assert binomial_table(n).tolist() == exact


def test_flipped_neurons_of_a_cue_are_as_many_as_asked():
    for judged, flipped in ((64, 0), (64, 1), (65, 7), (10, 10)):
        chosen = flips(Setting(pairwise(99), 99, judged, flipped=20), flipped)
        assert (chosen.sum(axis=1) == flipped).all()
        if 0 < flipped < judged:
            assert len({row.tobytes() for row in chosen}) > 1


def test_flipped_neurons_among_the_judged_are_right_on_average():
    setting = Setting(pairwise(301), 301, 64, flipped=30)
    counts = n_flipped_judged(setting, range(4000), SEED, EXPERIMENT)
    assert set(counts.tolist()) == {6, 7}  # 64 * 30 / 301 = 6.38
    error = math.sqrt(0.38 * 0.62 / 4000)
    assert abs(counts.mean() - 64 * 30 / 301) < 4.9 * error
    for number in (0, 17):
        low, high = philox.words(philox.key(SEED, EXPERIMENT, number, ODD_FLIP), 0, 1)[0, :2].tolist()
        assert counts[number] - 6 == ((low + (high << 32)) * 301 >> 64 < 64 * 30 - 6 * 301)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ([], "grid="),
        ([0], r"grid\[0\]=0 must be at least 1"),
        ([5, 5], "must be ascending"),
        ([9, 5], "must be ascending"),
        ([1.5], "whole numbers"),
        ([2**61], "sums may be inexact"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused(grid, words):
    with pytest.raises(InvalidArgument, match=words):
        count_wrong(SETTINGS["order 3"], grid, 1, 0, EXPERIMENT)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"judged": 0}, "judged=0"),
        ({"judged": 65}, "judged=65 must be at most 64"),
        ({"flipped": 64}, "flipped=64"),
        ({"cues": 12}, "cues=12 must be 8, 16, 24 or 32"),
        ({"differences": np.arange(5)}, r"must be int64 \(131,\)"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(changed, words):
    given = {"differences": pairwise(64), "dim": 64, "judged": 64} | changed
    with pytest.raises(InvalidArgument, match=words):
        Setting(**given)
