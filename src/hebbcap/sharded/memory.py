"""What is a memory whose patterns lie in shards?

A description of a memory, the folder of its shards, and the shards that were there when it was opened.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, final

import numpy as np
from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap._atomic import replacing
from hebbcap._checks import UnreadableFile
from hebbcap.dynamics import Fixed, Recall, Threshold, recall
from hebbcap.kernels.bits import Bits
from hebbcap.memories import Dense, Hopfield
from hebbcap.memories.protocol import SIGNS, TWO_LEVELS, Floats, as_patterns
from hebbcap.patterns.opening import explained, opened
from hebbcap.saving.container import MAX_HEADER_BYTES, packed, parsed, unpacked
from hebbcap.saving.kinds import SCHEMA
from hebbcap.saving.reading import read
from hebbcap.saving.writing import written
from hebbcap.sharded import shards as files
from hebbcap.sharded.held import ShardedHeld
from hebbcap.sharded.reduction import check_client
from hebbcap.sharded.shards import Shard

DESCRIPTION: Final = "memory.safetensors"
SHARDS: Final = "shards"

_FORMAT = "hebbcap shards"

_MOST: Final = 2**61
"""Products K D from which sums over patterns could leave 63 bits."""


@final
@dataclass(frozen=True)
class ShardedMemory:
    """A Hopfield or dense memory whose patterns lie in a folder of shards.

    It sees the shards that were there when it was opened: `append` returns one that sees more, and leaves
    this one as it was, as `store` does.

    Attributes
    ----------
    folder : Path
        Where the memory is. Every worker that is to recall has to find it under the same name.
    memory : Hopfield or Dense
        What it does with its patterns; empty itself.
    dim : int
        D, the number of neurons.
    levels : tuple of float
        The values that neurons take: (-1, 1) or (0, 1).
    shards : tuple of Shard
        The files, in order.
    """

    folder: Path
    memory: Hopfield | Dense
    dim: int
    levels: tuple[float, ...] = SIGNS
    shards: tuple[Shard, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        held = f"{self.n_patterns:,} patterns in {self.n_shards:,} shards"
        return f"ShardedMemory({os.fspath(self.folder)!r}: {self.memory.name}, dim={self.dim:,}, {held})"

    def __len__(self) -> int:
        return self.n_patterns

    @property
    def n_patterns(self) -> int:
        """K, the number of stored patterns."""
        return sum(shard.n_patterns for shard in self.shards)

    @property
    def n_shards(self) -> int:
        """The number of files that they lie in."""
        return len(self.shards)

    def append(self, patterns: ArrayLike | Bits, *, shard_bytes: int = files.SHARD_BYTES) -> ShardedMemory:
        """Write patterns behind all that are in the folder; return the memory that sees them.

        Parameters
        ----------
        patterns : array-like, shape (K, D) or (D,), or Bits
            Patterns of this memory's levels.
        shard_bytes : int
            Bytes of packed patterns that one file holds at most; more patterns go into several files.

        Raises
        ------
        InvalidArgument
            If there is no pattern, or they don't fit the memory.
        UnwritableFile
            If a file can't be written; those written before it are there, and no part of it.
        """
        size = _checks.integer("shard_bytes", shard_bytes, low=1, meaning="shard_bytes is the size of a file")
        bits = patterns if isinstance(patterns, Bits) else self._packed(patterns)
        if bits.dim != self.dim or not len(bits):
            raise _checks.fail("patterns", bits, f"must be at least one pattern of dim={self.dim:,}")
        for some in files.pieces(bits, size):
            files.written(self.folder / SHARDS, some)
        return self.refreshed()

    def _packed(self, patterns: ArrayLike) -> Bits:
        rows = as_patterns(patterns, self.levels)
        return Bits.pack(rows == self.levels[1])

    def refreshed(self) -> ShardedMemory:
        """Return this memory with the shards that are there now."""
        return replace(self, shards=files.listed(self.folder / SHARDS))

    def on(self, client: Any = None) -> Hopfield | Dense:
        """Return a memory like any other, whose sums over patterns are taken by a client's workers.

        Parameters
        ----------
        client : distributed.Client or concurrent.futures.Executor, optional
            Whose workers read the shards and sum over them; here, one shard after the other, if left out.

        Raises
        ------
        InvalidArgument
            If nothing is stored, or it is no client.
        TooLarge
            If sums over so many patterns would leave 63 bits.
        """
        check_client(client)
        if not self.shards:
            raise _checks.fail("n_patterns", 0, "must be at least 1", "append patterns first")
        if self.n_patterns * self.dim >= _MOST:
            raise _checks.TooLarge(
                f"K * D = {self.n_patterns * self.dim:,} must be below 2^61 for exact sums"
            )
        held = ShardedHeld(self.folder / SHARDS, self.shards, self.dim, client)
        return self.memory.holding(held, self.levels)

    def recall(
        self,
        cues: ArrayLike | Bits,
        *,
        client: Any = None,
        threshold: Threshold | None = None,
        max_steps: int = 100,
    ) -> Recall[Any]:
        """Update cues until they stop changing, all neurons at once.

        Other ways to update them, as `hebbcap.recall` has, go with `on(client)`.

        Parameters
        ----------
        cues : array-like, shape (B, D) or (D,), or Bits
            States to start from.
        client : distributed.Client or concurrent.futures.Executor, optional
            See `on`.
        threshold : Threshold, optional
            `Fixed(0)` if left out.
        max_steps : int
            Most updates of the network.

        Returns
        -------
        Recall
            To the last bit what `hebbcap.recall` gives for a memory that holds the same patterns.

        Raises
        ------
        InvalidArgument
            If an argument is outside its range, or nothing is stored.
        UnreadableFile
            If the file of a shard is gone or damaged.
        """
        return recall(self.on(client), cues, threshold=threshold or Fixed(), max_steps=max_steps)

    def field(self, states: ArrayLike | Bits, *, client: Any = None) -> Floats:
        """Return the local field of every neuron, shape (B, D); see `recall` for what it takes and raises."""
        return self.on(client).field(self._unpacked(states))

    def energy(self, states: ArrayLike | Bits, *, client: Any = None) -> Floats:
        """Return the energy of each state, (B,); of dense memories from all overlaps (B, K), taken here."""
        return self.on(client).energy(self._unpacked(states))

    def _unpacked(self, states: ArrayLike | Bits) -> ArrayLike:
        low, high = self.levels
        return states.unpack(low, high, np.float64) if isinstance(states, Bits) else states


def create(
    folder: str | os.PathLike[str],
    memory: Hopfield | Dense,
    *,
    dim: int,
    levels: tuple[float, ...] = SIGNS,
) -> ShardedMemory:
    """Make a sharded memory in a new or empty folder.

    Parameters
    ----------
    folder : str or PathLike
        Where its patterns will lie.
    memory : Hopfield or Dense
        What it does with its patterns; empty.
    dim : int
        D, the number of neurons, at least 2.
    levels : tuple of float
        The values that neurons take: (-1, 1) or (0, 1).

    Raises
    ------
    InvalidArgument
        If an argument is none of these, the folder is not empty, or the memory has a Python function in it.
    UnwritableFile
        If the folder can't be written to.

    Examples
    --------
    >>> import tempfile, hebbcap
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     memory = create(folder, hebbcap.Hopfield(), dim=6)
    ...     memory = memory.append([[1, 1, -1, -1, 1, -1], [1, -1, 1, -1, 1, 1]])
    ...     len(memory), memory.recall([1, 1, -1, -1, 1, 1])
    (2, Recall(states=(1, 6), steps<=1, outcomes={'fixed point': 1}))
    """
    if not isinstance(memory, Hopfield | Dense) or memory.n_patterns:
        raise _checks.fail("memory", memory, "must be an empty Hopfield or Dense memory")
    wide = _checks.dimension(dim)
    named = tuple(float(x) for x in levels)
    if named not in TWO_LEVELS:
        raise _checks.fail("levels", levels, "must be -1 and 1, or 0 and 1", "packed entries have two")
    memory.check_levels(named)
    node, _ = written(memory)
    told = {"format": _FORMAT, "schema": SCHEMA, "dim": wide, "levels": list(named), "memory": node}
    place = Path(os.path.abspath(folder))
    try:
        place.mkdir(exist_ok=True)
        if any(place.iterdir()):
            raise _checks.fail(
                "folder", str(place), "is not empty", "hebbcap.sharded.open opens one that is there"
            )
        (place / SHARDS).mkdir()
    except OSError as error:
        raise _checks.UnwritableFile(f"{str(place)!r} can't be made: {error.strerror}") from error
    with replacing(place / DESCRIPTION) as stream:
        stream.write(packed(json.dumps(told, allow_nan=False), {}))
    return ShardedMemory(place, memory, wide, named)


def open(folder: str | os.PathLike[str]) -> ShardedMemory:
    """Return the sharded memory in a folder, with the shards that are there now.

    Raises
    ------
    UnreadableFile
        If there is none, or its description or its list of shards is damaged.

    Examples
    --------
    >>> import tempfile, hebbcap
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = create(folder, hebbcap.Dense(), dim=6).append([1, 1, -1, -1, 1, -1])
    ...     open(folder).n_patterns
    1
    """
    place = Path(os.path.abspath(folder))
    name = str(place / DESCRIPTION)
    with explained(name), opened(name) as (stream, size):
        if size > MAX_HEADER_BYTES:
            raise UnreadableFile(f"{name!r} describes no sharded memory: it is too long")
        text, arrays = unpacked(stream, size, name)
        told = parsed(text, name)
        if not isinstance(told, dict) or told.get("format") != _FORMAT or arrays:
            raise UnreadableFile(f"{name!r} describes no sharded memory; hebbcap.sharded.create makes one")
        if told.get("schema") != SCHEMA:
            raise UnreadableFile(f"{name!r} has schema {told.get('schema')!r}; this hebbcap reads {SCHEMA}")
        memory, dim = read(told.get("memory"), {}, name), told.get("dim")
        levels = told.get("levels")
        if not isinstance(memory, Hopfield | Dense) or levels not in [list(pair) for pair in TWO_LEVELS]:
            raise UnreadableFile(f"{name!r} is damaged: it describes a memory that can't be sharded")
        found = ShardedMemory(place, memory, _checks.dimension(dim), tuple(levels))
    return found.refreshed()
