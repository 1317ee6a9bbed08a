"""How are the weights of a tile's patterns added up over the ones of every neuron?

For every four patterns the sixteen possible sums of their weights are written down; the four bits of a neuron
then choose one of them, for sixteen or thirty-two neurons at a time, within registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hebbcap.kernels.language import I16, I16X32, I32, I32X16, I64, I64X8, Code, Value, vector


class Block(NamedTuple):
    """One tile of patterns and one block of states, within a kernel."""

    columns: Value
    """Address of the tile's columns."""

    stride: Value
    """Bytes from one group's columns to the next."""

    groups: Value
    neurons: Value
    sums: Sequence[Value]
    """Addresses of each state's sums."""

    weights: Sequence[Value]
    """Addresses of each state's weights, 32 bits each."""

    tables: Value
    """Where the sums of four patterns go."""

    active: Value
    """Where the groups are listed whose weights are not all 0."""


def add_up_32(k: Code, block: Block, shift: int) -> None:
    """Add the tile's 32-bit sums over ones, times 2^shift, to the 64-bit sums.

    Groups of patterns without any weight are passed over: steep separation functions leave few others.
    """
    n = len(block.weights)
    ones = [k.number(I32X16, [-((j >> s) & 1) for j in range(16)]) for s in range(4)]
    n_active = k.variable(k.number(I64, 0))
    with k.range(block.groups) as g:
        any_weight = k.zero(I32X16)
        for weights in block.weights:
            any_weight = any_weight | k.load(I32X16, weights + g * 64)
        with k.when(k.same_bits(any_weight.compare("!=", 0), I16).compare("!=", 0)):
            place = n_active.get()
            k.store(g * block.stride, block.active + place * 8)
            for four in range(4):
                for b, weights in enumerate(block.weights):
                    at = weights + g * 64 + 16 * four
                    parts = [k.splat(k.load(I32, at + 4 * s), 16) & ones[s] for s in range(4)]
                    table = (parts[0] + parts[1]) + (parts[2] + parts[3])
                    k.store(table, block.tables + (place * 4 + four) * (64 * n) + 64 * b, 64)
            n_active.set(place + 1)

    def some(neuron: Value, vectors: int) -> None:
        sums = [[k.variable(k.zero(I32X16)) for _ in range(vectors)] for _ in range(n)]
        with k.range(n_active.get()) as g:
            at = block.columns + k.load(I64, block.active + g * 8) + neuron * 2
            bits = [
                k.cast(k.load(vector(I16, 16), at + 32 * v), I32X16, signed=False) for v in range(vectors)
            ]
            for four in range(4):
                for b in range(n):
                    table = k.load(I32X16, block.tables + (g * 4 + four) * (64 * n) + 64 * b, 64)
                    for v in range(vectors):
                        index = bits[v] >> (4 * four)
                        sums[b][v].add(k.call("llvm.x86.avx512.permvar.si.512", I32X16, table, index))
        for b in range(n):
            for v in range(vectors):
                for half in range(2):
                    part = k.shuffle(sums[b][v].get(), sums[b][v].get(), list(range(8 * half, 8 * half + 8)))
                    at = block.sums[b] + neuron * 8 + 128 * v + 64 * half
                    k.store(k.load(I64X8, at) + (k.cast(part, I64X8) << shift), at)

    with k.when(n_active.get().compare(">", 0)):
        _over_neurons(k, block.neurons, 16, 4 if n > 1 else 8, some)


def add_up_16(k: Code, block: Block) -> None:
    """Add the tile's 16-bit sums over ones to the 64-bit sums."""
    n = len(block.weights)
    ones = [k.number(I16X32, [-((j >> s) & 1) for j in range(32)]) for s in range(4)]
    with k.range(block.groups * 4) as four:
        for b, weights in enumerate(block.weights):
            parts = [
                k.splat(k.load(I16, weights + four * 16 + 4 * s), 32) & ones[s] for s in range(4)
            ]  # the low half of each 32-bit weight
            table = (parts[0] + parts[1]) + (parts[2] + parts[3])
            k.store(table, block.tables + four * (64 * n) + 64 * b, 64)

    def some(neuron: Value, vectors: int) -> None:
        sums = [[k.variable(k.zero(I16X32)) for _ in range(vectors)] for _ in range(n)]
        with k.range(block.groups) as g:
            at = block.columns + g * block.stride + neuron * 2
            bits = [k.load(I16X32, at + 64 * v) for v in range(vectors)]
            for four in range(4):
                for b in range(n):
                    table = k.load(I16X32, block.tables + (g * 4 + four) * (64 * n) + 64 * b, 64)
                    for v in range(vectors):
                        # Of the 5 bits that choose among 32 lanes the fifth does not matter: the table
                        # repeats.
                        index = bits[v] >> (4 * four)
                        sums[b][v].add(k.call("llvm.x86.avx512.permvar.hi.512", I16X32, table, index))
        for b in range(n):
            for v in range(vectors):
                for part in range(4):
                    lanes = list(range(8 * part, 8 * part + 8))
                    some_sums = k.shuffle(sums[b][v].get(), sums[b][v].get(), lanes)
                    at = block.sums[b] + neuron * 8 + 256 * v + 64 * part
                    k.store(k.load(I64X8, at) + k.cast(some_sums, I64X8), at)

    _over_neurons(k, block.neurons, 32, 4 if n > 1 else 8, some)


def _over_neurons(
    k: Code, neurons: Value, lanes: int, vectors: int, some: Callable[[Value, int], None]
) -> None:
    """Run over all neurons, several vectors at once and the rest one by one."""
    whole = neurons.over(lanes * vectors) * (lanes * vectors)
    with k.range(whole, 0, lanes * vectors) as neuron:
        some(neuron, vectors)
    with k.range(neurons, whole, lanes) as neuron:
        some(neuron, 1)
