"""Which rule writes the patterns into the weights?

A local Hebbian rule is a `Rule`, a polynomial increment in the weight and its two neurons. It comes
from a name, from coefficients or a formula (`resolve`, `parse`), or from a Python function (`expand`,
`interpolate`).
"""

from hebbcap.learning.catalogue import NAMES, covariance, hebb, resolve
from hebbcap.learning.expansion import Expansion, expand, interpolate
from hebbcap.learning.formula import parse
from hebbcap.learning.rule import Rule

__all__ = [
    "NAMES",
    "Expansion",
    "Rule",
    "covariance",
    "expand",
    "hebb",
    "interpolate",
    "parse",
    "resolve",
]
