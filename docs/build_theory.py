"""Write docs/theory.md: what theory predicts, what is measured, what was known, and where they part.

python docs/build_theory.py             # all cells, about ten minutes on two cores
python docs/build_theory.py --only 3,7  # some of them, printed and not written
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass, field
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

from scipy.special import ndtri

import hebbcap
from hebbcap.theory import LABELS

HERE = Path(__file__).parent


def z(p: float) -> float:
    """Distance of the threshold from the mean field, in standard deviations, at bit error p."""
    return float(-ndtri(p))


@dataclass(frozen=True)
class Cell:
    """One question, what was known of it, and why the answers part where they do."""

    memory: str
    options: dict[str, Any]
    known: float | str
    source: str
    why: str
    precision: float = 0.02
    words: str = field(default="", kw_only=True)


CELLS: list[Cell] = []


def cell(memory: str, known: float | str, source: str, why: str, **options: Any) -> None:
    """Add a question to the table."""
    CELLS.append(Cell(memory, options, known, source, why, options.pop("precision", 0.02)))


# --- Hebb, symmetric patterns -------------------------------------------------------------------------------
HOPFIELD = "Hopfield 1982"
AGS = "Amit, Gutfreund & Sompolinsky 1985"
cell(
    "hopfield",
    1 + 999 / z(0.01) ** 2,
    f"D / z^2, {HOPFIELD}",
    "agree: the normal tail is good where 185 patterns add a little each",
    dim=1000,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    0.1385 * 1000,
    f"0.1385 D, {HOPFIELD}",
    "agree",
    dim=1000,
    criterion="bit-error:0.0036",
)
cell(
    "hopfield",
    0.1047 * 1000,
    "0.1047 D, D / z^2",
    "agree to the lattice: fields are whole even numbers, and the normal tail knows no ties",
    dim=1000,
    criterion="bit-error:0.001",
)
cell("hopfield", 0.3696 * 1000, "0.3696 D, D / z^2", "agree", dim=1000, criterion="bit-error:0.05")
cell(
    "hopfield",
    500 / (2 * log(500)),
    "D / (2 ln D), McEliece et al. 1987",
    "the law is the leading order for D -> infinity with any p; at D = 500 ln D is not yet large",
    dim=500,
    criterion="pattern-error:0.1",
)
cell(
    "hopfield",
    200 / (4 * log(200)),
    "D / (4 ln D), McEliece et al. 1987",
    "as above: leading order only",
    dim=200,
    criterion="all-patterns:0.1",
)
cell(
    "hopfield",
    0.137906 * 1000,
    f"0.1379 D, {AGS}",
    "dynamics from the pattern at finite D holds on a little past the transition, which is sharp only for "
    "D -> infinity",
    dim=1000,
    criterion="overlap:0.95",
)
cell(
    "hopfield",
    1 + 999 * 0.8**2 / z(0.01) ** 2,
    "(1 - 2 r)^2 D / z^2",
    "agree; the simple law forgets that a flipped neuron is cued wrong, which matters nothing at this size",
    dim=1000,
    criterion="bit-error:0.01",
    flips=0.1,
)
# --- rules with post, pre and constant parts ----------------------------------------------------------------
SECTION = "N c^2 / (z^2 (c^2 + a^2 + b^2)) + 1, this project"
cell(
    "hopfield",
    1 + 499 / (z(0.01) ** 2 * 1.25),
    SECTION,
    "the post part's noise swings with the activity of the cue, so the tail is heavier than a normal one's",
    rule="post*pre + 0.5*post",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    1 + 499 / (z(0.01) ** 2 * 1.25),
    SECTION,
    "agree; the pre part costs as much as the post part, though it shifts all neurons alike",
    rule="post*pre + 0.5*pre",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    1 + 499 / z(0.01) ** 2,
    "inhibition removes the pre part: (D-1) / z^2 + 1",
    "agree: the mean field of the network carries the whole pre part",
    rule="post*pre + 0.5*pre",
    dim=500,
    criterion="bit-error:0.01",
    threshold="inhibition",
)
cell(
    "hopfield",
    1 + (-1 + sqrt(1 + 4 * 0.05**2 * 499 / z(0.01) ** 2)) / (2 * 0.05**2),
    "root of z^2 (k + C^2 k^2) = N, k = K - 1, this project",
    "the constant is one shift for all neurons of a cue; its noise grows with K^2",
    rule="post*pre + 0.05",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    1 + 499 / z(0.01) ** 2,
    "squares are constants on +-1: as post*pre + C, C = 0 here",
    "agree: post^2 - pre^2 writes nothing on +-1 patterns",
    rule="post*pre + post^2 - pre^2",
    dim=500,
    criterion="bit-error:0.01",
)
# --- biased and sparse patterns -----------------------------------------------------------------------------
DAYAN = "Dayan & Willshaw 1991"
cell(
    "hopfield",
    1 + 499 / (4 * 0.1 * z(0.01) ** 2),
    f"N / (4 z^2 a) + 1, {DAYAN}",
    "the sum of sparse crosstalk is skewed, so its tail is heavier than a normal one's: exact and measured "
    "lie below",
    rule="covariance",
    patterns="sparse:0.1",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "activity differs from cue to cue, and the constant part turns that into a shift of the whole network",
    patterns="sparse:0.1",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "no exact law: inhibition ties all fields together. It takes the shift of the whole network away; the post part, skewed with activity, stays",
    patterns="sparse:0.1",
    dim=500,
    criterion="bit-error:0.01",
    threshold="inhibition:midpoint",
)
cell(
    "hopfield",
    1 + 499 / z(0.01) ** 2 - 0.4**2,
    f"(D-1) / z^2 + 1 - (2p-1)^2, this project; {DAYAN}",
    "agree: the covariance rule has interaction only, and holds as many biased patterns as Hebb symmetric ones",
    rule="covariance",
    patterns="biased:0.3",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "the mean of 0.4 makes the constant part 0.16, whose noise grows with K^2",
    patterns="biased:0.3",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "agree: fewer than of two levels, for a neuron must tell its level from two others",
    patterns="ternary:0.3",
    dim=500,
    criterion="bit-error:0.01",
)
# --- dense memories -----------------------------------------------------------------------------------------
KH = "D^(n-1) / (z^2 (2n-3)!!), Krotov & Hopfield 2016"
cell(
    "dense:3",
    100**2 / (z(0.01) ** 2 * 3),
    KH,
    "the leading order drops the own term (D-1 for D); the exact variance brings signal to noise down",
    dim=100,
    criterion="bit-error:0.01",
)
cell("dense:4", 60**3 / (z(0.01) ** 2 * 15), KH, "as above", dim=60, criterion="bit-error:0.01")
cell("dense:5", 40**4 / (z(0.01) ** 2 * 105), KH, "as above", dim=40, criterion="bit-error:0.01")
cell(
    "rectified:3",
    "-",
    "",
    "a pattern's negative weighs nothing, so half of the crosstalk is gone and the rest is skewed",
    dim=100,
    criterion="bit-error:0.01",
)
cell(
    "dense:3",
    "-",
    "",
    "what the patterns share adds up, at every order",
    patterns="biased:0.3",
    dim=60,
    criterion="bit-error:0.01",
)
cell(
    "dense:3",
    0.25219 * 100**2 / 3,
    "0.2522 D^2 / 3!!, Gardner 1987, equilibrium",
    "measured is the metastable state that the dynamics reaches from the pattern, not the equilibrium",
    dim=100,
    criterion="overlap:0.9",
)
DEMIRCIGIL = "Demircigil et al. 2017"
cell(
    "exponential",
    0.01 * 2**15,
    "p 2^(D+1)",
    "rare near patterns decide, not the variance: no normal reading",
    dim=14,
    criterion="bit-error:0.01",
)
cell(
    "exponential",
    sqrt(2 * 0.1 / 16) * 2 ** (16 / 2),
    f"sqrt(2 p / D) 2^(D/2), this project; 2^(D/2), {DEMIRCIGIL}",
    "patterns at distance 1 spoil one bit each, and two of them never both fail",
    dim=16,
    criterion="all-patterns:0.1",
)
cell(
    "exponential",
    "-",
    "",
    "2 of 20 bits flipped: a pattern spoils the cue from farther away, so far fewer are held",
    dim=20,
    criterion="bit-error:0.01",
    flips=0.1,
)
cell(
    "dense:3",
    100**2 / (2 * 3 * log(100)),
    "D^2 / (2 * 3!! ln D), Krotov & Hopfield 2016",
    "leading order; with few wrong bits the tail is heavier than a normal one's",
    dim=100,
    criterion="pattern-error:0.1",
)
# --- weights that forget ------------------------------------------------------------------------------------
cell(
    "hopfield",
    999 / (exp(1) * z(0.01) ** 2),
    "N / (e z^2) at the best decay e z^2 / (2N), this project",
    "agree; Hebb holds e times as many at its best, and none beyond",
    rule="decay:0.00736",
    dim=1000,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    1 + log(0.2 * sqrt(999 + z(0.01) ** 2) / z(0.01)) / -log(0.8),
    "from the trace q (1-q)^a, Tsodyks 1990; Amit & Fusi 1994",
    "agree: the whole number below",
    rule="stochastic:0.2",
    dim=1000,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "bounded weights forget by saturation; theory is exact here, the weights being whole numbers",
    rule="bounded:5",
    dim=1000,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "on 0/1 a neuron forgets only when it fires itself: pooling its histories costs two patterns",
    rule="oja:0.1",
    patterns="sparse:0.1",
    dim=1000,
    criterion="bit-error:0.01",
    precision=0.1,
)
# --- correlated patterns ------------------------------------------------------------------------------------
cell(
    "hopfield",
    "-",
    "",
    "neighbouring neurons agree, so the crosstalk of 500 neurons is that of fewer independent ones",
    patterns="markov:0.5",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "what all patterns share adds up in the crosstalk instead of cancelling",
    patterns="template:0.2",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "hopfield",
    "-",
    "",
    "relatives within a family pull together",
    patterns="hierarchical:10,0.3",
    dim=500,
    criterion="bit-error:0.01",
)
cell(
    "dense:3",
    "-",
    "",
    "as for Hebb, at the second order",
    patterns="markov:0.5",
    dim=60,
    criterion="bit-error:0.01",
)
for memory in ("hopfield", "dense:4"):
    for name in ("digits", "faces"):
        cell(
            memory,
            "-",
            "",
            "predicted from the overlaps of the data's own rows",
            patterns=name,
            criterion="bit-error:0.01",
            precision=0.05,
        )


def answer(one: Cell, seed: int) -> tuple[hebbcap.Capacity, float]:
    """Ask the question; return the answers and the seconds they took."""
    began = time.perf_counter()
    found = hebbcap.capacity(one.memory, **one.options, precision=one.precision, seed=seed)
    return found, time.perf_counter() - began


def row(number: int, one: Cell, found: hebbcap.Capacity) -> str:
    """Return the line of the table."""
    said = {reading.method: reading.value for reading in found.theory}
    asked = found.experiment
    sharp = next((m for m in reversed(list(said)) if m != "snr" and said[m] is not None), None)
    sharpest = (
        "-" if sharp is None else f"{said[sharp]:,.0f}" + ("" if sharp == "exact" else f" ({LABELS[sharp]})")
    )
    snr = "-" if said.get("snr") is None else f"{said['snr']:,.0f}"
    m = found.measured
    assert m is not None
    measured = f">= {m.n_patterns:,}" if m.censored else f"{m.n_patterns:,} [{m.low:,}, {m.high:,}]"
    known = one.known if isinstance(one.known, str) else f"{one.known:,.1f}"
    memory = f"{one.memory}, {one.options['rule']}" if "rule" in one.options else one.memory
    extra = [f"{asked.flips:.0%} flipped"] if asked.flips else []
    extra += [one.options["threshold"]] if "threshold" in one.options else []
    criterion = ", ".join([str(asked.criterion), *extra])
    worth = found.information
    bits = "-" if worth is None or worth.per_synapse is None else f"{worth.per_synapse:.3g}"
    cells = [str(number), memory, asked.ensemble.name, f"{asked.dim:,}", criterion, snr, sharpest, measured]
    return "| " + " | ".join([*cells, known, one.source, bits, one.why]) + " |"


def table(numbers: list[int], seed: int) -> tuple[list[str], list[str]]:
    """Ask every question; return the lines of the table and of what lies outside the interval."""
    lines = [
        "| | memory | patterns | dim | criterion | signal to noise | sharpest theory | measured [95 %] | known "
        "| source | bits per synapse | where they part, and why |",
        "|" + "---|" * 12,
    ]
    apart = []
    for number in numbers:
        one = CELLS[number - 1]
        found, seconds = answer(one, seed)
        lines.append(row(number, one, found))
        print(f"{seconds:6.1f} s  {lines[-1]}", flush=True)
        best = next((r for r in reversed(found.theory) if r.value is not None and r.method != "snr"), None)
        m = found.measured
        if best is not None and m is not None and m.high is not None and not m.low <= best.value <= m.high:
            apart.append(
                f"{number} ({LABELS[best.method]} {best.value:,.0f}, measured [{m.low:,}, {m.high:,}])"
            )
    return lines, apart


def transitions() -> list[str]:
    """Return the table of critical loads."""
    from hebbcap.theory.attractors import CLIPPED, critical_load

    rows = [
        ("hopfield, T = 0", critical_load("hopfield"), 0.137906, "Amit, Gutfreund & Sompolinsky 1987"),
        (
            "hopfield, clipped weights",
            critical_load("hopfield", static_noise=CLIPPED),
            0.1018,
            "Sompolinsky 1986: 0.102",
        ),
        ("dense:3", critical_load("dense:3"), 0.2522, "Gardner 1987, re-derived"),
        ("dense:4", critical_load("dense:4"), 0.1979, "Gardner 1987, re-derived"),
        ("dense:5", critical_load("dense:5"), 0.1728, "Gardner 1987, re-derived"),
    ]
    lines = [
        "| memory | critical load | overlap there | known | source | state |",
        "|---|---|---|---|---|---|",
    ]
    for name, found, known, source in rows:
        lines.append(
            f"| {name} | {found.load:.6f} | {found.overlap:.6f} | {known} | {source} | {found.state} |"
        )
    return lines


def exponents() -> list[str]:
    """Return the table of exponents, for sizes at which they are near their limits."""
    lines = [
        "| memory | dims | exponent, signal to noise | exponent, exact law | known |",
        "|---|---|---|---|---|",
    ]
    for order in (2, 3, 4):
        dims = [1000, 2000, 4000] if order == 2 else [250, 500, 1000]
        found = hebbcap.scaling(f"dense:{order}", dims=dims, criterion="bit-error:0.01", measure=False)
        snr, exact = (found.theory_slope(method) for method in ("snr", "exact"))
        assert snr is not None
        assert exact is not None
        shown = ", ".join(f"{d:,}" for d in dims)
        lines.append(f"| dense:{order} | {shown} | {snr.exponent:.4f} | {exact.exponent:.4f} | {order - 1} |")
    return lines


INTRODUCTION = """# Theory, prediction and measurement

Written by `python docs/build_theory.py` ({seconds:.0f} s) on {cpu}, {cores} cores, Python {python}.

Each line is one question, `hebbcap.capacity(memory, rule=..., patterns=..., dim=..., criterion=...)`, and asks for the
largest number of patterns that meets the criterion. *Signal to noise* takes mean and variance of the field and a normal
tail. *Sharpest theory* is the exact law at this size, unless another is named. *Measured* knows nothing of either.
*Known* is what the literature's own formula gives at this size; the formula stands beside it. Bits per synapse are of
the measured capacity.

"""


FINDINGS = """## Where theory and measurement part, or theories part from each other

- **Finite networks hold more than the critical load.** Half of the Hebb patterns keep an overlap of 0.95 beyond 0.15 D
  at D = 1,000; the transition at 0.138 D is sharp for D -> infinity only.
- **Dense memories from the pattern rest above equilibrium.** Order 3 at 0.24 D^2 / 3!!: dynamic mean field 0.936,
  measured 0.942 at D = 300, equilibrium 0.907. The dynamics keep the pattern beyond the equilibrium's critical load.
- **Bits of one pattern fail together.** They meet the same patterns, so their variances rise and fall together. Hebb,
  D = 200, K = 20: the product of independent bits says 0.108, with correlation 0.0938, simulated 0.0939 +- 0.0002.
  Sparse patterns fail by cue: at activity 0.05, D = 500, K = 40 the product says 0.057 and the truth is 0.015.
- **All-patterns comes near D / (4 ln D) from above and slowly**: 1.47 times it at D = 100, 1.27 times at D = 5,000
  (p = 0.1).
- **A threshold fixed for each neuron does not remove the post part** of symmetric patterns: that bias swings with the
  activity of the cue. One that follows the activity does.
- **The covariance rule is the best additive one for large D and two levels.** At finite D a little of the post part is
  worth its noise (0.7 % fewer errors on sparse:0.1 at D = 500); with three levels a third-order rule can hold twice as many.
- **In equilibrium the post part is not static noise.** It shifts the overlaps of all other patterns alike, and the
  network amplifies it; the pre part is one shift for each cue.
- **Amari and Maginu's recursion is not exact from the second step on**: it leaves out the echo of a neuron's own last
  state. Load 0.12, overlap 0.5 to begin with: it says 0.892, dynamic mean field 0.9065, simulated 0.907 +- 0.001.
- **Forgetting costs a factor e.** Hebb at its best load against the best decay: 185 and 68 at D = 1,000, 1,848 and 680
  at 10,000. The best bounded weights hold 55 and 545, the best binary ones 5 and 16.
- **BCM on +-1 patterns holds nothing** when activity is clamped: its threshold stays at 1, so that it writes nothing
  where post is +1 and anti-Hebb where it is -1. Oja's rule is plain decay there.
- **A common template ruins Hebb by discrete pulls**: each relative adds c^2 N however large D is, so single bits go from
  K near 1 / c^2 on.
- **Exponential memories from intact cues lose bits one at a time**, to patterns at distance 1 that tie; two of these never
  both fail, so all patterns hold up to sqrt(2 p / D) 2^(D/2).
"""


def main() -> None:
    """Write the page, or print some of its lines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="numbers of lines, with commas")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    began = time.perf_counter()
    if given.only:
        table([int(n) for n in given.only.split(",")], given.seed)
        return
    lines, apart = table(list(range(1, len(CELLS) + 1)), given.seed)
    sections = [
        *lines,
        "",
        "The sharpest theory lies outside the measured interval in: " + ("; ".join(apart) or "none") + ".",
        "",
        "## Critical loads",
        "",
        "In units of section 7 of the theory: K / D for pairwise memories, K (2n-3)!! / D^(n-1) for dense ones of order n.",
        "",
        *transitions(),
        "",
        "## Exponents",
        "",
        *exponents(),
        "",
        FINDINGS,
    ]
    info = hebbcap.info()
    head = INTRODUCTION.format(
        seconds=time.perf_counter() - began,
        cpu=info["cpu"],
        cores=info["threads"]["hebbcap"],
        python=platform.python_version(),
    )
    (HERE / "theory.md").write_text(head + "\n".join(sections))


if __name__ == "__main__":
    main()
