"""How much does each state overlap with each pattern?

.. math:: m_\\mu = \\sum_j \\xi_j^\\mu s_j = D - 2 c_\\mu

with c the number of places where they differ: exclusive or, count the ones, add up. Sixteen patterns stand
side by side, one to a lane, so that any dim of whole words and any number of states is done without padding
either; the words of a state are spread over all lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import Bits, Words, n_words
from hebbcap.kernels.language import I16X16, I32, I32X16, Code, Value, Variable
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.threads import share

LANES = 16
"""Patterns that stand side by side."""

GROUPS = 4
"""Room for patterns comes in so many groups of lanes, so that kernels may read a few at once to the end."""

_WORK = 2e8
"""Words compared in one call of a kernel: some 10 ms, so that Ctrl-C is answered soon."""

_SERIAL = 1.5e6
"""Likewise up to which one thread is faster: to wake another takes up to 50 microseconds."""


def interleave(words: Words) -> Words:
    """Return rows (K, W) as (groups, W, LANES): each word of sixteen patterns side by side, zeros behind
    the last.

    >>> interleave(np.arange(6, dtype=np.uint32).reshape(3, 2))[0, :, :4].tolist()
    [[0, 2, 4, 0], [1, 3, 5, 0]]
    """
    n, width = words.shape
    groups = -(-n // (LANES * GROUPS)) * GROUPS
    rows = np.zeros((groups, width, LANES), dtype=np.uint32)
    put(rows, 0, words)
    return rows


def put(rows: Words, first: int, words: Words) -> None:
    """Write patterns (n, W) into interleaved rows from place `first` on."""
    n, start = len(words), 0
    while start < n:
        group, lane = divmod(first + start, LANES)
        if lane or n - start < LANES:
            some = min(LANES - lane, n - start)
            rows[group, :, lane : lane + some] = words[start : start + some].T
        else:
            some = (n - start) // LANES * LANES
            whole = words[start : start + some].reshape(-1, LANES, words.shape[1])
            rows[group : group + some // LANES] = whole.transpose(0, 2, 1)
        start += some


def separate(rows: Words, n_patterns: int) -> Words:
    """Return interleaved rows as (K, W) again.

    >>> words = np.arange(6, dtype=np.uint32).reshape(3, 2)
    >>> bool((separate(interleave(words), 3) == words).all())
    True
    """
    groups = -(-n_patterns // LANES)
    flat = rows[:groups].transpose(0, 2, 1).reshape(groups * LANES, rows.shape[1])
    return np.ascontiguousarray(flat[:n_patterns])


def plain_overlaps(patterns: Bits, states: Bits) -> NDArray[np.int32]:
    """Return the overlaps (B, K), one state at a time: what the kernel computes.

    >>> plain_overlaps(Bits.pack([[1, 1, 1], [1, -1, -1]]), Bits.pack([1, 1, -1])).tolist()
    [[1, 1]]
    """
    differ = [np.bitwise_count(patterns.words ^ state).sum(axis=1, dtype=np.int32) for state in states.words]
    return patterns.dim - 2 * np.array(differ, dtype=np.int32).reshape(len(states), len(patterns))


def overlaps(rows: Words, dim: int, states: Bits, out: NDArray[np.int16] | NDArray[np.int32]) -> None:
    """Write the overlaps of states with interleaved patterns.

    Parameters
    ----------
    rows : ndarray of uint32, shape (groups, W, LANES)
        Patterns, from `interleave`.
    dim : int
        D; at most 32,767 for 16-bit overlaps.
    states : Bits
        B packed states.
    out : ndarray of int16 or int32, shape (B, groups * LANES)
        Where the overlaps go; rows contiguous. Those of the padding are of no meaning.
    """
    groups, width, _ = rows.shape
    states_words = np.ascontiguousarray(states.words)
    kernel = _TO_16 if out.dtype == np.int16 else _TO_32
    addresses = rows.ctypes.data, states_words.ctypes.data, out.ctypes.data
    work = LANES * width * len(states)

    def run(start: int, stop: int, worker: int) -> None:
        kernel(
            addresses[0],
            addresses[1],
            addresses[2],
            out.strides[0],
            start * _STEP,
            min(stop * _STEP, groups),
            len(states),
            width,
            dim,
        )

    pieces = -(-groups // _STEP)
    at_once = max(int(_WORK / (work * _STEP)), 1)
    share(run, pieces, at_once=at_once, serial=work * groups < _SERIAL)


_STEP = 8
"""Groups that one piece of work holds."""


def differences(k: Code, rows: Sequence[Value], states: Sequence[Value], width: Value) -> list[list[Value]]:
    """Emit the counts of places where states and patterns differ, a vector of 16 patterns for each pair.

    `rows` are addresses of groups of patterns, `states` of packed states, `width` the words of each.
    """
    counts = [[k.variable(k.zero(I32X16)) for _ in states] for _ in rows]
    with k.range(width) as word:
        spread = [k.splat(k.load(I32, state + word * 4), LANES) for state in states]
        for row, tallies in zip(rows, counts, strict=True):
            patterns = k.load(I32X16, row + word * (4 * LANES))
            for state, tally in zip(spread, tallies, strict=True):
                tally.add(k.count_ones(patterns ^ state))
    return [[tally.get() for tally in tallies] for tallies in counts]


def streamed_differences(k: Code, row: Value, state: Value, width: Value) -> Value:
    """Emit the same for one group of patterns and one state, as fast as memory gives the patterns."""
    counts = [k.variable(k.zero(I32X16)) for _ in range(_UNROLLED)]

    def add(word: Value, tally: Variable) -> None:
        at = row + word * (4 * LANES)
        tally.add(k.count_ones(k.load(I32X16, at) ^ k.splat(k.load(I32, state + word * 4), LANES)))

    whole = width & -_UNROLLED
    with k.range(whole, 0, _UNROLLED) as word:
        for i, tally in enumerate(counts):
            add(word + i, tally)
    with k.range(width, whole) as word:
        add(word, counts[0])
    return (counts[0].get() + counts[1].get()) + (counts[2].get() + counts[3].get())


_UNROLLED = 4
"""Words compared in one turn. Patterns stand in the order in which they are read: the processor sees that,
and asking for them ahead was found to be slower."""


def _emit(result: object) -> Callable[..., None]:
    """Return the emitter of the kernel that writes overlaps of this type."""

    def overlaps_of_bits(
        k: Code,
        rows: Value,
        states: Value,
        out: Value,
        out_stride: Value,
        first: Value,
        last: Value,
        n_states: Value,
        width: Value,
        dim: Value,
    ) -> None:
        spread_dim = k.splat(k.cast(dim, I32), LANES)
        size = 2 if result is I16X16 else 4

        def write(found: Value, group: Value, state: Value) -> None:
            place = out + state * out_stride + group * (LANES * size)
            k.store(k.cast(spread_dim - (found << 1), result), place)

        # Blocks of eight states share the loads of patterns; for single states, memory sets the pace.
        eights = n_states & -8
        with k.range(last, first, 2) as group:
            at = [rows + (group + g) * width * (4 * LANES) for g in range(2)]
            with k.range(eights, 0, 8) as state:
                found = differences(k, at, [states + (state + b) * width * 4 for b in range(8)], width)
                for g in range(2):
                    for b in range(8):
                        write(found[g][b], group + g, state + b)
            with k.range(n_states, eights) as state:
                for g in range(2):
                    row_of_state = states + state * width * 4
                    write(streamed_differences(k, at[g], row_of_state, width), group + g, state)

    return overlaps_of_bits


_TO_16 = Kernel(_emit(I16X16), "overlaps_to_16_bits")
_TO_32 = Kernel(_emit(I32X16), "overlaps_to_32_bits")


def new_overlaps(n_states: int, groups: int, dim: int) -> NDArray[np.int16] | NDArray[np.int32]:
    """Return room for the overlaps of so many states, in the narrowest type that holds them."""
    shape = (n_states, groups * LANES)
    return np.empty(shape, dtype=np.int16) if dim < 2**15 else np.empty(shape, dtype=np.int32)


def n_bytes(n_patterns: int, dim: int) -> int:
    """Return how much room the interleaved patterns take."""
    return -(-n_patterns // (LANES * GROUPS)) * GROUPS * LANES * n_words(dim) * 4
