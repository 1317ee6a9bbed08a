"""How are packed patterns held on a device, and unpacked there tile by tile?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import final

import numpy as np
import torch

from hebbcap import _checks
from hebbcap.kernels.bits import Bits

ROUND = 32
"""Tiles are multiples of this where they can be, as the units for int8 matrices like them."""

_TILE_CPU = 2**24
"""Bytes of a tile on a processor: about what its caches hold."""

_TILE_CARD = 2**30
"""Most bytes of a tile on a card: larger ones keep it no busier."""

_SHARE = 4
"""One part in so many of a card's free memory is used for a tile: the rest is for results and others."""

_LONGEST = 2**22
"""Most patterns of a tile: 128 times as many still fit in the int32 in which products are summed."""


@final
@dataclass(frozen=True, eq=False)
class Packed:
    """Patterns of two levels on a device, one bit for each entry.

    Attributes
    ----------
    octets : Tensor of uint8, shape (n, 4 * ceil(dim / 32))
        Bit j % 8 of octet j // 8 is 1 where entry j is high; 0 beyond `dim`.
    dim : int
        D, the number of entries of each.

    Examples
    --------
    >>> packed = Packed.of(Bits.pack([[1, -1, 1], [-1, -1, 1]]), torch.device("cpu"))
    >>> packed.octets.tolist()
    [[5, 0, 0, 0], [4, 0, 0, 0]]
    >>> packed.unpack()[:, :3].tolist()
    [[1, -1, 1], [-1, -1, 1]]
    """

    octets: torch.Tensor
    dim: int

    @classmethod
    def of(cls, bits: Bits, device: torch.device) -> Packed:
        """Bring packed patterns to a device; on a processor the memory is shared where it may be."""
        words = np.ascontiguousarray(bits.words).astype("<u4", copy=False)
        octets = words.view(np.uint8)
        return cls(torch.from_numpy(octets if octets.flags.writeable else octets.copy()).to(device), bits.dim)

    def __len__(self) -> int:
        return len(self.octets)

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return self.octets.device

    @property
    def width(self) -> int:
        """Entries of an unpacked row: D rounded up to whole words."""
        return 8 * int(self.octets.shape[1])

    def unpack(self) -> torch.Tensor:
        """Return them as -1 and +1, int8 of shape (n, width); what lies beyond D means nothing."""
        octets = self.octets.reshape(-1).to(torch.int32)
        return _entries(self.device).index_select(0, octets).view(torch.int8).view(len(self), self.width)

    def tiles(
        self, per_state: int, n_states: int, per_entry: int = 3
    ) -> Iterator[tuple[slice, torch.Tensor]]:
        """Yield runs of patterns, unpacked, as many at a time as fit the device's share for tiles.

        Parameters
        ----------
        per_state : int
            Bytes that a (states x patterns) array takes for each of its entries, all such arrays together.
        n_states : int
            B, how many states meet each tile.
        per_entry : int
            Bytes that a tile takes for each of its entries, in all forms together.
        """
        one = per_state * n_states + per_entry * self.width
        step = min(max(tile_bytes(self.device) // one // ROUND, 1) * ROUND, _LONGEST)
        for start in range(0, len(self), step):
            run = slice(start, min(start + step, len(self)))
            yield run, Packed(self.octets[run], self.dim).unpack()


def tile_bytes(device: torch.device) -> int:
    """Return how many bytes the arrays of one tile may take on a device."""
    if device.type != "cuda":
        return _TILE_CPU
    return min(_free_bytes(device) // _SHARE, _TILE_CARD)


def check_room(n_bytes: float, what: str, device: torch.device, way_out: str) -> None:
    """Refuse, before allocating, a request for more memory than its device has free."""
    if device.type != "cuda":
        _checks.check_fits(n_bytes, what, way_out)
        return
    free = _free_bytes(device)
    if n_bytes > free:
        raise _checks.TooLarge(
            f"{what} needs {n_bytes / 2**30:,.1f} GiB, and {free / 2**30:,.1f} GiB are free on {device}; "
            f"{way_out}"
        )


def _free_bytes(device: torch.device) -> int:
    """Memory of a card that nobody uses, what PyTorch keeps in reserve included."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))


@cache
def _entries(device: torch.device) -> torch.Tensor:
    """The eight entries of each octet, as one int64 each: unpacking is then one look-up for eight entries."""
    high = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    return torch.from_numpy(high.astype(np.int8) * 2 - 1).view(torch.int64).reshape(-1).to(device)
