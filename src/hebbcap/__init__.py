"""How many patterns can this associative memory hold?

>>> import hebbcap
>>> hebbcap.capacity("hopfield", dim=1000, measure=False)
Capacity(hopfield, rademacher, dim=1000, bit-error:0.01: snr 185, exact 185)

Every public name is listed here; each is imported when it is first used, so that `hebbcap --help` is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

from hebbcap._version import __version__

_HOMES = {
    "capacity": "estimate",
    "error": "estimate",
    "experiment": "estimate",
    "Capacity": "estimate",
    "BitError": "estimate",
    "scaling": "exponent",
    "Scaling": "exponent",
    "Experiment": "question",
    "Criterion": "criteria",
    "ensemble": "patterns",
    "binarise": "patterns",
    "digits": "patterns",
    "faces": "patterns",
    "Ensemble": "patterns",
    "Rademacher": "patterns",
    "Biased": "patterns",
    "Sparse": "patterns",
    "Discrete": "patterns",
    "ternary": "patterns",
    "Data": "patterns",
    "Rule": "learning",
    "parse": "learning",
    "expand": "learning",
    "interpolate": "learning",
    "hebb": "learning",
    "covariance": "learning",
    "memory": "memories",
    "Memory": "memories",
    "Hopfield": "memories",
    "Dense": "memories",
    "Polynomial": "separation",
    "Exponential": "separation",
    "FormulaSeparation": "separation",
    "CustomSeparation": "separation",
    "Separation": "separation",
    "recall": "dynamics",
    "single_pass": "dynamics",
    "Recall": "dynamics",
    "Outcome": "dynamics",
    "Fixed": "dynamics",
    "Steps": "dynamics",
    "Inhibition": "dynamics",
    "KWinners": "dynamics",
    "bit_error": "theory",
    "crosstalk": "theory",
    "decompose": "theory.rules.decomposition",
    "Decomposition": "theory.rules.decomposition",
    "formula": "theory.symbolic.derivation",
    "Formula": "theory.symbolic.derivation",
    "best_rule": "tuning",
    "BestRule": "tuning",
    "basin": "basin_of_attraction",
    "Basin": "basin_of_attraction",
    "Template": "patterns",
    "Hierarchical": "patterns",
    "Markov": "patterns",
    "correlations": "theory.correlated",
    "PatternStatistics": "theory.correlated",
    "correlated_error": "theory.correlated",
    "correlated_reading": "theory.correlated",
    "attractor": "theory.attractors",
    "critical_load": "theory.attractors",
    "critical_temperature": "theory.attractors",
    "overlap_curve": "theory.attractors",
    "overlaps_from": "theory.attractors",
    "phase_diagram": "theory.attractors",
    "synaptic_noise": "theory.attractors",
    "dilution_noise": "theory.attractors",
    "graded_peak": "theory.attractors",
    "graded_retrieval": "theory.attractors",
    "Attractor": "theory.attractors",
    "CriticalLoad": "theory.attractors",
    "PhaseDiagram": "theory.attractors",
    "Transfer": "theory.attractors",
    "recall_gallery": "gallery",
    "forgetting": "memory_trace",
    "Forgetting": "memory_trace",
    "Plastic": "memories",
    "own": "memories.own",
    "Own": "memories.own",
    "compare": "comparison",
    "Comparison": "comparison",
    "sweep": "campaign",
    "plan": "campaign",
    "read_plan": "campaign",
    "read_campaign": "campaign",
    "Plan": "campaign",
    "Campaign": "campaign",
    "save": "saving",
    "load": "saving",
    "Gaussian": "patterns",
    "Sphere": "patterns",
    "TwoLayer": "memories.dense.two_layer",
    "Centred": "memories.pairwise.centred",
    "Storkey": "memories.pairwise.storkey",
    "PseudoInverse": "memories.pairwise.pseudo_inverse",
    "Perceptron": "memories.pairwise.perceptron",
    "Willshaw": "memories.pairwise.willshaw",
    "Clipped": "memories.pairwise.clipped",
    "CorrelationMatrix": "memories.hetero.correlation",
    "Bidirectional": "memories.hetero.bidirectional",
    "Chain": "memories.hetero.chain",
    "Modern": "memories.continuous.modern",
    "Universal": "memories.continuous.similarity",
    "Kernel": "memories.continuous.kernel",
    "RandomFeatures": "memories.continuous.random_features",
    "LearnedMap": "memories.continuous.learned_map",
    "FeatureSpace": "memories.continuous.feature_space",
    "Astrocyte": "memories.continuous.astrocyte",
    "Synapse": "learning",
    "Incremental": "learning",
    "Bounded": "learning",
    "Stochastic": "learning",
    "BCM": "learning",
    "Bits": "kernels.bits",
    "use_engine": "engines.choice",
    "use_threads": "kernels.threads",
    "info": "_info",
    "HebbcapError": "_checks",
    "InvalidArgument": "_checks",
    "TooLarge": "_checks",
    "UnreadableFile": "_checks",
    "UnwritableFile": "_checks",
    "UnusableStore": "campaign",
    "CampaignStopped": "campaign",
    "MissingExtra": "_checks",
    "NoTheory": "_checks",
}

_PACKAGES = ("sharded",)
"""Parts that are used by their own name, as `hebbcap.sharded.open`."""

__all__ = ["__version__", *_HOMES, *_PACKAGES]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"hebbcap.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'hebbcap' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hebbcap.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
