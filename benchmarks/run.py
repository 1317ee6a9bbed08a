"""Run every benchmark and write its tables into docs/performance.md.

python benchmarks/run.py [--quick] [--only NAME ...]

Each script runs in a process of its own. What stands in the page between `<!-- NAME -->` and `<!-- /NAME
-->` is replaced, all else is left as it is; a script that the page does not have yet goes to its end."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import machine

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"

SCRIPTS = (
    "limits",
    "overlaps",
    "dense_step",
    "pairwise_step",
    "sparse",
    "exponential_step",
    "weights",
    "random_bits",
    "capacity",
    "recall",
    "cold_start",
    "scale",
    "sharded",
    "cost_curves",
    "gpu",
)

START = """# Performance

Everything that people would use instead runs in the same process as hebbcap, in turns: a pause, a call to
warm up, then timed calls. Answers are compared before any timing. Times are the best of all calls, with the
median in brackets; two threads. Each contender holds patterns and cues in the form that suits it. A rival
that is not installed is listed as such; `pip install -e ".[bench]"` brings them all.
"""


def main() -> None:
    """Run the scripts asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer turns")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS, metavar="NAME")
    asked = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else START
    for name in asked.only:
        print(name, flush=True)
        page = with_section(page, name, section(name, run(name, asked.quick)))
        PAGE.write_text(page, encoding="utf-8")


def run(name: str, quick: bool) -> dict[str, Any]:
    """Run one script and return its figures."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, str(HERE / f"{name}.py"), "--json", str(figures)]
        subprocess.run(command + ["--quick"] * quick, check=True, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
        return found


def section(name: str, found: dict[str, Any]) -> str:
    """Return what the page says about one script."""
    command = f"    python benchmarks/{name}.py{' --quick' if found['effort'] == 'quick' else ''}"
    return f"{found['markdown']}\n\n{command}\n\n{machine.line(found['machine'])}."


def with_section(page: str, name: str, text: str) -> str:
    """Return the page with this text between the script's marks.

    >>> with_section("a\\n<!-- x -->\\nold\\n<!-- /x -->\\nb\\n", "x", "new")
    'a\\n<!-- x -->\\nnew\\n<!-- /x -->\\nb\\n'
    """
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    if start not in page:
        return f"{page.rstrip()}\n\n{start}{text}\n{end}"
    before, _, rest = page.partition(start)
    return f"{before}{start}{text}\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    main()
