"""One object of every kind that can be saved, and when two are the same; nothing is tested here."""

from functools import cache

import numpy as np

import hebbcap
from hebbcap import Basin
from hebbcap.basin_of_attraction import Radius
from hebbcap.bits import information
from hebbcap.dynamics import Fixed, Inhibition, KWinners, Steps
from hebbcap.exponent import Slope
from hebbcap.kernels.bits import Bits
from hebbcap.learning import synapse
from hebbcap.learning.synapses import BCM, Bounded, Stochastic
from hebbcap.measurement.basins import MeasuredRadius
from hebbcap.memories import memory
from hebbcap.memories.pairs import PairMemory
from hebbcap.memories.stored import StoredPatterns
from hebbcap.patterns import Active, Data, Discrete, ensemble
from hebbcap.theory.attractors.against_load import OverlapCurve
from hebbcap.theory.attractors.lines import Line
from hebbcap.theory.attractors.measured import MeasuredOverlap
from hebbcap.theory.reading import Reading
from hebbcap.tuning import HeldOut

PATTERNS = np.random.default_rng(0).choice([-1, 1], (4, 30))

RULES = {
    "hebb": hebbcap.hebb(),
    "named": hebbcap.covariance(0.1),
    "parsed": hebbcap.parse("post*pre - 0.3333333333333333*post + 1e-300"),
    "incremental": synapse("post*pre - 0.1*w", mean=0),
    "bounded": Bounded(2.5),
    "stochastic": Stochastic(0.3, 0.1),
    "bcm": BCM(0.1, 3.0),
}

ENSEMBLES = {
    **{
        spec: ensemble(spec)
        for spec in (
            "rademacher",
            "biased:0.3333333333333333",
            "sparse:0.1",
            "gaussian",
            "sphere",
            "template:0.3",
            "hierarchical:3,0.2",
            "markov:0.5",
        )
    },
    "active": Active(0.1),
    "discrete": Discrete((-1.0, 0.0, 2.0), (0.2, 0.5, 0.3)),
    "data": Data(PATTERNS, "four", "made\nup", image_shape=(5, 6)),
    "zero-one data": Data(PATTERNS > 0, "four"),
    "real data": Data(np.random.default_rng(1).normal(size=(3, 7)), "real", real=True),
}

CHOICES = {
    "criterion": hebbcap.Criterion("overlap", 0.9),
    "fixed": Fixed(0.1),
    "steps": Steps((-0.5, 0.5)),
    "inhibition": Inhibition(),
    "k-winners": KWinners(3),
    "transfer": hebbcap.Transfer(),
    "bits": Bits.pack(PATTERNS),
    "experiment": hebbcap.experiment("dense:3", dim=50, flips=0.1),
    "experiment on data": hebbcap.experiment("hopfield", patterns=ENSEMBLES["data"]),
}

RESULTS = {
    "capacity": lambda: hebbcap.capacity("hopfield", dim=40, precision=0.3, seed=2**70),
    "capacity by theory": lambda: hebbcap.capacity("dense:3", dim=100, measure=False),
    "error": lambda: hebbcap.error("hopfield", n_patterns=5, dim=40, precision=0.3),
    "scaling": lambda: hebbcap.scaling("hopfield", dims=[20, 30, 40], measure=False),
    "slope": lambda: Slope(2.0, 1.9, None),
    "held out": lambda: HeldOut(
        3, 0.01, {"best": answer("error").measured}, {"best": answer("capacity").measured}
    ),
    "basin": lambda: Basin(
        hebbcap.experiment("hopfield", dim=40),
        0,
        (Radius(4, 0.1, (Reading("exact", None, "why"),), MeasuredRadius(0.1, 0.05, 0.2, 0.95, 30)),),
    ),
    "comparison": lambda: hebbcap.compare(["hopfield", "dense:3"], dim=30, precision=0.3),
    "forgetting": lambda: hebbcap.forgetting("decay:0.1", dim=60, ages=[0, 5, 10], precision=0.3),
    "recall": lambda: hebbcap.recall(memory("hopfield").store(PATTERNS), PATTERNS),
    "packed recall": lambda: hebbcap.recall(memory("hopfield").store(PATTERNS), Bits.pack(PATTERNS)),
    "gallery": lambda: hebbcap.recall_gallery(hebbcap.experiment("hopfield", dim=30), 3),
    "expansion": lambda: hebbcap.expand(lambda post, pre: np.exp(post * pre)),
    "information": lambda: information(hebbcap.experiment("hopfield", dim=100), 10),
    "decomposition": lambda: hebbcap.decompose("post*pre", "biased:0.3", dim=100),
    "best rule": lambda: hebbcap.best_rule("sparse:0.1", dim=100),
    "statistics": lambda: hebbcap.correlations("markov:0.5", dim=50),
    "attractor": lambda: hebbcap.attractor(load=0.1),
    "critical load": lambda: hebbcap.critical_load(),
    "overlap curve": lambda: OverlapCurve(
        answer("critical load"),
        (answer("attractor"),),
        (None, 0.9),
        (MeasuredOverlap(0.05, 60, 3, 2, 0.9, 0.8, 1.0, "retrieval"),),
        ({"retrieval": 0.5}, {}),
    ),
    "phase diagram": lambda: hebbcap.PhaseDiagram(
        memory("hopfield"), 0.0, (Line("retrieval", np.array([0.138, 0.0]), np.array([0.0, 1.0])),)
    ),
}


@cache
def answer(name):
    """Return the result of that name, worked out once."""
    return RESULTS[name]()


def stored(empty):
    """Return a memory filled, emptied by one, and filled with packed patterns where it takes them."""
    rng = np.random.default_rng(1)
    rows = (PATTERNS + 1) // 2 if empty.name == "willshaw" else PATTERNS
    if isinstance(empty, PairMemory):
        full = empty.store(rows, rng.choice([-1, 1], (len(rows), empty.dim_out)))
        return [full, full.forget(rows[1])]
    full = empty.store(rows)
    packed = [empty.store(Bits.pack(rows))] if isinstance(empty, StoredPatterns) else []
    return [full, full.forget(rows[1]), *packed]


def same(one, other):
    """Whether two objects are alike to the last bit of every part, what equality passes over included."""
    # A number of NumPy comes back as one of Python.
    one, other = (value.item() if isinstance(value, np.generic) else value for value in (one, other))
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        equal = np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        return one.dtype == other.dtype and equal
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, float):
        return repr(one) == repr(other)
    if isinstance(one, Data):
        return one == other and one.levels == other.levels
    if isinstance(one, hebbcap.Memory):
        return same(one.__getstate__(), other.__getstate__())
    if hasattr(one, "__dataclass_fields__"):
        return all(same(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)
    return bool(one == other)
