"""What is left of a pattern at rest, and where are the phases: the commands beyond the first step."""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import (
    JSON,
    PLOT,
    QUIET,
    check_places,
    deliver,
    progress_bar,
    with_options,
)

_SYNAPSES = (
    click.option("--clipped", is_flag=True, help="Synapses keep only the sign of their weight."),
    click.option(
        "--connectivity",
        type=float,
        default=1.0,
        show_default=True,
        help="Share of the synapses that are there, chosen at random.",
    ),
)


@click.command()
@click.argument("memory", default="hopfield")
@click.option("--rule", help="Learning rule of hopfield, as covariance or 'post*pre - 0.1*pre'.")
@click.option("--patterns", default="rademacher", show_default=True, help="rademacher, biased:P or sparse:A.")
@click.option(
    "--load",
    "loads",
    type=float,
    multiple=True,
    help="K / D, or K (2n-3)!! / D^(n-1) for order n; may be repeated. Up to the critical load if left out.",
)
@click.option(
    "--temperature",
    type=float,
    default=0.0,
    show_default=True,
    help="In units of the field of a recalled neuron.",
)
@click.option(
    "--threshold",
    help="midpoint, best, inhibition, or a number in units in which a recalled neuron's field is its entry "
    "less the mean entry; chosen to fit if left out.",
)
@with_options(_SYNAPSES)
@click.option("--measure", is_flag=True, help="Also run networks from their patterns until they stop.")
@click.option("--dim", type=int, default=1000, show_default=True, help="Neurons of these networks.")
@click.option("--networks", type=int, default=4, show_default=True, help="Networks at each load.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of their patterns.")
@with_options(JSON, PLOT, QUIET)
def attractors(
    memory: str,
    loads: tuple[float, ...],
    threshold: str | None,
    clipped: bool,
    connectivity: float,
    as_json: bool,
    plot: str | None,
    quiet: bool,
    **o: Any,
) -> None:
    """What overlap with its pattern does MEMORY keep at rest, at which load and temperature?"""
    from hebbcap.theory.attractors import overlap_curve

    check_places(plot)
    with progress_bar(quiet or not o["measure"]) as progress:
        result = overlap_curve(
            memory,
            loads=loads or None,
            threshold=_number(threshold),
            static_noise=_static_noise(clipped, connectivity),
            progress=progress,
            **o,
        )
    deliver(result, "attractors", "overlap", as_json=as_json, plot=plot, threshold=_number(threshold))


@click.command("phase-diagram")
@click.argument("memory", default="hopfield")
@with_options(_SYNAPSES)
@click.option("--points", type=int, default=48, show_default=True, help="Points on each line.")
@with_options(JSON, PLOT)
def phase_diagram(
    memory: str, clipped: bool, connectivity: float, points: int, as_json: bool, plot: str | None
) -> None:
    """At which load and temperature does MEMORY recall unbiased patterns?"""
    from hebbcap.theory.attractors import phase_diagram as ask

    check_places(plot)
    result = ask(memory, static_noise=_static_noise(clipped, connectivity), points=points)
    deliver(result, "attractors", "phase", as_json=as_json, plot=plot)


def _static_noise(clipped: bool, connectivity: float) -> float:
    from hebbcap.theory.attractors import CLIPPED, dilution_noise

    return dilution_noise(connectivity, CLIPPED if clipped else 0.0)


def _number(threshold: str | None) -> str | float | None:
    if threshold is None:
        return None
    try:
        return float(threshold)
    except ValueError:
        return 0.0 if threshold == "zero" else threshold
