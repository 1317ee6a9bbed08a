"""What is saved comes back to the last bit, and the same object gives the same bytes."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hebbcap
from hebbcap.kernels.bits import Bits
from hebbcap.memories.pairs import PairMemory
from hebbcap.patterns import Data
from hebbcap.saving import load, save
from hebbcap.saving.kinds import KINDS, kind_of, parts

from ..contract.specs import EVERY
from .examples import CHOICES, ENSEMBLES, PATTERNS, RESULTS, RULES, answer, same, stored

MEMORIES = pytest.mark.parametrize("empty", EVERY, ids=lambda memory: memory.name)


def again(thing, folder):
    save(thing, folder / "thing.safetensors")
    return load(folder / "thing.safetensors")


@MEMORIES
def test_a_memory_comes_back_empty_filled_and_after_forgetting(empty, tmp_path):
    for held in (empty, *stored(empty)):
        found = again(held, tmp_path)
        assert found == held
        assert found.n_patterns == held.n_patterns
        assert same(found, held)


@MEMORIES
def test_a_loaded_memory_recalls_the_same(empty, tmp_path):
    rng = np.random.default_rng(2)
    held = stored(empty)[0]
    cues = PATTERNS * np.where(rng.random(PATTERNS.shape) < 0.1, -1, 1)
    cues = (cues + 1) // 2 if empty.name == "willshaw" else cues
    found = again(held, tmp_path)
    if isinstance(empty, PairMemory):
        np.testing.assert_array_equal(found.step(cues), held.step(cues))
    else:
        np.testing.assert_array_equal(hebbcap.recall(found, cues).states, hebbcap.recall(held, cues).states)
    if hasattr(held, "scaled_field"):
        for mine, kept in zip(found.scaled_field(cues), held.scaled_field(cues), strict=True):
            np.testing.assert_array_equal(mine, kept)


@pytest.mark.parametrize("name", [*RULES, *ENSEMBLES, *CHOICES])
def test_rules_ensembles_and_choices_come_back(name, tmp_path):
    thing = (RULES | ENSEMBLES | CHOICES)[name]
    assert same(again(thing, tmp_path), thing)


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_comes_back_with_its_report(name, tmp_path):
    result = answer(name)
    found = again(result, tmp_path)
    assert same(found, result)
    assert repr(found) == repr(result)
    if hasattr(result, "to_dict"):
        assert found.to_dict() == result.to_dict()


def test_every_kind_is_saved_by_some_example(tmp_path):
    seen = set()

    def look(value):
        if (kind := kind_of(value)) is not None:
            seen.add(kind)
            for part in parts(kind):
                look(getattr(value, part.attribute))
        elif isinstance(value, tuple):
            for item in value:
                look(item)
        elif isinstance(value, dict):
            look(tuple(value.values()))

    for thing in (*EVERY, *RULES.values(), *ENSEMBLES.values(), *CHOICES.values(), *map(answer, RESULTS)):
        look(thing)
    assert set(KINDS) == seen


def test_a_memory_of_three_levels_comes_back(tmp_path):
    held = hebbcap.memory("hopfield").store([[1, 0, -1], [1, 1, -1]], levels=[-1, 0, 1])
    found = again(held, tmp_path)
    assert found.levels == (-1.0, 0.0, 1.0)
    assert same(found, held)


def test_zero_one_patterns_without_a_zero_keep_their_levels(tmp_path):
    held = hebbcap.memory("hopfield").store(Bits.pack(np.ones((2, 5))), levels=(0, 1))
    assert again(held, tmp_path).levels == (0.0, 1.0)


def test_values_and_codes_of_a_users_own_come_back(tmp_path):
    pairs = hebbcap.Universal("dot", "softmax", 8.0).store([[1.0, 0.0]], [[5.0, 6.0, 7.0]])
    assert again(pairs, tmp_path).values.tolist() == [[5.0, 6.0, 7.0]]
    chain = hebbcap.Chain(2, (3,)).store([[1, 1, -1, -1]], [[1, -1]], hidden=[[[1, 1, -1]]])
    assert again(chain, tmp_path).hidden[0].tolist() == [[1, 1, -1]]


def test_loaded_patterns_can_not_be_written_to_and_can_be_added_to(tmp_path):
    found = again(hebbcap.memory("hopfield").store(PATTERNS), tmp_path)
    with pytest.raises(ValueError, match="read-only"):
        found.patterns[0, 0] = 1
    assert found.store(PATTERNS).n_patterns == 8


def test_packed_patterns_take_one_bit_an_entry_in_the_file(tmp_path):
    rows = np.random.default_rng(0).choice([-1, 1], (1000, 1024))
    save(hebbcap.memory("hopfield").store(Bits.pack(rows)), tmp_path / "packed")
    assert 1000 * 128 < (tmp_path / "packed").stat().st_size < 1000 * 128 + 1000


def test_numbers_that_json_has_no_word_for_come_back(tmp_path):
    cost = hebbcap.measurement.measured.Cost(float("inf"), float("nan"))
    found = again(cost, tmp_path)
    assert found.seconds == float("inf")
    assert found.n_bytes != found.n_bytes


def test_the_same_object_gives_the_same_bytes_in_another_process(tmp_path):
    code = (
        "import sys, hebbcap; from hebbcap.saving import save; save("
        "hebbcap.Chain(2, (3, 4)).store([[1, 1, -1, -1]], [[1, -1]], hidden=[[[1, 1, -1]], [[1, -1, 1, 1]]]),"
        "sys.argv[1])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "12345"}
    there, here = tmp_path / "there", tmp_path / "here"
    subprocess.run([sys.executable, "-c", code, there], check=True, timeout=60, env=environment)
    codes = [[[1, 1, -1]], [[1, -1, 1, 1]]]
    save(hebbcap.Chain(2, (3, 4)).store([[1, 1, -1, -1]], [[1, -1]], hidden=codes), here)
    assert there.read_bytes() == here.read_bytes()


def test_safetensors_reads_what_is_saved(tmp_path):
    from safetensors.numpy import load_file

    save(hebbcap.memory("hopfield").store(PATTERNS), tmp_path / "memory.safetensors")
    np.testing.assert_array_equal(load_file(tmp_path / "memory.safetensors")["patterns"], PATTERNS)


@settings(max_examples=25)
@given(
    rows=st.integers(2, 40),
    dim=st.integers(2, 70),
    real=st.booleans(),
    name=st.text(max_size=20),
    note=st.text(max_size=50),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_data_comes_back(tmp_path_factory, rows, dim, real, name, note, seed):
    rng = np.random.default_rng(seed)
    array = rng.normal(size=(rows, dim)) if real else rng.choice([-1, 1], (rows, dim))
    array[0, :2] = 1, -1
    data = Data(array, name, note, real=real)
    assert again(data, tmp_path_factory.getbasetemp()) == data


@settings(max_examples=25)
@given(terms=st.dictionaries(st.tuples(*[st.integers(0, 64)] * 3), st.floats(-1e300, 1e300), max_size=8))
def test_any_rule_comes_back(tmp_path_factory, terms):
    rule = hebbcap.Rule(terms, name="any")
    assert same(again(rule, tmp_path_factory.getbasetemp()), rule)


class TestRefusedToSave:
    def test_what_is_not_hebbcaps(self, tmp_path):
        for thing in ({"a": 1}, np.zeros(3), "hopfield", None, hebbcap.capacity):
            with pytest.raises(hebbcap.InvalidArgument, match="can't be saved; "):
                save(thing, tmp_path / "x")
        assert not list(tmp_path.iterdir())

    def test_a_separation_that_is_a_function(self, tmp_path):
        held = hebbcap.Dense(hebbcap.CustomSeparation(lambda x: x**3, "cube"))
        with pytest.raises(hebbcap.InvalidArgument, match="FormulaSeparation has F as a formula"):
            save(held, tmp_path / "x")

    def test_functions_of_memories_on_real_patterns(self, tmp_path):
        for held in (hebbcap.Universal(lambda s, x: s @ x.T), hebbcap.FeatureSpace(lambda rows: rows)):
            with pytest.raises(hebbcap.InvalidArgument, match="it is a function"):
                save(held, tmp_path / "x")

    def test_a_memory_of_the_users_own(self, tmp_path):
        mine = hebbcap.own(lambda rows: rows, lambda kept, cues: cues, name="mine")
        for thing in (mine, hebbcap.capacity(mine, dim=20, precision=0.5, budget=1)):
            with pytest.raises(hebbcap.InvalidArgument, match="keep it as your own code"):
                save(thing, tmp_path / "x")

    def test_more_text_than_a_header_may_hold(self, tmp_path):
        with pytest.raises(hebbcap.InvalidArgument, match=r"at most 1,048,576"):
            save(Data(PATTERNS, note="x" * 2**20), tmp_path / "x")
        assert not list(tmp_path.iterdir())

    def test_a_formula_of_symbols(self, tmp_path):
        with pytest.raises(hebbcap.InvalidArgument, match="its expressions are SymPy's"):
            save(hebbcap.formula("hebb"), tmp_path / "x")
