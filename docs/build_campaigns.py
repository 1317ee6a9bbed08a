"""Write docs/campaigns.md: a campaign from its plan to its picture, run as a reader would.

python docs/build_campaigns.py    # about two minutes on two cores
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hebbcap

HERE = Path(__file__).parent
PLAN = HERE.parent / "examples" / "phase_diagram.toml"
STORE = "phase_diagram.db"
SURVIVES = "## Survives"


def run(folder: Path, line: str, expected: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command line in a folder, and insist on how it ends."""
    print(f"hebbcap {line}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "hebbcap", *line.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != expected:
        raise SystemExit(f"hebbcap {line} ended with {done.returncode}: {done.stderr}")
    return done


def shown(line: str, output: str, most: int = 100) -> list[str]:
    """Return a command line and what it printed as a block of the page."""
    lines = output.rstrip().splitlines()
    cut = [*lines[:most], "..."] if len(lines) > most else lines
    return [f"    $ hebbcap {line}", *(f"    {text}".rstrip() for text in cut), ""]


def blocks(folder: Path) -> int:
    """Return how many blocks the store has."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / STORE}?mode=ro", uri=True, timeout=10)) as store:
        return int(store.execute("SELECT count(*) FROM blocks").fetchone()[0])


def stopped(folder: Path) -> list[str]:
    """Begin a sweep, press Ctrl-C when part of it is done, and go on."""
    line = "sweep phase_diagram.toml"
    began = subprocess.Popen(
        [sys.executable, "-m", "hebbcap", *line.split()], cwd=folder, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while began.poll() is None:
        time.sleep(0.02)
        with contextlib.suppress(sqlite3.Error):
            if blocks(folder) >= 20:
                break
    began.send_signal(signal.SIGINT)
    _, said = began.communicate(timeout=30)
    before = blocks(folder)
    if began.returncode != 130:
        raise SystemExit(f"Ctrl-C was answered with {began.returncode}: {said}")
    half = hebbcap.read_campaign(folder / STORE)
    finished = run(folder, line)
    after = blocks(folder)
    again = time.perf_counter()
    run(folder, f"{line} --quiet")
    again = time.perf_counter() - again
    return [
        f"Ctrl-C ends it with exit code 130 and one line on standard error, `{said.strip()}`. Here it came when "
        f"{before} blocks of trials were kept, and the store could be read:",
        "",
        f"    >>> hebbcap.read_campaign({STORE!r})",
        f"    {half!r}",
        "",
        f"The same line goes on where it stopped; {after - before} blocks were missing:",
        "",
        *shown(line, finished.stdout),
        f"Once more, and nothing is left to run: the table comes again after {again:.1f} s, and the store still has "
        f"{blocks(folder)} blocks.",
        "",
    ]


def more(folder: Path) -> list[str]:
    """Add cells, then precision, and count the new work."""
    text = PLAN.read_text(encoding="utf-8")
    before = blocks(folder)
    (folder / "phase_diagram.toml").write_text(
        text.replace("dim = 400", "dim = [200, 400]"), encoding="utf-8"
    )
    run(folder, "sweep phase_diagram.toml --quiet")
    cells = blocks(folder)
    precise = text.replace("trials = 1024", "trials = 1024\nprecision = 0.02\n#").replace(
        "dim = 400", "dim = [200, 400]"
    )
    (folder / "phase_diagram.toml").write_text(precise, encoding="utf-8")
    table = run(folder, "sweep phase_diagram.toml --quiet").stdout
    found = hebbcap.sweep(hebbcap.read_plan(folder / "phase_diagram.toml"), store=folder / STORE)
    trials = sorted(cell.trials for cell in found.cells)
    return [
        f"- Cells: with `dim = [200, 400]` in the plan, the same line ran {cells - before} new blocks, those of "
        f"dim 200 alone; the {before} of dim 400 were there.",
        f"- Precision: with `precision = 0.02` in its head, {blocks(folder) - cells} blocks more. The trials of a cell "
        f"are doubled until half the 95 % interval of its rate is at most that share of the rate, or of the "
        f"bound where the rate is below it; here {trials[0]:,} to {trials[-1]:,} trials a cell.",
        "- A changed definition (another dim, criterion, seed, a file with other patterns in it, other code of a "
        "memory of your own) is another cell, and its counts are never mixed with those of the old one. What "
        "the plan no longer asks for stays in the store.",
        "",
        *shown("sweep phase_diagram.toml", table),
    ]


def tables(folder: Path) -> list[str]:
    """Export, and read the arrays."""
    line = f"export {STORE} runs.csv"
    said = run(folder, line).stderr
    first = (folder / "runs.csv").read_text(encoding="utf-8").splitlines()[:3]
    found = hebbcap.read_campaign(folder / STORE)
    frame = found.to_pandas()
    arrays = found.to_xarray(by="load")
    sizes = ", ".join(f"{name!r}: {size}" for name, size in arrays.sizes.items())
    return [
        *shown(line, "\n".join([said.strip(), *first])),
        "`--blocks` gives a row for each block of trials, `runs.parquet` a Parquet file where pandas and pyarrow are "
        '(`pip install "hebbcap[tables]"`). The columns are the same in every format, and numbers are read back as '
        "they were. In Python:",
        "",
        f"    >>> campaign = hebbcap.read_campaign({STORE!r})",
        "    >>> campaign.to_pandas().shape",
        f"    {frame.shape}",
        "    >>> dict(campaign.to_xarray(by='load').sizes)",
        f"    {{{sizes}}}",
        "    >>> campaign.lines[0].crossing",
        f"    {found.lines[0].crossing}",
        "",
    ]


def drawn(folder: Path) -> list[str]:
    """Draw the phase diagram."""
    run(folder, f"plot {STORE} campaign.png")
    shutil.copy(folder / "campaign.png", HERE / "images" / "campaign.png")
    return [
        f"    $ hebbcap plot {STORE} campaign.png",
        "",
        "![phase diagram](images/campaign.png)",
        "",
        "Colour is the measured failure rate of a cell, the green mark on its scale what the criterion allows; "
        "points are where the rates cross that, with 95 % intervals, and the lines what the theories say of the "
        "same question. Cells that wait, or that the plan does not ask for, are blank, those set aside hatched. `--x` names another axis to lie to the "
        "right, `--y` whether loads or numbers of patterns are told; what varies beyond that makes panels. It may "
        "be drawn while a sweep is at work.",
        "",
    ]


def same(folder: Path) -> list[str]:
    """Run the plan by different hands, and compare every row of every block."""
    rows = ["| who ran it | blocks | seconds | sha256 of all blocks |", "|---|---|---|---|"]
    seen = set()
    ways = ("", "--threads 1", "--workers 1", "--workers 2", "--dask local:2")
    (folder / "phase_diagram.toml").write_text(PLAN.read_text(encoding="utf-8"), encoding="utf-8")
    for number, way in enumerate(ways):
        store = f"same{number}.db"
        began = time.perf_counter()
        run(folder, f"sweep phase_diagram.toml --store {store} --quiet --no-theory {way}".strip())
        seconds = time.perf_counter() - began
        run(folder, f"export {store} same.csv --blocks")
        text = "\n".join(sorted((folder / "same.csv").read_text(encoding="utf-8").splitlines()))
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        seen.add(digest)
        count = len(text.splitlines()) - 1
        line = f"hebbcap sweep phase_diagram.toml {way}".strip()
        rows.append(f"| `{line}` | {count} | {seconds:.1f} | `{digest}` |")
    if len(seen) != 1:
        raise SystemExit("the counts differ by who ran them:\n" + "\n".join(rows))
    return [*rows, ""]


def schema(folder: Path) -> list[str]:
    """Return the tables of a store, as they are in the file."""
    with contextlib.closing(sqlite3.connect(f"file:{folder / STORE}?mode=ro", uri=True)) as store:
        texts = [
            sql
            for (sql,) in store.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
        ]
        definition, spelling = store.execute(
            "SELECT definition, spelling FROM cells ORDER BY cell"
        ).fetchone()
        (size,) = store.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()
    lines = [f"    {line}" for text in texts for line in text.splitlines()]
    return [
        *lines,
        "",
        "The key of a cell is a hash of its definition, all that its counts depend on; its spelling is how the "
        f"experiment is asked for again. This store has {blocks(folder)} blocks in {size / 1024:,.0f} KiB. A "
        "definition and a spelling:",
        "",
        f"    {definition}",
        f"    {spelling}",
        "",
    ]


def survives() -> list[str]:
    """Return what the page says under this heading, which is written elsewhere."""
    page = HERE / "campaigns.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    part = text.partition(f"{SURVIVES}\n")[2].partition("\n## ")[0].strip()
    return [SURVIVES, "", *([part, ""] if part else [])]


def page(folder: Path) -> list[str]:
    """Return the page."""
    shutil.copy(PLAN, folder)
    plan = [f"    {line}".rstrip() for line in PLAN.read_text(encoding="utf-8").splitlines()]
    return [
        "# Campaigns",
        "",
        "Phase diagrams of many cells, run for as long as they take, stopped and gone on with at any time.",
        "",
        f"Made by `python docs/build_campaigns.py` on {os.cpu_count()} cores of {platform.machine()}; every output "
        "is that of the command above it.",
        "",
        "## A plan",
        "",
        "A file in TOML with one `[[grid]]` or several. Every combination of the values in a grid is a cell: an "
        "experiment at one number of patterns. A value is one, a list, or `{from, to, steps}`, evenly spaced, or with "
        '`scale = "log"` evenly in the logarithm. The names are those of `hebbcap.experiment` (memory, rule, order, '
        "patterns, dim, criterion, flips, threshold, update, binarise) and either `load`, K / D, or `n_patterns`, K; "
        "`load_power = p` makes the load K / D**p, for dense memories. In Python the same is "
        "`hebbcap.sweep({...}, store=...)`, where values may be memories and patterns of your own.",
        "",
        *plan,
        "",
        "## Run, stop, go on",
        "",
        "The store stands beside the plan unless `--store` names another. In a terminal a live table shows every "
        "line of cells, the rate and the time to go; in the log of a job, a line every 30 seconds.",
        "",
        *stopped(folder),
        "The crossing is where the failure rates of a line of cells pass what the criterion allows, as a real number "
        "of patterns: by the same posterior as `hebbcap capacity`, over the cells around it, widened by what cells "
        "so far apart can't tell, and by a quarter of a pattern for even and odd numbers, which fail differently where "
        "fields can tie. Theories are told likewise, between the last number of patterns that they allow and the "
        "next; where one has only whole numbers, as mean field, that.",
        "",
        "## Add to it",
        "",
        *more(folder),
        "## Draw it",
        "",
        *drawn(folder),
        "## Tables",
        "",
        *tables(folder),
        "## Who runs it",
        "",
        "One process, `--workers N` processes of this machine, a Dask scheduler at `--dask ADDRESS`, or one made here "
        'with `--dask local:N` (`pip install "hebbcap[dist]"`); in Python any `concurrent.futures.Executor`. Plain '
        "TCP to another machine is refused unless `--plain-tcp` asks for it, since whoever can reach a scheduler can "
        "run code on it. Addresses that begin with tls:// take their certificates from Dask's own configuration: "
        "distributed.comm.tls.ca-file, and cert and key under .client. The same plan by different hands, every row of every block compared:",
        "",
        *same(folder),
        "## Same numbers",
        "",
        "Each trial of a cell draws from a stream of its own, made of the seed, the definition and the number of the "
        "trial. So a block counts the same whoever runs it, in whatever order, and how many blocks a cell gets hangs "
        "only on the counts before. Memories that add whole numbers are exact. Those that multiply matrices of "
        "real numbers round as the BLAS library at hand does: a block has it use one thread, so that their number "
        "changes nothing, but another processor or another library may round differently, and a bit at the edge "
        "may then fall to the other side. A block that is counted twice with different results is refused rather "
        "than averaged.",
        "",
        "## The store",
        "",
        "An SQLite file with a write-ahead log: while a sweep is at work, what ends in `-wal` and `-shm` belongs to it.",
        "",
        *schema(folder),
        *survives(),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = "\n".join(page(Path(folder))).rstrip() + "\n"
    (HERE / "campaigns.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
