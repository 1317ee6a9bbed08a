"""The engine in NumPy: readable, the definition of correct, and there on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from hebbcap.engines.protocol import Engine, Floats, Held, Whole
from hebbcap.kernels.bits import Bits
from hebbcap.separation.table import DifferenceTable

if TYPE_CHECKING:
    from hebbcap.kernels.fields.sums import Tables

_TILE = 2**22
"""Entries of a (states x patterns) tile: large enough for BLAS, small enough to stay out of swap."""

EXACT_SINGLE = 2**24
"""Whole numbers below this are exact in single precision, which is twice as fast."""

_LIMB = 2**26
"""Whole numbers of this size, as many as a tile holds patterns, add up exactly in double precision."""

FINE = 1e4
"""Contrast between neighbouring overlaps up to which one sum holds both without losing the smaller."""


@final
@dataclass(frozen=True)
class NumpyEngine(Engine):
    """Products of matrices of floats, exact while every sum is a whole number that floats hold."""

    @property
    def name(self) -> str:
        """The spelling by which it is chosen."""
        return "numpy"

    @property
    def description(self) -> str:
        """A line that says what it runs on."""
        return "NumPy and BLAS, the reference"

    def hold(self, patterns: Bits) -> NumpyHeld:
        """Return the patterns in this engine's form."""
        return NumpyHeld(patterns)


@final
@dataclass(frozen=True)
class NumpyHeld(Held):
    """Packed patterns, unpacked tile by tile."""

    patterns: Bits

    @property
    def bits(self) -> Bits:
        """The patterns, packed."""
        return self.patterns

    def _tiles(self, n_states: int) -> Iterator[tuple[slice, NDArray[np.int8]]]:
        """Yield runs of patterns as +-1, so that no B x K or K x D array of floats is held whole."""
        step = max(_TILE // max(n_states, self.patterns.dim), 1)
        for start in range(0, len(self.patterns), step):
            run = slice(start, min(start + step, len(self.patterns)))
            yield run, self.patterns[run].unpack()

    def overlaps(self, states: Bits) -> NDArray[Any]:
        """Return the overlap of each state with each pattern, shape (B, K)."""
        cues = states.unpack()
        result = np.empty((len(cues), len(self.patterns)), dtype=np.int32)
        for run, tile in self._tiles(len(cues)):
            result[:, run] = _overlaps(cues, tile)
        return result

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        cues = states.unpack()
        result = np.zeros(cues.shape, dtype=np.int64)
        for _, tile in self._tiles(len(cues)):
            overlaps = _overlaps(cues, tile)
            real = np.float32 if np.abs(overlaps).sum(axis=1).max(initial=0) < EXACT_SINGLE else np.float64
            result += (overlaps.astype(real) @ tile.astype(real)).astype(np.int64)
        return result

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        cues = states.unpack().astype(np.float64)
        log_unit = self._log_unit(cues, table)
        result, kept = np.zeros(cues.shape), np.zeros(len(cues))
        contrast = 1.0 if table.whole else table.contrast
        for _, tile in self._tiles(len(cues)):
            below, above = _differences(table, _overlaps(cues, tile), log_unit)
            if contrast > FINE:
                result += _separate(cues, below, above, tile)
                continue
            result += (0.5 * (below + above)) @ tile.astype(np.float64)
            kept += 0.5 * (below - above).sum(axis=1)
        if table.values is None:
            log_unit = log_unit + np.log(table.unit)
        return result + kept[:, None] * cues, log_unit

    def _log_unit(self, cues: Floats, table: DifferenceTable) -> Floats:
        """Return the log of the largest term of each cue where terms leave double precision."""
        if table.values is not None:
            return np.full(len(cues), np.log(table.unit))
        log_unit = np.full(len(cues), -np.inf)
        for _, tile in self._tiles(len(cues)):
            at = _overlaps(cues, tile) + table.reach
            largest = np.maximum(table.log_size[at - 1], table.log_size[at + 1])
            log_unit = np.maximum(log_unit, largest.max(axis=1, initial=-np.inf))
        return np.where(np.isneginf(log_unit), 0.0, log_unit)

    def reach(self, states: Bits) -> Whole:
        """Return the fewest and the most places where a pattern differs from each state, (B, 2)."""
        cues, dim = states.unpack(), self.patterns.dim
        ends = np.tile(np.array([dim, 0], dtype=np.int64), (len(cues), 1))
        for _, tile in self._tiles(len(cues)):
            differ = (dim - _overlaps(cues, tile)) // 2
            ends[:, 0] = np.minimum(ends[:, 0], differ.min(axis=1))
            ends[:, 1] = np.maximum(ends[:, 1], differ.max(axis=1))
        return ends

    def table_sums(self, states: Bits, tables: Sequence[Tables]) -> Whole:
        """Return sums over patterns by each of the tables; see `hebbcap.engines.partial.Part`."""
        cues, dim = states.unpack(), self.patterns.dim
        values = [np.stack(several.tables).astype(np.int64) for several in tables]
        result = np.zeros((len(tables), len(cues), dim + 1), dtype=np.int64)
        for _, tile in self._tiles(len(cues)):
            differ = (dim - _overlaps(cues, tile)) // 2
            for one, several, value in zip(result, tables, values, strict=True):
                chosen = value[several.which[:, None], differ]
                one[:, :-1] += _whole_product(chosen[..., 0], tile)
                one[:, -1] += chosen[..., 1].sum(axis=1)
        return result

    def weights(self) -> NDArray[np.int32]:
        """Return the sums over patterns of entry times entry, shape (D, D)."""
        dim = self.patterns.dim
        result = np.zeros((dim, dim), dtype=np.int32)
        for _, tile in self._tiles(1):
            real = np.float32 if len(tile) < EXACT_SINGLE else np.float64
            columns: NDArray[Any] = tile.astype(real)
            result += (columns.T @ columns).astype(np.int32)
        return result

    def added(self, patterns: Bits) -> NumpyHeld:
        """Return the same with these patterns behind the others."""
        return NumpyHeld(Bits(np.concatenate([self.patterns.words, patterns.words]), self.patterns.dim))

    def without(self, index: int) -> NumpyHeld:
        """Return the same without the pattern at this place."""
        return NumpyHeld(Bits(np.delete(self.patterns.words, index, axis=0), self.patterns.dim))


def _overlaps(states: NDArray[Any], patterns: NDArray[Any]) -> NDArray[np.int32]:
    """Whole-number overlaps (B, K); single precision holds them exactly while D < 2^24."""
    real = np.float32 if patterns.shape[1] < EXACT_SINGLE else np.float64
    product: NDArray[Any] = states.astype(real) @ patterns.T.astype(real)
    return product.astype(np.int32)


def _whole_product(weights: Whole, tile: NDArray[np.int8]) -> Whole:
    """Return the sums over a tile of weight times entry, (B, D), limb by limb where floats would round."""
    real, result, shift = tile.astype(np.float64), np.zeros((len(weights), tile.shape[1]), dtype=np.int64), 0
    while weights.any():
        low = ((weights + _LIMB // 2) & (_LIMB - 1)) - _LIMB // 2
        result += (low.astype(np.float64) @ real).astype(np.int64) << shift
        weights, shift = (weights - low) // _LIMB, shift + _LIMB.bit_length() - 1
    return result


def _separate(cues: Floats, below: Floats, above: Floats, tile: NDArray[np.int8]) -> Floats:
    """Fields where above dwarfs below, and would swallow it in a sum: four products instead of one."""
    high, low = (tile > 0).astype(np.float64), (tile < 0).astype(np.float64)
    on, off = below @ high - above @ low, above @ high - below @ low
    return np.where(cues > 0, on, off)


def _differences(
    table: DifferenceTable, overlaps: NDArray[np.int32], log_unit: Floats
) -> tuple[Floats, Floats]:
    """d(m - 1) and d(m + 1) at the overlaps m with the neuron's own term included, in those units."""
    below, above = overlaps - 1 + table.reach, overlaps + 1 + table.reach
    if table.values is not None:
        return table.values[below], table.values[above]
    unit = log_unit[:, None]
    return (
        table.sign[below] * np.exp(table.log_size[below] - unit),
        table.sign[above] * np.exp(table.log_size[above] - unit),
    )
