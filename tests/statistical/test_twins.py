"""Has every test of a theory against simulation its wrong twin?"""

from pathlib import Path

import pytest

from . import twins
from .against import against
from .twins import ITSELF, NO_CHANCE, TWINS, confrontations, twins_of

FOUND = {(test.file, test.name): test for test in confrontations()}
LISTED = {(file, claim) for file, claims in TWINS.items() for claim in claims}


def test_every_confrontation_has_its_twin():
    served = {(test.file, name) for test in FOUND.values() for name in twins_of(test)}
    calls = {place for place, test in FOUND.items() if test.beside}
    missing = sorted(FOUND.keys() - LISTED - served - calls)
    assert not missing, "use against(), or list these with their twins in twins.py"


def test_all_that_is_listed_is_there():
    assert not sorted(LISTED - FOUND.keys())
    assert not sorted(
        (test.file, twin)
        for test in FOUND.values()
        for twin in twins_of(test)
        if (test.file, twin) not in FOUND
    )


@pytest.mark.parametrize(("file", "claim"), sorted(LISTED))
def test_twins_are_fed_by_the_same_simulation(file, claim):
    """Claim and twin share a function of their file; one that is its own twin asserts more than once."""
    test, listed = FOUND[file, claim], TWINS[file][claim]
    if listed == ITSELF:
        assert test.asserts > 1
    elif not listed.startswith(NO_CHANCE):
        assert all(test.helpers & FOUND[file, twin].helpers for twin in twins_of(test))


def test_a_confrontation_without_a_twin_is_found(tmp_path, monkeypatch):
    new = tmp_path / "theory" / "test_new.py"
    new.parent.mkdir()
    new.write_text(
        "from hebbcap.theory import bit_error\n"
        "from hebbcap.measurement.trial import run_trial\n"
        "def errors():\n    against = run_trial\n    return against\n"
        "def test_new():\n    assert errors() == bit_error\n"
    )
    monkeypatch.setattr(twins, "TESTS", Path(tmp_path))
    assert [test.name for test in confrontations.__wrapped__()] == ["test_new"]


def test_against_refuses_to_be_used_without_a_wrong_theory():
    with pytest.raises(TypeError, match="needs a wrong theory"):
        against(lambda value: True, 1, wrong={})


def test_against_rejects_a_wrong_claim_and_a_test_that_agrees_with_all():
    against(lambda value: value == 1, 1, wrong={"two": 2})
    with pytest.raises(AssertionError, match="rejects the theory"):
        against(lambda value: value == 1, 3, wrong={"two": 2})
    with pytest.raises(AssertionError, match="a wrong theory too: two"):
        against(lambda value: True, 1, wrong={"two": 2})
