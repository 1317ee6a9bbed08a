"""What is installed here?"""

from __future__ import annotations

import click

from hebbcap.cli.options import print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(as_json: bool) -> None:
    """Versions, threads, engines and cache."""
    from hebbcap._info import info as ask

    facts = ask()
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            click.echo(name)
            for part, fact in value.items():
                click.echo(f"  {part:<16}{fact}")
        else:
            click.echo(f"{name:<12}{value}")
