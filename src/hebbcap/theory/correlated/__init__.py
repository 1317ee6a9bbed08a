"""Theory for correlated patterns: what they do to the crosstalk, and how many are still held."""

from hebbcap.theory.correlated.reading import CORRELATED, correlated_error, correlated_reading
from hebbcap.theory.correlated.statistics import PatternStatistics, correlations

__all__ = ["CORRELATED", "PatternStatistics", "correlated_error", "correlated_reading", "correlations"]
