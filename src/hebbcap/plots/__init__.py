"""Plots: one module a picture; `save` writes any of them."""

from hebbcap.plots.capacity import capacity_figure, error_figure
from hebbcap.plots.frame import FORMATS, check_path, save
from hebbcap.plots.recall import recall_figure
from hebbcap.plots.scaling import scaling_figure

__all__ = [
    "FORMATS",
    "capacity_figure",
    "check_path",
    "error_figure",
    "recall_figure",
    "save",
    "scaling_figure",
]
