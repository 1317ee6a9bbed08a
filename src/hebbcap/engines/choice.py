"""Which engine does the work?

The fastest that this machine has, unless one is named: by `hebbcap.use_engine`, by `HEBBCAP_ENGINE`, or with
`--engine` on the command line. The answer is the same with all of them.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from hebbcap import _checks
from hebbcap.engines.protocol import Engine
from hebbcap.engines.reference import NumpyEngine

VARIABLE: Final = "HEBBCAP_ENGINE"

_named: str | None = None


def _packed(tail: str) -> Engine:
    from hebbcap.engines.packed import PackedEngine

    return PackedEngine()


def _torch(tail: str) -> Engine:
    from hebbcap.engines.torch import TorchEngine

    return TorchEngine(tail or "cpu")


def _numpy(tail: str) -> Engine:
    return NumpyEngine()


NAMES: Mapping[str, tuple[str, Callable[[str], Engine]]] = MappingProxyType(
    {
        "packed": ("packed bits, compiled for this processor", _packed),
        "numpy": ("NumPy and BLAS, the reference", _numpy),
        "torch": ("torch:DEVICE, PyTorch tensors on cpu (if left out), cuda or another device", _torch),
    }
)
"""Name -> (one line for the help, function of the text after the colon); the default is the first that
works."""


def use_engine(name: str | None) -> None:
    """Let all work be done by the engine of this name from now on; None for the fastest there is.

    Raises
    ------
    InvalidArgument
        If there is no such engine, or this machine can't run it.

    >>> use_engine("numpy")
    >>> engine().name
    'numpy'
    >>> use_engine(None)
    """
    global _named
    if name is not None:
        if not isinstance(name, str):
            raise _checks.fail("engine", name, "must be a name", f"known are {', '.join(NAMES)}")
        get(name)
    _named = name


def engine() -> Engine:
    """Return the engine in use."""
    return get(_named or os.environ.get(VARIABLE) or None)


@cache
def get(name: str | None = None) -> Engine:
    """Return the engine of this name, or the fastest there is.

    Raises
    ------
    InvalidArgument
        If there is no such engine, or this machine can't run it.

    >>> get("numpy").description
    'NumPy and BLAS, the reference'
    """
    if name is None:
        try:
            return _packed("")
        except (ImportError, OSError, RuntimeError):  # no compiler for this machine
            return NumpyEngine()
    kind, _, tail = name.partition(":")
    if kind not in NAMES:
        near = difflib.get_close_matches(kind, NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(NAMES)}"
        raise _checks.fail("engine", name, "is not known", hint)
    try:
        return NAMES[kind][1](tail)
    except (ImportError, OSError, RuntimeError) as error:
        raise _checks.fail("engine", name, f"can't run here: {error}", "numpy runs everywhere") from error
