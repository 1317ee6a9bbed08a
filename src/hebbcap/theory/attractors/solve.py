"""What is left of a pattern when a memory has come to rest, and how much load does it bear?

The theories of this package behind one call: replica symmetric mean field, with the rule's parts, synaptic
noise, temperature, sparse patterns and dense orders.
"""

from __future__ import annotations

from hebbcap import _checks
from hebbcap._checks import NoTheory
from hebbcap.dynamics import Threshold
from hebbcap.learning import Rule
from hebbcap.memories import Hopfield, Memory
from hebbcap.memories import memory as parse_memory
from hebbcap.patterns import Ensemble
from hebbcap.patterns import ensemble as parse_ensemble
from hebbcap.theory.attractors.best_threshold import best_peak, best_retrieval
from hebbcap.theory.attractors.curve import COLDEST, Crosstalk, Point, peak, retrieval
from hebbcap.theory.attractors.hebb import PairwiseCrosstalk, free_energy, replicon, spin_glass
from hebbcap.theory.attractors.noise import checked_static_noise
from hebbcap.theory.attractors.setting import BEST, coding_of, crosstalk_of, known
from hebbcap.theory.attractors.sparse import CodedPoint, Coding, coded_peak, coded_retrieval
from hebbcap.theory.attractors.state import (
    EQUILIBRIUM,
    FIXED_POINT,
    GLOBAL,
    METASTABLE,
    NONE,
    UNKNOWN,
    Attractor,
    CriticalLoad,
)


def attractor(
    memory: str | Memory = "hopfield",
    *,
    load: float,
    patterns: str | Ensemble = "rademacher",
    rule: str | Rule | None = None,
    temperature: float = 0.0,
    threshold: str | float | Threshold | None = None,
    static_noise: float = 0.0,
) -> Attractor:
    """Return the state in which a memory rests at one of its patterns, for D -> infinity.

    Parameters
    ----------
    memory : str or Memory
        "hopfield", "hopfield:RULE", "dense:N", "rectified:N", or a memory.
    load : float
        K / D for pairwise weights; K (2n-3)!! / D^(n-1) for order n, half that when rectified. > 0.
    patterns : str or Ensemble
        Independent two-level entries: "rademacher", "biased:P" or "sparse:A".
    rule : str or Rule, optional
        Learning rule of `hopfield`.
    temperature : float
        T, in units of the field of a recalled neuron; neurons are +1 with chance 1 / (1 + exp(-2 h / T)).
        0, or at least 0.001. Unbiased +-1 patterns only.
    threshold : str, float or Threshold, optional
        "midpoint", "best" (at each load of largest overlap), "inhibition", or a number in units in which a
        recalled neuron's field is its entry less the mean entry; as `hebbcap.experiment` chooses if left out.
    static_noise : float
        Delta^2, noise of the synapses relative to the crosstalk: `synaptic_noise`, `dilution_noise`.

    Returns
    -------
    Attractor
        The overlap, and which state it belongs to.

    Raises
    ------
    InvalidArgument
        If a number is outside its range.
    NoTheory
        If the mean field does not apply.

    Notes
    -----
    Replica symmetric. What the dynamics reach from the pattern is another state: nearly the same for pairwise
    weights, of higher overlap for dense memories (`overlaps_from`).

    Amit, Gutfreund & Sompolinsky (1985, 1987), Sompolinsky (1986), Tsodyks & Feigelman (1988),
    Gardner (1987).

    Examples
    --------
    >>> found = attractor("hopfield", load=0.1)
    >>> round(found.overlap, 4), found.standing
    (0.998, 'metastable: a spin glass state has less free energy')
    >>> round(attractor("dense:3", load=0.24).overlap, 4)
    0.9066
    """
    load = _checks.real("load", load, low=0, open_low=True, meaning="load is patterns per neuron (K / D)")
    held, drawn, temperature, noise = _question(memory, rule, patterns, temperature, static_noise)
    setting = _setting(held, drawn, temperature, threshold, noise)
    top: CodedPoint | Point | None
    found: CodedPoint | Point | None
    standing, symmetric = NONE, None
    if isinstance(setting, Coding):
        if threshold == BEST:
            top, found = best_peak(setting), best_retrieval(setting, load)
        else:
            top, found = coded_peak(setting), coded_retrieval(setting, load)
        if found is not None:
            standing = UNKNOWN
    else:
        top, found = peak(setting, temperature), retrieval(setting, temperature, load)
        if found is not None:
            standing, symmetric = _standing(setting, temperature, found)
    return Attractor(
        memory=held,
        patterns=drawn.name,
        load=load,
        temperature=temperature,
        threshold=_threshold_of(setting, found),
        static_noise=noise,
        overlap=found.overlap if found else 0.0,
        bit_error=found.error if found else _lost(drawn),
        spread=found.spread if found else 0.0,
        critical_load=top.load if top else 0.0,
        state=_state_of(setting),
        standing=standing,
        symmetric=symmetric,
    )


def critical_load(
    memory: str | Memory = "hopfield",
    *,
    patterns: str | Ensemble = "rademacher",
    rule: str | Rule | None = None,
    temperature: float = 0.0,
    threshold: str | float | Threshold | None = None,
    static_noise: float = 0.0,
) -> CriticalLoad:
    """Return the largest load at which a state of the memory points at a pattern, for D -> infinity.

    Parameters, errors and sources are those of `attractor`.

    Examples
    --------
    >>> edge = critical_load("hopfield")
    >>> round(edge.load, 7), round(edge.overlap, 6), edge.n_patterns(dim=1000)
    (0.1379056, 0.967417, 137)
    >>> [round(critical_load(f"dense:{n}").load, 5) for n in (3, 4, 5)]
    [0.25219, 0.19786, 0.17277]
    """
    held, drawn, temperature, noise = _question(memory, rule, patterns, temperature, static_noise)
    setting = _setting(held, drawn, temperature, threshold, noise)
    edge: CodedPoint | Point | None
    if not isinstance(setting, Coding):
        edge = peak(setting, temperature)
    else:
        edge = best_peak(setting) if threshold == BEST else coded_peak(setting)
    return CriticalLoad(
        memory=held,
        patterns=drawn.name,
        temperature=temperature,
        threshold=_threshold_of(setting, edge),
        static_noise=noise,
        load=edge.load if edge else 0.0,
        overlap=edge.overlap if edge else 0.0,
        bit_error=edge.error if edge else _lost(drawn),
        state=_state_of(setting),
    )


def _question(
    memory: str | Memory, rule: str | Rule | None, patterns: str | Ensemble, temperature: float, noise: float
) -> tuple[Memory, Ensemble, float, float]:
    drawn = parse_ensemble(patterns)
    held = known(parse_memory(memory, rule=rule, mean=drawn.mean))
    return (
        held,
        drawn,
        _checked_temperature(temperature),
        checked_static_noise(noise),
    )


def _checked_temperature(temperature: float) -> float:
    """Return a temperature that is 0 or at least `COLDEST`."""
    value = _checks.real("temperature", temperature, low=0, meaning="it is in units of a recalled field")
    if 0 < value < COLDEST:
        raise _checks.fail("temperature", temperature, f"must be 0 or at least {COLDEST:g}", "use 0")
    return value


def _setting(
    memory: Memory,
    drawn: Ensemble,
    temperature: float,
    threshold: str | float | Threshold | None,
    static_noise: float,
) -> Coding | Crosstalk:
    """Return what the theory of two-level codings needs, or of unbiased +-1 where that does."""
    if isinstance(memory, Hopfield) and not temperature:
        coding = coding_of(memory, drawn, threshold, static_noise)
        simple = coding.plain and not coding.answered_noise and threshold != BEST
        return PairwiseCrosstalk(static_noise) if simple else coding
    if threshold is not None:
        raise NoTheory("a threshold is worked out for pairwise memories at temperature 0; leave it out")
    return crosstalk_of(memory, drawn, static_noise, temperature)


def _threshold_of(setting: Coding | Crosstalk, state: CodedPoint | Point | None) -> float:
    if isinstance(state, CodedPoint):
        return state.threshold
    return setting.threshold if isinstance(setting, Coding) else 0.0


def _state_of(setting: Coding | Crosstalk) -> str:
    asymmetric = isinstance(setting, Coding) and (setting.answered_noise or setting.shift)
    return FIXED_POINT if asymmetric else EQUILIBRIUM


def _lost(drawn: Ensemble) -> float:
    """Share of wrong bits where the state tells nothing of the pattern: both are as active, no more."""
    return 2 * drawn.p_high * (1 - drawn.p_high)


def _standing(crosstalk: Crosstalk, temperature: float, found: Point) -> tuple[str, bool | None]:
    if not isinstance(crosstalk, PairwiseCrosstalk):
        return UNKNOWN, None
    symmetric = replicon(crosstalk, temperature, found) > 0 if temperature else None
    glass = spin_glass(crosstalk, temperature, found.load)
    if glass is None:
        return GLOBAL, symmetric
    lower = free_energy(crosstalk, temperature, found) <= free_energy(crosstalk, temperature, glass)
    return GLOBAL if lower else METASTABLE, symmetric
