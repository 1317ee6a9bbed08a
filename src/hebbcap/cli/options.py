"""What do the commands share: options, the progress bar, and how a result is printed?"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hebbcap.measurement.measured import Progress

F = TypeVar("F", bound=Callable[..., Any])
N = TypeVar("N", int, float)

QUESTION = (
    click.option("--order", type=int, help="Power N of F(x) = x^N / N, for dense and rectified."),
    click.option(
        "--rule",
        help="Learning rule of hopfield: hebb, covariance, a formula such as 'post*pre - 0.1*pre', "
        "coefficients such as c2_corr=1,c1_pre=-0.1; or one that forgets: decay:RATE, oja:RATE, bcm:RATE, "
        "bounded:LIMIT, stochastic:CHANCE, a formula with w.",
    ),
    click.option(
        "--patterns",
        default="rademacher",
        show_default=True,
        help="rademacher, biased:P (chance of +1), sparse:A (0/1, share of ones), ternary:A, "
        "discrete:LEVEL=CHANCE,..., active:A (0/1, exactly so many ones), markov:RHO, template:C, "
        "hierarchical:FAMILIES,B, real numbers (gaussian, sphere), digits, faces, a .npy, .npz or .csv file, "
        "or a folder of pictures.",
    ),
    click.option(
        "--criterion",
        default="bit-error:0.01",
        show_default=True,
        help="What counts as holding: bit-error:P, pattern-error:P, all-patterns:P or overlap:M.",
    ),
    click.option(
        "--flips",
        type=float,
        default=0.0,
        show_default=True,
        help="Fraction of a cue's bits that are flipped.",
    ),
    click.option(
        "--threshold",
        help="midpoint, zero, a number, steps:VALUE,..., inhibition[:VALUE or :midpoint] or k-winners:COUNT; "
        "chosen to fit if left out.",
    ),
    click.option(
        "--update",
        default="synchronous",
        show_default=True,
        help="synchronous or asynchronous: how a fixed point is reached.",
    ),
    click.option(
        "--binarise",
        default="auto",
        show_default=True,
        help="How data become two-valued: auto, half, mean, median or none; or real, to keep them real.",
    ),
)
DIM = (click.option("--dim", type=int, help="Neurons D; taken from the data, or 100."),)
ANSWER = (
    click.option(
        "--precision",
        type=float,
        default=0.02,
        show_default=True,
        help="Half of the measured interval, relative to the result.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, help="Seed of the trials."),
    click.option("--no-theory", is_flag=True, help="Leave the theories out."),
    click.option("--no-measure", is_flag=True, help="Leave the measurement out."),
)
BUDGET = (
    click.option(
        "--budget",
        metavar="TIME",
        help="Time that the measurement may take, as 30s, 500ms or 2m: the best interval that fits. "
        "A minute if left out, reckoned alike on every machine.",
    ),
)


def _set_engine(context: click.Context, _: click.Parameter, name: str | None) -> None:
    if name is not None:
        from hebbcap.engines import use_engine

        use_engine(name)
        context.call_on_close(lambda: use_engine(None))


def _set_threads(context: click.Context, _: click.Parameter, count: int | None) -> None:
    if count is not None:
        from hebbcap.kernels.threads import use_threads

        use_threads(count)
        context.call_on_close(lambda: use_threads(None))


WORK = (
    click.option(
        "--engine",
        metavar="NAME",
        expose_value=False,
        callback=_set_engine,
        help="Who does the work: packed, numpy, torch or torch:DEVICE; the fastest there is if left out. The "
        "answer is the same with all.",
    ),
    click.option(
        "--threads",
        type=int,
        expose_value=False,
        callback=_set_threads,
        help="Threads that share the work; as many as there are processors if left out.",
    ),
)
JSON = (click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),)
PLOT = (click.option("--plot", metavar="FILE", help="Draw the result into a .png, .svg or .pdf file."),)
SAVE = (click.option("--save", metavar="FILE", help="Save the result as .safetensors, for hebbcap show."),)
QUIET = (click.option("--quiet", is_flag=True, help="No progress bar."),)


def with_options(*groups: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    """Return a decorator that adds groups of options to a command, in the order given."""

    def decorate(function: F) -> F:
        for option in reversed([o for group in groups for o in group]):
            function = option(function)
        return function

    return decorate


def split_answer(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split what was given into what describes the question and how to answer it."""
    names = ("precision", "seed", "no_theory", "no_measure")
    answer = {name: options.pop(name) for name in (*names, "budget") if name in options}
    if answer["no_theory"] and answer["no_measure"]:
        raise click.UsageError("--no-theory and --no-measure leave nothing to answer: drop one of them")
    return options, answer


def wanted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the options of an answer as the Python calls name them."""
    return {
        "precision": answer["precision"],
        "seed": answer["seed"],
        "theory": not answer["no_theory"],
        "measure": not answer["no_measure"],
    } | {name: answer[name] for name in ("budget",) if name in answer}


def separated(name: str, text: str, kind: Callable[[str], N], rule: str) -> tuple[N, ...]:
    """Return the numbers of a list with commas; `rule` says in an error what they must be, and an example."""
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        raise click.UsageError(f"{name}={text!r} must be {rule}") from None


def check_places(plot: str | None, save: str | None = None) -> None:
    """Refuse a place for a plot or a result before any work is done for it."""
    if plot is not None:
        from hebbcap.plots import check_path

        # Figures are only written: no window is asked for, whatever the environment names for windows.
        os.environ["MPLBACKEND"] = "agg"
        check_path(plot)
    if save is not None:
        from hebbcap._atomic import check_writable

        check_writable(save)


def deliver(
    result: Any,
    module: str,
    name: str,
    *,
    as_json: bool,
    plot: str | None,
    save: str | None = None,
    **drawn: Any,
) -> None:
    """Save and draw a result where that was asked for, then print it: as JSON, or as tables.

    `hebbcap.plots.MODULE` has its NAME_figure, which takes `drawn`, and `hebbcap.report.MODULE` its
    NAME_report; each is imported only when it is needed.
    """
    if save is not None:
        from hebbcap.saving import save as write_result

        write_result(result, save)
    if plot is not None:
        from hebbcap.plots.frame import save as write_figure

        draw = getattr(importlib.import_module(f"hebbcap.plots.{module}"), f"{name}_figure")
        write_figure(draw(result, **drawn), plot)
    if as_json:
        print_json(result.to_dict())
    else:
        write = getattr(importlib.import_module(f"hebbcap.report.{module}"), f"{name}_report")
        print_report(write(result))


@contextlib.contextmanager
def progress_bar(off: bool) -> Iterator[Progress | None]:
    """Show a progress bar on standard error, if that is a terminal."""
    if off or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)

        def report(share: float, text: str) -> None:
            bar.update(task, completed=share, description=text)

        yield report


def print_json(value: dict[str, Any]) -> None:
    """Print a result as one line of JSON."""
    click.echo(json.dumps(value, allow_nan=False))


def print_report(renderable: Any) -> None:
    """Print tables as wide as the terminal, or 110 columns where there is none."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    with console.capture() as held:
        console.print(renderable)
    click.echo("\n".join(line.rstrip() for line in held.get().splitlines()))
