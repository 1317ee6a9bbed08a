"""How is each rival library called for the same work?

Every function prepares what the library would keep, and returns the call that is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from machine import THREADS
from problem import Problem, unpacked

Answer = Callable[[], Any]


def as_float(answer: Any) -> Any:
    return answer.float().numpy() if hasattr(answer, "float") else np.asarray(answer)


def numpy_bits(problem: Problem) -> Answer:
    patterns, cues = widest(problem.patterns.words), widest(problem.cues.words)
    return lambda: np.stack([np.bitwise_count(patterns ^ cue).sum(axis=1, dtype=np.int32) for cue in cues])


def widest(words: Any) -> Any:
    return words.view(np.uint64) if words.shape[1] % 2 == 0 else words


def torch_product(left: Any, right: Any) -> Answer:
    import torch

    a, b = torch.from_numpy(left), torch.from_numpy(right)
    return lambda: a @ b.T


def torch_bfloat16(problem: Problem) -> Answer:
    import torch

    a, b = (torch.from_numpy(x).bfloat16() for x in (problem.cue_floats, problem.floats))
    return lambda: a @ b.T


def torch_int8(problem: Problem) -> Answer:
    import torch

    a = torch.from_numpy(problem.cues.unpack())
    b = torch.from_numpy(unpacked(problem.patterns, np.int8))
    return lambda: torch._int_mm(a, b.T)


def torch_int8_weights(problem: Problem) -> Answer:
    import torch

    columns = torch.from_numpy(np.ascontiguousarray(unpacked(problem.patterns, np.int8).T))
    return lambda: torch._int_mm(columns, columns.T)


def torch_dense(problem: Problem, dtype: str) -> Answer:
    import torch

    kind = getattr(torch, dtype)
    cues, patterns = (torch.from_numpy(x).to(kind) for x in (problem.cue_floats, problem.floats))
    return lambda: (cues @ patterns.T).square() @ patterns


def torch_pairwise(problem: Problem) -> Answer:
    import torch

    cues, patterns = torch.from_numpy(problem.cue_floats), torch.from_numpy(problem.floats)
    return lambda: (cues @ patterns.T) @ patterns


def torch_attention(problem: Problem) -> Answer:
    import torch

    cues, patterns = torch.from_numpy(problem.cue_floats)[None], torch.from_numpy(problem.floats)[None]
    attend = torch.nn.functional.scaled_dot_product_attention
    return lambda: attend(cues, patterns, patterns, scale=1.0)[0]


def torch_softmax(problem: Problem) -> Answer:
    import torch

    cues, patterns = torch.from_numpy(problem.cue_floats), torch.from_numpy(problem.floats)
    return lambda: torch.softmax(cues @ patterns.T, dim=1) @ patterns


def jitted(function: Callable[..., Any], *arrays: Any) -> Answer:
    import jax

    compiled, placed = jax.jit(function), [jax.device_put(a) for a in arrays]
    return lambda: compiled(*placed).block_until_ready()


def jax_bits(problem: Problem) -> Answer:
    import jax.numpy as jnp
    from jax.lax import population_count

    def distances(cues: Any, patterns: Any) -> Any:
        apart = population_count(jnp.bitwise_xor(cues[:, None, :], patterns[None, :, :]))
        return apart.astype(jnp.int32).sum(axis=2)

    return jitted(distances, problem.cues.words, problem.patterns.words)


def jax_dense(problem: Problem) -> Answer:
    return jitted(
        lambda cues, patterns: (cues @ patterns.T) ** 2 @ patterns, problem.cue_floats, problem.floats
    )


def jax_softmax(problem: Problem) -> Answer:
    import jax

    return jitted(
        lambda cues, patterns: jax.nn.softmax(cues @ patterns.T, axis=1) @ patterns,
        problem.cue_floats,
        problem.floats,
    )


def faiss_nearest(problem: Problem) -> Answer:
    import faiss

    patterns, cues = problem.bytes
    index = faiss.IndexBinaryFlat(8 * patterns.shape[1])
    index.add(patterns)
    return lambda: index.search(cues, 1)


def faiss_all(problem: Problem) -> Answer:
    import faiss

    patterns, cues = problem.bytes
    sizes = len(cues), len(patterns), patterns.shape[1]

    def run() -> Any:
        distances = np.empty(sizes[:2], dtype=np.int32)
        faiss.hammings(*(faiss.swig_ptr(a) for a in (cues, patterns)), *sizes, faiss.swig_ptr(distances))
        return distances

    return run


def numkong_packed(patterns: Any, cues: Any) -> Answer:
    import numkong

    packed = numkong.hammings_pack(patterns)
    return lambda: numkong.hammings_packed(cues, packed)


def numkong_cdist(patterns: Any, cues: Any) -> Answer:
    import numkong

    return lambda: numkong.cdist(cues, patterns, metric="hamming", dtype="uint1")


def usearch_nearest(patterns: Any, cues: Any) -> Answer:
    from usearch.index import MetricKind, search

    return lambda: search(patterns, cues, 1, MetricKind.Hamming, exact=True, threads=THREADS)
