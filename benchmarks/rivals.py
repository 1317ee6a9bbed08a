"""What would people use today for the same work?

Each list begins with NumPy, whose answer the others are compared with. Every rival holds patterns and cues in
the form that suits it before the clock starts, as hebbcap does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libraries
import numpy as np
from harness import Contender
from libraries import Answer
from machine import installed
from problem import Problem

from hebbcap import engines
from hebbcap.separation import Exponential, Polynomial

OURS = "hebbcap"
NUMPY = "NumPy float32"
TORCH = "torch float32"
TORCH_INT8 = "torch int8 (_int_mm)"
JAX_BITS = "jax popcount"
FAISS = "faiss binary (nearest)"
FAISS_ALL = "faiss binary (all distances)"
NUMKONG = "numkong"
ATTENTION = "torch attention (SDPA)"
WEIGHTS = "NumPy float32 through D x D weights"

_ROUNDING = 1e-5
"""Sums in single precision may differ by this much, relative to the largest."""


def needs(module: str, name: str, make: Callable[[], Answer], **options: Any) -> Contender:
    """Return a contender that is there only if its module is."""
    return Contender(name, make() if installed(module) else None, **options)


def held(problem: Problem) -> Any:
    """Return the patterns in the form of hebbcap's fastest engine."""
    return engines.get().hold(problem.patterns)


def without_own_term(problem: Problem) -> Callable[[Any], Any]:
    """Turn sum xi m^2 into hebbcap's field of F(x) = x^3 / 3, in thirds.

    With d(m) = (m + 1)^3 - (m - 1)^3 at the overlap of the others, which is m - xi s, that field is
    6 sum xi m^2 + 8 sum xi - 12 s sum m.
    """
    floats, cues = problem.floats, problem.cue_floats.astype(np.float64)

    def turn(plain: Any) -> Any:
        total = floats.sum(axis=0, dtype=np.float64)
        return 6.0 * plain + 8.0 * total - 12.0 * cues * (cues @ total)[:, None]

    return turn


def overlaps(problem: Problem) -> list[Contender]:
    """Return all ways to overlaps (B, K)."""
    dim, (patterns, cues) = problem.dim, problem.bytes
    floats, cue_floats = problem.floats, problem.cue_floats
    memory, states = held(problem), problem.cues

    def nearest(answer: Any) -> Any:
        return np.asarray(answer).max(axis=1)

    def counted(distances: Any) -> Any:
        return dim - 2 * np.asarray(distances).astype(np.int64)

    return [
        Contender(NUMPY, lambda: cue_floats @ floats.T),
        Contender(OURS, lambda: memory.overlaps(states)),
        Contender("NumPy bitwise_count", libraries.numpy_bits(problem), counted),
        needs("torch", TORCH, lambda: libraries.torch_product(cue_floats, floats)),
        needs(
            "torch",
            "torch bfloat16",
            lambda: libraries.torch_bfloat16(problem),
            read=libraries.as_float,
            tolerance=0.01,
        ),
        needs("torch", TORCH_INT8, lambda: libraries.torch_int8(problem)),
        needs("jax", JAX_BITS, lambda: libraries.jax_bits(problem), read=counted),
        needs(
            "faiss",
            FAISS,
            lambda: libraries.faiss_nearest(problem),
            read=lambda a: counted(a[0])[:, 0],
            of_first=nearest,
        ),
        needs("faiss", FAISS_ALL, lambda: libraries.faiss_all(problem), read=counted),
        needs("numkong", NUMKONG, lambda: libraries.numkong_packed(patterns, cues), read=counted),
        needs("numkong", f"{NUMKONG} cdist", lambda: libraries.numkong_cdist(patterns, cues), read=counted),
        needs(
            "usearch",
            "usearch exact (nearest)",
            lambda: libraries.usearch_nearest(patterns, cues),
            read=lambda a: counted(np.reshape(a.distances, (len(cues), -1)))[:, 0],
            of_first=nearest,
        ),
    ]


def dense_step(problem: Problem) -> list[Contender]:
    """Return all ways to the fields (B, D) of a dense memory with F(x) = x^3 / 3."""
    floats, cue_floats = problem.floats, problem.cue_floats
    memory, states = held(problem), problem.cues
    table = Polynomial(3).table(problem.dim)
    # hebbcap leaves out the neuron's own term; for this F the two fields differ by two plain sums.
    ours_from_plain = without_own_term(problem)
    return [
        Contender(NUMPY, lambda: np.square(cue_floats @ floats.T) @ floats),
        Contender(
            OURS,
            lambda: memory.separated_field(states, table)[0],
            of_first=ours_from_plain,
            tolerance=_ROUNDING,
        ),
        needs("torch", TORCH, lambda: libraries.torch_dense(problem, "float32"), tolerance=_ROUNDING),
        needs(
            "torch",
            "torch bfloat16",
            lambda: libraries.torch_dense(problem, "bfloat16"),
            read=libraries.as_float,
            tolerance=0.1,
        ),
        needs("jax", "jax float32", lambda: libraries.jax_dense(problem), tolerance=_ROUNDING),
    ]


def pairwise_step(problem: Problem) -> list[Contender]:
    """Return all ways to the pairwise fields (B, D) with the neuron's own term."""
    floats, cue_floats = problem.floats, problem.cue_floats
    memory, states = held(problem), problem.cues
    weights = floats.T @ floats
    return [
        Contender(NUMPY, lambda: (cue_floats @ floats.T) @ floats),
        Contender(OURS, lambda: memory.pairwise_field(states)),
        Contender(WEIGHTS, lambda: cue_floats @ weights),
        needs("torch", TORCH, lambda: libraries.torch_pairwise(problem)),
    ]


def exponential_step(problem: Problem) -> list[Contender]:
    """Return all ways to the new states (B, D) of a memory with F(x) = exp(x)."""
    floats, cue_floats = problem.floats, problem.cue_floats
    memory, states = held(problem), problem.cues
    table = Exponential().table(problem.dim)

    def numpy_softmax() -> Any:
        scores = cue_floats @ floats.T
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        return scores @ floats

    def signs(answer: Any) -> Any:
        return np.sign(libraries.as_float(answer))

    return [
        Contender(NUMPY, numpy_softmax),
        Contender(OURS, lambda: memory.separated_field(states, table)[0], read=signs, of_first=signs),
        needs("torch", ATTENTION, lambda: libraries.torch_attention(problem), read=signs, of_first=signs),
        needs("torch", "torch softmax", lambda: libraries.torch_softmax(problem), read=signs, of_first=signs),
        needs("jax", "jax softmax", lambda: libraries.jax_softmax(problem), read=signs, of_first=signs),
    ]


def weights(problem: Problem) -> list[Contender]:
    """Return all ways to the weights (D, D), the sums over patterns of entry times entry."""
    floats, memory = problem.floats, held(problem)
    return [
        Contender(NUMPY, lambda: floats.T @ floats),
        Contender(OURS, lambda: memory.weights()),
        needs("torch", TORCH, lambda: libraries.torch_product(floats.T, floats.T)),
        needs("torch", TORCH_INT8, lambda: libraries.torch_int8_weights(problem)),
    ]
