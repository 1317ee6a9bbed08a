"""Disks that are full and folders that can't be written to, to see what is left then; nothing is tested here.

Each of `CASES` is given a folder, in which it writes over a file of known bytes under one kind of trouble, in
a process of its own. It returns a `Found`, or None where this machine can't make that trouble.
"""

import contextlib
import errno
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

OLD = b"what was there before\n" * 50
NOBODY = 65534

_WRITER = """
import json, sys
from pathlib import Path
from tests.saving import disks
print(json.dumps(disks.attempt(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))
"""


@dataclass(frozen=True)
class Found:
    """What was left: the error in words, its number, whether the old file is whole, what else is there."""

    error: str
    number: int | None
    old_is_whole: bool
    others: tuple[str, ...]

    @property
    def holds(self):
        """Whether it ended as promised."""
        return "UnwritableFile" in self.error and self.old_is_whole and not self.others


def attempt(folder, how, trouble):
    """Write a file of a megabyte over the old one, and say which error came of it."""
    import numpy as np

    import hebbcap
    from hebbcap._atomic import replacing
    from hebbcap.saving import save

    thing = hebbcap.memory("hopfield").store(np.random.default_rng(0).choice([-1, 1], (1000, 1000)))
    with tempfile.TemporaryDirectory() as apart:
        save(thing, Path(apart, "x"))  # imports what another user may be unable to
    file = Path(folder, "file")
    if trouble == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    elif trouble == "nobody":
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    try:
        if trouble == "full":
            with replacing(file) as stream:
                os.dup2(os.open("/dev/full", os.O_WRONLY), stream.fileno())
                stream.write(bytes(10**6))
        elif how == "save":
            save(thing, file)
        else:
            with replacing(file) as stream:
                for _ in range(1000):
                    stream.write(bytes(1000))
        return ["written", None]
    except Exception as error:
        return [f"{type(error).__name__}: {error}", getattr(error, "errno", None)]


def _tried(folder, how, trouble):
    file = Path(folder, "file")
    done = subprocess.run(
        [sys.executable, "-c", _WRITER, str(folder), how, trouble],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    error, number = json.loads(done.stdout)
    others = tuple(sorted(name for name in os.listdir(folder) if name != "file"))
    return Found(error, number, file.read_bytes() == OLD, others)


def limit_on_sizes(folder, how="save"):
    """A limit on the size of files (ulimit -f), as quotas are: EFBIG."""
    Path(folder, "file").write_bytes(OLD)
    return _tried(folder, how, "limit")


def dev_full(folder, how="replacing"):
    """A stream that runs into ENOSPC at the first write that leaves the buffer, as /dev/full gives it."""
    if not os.path.exists("/dev/full"):
        return None
    Path(folder, "file").write_bytes(OLD)
    return _tried(folder, how, "full")


def tiny_disk(folder, how="save"):
    """A disk of 64 KiB, if this user may mount one: ENOSPC."""
    with _mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs") as there:
        if not there:
            return None
        Path(folder, "file").write_bytes(OLD)
        return _tried(folder, how, "none")


def read_only_disk(folder, how="save"):
    """A folder that is mounted for reading only, which binds the superuser too: EROFS."""
    with _mounted(folder, "-t", "tmpfs", "-o", "size=1m", "tmpfs") as there:
        if not there:
            return None
        Path(folder, "file").write_bytes(OLD)
        if subprocess.run(["mount", "-o", "remount,ro", str(folder)], capture_output=True).returncode:
            return None
        return _tried(folder, how, "none")


def read_only_folder(folder, how="save"):
    """A folder of its own that its user may only read: EACCES. The superuser becomes another for it."""
    with _open_to_all() as apart:
        return apart and _as_user(apart, how, folder_mode=0o555, file_mode=0o666)


def read_only_file(folder, how="save"):
    """A file that its user may only read, in a folder of its own that may be written to: EACCES."""
    with _open_to_all() as apart:
        return apart and _as_user(apart, how, folder_mode=0o777, file_mode=0o444)


def _as_user(folder, how, *, folder_mode, file_mode):
    file = Path(folder, "file")
    file.write_bytes(OLD)
    file.chmod(file_mode)
    os.chmod(folder, folder_mode)
    try:
        return _tried(folder, how, "nobody" if os.geteuid() == 0 else "none")
    finally:
        os.chmod(folder, 0o755)


@contextlib.contextmanager
def _open_to_all():
    """Make a folder that every user may enter; None where folders above it don't let them."""
    with tempfile.TemporaryDirectory() as folder:
        above = Path(folder).resolve().parents
        yield Path(folder) if all(parent.stat().st_mode & 0o001 for parent in above) else None


CASES = {
    "limit on the size of files": limit_on_sizes,
    "no space, /dev/full": dev_full,
    "disk of 64 KiB": tiny_disk,
    "disk mounted read-only": read_only_disk,
    "folder that is read-only": read_only_folder,
    "file that is read-only": read_only_file,
}
"""Every trouble, by what a table calls it."""

NUMBERS = {
    "limit on the size of files": errno.EFBIG,
    "no space, /dev/full": errno.ENOSPC,
    "disk of 64 KiB": errno.ENOSPC,
    "disk mounted read-only": errno.EROFS,
    "folder that is read-only": errno.EACCES,
    "file that is read-only": errno.EACCES,
}
"""The number of the error that each trouble gives."""


@contextlib.contextmanager
def _mounted(folder, *how):
    """Mount something on a folder, and say whether that could be done."""
    try:
        done = subprocess.run(["mount", *how, str(folder)], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        done = False
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", str(folder)], capture_output=True, timeout=20)
