"""One pass over freshly drawn patterns, judged at every number of them."""

from hebbcap.kernels.one_pass.definition import LARGEST_SUM, MOST_CUES, Counts, Setting, count_wrong

__all__ = ["LARGEST_SUM", "MOST_CUES", "Counts", "Setting", "count_wrong"]
