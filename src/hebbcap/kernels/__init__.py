"""Kernels: packed bits, and the only place that knows of words and vector instructions."""
