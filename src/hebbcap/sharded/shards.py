"""How do patterns lie in a folder, so that any number of writers may add some and no crash does harm?

One file for each shard, which never changes: its place in the order, its patterns and the hash of its bytes
are its name. The names are all there is to know of a memory's shards: a file is there with all of its bytes,
or not at all, and nothing else has to be brought in line with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from hebbcap._atomic import replacing
from hebbcap._checks import UnreadableFile
from hebbcap.kernels.bits import WORD, Bits, n_words
from hebbcap.patterns.opening import explained, opened
from hebbcap.saving.container import MAX_HEADER_BYTES, packed, parsed, unpacked

SHARD_BYTES: Final = 2**27
"""Bytes of packed patterns that a shard holds at most: 2^20 patterns of 1,024 bits."""

_READ_BYTES: Final = 2**20

_NAME = re.compile(r"(\d{8})-(\d{1,15})-([0-9a-f]{64})\.safetensors")


class Shard(NamedTuple):
    """One file of patterns: its place in the order, how many it holds, and the SHA-256 of its bytes."""

    number: int
    n_patterns: int
    digest: str

    @property
    def name(self) -> str:
        """The name of the file.

        >>> Shard(3, 1000, 64 * "a").name[:20]
        '00000003-1000-aaaaaa'
        """
        return f"{self.number:08d}-{self.n_patterns}-{self.digest}.safetensors"


def listed(folder: Path) -> tuple[Shard, ...]:
    """Return the shards in a folder, in order.

    Raises
    ------
    UnreadableFile
        If the folder can't be read, holds a file that is no shard, or a number is missing.
    """
    with explained(str(folder)):
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    shards = []
    for name in names:
        found = _NAME.fullmatch(name)
        if found is None:
            raise UnreadableFile(f"{str(folder / name)!r} is no shard; only shards may be in this folder")
        shards.append(Shard(int(found[1]), int(found[2]), found[3]))
    numbers = {shard.number for shard in shards}
    missing = set(range(len(numbers))) - numbers
    if missing:
        raise UnreadableFile(
            f"{str(folder)!r} lacks shard {min(missing):08d}, and has later ones; copy it there again"
        )
    return tuple(shards)


def written(folder: Path, patterns: Bits) -> Shard:
    """Write patterns behind all that are there, and return where they are.

    Writers that work at the same time may take the same number: the rest of the name tells their files apart.

    Raises
    ------
    UnwritableFile
        If the file can't be written; no part of it is there then.
    """
    number = max((shard.number for shard in listed(folder)), default=-1) + 1
    # The same patterns twice are two shards: what is drawn here makes their hashes differ.
    text = json.dumps({"dim": patterns.dim, "drawn": secrets.token_hex(16)})
    data = packed(text, {"words": patterns.words})
    shard = Shard(number, len(patterns), hashlib.sha256(data).hexdigest())
    with replacing(folder / shard.name) as stream:
        stream.write(data)
    return shard


def read(folder: Path, shard: Shard, dim: int) -> Bits:
    """Return the patterns of a shard, once its bytes have the hash of its name.

    Raises
    ------
    UnreadableFile
        If the file is gone, or is not what was written.
    TooLarge
        If it doesn't fit in memory.
    """
    name = str(folder / shard.name)
    n_bytes = 4 * shard.n_patterns * n_words(dim)
    with explained(name), opened(name) as (stream, size):
        if not n_bytes < size <= n_bytes + MAX_HEADER_BYTES + 8:
            raise UnreadableFile(
                f"{name!r} is damaged: {size:,} bytes can't be {shard.n_patterns:,} patterns of dim={dim:,}"
            )
        digest = hashlib.sha256()
        while chunk := stream.read(_READ_BYTES):
            digest.update(chunk)
        if digest.hexdigest() != shard.digest:
            raise UnreadableFile(
                f"{name!r} is damaged: its bytes are not those of its name; copy it there again"
            )
        stream.seek(0)
        text, arrays = unpacked(stream, size, name)
        told, words = parsed(text, name), arrays.get("words")
        fits = words is not None and words.shape == (shard.n_patterns, n_words(dim))
        if not fits or words is None or not isinstance(told, dict) or told.get("dim") != dim:
            raise UnreadableFile(f"{name!r} holds other patterns than {shard.n_patterns:,} of dim={dim:,}")
        return Bits(words, dim)


def pieces(patterns: Bits, shard_bytes: int = SHARD_BYTES) -> list[Bits]:
    """Return patterns in runs that each fit in a shard.

    >>> pieces(Bits.pack([[1, -1]] * 5), 8)
    [Bits(n=2, dim=2), Bits(n=2, dim=2), Bits(n=1, dim=2)]
    """
    step = max(shard_bytes * 8 // (WORD * n_words(patterns.dim)), 1)
    return [patterns[start : start + step] for start in range(0, len(patterns), step)]
