"""What survives? Makes every kind of fault, and prints one table: python tests/faults/run.py [--short]"""

import argparse
import json
import signal
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults import disks, interrupts, kills, same_numbers, workers
from tests.faults.table import Row, shown
from tests.saving import hostile

_WIDE = 5.0
"""Seconds within which Ctrl-C is answered on a machine that is busy with other tests."""


def files(short, seed):
    """Try hostile files."""
    cases = 300 if short else 100_000
    found = hostile.run(cases, seed)
    remark = f"most memory {found.worst_bytes / 2**20:.1f} MiB; {dict(found.outcomes)}; {found.slowest}"
    remark += "".join(f"; {where}: {what}" for where, what in found.failures[:3])
    worst = f"{found.worst_seconds:.3f} s"
    return [Row("hostile files", cases, cases - len(found.failures), worst, remark)]


def signals(short, seed):
    """Interrupt commands."""
    # A shell that runs this in the background lets it ignore Ctrl-C, and so what is started from here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = 4 if short else 50
    found = interrupts.measure(asked, seed)
    limit = _WIDE if short else interrupts.LIMIT
    late = [one for one in found.answers if one.seconds > limit]
    failed = len(set(found.unclean) | set(late))
    remark = f"median {found.median:.3f} s, worst of {found.worst.command!r}; seed {seed}"
    remark += "".join(
        f"; {one.command!r} ended with {one.code}: {one.stderr[-80:]!r}" for one in found.unclean[:3]
    )
    return [Row("Ctrl-C", asked, asked - failed, f"{found.worst.seconds:.3f} s", remark)]


PARTS = {
    "kills": kills.table,
    "workers": workers.table,
    "disks": disks.table,
    "files": files,
    "signals": signals,
    "same numbers": same_numbers.table,
}
"""Each makes one kind of fault: called with whether few will do, and a seed."""


def main():
    """Make every kind of fault, print what came of it, and exit with 1 if any was not survived."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--short", action="store_true", help="few of each: under a minute")
    parser.add_argument("--json", metavar="FILE", help="write the rows here too")
    parser.add_argument("--seed", type=int, default=0, help="of the moments and of the files")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="these parts alone")
    asked = parser.parse_args()
    began, rows = time.perf_counter(), []
    for name in asked.only:
        try:
            rows += PARTS[name](asked.short, asked.seed)
        except Exception as error:  # the table says of the other parts what it can
            traceback.print_exc()
            reason = (str(error).splitlines() or [""])[0]
            rows.append(Row(f"{name}, all", 1, 0, "", f"{type(error).__name__}: {reason}; seed {asked.seed}"))
        print(f"{name} after {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if asked.json:  # also where a later part takes too long
            Path(asked.json).write_text(json.dumps([row._asdict() for row in rows], indent=1) + "\n")
    print(shown(rows))
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
