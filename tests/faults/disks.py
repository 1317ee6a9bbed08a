"""What is left where the disk is full or may only be read: of files that are saved, and of a store?"""

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults import kills, processes
from tests.faults.table import Row
from tests.saving import disks as saving


def files():
    """Save a file over another one under every trouble."""
    found = []
    for name, case in saving.CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            seen = case(folder)
        remark = "this machine can't make it" if seen is None else seen.error.partition(":")[0]
        held = seen is not None and seen.holds
        what = f"saving a file, {name}"
        found.append(
            Row(what, None if seen is None else 1, int(held), "", f"{remark}; the old file is whole")
        )
    return found


def _limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT, _LIMIT))


_LIMIT = 400_000
_TINY, _ENOUGH = "size=400k", "size=8m"


def stores():
    """Run a campaign into a disk that fills up, and go on with it when there is room again."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder, "plan.toml")
        plan.write_text(kills.PLANS["many cells"])
        expected, _ = kills._uninterrupted(plan, Path(folder, "whole.db"))
        limited = _into(plan, Path(folder, "limited.db"), expected, preexec_fn=_limited)
        place = Path(folder, "disk")
        place.mkdir()
        with saving._mounted(place, "-t", "tmpfs", "-o", _TINY, "tmpfs") as there:
            full = there and _into(plan, place / "runs.db", expected, _remounted(place, _ENOUGH))
        with saving._mounted(place, "-t", "tmpfs", "-o", _ENOUGH, "tmpfs") as there:
            locked = there and _read_only(plan, place, expected)
    return [
        _row("store, limit on the size of files", limited),
        _row("store, disk of 400 KiB", full),
        _row("store, disk mounted read-only", locked),
    ]


def _into(plan, store, expected, make_room=lambda: True, **how):
    """Return what came of a run into a full disk and of the next one, in words."""
    code, error = _ended(kills.sweep(plan, store, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, **how))
    if not make_room():
        return None
    kept = kills.rows(store)
    well = code not in (0, None) and len(error.splitlines()) == 1 and kept.items() < expected.items()
    again, _ = _ended(kills.sweep(plan, store, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL))
    well = well and again == 0 and kills.rows(store) == expected
    return well, f"{len(kept)} of {len(expected)} rows kept, the rest added later; said: {_said(error)}"


def _read_only(plan, place, expected):
    store = place / "runs.db"
    assert kills.sweep(plan, store, stdout=subprocess.DEVNULL).wait() == 0
    whole = store.read_bytes()
    if not _remounted(place, "ro")():
        return None
    longer = plan.with_name("longer.toml")
    longer.write_text(plan.read_text().replace("trials = 24", "trials = 300"))
    code, error = _ended(kills.sweep(longer, store, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL))
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    read = processes.start("-m", "hebbcap", "plot", store, place.with_name("plot.png"), **silent)
    well = code not in (0, None) and len(error.splitlines()) == 1
    well = well and read.wait() == 0 and store.read_bytes() == whole
    return well, f"can still be read and drawn; said: {error.splitlines()[-1].rpartition('/')[2]}"


def _said(error):
    """Return the last line that a command said, without the folder."""
    return re.sub(r"'/[^']*/", "'", error.splitlines()[-1]) if error else "nothing"


def _remounted(place, option):
    return lambda: (
        not subprocess.run(["mount", "-o", f"remount,{option}", str(place)], capture_output=True).returncode
    )


def _ended(process):
    _, error = process.communicate(timeout=120)
    return process.returncode, error


def _row(what, seen):
    if not seen:
        return Row(what, None, 0, "", "this machine can't make it")
    well, remark = seen
    return Row(what, 1, int(well), "", remark)


def table(short, seed):
    """Return the rows of the table."""
    return files() + stores()


if __name__ == "__main__":
    from tests.faults.table import shown

    print(shown(table("--short" in sys.argv, int(os.environ.get("SEED", "0")))))
