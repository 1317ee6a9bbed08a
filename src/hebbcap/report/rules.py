"""What does a person read of a rule taken apart, of a formula, and of the best rule?"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from hebbcap.report.tables import plain_table
from hebbcap.theory.rules.additive import FORMULAS, INTERACTION, MEANINGS
from hebbcap.theory.rules.decomposition import Decomposition
from hebbcap.theory.rules.remedies import REMEDIES
from hebbcap.theory.symbolic.derivation import Formula
from hebbcap.tuning import BEST, COVARIANCE, HEBB, BestRule


def decomposition_report(result: Decomposition) -> RenderableType:
    """Return the parts of a rule, their noise, and what would win it back."""
    rule = result.rule
    name = f"{rule.name}: {rule.formula}" if rule.name else rule.formula
    head = [
        Text(f"{name}, {result.ensemble.name} patterns, dim {result.dim:,}", style="bold"),
        Text(f"{result.criterion}: {result.criterion.meaning}; thresholds at the midpoint", style="dim"),
    ]
    split = result.parts
    parts = plain_table("values", title="Parts of the rule, at levels " + _values(result.ensemble.levels))
    parts.add_row("constant", f"{_number(split.constant)}", "mean over post and pre")
    parts.add_row("post", _values(split.post), "what post adds on its own")
    parts.add_row("pre", _values(split.pre), "what pre adds on its own")
    exact = "" if len(result.ensemble.levels) == 2 else "about "
    post, pre = (_less(name, result.ensemble.mean) for name in ("post", "pre"))
    parts.add_row(
        INTERACTION,
        f"{exact}{_number(result.coefficient)}",
        f"times {post}*{pre}: the memory",
    )
    noise = plain_table("variance", "share", title=f"Noise of a field at {result.n_patterns:,} patterns")
    for part in result.noise:
        if part.value:
            noise.add_row(part.name, f"{part.value:.4g}", f"{100 * part.share:.1f} %", MEANINGS[part.name])
    noise.add_row("in all", f"{result.variance:.4g}", "", f"signal {result.signal:.4g}{_snr(result)}")
    held = plain_table("patterns", "times", title="What it holds")
    held.add_row("as it is", f"{result.capacity:,}", "", "")
    for remedy in result.remedies:
        gain = "" if remedy.gain is None else f"{remedy.gain:.2f}"
        held.add_row(f"with {remedy.name}", f"{remedy.n_patterns:,}", gain, REMEDIES[remedy.name])
    terms = [Text(f"  {p.name}: {FORMULAS[p.name]}", style="dim") for p in result.noise if p.value]
    return Group(*head, parts, noise, *terms, held, Text(result.words))


def formula_report(result: Formula, value: float | None, criterion: str) -> RenderableType:
    """Return the derivation, and the number if every letter has one."""
    lines = [Text(line, style="bold" if not at else "") for at, line in enumerate(result.text.splitlines())]
    if value is None:
        lines.append(Text(f"Give {', '.join(result.missing)} by --set for a number.", style="dim"))
    else:
        by = f"z = {float(result.numbers['z']):g}" if "z" in result.numbers else criterion
        lines.append(Text(f"{by}: K = {value:,.2f}", style="bold"))
    return Group(*lines)


def best_rule_report(result: BestRule) -> RenderableType:
    """Return the best rule, what it holds beside the classical ones, and what to know of it."""
    head = [
        Text(f"{result.readable}", style="bold"),
        Text(
            f"the best rule of order {result.order} for {result.ensemble.name} patterns, dim {result.dim:,}; "
            f"{result.criterion}",
            style="dim",
        ),
    ]
    if result.readable != result.rule.formula:
        head.insert(1, Text(f"= {result.rule.formula}"))
    return Group(*head, *(_by_theory(result) if result.theory else _by_measurement(result)))


def _by_theory(result: BestRule) -> list[RenderableType]:
    found = result.theory
    assert found is not None
    table = plain_table("patterns", "best over it")
    for name, count in result.capacities.items():
        table.add_row(name, f"{count:,}", _times(result, name), "signal to noise")
    lines: list[RenderableType] = [table]
    if found.tuned != result.rule:
        lines.append(
            Text(
                f"Tuned to this dim and {found.n_patterns:,} patterns, {100 * found.edge:.2g} % fewer "
                f"errors: {found.tuned.formula}"
            )
        )
    if found.note:
        lines.append(Text(f"Note: {found.note}.", style="dim"))
    return lines


def _by_measurement(result: BestRule) -> list[RenderableType]:
    held = result.held_out
    assert held is not None
    table = plain_table("patterns", "best over it", f"bit error at {held.n_patterns:,}", "95 % interval")
    for name, count in result.capacities.items():
        found, error = held.capacities[name], held.errors[name]
        shown = f">= {count:,}" if found.censored else f"{count:,}"
        table.add_row(
            name,
            shown,
            _times(result, name),
            f"{error.bit_error:.4g}",
            f"{error.low:.4g} to {error.high:.4g}",
        )
    text = (
        f"Learned from one half of the patterns at {held.n_patterns:,} stored, measured on the other half. "
        f"The normal law of its fields promised a bit error of {held.predicted:.4g}"
    )
    miss = "." if held.miss is None else f"; measured, it is {held.miss:.3g} times that."
    return [table, Text(text + miss)]


def _times(result: BestRule, name: str) -> str:
    gain = result.gain(name) if name in (HEBB, COVARIANCE) else None
    return "" if name == BEST or gain is None else f"{gain:.2f}"


def _snr(result: Decomposition) -> str:
    return "" if result.snr is None else f", signal^2 / noise {result.snr:.4g}"


def _values(values: object) -> str:
    return ", ".join(_number(value) for value in values)  # type: ignore[attr-defined]


def _less(name: str, mean: float) -> str:
    return name if not mean else f"({name} {'-' if mean > 0 else '+'} {_number(abs(mean))})"


def _number(value: float) -> str:
    return f"{value:.4g}"
