"""How many patterns are held under a joint criterion, with the correlation between bits accounted for?"""

from __future__ import annotations

from typing import Final

from hebbcap._checks import NoTheory
from hebbcap.question import Experiment
from hebbcap.theory.joint.failure import correlated_failure, joint_failure
from hebbcap.theory.largest import check_counted, largest_held
from hebbcap.theory.reading import EXACT, Reading, capacity_reading

JOINT: Final = "joint"


def joint_reading(experiment: Experiment) -> Reading:
    """Return the largest number of patterns that meets a joint criterion.

    Parameters
    ----------
    experiment : Experiment
        Under `pattern-error` or `all-patterns`.

    Returns
    -------
    Reading
        The number; its `why` gives the numbers between which it surely lies, from the rigorous bounds of
        `joint_failure`, and the error of the approximation as found in simulation.

    Examples
    --------
    >>> from hebbcap.criteria import criterion
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> asked = Experiment(Hopfield(), Rademacher(), 200, criterion("pattern-error:0.1"))
    >>> joint_reading(asked)
    Reading(method='joint', value=20, why='chance of failure within 2 %; surely 19 to 20')
    """
    try:
        guess = capacity_reading(EXACT, experiment).value or 2
        allowed = experiment.criterion.max_failure

        def held(bound: str) -> int:
            return largest_held(
                lambda k: getattr(joint_failure(experiment, k), bound), allowed, max(guess, 1)
            )

        found = largest_held(lambda k: correlated_failure(experiment, k), allowed, max(guess, 1))
        found = check_counted(found)
        error = joint_failure(experiment, max(found, 1)).error
        surely = f"surely {held('high'):,} to {held('low'):,}"
    except NoTheory as error_:
        return Reading(JOINT, None, str(error_))
    return Reading(JOINT, found, f"chance of failure within {100 * error:.2g} %; {surely}")
