"""Where do states come to rest?

Four states at a time are updated within one call, until each rests, returns to where it was two updates
before, or has been updated often enough; then the next one takes its place. What is computed is what
repeated calls of `sums` and `decide` do; nothing of it leaves the fastest caches, and no other thread is
waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hebbcap.kernels.bits import WORD, Bits
from hebbcap.kernels.fields.sums import Alive
from hebbcap.kernels.fields.tiles import N_STATES, TILE, Patterns, States, Weigh, new_scratch, visit
from hebbcap.kernels.fields.weigh import weigh_narrow, weigh_pairwise
from hebbcap.kernels.language import I1, I8, I64, I64X8, Code, Value, vector
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.threads import count, share

Whole = NDArray[np.int64]

STEP_LIMIT: Final = 0
FIXED_POINT: Final = 1
CYCLE: Final = 2

MOST_WORK: Final = 2e9
"""Products of overlap and entry, K D times updates, up to which one state is soon settled: some 10 ms."""

_SHARE = 16
"""States of one call of the kernel, at least, so that its places are seldom empty."""


class Settled(NamedTuple):
    """Last states, updates until the outcome was known, and outcomes, each (B,)."""

    states: Bits
    steps: Whole
    outcomes: Whole


def settle(
    held: Alive,
    states: Bits,
    limits: tuple[int, int],
    max_steps: int,
    table: NDArray[np.int32] | Whole | None = None,
) -> Settled:
    """Update states until they come to rest.

    Parameters
    ----------
    held : Alive
        The patterns.
    states : Bits
        Where to start from.
    limits : tuple of int
        What is added to the limits of low and of high neurons, as `decide` takes them.
    max_steps : int
        Most updates of a state.
    table : ndarray of int32, shape (D + 1, 2), optional
        Weight and kept term by the places that differ; the weight is the overlap if left out.
    """
    n, width = len(states), held.rows.shape[1]
    now = np.array(states.words, order="C")
    before = np.zeros_like(now)
    steps, outcomes = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    kernel = _PAIRWISE if table is None else _NARROW
    parts = max(min(count(), n // _SHARE), 1)
    scratch = [new_scratch() for _ in range(parts)]
    sums = np.empty((parts, N_STATES, width * WORD + 2), dtype=np.int64)
    work = float(len(held.rows)) * 16 * held.dim * max_steps

    def run(start: int, stop: int, worker: int) -> None:
        for number in range(start, stop):
            kernel(
                held.rows.ctypes.data,
                held.columns.ctypes.data,
                held.mask.ctypes.data,
                0 if table is None else table.ctypes.data,
                now.ctypes.data,
                before.ctypes.data,
                steps.ctypes.data,
                outcomes.ctypes.data,
                sums[number].ctypes.data,
                scratch[number].ctypes.data,
                n * number // parts,
                n * (number + 1) // parts,
                held.groups,
                width,
                held.dim,
                max_steps,
                *limits,
            )

    share(run, parts, serial=parts == 1 or n * work < 1e6)
    return Settled(Bits(now, states.dim), steps, outcomes)


def _emit(weigh: Weigh) -> Callable[..., None]:
    """Return the emitter of the kernel whose weights `weigh` makes."""

    def settle_states(
        k: Code,
        rows: Value,
        columns: Value,
        mask: Value,
        table: Value,
        now: Value,
        before: Value,
        steps: Value,
        outcomes: Value,
        sums: Value,
        scratch: Value,
        first: Value,
        last: Value,
        groups: Value,
        width: Value,
        dim: Value,
        max_steps: Value,
        low: Value,
        high: Value,
    ) -> None:
        patterns = Patterns(rows, columns, mask, groups, width, dim)
        row_bytes, sum_bytes = width * 4, width * (8 * WORD) + 16
        # A place whose state has settled when none is left to take it goes on with the first, to no effect.
        places = [k.variable(k.smaller(first + s, last - 1)) for s in range(N_STATES)]
        taken = [
            k.variable(k.cast((first + s).compare("<", last), I64, signed=False)) for s in range(N_STATES)
        ]
        updates = [k.variable(k.number(I64, 0)) for _ in range(N_STATES)]
        waiting = k.variable(first + N_STATES)
        own_sums = [sums + sum_bytes * s for s in range(N_STATES)]
        own_totals = [sums + sum_bytes * s + width * (8 * WORD) for s in range(N_STATES)]

        def any_taken() -> Value:
            some = taken[0].get()
            for one in taken[1:]:
                some = some | one.get()
            return some.compare("!=", 0)

        with k.repeat(any_taken):
            with k.range(sum_bytes * N_STATES, 0, 8) as at:
                k.store(k.number(I64, 0), sums + at)
            block = States(
                [now + place.get() * row_bytes for place in places], [table] * N_STATES, own_sums, own_totals
            )
            with k.range((groups + (TILE - 1)).over(TILE)) as tile:
                visit(k, weigh, patterns, block, tile, scratch)
            for s in range(N_STATES):
                with k.when(taken[s].get().compare("!=", 0)):
                    place = places[s].get()
                    moved, back = _update(
                        k, own_sums[s], own_totals[s], (low, high), now + place * row_bytes,
                        before + place * row_bytes, dim,
                    )  # fmt: skip
                    fixed = moved.compare("==", 0)
                    cycle = (fixed ^ 1) & back.compare("==", 0) & updates[s].get().compare(">", 0)
                    updates[s].add(k.cast(fixed ^ 1, I64, signed=False))
                    late = updates[s].get().compare(">=", max_steps)
                    with k.when(fixed | cycle | late):
                        code = k.cast(fixed, I64, signed=False) * FIXED_POINT
                        code = code + k.cast(cycle, I64, signed=False) * CYCLE
                        k.store(updates[s].get(), steps + place * 8)
                        k.store(code, outcomes + place * 8)
                        following = waiting.get()
                        more = following.compare("<", last)
                        places[s].set(k.select(more, following, first))
                        taken[s].set(k.cast(more, I64, signed=False))
                        updates[s].set(k.number(I64, 0))
                        waiting.set(following + 1)

    return settle_states


def _update(
    k: Code,
    sums: Value,
    totals: Value,
    added: tuple[Value, Value],
    now: Value,
    before: Value,
    dim: Value,
) -> tuple[Value, Value]:
    """Emit the decision for one state; return bits that tell it from what it was, and from the one before."""
    weights, kept = k.load(I64, totals), k.load(I64, totals + 8)
    low = k.splat(((weights + kept) << 1) + added[0], 8)
    high = k.splat(((weights - kept) << 1) + added[1], 8)
    moved, back = k.variable(k.number(I8, 0)), k.variable(k.number(I8, 0))
    n_bytes = (dim + 7) >> 3
    spare = k.cast((n_bytes << 3) - dim, I8)
    full = k.number(I8, 255)
    with k.range(n_bytes) as byte:
        own, earlier = k.load(I8, now + byte), k.load(I8, before + byte)
        limit = k.select(k.same_bits(own, vector(I1, 8)), high, low)
        scaled = k.load(I64X8, sums + byte * 64) << 2
        above = k.same_bits(scaled.compare(">", limit), I8)
        tied = k.same_bits(scaled.compare("==", limit), I8)
        inside = k.select((byte + 1).compare("==", n_bytes), full >> spare, full)
        after = (above | (tied & own)) & inside
        moved.set(moved.get() | (after ^ own))
        back.set(back.get() | (after ^ earlier))
        k.store(own, before + byte)
        k.store(after, now + byte)
    return moved.get(), back.get()


_PAIRWISE = Kernel(_emit(weigh_pairwise), "settle_pairwise")
_NARROW = Kernel(_emit(weigh_narrow), "settle_by_table")
