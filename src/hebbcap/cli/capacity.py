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
    WORK,
    check_plot,
    print_json,
    print_report,
    progress_bar,
    separated,
    split_answer,
    wanted,
    with_options,
)


@click.command()
@click.argument("memory")
@with_options(QUESTION, DIM, ANSWER, BUDGET, WORK, JSON, PLOT, QUIET)
@click.option(
    "--beside",
    multiple=True,
    metavar="MEMORY",
    help="Another memory on the same patterns, shown beside it, as hopfield:covariance; may be repeated.",
)
def capacity(
    memory: str, beside: tuple[str, ...], as_json: bool, plot: str | None, quiet: bool, **o: Any
) -> None:
    """How many patterns does MEMORY hold?"""
    from hebbcap.estimate import capacity as ask

    check_plot(plot)
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, **question, **wanted(answer), progress=progress)
        others = []
        for other in beside:
            shared = {k: v for k, v in question.items() if k not in ("rule", "order", "threshold")}
            others.append(ask(other, **shared, **wanted(answer), progress=progress))
    if plot is not None:
        from hebbcap.plots import capacity_figure, save

        save(capacity_figure(result), plot)
    if as_json:
        shown = result.to_dict()
        if others:
            shown["beside"] = [one.to_dict() for one in others]
        print_json(shown)
    else:
        from hebbcap.report import capacity_report

        print_report(capacity_report(result, tuple(others)))


@click.command()
@click.argument("memory")
@click.option("--n-patterns", type=int, required=True, help="Stored patterns K.")
@with_options(QUESTION, DIM, ANSWER, BUDGET, WORK, JSON, PLOT, QUIET)
def error(memory: str, n_patterns: int, as_json: bool, plot: str | None, quiet: bool, **o: Any) -> None:
    """What share of bits is wrong after one step?"""
    from hebbcap.estimate import error as ask

    check_plot(plot)
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, n_patterns=n_patterns, **question, **wanted(answer), progress=progress)
    if plot is not None:
        from hebbcap.plots import error_figure, save

        save(error_figure(result), plot)
    if as_json:
        print_json(result.to_dict())
    else:
        from hebbcap.report import error_report

        print_report(error_report(result))


@click.command()
@click.argument("memory")
@click.option("--dims", default="50,100,200,400", show_default=True, help="Numbers of neurons, with commas.")
@with_options(QUESTION, ANSWER, BUDGET, WORK, JSON, PLOT, QUIET)
def scaling(memory: str, dims: str, as_json: bool, plot: str | None, quiet: bool, **o: Any) -> None:
    """How does the capacity grow with dim?"""
    from hebbcap.exponent import scaling as ask

    check_plot(plot)
    sizes = separated("dims", dims, int, "whole numbers with commas, as 50,100,200")
    question, answer = split_answer(o)
    with progress_bar(quiet or answer["no_measure"]) as progress:
        result = ask(memory, dims=sizes, **question, **wanted(answer), progress=progress)
    if plot is not None:
        from hebbcap.plots import save, scaling_figure

        save(scaling_figure(result), plot)
    if as_json:
        print_json(result.to_dict())
    else:
        from hebbcap.report import scaling_report

        print_report(scaling_report(result))
