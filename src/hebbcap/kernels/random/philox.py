"""Random bits that are a function of their place: Philox4x32-10.

A counter and a key go in, 128 random bits come out, so that any part of a stream can be drawn by anyone at
any time, on any number of threads, and is always the same. Salmon, Moraes, Dror & Shaw (2011), "Parallel
random numbers: as easy as 1, 2, 3"; its authors' test vectors are among the tests.

The key is the hash of seed and experiment. The lower half of the counter is the position in a stream, the
upper half names the stream: block in the lower 56 bits, purpose in the upper 8.

Words come in steps of eight counters, 32 words: x0 and x1 of the eight in turn, then x2 and x3 of the eight
in turn, because that is how the vectors that make them leave the registers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hebbcap import _checks
from hebbcap.kernels import threads
from hebbcap.kernels.bits import Words

STEP: Final = 32
"""Words of a step."""

DIGITS: Final = 32
"""Binary digits to which the chance of a biased bit is taken."""

ROUNDS: Final = 10
MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
RAISES: Final = (0x9E3779B9, 0xBB67AE85)
"""What the two words of the key are raised by after each round."""

_LOW: Final = 0xFFFFFFFF
HALF: Final = 32
"""Bits of a word."""

BLOCKS: Final = 2**56
_PURPOSES: Final = 256
_BIASED: Final = _PURPOSES - DIGITS
"""Purpose of the words that decide the first binary digit of biased bits; the next ones follow."""

_STEPS_AT_ONCE: Final = 1 << 14
_SERIAL: Final = 256
"""Steps that are drawn before another thread would have woken."""


class Stream(NamedTuple):
    """Where a stream of random words is: the key, and the upper half of the counter; 64 bits each."""

    key: int
    upper: int


def key(seed: int, experiment: str, block: int, purpose: int = 0) -> Stream:
    """Return the stream of block `block` of the experiment with this definition.

    Parameters
    ----------
    seed : int
        Non-negative; the user's seed.
    experiment : str
        Text that defines the experiment completely; only its hash is used.
    block : int
        Number of the block, 0 <= block < 2^56.
    purpose : int
        Tells apart streams of one block, 0 <= purpose < 224.

    Raises
    ------
    InvalidArgument
        If a number is outside its range.

    >>> key(0, "hopfield", 3)
    Stream(key=15951046093512978055, upper=3)
    """
    seed = _checks.integer("seed", seed, low=0)
    block = _checks.integer("block", block, low=0, high=BLOCKS - 1)
    purpose = _checks.integer("purpose", purpose, low=0, high=_BIASED - 1)
    digest = hashlib.sha256(f"{seed} | {experiment}".encode()).digest()
    return Stream(int.from_bytes(digest[:8], "little"), block + purpose * BLOCKS)


def philox(counter: Sequence[ArrayLike], key: Sequence[ArrayLike]) -> list[NDArray[np.uint32]]:
    """Return the four words of Philox4x32-10 for a counter of four words and a key of two.

    Each word may be an array; this is the definition that the kernels are held to.

    >>> [hex(int(word)) for word in philox([0, 0, 0, 0], [0, 0])]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    x0, x1, x2, x3 = (np.asarray(word, dtype=np.uint64) for word in counter)
    k0, k1 = (np.asarray(word, dtype=np.uint64) for word in key)
    low, half = np.uint64(_LOW), np.uint64(HALF)
    m0, m1 = map(np.uint64, MULTIPLIERS)
    for _ in range(ROUNDS):
        p0, p1 = x0 * m0, x2 * m1
        x0, x1, x2, x3 = (p1 >> half) ^ x1 ^ k0, p1 & low, (p0 >> half) ^ x3 ^ k1, p0 & low
        k0, k1 = (k0 + np.uint64(RAISES[0])) & low, (k1 + np.uint64(RAISES[1])) & low
    return [word.astype(np.uint32) for word in (x0, x1, x2, x3)]


def words(stream: Stream, first: int, n_steps: int) -> Words:
    """Return the words of some steps, shape (n_steps, 32), in plain NumPy.

    >>> words(key(0, "hopfield", 3), 0, 1).shape
    (1, 32)
    """
    position = (np.uint64(8 * first) + np.arange(8 * n_steps, dtype=np.uint64)).reshape(n_steps, 8)
    upper, key = (np.uint64(half) for half in (stream.upper, stream.key))
    x0, x1, x2, x3 = philox((*halves(position), *halves(upper)), halves(key))
    pairs = [np.stack(both, axis=-1).reshape(n_steps, 16) for both in ((x0, x1), (x2, x3))]
    return np.concatenate(pairs, axis=1)


def halves(long: Any) -> tuple[Any, Any]:
    """Return the low and the high word of numbers of 64 bits.

    >>> [int(word) for word in halves(np.uint64(2**32 + 7))]
    [7, 1]
    """
    return long & np.uint64(_LOW), long >> np.uint64(HALF)


def fill(out: Words, stream: Stream, *, first: int = 0) -> None:
    """Fill an array with random words.

    Parameters
    ----------
    out : ndarray of uint32
        Contiguous; overwritten in C order.
    stream : Stream
        Where the words are taken from.
    first : int
        Step of the stream, 32 words, at which they begin.

    Examples
    --------
    >>> out = np.empty(64, dtype=np.uint32)
    >>> fill(out, key(0, "hopfield", 3))
    >>> bool((out.reshape(2, 32) == words(key(0, "hopfield", 3), 0, 2)).all())
    True
    """
    _fill(out, stream, first, None)


def fill_biased(out: Words, chance: float, stream: Stream, *, first: int = 0) -> None:
    """Fill an array with words of which each bit is 1 with the same chance, independently.

    A bit compares random binary digits with those of the chance: it is decided at the first that differs, 1
    where the chance has a 1 there. The chance is taken to 32 binary digits, rounded; one that ends within
    them is exact.

    Parameters
    ----------
    out : ndarray of uint32
        Contiguous; overwritten in C order.
    chance : float
        Chance of a 1, 0 <= chance <= 1.
    stream : Stream
        Where the words are taken from, of purpose 0: each digit has a purpose of its own.
    first : int
        Step of the stream, 32 words, at which they begin.

    Examples
    --------
    >>> out = np.empty(1 << 15, dtype=np.uint32)
    >>> fill_biased(out, 0.25, key(0, "sparse", 0))
    >>> round(float(np.bitwise_count(out).mean()) / 32, 3)
    0.25
    """
    chance = _checks.real("chance", chance, low=0, high=1)
    _fill(out, stream, first, round(chance * 2**DIGITS))


def biased_words(digits: int, stream: Stream, first: int, n_steps: int) -> Words:
    """Return biased words of some steps, shape (n_steps, 32), in plain NumPy; the chance is digits / 2^32."""
    if digits >> DIGITS:
        return np.full((n_steps, STEP), _LOW, dtype=np.uint32)
    ones = np.zeros((n_steps, STEP), dtype=np.uint32)
    for place in range(DIGITS):  # from the last digit: what an earlier one decides, overrules
        drawn = words(_for_digit(stream, DIGITS - 1 - place), first, n_steps)
        ones = ones | ~drawn if digits >> place & 1 else ones & ~drawn
    return ones


def _for_digit(stream: Stream, digit: int) -> Stream:
    return Stream(stream.key, stream.upper + (_BIASED + digit) * BLOCKS)


def _fill(out: Words, stream: Stream, first: int, digits: int | None) -> None:
    if out.dtype != np.uint32 or not out.flags.c_contiguous:
        raise _checks.fail("out", out.dtype, "must be a contiguous array of uint32")
    flat = out.reshape(-1)
    whole = len(flat) // STEP

    def some(start: int, stop: int, worker: int) -> None:
        _steps(flat[start * STEP : stop * STEP], stream, first + start, digits)

    threads.share(some, whole, at_once=_STEPS_AT_ONCE, serial=whole < _SERIAL)
    if whole * STEP < len(flat):
        last = np.empty(STEP, dtype=np.uint32)
        _steps(last, stream, first + whole, digits)
        flat[whole * STEP :] = last[: len(flat) - whole * STEP]


def _steps(out: Words, stream: Stream, first: int, digits: int | None) -> None:
    """Draw whole steps, by a kernel where there is one."""
    n_steps = len(out) // STEP
    kernels = _kernels()
    if digits is not None and digits >> DIGITS:
        out[:] = _LOW
    elif kernels is None:
        drawn = (
            words(stream, first, n_steps) if digits is None else biased_words(digits, stream, first, n_steps)
        )
        out[:] = drawn.reshape(-1)
    elif digits is None:
        kernels[0](out.ctypes.data, n_steps, first, stream.key, stream.upper)
    else:
        n_digits = DIGITS - ((digits & -digits).bit_length() - 1 if digits else DIGITS)
        upper = _for_digit(stream, 0).upper
        kernels[1](out.ctypes.data, n_steps, first, stream.key, upper, digits, n_digits)


@cache
def _kernels() -> Any:
    """Return the kernels, or None where LLVM can't be loaded."""
    try:
        from hebbcap.kernels.random import philox_kernel
    except (ImportError, OSError, RuntimeError):
        return None
    return philox_kernel.fill, philox_kernel.fill_biased
