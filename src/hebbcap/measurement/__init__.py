"""Measurement: what a memory holds, by trials."""

from hebbcap.measurement.capacity import measure_capacity
from hebbcap.measurement.error import measure_error
from hebbcap.measurement.measured import Cost, MeasuredCapacity, MeasuredError
from hebbcap.measurement.posterior import Crossing
from hebbcap.measurement.trial import Counts, run_trial

__all__ = [
    "Cost",
    "Counts",
    "Crossing",
    "MeasuredCapacity",
    "MeasuredError",
    "measure_capacity",
    "measure_error",
    "run_trial",
]
