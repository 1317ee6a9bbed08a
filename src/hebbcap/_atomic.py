"""How is a file written so that nobody ever finds half of it?

Beside the target, in the same folder, and moved over it once every byte is on the disk. Whatever stops the
writing, the file that was there is whole. Only a process that is killed outright leaves something behind:
`.NAME.hebbcap-RANDOM.tmp`, which may be deleted.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO

from hebbcap._checks import HebbcapError, UnwritableFile
from hebbcap._interrupt import at_last

# Names may take 255 bytes on every file system in use; the scratch file's are these and at most 32 more.
_NAME_BYTES = 200

_WAYS_OUT = {
    errno.ENOSPC: "free some space, or choose another folder",
    errno.EDQUOT: "free some of the quota, or choose another folder",
    errno.EFBIG: "choose another folder, or raise the limit on the size of files (ulimit -f)",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "make the folder first",
    errno.EISDIR: "name a file in it",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_ANOTHER = "choose another file or folder"


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file to be written, which takes the place of `path` if the block ends without an error.

    Parameters
    ----------
    path : str or PathLike
        The file to make or to replace. A link stays a link: the file that it points to is replaced. A file
        that exists keeps its mode and, where that is allowed, its owner; a new one follows the umask.

    Yields
    ------
    stream : binary stream
        Write to it, or give its `name`, a path in the same folder, to a library that wants one.

    Raises
    ------
    UnwritableFile
        If the folder is missing or read-only, the disk is full, or `path` is no regular file or one that
        may not be written to. What was there is then as it was, as after any other error in the block.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "counts.csv")
    ...     with replacing(file) as stream:
    ...         _ = stream.write(b"1,2\\n")
    ...     file.read_text(), len(os.listdir(folder))
    ('1,2\\n', 1)
    """
    name = os.fsdecode(path)
    try:
        target, status = _looked_at(name)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _explained(name, error) from error
    folder, last = os.path.split(target)
    short = os.fsdecode(os.fsencode(last)[:_NAME_BYTES])
    scratch = os.path.join(folder, f".{short}.hebbcap-{secrets.token_hex(8)}.tmp")
    mode = 0o666 if status is None else stat.S_IMODE(status.st_mode) & 0o777
    stream: BinaryIO | None = None
    with at_last(partial(_dropped, scratch)):
        try:
            stream = open(scratch, "xb", opener=lambda file, flags: os.open(file, flags, mode | 0o600))  # noqa: SIM115
            yield stream
            stream.close()
            # Opened anew, since a library may have closed the stream, or written by the name of the file.
            with open(scratch, "rb+") as written:
                os.fsync(written.fileno())
            if status is not None:
                _take_after(scratch, status, mode)
            os.replace(scratch, target)
        except BaseException as error:
            if stream is not None:
                # What is in the buffer is dropped: to write it could fail too, and hide the first error.
                getattr(stream, "raw", stream).close()
            _dropped(scratch)
            # An error that names another file is about that one.
            is_ours = isinstance(error, OSError) and error.filename in (None, scratch)
            if isinstance(error, OSError) and is_ours and not isinstance(error, HebbcapError):
                raise _explained(name, error) from error
            raise
    _sync_folder(folder)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse now, before any work is done for it, a file that `replacing` could not write.

    Raises
    ------
    UnwritableFile
        As `replacing`. A disk may still fill up later.
    """
    name = os.fsdecode(path)
    try:
        target, _ = _looked_at(name)
        with tempfile.TemporaryFile(dir=os.path.dirname(target)):
            pass
    except (OSError, ValueError) as error:
        raise _explained(name, error) from error


def _looked_at(name: str) -> tuple[str, os.stat_result | None]:
    """Return the file that the name leads to, and what it is now; None if it is new."""
    if not name:
        raise FileNotFoundError(errno.ENOENT, "the name is empty")
    target = os.path.realpath(name)
    try:
        status = os.stat(target)
    except FileNotFoundError:
        if os.path.basename(name) in ("", ".", ".."):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
        os.stat(os.path.dirname(target))
        return target, None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    os.close(os.open(target, os.O_WRONLY))  # what may not be written to is not replaced either
    return target, status


def _dropped(scratch: str) -> None:
    """Delete the scratch file, if there is one."""
    with suppress(OSError):
        os.unlink(scratch)


def _take_after(scratch: str, status: os.stat_result, mode: int) -> None:
    """Give the new file the owner, where that is allowed, and the mode of the old one."""
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(scratch, status.st_uid, status.st_gid)
    os.chmod(scratch, mode)


def _sync_folder(folder: str) -> None:
    """Put the new name on the disk too, where the system can, so that a crash doesn't undo it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _explained(name: str, error: OSError | ValueError) -> UnwritableFile:
    number = error.errno if isinstance(error, OSError) else None
    reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    way_out = _WAYS_OUT.get(number or 0, _ANOTHER)
    told = UnwritableFile(f"{name!r} can't be written: {reason}; nothing was changed; {way_out}")
    told.errno = number
    return told
