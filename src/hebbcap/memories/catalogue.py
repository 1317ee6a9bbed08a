"""Which memory does a piece of text mean?

To add a memory: write its class in a file of its own, and add one row to `NAMES`.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hebbcap import _checks
from hebbcap.learning import Incremental, Rule, Synapse, synapse
from hebbcap.memories.dense.energy import Dense
from hebbcap.memories.pairwise.hopfield import Hopfield
from hebbcap.memories.pairwise.plastic import Plastic
from hebbcap.memories.protocol import Memory, Recaller, can_recall
from hebbcap.separation import Exponential, FormulaSeparation, Polynomial

DEFAULT_ORDER = 3

Maker = Callable[[str, Synapse], Memory]


def _hopfield(tail: str, rule: Synapse) -> Memory:
    if isinstance(rule, Incremental) and rule.rule.is_additive:
        return Hopfield(rule.rule)
    return Plastic(rule)


def _dense(tail: str, rule: Synapse) -> Memory:
    return Dense(Polynomial(_order(tail)))


def _rectified(tail: str, rule: Synapse) -> Memory:
    return Dense(Polynomial(_order(tail), rectified=True))


def _exponential(tail: str, rule: Synapse) -> Memory:
    try:
        return Dense(Exponential(float(tail or 1)))
    except ValueError as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        raise _checks.fail(
            "memory", f"exponential:{tail}", "must be exponential or exponential:BETA"
        ) from None


def _energy(tail: str, rule: Synapse) -> Memory:
    return Dense(FormulaSeparation(tail))


def _order(tail: str) -> int:
    try:
        return int(tail or DEFAULT_ORDER)
    except ValueError:
        raise _checks.fail("order", tail, "must be a whole number", "it is the power N of dense:N") from None


def _from(module: str, kind: str) -> Maker:
    """Return what makes a memory of a class that is imported when it is first asked for.

    Its `parse` reads the text after the colon.
    """

    def make(tail: str, rule: Synapse) -> Memory:
        made = getattr(importlib.import_module(f"hebbcap.memories.{module}"), kind).parse(tail)
        assert isinstance(made, Memory)
        return made

    return make


NAMES: Mapping[str, tuple[str, Maker]] = MappingProxyType(
    {
        "hopfield": ("hopfield:RULE, pairwise weights written by a local rule (Hebb if left out)", _hopfield),
        "dense": ("dense:N, F(x) = x^N / N (N = 3 if left out)", _dense),
        "rectified": ("rectified:N, F(x) = max(x, 0)^N / N", _rectified),
        "exponential": ("exponential:BETA, F(x) = exp(BETA x) (BETA = 1 if left out)", _exponential),
        "energy": ("energy:FORMULA, F(x) as a polynomial such as x^3/3 + 0.1*x^5", _energy),
        "two-layer": (
            "two-layer:N, hidden units for patterns, written by local synapses; F(x) = max(x, 0)^N / N",
            _from("dense.two_layer", "TwoLayer"),
        ),
        "centred": (
            "centred, Hebb on patterns less each neuron's own mean",
            _from("pairwise.centred", "Centred"),
        ),
        "storkey": ("storkey, a rule that reads local fields", _from("pairwise.storkey", "Storkey")),
        "pseudo-inverse": (
            "pseudo-inverse, the projection onto the patterns",
            _from("pairwise.pseudo_inverse", "PseudoInverse"),
        ),
        "perceptron": (
            "perceptron:MARGIN, each neuron learns until its fields have that margin",
            _from("pairwise.perceptron", "Perceptron"),
        ),
        "willshaw": (
            "willshaw, binary synapses that are switched on for good",
            _from("pairwise.willshaw", "Willshaw"),
        ),
        "clipped": ("clipped, the signs of Hebb's weights", _from("pairwise.clipped", "Clipped")),
        "hetero": (
            "hetero:OUT, correlation matrix from D inputs to OUT outputs",
            _from("hetero.correlation", "CorrelationMatrix"),
        ),
        "bam": ("bam:OUT, the same recalled back and forth", _from("hetero.bidirectional", "Bidirectional")),
        "chain": (
            "chain:MIDDLE/.../OUT, correlation matrices between adjacent layers",
            _from("hetero.chain", "Chain"),
        ),
        "modern": (
            "modern:BETA,separation=softmax|sparsemax|entmax, attention over real patterns",
            _from("continuous.modern", "Modern"),
        ),
        "similarity": (
            "similarity:SIMILARITY,SEPARATION,BETA, such as similarity:manhattan,softmax,8",
            _from("continuous.similarity", "Universal"),
        ),
        "kernel": (
            "kernel:BETA, log-sum-exp of squared distances, by energy descent",
            _from("continuous.kernel", "Kernel"),
        ),
        "random-features": (
            "random-features:Y,BETA, the same through Y random features, of a size free of K",
            _from("continuous.random_features", "RandomFeatures"),
        ),
        "learned-map": (
            "learned-map:FEATURES,BETA, attention after a map trained to spread the patterns",
            _from("continuous.learned_map", "LearnedMap"),
        ),
        "feature-space": (
            "feature-space:ENCODER,DIM,BETA, recall from embeddings (ENCODER pca, random or pixels)",
            _from("continuous.feature_space", "FeatureSpace"),
        ),
        "astrocyte": (
            "astrocyte, neurons, synapses and astrocyte processes as coupled flows",
            _from("continuous.astrocyte", "Astrocyte"),
        ),
    }
)
"""Name -> (one line for the help, function of the text after the colon and the rule)."""


def memory(
    spec: str | Memory | Recaller,
    *,
    order: int | None = None,
    rule: str | Rule | Synapse | None = None,
    mean: float = 0.0,
) -> Memory | Recaller:
    """Return the memory that a name stands for.

    Parameters
    ----------
    spec : str, Memory or Recaller
        "hopfield", "hopfield:covariance", "hopfield:oja:0.05", "dense", "dense:4", "rectified:3",
        "exponential", "exponential:0.5"; or a memory, returned as it is.
    order : int, optional
        The power of F for `dense` and `rectified`, instead of the number after the colon.
    rule : str, Rule or Synapse, optional
        The learning rule of `hopfield`: a name, named coefficients or a formula; Hebb if left out. One
        that reads the present weight gives a `Plastic` memory, in which the order of patterns matters.
    mean : float
        Mean activity of the patterns, which the covariance rule subtracts.

    Raises
    ------
    InvalidArgument
        If the name is unknown, or an option does not go with it.

    Examples
    --------
    >>> memory("dense", order=4)
    Dense(separation=Polynomial(order=4, rectified=False))
    """
    if not isinstance(spec, str):
        if order is not None or rule is not None:
            raise _checks.fail("memory", spec, "is complete", "leave out order and rule")
        if not isinstance(spec, Memory) and not can_recall(spec):
            raise _checks.fail("memory", spec, "must be a name, or have store(patterns) and recall(cues)")
        return spec
    name, colon, tail = spec.partition(":")
    if colon and not tail:
        usage = NAMES[name][0] if name in NAMES else "hebbcap memories lists all"
        raise _checks.fail("memory", spec, "ends in a colon", f"there is {usage}")
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(NAMES)}"
        raise _checks.fail("memory", spec, "is not known", hint)
    if order is not None:
        if name not in ("dense", "rectified"):
            raise _checks.fail("order", order, f"does not go with {name}", "use dense or rectified")
        if tail and tail != str(order):
            raise _checks.fail("order", order, f"contradicts {spec}", "give the order once")
        tail = str(order)
    if rule is not None:
        if name != "hopfield":
            raise _checks.fail(
                "rule", str(rule), f"does not go with {name}", "rules write pairwise weights: use hopfield"
            )
        if tail:
            raise _checks.fail("rule", str(rule), f"contradicts {spec}", "give the rule once")
    chosen: str | Rule | Synapse = "hebb" if rule is None else rule
    if name == "hopfield" and tail:
        chosen = tail
    return NAMES[name][1](tail, synapse(chosen, mean=mean))
