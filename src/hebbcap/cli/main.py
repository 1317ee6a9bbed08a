"""The command line: a thin translation of the Python calls.

Standard output carries only the result; progress and errors go to standard error. Exit codes: 0 done,
2 bad usage with one line that says what and how to mend it; `__main__` adds 130, interrupted, and 143,
terminated.
"""

from __future__ import annotations

import contextlib
import os
import sys

import click

from hebbcap._version import __version__
from hebbcap.cli.attractors import attractors, phase_diagram
from hebbcap.cli.basins import basin
from hebbcap.cli.campaign import export, plot, sweep
from hebbcap.cli.capacity import capacity, error, scaling
from hebbcap.cli.comparison import compare
from hebbcap.cli.forgetting import forgetting
from hebbcap.cli.info import info
from hebbcap.cli.memories import memories
from hebbcap.cli.recall import recall
from hebbcap.cli.rules import best_rule, decompose, formula
from hebbcap.cli.show import show

COMMANDS = (
    capacity,
    compare,
    error,
    scaling,
    basin,
    forgetting,
    attractors,
    phase_diagram,
    sweep,
    plot,
    export,
    decompose,
    formula,
    best_rule,
    recall,
    show,
    memories,
    info,
)
"""Every command, in the order in which the help lists them."""


class _InOrder(click.Group):
    """A group that lists its commands as they were added: the main question first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in order."""
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hebbcap")
def cli() -> None:
    """How many patterns can this associative memory hold?

    By formula (signal to noise), exactly at finite size, and measured with an honest interval, side by side
    under one stated criterion.

    MEMORY is hopfield, hopfield:RULE, dense:N, exponential, modern:BETA or another; `hebbcap memories` lists
    them all.
    """


for _command in COMMANDS:
    cli.add_command(_command)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code; the only place that turns errors into exit codes."""
    from hebbcap._checks import HebbcapError

    if sys.stdout is None:  # closed by whoever started us: there is nobody to answer
        return 0
    try:
        if not arguments:
            click.echo(cli.get_help(click.Context(cli, info_name="hebbcap")), err=True)
            return 2
        with cli.make_context("hebbcap", arguments) as context:
            cli.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        return _complain(error.format_message(), 2)
    except HebbcapError as error:
        return _complain(str(error), 2)
    except MemoryError:
        return _complain("out of memory: ask for fewer patterns or neurons", 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _complain(f"can't write the result: {error.strerror or error}", 2)
    return 0


def _complain(text: str, code: int) -> int:
    line = " ".join(text.split())
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            click.echo("hebbcap: " + (line if len(line) <= 400 else line[:397] + "..."), err=True)
    return code
