"""How is one pass shared out, and which kernel does it?

Kernels with narrow sums are fast, and watch the sizes of the weights that they meet: a stream in which one is
larger than its sums were proven for is done again by the next wider kernel. So the answer never depends on
which kernel gave it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap.kernels import threads
from hebbcap.kernels.bits import WORD, Bits, Words
from hebbcap.kernels.one_pass.definition import (
    MOST_CUES,
    PLACE,
    REST,
    Counts,
    Setting,
    Whole,
    binomial_table,
    flips,
    n_flipped_judged,
    plain,
)
from hebbcap.kernels.one_pass.kernel import kernel
from hebbcap.kernels.one_pass.layout import AREAS, GROUPS, LIMB, PARAMETERS, RUN, Kind, area_bytes
from hebbcap.kernels.one_pass.lookup_sums import REGISTER, Lookup16
from hebbcap.kernels.random import philox

_LARGEST_TOTAL: Final = 2**30
_LARGEST_LANE: Final = _LARGEST_TOTAL // 16
"""Bound on the sizes of the weights that one of 16 lanes adds up."""

_WIDTHS: Final = ((4, 1), (1, 1), (0, 1), (0, 2))
"""Kernels from the fastest to the widest; see `Kind.together` and `Kind.limbs`."""

_LARGEST_WEIGHT: Final = 2**28
"""Bound on weights that can't carry a lane's sum from below its bound to beyond 2^31."""

_LARGEST_COUNT: Final = 2**34
"""Bound on disagreements whose sums in a lane stay below 2^31."""

_LOOKUP: Final = 8
"""Patterns of one lookup."""

_GUIDE_BITS: Final = 12
_AT_ONCE: Final = 2e9
"""Bits judged between looks at Ctrl-C: tens of milliseconds."""

_SERIAL: Final = 1e7
"""Bits judged before another thread would have woken."""


@final
@dataclass(frozen=True, eq=False)
class _Weights:
    """Weights by the number of disagreements, in units of a power of two; what a pattern keeps besides."""

    weights: Whole
    kept: Whole
    log_unit: int

    @property
    def smooth(self) -> bool:
        """Whether weights are a polynomial of degree 2, and what is kept one of degree 1."""
        odd = int(self.weights[0] + self.weights[2]) % 2  # half a coefficient
        return not (odd or np.diff(self.weights, 3).any() or np.diff(self.kept, 2).any())


def run(setting: Setting, grid: Whole, streams: int, seed: int, experiment: str, *, first: int = 0) -> Counts:
    """Count as `hebbcap.kernels.one_pass.plain` does, by kernels."""
    needed = 2 * sum(area_bytes(setting.n_tiles, setting.cues, limbs=1).values()) * threads.count()
    _checks.check_fits(needed, f"one pass over patterns of dim={setting.dim}", "judge fewer neurons or cues")
    weighed = _weighed(setting)
    shape = (streams, len(grid))
    result = Counts(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))
    left = np.arange(streams)
    for width in _WIDTHS:
        if len(left) and _suits(setting, weighed, int(grid[-1]), width):
            job = _Job(setting, weighed, width, grid, seed, experiment)
            counts, beyond = job.run(first + left)
            for all_, some in zip(result, counts, strict=True):
                all_[left] = some
            left = left[beyond]
    for number in left.tolist():
        alone = plain(setting, grid, 1, seed, experiment, first=first + number)
        for all_, one in zip(result, alone, strict=True):
            all_[number] = one[0]
    return result


def _weighed(setting: Setting) -> _Weights:
    weights = setting.agreeing + setting.disagreeing
    bits = int(np.bitwise_or.reduce(np.abs(weights)))
    log_unit = (bits & -bits).bit_length() - 1 if bits else 0
    return _Weights(weights >> log_unit, setting.agreeing - setting.disagreeing, log_unit)


def _suits(setting: Setting, weighed: _Weights, n_patterns: int, width: tuple[int, int]) -> bool:
    """Whether sums of this width will do for nearly all streams."""
    together, limbs = width
    overlaps, sizes = setting.dim - 2 * np.arange(setting.dim + 1), np.abs(weighed.weights)
    if together:
        # Larger overlaps than these are met in less than a stream of a hundred.
        draws = 100.0 * n_patterns * setting.cues
        usual = np.abs(overlaps) <= math.sqrt(2 * setting.dim * math.log(draws))
        return bool(sizes.max() < 2**31 and sizes[usual].max() <= _limit(together, n_patterns))
    chance = np.exp(-0.5 * overlaps**2 / setting.dim)
    sizes = sizes >> (LIMB * (limbs - 1))
    mean = float((sizes * chance).sum() / chance.sum())
    return bool(sizes.max() < _LARGEST_WEIGHT and mean * n_patterns / 16 < 0.5 * _LARGEST_LANE)


def _limit(together: int, n_patterns: int) -> int:
    """Return the largest weight, or sum of weights in a lane, up to which a kernel is exact."""
    return min(Lookup16.largest(together), _LARGEST_TOTAL // n_patterns) if together else _LARGEST_LANE


class _Job:
    """Arrays that a kernel reads, and addresses of all."""

    def __init__(
        self,
        setting: Setting,
        weighed: _Weights,
        width: tuple[int, int],
        grid: Whole,
        seed: int,
        experiment: str,
    ) -> None:
        self.setting, self.grid, self.seed, self.experiment = setting, grid, seed, experiment
        n_rest = setting.dim - setting.judged
        together, limbs = width
        smooth = weighed.smooth and limbs == 1 and setting.dim * int(grid[-1]) < _LARGEST_COUNT
        self.kernel = kernel(Kind(together, limbs, smooth, flips=setting.flipped > 0, rest=n_rest > 0))
        self.plan = np.array(_plan(grid), dtype=np.int64)
        self.valid = _valid(setting)
        self.limbs, low = limbs, 2 ** (LIMB if limbs == 2 else 32) - 1
        self.table = (weighed.weights & low).astype(np.uint32)
        self.table_high = (weighed.weights >> LIMB).astype(np.int32)
        self.kept = np.ascontiguousarray(weighed.kept)
        self.rest, self.guide = _guided(binomial_table(n_rest))
        fewest = setting.judged * setting.flipped // setting.dim
        self.flips = [_packed_flips(setting, fewest + more) for more in (0, 1)] if setting.flipped else []
        self.fewest = fewest
        own = setting.flipped
        self.given = {
            "tiles": setting.n_tiles,
            "cues": setting.cues,
            "segments": len(self.plan),
            "plan": self.plan.ctypes.data,
            "key": philox.key(seed, experiment, 0).key,
            "rest_upper": philox.key(seed, experiment, 0, REST).upper,
            "valid": self.valid.ctypes.data,
            "rest": self.rest.ctypes.data,
            "guide": self.guide.ctypes.data,
            "table": self.table.ctypes.data,
            "table_high": self.table_high.ctypes.data,
            "kept": self.kept.ctypes.data,
            **_coefficients(weighed),
            "own_same": -2 * int(setting.agreeing[own]),
            "own_flipped": 2 * int(setting.disagreeing[own]),
            "half_unit_log": weighed.log_unit + 1,
            "limit": _limit(together, int(grid[-1])),
            "grid": len(grid),
        }

    def run(self, numbers: NDArray[np.int64]) -> tuple[Counts, NDArray[np.bool_]]:
        """Do these streams, and say for which of them the sums were too narrow."""
        shape = (len(numbers), len(self.grid))
        wrong, failed = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        beyond, streams = np.empty(len(numbers), dtype=np.int64), np.zeros((len(numbers), 2), dtype=np.int64)
        streams[:, 0] = numbers
        if self.flips:
            more = n_flipped_judged(self.setting, numbers, self.seed, self.experiment) - self.fewest
            streams[:, 1] = np.array([each.ctypes.data for each in self.flips])[more]
        arrays = {"streams": streams, "wrong": wrong, "failed": failed, "beyond": beyond}
        given = self.given | {name: array.ctypes.data for name, array in arrays.items()}
        parameters = np.array([given[name] % 2**64 for name in PARAMETERS], dtype=np.uint64)
        memories: dict[int, _Memory] = {}

        def some(start: int, stop: int, worker: int) -> None:
            if worker not in memories:
                memories[worker] = _Memory(self.setting, self.limbs)
            self.kernel(parameters.ctypes.data, memories[worker].areas.ctypes.data, start, stop)

        cost = float(self.grid[-1]) * self.setting.n_tiles * WORD * self.setting.cues
        at_once = max(int(_AT_ONCE / cost), 1)
        threads.share(some, len(numbers), at_once=at_once, serial=cost * len(numbers) < _SERIAL)
        return Counts(wrong, failed), beyond != 0


def _coefficients(weighed: _Weights) -> dict[str, int]:
    """Return the polynomials through the first values, which are those of all where they are smooth."""
    w0, w1, w2 = (int(w) for w in weighed.weights[:3])
    curvature = w2 - 2 * w1 + w0
    return {
        "weight0": w0,
        "weight1": w1 - w0 - curvature // 2,
        "weight2": curvature // 2,
        "kept0": int(weighed.kept[0]),
        "kept1": int(weighed.kept[1] - weighed.kept[0]),
    }


class _Memory:
    """What a worker needs: one block, divided."""

    def __init__(self, setting: Setting, limbs: int) -> None:
        sizes = area_bytes(setting.n_tiles, setting.cues, limbs)
        padded = [-(-sizes[name] // REGISTER) * REGISTER for name in AREAS]
        self.block = np.empty(sum(padded) + REGISTER, dtype=np.uint8)
        start = -(-self.block.ctypes.data // REGISTER) * REGISTER
        self.areas = start + np.concatenate([[0], np.cumsum(padded)[:-1]]).astype(np.int64)


def _plan(grid: Whole) -> list[tuple[int, ...]]:
    """Return the segments that lead through the grid; see `SEGMENT`."""
    numbers = {k: number for number, k in enumerate(grid.tolist())}
    inside: dict[int, list[int]] = {}
    for k in numbers:
        if k % WORD:
            inside.setdefault(k // WORD, []).append(k % WORD)
    segments: list[tuple[int, ...]] = []
    block, last = 0, int(grid[-1])
    while block * WORD < last:
        blocks = 1
        if block in inside:
            end = min(last - block * WORD, WORD)
            for low, high in pairwise(sorted({0, *inside[block], end})):
                segments.append((block, 1, int(low == 0), *_part(low, high), *_stop(numbers, block, high)))
        else:
            while blocks < RUN and (block + blocks) * WORD < last and block + blocks not in inside:
                if (block + blocks) * WORD in numbers:
                    break
                blocks += 1
            stop = _stop(numbers, block + blocks, 0)
            segments.append((block, blocks, 1, 2**WORD - 1, 0, GROUPS, *stop))
        block += blocks
    return segments


def _part(low: int, high: int) -> tuple[int, int, int]:
    """Return the mask of some patterns of a block, and which lookups they take: the first, how many."""
    mask = sum(1 << bit for bit in PLACE[low:high].tolist())
    first, end = low // _LOOKUP, -(-high // _LOOKUP)
    return (mask, first, end - first) if end - first <= 2 else (mask, 0, GROUPS)


def _stop(numbers: dict[int, int], block: int, beyond: int) -> tuple[int, int]:
    """Return K and its number in the grid where it is one of the grid."""
    k = block * WORD + beyond
    return (k, numbers[k]) if k in numbers else (0, 0)


def _valid(setting: Setting) -> Words:
    """Return words with a 1 for each neuron that is judged."""
    words: Words = Bits.pack(np.ones((1, setting.judged))).words[0]
    return words


def _packed_flips(setting: Setting, n_flipped: int) -> Words:
    """Return the flipped bits as (tiles, 32 cues), the words of the neurons of a tile side by side."""
    result = np.zeros((setting.n_tiles, MOST_CUES), dtype=np.uint32)
    result[:, : setting.cues] = Bits.pack(flips(setting, min(n_flipped, setting.judged))).words.T
    return result


def _guided(rest: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return the largest words that don't count each chance, and how many chances any word counts by its
    first bits.

    The last is larger than all words, so that a search from the guide always ends.
    """
    if not len(rest):
        return rest, np.zeros(0, dtype=np.int32)
    begins = np.arange(1 << _GUIDE_BITS, dtype=np.uint64) << np.uint64(64 - _GUIDE_BITS)
    guide = np.searchsorted(rest, begins, side="right").astype(np.int32)
    return np.append(np.maximum(rest, 1) - np.uint64(1), np.uint64(2**64 - 1)), guide
