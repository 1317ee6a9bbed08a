"""Which rule writes the patterns into the weights?

A local Hebbian rule is a `Rule`, a polynomial increment in the weight and its two neurons. It comes
from a name, from coefficients or a formula (`resolve`, `parse`), or from a Python function (`expand`,
`interpolate`). Whatever else one synapse may do, bounds, chance, a sliding threshold, is a `Synapse`
(`synapse`); a `Rule` becomes one by `Incremental`.
"""

from hebbcap.learning.catalogue import NAMES, SYNAPSES, covariance, hebb, resolve, synapse
from hebbcap.learning.expansion import Expansion, expand, interpolate
from hebbcap.learning.formula import parse
from hebbcap.learning.plasticity import Incremental, Synapse
from hebbcap.learning.rule import Rule
from hebbcap.learning.synapses import BCM, Bounded, Stochastic

__all__ = [
    "BCM",
    "NAMES",
    "SYNAPSES",
    "Bounded",
    "Expansion",
    "Incremental",
    "Rule",
    "Stochastic",
    "Synapse",
    "covariance",
    "expand",
    "hebb",
    "interpolate",
    "parse",
    "resolve",
    "synapse",
]
