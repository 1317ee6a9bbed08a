"""How is a theory confronted with a simulation? Never without a wrong one beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def against(agrees: Callable[[Any], bool], theory: Any, *, wrong: Mapping[str, Any]) -> None:
    """Assert that what was simulated agrees with a theory, and with none of its wrong twins.

    Parameters
    ----------
    agrees : callable
        Whether the simulation agrees with what a theory says, at the test's rate of false alarms.
    theory : any
        What the theory says.
    wrong : mapping of str to any
        What wrong theories say of the same, by what is wrong about them; at least one.

    Raises
    ------
    TypeError
        If there is no wrong twin: a test that agrees with everything says nothing.
    """
    if not wrong:
        raise TypeError("against() needs a wrong theory, which the same simulation must reject")
    assert agrees(theory), f"the simulation rejects the theory, which says {theory}"
    for how, other in wrong.items():
        assert not agrees(other), f"the simulation agrees with a wrong theory too: {how}, which says {other}"
