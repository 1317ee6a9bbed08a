"""Measurement: what a memory holds, by trials."""

from hebbcap.measurement.capacity import measure_capacity
from hebbcap.measurement.posterior import Crossing
from hebbcap.measurement.search import MeasuredCapacity, MeasuredError, measure_error
from hebbcap.measurement.trial import Counts, run_trial

__all__ = [
    "Counts",
    "Crossing",
    "MeasuredCapacity",
    "MeasuredError",
    "measure_capacity",
    "measure_error",
    "run_trial",
]
