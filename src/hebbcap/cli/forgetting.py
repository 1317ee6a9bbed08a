"""What is left of a pattern after others were written over it: the command."""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import (
    JSON,
    PLOT,
    QUIET,
    SAVE,
    WORK,
    check_places,
    deliver,
    progress_bar,
    separated,
    with_options,
)


@click.command()
@click.argument("rule")
@click.option(
    "--patterns", default="rademacher", show_default=True, help="rademacher, biased:P, sparse:A, or data."
)
@click.option("--dim", type=int, help="Neurons D; taken from the data, or 1000.")
@click.option(
    "--criterion",
    default="bit-error:0.01",
    show_default=True,
    help="What counts as remembering: bit-error:P, pattern-error:P, all-patterns:P or overlap:M.",
)
@click.option(
    "--ages", help="Ages to report, with commas, as 0,10,20; chosen around the lifetime if left out."
)
@click.option(
    "--flips", type=float, default=0.0, show_default=True, help="Fraction of a cue's bits that are flipped."
)
@click.option("--threshold", help="midpoint, zero or a number; chosen to fit if left out.")
@click.option(
    "--precision",
    type=float,
    default=0.02,
    show_default=True,
    help="Half of the measured interval, relative to the lifetime.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the networks.")
@click.option("--no-measure", is_flag=True, help="Leave the measurement out.")
@with_options(WORK, JSON, PLOT, SAVE, QUIET)
def forgetting(
    rule: str,
    ages: str | None,
    no_measure: bool,
    as_json: bool,
    plot: str | None,
    save: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """For how many patterns does RULE remember one?

    RULE reads the present weight: decay:LAMBDA, oja:ETA, instar:ETA, outstar:ETA, bcm:DECAY,WINDOW,
    bounded:A, stochastic:UP,DOWN, or a formula such as 'post*pre - 0.1*w'.
    """
    from hebbcap.memory_trace import forgetting as ask

    check_places(plot, save)
    rule_of_ages = "whole numbers with commas, as 0,10,20"
    wanted = None if ages is None else separated("ages", ages, int, rule_of_ages)
    with progress_bar(quiet or no_measure) as progress:
        result = ask(rule, ages=wanted, measure=not no_measure, progress=progress, **options)
    deliver(result, "forgetting", "forgetting", as_json=as_json, plot=plot, save=save)
