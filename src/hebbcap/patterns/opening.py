"""How is a file opened that nobody vouches for?

Whatever goes wrong with it ends in one line that names it, and no size is believed but that of the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hebbcap._checks import MissingExtra, TooLarge, UnreadableFile

_READ_BYTES = 1 << 20


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn whatever a reader raises into one line that names the file.

    Damaged bytes reach the parsers of NumPy, zipfile, zlib and Pillow, which between them raise about twenty
    types, so here, and only here, every exception is caught; the original stays attached as the cause.
    """
    try:
        yield
    except (UnreadableFile, TooLarge, MissingExtra):
        raise
    except MemoryError as error:
        raise TooLarge(f"{name!r} does not fit in the memory that is left; keep fewer patterns") from error
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        first_line = (reason.splitlines() or [""])[0][:200]
        raise UnreadableFile(f"{name!r} can't be read: {first_line or type(error).__name__}") from error


@contextmanager
def opened(file: str) -> Iterator[tuple[IO[bytes], int]]:
    """Open a regular file and give its size; a device or a pipe has none and could be read for ever.

    It is opened first and looked at then, so that it can't be another one by the time it is read; and without
    waiting, as a pipe that nobody writes to would make it.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(file, "rb", opener=lambda path, _: os.open(path, flags)) as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(f"{file!r} is not a regular file; save the patterns in one")
        if not status.st_size:
            raise UnreadableFile(f"{file!r} can't be read: it is empty")
        yield stream, status.st_size


def read_bytes(stream: IO[bytes], n_bytes: int, name: str) -> NDArray[np.uint8]:
    """Read exactly so many bytes, or say after how many the file ends."""
    data = np.empty(n_bytes, np.uint8)
    done = 0
    while done < n_bytes:
        chunk = stream.read(min(_READ_BYTES, n_bytes - done))
        if not chunk:
            raise UnreadableFile(f"{name!r} is damaged: it ends after {done:,} of {n_bytes:,} bytes of data")
        data[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
        done += len(chunk)
    return data
