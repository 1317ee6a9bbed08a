"""What was asked in a cell, by its definition alone?

A store must be readable where the files of its patterns are gone and the code of its memories is not at hand,
so that all a table or a picture needs is read off the text that the counts are kept under.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, final

from hebbcap import _checks
from hebbcap.criteria import Criterion, criterion
from hebbcap.measurement.block import STREAMS

_DEFINITION: Final = re.compile(
    r"streams=(?P<streams>\d+) \| (?P<what>.*) \| dim=(?P<dim>\d+) \| (?P<criterion>[a-z-]+:[^ |]+) \| "
    r"flipped=(?P<flipped>\d+) \| (?P<threshold>.*) \| (?P<update>[a-z]+)"
    r"(?: \| code=(?P<code>[0-9a-f]+))? \| K=(?P<n_patterns>\d+) \| seed=(?P<seed>\d+)",
    re.DOTALL,
)
_DATA = re.compile(r"(.*) sha256=([0-9a-f]+)", re.DOTALL)
_DIGITS = 12


@final
@dataclass(frozen=True)
class Asked:
    """The question of a cell, as far as a text tells it.

    Attributes
    ----------
    memory, patterns : str
        Their names, as reports call them.
    dim : int
        D.
    criterion : Criterion
        What counts as holding.
    flips : float
        Fraction of the cue's bits that are flipped.
    threshold, update : str
        Where a neuron switches, and in which order neurons are updated.
    seed : int
        Seed of the trials.
    version : str
        Digests of what the names stand for, where a file or code of the user's own may change under them.
    """

    memory: str
    patterns: str
    dim: int
    criterion: Criterion
    flips: float
    threshold: str
    update: str
    seed: int
    version: str

    def to_dict(self) -> dict[str, Any]:
        """Return the question as numbers and texts.

        >>> from hebbcap.campaign import plan
        >>> cell, = plan({"memory": "dense:3", "dim": 50, "flips": 0.1, "load": 0.5}).cells
        >>> list(read_definition(cell.definition, cell.name).to_dict().values())
        ['dense:3', 'rademacher', 50, 'bit-error:0.01', 0.1, 'Fixed(value=0.0)', 'synchronous', 0, '']
        """
        told = {name: getattr(self, name) for name in NAMES}
        return told | {"criterion": str(self.criterion)}


NAMES: Final = ("memory", "patterns", "dim", "criterion", "flips", "threshold", "update", "seed", "version")
"""What a question consists of, in the order of every table."""


def read_definition(definition: str, name: str, flips: float | None = None) -> Asked:
    """Return what a definition asks.

    Parameters
    ----------
    definition : str
        As `Cell.definition` writes it.
    name : str
        As `Cell.name` writes it; tells where in the definition the memory ends, and what people call it.
    flips : float, optional
        The fraction that was asked for, of which the definition has the number of bits.

    Raises
    ------
    InvalidArgument
        If it is no definition of a cell.
    """
    found = _DEFINITION.fullmatch(definition)
    if found is None:
        raise _checks.fail("definition", definition[:200], "is none of a cell")
    asked, dim = criterion(found["criterion"]), int(found["dim"])
    _checks.dimension(dim)
    memory, patterns, digest = _split(found["what"], name, f", dim {dim:,}, ")
    flipped = int(found["flipped"])
    if flips is None or round(flips * dim) != flipped:
        flips = flipped / dim
    streams = "" if int(found["streams"]) == STREAMS else found["streams"]
    parts = (("streams", streams), ("data", digest))
    version = [f"{what} {text[:_DIGITS]}" for what, text in (*parts, ("code", found["code"] or "")) if text]
    names = (printable(text) for text in (memory, patterns, found["threshold"]))
    memory, patterns, threshold = names
    seed = int(found["seed"])
    return Asked(memory, patterns, dim, asked, flips, threshold, found["update"], seed, ", ".join(version))


def printable(text: str) -> str:
    """Return a text that does nothing to a terminal: names may come from a store that somebody else wrote.

    >>> printable("digits \\x1b[2J")
    'digits ?[2J'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _split(what: str, name: str, after: str) -> tuple[str, str, str]:
    """Return memory, patterns and digest of the data; names of files may hold what stands between them."""
    parts = what.split(" | ")
    for place in range(len(parts) - 1, 0, -1):
        held, drawn = " | ".join(parts[:place]), " | ".join(parts[place:])
        data = _DATA.fullmatch(drawn)
        drawn, digest = (data[1], data[2]) if data else (drawn, "")
        label, found, _ = name.partition(f", {drawn}{after}")
        if found:
            return label, drawn, digest
    held, _, drawn = what.partition(" | ")
    return held, drawn, ""
