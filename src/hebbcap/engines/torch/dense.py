"""What fields does a dense memory give, without a (states x patterns) array?

Each tile of patterns is unpacked, gives overlaps, looks up terms and adds its part of the field, all on the
device. Whole numbers are summed exactly; real ones in double precision.
"""

from __future__ import annotations

import math

import torch

from hebbcap.engines.torch.packed import Packed
from hebbcap.engines.torch.products import product, summed
from hebbcap.engines.torch.tables import RealTable, WholeTable, look_up

_LOST = 53 * math.log(2)
"""e-folds below the largest term at which a term is lost in a sum of double precision."""


def agreements(states: torch.Tensor, tile: torch.Tensor, dim: int) -> torch.Tensor:
    """Return in how many entries states (B, width) and patterns (T, width) agree, int32 (B, T)."""
    return product(states, tile).add_(dim).bitwise_right_shift_(1)


def whole_field(
    patterns: Packed, states: torch.Tensor, table: WholeTable, own: torch.Tensor | None = None
) -> torch.Tensor:
    """Return sums of whole numbers over patterns, int64 (B, width).

    Parameters
    ----------
    patterns : Packed
        K patterns.
    states : Tensor of int8, shape (B, width)
        Entries -1 and +1, and 0 beyond D.
    table : WholeTable
        What a pattern's entries are multiplied with.
    own : Tensor of int64, shape (D + 1,), optional
        What the state's own entries are multiplied with, for each pattern.
    """
    n_digits = len(table.digits)
    total = torch.zeros(states.shape, dtype=torch.int64, device=states.device)
    kept = torch.zeros((len(states), 1), dtype=torch.int64, device=states.device)
    for _, tile in patterns.tiles(16 + 2 * n_digits, len(states)):
        agreed = agreements(states, tile, patterns.dim)
        by_digit = product(table.at(agreed), tile.t()).reshape(n_digits, *states.shape)
        total += summed(by_digit) * table.step
        if own is not None:
            kept += look_up(own, agreed).sum(dim=1, keepdim=True)
    return total + kept * states


def real_field(patterns: Packed, states: torch.Tensor, table: RealTable) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the local fields, float64 (B, width), and the log of their unit (B,).

    Patterns whose terms the largest of every neuron would swallow are left out of the sums.
    """
    lost = _LOST + math.log(max(len(patterns), 1))
    leaves_out = table.reach > lost
    log_unit = torch.full((len(states),), table.log_step, dtype=torch.float64, device=states.device)
    if leaves_out or table.values is None:
        largest, sure = _peaks(patterns, states, table)
        log_unit = log_unit if table.values is not None else torch.where(largest.isneginf(), 0.0, largest)
    total = torch.zeros(states.shape, dtype=torch.float64, device=states.device)
    kept = torch.zeros((len(states), 1), dtype=torch.float64, device=states.device)
    for _, tile in patterns.tiles(64, len(states), per_entry=20):
        agreed = agreements(states, tile, patterns.dim)
        if leaves_out:
            matters = look_up(table.largest, agreed) >= (sure - lost)[:, None]
            some = matters.any(dim=0).nonzero()[:, 0]
            tile, agreed = tile.index_select(0, some), agreed.index_select(1, some)
        below, above = table.at(agreed, log_unit)
        if table.is_steep:
            total += _separate(states, below, above, tile)
        else:
            total += (0.5 * (below + above)) @ tile.to(torch.float64)
            kept += 0.5 * (below - above).sum(dim=1, keepdim=True)
    if table.values is None:
        log_unit = log_unit + table.log_step
    return total + kept * states, log_unit


def _peaks(patterns: Packed, states: torch.Tensor, table: RealTable) -> tuple[torch.Tensor, torch.Tensor]:
    """Log of the largest term of each state, and of one that each of its neurons reaches, shape (B,)."""
    largest = torch.full((len(states),), -math.inf, dtype=torch.float64, device=states.device)
    sure = largest.clone()
    for _, tile in patterns.tiles(24, len(states)):
        agreed = agreements(states, tile, patterns.dim)
        largest = torch.maximum(largest, look_up(table.largest, agreed).amax(dim=1))
        sure = torch.maximum(sure, look_up(table.least, agreed).amax(dim=1))
    return largest, sure


def _separate(
    states: torch.Tensor, below: torch.Tensor, above: torch.Tensor, tile: torch.Tensor
) -> torch.Tensor:
    """Fields where above dwarfs below, and would swallow it in a sum: four products instead of one."""
    high, low = (tile > 0).to(torch.float64), (tile < 0).to(torch.float64)
    on, off = below @ high - above @ low, above @ high - below @ low
    return torch.where(states > 0, on, off)
