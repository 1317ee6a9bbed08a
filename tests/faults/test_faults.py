import pytest
from tests.faults.run import PARTS
from tests.faults.table import Row, shown


@pytest.mark.parametrize("part", PARTS)
def test_every_fault_is_survived(part):
    rows = PARTS[part](True, 0)
    assert rows
    assert not any(row.failed for row in rows), "\n" + shown(rows)


def test_a_fault_that_was_not_survived_is_told():
    assert Row("fault", 3, 2, "", "").failed
    assert not Row("fault", 3, 3, "", "").failed
    assert not Row("fault", None, 0, "", "can't be made here").failed
