"""What does a formula say of a rule: its parts, its capacity in letters, and the best rule there is."""

from __future__ import annotations

import click

from hebbcap.cli.options import DIM, JSON, QUIET, print_json, print_report, progress_bar, with_options

_PATTERNS = (
    click.option(
        "--patterns",
        default="rademacher",
        show_default=True,
        help="rademacher, biased:P (chance of +1) or sparse:A (0/1, share of ones), or other patterns of "
        "independent entries.",
    ),
)
_CRITERION = (
    click.option(
        "--criterion",
        default="bit-error:0.01",
        show_default=True,
        help="What counts as holding: bit-error:P, pattern-error:P or all-patterns:P.",
    ),
)


@click.command()
@click.argument("rule")
@with_options(_PATTERNS, DIM)
@click.option("--n-patterns", type=int, help="K at which the noise is given; the capacity if left out.")
@with_options(_CRITERION, JSON)
def decompose(
    rule: str, patterns: str, dim: int | None, n_patterns: int | None, criterion: str, as_json: bool
) -> None:
    """Which part of RULE makes which noise, and what would win it back?

    RULE is hebb, covariance, a formula such as 'post*pre - 0.1*pre', or coefficients such as
    c2_corr=1,c1_pre=-0.1.
    """
    from hebbcap.theory.rules.decomposition import decompose as ask

    result = ask(rule, patterns, dim=dim, n_patterns=n_patterns, criterion=criterion)
    if as_json:
        print_json(result.to_dict())
        return
    from hebbcap.report.rules import decomposition_report

    print_report(decomposition_report(result))


@click.command()
@click.argument("memory", default="hebb")
@click.option(
    "--patterns",
    default="rademacher",
    show_default=True,
    help="rademacher, biased:P or sparse:A, P and A numbers or letters.",
)
@click.option(
    "--threshold",
    default="midpoint",
    show_default=True,
    help="midpoint between the mean fields, or inhibition: the same with the mean field taken off.",
)
@click.option("--set", "numbers", default="", help="Numbers for letters, as c=1,a=0.2,D=1000.")
@with_options(_CRITERION)
@click.option("--latex", is_flag=True, help="Print LaTeX.")
@with_options(JSON)
def formula(
    memory: str, patterns: str, threshold: str, numbers: str, criterion: str, latex: bool, as_json: bool
) -> None:
    """Derive the capacity of MEMORY as a formula.

    MEMORY is a rule, such as hebb, covariance or 'c*post*pre + a*post' with letters for coefficients; or
    dense:N, or dense:n for any order. The criterion gives z where a number is asked for.
    """
    from hebbcap.criteria import criterion as parse_criterion
    from hebbcap.theory.one_update import one_step
    from hebbcap.theory.symbolic.derivation import formula as ask

    one_step(parse_criterion(criterion))
    result = ask(memory, patterns, threshold=threshold).substitute(**_numbers(numbers))
    value = None if result.missing else result(criterion=criterion)
    if as_json:
        print_json(result.to_dict() | {"criterion": criterion, "n_patterns": value})
    elif latex:
        click.echo(result.latex)
    else:
        from hebbcap.report.rules import formula_report

        print_report(formula_report(result, value, criterion))


@click.command(name="best-rule")
@click.option(
    "--patterns",
    default="rademacher",
    show_default=True,
    help="rademacher, biased:P, sparse:A, digits, faces, a .npy, .npz or .csv file, or a folder of pictures.",
)
@with_options(DIM)
@click.option(
    "--order", type=int, default=2, show_default=True, help="Largest power of post and pre together."
)
@click.option("--n-patterns", type=int, help="K at which it is to be best; its capacity if left out.")
@with_options(_CRITERION)
@click.option(
    "--threshold",
    default="midpoint",
    show_default=True,
    help="What is taken off the fields first: midpoint (nothing), inhibition, adaptive, inhibition+adaptive.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the split and draws of data.")
@click.option(
    "--precision", type=float, default=0.05, show_default=True, help="Of what is measured on data, relative."
)
@click.option("--binarise", default="auto", show_default=True, help="How data become two-valued.")
@with_options(JSON, QUIET)
def best_rule(as_json: bool, quiet: bool, **options: object) -> None:
    """Which additive rule holds most of these patterns?"""
    from hebbcap.tuning import best_rule as ask

    with progress_bar(quiet) as progress:
        result = ask(**options, progress=progress)  # type: ignore[arg-type]
    if as_json:
        print_json(result.to_dict())
        return
    from hebbcap.report.rules import best_rule_report

    print_report(best_rule_report(result))


def _numbers(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, number = part.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            raise click.UsageError(f"set={part!r} must be LETTER=NUMBER, as c=1") from None
        if not equals or not name.strip():
            raise click.UsageError(f"set={part!r} must be LETTER=NUMBER, as c=1")
    return found
