"""Which versions, threads, instructions and engine is a result made with?"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

from hebbcap._version import __version__

_DEPENDENCIES = (
    "numpy",
    "scipy",
    "llvmlite",
    "sympy",
    "scikit-learn",
    "scikit-image",
    "matplotlib",
    "click",
    "rich",
    "pillow",
    "torch",
)


def info() -> dict[str, Any]:
    """Return versions, thread counts, the engine in use and the cache as plain texts and numbers.

    >>> sorted(info())[:4]
    ['cache', 'cpu', 'engine', 'engines']
    """
    from threadpoolctl import threadpool_info

    from hebbcap import engines
    from hebbcap._memory import available_bytes
    from hebbcap.kernels import threads

    return {
        "hebbcap": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "threads": {
            "hebbcap": threads.count(),
            **{f"{p['internal_api']} ({p['user_api']})": p["num_threads"] for p in threadpool_info()},
        },
        "memory_gib": round(available_bytes() / 2**30, 1),
        "memory_most": _most(),
        "engine": engines.engine().name,
        "engines": {name: _engine(name) for name in engines.NAMES},
        "cache": _cache(),
        "versions": {name: _version(name) for name in _DEPENDENCIES},
    }


def _engine(name: str) -> str:
    from hebbcap import engines
    from hebbcap._checks import InvalidArgument

    try:
        return engines.get(name).description
    except InvalidArgument as error:
        return str(error)


def _most() -> str:
    from hebbcap import _checks
    from hebbcap._memory import VARIABLE

    gib = f"{_checks.allowed_bytes() / 2**30:,.1f} GiB a request"
    if os.environ.get(VARIABLE):
        return f"{gib}, as {VARIABLE} says"
    return f"{gib}, {_checks.MEMORY_SHARE:.0%} of what is available; {VARIABLE}=4GiB would set it"


def _cache() -> str:
    try:
        from hebbcap.kernels.machine import cache_folder
    except ImportError:
        return "none: nothing is compiled without llvmlite"
    folder = cache_folder()
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not os.access(nearest, os.W_OK):
        return f"{folder} can't be written: kernels are compiled anew by every process"
    n_kept = len(list(folder.glob("*.o"))) if folder.exists() else 0
    return f"{folder}, {n_kept} compiled kernels"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
