"""How are text and arrays kept in one file that can't hurt whoever reads it?

As safetensors: the length of a header, the header as JSON, and the bytes of the arrays one after another. The
header is read alone first. Not a byte is allocated for arrays before it is known to be sound, to describe
the file to its last byte, and to fit in memory.
"""

from __future__ import annotations

import json
import math
import re
from typing import IO, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._checks import UnreadableFile
from hebbcap.patterns.opening import read_bytes

Array = NDArray[Any]

MAX_HEADER_BYTES: Final = 2**20
"""Largest header, the text included: 1 MB holds every answer, and is read in milliseconds."""

DTYPES: Final = {"I8": "<i1", "U32": "<u4", "I64": "<i8", "F64": "<f8"}
"""What arrays may be made of, by the names of safetensors."""

MAX_DEPTH: Final = 40
"""Deepest nesting of JSON; a comparison of answers about memories has about 15."""

MAX_RANK: Final = 4

KEY: Final = "hebbcap"
"""The one entry of the metadata. Of several, safetensors would write them in no fixed order."""

_WAY_OUT = "read it on a machine with more memory"

# Arrays are copied and compared with their levels while they are checked.
_WORKED_BYTES = {"I8": 6, "U32": 3, "I64": 3, "F64": 3}

# A string, to its end or that of the text, is passed over whole, so that every character is looked at once.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class Entry(NamedTuple):
    """Where one array lies: its type, its shape, and its bytes counted from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def packed(text: str, arrays: dict[str, Array]) -> bytes:
    """Return the bytes of a file with this text and these arrays; the same bytes for the same contents.

    Raises
    ------
    InvalidArgument
        If the header would be too long.
    TooLarge
        If the bytes don't fit in memory.
    """
    import safetensors.numpy

    n_bytes = sum(array.nbytes for array in arrays.values())
    _checks.check_fits(2.0 * n_bytes, "saving", "save fewer patterns")
    if len(text) > MAX_HEADER_BYTES // 2:  # quotes are escaped: checked to the byte below
        raise _too_long(len(text))
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data: bytes = safetensors.numpy.save(contiguous, {KEY: text})
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise _too_long(length)
    return data


def _too_long(length: int) -> _checks.InvalidArgument:
    return _checks.fail(
        "thing",
        f"{length:,} bytes beside arrays",
        f"must take at most {MAX_HEADER_BYTES:,}",
        "save its parts one by one, or to_dict() as JSON",
    )


def unpacked(stream: IO[bytes], size: int, name: str) -> tuple[str, dict[str, Array]]:
    """Return the text and the arrays, read-only, of a file of `size` bytes.

    Raises
    ------
    UnreadableFile
        If the header is anything but exactly what describes such a file.
    TooLarge
        If its contents don't fit in memory; they have not been read then.
    """
    start = stream.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > size - 8:
        raise UnreadableFile(
            f"{name!r} is no safetensors file, or it was cut short; hebbcap.save writes them"
        )
    if length > MAX_HEADER_BYTES:
        raise UnreadableFile(
            f"{name!r} has a header of {length:,} bytes and must have at most {MAX_HEADER_BYTES:,}"
        )
    head = stream.read(length)
    text, entries = header(head, size - 8 - length, name)
    worked = sum(_WORKED_BYTES[entry.dtype] * (entry.end - entry.start) for entry in entries.values())
    _checks.check_fits(worked, f"reading {name!r}", _WAY_OUT)
    data = read_bytes(stream, size - 8 - length, name)
    data.setflags(write=False)
    # Views of bytes that are in memory: safetensors would map the file, and whoever shortened it while it is
    # read would end this process.
    arrays = {
        key: data[entry.start : entry.end]
        .view(DTYPES[entry.dtype])
        .astype(np.dtype(DTYPES[entry.dtype]).newbyteorder("="), copy=False)
        .reshape(entry.shape)
        for key, entry in entries.items()
    }
    return text, arrays


def header(head: bytes, n_bytes: int, name: str) -> tuple[str, dict[str, Entry]]:
    """Return the text and the places of the arrays that a header tells of, with `n_bytes` of them behind it.

    >>> head = b'{"__metadata__":{"hebbcap":"x"},"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}'
    >>> header(head, 2, "file")
    ('x', {'a': Entry(dtype='I8', shape=(2,), start=0, end=2)})
    """
    found = parsed(head.decode("utf-8").rstrip(" "), name)
    if not head.startswith(b"{") or not isinstance(found, dict):
        raise _damaged(name, "its header is no JSON object")
    metadata = found.pop("__metadata__", None)
    if not isinstance(metadata, dict) or KEY not in metadata:
        raise UnreadableFile(f"{name!r} holds arrays of another program; load reads what hebbcap.save wrote")
    text = metadata[KEY]
    if len(metadata) != 1 or not isinstance(text, str):
        raise _damaged(name, "its metadata must be one text")
    entries = {key: _entry(key, value, name) for key, value in found.items()}
    place = 0
    for key, entry in sorted(entries.items(), key=lambda item: (item[1].start, item[1].end)):
        if entry.start != place:
            raise _damaged(name, f"array {key[:40]!r} begins at byte {entry.start} and must at {place}")
        if entry.start % np.dtype(DTYPES[entry.dtype]).itemsize:
            raise _damaged(name, f"array {key[:40]!r} begins at byte {entry.start}, amid a number")
        place = entry.end
    if place != n_bytes:
        raise _damaged(name, f"its header claims {place:,} bytes of arrays and {n_bytes:,} are there")
    return text, entries


def _entry(key: str, value: Any, name: str) -> Entry:
    """Check what the header says of one array."""
    shown = repr(key[:40])
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise _damaged(name, f"array {shown} must have a dtype, a shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise _damaged(name, f"array {shown} must be one of {', '.join(DTYPES)}")
    if not _whole(shape) or len(shape) > MAX_RANK:
        raise _damaged(name, f"the shape of array {shown} must be at most {MAX_RANK} whole numbers")
    if not _whole(offsets) or len(offsets) != 2:
        raise _damaged(name, f"the offsets of array {shown} must be two whole numbers")
    # Whole numbers of Python don't overflow.
    if offsets[1] - offsets[0] != math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize:
        raise _damaged(name, f"array {shown} has a shape that does not give its bytes")
    return Entry(dtype, tuple(shape), offsets[0], offsets[1])


def _whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(x) is int and 0 <= x < 2**63 for x in values)


def parsed(text: str, name: str) -> Any:
    """Return what JSON says, if it nests no deeper than `MAX_DEPTH` and gives no name twice.

    >>> parsed('{"a": [1, 2.5]}', "file")
    {'a': [1, 2.5]}
    """
    depth = 0
    for token in _BRACKETS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise _damaged(name, f"its text nests deeper than {MAX_DEPTH}")

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(made := dict(pairs)) != len(pairs):
            raise _damaged(name, "its text gives a name twice")
        return made

    def no_constant(word: str) -> Any:
        raise _damaged(name, f"its text holds {word}")

    try:
        return json.loads(text, object_pairs_hook=no_twins, parse_constant=no_constant)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _damaged(name, f"its text is no JSON ({error})") from error


def _damaged(name: str, how: str) -> UnreadableFile:
    return UnreadableFile(f"{name!r} is damaged: {how}")
