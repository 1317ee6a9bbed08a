"""How far may a cue be from its pattern: the command."""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import (
    ANSWER,
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
    separated,
    split_answer,
    wanted,
    with_options,
)

_MEMORY = (
    click.option("--order", type=int, help="Power N of F(x) = x^N / N, for dense and rectified."),
    click.option("--rule", help="Learning rule of hopfield, as for capacity."),
    click.option("--patterns", default="rademacher", show_default=True, help="As for capacity."),
    click.option("--threshold", help="As for capacity; chosen to fit if left out."),
    click.option("--update", default="synchronous", show_default=True, help="synchronous or asynchronous."),
    click.option("--binarise", default="auto", show_default=True, help="As for capacity."),
)


@click.command()
@click.argument("memory")
@click.option(
    "--loads", help="Patterns per neuron, with commas; up to 0.6 of the one-step capacity if left out."
)
@click.option(
    "--criterion", default="overlap:0.95", show_default=True, help="overlap:M, what counts as recalled."
)
@with_options(_MEMORY, DIM, ANSWER, BUDGET, WORK, JSON, PLOT, SAVE, QUIET)
def basin(
    memory: str,
    loads: str | None,
    criterion: str,
    as_json: bool,
    plot: str | None,
    save: str | None,
    quiet: bool,
    **o: Any,
) -> None:
    """How far may a cue be from its pattern, at each load?

    Printed as the share of flipped bits from which half of the patterns are recalled. Here --precision is
    half of the measured interval in that share.
    """
    from hebbcap.basin_of_attraction import basin as ask

    check_places(plot, save)
    rule = "numbers with commas, as 0.02,0.05,0.1"
    shares = None if loads is None else separated("loads", loads, float, rule)
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(
            memory, loads=shares, criterion=criterion, **question, **wanted(answer), progress=progress
        )
    deliver(result, "basins", "basin", as_json=as_json, plot=plot, save=save)
