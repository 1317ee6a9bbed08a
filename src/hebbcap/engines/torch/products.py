"""How are products of small whole numbers summed without rounding?

Every whole number here is cut into balanced digits of base 256, which int8 holds, and one of the two factors
is always -1, 0 or +1. The units for int8 matrices sum such products in int32. Where a device has none, single
precision is as exact: eight bits survive the short formats that PyTorch may be told to multiply in (TF32,
bfloat16), and sums below 2^24 are held whole.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from hebbcap.engines.torch.packed import ROUND

BASE = 256
"""Of the digits, which run from -128 to 127."""

_SINGLE = 2**24 // (BASE // 2)
"""Most products of a digit and a sign whose sum single precision holds exactly."""


def product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the products of the rows of two matrices, exactly.

    Parameters
    ----------
    left : Tensor of int8, shape (M, N)
        Digits, from -128 to 127; N is at most 2^22.
    right : Tensor of int8, shape (P, N)
        Entries -1, 0 or +1.

    Returns
    -------
    Tensor of int32, shape (M, P)

    Examples
    --------
    >>> digits = torch.tensor([[100, -128, 3]], dtype=torch.int8)
    >>> product(digits, torch.tensor([[1, -1, 0], [1, 1, 1]], dtype=torch.int8)).tolist()
    [[228, -25]]
    """
    if not left.numel() or not right.numel():
        return torch.zeros((len(left), len(right)), dtype=torch.int32, device=left.device)
    if not has_int8_units(left.device):
        return in_single(left, right)
    return in_int8(left, right) if left.device.type == "cpu" else in_int8_rounded(left, right)


def in_int8(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the product by a processor's int8 units."""
    return torch._int_mm(left, right.t())


def in_int8_rounded(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the product by a card's int8 units.

    They want the rows of both factors contiguous, and sizes rounded up: zeros fill what is missing.
    """
    whole = torch._int_mm(_rounded(left), _rounded(right).t())
    return whole[: len(left), : len(right)]


def _rounded(matrix: torch.Tensor) -> torch.Tensor:
    rows, columns = (-size % ROUND for size in matrix.shape)
    if rows or columns:
        matrix = torch.nn.functional.pad(matrix, (0, columns, 0, rows))
    return matrix.contiguous()


def in_single(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the product in single precision, as many terms at a time as it sums exactly."""
    result = torch.zeros((len(left), len(right)), dtype=torch.int32, device=left.device)
    for some, signs in zip(torch.split(left, _SINGLE, 1), torch.split(right, _SINGLE, 1), strict=True):
        result += (some.to(torch.float32) @ signs.to(torch.float32).t()).to(torch.int32)
    return result


@cache
def has_int8_units(device: torch.device) -> bool:
    """Whether a device multiplies int8 matrices, found by trying: not all cards and builds do."""
    if device.type == "cpu" and not torch.backends.mkldnn.is_available():
        return False  # PyTorch's own loops are slower than single precision
    digits = (torch.arange(64 * 96, device=device) % BASE - BASE // 2).view(64, 96).to(torch.int8)
    signs = (torch.arange(32 * 96, device=device) % 5 % 2 * 2 - 1).view(32, 96).to(torch.int8)
    try:
        found = in_int8(digits, signs) if device.type == "cpu" else in_int8_rounded(digits, signs)
    except RuntimeError:
        return False
    return bool(torch.equal(found, in_single(digits, signs)))


def digits(values: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return whole numbers in balanced digits of base 256, the lowest first.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        Whole numbers, in size below 2^62.

    Returns
    -------
    ndarray of int8, shape (n_digits, n)
        As many digits as the largest needs, at least one.

    Examples
    --------
    >>> digits(np.array([127, 128, -1000])).tolist()
    [[127, -128, 24], [0, 1, -4]]
    """
    found: list[NDArray[np.int8]] = []
    rest = values
    while rest.any() or not found:
        lowest = rest.astype(np.int8)  # the low eight bits, with their sign
        found.append(lowest)
        rest = (rest - lowest) // BASE
    return np.stack(found)


def summed(by_digit: torch.Tensor) -> torch.Tensor:
    """Return whole numbers (...) of int64 from sums by digit (n_digits, ...), the lowest first.

    >>> summed(torch.tensor([[24], [-4]], dtype=torch.int32)).tolist()
    [-1000]
    """
    total = by_digit[0].to(torch.int64)
    for place, sums in enumerate(by_digit[1:], 1):
        total += sums.to(torch.int64) * BASE**place
    return total
