"""What does the kernel of one pass read and write, and where does it stand?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, final

from hebbcap.kernels.one_pass.definition import MOST_CUES
from hebbcap.kernels.one_pass.lookup_sums import REGISTER, Lookup32
from hebbcap.kernels.random.philox_kernel import BYTES

RUN: Final = 2
"""Blocks that are drawn and added up at a time: their tables stay in the first cache."""

LIMB: Final = 24
"""Bits of a lower limb: the sums of a run, and what was left over before, stay below 2^31."""

ROW: Final = 4 * MOST_CUES
"""Bytes of 32 words: one for each neuron of a tile, pattern of a block or cue."""

PARAMETERS: Final = (
    "tiles",  # tiles of 32 judged neurons
    "cues",
    "segments",  # how many, and where: see SEGMENT
    "plan",
    "key",
    "streams",  # address of each stream's upper half of the counter, and where its flipped bits begin
    "rest_upper",  # what must be added to the former for the neurons that aren't judged
    "valid",  # address of the words of judged neurons, a word for each tile
    "rest",  # addresses of the chances of the neurons that aren't judged, and where to begin to look
    "guide",
    "table",  # address of the weights of 0 to D disagreements,
    "table_high",  # of their upper limbs where they have two,
    "kept",  # and of d(m - 1) - d(m + 1), what they keep
    "weight0",  # or the coefficients of their polynomials in the number of disagreements
    "weight1",
    "weight2",
    "kept0",
    "kept1",
    "own_same",  # - 2 d(m - 1) and 2 d(m + 1) at the overlap of a cue with its pattern
    "own_flipped",
    "half_unit_log",  # log2 of twice the unit
    "limit",  # weight, or sum of weights in a lane, up to which all is exact
    "grid",  # numbers of the grid
    "wrong",  # addresses of the results
    "failed",
    "beyond",
)
"""What the kernel is told, 64 bits each."""

SEGMENT: Final = ("first_block", "blocks", "fresh", "mask", "group", "groups", "n_patterns", "grid_index")
"""Patterns that are added up together: blocks, at first sight to be drawn; which bits of each; the first
lookup that they take, and how many, 1, 2 or all; and, where fields are compared afterwards, the K and its
number in the grid, else 0."""

GROUPS: Final = 4
"""Lookups of a block, of eight patterns each."""

AREAS: Final = (
    "columns",
    "rows",
    "states",
    "weights",
    "kept",
    "tables",
    "totals",
    "sums",
    "kept_sums",
    "sizes",
    "bounds",
    "counts",
    "draws",
)
"""Parts of a worker's memory."""


@final
@dataclass(frozen=True)
class Kind:
    """What a kernel is made for.

    Attributes
    ----------
    together : int
        Lookups that are added up in 16 bits, see `Lookup16`; 0 for sums of 32 bits.
    smooth : bool
        Weights are a polynomial of degree 2 in the number of disagreements, and what is kept one of degree 1,
        as those of the Hebb rule and of a dense memory of order 3; else both stand in tables.
    limbs : int
        Numbers of 32 bits that a weight takes, 1 or 2; the lower of two has `LIMB` bits.
    flips, rest : bool
        Whether cues have flipped bits; whether there are neurons that aren't judged.
    """

    together: int
    limbs: int
    smooth: bool
    flips: bool
    rest: bool


def area_bytes(tiles: int, cues: int, limbs: int) -> dict[str, int]:
    """Return how many bytes each part of a worker's memory takes."""
    sets = cues * limbs
    return {
        "columns": (RUN * tiles + 1) * BYTES,
        "rows": RUN * tiles * ROW,
        "states": tiles * ROW,
        "weights": RUN * sets * ROW,
        "kept": RUN * cues * 2 * ROW,
        "tables": RUN * sets * Lookup32.GROUPS * REGISTER,
        "totals": tiles * sets * ROW,
        "sums": sets * REGISTER,
        "kept_sums": cues * REGISTER,
        "sizes": cues * REGISTER,
        "bounds": cues * 32,
        "counts": cues * 8,
        "draws": 2 * BYTES,
    }
