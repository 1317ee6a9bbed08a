"""What does a person read in a terminal? Tables, one module a kind of result."""

from hebbcap.report.capacity import capacity_report, error_report
from hebbcap.report.scaling import scaling_report

__all__ = ["capacity_report", "error_report", "scaling_report"]
