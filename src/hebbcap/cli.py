"""The command line: a thin translation of the Python calls.

Standard output carries only the result; progress and errors go to standard error. Exit codes: 0 done,
2 bad usage with one line that says what and how to mend it; `__main__` adds 130, interrupted.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hebbcap._version import __version__

if TYPE_CHECKING:
    from hebbcap.measurement.search import Progress

F = TypeVar("F", bound=Callable[..., Any])

_QUESTION = (
    click.option("--order", type=int, help="Power N of F(x) = x^N / N, for dense and rectified."),
    click.option(
        "--rule",
        help="Learning rule of hopfield: hebb, covariance, a formula such as 'post*pre - 0.1*pre', or "
        "coefficients such as c2_corr=1,c1_pre=-0.1.",
    ),
    click.option(
        "--patterns",
        default="rademacher",
        show_default=True,
        help="rademacher, biased:P (chance of +1), sparse:A (0/1, share of ones), digits, faces, a .npy, "
        ".npz or .csv file, or a folder of pictures.",
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
        help="midpoint, zero, a number, inhibition or k-winners:COUNT; chosen to fit if left out.",
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
        help="How data become two-valued: auto, half, mean, median or none.",
    ),
)
_DIM = (click.option("--dim", type=int, help="Neurons D; taken from the data, or 100."),)
_ANSWER = (
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
_JSON = (click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),)
_PLOT = (click.option("--plot", metavar="FILE", help="Draw the result into a .png, .svg or .pdf file."),)
_QUIET = (click.option("--quiet", is_flag=True, help="No progress bar."),)


def _with(*groups: tuple[Callable[[F], F], ...]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed([o for group in groups for o in group]):
            function = option(function)
        return function

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hebbcap")
def cli() -> None:
    """How many patterns can this associative memory hold?

    By formula (signal to noise), exactly at finite size, and measured with an honest interval, side by side
    under one stated criterion.

    MEMORY is hopfield, hopfield:RULE, dense:N, rectified:N or exponential.
    """


@cli.command()
@click.argument("memory")
@_with(_QUESTION, _DIM, _ANSWER, _JSON, _PLOT, _QUIET)
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

    _check_plot(plot)
    question, answer = _split(o)
    with _progress(quiet or answer["no_measure"]) as progress:
        result = ask(memory, **question, **_wanted(answer), progress=progress)
        others = []
        for other in beside:
            shared = {k: v for k, v in question.items() if k not in ("rule", "order", "threshold")}
            others.append(ask(other, **shared, **_wanted(answer), progress=progress))
    if plot is not None:
        from hebbcap.plots import capacity_figure, save

        save(capacity_figure(result), plot)
    if as_json:
        shown = result.to_dict()
        if others:
            shown["beside"] = [one.to_dict() for one in others]
        _print_json(shown)
    else:
        from hebbcap.report import capacity_report

        _print(capacity_report(result, tuple(others)))


@cli.command()
@click.argument("memory")
@click.option("--n-patterns", type=int, required=True, help="Stored patterns K.")
@_with(_QUESTION, _DIM, _ANSWER, _JSON, _PLOT, _QUIET)
def error(memory: str, n_patterns: int, as_json: bool, plot: str | None, quiet: bool, **o: Any) -> None:
    """What share of bits is wrong after one step?"""
    from hebbcap.estimate import error as ask

    _check_plot(plot)
    question, answer = _split(o)
    with _progress(quiet or answer["no_measure"]) as progress:
        result = ask(memory, n_patterns=n_patterns, **question, **_wanted(answer), progress=progress)
    if plot is not None:
        from hebbcap.plots import error_figure, save

        save(error_figure(result), plot)
    if as_json:
        _print_json(result.to_dict())
    else:
        from hebbcap.report import error_report

        _print(error_report(result))


@cli.command()
@click.argument("memory")
@click.option("--dims", default="50,100,200,400", show_default=True, help="Numbers of neurons, with commas.")
@_with(_QUESTION, _ANSWER, _JSON, _PLOT, _QUIET)
def scaling(memory: str, dims: str, as_json: bool, plot: str | None, quiet: bool, **o: Any) -> None:
    """How does the capacity grow with dim?"""
    from hebbcap.exponent import scaling as ask

    _check_plot(plot)
    try:
        sizes = [int(d) for d in dims.split(",")]
    except ValueError:
        raise click.UsageError(f"dims={dims!r} must be whole numbers with commas, as 50,100,200") from None
    question, answer = _split(o)
    with _progress(quiet or answer["no_measure"]) as progress:
        result = ask(memory, dims=sizes, **question, **_wanted(answer), progress=progress)
    if plot is not None:
        from hebbcap.plots import save, scaling_figure

        save(scaling_figure(result), plot)
    if as_json:
        _print_json(result.to_dict())
    else:
        from hebbcap.report import scaling_report

        _print(scaling_report(result))


@cli.command()
@click.argument("memory")
@click.option("--n-patterns", type=int, required=True, help="Stored patterns K.")
@_with(_QUESTION, _DIM, _JSON, _PLOT, _QUIET)
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

    _check_plot(plot)
    gallery = recall_gallery(experiment(memory, **o), n_patterns, n_shown=shown, seed=seed)
    if plot is not None:
        from hebbcap.plots import recall_figure, save

        save(recall_figure(gallery), plot)
    if as_json:
        _print_json(gallery.to_dict())
    else:
        click.echo(gallery.title)
        for number, (overlap, outcome) in enumerate(zip(gallery.overlaps, gallery.outcomes, strict=True), 1):
            click.echo(f"  cue {number}: overlap {overlap:.3f}, {outcome}")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(as_json: bool) -> None:
    """Versions, threads, SIMD and cache."""
    from hebbcap._info import info as ask

    facts = ask()
    if as_json:
        _print_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, list):
            value = " ".join(value)
        click.echo(f"{name:<12}{value}")


def _split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = ("precision", "seed", "no_theory", "no_measure")
    answer = {name: options.pop(name) for name in names}
    if answer["no_theory"] and answer["no_measure"]:
        raise click.UsageError("--no-theory and --no-measure leave nothing to answer: drop one of them")
    return options, answer


def _wanted(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "precision": answer["precision"],
        "seed": answer["seed"],
        "theory": not answer["no_theory"],
        "measure": not answer["no_measure"],
    }


def _check_plot(plot: str | None) -> None:
    if plot is not None:
        from hebbcap.plots import check_path

        check_path(plot)


@contextlib.contextmanager
def _progress(off: bool) -> Iterator[Progress | None]:
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


def _print_json(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, allow_nan=False))


def _print(renderable: Any) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    with console.capture() as held:
        console.print(renderable)
    click.echo("\n".join(line.rstrip() for line in held.get().splitlines()))


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
