"""How are pictures of unknown origin read as patterns?"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hebbcap import _checks
from hebbcap._checks import UnreadableFile
from hebbcap.patterns.opening import explained, opened

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".pgm")
"""Endings of the files in a folder that are taken for pictures."""

# Pillow would also try formats that start other programs, such as PostScript.
_IMAGE_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM")

# Deflate packs 1032 bytes into one, each up to 8 pixels; LZW and JPEG stay far below.
_PIXELS_PER_BYTE = 8 * 1032

_WAY_OUT = "keep fewer pictures, or make them smaller"


def read_folder(folder: str) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Read the pictures of a folder as grey values, one a row, and their height and width."""
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
        with explained(str(file)):
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

    with warnings.catch_warnings(), opened(file) as (stream, size):
        # Pillow warns of oddities that don't matter once the picture is read; sizes are checked below.
        warnings.simplefilter("ignore")
        with Image.open(stream, formats=_IMAGE_FORMATS) as image:
            limit = Image.MAX_IMAGE_PIXELS
            if limit is not None and image.width * image.height > limit:
                raise UnreadableFile(
                    f"{file!r} claims {image.width} x {image.height} pixels and at most {limit:,} are read"
                )
            if image.format != "TIFF" and image.width * image.height > _PIXELS_PER_BYTE * size:
                raise UnreadableFile(
                    f"{file!r} is damaged: {size:,} bytes can't hold {image.width} x {image.height} pixels"
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
