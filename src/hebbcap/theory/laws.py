"""What is the crosstalk law of each kind of memory?

One entry a memory, by type: a memory without one is measured all the same, and the report says that no
theory applies.
"""

from __future__ import annotations

from functools import lru_cache, singledispatch

import numpy as np

from hebbcap._checks import NoTheory
from hebbcap.memories import Dense, Hopfield
from hebbcap.memories.hetero.bidirectional import Bidirectional
from hebbcap.memories.hetero.correlation import CorrelationMatrix
from hebbcap.memories.protocol import name_of
from hebbcap.patterns import Ensemble
from hebbcap.theory.crosstalk import Crosstalk
from hebbcap.theory.dense import dense_law
from hebbcap.theory.pairwise import pairwise_law


def crosstalk(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    """Return the law of the field of a neuron.

    Parameters
    ----------
    memory : Hopfield or Dense
        The kind of memory; patterns that it holds are ignored.
    ensemble : Ensemble
        What the patterns are drawn from; its entries must be independent.
    dim : int
        D, the number of neurons.
    n_flipped : int
        How many of the D bits of the cue are flipped.

    Raises
    ------
    NoTheory
        If the ensemble is not one of independent entries, or no law is known for this memory.
    """
    if not has_law(memory):
        raise _unknown(memory)
    if not ensemble.levels:
        raise NoTheory(f"{ensemble.name} has no levels, and this theory counts wrong bits")
    if not ensemble.independent:
        raise NoTheory(
            f"the entries of {ensemble.name} are correlated, and this theory is for independent ones"
        )
    return _cached_law(memory, ensemble, dim, n_flipped)


@lru_cache(maxsize=32)
def _cached_law(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    law = _law(memory, ensemble, dim, n_flipped)
    for value in vars(law).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)  # one law serves many callers
    return law


@singledispatch
def _law(memory: object, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    raise _unknown(memory)


def _unknown(memory: object) -> NoTheory:
    return NoTheory(f"no crosstalk law is known for {name_of(memory)}")


def has_law(memory: object) -> bool:
    """Whether a crosstalk law is known for this kind of memory.

    >>> has_law(Hopfield()), has_law("a memory")
    (True, False)
    """
    return _law.dispatch(type(memory)) is not _law.dispatch(object)


@_law.register
def _pairwise(memory: Hopfield, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    return pairwise_law(memory.rule.table(ensemble.levels), ensemble, dim, n_flipped)


@_law.register
def _dense(memory: Dense, ensemble: Ensemble, dim: int, n_flipped: int) -> Crosstalk:
    return dense_law(memory.separation, ensemble, dim, n_flipped)


@_law.register(CorrelationMatrix)
@_law.register(Bidirectional)
def _of_pairs(
    memory: CorrelationMatrix | Bidirectional, ensemble: Ensemble, dim: int, n_flipped: int
) -> Crosstalk:
    raise NoTheory(
        "the field of one output neuron has its law in hebbcap.theory.hetero; how those of one pair fail "
        "together is not worked out"
    )
