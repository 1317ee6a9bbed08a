"""How many patterns, what error, what exponent: the commands of the main question."""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import (
    ANSWER,
    BUDGET,
    DIM,
    JSON,
    PLOT,
    QUESTION,
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


@click.command()
@click.argument("memory")
@with_options(QUESTION, DIM, ANSWER, BUDGET, WORK, JSON, PLOT, SAVE, QUIET)
def capacity(memory: str, as_json: bool, plot: str | None, save: str | None, quiet: bool, **o: Any) -> None:
    """How many patterns does MEMORY hold?

    Several memories on the same patterns: hebbcap compare.
    """
    from hebbcap.estimate import capacity as ask

    check_places(plot, save)
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, **question, **wanted(answer), progress=progress)
    deliver(result, "capacity", "capacity", as_json=as_json, plot=plot, save=save)


@click.command()
@click.argument("memory")
@click.option("--n-patterns", type=int, required=True, help="Stored patterns K.")
@with_options(QUESTION, DIM, ANSWER, BUDGET, WORK, JSON, PLOT, SAVE, QUIET)
def error(
    memory: str, n_patterns: int, as_json: bool, plot: str | None, save: str | None, quiet: bool, **o: Any
) -> None:
    """What share of bits is wrong after one step?"""
    from hebbcap.estimate import error as ask

    check_places(plot, save)
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, n_patterns=n_patterns, **question, **wanted(answer), progress=progress)
    deliver(result, "capacity", "error", as_json=as_json, plot=plot, save=save)


@click.command()
@click.argument("memory")
@click.option("--dims", default="50,100,200,400", show_default=True, help="Numbers of neurons, with commas.")
@with_options(QUESTION, ANSWER, BUDGET, WORK, JSON, PLOT, SAVE, QUIET)
def scaling(
    memory: str, dims: str, as_json: bool, plot: str | None, save: str | None, quiet: bool, **o: Any
) -> None:
    """How does the capacity grow with dim?"""
    from hebbcap.exponent import scaling as ask

    check_places(plot, save)
    sizes = separated("dims", dims, int, "whole numbers with commas, as 50,100,200")
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, dims=sizes, **question, **wanted(answer), progress=progress)
    deliver(result, "scaling", "scaling", as_json=as_json, plot=plot, save=save)
