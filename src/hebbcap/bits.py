r"""How much information is a capacity, per neuron and per synapse?

A pattern recalled with errors is worth the mutual information between its entries and what comes back:

.. math:: I = H(x) - H(x \mid \hat x), \qquad
          I_{neuron} = K I, \qquad I_{synapse} = \frac{K I}{C_n}

with K the capacity and :math:`C_n` the synapses that a neuron receives. In bits, sparse and dense patterns,
pairwise and higher order can be compared, which numbers of patterns can't.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy

from hebbcap import _checks
from hebbcap.criteria import BIT_ERROR, OVERLAP
from hebbcap.memories import Dense, Memory
from hebbcap.question import Experiment
from hebbcap.separation import Exponential, Polynomial


@final
@dataclass(frozen=True)
class Information:
    """What a number of stored patterns is worth in bits.

    Attributes
    ----------
    per_entry : float
        Mutual information between an entry of a pattern and its recall, bits.
    per_neuron : float
        Bits for each neuron, K times `per_entry`.
    per_synapse : float or None
        Bits for each synapse that a neuron receives; `synapses` says which are counted. None where the
        energy is of no single order.
    synapses : str
        The synapses counted, in words.
    note : str
        What must be known to read the numbers; may be empty.
    """

    per_entry: float
    per_neuron: float
    per_synapse: float | None
    synapses: str
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as `--json` prints them."""
        return {
            "bits_per_entry": self.per_entry,
            "bits_per_neuron": self.per_neuron,
            "bits_per_synapse": self.per_synapse,
            "synapses": self.synapses,
            "note": self.note,
        }


def information(experiment: Experiment, n_patterns: float) -> Information:
    r"""Return what `n_patterns` held under the experiment's criterion are worth in bits.

    Every entry is taken to come back wrong as often as the criterion just allows, whichever its level, and
    then to be any of the other levels alike: p under `bit-error:p`, (1 - m) / 2 under `overlap:m`, and never
    under `pattern-error` and `all-patterns`, where errors are rare by the criterion.

    Parameters
    ----------
    experiment : Experiment
        The question; its memory says which synapses a neuron receives.
    n_patterns : float
        K, >= 0; a capacity by theory or as measured.

    Returns
    -------
    Information
        Bits per entry, neuron and synapse.

    Raises
    ------
    InvalidArgument
        If `n_patterns` is negative or no number.

    Notes
    -----
    A pairwise neuron receives D - 1 synapses; one of order n receives one for every set of n - 1 others,
    :math:`\binom{D-1}{n-1}` (the fewer of lower order that :math:`(\xi \cdot s)^n` also holds are left
    out, and so is what rectifying adds); with an exponential energy one for every set of any size,
    :math:`2^{D-1}`. Both directions of a pair are counted, as is usual where the Willshaw model is said to
    store ln 2 bits per synapse. Entries of real or correlated patterns repeat each other, so their bits are
    an upper bound. Knoblauch, Palm & Sommer, Neural Computation 22, 289 (2010) compare such measures.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> found = information(Experiment(Hopfield(), Rademacher(), 1000), 185)
    >>> round(found.per_entry, 4), round(found.per_synapse, 4)
    (0.9192, 0.1702)
    """
    held = _checks.real("n_patterns", n_patterns, low=0, meaning="n_patterns is a capacity")
    per_entry = _per_entry(_chances(experiment), _entry_error(experiment))
    log_synapses, synapses = _synapses(experiment)
    log_bits = math.log(held * per_entry) if held and per_entry else -math.inf
    per_synapse = None if log_synapses is None else math.exp(log_bits - log_synapses)
    note = "" if experiment.ensemble.independent else "entries repeat each other, so this is an upper bound"
    return Information(per_entry, held * per_entry, per_synapse, synapses, note)


def _chances(experiment: Experiment) -> NDArray[np.float64]:
    return np.asarray(experiment.ensemble.chances, dtype=np.float64)


def _entry_error(experiment: Experiment) -> float:
    criterion = experiment.criterion
    if criterion.kind == BIT_ERROR:
        return criterion.level
    return 0.5 * (1 - criterion.level) if criterion.kind == OVERLAP else 0.0


def _per_entry(chances: NDArray[np.float64], error: float) -> float:
    """Mutual information, in bits, of a level and what it turns into with the chance `error`."""
    count = len(chances)
    channel = np.full((count, count), error / (count - 1))
    np.fill_diagonal(channel, 1 - error)
    joint = chances[:, None] * channel
    spread = -xlogy(joint.sum(axis=0), joint.sum(axis=0)).sum()
    within = -(chances @ xlogy(channel, channel).sum(axis=1))
    return float(max(spread - within, 0.0) / math.log(2))


def _synapses(experiment: Experiment) -> tuple[float | None, str]:
    """Log of the number of synapses that a neuron receives, and which they are."""
    others, memory = experiment.dim - 1, experiment.memory
    if not isinstance(memory, Dense):
        kind = "" if isinstance(memory, Memory) else " that a pairwise memory would have"
        return math.log(others), f"the {others:,} pairwise synapses{kind}"
    separation = memory.separation
    if isinstance(separation, Exponential):
        return others * math.log(2), f"one for every set of the {others:,} other neurons"
    if not isinstance(separation, Polynomial) or separation.order > others:
        return None, "not counted for an energy of no single order"
    order = separation.order
    log_count = gammaln(others + 1) - gammaln(order) - gammaln(others - order + 2)
    return float(log_count), f"one for every {order - 1} of the {others:,} other neurons"
