"""How are patterns read from a file that nobody vouches for?

Nothing is unpickled, no size that a file claims is believed before it is compared with the bytes that are
there, and whatever is wrong with it ends in one line that names it.
"""

from __future__ import annotations

import io
import math
import os
import stat
import warnings
import zipfile
from array import array as flat_array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._checks import HebbcapError, UnreadableFile
from hebbcap.patterns.binarise import flatten_pictures

SUFFIXES = (".npy", ".npz", ".csv")
"""Endings of the files that `read_array` reads; it reads folders of pictures too."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".pgm")
"""Endings of the files in a folder that are taken for pictures."""

# Pillow would also try formats that start other programs, such as PostScript.
_IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM")

# NumPy itself refuses a longer header than 10 000 bytes unless told to trust the file.
_NPY_HEADER_BYTES = 1 << 14

# One line of a CSV file is in memory as text, 30 times its size: half a gigabyte at most.
_CSV_LINE_CHARACTERS = 1 << 24

_READ_BYTES = 1 << 20

_WAY_OUT = "keep fewer patterns, or save them as int8 or uint8 in a .npy file"


def read_array(path: str | os.PathLike[str]) -> tuple[NDArray[Any], tuple[int, int] | None]:
    """Read an array of numbers, one pattern a row, from a file or from a folder of pictures.

    Parameters
    ----------
    path : str or PathLike
        A `.npy` file; a `.npz` file with one array, or `file.npz:key`; a `.csv` file, with commas and perhaps
        one line of column names; or a folder of png, jpg, bmp, gif, tif or pgm pictures of one size, read in
        the order of their names and turned to grey.

    Returns
    -------
    array : (rows, D) array of bools, integers or floats
        Not yet binarised, nor checked for NaN.
    image_shape : (int, int) or None
        Height and width where the patterns are pictures: a folder, or an array (rows, height, width).

    Raises
    ------
    UnreadableFile
        If there is no such file, or it is not what its name says, is damaged, or holds anything but
        numbers.
    TooLarge
        If its contents can't fit in memory; they have not been read then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/pictures.npy", np.zeros((5, 2, 3)))
    ...     rows, image_shape = read_array(f"{folder}/pictures.npy")
    >>> rows.shape, image_shape
    ((5, 6), (2, 3))
    """
    name = os.fspath(path)
    with _explained(name):
        if os.path.isdir(name):
            return _read_folder(name)
        file, key = split_key(name)
        suffix = os.path.splitext(file)[1].lower()
        if suffix not in SUFFIXES:
            raise UnreadableFile(
                f"{name!r} must end in {', '.join(SUFFIXES)} or be a folder of pictures; "
                "save the patterns with numpy.save"
            )
        size = _regular_size(file)
        if suffix == ".csv":
            return _read_csv(file, size), None
        with open(file, "rb") as stream:
            values = _read_npy(stream, size, name) if suffix == ".npy" else _read_npz(stream, key, name)
        return flatten_pictures(values)


def split_key(name: str) -> tuple[str, str | None]:
    """Split `file.npz:key` into the file and the key; any other name has no key.

    >>> split_key("a.npz:faces"), split_key("a:b.npy")
    (('a.npz', 'faces'), ('a:b.npy', None))
    """
    at = name.lower().rfind(".npz:")
    if at < 0 or os.path.exists(name):
        return name, None
    return name[: at + 4], name[at + 5 :]


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn whatever a reader raises into one line that names the file.

    Damaged bytes reach the parsers of NumPy, zipfile, zlib and Pillow, which between them raise about twenty
    types, so here, and only here, every exception is caught; the original stays attached as the cause.
    """
    try:
        yield
    except HebbcapError:
        raise
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        first_line = (reason.splitlines() or [""])[0][:200]
        raise UnreadableFile(f"{name!r} can't be read: {first_line or type(error).__name__}") from error


def _regular_size(file: str) -> int:
    """Return the size in bytes; a device or a pipe has none and could be read for ever."""
    status = os.stat(file)
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFile(f"{file!r} is not a regular file; save the patterns in one")
    return status.st_size


def _read_npy(stream: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """Read an array of `size` bytes, header included; the header is believed where the size bears it out."""
    head = io.BytesIO(stream.read(min(size, _NPY_HEADER_BYTES)))
    with warnings.catch_warnings():
        # A header from Python 2 and odd escapes in a damaged one warn; both are judged by what they give.
        warnings.simplefilter("ignore")
        version = np.lib.format.read_magic(head)
        if version == (1, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(head)
        elif version == (2, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(head)
        else:
            # Version 3 exists only for names of fields.
            raise UnreadableFile(
                f"{name!r} has format version {version} and must be a plain array of numbers"
            )
    if dtype.kind not in "biuf":
        raise UnreadableFile(f"{name!r} holds {dtype} and must hold real numbers; objects are never loaded")
    if len(shape) not in (2, 3) or any(length < 1 for length in shape):
        raise UnreadableFile(
            f"{name!r} holds an array of shape {shape}; "
            "it must be (patterns, dim) or (pictures, height, width)"
        )
    claimed = math.prod(shape) * dtype.itemsize
    there = size - head.tell()
    if claimed != there:
        raise UnreadableFile(
            f"{name!r} is damaged: its header claims {claimed:,} bytes of data and {there:,} are there"
        )
    _checks.check_fits(2 * claimed, f"reading {name!r}", _WAY_OUT)
    stream.seek(head.tell())
    data = np.empty(claimed, np.uint8)
    done = 0
    while done < claimed:
        chunk = stream.read(min(_READ_BYTES, claimed - done))
        if not chunk:
            raise UnreadableFile(f"{name!r} is damaged: it ends after {done:,} of {claimed:,} bytes of data")
        data[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
        done += len(chunk)
    # A byte other than 0 and 1 in a bool array would be undefined behaviour further on.
    values = data != 0 if dtype.kind == "b" else data.view(dtype).astype(dtype.newbyteorder("="), copy=False)
    return values.reshape(shape, order="F" if fortran_order else "C")


def _read_npz(stream: IO[bytes], key: str | None, name: str) -> NDArray[Any]:
    with zipfile.ZipFile(stream) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if key is None and len(members) != 1:
            raise UnreadableFile(
                f"{name!r} holds {len(members)} arrays{_listed(members)}; name one as {name + ':key'!r}"
            )
        if key is None:
            key = next(iter(members))
        if key not in members:
            raise UnreadableFile(f"{name!r}: no array has the name {key!r}; there are{_listed(members)}")
        member = members[key]
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableFile(f"{name!r} is packed in a way that numpy.savez never uses; save it again")
        # zipfile never unpacks more than this size from the directory, however much the member would give.
        _checks.check_fits(2 * member.file_size, f"unpacking {key!r} of {name!r}", _WAY_OUT)
        with archive.open(member) as unpacked:
            return _read_npy(unpacked, member.file_size, name)


def _listed(members: dict[str, zipfile.ZipInfo]) -> str:
    names = ", ".join(repr(member[:40]) for member in list(members)[:8])
    return f" ({names}{', ...' if len(members) > 8 else ''})"


def _read_csv(file: str, size: int) -> NDArray[np.float64]:
    # The shortest cell, a digit and a comma, becomes a double.
    _checks.check_fits(4 * size, f"reading {file!r}", _WAY_OUT)
    values = flat_array("d")
    columns = 0
    may_be_header = True
    with open(file, encoding="utf-8-sig", newline=None) as lines:
        number = 0
        while line := lines.readline(_CSV_LINE_CHARACTERS):
            number += 1
            if len(line) == _CSV_LINE_CHARACTERS:
                raise UnreadableFile(
                    f"{file!r}, line {number} is too long; save the patterns with numpy.save"
                )
            if not line.strip():
                continue
            cells = line.split(",")
            if may_be_header and not any(_is_number(cell) for cell in cells):
                may_be_header = False
                continue
            may_be_header = False
            columns = columns or len(cells)
            if len(cells) != columns:
                raise UnreadableFile(
                    f"{file!r}, line {number} has {len(cells)} cells and must have {columns} like those above"
                )
            try:
                values.extend(map(float, cells))
            except ValueError:
                column = next(i for i, cell in enumerate(cells) if not _is_number(cell))
                raise UnreadableFile(
                    f"{file!r}, line {number}, cell {column + 1}: {cells[column].strip()[:40]!r} "
                    "is not a number; cells are numbers with commas between them"
                ) from None
    if not columns:
        raise UnreadableFile(
            f"{file!r} has no line of numbers; each line is one pattern, commas between its cells"
        )
    return np.frombuffer(values, np.float64).reshape(-1, columns)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_folder(folder: str) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    # Names that begin with a dot are left behind by file managers and are no pictures.
    files = sorted(
        entry
        for entry in Path(folder).iterdir()
        if entry.suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".")
    )
    if not files:
        raise UnreadableFile(f"{folder!r} holds no pictures; they end in {', '.join(IMAGE_SUFFIXES)}")
    pictures: NDArray[np.uint8] | None = None
    for row, file in enumerate(files):
        with _explained(str(file)):
            picture = _read_picture(str(file))
            if pictures is None:
                shape = picture.shape
                _checks.check_fits(len(files) * picture.size, f"reading {folder!r}", _WAY_OUT)
                pictures = np.empty((len(files), *shape), np.uint8)
            if picture.shape != shape:
                raise UnreadableFile(
                    f"{str(file)!r} is {picture.shape[1]} x {picture.shape[0]} pixels and must be "
                    f"{shape[1]} x {shape[0]} like {files[0].name!r}"
                )
            pictures[row] = picture
    assert pictures is not None
    return pictures.reshape(len(files), -1), (int(shape[0]), int(shape[1]))


def _read_picture(file: str) -> NDArray[np.uint8]:
    """Read one picture as grey values, shape (height, width)."""
    from PIL import Image

    _regular_size(file)
    with warnings.catch_warnings():
        # Pillow warns of oddities that don't matter once the picture is read; sizes are checked below.
        warnings.simplefilter("ignore")
        with Image.open(file, formats=_IMAGE_FORMATS) as image:
            limit = Image.MAX_IMAGE_PIXELS
            if limit is not None and image.width * image.height > limit:
                raise UnreadableFile(
                    f"{file!r} claims {image.width} x {image.height} pixels and at most {limit:,} are read"
                )
            if image.mode.startswith(("I", "F")):
                # Pillow turns these to grey by clipping at 255: a white picture, without a word.
                raise UnreadableFile(
                    f"{file!r} has more than 8 bits per pixel; "
                    "save it as 8-bit grey, or the pixels in a .npy file"
                )
            # Up to four bytes a pixel as it is stored, and one of grey.
            _checks.check_fits(
                5 * image.width * image.height, f"reading {file!r}", "make the picture smaller"
            )
            return np.array(image.convert("L"), dtype=np.uint8)
