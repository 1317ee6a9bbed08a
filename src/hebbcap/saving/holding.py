"""How does a memory take back the patterns that it held, when nobody vouches for them?

Through the same checks as patterns that are stored; what it worked out from them is made anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from hebbcap import _checks
from hebbcap.kernels.bits import Bits
from hebbcap.memories.continuous.random_features import RandomFeatures
from hebbcap.memories.neurons import FieldMemory
from hebbcap.memories.pairs import PairMemory
from hebbcap.memories.protocol import SIGNS, TWO_LEVELS, ZERO_ONE, Memory, as_patterns, in_words, is_of
from hebbcap.memories.stored import StoredPatterns
from hebbcap.patterns.discrete import checked_levels

Levels = tuple[float, ...] | None


def filled(empty: Memory, held: dict[str, Any]) -> Memory:
    """Return the memory that holds these private fields, each as it was saved.

    Raises
    ------
    InvalidArgument
        If patterns are none of this memory's, or the fields contradict each other.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> filled(Hopfield(), {"_patterns": np.ones((1, 2), np.int8), "_levels": None}).patterns
    array([[1, 1]], dtype=int8)
    """
    levels: Levels = held.pop("_levels", None)
    if levels is not None and levels not in TWO_LEVELS:
        levels = checked_levels(levels)
    if isinstance(empty, RandomFeatures):
        return _summed(empty, **held)
    if isinstance(empty, PairMemory):
        return _paired(empty, levels, **held)
    if isinstance(empty, FieldMemory):
        return _with_levels(empty, held.get("_patterns"), levels)
    rows = [array for array in held.values() if array is not None]
    if len(rows) > 1 or (rows and held["_patterns"] is not None):
        return empty.store(*rows)
    if rows:
        raise _checks.fail("values", "array", "must come with patterns")
    return empty


def _with_levels(empty: FieldMemory, patterns: Any, levels: Levels) -> FieldMemory:
    """Return a memory of neurons that holds patterns (K, D), packed or int8."""
    if patterns is None:
        if levels is not None:
            empty.check_levels(levels)
        return empty.holding(None, levels)
    if isinstance(patterns, Bits):
        assert isinstance(empty, StoredPatterns)
        return empty.store(patterns, levels=levels)
    rows = as_patterns(patterns, levels or (SIGNS if patterns.all() else ZERO_ONE))
    rows.setflags(write=False)
    made = empty.holding(rows, levels)
    made.check_levels(made.levels)
    _check(rows, made.levels)
    return made


def _paired(
    empty: PairMemory, levels: Levels, _inputs: Any = None, _outputs: Any = None, _hidden: Any = None
) -> PairMemory:
    """Return a memory of pairs that holds inputs (K, D), outputs (K, D_out), and codes of its own between."""
    if levels is not None:
        empty.check_levels(levels)
    if _inputs is None and _outputs is None and _hidden is None:
        return empty.holding_pairs(None, None, levels)
    more = {} if _hidden is None else {"hidden": _hidden}
    described: Any = empty.store(_inputs, _outputs, **more)
    if levels is not None:
        for rows in (_inputs, _outputs, *(_hidden or ())):
            _check(rows, levels)
    made: PairMemory = replace(described, _levels=levels)
    return made


def _summed(
    empty: RandomFeatures, _weights: Any = None, _n_patterns: int = 0, _dim: int | None = None
) -> RandomFeatures:
    """Return a memory that holds the sum of the features of so many patterns."""
    if _weights is None:
        if _n_patterns or _dim is not None:
            raise _checks.fail("n_patterns", _n_patterns, "must be 0 where no weights are")
        return empty
    _checks.pattern_count(_n_patterns)
    _checks.dimension(_dim)
    if _weights.shape != (empty.features,):
        raise _checks.fail("weights.shape", _weights.shape, f"must be ({empty.features},)")
    weights = _weights.copy()
    weights.setflags(write=False)
    return replace(empty, _weights=weights, _n_patterns=_n_patterns, _dim=_dim)


def _check(rows: Any, levels: tuple[float, ...]) -> None:
    if not is_of(np.asarray(rows), levels):
        raise _checks.fail("patterns", "array", f"must hold only {in_words(levels)}", "the levels named")
