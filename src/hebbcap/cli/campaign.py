"""Long campaigns: run a plan, draw and export what a store holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hebbcap.cli.options import JSON, QUIET, WORK, check_places, print_json, print_report, with_options

if TYPE_CHECKING:
    from hebbcap.campaign import Campaign

ASIDE = 1
"""Exit code where cells had to be set aside."""

_THEORY = (click.option("--no-theory", is_flag=True, help="Leave the theories out."),)


@click.command()
@click.argument("plan")
@click.option("--store", metavar="FILE", help="Where counts are kept; PLAN with the ending .db if left out.")
@click.option("--workers", type=int, help="Processes of this machine that share the work.")
@click.option(
    "--dask", metavar="ADDRESS", help="A Dask scheduler that shares it out; local:N makes one here."
)
@click.option("--plain-tcp", is_flag=True, help="Reach the scheduler of another machine in plain text.")
@click.option("--plot", metavar="FILE", help="Draw the phase diagram into a .png, .svg or .pdf file.")
@with_options(_THEORY, WORK, JSON, QUIET)
def sweep(
    plan: str,
    store: str | None,
    workers: int | None,
    dask: str | None,
    plain_tcp: bool,
    plot: str | None,
    no_theory: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure every cell of a phase diagram: the grids in PLAN, a file in TOML.

    May be stopped at any time; the same line goes on where it stopped. A plan with more cells or more trials
    runs only what is new.
    """
    from hebbcap.campaign import read_plan
    from hebbcap.campaign import sweep as ask
    from hebbcap.cli.live import live_table

    kept = f"{plan.removesuffix('.toml')}.db" if store is None else store
    check_places(plot)
    _check_apart({"plan": plan, "store": kept, "plot": plot})
    asked = read_plan(plan)
    with live_table(asked, off=quiet) as watch:
        found = ask(
            asked,
            store=kept,
            workers=workers,
            dask=dask,
            plain_tcp=plain_tcp,
            watch=watch,
        )
    if as_json:
        print_json(found.to_dict(theory=not no_theory))
    else:
        _print(found, theory=not no_theory)
    if plot is not None:
        _draw(found, plot, theory=not no_theory)
    if found.set_aside:
        raise SystemExit(ASIDE)


@click.command()
@click.argument("store")
@click.argument("file", required=False)
@click.option(
    "--x", metavar="NAME", help="What lies to the right: dim, flips, memory or another that varies."
)
@click.option("--y", type=click.Choice(["load", "n_patterns"]), help="How numbers of patterns are told.")
@with_options(_THEORY)
def plot(store: str, file: str | None, x: str | None, y: str | None, no_theory: bool) -> None:
    """Draw the phase diagram in STORE, with the theory's lines, into FILE, and print its table.

    FILE ends in .png, .svg or .pdf; STORE with the ending .png if left out. Also while a sweep is at work.
    """
    from hebbcap.campaign import read_campaign

    target = file or f"{store.removesuffix('.db')}.png"
    check_places(target)
    _check_apart({"store": store, "file": target})
    found = read_campaign(store)
    _print(found, theory=not no_theory)
    _draw(found, target, theory=not no_theory, x=x, y=y)
    click.echo(f"drawn into {target}", err=True)


@click.command()
@click.argument("store")
@click.argument("file")
@click.option("--blocks", is_flag=True, help="One row for each block of trials rather than each cell.")
def export(store: str, file: str, blocks: bool) -> None:
    """Write what STORE holds as a table into FILE: .csv, or .parquet where pandas and pyarrow are."""
    from hebbcap.campaign import read_campaign
    from hebbcap.campaign.tables import check_path, write_table

    check_path(file)
    _check_apart({"store": store, "file": file})
    rows = write_table(read_campaign(store), file, blocks=blocks)
    click.echo(f"{rows:,} rows written into {file}", err=True)


def _check_apart(files: dict[str, str | None]) -> None:
    """Refuse two names for one file, through links too: what is written would take the place of what is read.

    SQLite keeps files of its own beside a store, which are as precious.
    """
    import os

    from hebbcap._checks import fail

    taken: dict[str, str] = {}
    for name, file in files.items():
        if file is None:
            continue
        place = os.path.realpath(file)
        if place in taken:
            raise fail(name, file, f"is the {taken[place]} too", "what is written would take its place")
        beside = ("", "-wal", "-shm", "-journal") if name == "store" else ("",)
        taken |= {place + ending: name for ending in beside}


def _draw(found: Campaign, target: str, *, theory: bool, **axes: str | None) -> None:
    from hebbcap.plots.campaign import campaign_figure
    from hebbcap.plots.frame import save

    save(campaign_figure(found, theory=theory, **axes), target)


def _print(found: Campaign, *, theory: bool) -> None:
    from hebbcap.report.campaign import campaign_report

    print_report(campaign_report(found, theory=theory))
