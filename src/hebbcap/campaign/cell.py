"""What is one cell of a campaign, and when are two of them the same?

A cell is an experiment at one number of patterns. Its key is a hash of all that its counts depend on, so that
whatever changes a count is another cell.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from dataclasses import dataclass
from functools import cached_property, partial
from types import CellType, FunctionType, MethodType
from typing import Any, Final, final

import numpy as np

from hebbcap.measurement.block import STREAMS
from hebbcap.memories import Memory
from hebbcap.memories.own import Own
from hebbcap.question import Experiment

_PLAIN: Final = ("builtins", "numpy", "torch")
"""Where types come from whose values are told by showing them."""


@final
@dataclass(frozen=True)
class Cell:
    """An experiment at one number of patterns, with the seed of its trials.

    Attributes
    ----------
    experiment : Experiment
        The question.
    n_patterns : int
        K, the number of stored patterns.
    seed : int
        Seed of the trials, non-negative.
    spelling : tuple of (str, str, int or float)
        The options that `hebbcap.experiment` makes this experiment of, where it can be spelled.

    Examples
    --------
    >>> from hebbcap.memories import Hopfield
    >>> from hebbcap.patterns import Rademacher
    >>> cell = Cell(Experiment(Hopfield(), Rademacher(), 100), 14, seed=0)
    >>> cell.load, cell.key[:8]
    (0.14, '292a79e8')
    """

    experiment: Experiment
    n_patterns: int
    seed: int
    spelling: tuple[tuple[str, Any], ...] = ()

    @property
    def load(self) -> float:
        """K / D."""
        return self.n_patterns / self.experiment.dim

    @property
    def definition(self) -> str:
        """Text that everything depends on that is counted in this cell."""
        code = _code(self.experiment.memory)
        asked = self.experiment.definition + (f" | code={code}" if code else "")
        return f"streams={STREAMS} | {asked} | K={self.n_patterns} | seed={self.seed}"

    @cached_property
    def key(self) -> str:
        """Hash of the definition, 32 hexadecimal digits."""
        return key_of(self.definition)

    @property
    def name(self) -> str:
        """The cell in a line, for people."""
        e = self.experiment
        flips = f", flips {e.flips:g}" if e.flips else ""
        return (
            f"{e.memory_label}, {e.ensemble.name}, dim {e.dim:,}, {e.criterion}{flips}, "
            f"{self.n_patterns:,} patterns"
        )


def key_of(definition: str) -> str:
    """Return the key of the cell with this definition."""
    return hashlib.sha256(definition.encode()).hexdigest()[:32]


def _code(memory: Any) -> str:
    """Return a hash of the code of a memory of the user's own; its name alone would not tell of a change."""
    if isinstance(memory, Memory):
        return ""
    parts = (memory.storing, memory.recalling) if isinstance(memory, Own) else (memory,)
    seen: set[int] = set()
    return hashlib.sha256("\n".join(_source(part, seen) for part in parts).encode()).hexdigest()[:16]


def _source(thing: Any, seen: set[int]) -> str:
    """Return the code of a function, class or object with the values that it holds, without addresses."""
    if id(thing) in seen:
        return ""
    seen.add(id(thing))
    if isinstance(thing, partial):
        return "\n".join(_source(part, seen) for part in (thing.func, thing.args, thing.keywords))
    if isinstance(thing, MethodType):
        return _source(thing.__func__, seen) + _source(thing.__self__, seen)
    if isinstance(thing, FunctionType):
        held = [cell.cell_contents for cell in thing.__closure__ or () if cell != CellType()]
        values = [*held, *(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
        return "\n".join([_text(thing), *(_source(value, seen) for value in values)])
    if isinstance(thing, type):
        return _text(thing)
    if type(thing).__module__ in _PLAIN:
        return _shown(thing)
    return "\n".join((_text(type(thing)), _shown(thing), _shown(getattr(thing, "__dict__", ""))))


def _text(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):  # written where no file is, or not in Python
        code = getattr(thing, "__code__", None)
        return repr(thing) if code is None else f"{code.co_code!r} {code.co_names!r} {_shown(code.co_consts)}"


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
