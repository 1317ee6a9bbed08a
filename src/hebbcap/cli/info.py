"""What is installed here?"""

from __future__ import annotations

import click

from hebbcap.cli.options import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(as_json: bool) -> None:
    """Versions, threads, SIMD and cache."""
    from hebbcap._info import info as ask

    facts = ask()
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            value = " ".join(value)
        click.echo(f"{name:<12}{value}")
