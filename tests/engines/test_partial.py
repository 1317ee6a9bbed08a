"""Sums over parts of the patterns: the same numbers as over all of them, however they are divided."""

from dataclasses import dataclass

import mpmath
import numpy as np
import pytest

from hebbcap.engines import fixed_point, partial
from hebbcap.engines.packed import PackedEngine
from hebbcap.engines.reference import NumpyEngine
from hebbcap.kernels.bits import Bits
from hebbcap.separation import CustomSeparation, Exponential, FormulaSeparation, Polynomial

ENGINES = [NumpyEngine(), PackedEngine()]
SEPARATIONS = [
    Polynomial(3),
    Polynomial(4),
    Polynomial(7),
    Polynomial(40),
    Polynomial(30, rectified=True),
    Exponential(),
    Exponential(0.01),
    Exponential(20),
    FormulaSeparation("0.1*x^3 + 0.7*x^9"),
    CustomSeparation(lambda x: np.logaddexp(x, -x), "log-cosh"),
]


@dataclass
class Together:
    """Parts that add up."""

    parts: list

    def __len__(self):
        return sum(len(part) for part in self.parts)

    def reach(self, states):
        ends = np.stack([part.reach(states) for part in self.parts])
        return np.stack([ends[..., 0].min(axis=0), ends[..., 1].max(axis=0)], axis=1)

    def table_sums(self, states, tables):
        return sum(part.table_sums(states, tables) for part in self.parts)


def drawn(dim, n, batch, seed=0):
    """Patterns in pairs of opposites, so that some fields cancel; the first cue lies near a pattern."""
    rng = np.random.default_rng([dim, n, batch, seed])
    half = rng.choice(np.array([-1, 1], dtype=np.int8), (-(-n // 2), dim))
    patterns = np.concatenate([half, -half])[:n]
    cues = rng.choice(np.array([-1, 1], dtype=np.int8), (batch, dim))
    cues[0] = patterns[0]
    cues[0, : dim // 8] *= -1
    return patterns, Bits.pack(cues)


def divided(patterns, cuts, engines):
    return Together(
        [
            engines[i % len(engines)].hold(Bits.pack(part))
            for i, part in enumerate(np.split(patterns, sorted(set(cuts))))
        ]
    )


@pytest.mark.parametrize("separation", SEPARATIONS, ids=lambda s: s.name)
@pytest.mark.parametrize(("dim", "n", "batch"), [(2, 3, 2), (33, 70, 5), (200, 300, 9)])
def test_parts_of_any_engine_give_the_packed_engine_s_numbers(separation, dim, n, batch):
    patterns, states = drawn(dim, n, batch)
    whole, table = PackedEngine().hold(Bits.pack(patterns)), separation.table(dim)
    for cuts in ([], [1], [n // 3, n // 2]):
        parts = divided(patterns, cuts, ENGINES)
        for mine, theirs in zip(
            partial.separated_field(parts, states, table), whole.separated_field(states, table), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
        after = partial.separated_step(parts, states, table)
        np.testing.assert_array_equal(after.words, whole.separated_step(states, table).words)


def test_sums_of_floats_would_depend_on_the_parts():
    patterns, states = drawn(200, 300, 9)
    table = Exponential(0.01).table(200)
    whole, *parts = (
        NumpyEngine().hold(Bits.pack(some)).separated_field(states, table)[0]
        for some in (patterns, patterns[:100], patterns[100:])
    )
    np.testing.assert_allclose(sum(parts), whole)
    assert (sum(parts) != whole).any()


def _exactly(table, patterns, state, neuron):
    """The field of a neuron in the unit of the table, of values as they are or exponentials of their logs."""
    with mpmath.workdps(400):
        others = patterns.astype(int) @ state - patterns[:, neuron].astype(int) * state[neuron]
        at = others + table.reach
        if table.values is not None:
            terms = [mpmath.mpf(v) for v in table.values[at]]
        else:
            logs = table.sign[at], table.log_size[at]
            terms = [mpmath.mpf(s) * mpmath.exp(size) for s, size in zip(*logs, strict=True)]
        return mpmath.fsum(t * int(x) for t, x in zip(terms, patterns[:, neuron], strict=True))


@pytest.mark.parametrize(
    "separation", [Exponential(20), Exponential(100), Exponential(), Polynomial(61)], ids=lambda s: s.name
)
def test_fine_fields_are_right_to_double_precision_at_every_scale(separation):
    patterns, states = drawn(64, 40, 3)
    table, part = separation.table(64), NumpyEngine().hold(Bits.pack(patterns))
    reach = part.reach(states)
    fine = fixed_point.fine_terms(table, reach, len(part))
    sums = part.table_sums(states, fine.limbs)
    high = states.unpack(0, 1).astype(bool)
    values = fixed_point.fine_values(sums[..., :-1] + np.where(high, sums[..., -1:], -sums[..., -1:]), fine)
    log_unit = fine.log_unit - np.log(table.unit)
    for b, state in enumerate(states.unpack().astype(int)):
        for neuron in range(0, 64, 7):
            with mpmath.workdps(400):
                expected = _exactly(table, patterns, state, neuron) * mpmath.exp(-log_unit[b])
                error = (
                    abs(float(mpmath.mpf(values[b, neuron]) / expected - 1))
                    if expected
                    else values[b, neuron]
                )
            # What exp and log of doubles round is some 2^-52 of sizes up to 100 * 65.
            assert error < (2**-50 if table.values is not None else 1e-12), (b, neuron)


def test_coarse_terms_could_not_tell_these_fields():
    patterns, states = drawn(64, 40, 3)
    table = Exponential(20).table(64)
    part = NumpyEngine().hold(Bits.pack(patterns))
    reach = part.reach(states)
    rounded = fixed_point.rounded_terms(table, reach, fixed_point.coarse_bits(len(part)))
    sums = part.table_sums(states, [rounded.tables])[0]
    assert (sums[0, :-1] + np.where(states.unpack(0, 1)[0] > 0, sums[0, -1], -sums[0, -1]) == 0).any()


def test_opposite_patterns_tie_and_keep_the_state():
    """Even functions give a pattern's opposite the weight of the pattern: each pair adds nothing."""
    rng = np.random.default_rng(5)
    one = rng.choice(np.array([-1, 1], dtype=np.int8), (1, 65))
    state = np.concatenate([np.ones(33), -np.ones(32)]).astype(np.int8) * one[0]
    table = CustomSeparation(lambda x: np.sqrt(1.0 + np.abs(x)) * 1e-3, "root").table(65)
    patterns = np.concatenate([one, one, one, one])
    patterns[1:3] *= -1  # overlaps 1, -1, -1, 1
    assert not table.whole
    for engine in ENGINES:
        held = engine.hold(Bits.pack(patterns))
        after = partial.separated_step(held, Bits.pack(state), table)
        expected = NumpyEngine().hold(Bits.pack(patterns)).separated_step(Bits.pack(state), table)
        np.testing.assert_array_equal(after.words, expected.words)


def test_so_many_patterns_that_coarse_totals_say_nothing_are_summed_finely(monkeypatch):
    patterns, states = drawn(200, 300, 9)
    whole, table = PackedEngine().hold(Bits.pack(patterns)), Polynomial(40).table(200)
    before = whole.separated_step(states, table)
    monkeypatch.setattr(partial, "coarse_bits", lambda n: None)
    monkeypatch.setattr("hebbcap.engines.packed.coarse_bits", lambda n: None)
    np.testing.assert_array_equal(whole.separated_step(states, table).words, before.words)
    field, _ = whole.separated_field(states, table)
    parts = divided(patterns, [7], ENGINES)
    np.testing.assert_array_equal(partial.separated_field(parts, states, table)[0], field)


@pytest.mark.parametrize("n", [1, 2**15, 2**24, 10**9, 10**12])
def test_totals_of_so_many_patterns_stay_in_63_bits(n):
    table, reach = Exponential(0.3).table(64), np.array([[0, 64], [3, 60]])
    fine = fixed_point.fine_terms(table, reach, n)
    most = max(int(np.abs(t.astype(np.int64)).sum(axis=1).max()) for limb in fine.limbs for t in limb.tables)
    assert n * most < 2**61
    bits = fixed_point.coarse_bits(n)
    if bits is not None:
        rounded = fixed_point.rounded_terms(table, reach, bits)
        most = max(int(np.abs(t).sum(axis=1).max()) for t in rounded.tables.tables)
        assert n * most < 2**63
    whole = fixed_point.whole_terms(Polynomial(4).table(64), n)
    if whole is not None:
        assert n * int(np.abs(whole.tables.tables[0].astype(np.int64)).sum(axis=1).max()) < 2**63
