"""Which memory holds most of these patterns, and at what price?

`compare` asks every memory the same question of the same patterns. It holds no science: it asks for each
capacity, and at one common number of patterns for the basins, the time and the room that they take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, final

from numpy.typing import ArrayLike

from hebbcap import _checks
from hebbcap.criteria import OVERLAP, Criterion
from hebbcap.estimate import Capacity, capacity, check_answer, check_cost, experiment
from hebbcap.measurement.basins import MeasuredRadius, measure_radius
from hebbcap.measurement.cost import trial_cost
from hebbcap.measurement.measured import Progress, progress_of_part
from hebbcap.measurement.meter import seconds
from hebbcap.measurement.speed import recall_seconds
from hebbcap.memories import Memory, Recaller
from hebbcap.memories import memory as parse_memory
from hebbcap.memories.own import Own
from hebbcap.memories.protocol import name_of
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.question import Experiment

DEFAULT_PRECISION: Final = 0.05
BASIN_OVERLAP: Final = 0.95
"""The overlap that counts as recalled where the criterion names none."""

COMMON_LOAD: Final = 0.05
"""Patterns per neuron at which memories are compared beside their capacity, if nothing else is asked for."""

_BASIN_SECONDS = 10.0
"""Seconds that the radius of one memory's basins may take, where no budget says otherwise."""

_LONGEST = 1.0
"""Reckoned seconds of a trial beyond which the radius of its basins is not measured."""


@final
@dataclass(frozen=True)
class Compared:
    """What one memory makes of the question.

    Attributes
    ----------
    memory : str
        Its name.
    capacity : Capacity or None
        How many patterns it holds; None where it can't be asked.
    basin : MeasuredRadius or None
        From how far half of the patterns come back at the common number of patterns; None if not measured.
    seconds : float or None
        Seconds that one cue takes there on this machine, of 64 together.
    n_bytes : float or None
        Bytes that the memory keeps there, each number in as many bits as its values need.
    local : bool or None
        Whether a synapse can be written from its own weight and two neurons; None if unknown.
    why_not : str
        Why there is no number where there is none; may be empty.
    """

    memory: str
    capacity: Capacity | None
    basin: MeasuredRadius | None = None
    seconds: float | None = None
    n_bytes: float | None = None
    local: bool | None = None
    why_not: str = ""

    @property
    def label(self) -> str:
        """What a person reads for its name."""
        return self.memory if self.capacity is None else self.capacity.experiment.memory_label

    @property
    def n_patterns(self) -> int:
        """The measured capacity; -1 where there is none."""
        found = None if self.capacity is None else self.capacity.measured
        return -1 if found is None else found.n_patterns

    @property
    def per_parameter(self) -> float | None:
        """Bits stored for each number kept, at capacity."""
        found = None if self.capacity is None else self.capacity.information
        return None if found is None else found.per_parameter


@final
@dataclass(frozen=True)
class Comparison:
    """Memories side by side, the one that holds most first.

    Attributes
    ----------
    experiment : Experiment
        The question, with the first memory that could be asked.
    at : int
        The common number of patterns at which basins, seconds and bytes are taken.
    seed : int
        Seed of the trials.
    rows : tuple of Compared
        One for each memory, by falling capacity.
    """

    experiment: Experiment
    at: int
    seed: int
    rows: tuple[Compared, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain numbers and texts, as `--json` prints it."""
        asked = self.experiment
        return {
            "patterns": asked.ensemble.name,
            "dim": asked.dim,
            "criterion": str(asked.criterion),
            "flips": asked.flips,
            "at": self.at,
            "seed": self.seed,
            "memories": [_row_dict(row) for row in self.rows],
        }

    def __repr__(self) -> str:
        asked = self.experiment
        ranked = ", ".join(f"{row.memory} {_shown(row)}" for row in self.rows)
        return f"Comparison({asked.ensemble.name}, dim={asked.dim}, {asked.criterion}: {ranked})"


def compare(
    memories: Iterable[str | Memory | Recaller],
    *,
    patterns: str | Ensemble | ArrayLike = "rademacher",
    dim: int | None = None,
    criterion: str | Criterion = "bit-error:0.01",
    flips: float = 0.0,
    binarise: str = "auto",
    at: int | None = None,
    basin: bool = True,
    precision: float = DEFAULT_PRECISION,
    seed: int = 0,
    budget: str | float | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Return memories ranked by how many of the same patterns they hold.

    Parameters
    ----------
    memories : iterable of str, Memory or Recaller
        As `hebbcap.experiment` takes them; each with the threshold that fits it.
    patterns, dim, criterion, flips, binarise
        The question, as for `hebbcap.experiment`.
    at : int, optional
        The number of patterns at which basins, seconds and bytes are taken; a load of 0.05 if left out, where
        even Hebb's rule holds independent patterns.
    basin : bool
        Whether to measure the radius of the basins, which takes longest.
    precision : float
        Half the width of each measured interval over its capacity, 0.001 to 0.5.
    seed : int
        Seed of the trials, non-negative.
    budget : float or str, optional
        Seconds that each capacity and each basin may take, or text such as "30s"; without one, about a minute
        as reckoned, and ten seconds.
    progress : callable, optional
        Called with the share of the work done and a line of text.

    Returns
    -------
    Comparison
        A row for each memory; one that can't be asked or measured says why and comes last.

    Raises
    ------
    InvalidArgument
        If there is no memory, one is unknown, or the question is wrong for every one of them. Where none can
        be measured, the error of the first.

    Examples
    --------
    >>> compare(["hopfield", "dense:3"], dim=64, basin=False)
    Comparison(rademacher, dim=64, bit-error:0.01: dense:3 249 [241, 257], hopfield 12 [12, 13])
    """
    if not isinstance(memories, Iterable):
        raise _checks.fail("memories", memories, "must be a list of them", "as ['hopfield', 'dense:3']")
    named = [memories] if isinstance(memories, str) else list(memories)
    if not named:
        raise _checks.fail("memories", named, "must not be empty", "as ['hopfield', 'dense:3']")
    check_answer(precision, seed, True, True, progress)
    limit = seconds(budget)
    if at is not None:
        _checks.pattern_count(at)
    drawn = parse_ensemble(patterns, binarise=binarise)
    shared = {"patterns": drawn, "dim": dim, "criterion": criterion, "flips": flips}
    asked = [_asked(parse_memory(memory, mean=drawn.mean), shared) for memory in named]
    questions = [question for question in asked if isinstance(question, Experiment)]
    if not questions:
        raise next(error for error in asked if isinstance(error, _checks.InvalidArgument))
    names = [memory if isinstance(memory, str) else name_of(memory) for memory in named]
    parts = 2 * len(asked) if basin else len(asked)
    found: list[Capacity | _checks.HebbcapError] = []
    for number, question in enumerate(asked):
        part = progress_of_part(progress, number, parts, names[number])
        found.append(_capacity(question, precision, seed, limit, part))
    if not any(isinstance(answer, Capacity) for answer in found):
        raise next(
            answer
            for answer, question in zip(found, asked, strict=True)
            if isinstance(question, Experiment) and isinstance(answer, _checks.HebbcapError)
        )
    common = at if at is not None else max(round(COMMON_LOAD * questions[0].dim), 2)
    rows = []
    for number, result in enumerate(found):
        if not isinstance(result, Capacity):
            rows.append(Compared(names[number], None, why_not=str(result)))
            continue
        part = progress_of_part(progress, len(asked) + number, 2 * len(asked), names[number])
        rows.append(_compared(result, common, basin, seed, limit, part))
    first = next(answer.experiment for answer in found if isinstance(answer, Capacity))
    rows.sort(key=lambda row: -row.n_patterns)
    return Comparison(first, common, seed, tuple(rows))


def _capacity(
    question: Experiment | _checks.InvalidArgument,
    precision: float,
    seed: int,
    budget: float | None,
    progress: Progress | None,
) -> Capacity | _checks.HebbcapError:
    """Return the capacity, or why there is none; what else the user's own code raises is not held back."""
    if not isinstance(question, Experiment):
        return question
    try:
        answer = capacity(
            question, theory=False, precision=precision, seed=seed, budget=budget, progress=progress
        )
        answer.information  # noqa: B018 - asks a memory of the user's own what it keeps
    except _checks.HebbcapError as error:
        return error
    return answer


def _asked(memory: Memory | Recaller, shared: dict[str, Any]) -> Experiment | _checks.InvalidArgument:
    """Return the question to a memory, or why it can't be asked."""
    try:
        return experiment(memory, **shared)
    except _checks.InvalidArgument as error:
        return error


def _compared(
    result: Capacity, at: int, basin: bool, seed: int, budget: float | None, progress: Progress | None
) -> Compared:
    question = result.experiment
    memory, name = question.memory, question.memory_name
    local = memory.is_local if isinstance(memory, Memory) else None
    if at > question.max_patterns:
        return Compared(name, result, local=local, why_not=f"there are no {at:,} patterns")
    row = Compared(name, result, local=local)
    try:
        kept = memory.storage(question.dim, at) if isinstance(memory, Memory | Own) else None
        row = replace(row, n_bytes=None if kept is None else kept.bits / 8)
        cost = trial_cost(question, (at,), in_streams=False)
        check_cost(cost, f"a trial with {at:,} patterns", "compare at fewer")
        radius = _radius(question, at, seed, budget, progress) if basin else None
        return replace(row, basin=radius, seconds=recall_seconds(question, at, seed))
    except _checks.HebbcapError as error:
        return replace(row, why_not=str(error))


def _radius(
    question: Experiment, at: int, seed: int, budget: float | None, progress: Progress | None
) -> MeasuredRadius | None:
    """Return from how far half of the patterns come back; None where that takes too long."""
    goal = question.criterion if question.criterion.kind == OVERLAP else Criterion(OVERLAP, BASIN_OVERLAP)
    to_rest = replace(question, criterion=goal, flips=0.0)
    if trial_cost(to_rest, (at,), in_streams=False).seconds > _LONGEST:
        return None
    limit = _BASIN_SECONDS if budget is None else budget
    return measure_radius(to_rest, at, precision=0.02, seed=seed, budget=limit, progress=progress)


def _row_dict(row: Compared) -> dict[str, Any]:
    measured = None if row.capacity is None else row.capacity.to_dict()["measured"]
    basin = None
    if row.basin is not None:
        basin = {"radius": row.basin.radius, "low": row.basin.low, "high": row.basin.high}
    return {
        "memory": row.memory,
        "local": row.local,
        "capacity": measured,
        "bits_per_parameter": row.per_parameter,
        "basin": basin,
        "seconds_per_cue": row.seconds,
        "bytes": row.n_bytes,
        "why_not": row.why_not,
    }


def _shown(row: Compared) -> str:
    found = None if row.capacity is None else row.capacity.measured
    return "not asked" if found is None else found.brief
