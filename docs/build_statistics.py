"""Write docs/statistics.md and its picture: how often intervals hold the truth, and other checks of chance.

python docs/build_statistics.py [--kept FOLDER]
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "statistical"))

import calibration  # noqa: E402
import printed_intervals as printed  # noqa: E402
import twins  # noqa: E402

from hebbcap import info  # noqa: E402

WORKERS = 2
DRAWS, TWIN_DRAWS = 3000, 600
FAR = 3.0
"""Standard deviations from the nominal level beyond which a row says so."""

FEWEST = 5 * calibration.BINS
"""Ranks from which a row is shown."""

TWINS: dict[str, dict[str, Any]] = {"": {}, "shifted": {"shifted": 1.5}, "naive": {"naive": True}}
PICTURE = "statistics.png"

WHY = {
    "hopfield, all": "near ten patterns, where the straight line spans 7 to 15 of them, its crossing is 1 % low, and "
    "odd and even numbers lie on two curves, which adds a tenth to its spread. What is printed are whole numbers",
    "radius of dense": "40 neurons: over the flips that are used, the quantiles of the share lost bend a little",
    "hopfield, ties": "odd and even numbers lie on two curves; the interval of whole numbers covers both",
}

READING = (
    "Each question is asked with {seeds:,} seeds, and the 95 % intervals that hold the truth are counted. The truth "
    "is an exact law, or a reference run of other seeds whose standard error is a tenth of that of one interval, "
    "which can move a count by one. Honest intervals are held between {low} and {high} times, but for one case in a "
    "million; one standard deviation is 0.7 %, and rows that are three of them off say so.\n\n"
    "- **capacity** is printed in whole numbers, rounded to the side that holds more: near ten patterns the "
    "interval nearly always holds the truth. **crossing** is the same before rounding, a real number; it is what "
    "exponents are fitted to, and what shows whether the statistics are right.\n"
    "- **failure rate** (points of plots) and **error at an age** are intervals of counts after Clopper and "
    "Pearson, which promise at least 95 %.\n"
    "- All others are of real numbers and must hold neither less nor more than they say.\n\n"
    "Twins: *wrong* is how many intervals hold a wrong truth (an exact law of another size, or a value 15 to 100 % "
    "off), *half as wide* how many hold the truth once half of their width is cut off. Both must be too few."
)

CALIBRATED = (
    "Simulation-based calibration (Talts et al. 2018, [arXiv:1804.06788](https://arxiv.org/abs/1804.06788)): a "
    "crossing K*, a slope and a dispersion are drawn from the prior of `hebbcap.measurement.posterior`, counts from "
    "these, and the rank of K* within the posterior is noted. Ranks of a right posterior are uniform. They are told "
    "apart by whether the posterior was read from a line (many counts) or put on a grid (few counts, or a step).\n\n"
    "*farthest* is the largest difference between the distribution of the ranks and a uniform one, with what 95 % "
    "of uniform ones stay below; *p* is by chi-square over {bins} bins. In the last two columns the posterior is "
    "given a bound half as large again, or takes all chances for independent; p below 1e-6 is a rejection.\n\n"
    "Where each trial is one chance to fail, the posterior is exact. Where trials disperse it is an approximation, "
    "by Student's t: ranks are uniform as far as these draws tell from about ten trials at each place, and with few "
    "counts it is a little wide, not narrow. Dispersion ignored is told where trials disperse: always by the line, and "
    "by the grid where counts decide; mostly it stands for steps, where the places do."
)

BESIDE = (
    "A theory is confronted with simulation only beside a wrong one, which the same trials must reject at the same "
    "bound. `tests/statistical/twins.py` finds all such tests by what they use, and `test_twins.py` fails for one "
    "that neither calls `against(agrees, theory, wrong=...)` nor names its twin."
)


class Part(NamedTuple):
    """What one process finds out."""

    found: Any
    seconds: float


def coverage_of(name: str, kept: str) -> Part:
    """Counts by interval of a case."""
    case = printed.CASES[name]
    began = time.perf_counter()
    truths = case.truths()
    of_truth = time.perf_counter() - began
    asked = printed.ask(case, printed.SEEDS, Path(kept) / f"{_spelled(name)}.json")
    counts = {of: tuple(printed.covered(asked.spans(of), truth)) for of, truth in truths.items()}
    return Part(counts, of_truth + asked.seconds)


def ranks_of(name: str, twin: str, kept: str) -> Part:
    """Ranks by the way the posterior was made, of a setting or one of its twins."""
    file = Path(kept) / f"ranks-{_spelled(name)}-{twin}-{TWIN_DRAWS if twin else DRAWS}.json"
    if not file.exists():
        began = time.perf_counter()
        draws = TWIN_DRAWS if twin else DRAWS
        found = calibration.ranks(calibration.SETTINGS[name], draws, 20261122, **TWINS[twin])
        plain = {kind: each.tolist() for kind, each in found.items()}
        file.write_text(json.dumps([plain, time.perf_counter() - began]), encoding="utf-8")
    found, seconds = json.loads(file.read_text(encoding="utf-8"))
    return Part({kind: np.array(each) for kind, each in found.items()}, seconds)


def _spelled(name: str) -> str:
    return name.replace(" ", "_").replace(",", "")


def all_parts(
    work: Callable[..., Part], questions: list[tuple[str, ...]], kept: str
) -> dict[tuple[str, ...], Part]:
    """Do the work for every question in processes of their own, and say how far it is."""
    found = {}
    with ProcessPoolExecutor(WORKERS) as pool:
        waiting = {question: pool.submit(work, *question, kept) for question in questions}
        for question, future in waiting.items():
            found[question] = future.result()
            print(f"{', '.join(filter(None, question))}: {found[question].seconds:.0f} s", flush=True)
    return found


def coverage(parts: dict[tuple[str, ...], Part]) -> list[str]:
    """The table of coverage."""
    low, high = printed.allowed(printed.SEEDS)
    lines = ["| memory | question | truth | interval | held | half as wide | wrong | verdict | seconds |"]
    lines += ["|---|---|---|---|---|---|---|---|---|"]
    right, shares, pairs, notes = 0, [], set(), []
    total = 0
    for (name,), part in parts.items():
        case = printed.CASES[name]
        if printed.CROSSING in part.found:
            pairs.add((case.memory, case.criterion.split(":")[0]))
        for row, (of, counts) in enumerate(part.found.items()):
            seen = printed.Covered(*counts)
            least = of in printed.AT_LEAST
            told = seen.wrong < low and (least or seen.narrowed < low)
            good = printed.as_said(of, seen) and told
            right, total = right + good, total + 1
            if not least:
                shares.append(seen.held / seen.seeds)
            far = (seen.held - printed.NOMINAL * seen.seeds) / (
                printed.NOMINAL * (1 - printed.NOMINAL) * seen.seeds
            ) ** 0.5
            verdict = "as it says" if good else "**no**"
            if good and far > FAR:
                verdict = f"more: {printed.AT_LEAST[of]}" if least else "a little more"
            elif good and far < -FAR:
                verdict = "a little less, see below"
            first = (case.memory, case.criterion, case.source) if not row else ("", "", "")
            cells = (
                *first,
                of,
                f"{seen.held / seen.seeds:.1%}",
                "" if least else f"{seen.narrowed / seen.seeds:.0%}",
                f"{seen.wrong / seen.seeds:.1%}",
                verdict,
                "" if row else f"{part.seconds:.0f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
        if name in WHY:
            notes.append(f"- {case.memory}, {case.criterion}: {WHY[name]}.")
    low_ones = sum("see below" in line for line in lines)
    spread = (np.array(shares) - printed.NOMINAL) / np.sqrt(
        printed.NOMINAL * (1 - printed.NOMINAL) / printed.SEEDS
    )
    summary = (
        f"{right} of {total} intervals, of {len(pairs)} pairs of memory and criterion and of bit errors, exponents, "
        f"radii and lifetimes, hold the truth as often as they say, at a false alarm in a million; {low_ones} by more than three "
        f"standard deviations less often. Those of real numbers hold "
        f"{np.mean(shares):.2%} on average, from {min(shares):.1%} to {max(shares):.1%}: their distances from 95 % "
        f"are {np.sqrt((spread**2).mean()):.1f} standard deviations of {printed.SEEDS:,} tosses (root mean square; "
        "1.0 if each were exact)."
    )
    reading = READING.format(seeds=printed.SEEDS, low=low, high=high)
    return [summary, "", reading, "", *lines, "", *notes]


def posterior(parts: dict[tuple[str, ...], Part]) -> list[str]:
    """The table of the calibration."""
    lines = [
        "| counts | read from | draws | central 50, 80, 95 % | farthest | p | bound shifted | dispersion ignored |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for name in calibration.SETTINGS:
        for kind, found in sorted(parts[name, ""].found.items()):
            if len(found) < FEWEST:
                continue
            seen = calibration.uniform(found)
            others = [
                calibration.uniform(parts[name, twin].found[kind]).p
                if kind in parts[name, twin].found
                else 1.0
                for twin in ("shifted", "naive")
            ]
            cells = (
                told(name),
                kind,
                f"{seen.n:,}",
                ", ".join(f"{100 * share:.1f}" for share in seen.central),
                f"{seen.farthest:.3f} ({1.36 / seen.n**0.5:.3f})",
                _p(seen.p),
                *map(_p, others),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return [
        CALIBRATED.format(bins=calibration.BINS),
        "",
        *lines,
        "",
        f"![Ranks less uniform](images/{PICTURE})",
    ]


def told(name: str) -> str:
    setting = calibration.SETTINGS[name]
    where = "at all places" if setting.simulate is calibration.streams else "at each place"
    return (
        f"{name}: {setting.trials} trials {where}, of {setting.judged:,} chance{'s' * (setting.judged > 1)}"
    )


def _p(value: float) -> str:
    return "< 1e-6" if value < 1e-6 else f"{value:.2g}"


def draw(parts: dict[tuple[str, ...], Part], path: Path) -> None:
    """Cumulative distributions of the ranks less those of uniform ones, with the band of 95 %."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [
        (name, kind)
        for name in calibration.SETTINGS
        for kind, found in sorted(parts[name, ""].found.items())
        if len(found) >= FEWEST
    ]
    columns = 5
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(13, 2.5 * rows), sharex=True, sharey=True, constrained_layout=True
    )
    at = np.arange(calibration.BINS + 1) / calibration.BINS
    for (name, kind), axis in zip(shown, axes.flat, strict=False):
        found = parts[name, ""].found[kind]
        band = 1.36 / len(found) ** 0.5
        axis.axhspan(-band, band, color="#d9d9d9", lw=0, label="95 % of uniform ones")
        twin = parts[name, "naive"].found.get(kind, np.array([], int))
        if len(twin) >= FEWEST // 4:
            axis.plot(at, calibration.differences(twin), color="#c44e52", lw=1, label="dispersion ignored")
        axis.plot(at, calibration.differences(found), color="#1f4e79", lw=1.6, label="as it is")
        axis.set_title(f"{name}\n{kind}, {len(found):,} draws", fontsize=9)
        axis.set_ylim(-0.2, 0.2)
    for axis in axes.flat[len(shown) :]:
        axis.axis("off")
    axes.flat[0].legend(fontsize=7, frameon=False, loc="lower left")
    figure.supxlabel("rank of the true crossing in its posterior")
    figure.supylabel("share of ranks below, less uniform")
    figure.savefig(path, dpi=110)


def beside() -> list[str]:
    """The table of theories and their twins."""
    lines, served = [], 0
    rows: list[str] = []
    for test in twins.confrontations():
        listed = twins.TWINS.get(test.file, {}).get(test.name)
        if (listed is None and "against" not in test.uses) or (listed or "").startswith(twins.NO_CHANCE):
            continue
        served += 1
        others = "; ".join(map(_sentence, twins.twins_of(test))) or "in the same test"
        rows.append(f"| `{test.file}` | {_sentence(test.name)} | {others} |")
    lines += [BESIDE, "", f"{served} tests:", "", "| file | claim | wrong twin |", "|---|---|---|", *rows]
    return lines


def _sentence(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kept", help="a folder for counts, to go on from; of this version")
    given = parser.parse_args().kept
    kept = given or tempfile.mkdtemp()
    Path(kept).mkdir(parents=True, exist_ok=True)
    covered = all_parts(coverage_of, [(name,) for name in printed.CASES], kept)
    ranked = all_parts(ranks_of, [(name, twin) for name in calibration.SETTINGS for twin in TWINS], kept)
    draw(ranked, HERE / "images" / PICTURE)
    minutes = sum(part.seconds for part in (*covered.values(), *ranked.values())) / 60
    machine = info()
    page = [
        "# Statistics",
        "",
        "Are printed intervals as sure as they say, is the posterior behind them calibrated, and can the tests of "
        "theories fail?",
        "",
        f"Made by `python docs/build_statistics.py`: {minutes:.0f} minutes of one core of {machine['cpu']}, Python "
        f"{platform.python_version()}, NumPy {np.__version__}, shared with other work, two at a time. The same counts are tested "
        "by `python -m pytest -m slow tests/statistical`: half of the questions with as many seeds, others with 100.",
        "",
        "## Do printed intervals hold the truth?",
        "",
        *coverage(covered),
        "",
        "## Is the posterior of the crossing calibrated?",
        "",
        *posterior(ranked),
        "",
        "## Is every theory confronted beside a wrong one?",
        "",
        *beside(),
    ]
    (HERE / "statistics.md").write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
