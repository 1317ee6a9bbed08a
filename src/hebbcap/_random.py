"""Where does randomness come from?

Single calls take `rng`, anything that `numpy.random.default_rng` accepts. Campaigns take an integer
`seed`: block b of an experiment draws from `SeedSequence(seed, spawn_key=(experiment, b))`, so the same
seed gives the same counts in any order of work.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np

RandomState: TypeAlias = "int | np.random.Generator | np.random.SeedSequence | None"


def block_stream(seed: int, experiment: str, block: int) -> np.random.Generator:
    """Return the generator of block `block` of the experiment with this definition.

    Parameters
    ----------
    seed : int
        Non-negative; the user's seed.
    experiment : str
        Text that defines the experiment completely; only its hash is used.
    block : int
        Number of the block, from 0.

    >>> bool(block_stream(0, "hopfield", 3).random() == block_stream(0, "hopfield", 3).random())
    True
    """
    digest = hashlib.sha256(experiment.encode()).digest()
    key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*key, block)))
