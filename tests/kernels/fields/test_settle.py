"""Coming to rest within a kernel is what repeated updates come to rest at."""

import numpy as np
import pytest

from hebbcap.dynamics import Fixed, Outcome, recall
from hebbcap.kernels.bits import Bits
from hebbcap.kernels.fields import sums
from hebbcap.kernels.threads import use_threads
from hebbcap.memories import Hopfield
from hebbcap.memories import memory as parse_memory

pytestmark = pytest.mark.skipif(not sums.available(), reason="this processor has no AVX-512")


@pytest.fixture(params=[1, 2, 3])
def n_threads(request):
    use_threads(request.param)
    yield request.param
    use_threads(None)


def plainly(memory, cues, monkeypatch, **options):
    """Recall by repeated updates."""
    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "settled_bits", lambda *_: None)
        return recall(memory, cues, **options)


@pytest.mark.parametrize("spec", ["hopfield", "hopfield:0.5 * post*pre", "dense:3", "rectified:3", "dense:4"])
@pytest.mark.parametrize(
    ("dim", "n_patterns", "n_cues"), [(2, 1, 1), (33, 6, 9), (60, 300, 100), (200, 40, 37)]
)
@pytest.mark.parametrize("max_steps", [1, 2, 7, 100])
def test_states_updates_and_outcomes_are_those_of_repeated_updates(
    spec, dim, n_patterns, n_cues, max_steps, n_threads, monkeypatch
):
    rng = np.random.default_rng(dim)
    memory = parse_memory(spec).store(Bits.pack(rng.random((n_patterns, dim)) < 0.5))
    cues = Bits.pack(rng.random((n_cues, dim)) < 0.5)
    assert memory.settled_bits(cues, 0.0, max_steps) is not None
    found, plain = (
        recall(memory, cues, max_steps=max_steps),
        plainly(memory, cues, monkeypatch, max_steps=max_steps),
    )
    assert (found.states.words == plain.states.words).all()
    assert (found.steps == plain.steps).all()
    assert found.outcomes == plain.outcomes


@pytest.mark.parametrize("threshold", [-3.0, 0.5, 2.0, 1e300, -1e300])
def test_thresholds_are_those_of_repeated_updates(threshold, monkeypatch):
    rng = np.random.default_rng(5)
    memory = Hopfield().store(Bits.pack(rng.random((20, 50)) < 0.5))
    cues = Bits.pack(rng.random((30, 50)) < 0.5)
    found = recall(memory, cues, threshold=Fixed(threshold))
    plain = plainly(memory, cues, monkeypatch, threshold=Fixed(threshold))
    assert (found.states.words == plain.states.words).all()
    assert found.outcomes == plain.outcomes


def test_every_outcome_is_met():
    """Two neurons that oppose each other swap for ever; one pattern is found; one update is too few."""
    memory = Hopfield().store(Bits.pack([[1, -1]]))
    assert recall(memory, Bits.pack([[1, 1], [1, -1]])).outcomes == (Outcome.CYCLE, Outcome.FIXED_POINT)
    assert recall(memory, Bits.pack([[1, 1]]), max_steps=1).outcomes == (Outcome.STEP_LIMIT,)


def test_a_larger_memory_is_updated_step_by_step():
    memory = Hopfield().store(Bits.pack(np.random.default_rng(0).random((300, 100)) < 0.5))
    assert memory.settled_bits(memory.bits[:3], 0.0, 10**6) is None
