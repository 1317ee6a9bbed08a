"""How does an object become text and arrays?

By the types of its parts (`hebbcap.saving.kinds`), the same that are asked for when it is read again.
"""

from __future__ import annotations

import math
import numbers
import typing
from enum import Enum
from types import NoneType
from typing import Any

import numpy as np

from hebbcap import _checks
from hebbcap.engines import Held
from hebbcap.saving.kinds import KIND, MOST_BITS, Array, item_types, joined, kind_of, options, parts

Arrays = dict[str, np.ndarray[Any, Any]]

_TAKEN = "hebbcap.save takes hebbcap's own memories, rules, ensembles, criteria, experiments and results"

_WAYS_OUT = {
    "CustomSeparation": "F is a Python function; FormulaSeparation has F as a formula, and can be saved",
    "Own": "hebbcap only knows how to call it; keep it as your own code, and a result's to_dict() as JSON",
    "Formula": "its expressions are SymPy's; keep str() of them, or what formula was asked for",
}


def written(thing: object) -> tuple[Any, Arrays]:
    """Return the JSON of an object, and its arrays by name.

    Raises
    ------
    InvalidArgument
        If it, or a part of it, can't be saved.

    Examples
    --------
    >>> from hebbcap.patterns import Biased
    >>> written(Biased(0.3))
    ({'is': 'Biased', 'p': 0.3}, {})
    """
    arrays: Arrays = {}
    return _write_kind(thing, "", arrays), arrays


def _write_kind(thing: Any, path: str, arrays: Arrays) -> dict[str, Any]:
    kind = kind_of(thing)
    if kind is None:
        raise _unsaveable(path or type(thing).__name__, thing)
    node: dict[str, Any] = {KIND: kind}
    for part in parts(kind):
        value = getattr(thing, part.attribute)
        if kind == "Data" and part.array and (part.name == "array") != bool(thing.levels):
            value = None
        node[part.name] = _write(value, part.type, joined(path, part.name), part.array, arrays)
    return node


def _write(value: Any, hint: Any, path: str, array: Array | None, arrays: Arrays) -> Any:
    """Return the JSON of one value of the type of its part."""
    if isinstance(value, Held):
        value = value.bits
    for option in options(hint):
        origin = typing.get_origin(option) or option
        if origin is NoneType and value is None:
            return None
        if origin is bool and isinstance(value, bool | np.bool_):
            return bool(value)
        if origin in (int, float) and _is_number(value, origin):
            return _number(value)
        if origin is str and isinstance(value, str):
            return str(value)
        if origin is np.ndarray and isinstance(value, np.ndarray) and array is not None:
            arrays[path] = _as_stored(value, array, path)
            return {"array": path}
        if origin is dict and isinstance(value, dict):
            of = typing.get_args(option)[1]
            return {
                key: _write(item, of, joined(path, str(key)), array, arrays) for key, item in value.items()
            }
        if origin is tuple and isinstance(value, tuple):
            types = item_types(option, len(value))
            if types is not None:
                return [
                    _write(item, of, joined(path, str(at)), array, arrays)
                    for at, (item, of) in enumerate(zip(value, types, strict=True))
                ]
        if isinstance(origin, type) and isinstance(value, origin):
            return value.value if isinstance(value, Enum) else _write_kind(value, path, arrays)
    raise _unsaveable(path, value)


def _unsaveable(path: str, value: Any) -> _checks.InvalidArgument:
    way_out = _WAYS_OUT.get(type(value).__name__, "it is a function" if callable(value) else _TAKEN)
    return _checks.fail(path, value, "can't be saved", way_out)


def _as_stored(value: Any, array: Array, path: str) -> np.ndarray[Any, Any]:
    """Return an array in the type in which it is kept, if no number changes."""
    kept = np.asarray(value).astype(array.dtype, copy=False)
    if kept.ndim != len(array.axes.split()) or not np.array_equal(
        kept, value, equal_nan=kept.dtype.kind == "f"
    ):
        raise _unsaveable(path, value)
    return kept


def _is_number(value: Any, wanted: type[Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    if isinstance(value, numbers.Integral):
        return int(value).bit_length() <= MOST_BITS
    return wanted is float


def _number(value: Any) -> Any:
    """Return a number as JSON has it.

    >>> _number(np.float64(0.5)), _number(math.inf)
    (0.5, {'number': 'inf'})
    """
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if math.isfinite(value) else {"number": repr(float(value))}
