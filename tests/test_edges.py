"""Do numbers that are none get an explanation, and never come out as a result?"""

import contextlib
import warnings

import numpy as np
import pytest

import hebbcap
from hebbcap import HebbcapError, InvalidArgument, memory
from hebbcap.memories.protocol import LARGEST_REAL

PATTERNS = 2 * np.random.default_rng(0).integers(0, 2, (5, 16)) - 1
NOT_NUMBERS = (np.nan, np.inf, -np.inf, 1j, "x", object())
TOO_LONG = 10**400
"""A whole number that is no number in double precision."""
HUGE = (1e308, -1e308, 1e200)

TWO_LEVELS = ("hopfield", "dense:3", "dense:60", "exponential", "rectified:3", "storkey", "pseudo-inverse",
              "perceptron", "clipped", "centred", "two-layer:3", "astrocyte")  # fmt: skip
REALS = ("modern:4", "modern:1e-300", "modern:1e300", "kernel", "kernel:1e200", "random-features:100,1",
         "learned-map", "feature-space")  # fmt: skip

QUESTION = {"dim": 30, "measure": False}
CALLS = {
    "capacity": (
        lambda **k: hebbcap.capacity("hopfield", **(QUESTION | k)),
        ("dim", "flips", "precision", "seed", "budget", "theory", "criterion", "patterns", "rule", "update"),
    ),
    "error": (
        lambda **k: hebbcap.error("dense:3", **(QUESTION | {"n_patterns": 10} | k)),
        ("dim", "n_patterns", "flips", "precision", "seed"),
    ),
    "scaling": (
        lambda **k: hebbcap.scaling("dense:3", **({"dims": [20, 30, 40], "measure": False} | k)),
        ("dims", "precision", "seed"),
    ),
    "basin": (
        lambda **k: hebbcap.basin("hopfield", **(QUESTION | {"loads": [0.1]} | k)),
        ("dim", "loads", "precision", "seed"),
    ),
    "forgetting": (
        lambda **k: hebbcap.forgetting("decay:0.1", **(QUESTION | k)),
        ("dim", "precision", "seed", "flips"),
    ),
    "decompose": (lambda **k: hebbcap.decompose("post*pre", **({"dim": 30} | k)), ("dim", "n_patterns")),
    "best_rule": (lambda **k: hebbcap.best_rule(**({"dim": 30} | k)), ("dim", "n_patterns", "order", "seed")),
    "recall_gallery": (
        lambda **k: hebbcap.recall_gallery(hebbcap.experiment("hopfield", dim=16), **({"n_patterns": 2} | k)),
        ("n_patterns", "n_shown", "seed"),
    ),
    "recall": (
        lambda **k: hebbcap.recall(memory("hopfield").store(PATTERNS), PATTERNS, **k),
        ("max_steps", "threshold", "update"),
    ),
    "recall in turn": (
        lambda rng: hebbcap.recall(
            memory("hopfield").store(PATTERNS), PATTERNS, update="asynchronous", rng=rng
        ),
        ("rng",),
    ),
    "critical_load": (
        lambda **k: hebbcap.critical_load("hopfield", **k),
        ("temperature", "threshold", "static_noise"),
    ),
    "attractor": (
        lambda **k: hebbcap.attractor("hopfield", **({"load": 0.05} | k)),
        ("load", "temperature", "threshold"),
    ),
    "dilution_noise": (lambda x: hebbcap.dilution_noise(x), ("x",)),
    "Fixed": (hebbcap.Fixed, ("value",)),
    "Inhibition": (lambda value: hebbcap.Inhibition("" if value is None else value), ("value",)),
    "KWinners": (hebbcap.KWinners, ("winners",)),
    "Steps": (lambda x: hebbcap.Steps((0.0, x)), ("x",)),
    "Biased": (lambda value: hebbcap.Biased(value), ("value",)),
    "Sparse": (lambda value: hebbcap.Sparse(value), ("value",)),
    "Polynomial": (hebbcap.Polynomial, ("order",)),
    "Exponential": (hebbcap.Exponential, ("beta",)),
    "covariance": (hebbcap.covariance, ("mean",)),
    "Rule": (lambda x: hebbcap.Rule({(0, 1, 1): x}), ("x",)),
    "Criterion": (lambda level: hebbcap.Criterion("bit-error", level), ("level",)),
    "use_threads": (hebbcap.use_threads, ("threads",)),
    "use_engine": (hebbcap.use_engine, ("name",)),
    "binarise": (lambda x: hebbcap.binarise([[x, 1.0], [0.0, 1.0]], "median"), ("x",)),
    "Data": (lambda x: hebbcap.Data([[x, 1.0], [0.0, 1.0]]), ("x",)),
    "Modern": (lambda beta: hebbcap.Modern(beta), ("beta",)),
    "Kernel": (lambda beta: hebbcap.Kernel(beta), ("beta",)),
}  # fmt: skip
REAL_ARGUMENTS = {
    "flips",
    "precision",
    "load",
    "temperature",
    "static_noise",
    "value",
    "level",
    "beta",
    "mean",
}


@pytest.mark.parametrize(
    ("call", "name"), [(call, name) for call, (_, names) in CALLS.items() for name in names]
)
def test_an_argument_that_is_no_finite_number_is_refused_in_words(call, name):
    function, _ = CALLS[call]
    for value in (*NOT_NUMBERS, *([TOO_LONG] if name in REAL_ARGUMENTS else [])):
        with pytest.raises(HebbcapError) as refusal:
            function(**{name: value})
        assert 0 < len(str(refusal.value)) < 1000, value
        assert "\n" not in str(refusal.value)


def with_one(value, n=5, dim=16):
    """Return patterns with one entry replaced by this value."""
    kind = complex if isinstance(value, complex) else float if isinstance(value, float) else object
    array = PATTERNS[:n, :dim].astype(kind)
    array[1, 2] = value
    return array


METHODS = ("step", "field", "energy", "scaled_field", "forget")


def uses(name, held, bad):
    """Yield what may be done with states, of which some hold no numbers."""
    yield lambda: memory(name).store(bad).patterns
    yield lambda: hebbcap.recall(held, bad).states
    yield lambda: hebbcap.single_pass(held, bad)
    for method in METHODS:
        if hasattr(held, method):
            yield lambda method=method: getattr(held, method)(bad[1] if method == "forget" else bad)


@pytest.mark.parametrize("name", [*TWO_LEVELS, *REALS])
@pytest.mark.parametrize("value", [*NOT_NUMBERS, None], ids=repr)
def test_patterns_and_states_that_hold_what_is_no_finite_number_are_refused(name, value):
    for use in uses(name, memory(name).store(PATTERNS), with_one(value)):
        with pytest.raises(InvalidArgument):
            use()


@pytest.mark.parametrize("name", [*TWO_LEVELS, *REALS])
@pytest.mark.parametrize("value", HUGE)
def test_numbers_near_the_end_of_double_precision_are_refused_or_answered_without_overflow(name, value):
    for use in uses(name, memory(name).store(PATTERNS), with_one(value)):
        with warnings.catch_warnings(), contextlib.suppress(InvalidArgument):
            warnings.simplefilter("error")
            assert np.isfinite(use()).all()


@pytest.mark.parametrize("name", REALS)
@pytest.mark.parametrize("size", [5e-324, 1e-308, 1e-100, 1e-10, 1.0, 1e10, LARGEST_REAL])
def test_memories_of_real_numbers_give_finite_answers_at_any_size_that_they_take(name, size):
    drawn = np.random.default_rng(1).uniform(-1, 1, (5, 16)) * size
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        held = memory(name).store(drawn)
        for states in (held.step(drawn), hebbcap.recall(held, drawn).states):
            assert np.isfinite(states).all()
        if held.has_energy:
            assert np.isfinite(held.energy(drawn)).all()


@pytest.mark.parametrize("name", REALS)
def test_the_largest_number_taken_is_named(name):
    with pytest.raises(InvalidArgument, match=r"no number beyond 1e\+14.*divide all by a constant"):
        memory(name).store(PATTERNS * np.nextafter(LARGEST_REAL, np.inf))


class Returns:
    """A memory of the user's own that gives back one number everywhere."""

    def __init__(self, value):
        self.value = value

    def store(self, patterns):
        """Store nothing."""

    def recall(self, cues):
        """Give back the number."""
        return np.full(np.shape(cues), self.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1j, "x"])
@pytest.mark.parametrize("question", [{}, {"patterns": "gaussian", "criterion": "overlap:0.9"}])
def test_a_memory_of_ones_own_that_returns_no_number_is_refused(value, question):
    with pytest.raises(InvalidArgument, match="recall"):
        hebbcap.capacity(Returns(value), dim=20, theory=False, **question)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1j, "x", None])
def test_separation_functions_that_return_no_number_are_refused(bad):
    def separation(x):
        return np.full(np.shape(x), bad)

    with pytest.raises(InvalidArgument, match="function"):
        hebbcap.error(
            hebbcap.Dense(hebbcap.CustomSeparation(separation, "bad")), n_patterns=3, dim=20, measure=False
        )
