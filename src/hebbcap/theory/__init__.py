"""Theory: what a memory holds by formula, and exactly at finite size."""

from hebbcap._checks import NoTheory
from hebbcap.theory.answers import LABELS, capacity_readings, error_readings, failure_curve
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
    midpoints,
    why_not,
)

__all__ = [
    "EXACT",
    "LABELS",
    "METHODS",
    "SNR",
    "NoTheory",
    "Reading",
    "bit_error",
    "capacity_reading",
    "capacity_readings",
    "crosstalk",
    "error_reading",
    "error_readings",
    "failure",
    "failure_curve",
    "midpoint",
    "midpoints",
    "why_not",
]
