"""Which experiments do the cells of a store ask about?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from hebbcap import _checks
from hebbcap.estimate import experiment
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import Experiment


@final
class Questions:
    """The experiments of a campaign as far as they can be made again: each once, and each file read once.

    Parameters
    ----------
    known : mapping of str to Experiment
        Experiments that are at hand, by the key of a cell.
    """

    def __init__(self, known: Mapping[str, Experiment] | None = None) -> None:
        self._known = dict(known or {})
        self._made: dict[tuple[tuple[str, Any], ...], Experiment | None] = {}
        self._drawn: dict[tuple[str, str], Ensemble] = {}

    def of(self, key: str, definition: str, spelled: dict[str, Any]) -> Experiment | None:
        """Return what a cell asks, by its key; None where its spelling no longer gives its definition."""
        if key in self._known:
            return self._known[key]
        if not spelled:
            return None
        options = tuple(sorted(spelled.items()))
        if options not in self._made:
            self._made[options] = self._make(dict(options))
        made = self._made[options]
        return made if made is not None and f" | {made.definition} | " in definition else None

    def _make(self, options: dict[str, Any]) -> Experiment | None:
        try:
            spelled = options.get("patterns", "rademacher"), options.get("binarise", "auto")
            if spelled not in self._drawn:
                self._drawn[spelled] = parse_ensemble(spelled[0], binarise=spelled[1])
            return experiment(**options | {"patterns": self._drawn[spelled]})
        except (_checks.HebbcapError, TypeError):
            return None
