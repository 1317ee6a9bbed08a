"""Measure a memory that hebbcap knows nothing of: anything with `store` and `recall` will do.

python examples/bring_your_own.py
"""

import numpy as np

import hebbcap


class NearestNeighbour:
    """Remembers every pattern and returns the one nearest to the cue."""

    def store(self, patterns):
        self.patterns = patterns

    def recall(self, cues):
        return self.patterns[(cues @ self.patterns.T).argmax(axis=1)]


class LowRank:
    """Keeps only the leading directions of the patterns: a memory of fixed size, whatever it stores."""

    def __init__(self, rank):
        self.rank = rank

    def store(self, patterns):
        _, _, directions = np.linalg.svd(patterns.astype(float), full_matrices=False)
        self.directions = directions[: self.rank]

    def recall(self, cues):
        return np.where(cues @ self.directions.T @ self.directions >= 0, 1.0, -1.0)


if __name__ == "__main__":
    asked = {"dim": 64, "flips": 0.1, "precision": 0.05}
    for memory in (hebbcap.Hopfield(), LowRank(rank=20), NearestNeighbour()):
        limit = {"patterns": hebbcap.ensemble(hebbcap.Rademacher().sample(400, 64, 0))}
        print(hebbcap.capacity(memory, theory=False, **asked, **limit))
