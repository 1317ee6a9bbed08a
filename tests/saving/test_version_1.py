"""Files that were written under version 1 of the schema can be read for good.

If one of these fails, a kind has changed: give a new part a default, or raise `SCHEMA` and read both.
"""

from pathlib import Path

import hebbcap
from hebbcap.saving import load

FOLDER = Path(__file__).with_name("version_1")
ROWS = [[1, 1, -1, -1, 1], [1, -1, 1, -1, -1]]


def test_packed_patterns():
    found = load(FOLDER / "packed.safetensors")
    assert found == hebbcap.Hopfield()
    assert found.bits.words.ravel().tolist() == [19, 5]
    assert found.patterns.tolist() == ROWS


def test_patterns_of_real_numbers():
    found = load(FOLDER / "real.safetensors")
    assert found == hebbcap.Kernel(0.5)
    assert (4 * found.patterns).tolist() == ROWS


def test_data():
    assert load(FOLDER / "data.safetensors") == hebbcap.Data(ROWS, "two", image_shape=(1, 5))


def test_a_rule():
    found = load(FOLDER / "rule.safetensors")
    assert found == hebbcap.covariance(0.25)
    assert found.name == "covariance"


def test_a_capacity():
    found = load(FOLDER / "capacity.safetensors")
    assert found.experiment == hebbcap.experiment("dense:3", dim=100)
    assert found.seed == 0
    assert [reading.method for reading in found.theory][:2] == ["snr", "exact"]
    assert found.measured.low <= found.measured.n_patterns <= found.measured.high
    assert found.to_dict()["memory"] == "dense:3"
