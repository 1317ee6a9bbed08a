import pytest

from hebbcap._checks import InvalidArgument
from hebbcap.measurement import meter as meter_module
from hebbcap.measurement.meter import Meter, seconds


@pytest.mark.parametrize(
    ("spec", "value"),
    [("30s", 30.0), ("500ms", 0.5), ("2m", 120.0), ("1.5 h", 5400.0), ("7", 7.0), (0.25, 0.25), (3, 3.0)],
)
def test_budgets_are_read_in_seconds(spec, value):
    assert seconds(spec) == pytest.approx(value)


def test_no_budget_stays_none():
    assert seconds(None) is None


@pytest.mark.parametrize("spec", ["", "soon", "3 days", "-1s", "1e400s", 0, -2, float("nan"), True, "s"])
def test_budgets_that_are_no_time_are_refused(spec):
    with pytest.raises(InvalidArgument, match="budget="):
        seconds(spec)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is turned by hand."""
    now = [0.0]
    monkeypatch.setattr(meter_module.time, "perf_counter", lambda: now[0])
    return now


def test_without_a_budget_only_reckoned_seconds_count(clock):
    meter = Meter()
    clock[0] = 1e6
    assert not meter.exhausted
    assert meter.left(1.0) == 60
    meter.spend(59.5, 1.0)
    assert meter.left(1.0) == 1  # the last one may end beyond it
    meter.spend(1.0, 1.0)
    assert meter.exhausted
    assert meter.left(1.0) == 0


def test_with_a_budget_the_clock_counts(clock):
    meter = Meter(10.0)
    meter.spend(1e6, 1e6)
    assert not meter.exhausted
    clock[0] = 10.0
    assert meter.exhausted
    assert meter.left(1.0) == 0


def test_what_is_left_is_told_by_how_slow_the_machine_is(clock):
    meter = Meter(10.0)
    assert meter.left(0.5) == 20
    meter.spend(1.0, 4.0)  # four times slower than reckoned
    assert meter.left(0.5) == 5


def test_slices_take_a_tenth_of_a_second(clock):
    meter = Meter()
    assert meter.at_once(0.01) == 10
    assert meter.at_once(5.0) == 1
    meter.spend(1.0, 10.0)
    assert meter.at_once(0.01) == 1


def test_with_a_budget_one_trial_tells_first_how_slow_the_machine_is(clock):
    meter = Meter(10.0)
    assert meter.at_once(0.01) == 1
    meter.spend(0.01, 0.01)
    assert meter.at_once(0.01) == 10


def test_what_ended_it_is_said(clock):
    assert "30 s" in Meter(30.0).ended
    assert "limit" in Meter().ended
