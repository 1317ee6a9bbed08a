"""How likely is a sum of independent copies to fall below a limit, however rare that is?

By integration along a line (`hebbcap.theory.sums.saddle`, `hebbcap.theory.sums.line`) wherever that
reaches its accuracy; where a few large terms decide, by listing the ways in which they occur
(`hebbcap.theory.sums.rare`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hebbcap.theory.crosstalk import AtomCrosstalk, Bools, Crosstalk, Floats
from hebbcap.theory.sums.rare import FEW_WAYS, MANY_WAYS, listed_tail
from hebbcap.theory.sums.saddle import Indices
from hebbcap.theory.sums.sides import on_or_below, smaller_tails
from hebbcap.theory.sums.terms import RareTerms


@dataclass(frozen=True)
class Tail:
    """Probabilities, and whether each is known to a relative 1e-6; where not, it is an upper bound."""

    probability: Floats
    accurate: Bools


def lower_tail(
    law: Crosstalk, cases: Indices, count: Floats, limit: Floats, *, inclusive: Bools, sign: Floats
) -> Tail:
    """Return P(sign * S < limit), or <= where inclusive, for S a sum of `count` copies of X.

    Parameters
    ----------
    law : Crosstalk
        Holds the law of X in each case.
    cases : ndarray of int, shape (R,)
        The case of each problem.
    count : ndarray, shape (R,)
        Number of copies, whole, >= 0.
    limit : ndarray, shape (R,)
        In the units of X.
    inclusive : ndarray of bool, shape (R,)
        Whether the limit itself counts.
    sign : ndarray, shape (R,)
        1 or -1.

    Returns
    -------
    Tail
        Probabilities (R,), each with a flag that says whether it is known to a relative 1e-6; where it is
        not, an upper bound (Chernoff's) stands instead.
    """
    found = smaller_tails(law, cases, count, limit, inclusive=inclusive, sign=sign)
    probability, accurate = found.probability, found.accurate
    if isinstance(law, AtomCrosstalk):
        for row in np.flatnonzero(~accurate):
            only = np.array([row])
            better = _with_patience(law, cases[only], count[only], limit[only], inclusive[only], sign[only])
            if better is not None:
                probability[row], accurate[row] = better, True
    return Tail(np.clip(probability, 0.0, 1.0), accurate)


def _with_patience(
    law: AtomCrosstalk, case: Indices, count: Floats, limit: Floats, inclusive: Bools, sign: Floats
) -> float | None:
    """Return one probability that the plain integral does not give, or None: what costs least first."""
    terms = RareTerms.of(law, int(case[0]), float(sign[0]))
    on_lattice = law.spacing[case] > 0
    at = on_or_below(limit, sign * count * law.offset[case], law.spacing[case], inclusive)[0]
    closed = bool((inclusive | on_lattice)[0])

    def listed(most_ways: int) -> float | None:
        return listed_tail(terms, float(count[0]), float(at), inclusive=closed, most_ways=most_ways)

    found = listed(FEW_WAYS)
    if found is None:
        far = smaller_tails(law, case, count, limit, inclusive=inclusive, sign=sign, patient=True)
        found = float(far.probability[0]) if far.accurate[0] else listed(MANY_WAYS)
    return found
