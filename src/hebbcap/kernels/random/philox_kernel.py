"""Philox4x32-10 on vectors: eight counters at a time, each word in a lane of 64 bits.

What it computes is `hebbcap.kernels.random.philox.words` and `biased_words`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Final

from hebbcap.kernels.language import I64, I64X8, Code, Value
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.random.philox import BLOCKS, DIGITS, MULTIPLIERS, RAISES, ROUNDS

_LOW: Final = 0xFFFFFFFF
BYTES: Final = 128
"""Bytes of a step: 32 words."""

Pair = tuple[Value, Value]


def round_keys(k: Code, key: Value) -> list[Pair]:
    """Return the key of every round in all lanes; to be emitted before the loop that draws."""
    first, second = key & _LOW, key >> 32
    keys = []
    for _ in range(ROUNDS):
        keys.append((k.splat(first, 8), k.splat(second, 8)))
        first, second = (first + RAISES[0]) & _LOW, (second + RAISES[1]) & _LOW
    return keys


def emit_steps(k: Code, step: Value, upper: Value, keys: list[Pair], count: int) -> list[Pair]:
    """Draw `count` steps from number `step` on: for each, its first and its last 16 words.

    Two steps at a time hide the latency of the multiplications.
    """
    high = k.splat(upper, 8)
    states = []
    for number in range(count):
        position = k.splat(step * 8, 8) + k.number(I64X8, range(8 * number, 8 * number + 8))
        states.append((position, position >> 32, high, high >> 32))
    # Only the low halves of the lanes count: the multiplication reads no more, and the last line takes no
    # more.
    for k0, k1 in keys:
        for number, (x0, x1, x2, x3) in enumerate(states):
            p0, p1 = (x0 & _LOW) * MULTIPLIERS[0], (x2 & _LOW) * MULTIPLIERS[1]
            states[number] = ((p1 >> 32) ^ x1 ^ k0, p1, (p0 >> 32) ^ x3 ^ k1, p0)
    return [((x0 & _LOW) | (x1 << 32), (x2 & _LOW) | (x3 << 32)) for x0, x1, x2, x3 in states]


def _philox_fill(k: Code, out: Value, n_steps: Value, first: Value, key: Value, upper: Value) -> None:
    keys = round_keys(k, key)

    def draw(number: Value, count: int) -> None:
        for q, both in enumerate(emit_steps(k, first + number, upper, keys, count)):
            for half, drawn in enumerate(both):
                k.store(drawn, out + number * BYTES + (q * BYTES + half * 64))

    _in_twos(k, n_steps, draw)


def _philox_biased(
    k: Code,
    out: Value,
    n_steps: Value,
    first: Value,
    key: Value,
    upper: Value,
    chance: Value,
    n_digits: Value,
) -> None:
    """Chance in units of 2^-32, of which the first digits are read, until all bits are decided."""
    keys, one = round_keys(k, key), k.number(I64, 1)

    def draw(number: Value, count: int) -> None:
        ones = [k.variable(k.zero(I64X8)) for _ in range(2 * count)]
        undecided = [k.variable(k.number(I64X8, -1)) for _ in range(2 * count)]
        digit, left = k.variable(k.zero(I64)), k.variable(one)

        def go_on() -> Value:
            return (left.get() & k.cast(digit.get().compare("<", n_digits), I64)).compare("!=", 0)

        with k.repeat(go_on):
            wanted = k.splat(k.zero(I64) - (chance >> (k.number(I64, DIGITS - 1) - digit.get()) & 1), 8)
            steps = emit_steps(k, first + number, upper + digit.get() * BLOCKS, keys, count)
            for each, open_, words in zip(ones, undecided, [w for both in steps for w in both], strict=True):
                # Digits that differ decide: a drawn 0 beside a 1 of the chance lies below it.
                each.set(each.get() | (open_.get() & wanted & ~words))
                open_.set(open_.get() & ~(wanted ^ words))
            digit.add(one)
            still = reduce(or_, (open_.get() for open_ in undecided))
            left.set(k.cast(k.call("llvm.vector.reduce.or.v8i64", I64, still).compare("!=", 0), I64))
        for half, each in enumerate(ones):
            k.store(each.get(), out + number * BYTES + half * 64)

    _in_twos(k, n_steps, draw)


def _in_twos(k: Code, n_steps: Value, draw: Callable[[Value, int], None]) -> None:
    """Draw two steps at a time, and the last alone if it is odd."""
    paired = n_steps & -2
    with k.range(paired, step=2) as number:
        draw(number, 2)
    with k.range(n_steps, start=paired) as number:
        draw(number, 1)


fill = Kernel(_philox_fill)
fill_biased = Kernel(_philox_biased)
