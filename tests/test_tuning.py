import json
from functools import cache

import numpy as np
import pytest

from hebbcap._checks import InvalidArgument, NoTheory
from hebbcap.patterns import Data, Sparse
from hebbcap.tuning import BEST, COVARIANCE, HEBB, _halves, best_rule


@cache
def on_digits():
    return best_rule("digits", n_patterns=10, precision=0.1)


def test_rule_learned_from_digits_errs_less_on_held_out_digits_than_the_classical_ones():
    errors = on_digits().held_out.errors
    assert errors[BEST].high < min(errors[HEBB].low, errors[COVARIANCE].low)


def test_it_says_by_how_much_the_normal_law_was_off():
    held = on_digits().held_out
    assert held.miss == pytest.approx(held.errors[BEST].bit_error / held.predicted)
    assert 0.5 < held.miss < 2


def test_halves_share_no_row():
    data = Data(np.random.default_rng(0).choice([0, 1], (101, 30)), "noise")
    first, second = _halves(data, 3)
    rows = [{row.tobytes() for row in half.array} for half in (first, second)]
    assert not rows[0] & rows[1]
    assert len(rows[0] | rows[1]) == 101


def test_data_of_independent_entries_teach_the_covariance_rule():
    """The optimum is flat: two percent in a coefficient are worth far less than that in errors."""
    data = Data(Sparse(0.2).sample(3000, 200, rng=1), "sparse")
    found = best_rule(data, n_patterns=40, precision=0.1)
    assert found.rule.coefficient(0, 1) == pytest.approx(-0.2, abs=0.02)
    errors = found.held_out.errors
    assert errors[BEST].low < errors[COVARIANCE].high
    assert errors[BEST].high < errors[HEBB].low


def test_same_seed_gives_the_same_rule_and_another_split_another():
    array = Sparse(0.3).sample(60, 40, rng=2)
    one, again, other = (
        best_rule(Data(array, "few"), n_patterns=5, precision=0.4, seed=seed).rule for seed in (1, 1, 2)
    )
    assert one == again != other


def test_result_is_plain_numbers():
    for found in (on_digits(), best_rule("sparse:0.1")):
        shown = found.to_dict()
        assert json.loads(json.dumps(shown, allow_nan=False)) == shown


def test_gain_is_over_the_named_rule():
    found = best_rule("sparse:0.1", dim=500)
    assert found.capacities == {BEST: 222, HEBB: 37, COVARIANCE: 222}
    assert found.gain(HEBB) == 6
    assert best_rule("sparse:0.1", dim=60).gain(HEBB) is None


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"patterns": "digits", "order": 1}, InvalidArgument, "post\\*pre"),
        ({"patterns": "digits", "threshold": "inhibition"}, InvalidArgument, "correlated"),
        ({"patterns": "digits", "n_patterns": 1500}, InvalidArgument, "at most"),
        ({"patterns": [[0, 1], [1, 0], [1, 1]]}, InvalidArgument, "at least 8"),
        ({"criterion": "overlap:0.9"}, NoTheory, "fixed points"),
        ({"order": 1}, NoTheory, "raise the order"),
        ({"n_patterns": 0}, InvalidArgument, "n_patterns"),
        ({"dim": 1}, InvalidArgument, "dim"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, error, said):
    with pytest.raises(error, match=said):
        best_rule(**options)
