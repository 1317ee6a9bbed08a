"""What is in a file that `hebbcap.save` or `--save` wrote?"""

from __future__ import annotations

from typing import Any

import click

from hebbcap.cli.options import JSON, PLOT, check_places, deliver, print_json, with_options

_REPORTS = {
    "Capacity": ("capacity", "capacity"),
    "BitError": ("capacity", "error"),
    "Scaling": ("scaling", "scaling"),
    "Comparison": ("comparison", "comparison"),
    "Basin": ("basins", "basin"),
    "Forgetting": ("forgetting", "forgetting"),
}
"""Results that are printed as when they were worked out: the modules and names of their report and plot."""


@click.command()
@click.argument("file")
@with_options(JSON, PLOT)
def show(file: str, as_json: bool, plot: str | None) -> None:
    """What is in FILE, written by --save or hebbcap.save?

    A result is printed and drawn as when it was new.
    """
    from hebbcap._checks import fail
    from hebbcap.saving import load

    check_places(plot)
    thing: Any = load(file)
    kind = type(thing).__name__
    if kind in _REPORTS:
        deliver(thing, *_REPORTS[kind], as_json=as_json, plot=plot)
        return
    if plot is not None:
        raise fail("plot", plot, f"does not go with a {kind}", f"there are plots of {', '.join(_REPORTS)}")
    if as_json:
        if not hasattr(thing, "to_dict"):
            raise fail("json", True, f"does not go with a {kind}", "only results have numbers to print")
        print_json(thing.to_dict())
    else:
        n_patterns = getattr(thing, "n_patterns", 0) if hasattr(thing, "store") else 0
        held = f", {n_patterns:,} patterns of dim {thing.dim:,}" if n_patterns else ""
        click.echo(f"{thing!r}{held}")
