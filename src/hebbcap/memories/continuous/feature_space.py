r"""What does a memory recall that compares embeddings instead of patterns?

.. math:: x \leftarrow \sum_\mu w_\mu\, \xi^\mu, \quad
    w = \text{sep}\big(\text{sim}(e(x), e(\xi^\mu))\big)

with an encoder e; or, where only embeddings are kept and a decoder d makes patterns of them,
:math:`x \leftarrow d(\sum_\mu w_\mu\, e(\xi^\mu))`. Salvatori et al. (2024), arXiv:2402.10814.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax

from hebbcap import _checks
from hebbcap.engines.real import runs
from hebbcap.memories.continuous.encoders import NAMED, PCA, PIXELS, Codec, Encoder, codec
from hebbcap.memories.continuous.similarities import NAMES as SIMILARITIES
from hebbcap.memories.continuous.similarities import similarity
from hebbcap.memories.options import count, read_options, spell, yes_or_no
from hebbcap.memories.protocol import REAL_BITS, Floats, Storage
from hebbcap.memories.reals import RealMemory

_SCORES = 2**22
"""Scores that are held at a time."""


@final
@dataclass(frozen=True)
class FeatureSpace(RealMemory):
    r"""A memory of any patterns that compares a cue with them by their embeddings.

    Parameters
    ----------
    encoder : {"pca", "random", "pixels"} or callable
        What embeds patterns: their `features` leading principal components, about their mean; a Gaussian
        random projection to so many numbers; or the patterns themselves, to compare with. Or any function of
        rows (B, D) that returns rows (B, F), or a torch module, which is called without gradients.
    features : int
        F, the numbers of an embedding of `pca` and `random`, >= 1; fewer where the patterns span no more.
    beta : float, optional
        The separation is the softmax of beta times the similarity, > 0; left out, the most similar alone.
    similarity : {"cosine", "dot", "euclidean", "distance", "manhattan"}
        Of two embeddings, as in `hebbcap.memories.continuous.similarities`.
    semantic : bool
        Whether only embeddings are kept, and decoded: what is recalled is then like a pattern, not equal.
    decoder : callable, optional
        Makes rows (B, D) of embeddings (B, F), a function or torch module; left out, the one that belongs to
        a named encoder.
    seed : int
        Of the random projection, >= 0.

    Raises
    ------
    InvalidArgument
        If a parameter is outside its range, or `semantic` has no decoder, or a decoder is not needed.

    Notes
    -----
    *No energy.* Recall is one retrieval; an encoder of any kind leaves nothing that it descends.

    *Not local.* Every cue is compared with each stored pattern, and `pca` is fitted to all of them.

    *What an embedding can give.* Flipped bits are independent of each other, so the stored pattern that
    agrees with the cue in most bits is the likeliest one: over +-1 patterns, no embedding beats `pixels`. It
    can win where the corruption moves many bits together, as a shift does, and the encoder does not see that.
    The encoders of the paper are networks trained until they don't; `pca` and `random` are linear, and see
    all of it that lies within their span.

    *Storage.* K D numbers of patterns and K F of embeddings, or with `semantic` the latter alone; and the
    encoder: F D + D numbers for `pca`, one seed for `random`. Numbers that come with a callable are not
    counted. Adding a pattern fits `pca` anew to all patterns. No theory of capacity applies.

    Examples
    --------
    >>> memory = FeatureSpace("pca", 2).store([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1]])
    >>> memory.step([1, 1, 1, -1])
    array([[1., 1., 1., 1.]])
    """

    encoder: str | Encoder = PCA
    features: int = 32
    beta: float | None = None
    similarity: str = "cosine"
    semantic: bool = False
    decoder: Encoder | None = None
    seed: int = 0
    _patterns: Floats | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.encoder not in NAMED if isinstance(self.encoder, str) else not callable(self.encoder):
            raise _checks.fail("encoder", self.encoder, f"must be one of {', '.join(NAMED)}, or a function")
        _checks.integer("features", self.features, low=1, meaning="the numbers of an embedding")
        if self.beta is not None:
            meaning = "leave it out for the most similar alone"
            beta = _checks.real("beta", self.beta, low=0, open_low=True, meaning=meaning)
            object.__setattr__(self, "beta", beta)
        if not isinstance(self.similarity, str) or self.similarity not in SIMILARITIES:
            known = ", ".join(SIMILARITIES)
            raise _checks.fail("similarity", self.similarity, f"must be one of {known}")
        if not isinstance(self.semantic, bool):
            raise _checks.fail("semantic", self.semantic, "must be True or False")
        _checks.integer("seed", self.seed, low=0)
        if self.decoder is not None and not (self.semantic and callable(self.decoder)):
            raise _checks.fail("decoder", self.decoder, "must be a function, and goes with semantic=True")
        if self.semantic and self.decoder is None and not isinstance(self.encoder, str):
            raise _checks.fail(
                "decoder", None, "must be given", "nothing else makes patterns of these embeddings"
            )

    @classmethod
    def parse(cls, tail: str) -> Self:
        """Return the memory named `feature-space:tail`.

        >>> FeatureSpace.parse("random,64,8").name
        'feature-space:random,64,8'
        """
        kinds: dict[str, Callable[[str], Any]] = {
            "encoder": str,
            "features": count,
            "beta": float,
            "similarity": str,
            "semantic": yes_or_no,
            "seed": count,
        }
        return cls(**read_options("feature-space", tail, kinds))

    @property
    def name(self) -> str:
        """The spelling that the command line uses; a function stands there by its own name."""
        named = isinstance(self.encoder, str)
        return spell(
            "feature-space",
            "encoder",
            "features",
            "beta",
            encoder=self.encoder if named else _title(self.encoder),
            features=self.features if (named and self.encoder != PIXELS) or self.features != 32 else None,
            beta=self.beta,
            similarity=None if self.similarity == "cosine" else self.similarity,
            semantic=self.semantic or None,
            decoder=None if self.decoder is None else _title(self.decoder),
            seed=self.seed or None,
        )

    def holding(self, patterns: Any, levels: tuple[float, ...] | None = None) -> Self:
        """Return this memory holding exactly these patterns (K, D)."""
        return super().holding(None if patterns is None else np.asarray(patterns, dtype=np.float64))

    @property
    def why_not_local(self) -> str:
        """Recall compares a cue with whole patterns."""
        return (
            "a cue is compared with each whole pattern, through an encoder that may be fitted to all of them"
        )

    @property
    def has_energy(self) -> bool:
        """No: recall is one retrieval, and an encoder of any kind leaves nothing that it descends."""
        return False

    @property
    def embeddings(self) -> Floats:
        """The embeddings (K, F) of the stored patterns."""
        return self._embedded

    def step(self, states: ArrayLike) -> Floats:
        """Return what is retrieved for the states (B, D)."""
        now = self.checked_states(states)
        kept = self._embedded if self.semantic else self._held()
        score = similarity(self.similarity)
        found = np.empty((len(now), kept.shape[1]))
        for rows in runs(len(now), max(_SCORES // self.n_patterns, 1)):
            scores = score(self._codec.encode(now[rows]), self._embedded)
            if self.beta is None:
                found[rows] = kept[scores.argmax(axis=1)]
            else:
                found[rows] = softmax(self.beta * scores, axis=1) @ kept
        if not self.semantic:
            return found
        assert self._codec.decode is not None
        return self._codec.decode(found)

    def storage(self, dim: int, n_patterns: int) -> Storage:
        """Return embeddings, patterns unless semantic, and the fitted encoder: 64 bits a number."""
        features = dim if self.encoder == PIXELS else self.features
        if self.encoder == PCA:
            features = min(features, dim, max(n_patterns - 1, 1))
        embedded = float(n_patterns) * features
        fitted = float(features + 1) * dim if self.encoder == PCA else 0.0
        kept = 0.0 if self.semantic or self.encoder == PIXELS else float(n_patterns) * dim
        parts = {"entries of patterns": kept, "entries of embeddings": embedded, "of the encoder": fitted}
        what = ", ".join(f"{numbers:,.0f} {part}" for part, numbers in parts.items() if numbers)
        total = sum(parts.values())
        return Storage(total, REAL_BITS * total, f"{what}, real numbers")

    @cached_property
    def _codec(self) -> Codec:
        return codec(self.encoder, self.decoder, self.features, self.seed, self._held())

    @cached_property
    def _embedded(self) -> Floats:
        result = self._codec.encode(self._held())
        result.setflags(write=False)
        return result


def _title(function: Any) -> str:
    """Return what a function is called; what has no name of its own is told apart by where it is."""
    own = getattr(function, "__qualname__", "")
    if own and "<lambda>" not in own:
        return f"{function.__module__}.{own}"
    return f"{type(function).__qualname__}@{id(function):x}"
