"""How are memories, rules, ensembles and results kept in a file, and read from one of unknown origin?"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hebbcap._atomic import replacing
from hebbcap._checks import UnreadableFile
from hebbcap._version import __version__
from hebbcap.patterns.opening import explained, opened
from hebbcap.saving.container import packed, parsed, unpacked
from hebbcap.saving.kinds import SCHEMA
from hebbcap.saving.reading import read
from hebbcap.saving.writing import written

__all__ = ["load", "save"]

_FORMAT = "hebbcap"


def save(thing: object, path: str | os.PathLike[str]) -> None:
    """Save a memory, a rule, an ensemble, a criterion, an experiment or a result.

    Parameters
    ----------
    thing : object
        A memory, empty or with what it holds; a `Rule` or `Synapse`; an ensemble, `Data` included; a
        threshold, a `Criterion` or an `Experiment`; or what an answer returned.
    path : str or PathLike
        The file, usually `.safetensors`. It is written whole or not at all, and the same object gives the
        same bytes.

    Raises
    ------
    InvalidArgument
        If it is none of these, or has a Python function or a memory of your own in it; or takes more than
        1 MB beside its arrays.
    UnwritableFile
        If the file can't be written; what was there is then as it was.
    TooLarge
        If the bytes don't fit in memory.

    Notes
    -----
    The format is safetensors, which other programs read too. Packed patterns stay packed.

    Examples
    --------
    >>> import tempfile, hebbcap
    >>> memory = hebbcap.memory("hopfield").store([[1, 1, -1, -1], [1, -1, 1, -1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(memory, f"{folder}/memory.safetensors")
    ...     load(f"{folder}/memory.safetensors").patterns
    array([[ 1,  1, -1, -1],
           [ 1, -1,  1, -1]], dtype=int8)
    """
    node, arrays = written(thing)
    top = {"format": _FORMAT, "version": SCHEMA, "written_by": __version__, "thing": node}
    top["sha256"] = _digest(node, arrays)
    data = packed(json.dumps(top, separators=(",", ":"), allow_nan=False), arrays)
    with replacing(path) as stream:
        stream.write(data)


def load(path: str | os.PathLike[str]) -> Any:
    """Return what `save` wrote.

    Parameters
    ----------
    path : str or PathLike
        The file. It may come from anywhere: nothing in it is ever run.

    Raises
    ------
    UnreadableFile
        If there is no such file, it is not what `save` writes, is damaged, or holds what its class refuses.
    TooLarge
        If its contents don't fit in memory; they have not been read then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "memory.safetensors")
    ...     _ = file.write_bytes(bytes(1000))
    ...     load(file)
    Traceback (most recent call last):
        ...
    hebbcap._checks.UnreadableFile: ... is damaged: its text is no JSON ...
    """
    name = os.fsdecode(path)
    with explained(name), opened(name) as (stream, size):
        text, arrays = unpacked(stream, size, name)
        top = parsed(text, name)
        if not isinstance(top, dict) or top.get("format") != _FORMAT:
            raise UnreadableFile(f"{name!r} was not written by hebbcap; load reads what hebbcap.save wrote")
        if type(version := top.get("version")) is not int or not 1 <= version <= 10**6:
            raise UnreadableFile(f"{name!r} is damaged: its schema has no version")
        if version != SCHEMA:
            writer = top.get("written_by")
            known = isinstance(writer, str) and re.fullmatch(r"[0-9A-Za-z.+-]{1,40}", writer)
            by = f"hebbcap {writer}" if known else "another hebbcap"
            raise UnreadableFile(
                f"{name!r} has schema version {version}, written by {by}; "
                f"this is hebbcap {__version__}, which reads version {SCHEMA}: upgrade it"
            )
        if set(top) != {"format", "version", "written_by", "thing", "sha256"}:
            raise UnreadableFile(f"{name!r} is damaged: it has other entries than save writes")
        thing = read(top["thing"], arrays, name)
        # Last, so that whatever else is wrong is said; a changed digit may give a thing just as sound.
        if top["sha256"] != _digest(top["thing"], arrays):
            raise UnreadableFile(f"{name!r} is damaged, or was changed after it was saved: save it anew")
        return thing


def _digest(node: Any, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a hash of all that is saved of a thing."""
    found = hashlib.sha256(json.dumps(node, sort_keys=True, allow_nan=False).encode())
    for key in sorted(arrays):
        array = arrays[key]
        found.update(f"{key} {array.dtype.kind}{array.dtype.itemsize} {array.shape}".encode())
        found.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return found.hexdigest()
