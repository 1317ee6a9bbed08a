"""What do weights hold that are written over for ever?"""

from hebbcap.theory.forgetting.affine import affine_trace
from hebbcap.theory.forgetting.closed_forms import best_decay, decay_lifetime, switching_lifetime
from hebbcap.theory.forgetting.lattice import lattice
from hebbcap.theory.forgetting.lifetime import (
    failures,
    failures_at,
    lifetime,
    lifetime_reading,
    lifetime_readings,
)
from hebbcap.theory.forgetting.trace import EXACT, PROPAGATED, SNR, methods, patterns_to_settle, what_is_left

__all__ = [
    "EXACT",
    "PROPAGATED",
    "SNR",
    "affine_trace",
    "best_decay",
    "decay_lifetime",
    "failures",
    "failures_at",
    "lattice",
    "lifetime",
    "lifetime_reading",
    "lifetime_readings",
    "methods",
    "patterns_to_settle",
    "switching_lifetime",
    "what_is_left",
]
