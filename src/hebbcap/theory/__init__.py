"""Theory: what a memory holds by formula, and exactly at finite size."""

from hebbcap._checks import NoTheory
from hebbcap.theory.laws import crosstalk
from hebbcap.theory.reading import (
    EXACT,
    METHODS,
    SNR,
    Reading,
    bit_error,
    capacity_reading,
    error_reading,
    failure,
    midpoint,
    why_not,
)

__all__ = [
    "EXACT",
    "METHODS",
    "SNR",
    "NoTheory",
    "Reading",
    "bit_error",
    "capacity_reading",
    "crosstalk",
    "error_reading",
    "failure",
    "midpoint",
    "why_not",
]
