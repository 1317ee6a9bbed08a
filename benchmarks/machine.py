"""On which machine, with which versions and how many threads was a figure measured?"""

from __future__ import annotations

import importlib.util
import os
import platform
from importlib import metadata
from typing import Any

THREADS = 2
"""Threads of every contender: the goals are for two."""

PACKAGES = ("hebbcap", "numpy", "llvmlite", "torch", "jax", "faiss-cpu", "numkong", "usearch")


def installed(module: str) -> bool:
    """Return whether a rival can be imported."""
    return importlib.util.find_spec(module) is not None


def use_threads(count: int = THREADS) -> None:
    """Bind this process to `count` processors and tell every library that is here."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])
    from threadpoolctl import threadpool_limits

    threadpool_limits(count)
    if installed("torch"):
        import torch

        torch.set_num_threads(count)
    if installed("faiss"):
        import faiss

        faiss.omp_set_num_threads(count)
    from hebbcap.kernels import threads

    threads.use_threads(count)


def describe() -> dict[str, Any]:
    """Return the machine, the threads and the versions."""
    from hebbcap._info import info

    known = info()
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return {
        "processor": known["cpu"],
        "vector": "AVX-512 VPOPCNTDQ" if "avx512_vpopcntdq" in _flags() else "no AVX-512 VPOPCNTDQ",
        "processors used": len(usable),
        "memory": f"{_memory_gib():.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "load before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def line(machine: dict[str, Any]) -> str:
    """Return the description as one line."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    load = machine["load before"]
    return (
        f"{machine['processor']} ({machine['vector']}), {machine['processors used']} processors, "
        f"{machine['memory']}, {machine['system']}, Python {machine['Python']}; {versions}"
        + ("" if load is None else f"; load before the run {load:g}")
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _flags() -> frozenset[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return frozenset(next(text for text in lines if text.startswith("flags")).split())
    except (OSError, StopIteration):
        return frozenset()


def _memory_gib() -> float:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return float("nan")
