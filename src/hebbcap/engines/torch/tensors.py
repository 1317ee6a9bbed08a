"""What does a memory on a device answer, in tensors that stay there?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import torch

from hebbcap import _checks
from hebbcap.engines.protocol import TIE
from hebbcap.engines.torch.dense import real_field, whole_field
from hebbcap.engines.torch.packed import ROUND, Packed, check_room, tile_bytes
from hebbcap.engines.torch.products import product
from hebbcap.engines.torch.tables import WHOLE, overlap_table, prepare
from hebbcap.separation.table import DifferenceTable


@final
@dataclass(frozen=True, eq=False)
class TensorMemory:
    """Patterns on a device, which answers without a round trip to the host.

    Parameters
    ----------
    patterns : Packed
        K patterns of D entries.

    Notes
    -----
    States are tensors (B, D) of any type on the same device: what is above 0 is high, all else low.

    Examples
    --------
    >>> from hebbcap.kernels.bits import Bits
    >>> memory = TensorMemory(Packed.of(Bits.pack([[1, 1, -1, -1], [1, -1, 1, -1]]), torch.device("cpu")))
    >>> states = torch.tensor([[1, 1, -1, 1]], dtype=torch.int8)
    >>> memory.overlaps(states).tolist(), memory.pairwise_field(states).tolist()
    ([[2, -2]], [[0, 4, -4, 0]])
    >>> memory.pairwise_step(states, own=2).tolist()
    [[-1, 1, -1, -1]]
    """

    patterns: Packed

    def states(self, states: torch.Tensor) -> torch.Tensor:
        """Return states (B, D) as int8 -1 and +1, and 0 beyond D, which no overlap then counts."""
        dim, device = self.patterns.dim, self.patterns.device
        if states.ndim != 2 or states.shape[1] != dim:
            raise _checks.fail("states", tuple(states.shape), f"must have shape (B, {dim})", "D is fixed")
        if states.device != device:
            raise _checks.fail("states", str(states.device), f"must be on {device}", f"use .to('{device}')")
        signs = (states > 0).to(torch.int8).mul_(2).sub_(1)
        return torch.nn.functional.pad(signs, (0, self.patterns.width - dim))

    def overlaps(self, states: torch.Tensor) -> torch.Tensor:
        """Return the overlap of each state with each pattern, int32 (B, K)."""
        cues = self.states(states)
        check_room(
            4.0 * len(cues) * len(self.patterns),
            f"overlaps of {len(cues)} states with {len(self.patterns)} patterns",
            cues.device,
            "ask for fewer states at a time",
        )
        result = torch.empty((len(cues), len(self.patterns)), dtype=torch.int32, device=cues.device)
        for run, tile in self.patterns.tiles(8, len(cues)):
            result[:, run] = product(cues, tile)
        return result

    def pairwise_field(self, states: torch.Tensor) -> torch.Tensor:
        """Return the sums over patterns of overlap times entry, int64 (B, D)."""
        table = overlap_table(self.patterns.dim, self.patterns.device)
        return self._in_runs(states, lambda cues: (whole_field(self.patterns, cues, table),))[0]

    def separated_field(
        self, states: torch.Tensor, table: DifferenceTable
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a dense memory's local fields and the log of their unit, float64 (B, D) and (B,).

        Whole tables are summed exactly, and rounded once, while the sums are sure to stay below 2^62.
        """
        ready = prepare(table, self.patterns.dim, self.patterns.device)
        both, own = ready.both, ready.own

        def field(cues: torch.Tensor) -> tuple[torch.Tensor, ...]:
            if both is None or len(self.patterns) * ready.bound >= WHOLE:
                return real_field(self.patterns, cues, ready.real)
            twice = whole_field(self.patterns, cues, both, own)
            log_unit = torch.full((len(cues),), ready.real.log_step, dtype=torch.float64, device=cues.device)
            return twice.bitwise_right_shift_(1).to(torch.float64), log_unit

        values, log_unit = self._in_runs(states, field)
        return values, log_unit

    def pairwise_step(self, states: torch.Tensor, own: int, threshold: float = 0.0) -> torch.Tensor:
        """Return the states, int8 (B, D), after one update of all neurons together.

        Parameters
        ----------
        states : Tensor, shape (B, D)
            Where the neurons are; one whose field is exactly at threshold stays there.
        own : int
            How many times the neuron's state is taken away from its field: K for the Hebb rule without
            self-coupling.
        threshold : float
            The field above which a neuron is high.
        """
        now = self.states(states)[:, : self.patterns.dim]
        field = self.pairwise_field(states) - own * now.to(torch.int64)
        above = field.to(torch.float64) - threshold  # against a bare float, PyTorch would round to single
        return torch.where(above == 0, now, above.sign().to(torch.int8))

    def separated_step(self, states: torch.Tensor, table: DifferenceTable) -> torch.Tensor:
        """Return the states of a dense memory, int8 (B, D), after one update of all neurons together.

        Parameters
        ----------
        states : Tensor, shape (B, D)
            Where the neurons are; one whose field is 0 stays there.
        table : DifferenceTable
            Of the separation function, as `hebbcap.Polynomial(3).table(D)`.
        """
        now = self.states(states)[:, : self.patterns.dim]
        field, _ = self.separated_field(states, table)
        tied = field.abs() <= TIE * field.abs().mean(dim=1, keepdim=True)
        return torch.where(tied, now, field.sign().to(torch.int8))

    def weights(self) -> torch.Tensor:
        """Return the sums over patterns of entry times entry, int32 (D, D)."""
        dim, device = self.patterns.dim, self.patterns.device
        check_room(4.0 * dim**2, f"weights of dim={dim}", device, "pairwise_field works without the weights")
        result = torch.zeros((dim, dim), dtype=torch.int32, device=device)
        step = max(tile_bytes(device) // (4 * dim) // ROUND, 1) * ROUND
        blocks = [slice(start, min(start + step, dim)) for start in range(0, dim, step)]
        for _, tile in self.patterns.tiles(0, 0):
            columns = tile.t().contiguous()[:dim]
            for rows in blocks:  # the rest is their mirror image
                result[rows, : rows.stop] += product(columns[rows], columns[: rows.stop])
        for rows in blocks:
            result[: rows.start, rows] = result[rows, : rows.start].t()
        return result

    def _in_runs(
        self, states: torch.Tensor, field: Callable[[torch.Tensor], tuple[torch.Tensor, ...]]
    ) -> tuple[torch.Tensor, ...]:
        """Return a field's arrays for all states, as many at a time as the sums of a tile have room for."""
        step = max(tile_bytes(self.patterns.device) // (64 * self.patterns.width) // ROUND, 1) * ROUND
        found = [field(cues) for cues in torch.split(self.states(states), step)]
        values, *others = (torch.cat(arrays) for arrays in zip(*found, strict=True))
        return values[:, : self.patterns.dim], *others
