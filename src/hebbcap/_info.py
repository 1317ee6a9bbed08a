"""Which versions, threads and instructions is a result made with?"""

from __future__ import annotations

import os
import platform
from importlib import metadata
from typing import Any

from hebbcap._version import __version__

_DEPENDENCIES = ("numpy", "scipy", "scikit-learn", "scikit-image", "matplotlib", "click", "rich", "pillow")


def info() -> dict[str, Any]:
    """Return versions, thread counts, SIMD features and the cache as plain texts and numbers.

    >>> sorted(info())
    ['cache', 'cpu', 'engine', 'hebbcap', 'memory_gib', 'python', 'simd', 'system', 'threads', 'versions']
    """
    import numpy as np
    from threadpoolctl import threadpool_info

    from hebbcap._checks import available_bytes

    pools = threadpool_info()
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return {
        "hebbcap": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "threads": {
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            **{f"{p['internal_api']} ({p['user_api']})": p["num_threads"] for p in pools},
        },
        "simd": [*simd.get("baseline", []), *simd.get("found", [])],
        "memory_gib": round(available_bytes() / 2**30, 1),
        "engine": "numpy (reference)",
        "cache": "none: this version compiles nothing at run time",
        "versions": {name: _version(name) for name in _DEPENDENCIES},
    }


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
