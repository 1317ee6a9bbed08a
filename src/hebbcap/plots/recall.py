"""What did single cues give back, as pictures?"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from hebbcap.gallery import Gallery

_BAND = 8
"""Columns side by side."""


def recall_figure(gallery: Gallery) -> Figure:
    """Draw truth, cue and what came back, one column a pattern, eight to a band."""
    rows = (("truth", gallery.truth), ("cue", gallery.cues), ("recalled", gallery.states))
    count = len(gallery.truth)
    wide = min(count, _BAND)
    bands = -(-count // wide)
    height, width = gallery.image_shape
    size = (1.2 * wide + 0.9, bands * (1.25 * 3 * min(max(height / width, 0.5), 2.0) + 0.4) + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    low, high = gallery.levels[0], gallery.levels[-1]
    for cue in range(count):
        band, column = divmod(cue, wide)
        for row, (name, states) in enumerate(rows):
            axes = figure.add_subplot(3 * bands, wide, (3 * band + row) * wide + column + 1)
            picture = np.full(height * width, np.nan)
            picture[: states.shape[1]] = states[cue]
            axes.imshow(
                picture.reshape(height, width), cmap="gray", vmin=low, vmax=high, interpolation="nearest"
            )
            axes.set_facecolor("#c9d6e2")  # places that no neuron fills
            axes.set_xticks([])
            axes.set_yticks([])
            if column == 0:
                axes.set_ylabel(name)
            if row == 2:
                axes.set_xlabel(f"overlap {gallery.overlaps[cue]:.2f}", fontsize=8)
    figure.suptitle(gallery.title, fontsize=10)
    return figure
