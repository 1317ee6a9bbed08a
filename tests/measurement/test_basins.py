from dataclasses import replace

import numpy as np
import pytest

from hebbcap.criteria import Criterion
from hebbcap.measurement.basins import measure_radius
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Rademacher
from hebbcap.question import Experiment
from hebbcap.separation import Polynomial

HEBB = Experiment(Hopfield(), Rademacher(), 100, Criterion("overlap", 0.95))


class Parrot:
    """Gives back the stored pattern when at least so many bits are right, else the cue."""

    def __init__(self, least):
        self.least = least

    def __repr__(self):
        return f"Parrot({self.least})"

    def store(self, patterns):
        self.patterns = np.asarray(patterns)

    def recall(self, cues):
        right = (cues[:, None, :] == self.patterns[None]).sum(axis=2)
        best = right.argmax(axis=1)
        known = right.max(axis=1) >= self.least
        return np.where(known[:, None], self.patterns[best], cues)


# Recalled with up to 30 of 100 bits flipped and lost with 31: the crossing lies between.
@pytest.mark.parametrize("seed", range(5))
def test_known_radius_is_found(seed):
    found = measure_radius(replace(HEBB, memory=Parrot(70)), 8, seed=seed)
    assert 0.295 <= found.radius <= 0.315
    assert found.low <= 0.31
    assert found.high >= 0.30
    assert found.high - found.low < 0.03


def test_same_seed_gives_the_same_radius():
    assert measure_radius(HEBB, 6, seed=3) == measure_radius(HEBB, 6, seed=3)
    assert measure_radius(HEBB, 6, seed=3) != measure_radius(HEBB, 6, seed=4)


def test_overloaded_memory_has_no_radius():
    found = measure_radius(HEBB, 40)
    assert (found.radius, found.low, found.high) == (None, None, None)
    assert "not even half" in found.note


def test_single_pattern_is_recalled_from_the_farthest_cue():
    found = measure_radius(replace(HEBB, dim=40, memory=Dense(Polynomial(3))), 1)
    assert found.radius == 19 / 40
    assert found.high == 0.5


@pytest.mark.parametrize("n_patterns", [16, 17, 18, 19, 20])
def test_interval_holds_its_radius_and_no_impossible_cue_at_the_edge_of_being_held(n_patterns):
    found = measure_radius(HEBB, n_patterns, precision=0.03)
    if found.radius is not None:
        assert 0 <= found.low <= found.radius <= found.high <= 0.5


def test_radius_shrinks_with_the_load():
    found = [measure_radius(HEBB, k).radius for k in (2, 6, 10)]
    assert found == sorted(found, reverse=True)


def test_precision_narrows_the_interval():
    wide, narrow = (measure_radius(HEBB, 8, precision=p) for p in (0.03, 0.005))
    assert narrow.high - narrow.low <= 0.0101
    assert wide.trials < narrow.trials


def test_progress_is_told():
    told = []
    measure_radius(HEBB, 6, progress=lambda share, text: told.append((share, text)))
    assert told
    assert all(0 <= share <= 1 and "radius" in text for share, text in told)
