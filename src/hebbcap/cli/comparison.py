"""Which memory holds most of these patterns: the command."""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import (
    BUDGET,
    DIM,
    JSON,
    PLOT,
    QUIET,
    SAVE,
    WORK,
    check_places,
    deliver,
    progress_bar,
    with_options,
)

_QUESTION = (
    click.option("--patterns", default="rademacher", show_default=True, help="As for capacity."),
    click.option("--criterion", default="bit-error:0.01", show_default=True, help="As for capacity."),
    click.option("--flips", type=float, default=0.0, show_default=True, help="As for capacity."),
    click.option("--binarise", default="auto", show_default=True, help="As for capacity; or real."),
)
_ANSWER = (
    click.option(
        "--at",
        type=int,
        help="Patterns at which basins, time and room are taken; a load of 0.05 if left out.",
    ),
    click.option("--no-basin", is_flag=True, help="Leave the basins out, which take longest."),
    click.option(
        "--precision",
        type=float,
        default=0.05,
        show_default=True,
        help="Half of each measured interval, relative to the result.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the trials."),
)


@click.command()
@click.argument("memories", nargs=-1, required=True, metavar="MEMORY...")
@with_options(_QUESTION, DIM, _ANSWER, BUDGET, WORK, JSON, PLOT, SAVE, QUIET)
def compare(
    memories: tuple[str, ...],
    no_basin: bool,
    as_json: bool,
    plot: str | None,
    save: str | None,
    quiet: bool,
    **o: Any,
) -> None:
    """Which of the memories holds most of the same patterns?

    Ranked by measured capacity; --budget is for each memory.
    """
    from hebbcap.comparison import compare as ask

    check_places(plot, save)
    with progress_bar(quiet) as progress:
        result = ask(memories, basin=not no_basin, progress=progress, **o)
    deliver(result, "comparison", "comparison", as_json=as_json, plot=plot, save=save)
