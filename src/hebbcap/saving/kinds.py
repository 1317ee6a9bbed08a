"""What may a saved file hold?

Every kind of object that it can name, with the type of each part, and the type and rank of each array. A kind
that is not listed here is neither written nor read: nothing is ever imported by a name that a file gives.
"""

from __future__ import annotations

import dataclasses
import importlib
import types
import typing
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from hebbcap.engines import Held
from hebbcap.kernels.bits import Bits
from hebbcap.memories.neurons import FieldMemory
from hebbcap.memories.pairs import PairMemory
from hebbcap.memories.protocol import Memory
from hebbcap.patterns.data import Data

SCHEMA: Final = 1
"""The version of all that follows. A part with a default may be added under the same version."""

KIND: Final = "is"
"""The name under which a kind is written: no class has a part of that name."""

MOST_BITS: Final = 1000
"""Of a whole number, such as a seed: what a double still has a size for."""

DEFINITIONS: Final = {
    "kernels.bits": ["Bits"],
    "memories.pairwise.hopfield": ["Hopfield"],
    "memories.pairwise.plastic": ["Plastic"],
    "memories.pairwise.centred": ["Centred"],
    "memories.pairwise.storkey": ["Storkey"],
    "memories.pairwise.pseudo_inverse": ["PseudoInverse"],
    "memories.pairwise.perceptron": ["Perceptron"],
    "memories.pairwise.willshaw": ["Willshaw"],
    "memories.pairwise.clipped": ["Clipped"],
    "memories.dense.energy": ["Dense"],
    "memories.dense.two_layer": ["TwoLayer"],
    "memories.hetero.correlation": ["CorrelationMatrix"],
    "memories.hetero.bidirectional": ["Bidirectional"],
    "memories.hetero.chain": ["Chain"],
    "memories.continuous.modern": ["Modern"],
    "memories.continuous.similarity": ["Universal"],
    "memories.continuous.kernel": ["Kernel"],
    "memories.continuous.random_features": ["RandomFeatures"],
    "memories.continuous.learned_map": ["LearnedMap"],
    "memories.continuous.feature_space": ["FeatureSpace"],
    "memories.continuous.astrocyte": ["Astrocyte"],
    "separation.polynomial": ["Polynomial"],
    "separation.exponential": ["Exponential"],
    "separation.formula": ["FormulaSeparation"],
    "learning.rule": ["Rule"],
    "learning.plasticity": ["Incremental"],
    "learning.synapses": ["Bounded", "Stochastic", "BCM"],
    "patterns.ensembles": ["Rademacher", "Biased", "Sparse"],
    "patterns.active": ["Active"],
    "patterns.discrete": ["Discrete"],
    "patterns.real": ["Gaussian", "Sphere"],
    "patterns.correlated": ["Template", "Hierarchical", "Markov"],
    "patterns.data": ["Data"],
    "criteria": ["Criterion"],
    "dynamics": ["Fixed", "Steps", "Inhibition", "KWinners"],
    "theory.attractors.transfer": ["Transfer"],
    "question": ["Experiment"],
}
"""Modules and classes of what is asked. Their numbers are finite, and their constructors check them."""

RESULTS: Final = {
    "estimate": ["Capacity", "BitError"],
    "exponent": ["Scaling", "Slope"],
    "comparison": ["Comparison", "Compared"],
    "basin_of_attraction": ["Basin", "Radius"],
    "memory_trace": ["Forgetting"],
    "theory.forgetting.trace": ["Left"],
    "tuning": ["BestRule", "HeldOut"],
    "gallery": ["Gallery"],
    "dynamics": ["Recall"],
    "learning.expansion": ["Expansion"],
    "bits": ["Information"],
    "theory.reading": ["Reading"],
    "theory.rules.decomposition": ["Decomposition", "NoisePart"],
    "theory.rules.additive": ["Split"],
    "theory.rules.remedies": ["Remedy"],
    "theory.rules.optimum": ["Optimum"],
    "theory.correlated.statistics": ["PatternStatistics"],
    "theory.attractors.state": ["Attractor", "CriticalLoad"],
    "theory.attractors.against_load": ["OverlapCurve"],
    "theory.attractors.measured": ["MeasuredOverlap"],
    "theory.attractors.phase": ["PhaseDiagram"],
    "theory.attractors.lines": ["Line"],
    "measurement.measured": ["Cost", "Point", "MeasuredCapacity", "MeasuredError"],
    "measurement.posterior": ["Crossing"],
    "measurement.basins": ["MeasuredRadius"],
    "measurement.forgetting": ["MeasuredTrace"],
}
"""Modules and classes of what is answered. Numbers there may be infinite, or none."""

KINDS: Final = {
    name: module for listed in (DEFINITIONS, RESULTS) for module, names in listed.items() for name in names
}
"""The module of every kind, by its name in a file."""

IS_RESULT: Final = frozenset(name for names in RESULTS.values() for name in names)


class Array(NamedTuple):
    """The type of an array and its axes: letters that mean one length in all parts of one object."""

    dtype: str
    axes: str


_ROWS, _REALS = Array("<i1", "K D"), Array("<f8", "K D")
_ALONG = {name: Array("<f8", "A") for name in ("high", "low", "noise", "threshold", "bit_error")}
_TRACE = ("signal", "signal_low", "signal_high", "noise", "bit_error", "error_low", "error_high")

_ARRAYS: Final[dict[str, dict[str, Array]]] = {
    "Bits": {"words": Array("<u4", "K W")},
    "Data": {"array": _ROWS, "reals": _REALS},
    "Universal": {"values": Array("<f8", "K V")},
    "RandomFeatures": {"weights": Array("<f8", "Y")},
    "Recall": {"states": Array("<f8", "B D"), "steps": Array("<i8", "B")},
    "Left": {**_ALONG, "groups": Array("<f8", "A G")},
    "MeasuredTrace": {name: Array("<f8", "A") for name in _TRACE},
    "Line": {"loads": Array("<f8", "L"), "temperatures": Array("<f8", "L")},
    "Split": {"post": Array("<f8", "L"), "pre": Array("<f8", "L"), "interaction": Array("<f8", "L L")},
    "Gallery": {
        **{name: Array("<f8", "B D") for name in ("truth", "cues", "states")},
        "overlaps": Array("<f8", "B"),
    },
}

LENGTHS: Final = {"Recall": {"outcomes": "B"}, "MeasuredTrace": {"ages": "A"}, "Gallery": {"outcomes": "B"}}
"""Tuples that are as long as an axis of the arrays beside them."""

# Where a class says less than it means.
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "Experiment": {"memory": Memory},
    "Recall": {"states": np.ndarray | Bits},
    "Split": {"constant": float},
}


class Part(NamedTuple):
    """One part of a kind: its name in a file, where the object keeps it, its type, and its array's."""

    name: str
    attribute: str
    type: Any
    array: Array | None
    needed: bool


def kind_of(thing: object) -> str | None:
    """Return the name of an object's kind, None if it has none.

    >>> kind_of(np.zeros(3)) is None
    True
    """
    name = type(thing).__name__
    known = f"hebbcap.{KINDS[name]}" == type(thing).__module__ if name in KINDS else False
    return name if known else None


@cache
def class_of(kind: str) -> type[Any]:
    """Return the class of a kind that is listed."""
    made: type[Any] = getattr(importlib.import_module(f"hebbcap.{KINDS[kind]}"), kind)
    return made


@cache
def parts(kind: str) -> tuple[Part, ...]:
    """Return the parts of a kind, in order.

    >>> [part.name for part in parts("Hopfield")]
    ['rule', 'patterns', 'levels']
    """
    cls = class_of(kind)
    if cls is Data:
        return _DATA
    hints = typing.get_type_hints(cls) | _TYPES.get(kind, {})
    if dataclasses.is_dataclass(cls):
        missing = dataclasses.MISSING
        kept = {
            field.name: field.default is missing and field.default_factory is missing
            for field in dataclasses.fields(cls)
        }
    else:
        kept = dict.fromkeys(cls._fields, True)
    found = []
    for attribute, needed in kept.items():
        name = attribute.removeprefix("_")
        array = _ARRAYS.get(kind, {}).get(name)
        if issubclass(cls, Memory) and attribute.startswith("_"):
            array = array or _held(cls, name)
        found.append(Part(name, attribute, hints[attribute], array, needed))
    return tuple(found)


_DATA = (
    Part("name", "name", str, None, True),
    Part("note", "note", str, None, True),
    Part("image_shape", "image_shape", tuple[int, int] | None, None, True),
    Part("array", "array", np.ndarray | None, _ROWS, True),
    Part("reals", "array", np.ndarray | None, _REALS, True),
)


def _held(cls: type[Any], name: str) -> Array | None:
    """Return the type of the arrays that a memory holds."""
    if name == "hidden":
        return Array("<i1", "K *")
    if name == "outputs":
        return Array("<i1", "K E")
    if name not in ("patterns", "inputs"):
        return None
    return _ROWS if issubclass(cls, FieldMemory | PairMemory) else _REALS


def options(hint: Any) -> tuple[Any, ...]:
    """Return the types that a value of this type may have; packed bits stand for an engine's form of them."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(option for part in typing.get_args(hint) for option in options(part))
    return (Bits,) if hint is Held else (hint,)


def item_types(hint: Any, count: int) -> tuple[Any, ...] | None:
    """Return the type of each of so many items of a tuple; None if it has another number of them."""
    types = typing.get_args(hint)
    if len(types) == 2 and types[1] is Ellipsis:
        return types[:1] * count
    return types if len(types) == count else None


def joined(path: str, name: str) -> str:
    """Return the name of a part of a part."""
    return f"{path}.{name}" if path else name
