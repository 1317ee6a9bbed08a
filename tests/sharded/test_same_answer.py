"""However patterns are divided and whoever sums over them: the answer of the memory that holds them all."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hebbcap
from hebbcap import (
    Bits,
    CustomSeparation,
    Dense,
    Exponential,
    Fixed,
    FormulaSeparation,
    Hopfield,
    InvalidArgument,
    KWinners,
    Polynomial,
)

MEMORIES = [
    Hopfield(),
    Dense(Polynomial(3)),
    Dense(Polynomial(4)),
    Dense(Polynomial(40)),  # leaves whole numbers of 53 bits, and double precision
    Dense(Polynomial(5, rectified=True)),
    Dense(Exponential()),
    Dense(Exponential(0.02)),
    Dense(Exponential(30)),  # so steep that one sum would lose the smaller terms
    Dense(FormulaSeparation("0.1*x^3 + 0.7*x^9")),
    Dense(FormulaSeparation("x^2/7 + 0.123456789012345*x^4")),
]
SIZES = [(1,), (1, 1), (2, 300, 1), (16, 17, 255, 33)]


@pytest.mark.parametrize("memory", MEMORIES, ids=lambda m: m.name)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_shards_one_after_the_other_give_the_whole_memory_s_answer(both, memory, sizes):
    for dim in (33, 200):
        both(memory, dim, sizes).check()


@pytest.mark.parametrize("i", [0, 1, 2, 5, 6, 9])
def test_workers_of_a_cluster_give_the_whole_memory_s_answer(both, dask, i):
    both(MEMORIES[i], 100, (7, 1, 40, 13, 2, 5, 31, 3, 19, 4, 20)).check(dask, max_steps=2)


def test_a_function_of_python_s_can_be_asked_too_but_not_saved(both, tmp_path):
    separation = CustomSeparation(lambda x: np.logaddexp(x, -x), "log-cosh")
    with pytest.raises(InvalidArgument, match="FormulaSeparation"):
        hebbcap.sharded.create(tmp_path / "new", Dense(separation), dim=10)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("rule", ["hebb", "covariance", "post*pre - 0.3*post", "2*post*pre"])
@pytest.mark.parametrize("levels", [(-1.0, 1.0), (0.0, 1.0)])
def test_any_additive_rule_on_either_pair_of_levels(both, rule, levels):
    made = both(hebbcap.memory("hopfield", rule=rule, mean=0.3), 65, (5, 4, 9), levels=levels)
    for threshold in (Fixed(0), Fixed(1.5), Fixed(2), KWinners(20)):
        made.check(threshold=threshold)


@pytest.mark.parametrize("memory", MEMORIES, ids=lambda m: m.name)
def test_neurons_at_threshold_keep_their_state_as_they_do_unsharded(both, memory):
    made = both(memory, 8, (1, 1), n_cues=60)
    assert (made.parts.field(made.cues) == 0).any()
    made.check()
    made.check(max_steps=1)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    dim=st.integers(2, 70),
    memory=st.sampled_from(MEMORIES),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_gives_the_whole_memory_s_answer(both, sizes, dim, memory, seed):
    both(memory, dim, sizes, seed=seed, n_cues=3 if sum(sizes) > 1 else 2).check()


@pytest.mark.parametrize("memory", [Hopfield(), Dense(Exponential())], ids=lambda m: m.name)
def test_workers_of_an_executor_do_as_well(both, memory):
    made = both(memory, 64, (3, 40, 9, 1, 5))
    with ThreadPoolExecutor(3) as executor:
        made.check(executor)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        made.check(executor)


def test_so_many_patterns_that_coarse_totals_say_nothing(both, monkeypatch):
    for module in ("partial", "packed"):
        monkeypatch.setattr(f"hebbcap.engines.{module}.coarse_bits", lambda n: None)
    for memory in (Dense(Exponential()), Dense(Polynomial(40))):
        both(memory, 64, (30, 50)).check()


def test_weights_energies_and_asynchronous_recall_are_the_same_too(both, dask):
    for memory in (hebbcap.memory("hopfield", rule="covariance", mean=0.2), Dense()):
        made = both(memory, 40, (5, 3))
        states = made.cues.unpack(dtype=np.float64)
        on = made.parts.on(dask)
        if isinstance(memory, Hopfield):
            np.testing.assert_array_equal(on.weights, made.whole.weights)
        np.testing.assert_array_equal(made.parts.energy(made.cues, client=dask), made.whole.energy(states))
        one, other = (hebbcap.recall(m, states, update="asynchronous", rng=1) for m in (on, made.whole))
        np.testing.assert_array_equal(one.states, other.states)


def test_arrays_are_cues_as_well_as_packed_states(both):
    made = both(Hopfield(), 40, (5, 3))
    cues = made.cues.unpack()
    one, other = made.parts.recall(cues), hebbcap.recall(made.whole, cues)
    np.testing.assert_array_equal(one.states, other.states)
    np.testing.assert_array_equal(made.parts.field(cues), made.parts.field(made.cues))


def test_many_cues_with_tables_of_their_own_are_asked_in_turns(both, monkeypatch):
    made = both(Dense(Exponential(0.05)), 100, (30, 50), n_cues=20)
    monkeypatch.setattr("hebbcap.sharded.held._MESSAGE", 5000)
    made.check()


def test_what_is_no_client_is_refused(both):
    made = both(Hopfield(), 40, (5,))
    with pytest.raises(InvalidArgument, match=r"client=.* must be a distributed\.Client or"):
        made.parts.recall(made.cues, client="tcp://127.0.0.1:8786")


def test_nothing_stored_nothing_recalled(tmp_path):
    with pytest.raises(InvalidArgument, match="n_patterns=0 must be at least 1; append patterns first"):
        hebbcap.sharded.create(tmp_path / "new", Hopfield(), dim=10).recall(Bits.pack(np.ones((1, 10))))
