"""Is a synapse local, and does its one definition agree with itself?"""

import itertools

import numpy as np
import pytest

import hebbcap.learning
from hebbcap._checks import InvalidArgument
from hebbcap.learning import BCM, SYNAPSES, Bounded, Incremental, Stochastic, parse, resolve, synapse

SPECS = [
    "decay:0.1",
    "oja:0.25",
    "instar:0.1",
    "outstar:0.1",
    "bcm:0.05,20",
    "bounded:3",
    "bounded:5,2*post*pre - post",
    "stochastic:0.2",
    "stochastic:0.2,0.1,0",
    "stochastic:0.2,0.1,-1,post*pre - 0.5*pre",
    "post*pre - 0.1*w**3",
]
EACH = pytest.mark.parametrize("spec", SPECS)
LEVELS = pytest.mark.parametrize("levels", [(-1.0, 1.0), (0.0, 1.0)])


def made(spec):
    return synapse(spec, mean=0.0)


def test_every_named_synapse_is_tried():
    assert {spec.partition(":")[0] for spec in SPECS} >= set(SYNAPSES)


@EACH
def test_name_reads_back_to_the_synapse(spec):
    kind = made(spec)
    assert synapse(kind.name, mean=0.0) == kind
    assert synapse(kind, mean=0.0) is kind


@EACH
def test_repr_evaluates_to_the_synapse(spec):
    assert eval(repr(made(spec)), vars(hebbcap.learning)) == made(spec)


@EACH
@LEVELS
def test_chances_of_the_outcomes_add_up_to_one(spec, levels):
    kind, w = made(spec), np.linspace(-1, 1, 5)
    for post, pre in itertools.product(levels, levels):
        chances = [chance for chance, _ in kind.outcomes(w, post, pre, kind.first_trace)]
        np.testing.assert_allclose(sum(chances), 1.0)
        assert all(np.all(np.asarray(chance) >= 0) for chance in chances)


@EACH
@LEVELS
def test_affine_synapses_map_weights_on_a_line_to_a_line_and_others_do_not(spec, levels):
    kind, w, straight = made(spec), np.array([-6.0, 0.5, 7.0]), []
    for post, pre in itertools.product(levels, levels):
        for chance, new in kind.outcomes(w, post, pre, kind.first_trace):
            bent = np.diff(np.broadcast_to(new, 3), 2)
            straight.append(bool(np.allclose(bent, 0)) and np.ndim(chance) == 0)
    assert all(straight) == kind.is_affine


@EACH
@LEVELS
def test_a_step_reads_its_own_neurons_only(spec, levels):
    kind, rng = made(spec), np.random.default_rng(0)
    state = rng.choice(levels, 8)
    other = state.copy()
    other[2:] = sum(levels) - other[2:]
    w, chance = rng.normal(size=(8, 8)), rng.random((8, 8))
    first, second = (
        kind.step(w, x[:, None], x[None, :], kind.first_trace, chance)[:2, :2] for x in (state, other)
    )
    np.testing.assert_array_equal(first, second)


def test_steps_pick_outcomes_as_often_as_their_chances_say():
    kind, rng = Stochastic(0.3, 0.1), np.random.default_rng(0)
    for pre, before, after, chance in ((1, -1.0, 1.0, 0.3), (-1, 1.0, -1.0, 0.1)):
        new = kind.step(np.full(100_000, before), 1, pre, chance=rng.random(100_000))
        # 5 standard deviations of a binomial share: one false alarm in 1.7 million seeds.
        assert abs(np.mean(new == after) - chance) < 5 * np.sqrt(chance * (1 - chance) / 1e5)
        assert set(new) == {before, after}


def test_bounds_are_never_passed():
    kind, w = Bounded(3), np.zeros(1000)
    rng = np.random.default_rng(0)
    for _ in range(50):
        w = kind.step(w, *rng.choice([-1.0, 1.0], (2, 1000)))
    assert (w.min(), w.max()) == (-3, 3)


def test_stochastic_synapses_of_silent_neurons_stay():
    kind = Stochastic(1.0, 1.0, 0.0)
    w = np.array([0.0, 1.0])
    for pre in (0, 1):
        np.testing.assert_array_equal(kind.step(w, 0, pre, chance=np.zeros(2)), w)
    np.testing.assert_array_equal(kind.step(w, 1, 0, chance=np.zeros(2)), [0, 0])
    np.testing.assert_array_equal(kind.step(w, 1, 1, chance=np.zeros(2)), [1, 1])


def test_the_threshold_of_bcm_slides_towards_the_square_of_the_activity():
    kind, trace = BCM(0.1, 10), 1.0
    for _ in range(100):
        trace = kind.follow(trace, 0.0)
    assert trace == pytest.approx(0.9**100)
    assert kind.follow(0.0, -1.0) == pytest.approx(0.1)


def test_polynomial_synapses_resolve_to_rules_and_others_say_that_they_do_not():
    assert resolve("oja:0.5", mean=0) == parse("0.5*(post*pre - post^2*w)")
    assert made("decay:0.25") == Incremental(parse("post*pre - 0.25*w"))
    with pytest.raises(InvalidArgument, match="is not a polynomial"):
        resolve("bounded:3", mean=0)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("bounded", "write bounded:A"),
        ("bounded:0", "bound=0.0 must be > 0"),
        ("bounded:3,4,5", "too many or too few"),
        ("bounded:3,post*pre - w", "must be additive"),
        ("stochastic:1.5", "potentiation=1.5 must be <= 1|at most"),
        ("stochastic:0.1,-0.1", "depression=-0.1"),
        ("stochastic:0.1,0.1,0.5", "low=0.5 must be -1 or 0"),
        ("decay:0", "decay=0.0 must be > 0"),
        ("decay:2", "must be < 2|decay=2.0"),
        ("oja:0.1,0.2", "write oja:ETA"),
        ("bcm:2", "decay=2.0"),
        ("bcm:0.1,0", "window=0.0"),
        ("ojaa:0.1", "column 5|not known|is not"),
        ("oj", "did you mean 'oja'"),
    ],
)
def test_meaningless_synapses_are_refused_with_the_way_out(spec, message):
    with pytest.raises(InvalidArgument, match=message):
        made(spec)
