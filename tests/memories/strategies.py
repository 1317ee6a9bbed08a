"""Patterns, rules and memories to test with; nothing is tested here."""

import numpy as np
from hypothesis import strategies as st

from hebbcap.learning import Rule
from hebbcap.separation import Exponential, Polynomial

SMALL = st.sampled_from([-2.0, -1.0, -0.5, -0.3, 0.1, 1.0, 3.0])
RULES = st.dictionaries(
    st.tuples(st.just(0), st.integers(0, 3), st.integers(0, 3)), SMALL, min_size=1, max_size=5
).map(Rule)

SEPARATIONS = [
    Polynomial(2),
    Polynomial(3),
    Polynomial(4),
    Polynomial(7),
    Polynomial(2, rectified=True),
    Polynomial(3, rectified=True),
    Polynomial(6, rectified=True),
    Exponential(),
    Exponential(0.1),
]


@st.composite
def patterns_and_states(draw, low=None, max_patterns=6, max_dim=9):
    """Patterns (K, D) and states (B, D) at levels (low, 1); low is -1 or 0 where not given."""
    low = draw(st.sampled_from([-1, 0])) if low is None else low
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n_patterns, dim, n_states = (
        draw(st.integers(1, max_patterns)),
        draw(st.integers(2, max_dim)),
        draw(st.integers(1, 4)),
    )
    patterns = rng.choice([low, 1], size=(n_patterns, dim))
    if low == 0:
        patterns[0, 0] = 0  # or the levels would be taken to be -1 and 1
    return patterns, rng.choice([float(low), 1.0], size=(n_states, dim))
