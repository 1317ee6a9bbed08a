import pytest

from hebbcap.criteria import criterion
from hebbcap.learning import covariance
from hebbcap.measurement.hint import allowed_bit_error, guess_capacity
from hebbcap.memories import Dense, Hopfield
from hebbcap.patterns import Data, Rademacher, Sparse, ternary
from hebbcap.question import MIDPOINT, Experiment
from hebbcap.separation import Exponential, Polynomial
from hebbcap.theory import capacity_reading
from hebbcap.theory.one_update import failing

ASKED = [
    Experiment(Hopfield(), Rademacher(), 1000),
    Experiment(Hopfield(), Rademacher(), 300, flips=0.1),
    Experiment(Hopfield(), Rademacher(), 500, criterion("pattern-error:0.1")),
    Experiment(Hopfield(), Rademacher(), 500, criterion("all-patterns:0.01")),
    Experiment(Dense(Polynomial(3)), Rademacher(), 200),
    Experiment(Dense(Polynomial(4)), Rademacher(), 60, criterion("pattern-error:0.4")),
    Experiment(Hopfield(covariance(0.1)), Sparse(0.1), 500, threshold=MIDPOINT),
    Experiment(Hopfield(), ternary(0.3), 500, threshold=MIDPOINT),
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.definition)
def test_the_guess_is_that_of_signal_to_noise(asked):
    assert guess_capacity(asked) == pytest.approx(capacity_reading("snr", asked).value, rel=0.05, abs=1)


class Own:
    def store(self, patterns):
        pass

    def recall(self, cues):
        return cues


@pytest.mark.parametrize(
    "asked",
    [
        Experiment(Own(), Rademacher(), 20),
        Experiment(Hopfield(), Rademacher(), 20, criterion("overlap:0.9")),
        Experiment(Hopfield(), Data(Rademacher().sample(30, 20, rng=0)), 20),
        Experiment(Dense(Exponential()), Rademacher(), 20),
    ],
    ids=["own memory", "fixed points", "data", "steep"],
)
def test_where_the_theory_is_silent_nothing_is_guessed(asked):
    assert guess_capacity(asked) is None


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.definition)
def test_the_allowed_bit_error_meets_the_criterion_exactly(asked):
    error = allowed_bit_error(asked, 30)
    assert failing(error, asked.criterion, asked.dim, 30) == pytest.approx(asked.criterion.max_failure)
