"""What do single cues give back?"""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import DIM, JSON, PLOT, QUESTION, QUIET, WORK, check_places, print_json, with_options


@click.command()
@click.argument("memory")
@click.option("--n-patterns", type=int, required=True, help="Stored patterns K.")
@with_options(QUESTION, DIM, WORK, JSON, PLOT, QUIET)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of patterns, flips and updates.")
@click.option("--shown", type=click.IntRange(1, 24), default=8, show_default=True, help="Most cues to show.")
def recall(
    memory: str,
    n_patterns: int,
    seed: int,
    shown: int,
    as_json: bool,
    plot: str | None,
    quiet: bool,
    **o: Any,
) -> None:
    """What do single cues give back, as pictures?"""
    from hebbcap.estimate import experiment
    from hebbcap.gallery import recall_gallery

    check_places(plot)
    gallery = recall_gallery(experiment(memory, **o), n_patterns, n_shown=shown, seed=seed)
    if plot is not None:
        from hebbcap.plots import recall_figure, save

        save(recall_figure(gallery), plot)
    if as_json:
        print_json(gallery.to_dict())
    else:
        click.echo(gallery.title)
        for number, (overlap, outcome) in enumerate(zip(gallery.overlaps, gallery.outcomes, strict=True), 1):
            click.echo(f"  cue {number}: overlap {overlap:.3f}, {outcome}")
