"""How are patterns read from a file that nobody vouches for?

Nothing is unpickled, no size that a file claims is believed before it is compared with the bytes that are
there, and whatever is wrong with it ends in one line that names it.
"""

from __future__ import annotations

import io
import math
import os
import warnings
import zipfile
from array import array as flat_array
from typing import IO, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._checks import UnreadableFile
from hebbcap.patterns.binarise import flatten_pictures
from hebbcap.patterns.opening import explained, opened, read_bytes
from hebbcap.patterns.pictures import read_folder

SUFFIXES = (".npy", ".npz", ".csv")
"""Endings of the files that `read_array` reads; it reads folders of pictures too."""

# NumPy itself refuses a longer header than 10 000 bytes unless told to trust the file.
_NPY_HEADER_BYTES = 1 << 14

# One line of a CSV file is in memory as text cells, 40 times its size: about 160 MB at most.
_CSV_LINE_CHARACTERS = 1 << 22
_CSV_CELL_BYTES = 40

# Of the directory of an archive, where numpy.savez takes about 60 bytes an array and zipfile 1000 in memory.
_DIRECTORY_BYTES = 1 << 20

_NPY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

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
    name = os.fsdecode(path)
    with explained(name):
        if os.path.isdir(name):
            return read_folder(name)
        file, key = split_key(name)
        suffix = os.path.splitext(file)[1].lower()
        if suffix not in SUFFIXES:
            raise UnreadableFile(
                f"{name!r} must end in {', '.join(SUFFIXES)} or be a folder of pictures; "
                "save the patterns with numpy.save"
            )
        with opened(file) as (stream, size):
            if suffix == ".csv":
                return _read_csv(stream, size, file), None
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


def _read_npy(stream: IO[bytes], size: int, name: str) -> NDArray[Any]:
    """Read an array of `size` bytes, header included; the header is believed where the size bears it out."""
    head = io.BytesIO(stream.read(min(size, _NPY_HEADER_BYTES)))
    with warnings.catch_warnings():
        # A header from Python 2 and odd escapes in a damaged one warn; both are judged by what they give.
        warnings.simplefilter("ignore")
        version = np.lib.format.read_magic(head)
        if version not in _NPY_HEADERS:
            # Version 3 exists only for names of fields.
            raise UnreadableFile(
                f"{name!r} has format version {version} and must be a plain array of numbers"
            )
        try:
            shape, fortran_order, dtype = _NPY_HEADERS[version](head)
        except MemoryError:  # what Python's parser says of deep nesting
            raise UnreadableFile(f"{name!r} is damaged: its header is no description of an array") from None
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
    data = read_bytes(stream, claimed, name)
    # A byte other than 0 and 1 in a bool array would be undefined behaviour further on.
    values = data != 0 if dtype.kind == "b" else data.view(dtype).astype(dtype.newbyteorder("="), copy=False)
    return values.reshape(shape, order="F" if fortran_order else "C")


def _read_npz(stream: IO[bytes], key: str | None, name: str) -> NDArray[Any]:
    with zipfile.ZipFile(_Directory(stream)) as archive:
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


class _Directory:
    """A file whose reader is given no directory of thousands of entries, each of which takes a kilobyte."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self._read = stream.read

    def read(self, n_bytes: int = -1) -> bytes:
        """Read as `IO.read`, never very much at a time."""
        most = _DIRECTORY_BYTES
        data = self._read(n_bytes if 0 <= n_bytes <= most else most + 1)
        if len(data) > most:
            raise UnreadableFile("its directory is larger than any that numpy.savez writes")
        return data


def _listed(members: dict[str, zipfile.ZipInfo]) -> str:
    names = ", ".join(repr(member[:40]) for member in list(members)[:8])
    return f" ({names}{', ...' if len(members) > 8 else ''})"


def _read_csv(stream: IO[bytes], size: int, file: str) -> NDArray[np.float64]:
    # The shortest cell, a digit and a comma, becomes a double, and arrays grow by copying.
    needed = 8 * size + _CSV_CELL_BYTES * min(size, _CSV_LINE_CHARACTERS)
    _checks.check_fits(needed, f"reading {file!r}", _WAY_OUT)
    values = flat_array("d")
    columns = characters = 0
    may_be_header = True
    with io.TextIOWrapper(cast(BinaryIO, stream), encoding="utf-8-sig", newline=None) as lines:
        number = 0
        while line := lines.readline(_CSV_LINE_CHARACTERS):
            number += 1
            characters += len(line)
            if characters > size:
                raise UnreadableFile(f"{file!r} grows while it is read")
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
