"""How is an object made of text and arrays that nobody vouches for?

By the types of its parts (`hebbcap.saving.kinds`), through the constructors of its class; patterns go through
the checks of the memory that is to hold them.
"""

from __future__ import annotations

import math
import typing
from enum import Enum
from types import NoneType
from typing import Any

import numpy as np

from hebbcap import _checks
from hebbcap._checks import HebbcapError, UnreadableFile
from hebbcap.kernels.bits import Bits
from hebbcap.memories.protocol import Memory
from hebbcap.patterns.data import Data
from hebbcap.saving.holding import filled
from hebbcap.saving.kinds import (
    IS_RESULT,
    KIND,
    KINDS,
    LENGTHS,
    MOST_BITS,
    Array,
    Part,
    class_of,
    item_types,
    joined,
    options,
    parts,
)

Arrays = dict[str, np.ndarray[Any, Any]]

_ENDLESS = [{"number": text} for text in ("inf", "-inf", "nan")]
"""How numbers that JSON has no word for are written."""


def read(node: Any, arrays: Arrays, name: str) -> Any:
    """Return the object that JSON and arrays describe.

    Raises
    ------
    UnreadableFile
        If they are not exactly the parts of a kind that is known, or these break a rule of its class.
    """
    reader = _Reader(arrays, name)
    made = reader.kind(node, "")
    if reader.left:
        raise reader.wrong(min(reader.left), "belongs to nothing")
    return made


class _Reader:
    """Makes the objects of one file, and knows which of its arrays were used."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._arrays, self._name = arrays, name
        self.left = set(arrays)

    def wrong(self, path: str, rule: str) -> UnreadableFile:
        """Return what to say of a part that breaks a rule."""
        return UnreadableFile(f"{self._name!r} is damaged: {path[:80]!r} {rule}")

    def kind(self, node: Any, path: str, allowed: type[Any] = object) -> Any:
        """Make an object of one of the kinds, which must be of the class allowed here."""
        kind = node.get(KIND) if isinstance(node, dict) else None
        if not isinstance(kind, str) or kind not in KINDS or not issubclass(class_of(kind), allowed):
            raise self.wrong(path or "thing", "must be of a kind that goes there")
        sizes: dict[str, int] = {}
        values: dict[str, Any] = {}
        for part in parts(kind):
            if part.name in node:
                values[part.attribute] = self._part(kind, part, node, path, sizes, values)
            elif part.needed:
                raise self.wrong(joined(path, part.name), "is missing")
        if unknown := sorted(set(node) - {KIND} - {part.name for part in parts(kind)}):
            raise self.wrong(joined(path, unknown[0]), f"is no part of a {kind}")
        try:
            return _made(class_of(kind), values)
        except HebbcapError as error:
            if isinstance(error, MemoryError):
                raise
            raise self.wrong(path or kind, f"breaks a rule: {error}") from error

    def _part(
        self,
        kind: str,
        part: Part,
        node: dict[str, Any],
        path: str,
        sizes: dict[str, int],
        before: dict[str, Any],
    ) -> Any:
        below = joined(path, part.name)
        value = self._value(node[part.name], part.type, below, part.array, sizes, kind in IS_RESULT)
        if axis := LENGTHS.get(kind, {}).get(part.name):
            self._one_length(axis, len(value), below, sizes)
        if part.attribute in before:  # the array of Data, as levels or as reals
            if (value is None) == (before[part.attribute] is None):
                raise self.wrong(below, "must be the only array")
            return before[part.attribute] if value is None else value
        return value

    def _value(
        self, node: Any, hint: Any, path: str, array: Array | None, sizes: dict[str, int], is_result: bool
    ) -> Any:
        """Make one value of the type of its part."""
        for option in options(hint):
            origin = typing.get_origin(option) or option
            if origin is NoneType and node is None:
                return None
            if origin is bool and isinstance(node, bool):
                return node
            if origin in (int, float) and type(node) is int and node.bit_length() <= MOST_BITS:
                return node
            if origin is float:
                if type(node) is float and math.isfinite(node):
                    return node
                if is_result and isinstance(node, dict) and node in _ENDLESS:
                    return float(node["number"])
            if origin is str and isinstance(node, str):
                return node
            if origin is np.ndarray and isinstance(node, dict) and array is not None and "array" in node:
                return self._array(node, path, array, sizes, is_result)
            if origin is dict and isinstance(node, dict):
                of = typing.get_args(option)[1]
                return {
                    key: self._value(item, of, joined(path, key), array, sizes, is_result)
                    for key, item in node.items()
                }
            if origin is tuple and isinstance(node, list):
                types = item_types(option, len(node))
                if types is not None:
                    return tuple(
                        self._value(item, of, joined(path, str(at)), array, sizes, is_result)
                        for at, (item, of) in enumerate(zip(node, types, strict=True))
                    )
            if isinstance(origin, type):
                if issubclass(origin, Enum) and node in [member.value for member in origin]:
                    return origin(node)
                if isinstance(node, dict) and KIND in node and origin not in (dict, np.ndarray):
                    return self.kind(node, path, origin)
        raise self.wrong(path, "is not of the type that it must be")

    def _array(self, node: Any, path: str, array: Array, sizes: dict[str, int], is_result: bool) -> Any:
        """Return an array, if it is of the type, the axes and the name that it must be."""
        if node != {"array": path} or path not in self.left:
            raise self.wrong(path, "must be an array of that name, used once")
        self.left.remove(path)
        found, axes = self._arrays[path], array.axes.split()
        if found.dtype != np.dtype(array.dtype).newbyteorder("="):
            raise self.wrong(path, f"holds {found.dtype} and must hold {np.dtype(array.dtype)}")
        if found.ndim != len(axes):
            raise self.wrong(path, f"has {found.ndim} axes and must have {len(axes)}")
        for axis, length in zip(axes, found.shape, strict=True):
            if axis != "*":
                self._one_length(axis, length, path, sizes)
        if not is_result and found.dtype.kind == "f" and not np.isfinite(found).all():
            raise self.wrong(path, "must hold only finite numbers")
        return found.copy() if is_result else found

    def _one_length(self, axis: str, length: int, path: str, sizes: dict[str, int]) -> None:
        if sizes.setdefault(axis, length) != length:
            raise self.wrong(path, f"has length {length} and must have {sizes[axis]}, as what is beside it")


def _made(cls: type[Any], values: dict[str, Any]) -> Any:
    """Make an object of its parts, through all checks of its class."""
    if cls is Data:
        array = values.pop("array")
        return Data(array, **values, real=array is not None and array.dtype.kind == "f")
    if issubclass(cls, Memory):
        held = {name: values.pop(name) for name in list(values) if name.startswith("_")}
        return filled(cls(**values), held)
    if cls is Bits:
        _checks.dimension(values["dim"])
    return cls(**values)
