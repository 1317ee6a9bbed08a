"""Last step of one pass: fields are compared with zero and states with patterns, and errors counted."""

from __future__ import annotations

from hebbcap.kernels.language import I16, I32, I32X16, I64, I64X8, Value, vector
from hebbcap.kernels.one_pass.draw import Frame, Segment
from hebbcap.kernels.one_pass.layout import LIMB, ROW
from hebbcap.kernels.one_pass.lookup_sums import REGISTER


def judge(frame: Frame, segment: Segment, flips: Value, results: Value) -> None:
    """Compare fields with zero and states with patterns, and count."""
    k, given = frame.k, frame.given
    judged = k.smaller(frame.cues, segment["n_patterns"])
    _bounds(frame, judged, segment["n_patterns"])
    with k.range(judged) as cue:
        k.store(k.zero(I64), frame.at["counts"] + cue * 8)
    with k.range(frame.tiles) as tile, k.range(judged) as cue:
        state = k.load(I32, frame.at["states"] + tile * ROW + cue * 4)
        wrong = _below(frame, tile, cue, state, 0)
        if frame.kind.flips:
            flipped = k.load(I32, flips + tile * ROW + cue * 4)
            wrong = (wrong & ~flipped) | (~_below(frame, tile, cue, state, 1) & flipped)
        wrong = wrong & k.load(I32, given["valid"] + tile * 4)
        place = frame.at["counts"] + cue * 8
        k.store(k.load(I64, place) + k.cast(k.count_ones(wrong), I64, signed=False), place)
    totals_ = [k.variable(k.zero(I64)) for _ in range(2)]
    with k.range(judged) as cue:
        count = k.load(I64, frame.at["counts"] + cue * 8)
        totals_[0].add(count)
        totals_[1].add(k.cast(count.compare(">", 0), I64, signed=False))
    for name, total in zip(("wrong", "failed"), totals_, strict=True):
        k.store(total.get(), given[name] + results + segment["grid_index"] * 8)


def _bounds(frame: Frame, judged: Value, n_patterns: Value) -> None:
    """Find, for each cue, the sums below which a neuron's field is against its state."""
    k, given = frame.k, frame.given
    log, one = given["half_unit_log"], k.number(I64, 1)
    with k.range(judged) as cue:
        total = k.zero(I64)
        for limb in range(frame.kind.limbs):
            lanes = k.load(I32X16, frame.at["sums"] + (frame.cues * limb + cue) * REGISTER, 64)
            total = total + (k.total(k.cast(lanes, vector(I64, 16))) << (LIMB * limb))
        kept_sums = frame.at["kept_sums"] + cue * REGISTER
        if frame.kind.smooth:
            apart = k.total(k.cast(k.load(I32X16, kept_sums, 64), vector(I64, 16)))
            kept = given["kept0"] * (n_patterns - 1) + given["kept1"] * apart
        else:
            kept = k.total(k.load(I64X8, kept_sums, 64))
        others = (total << (log - 1)) - kept
        for i, own in enumerate(("own_same", "own_flipped") if frame.kind.flips else ("own_same",)):
            bound = (others + given[own] + ((one << log) - 1)).shift_signed(log)
            for j, each in enumerate((bound, total - bound)):
                _store_bound(frame, each, frame.at["bounds"] + cue * 32 + (16 * i + 8 * j))


def _store_bound(frame: Frame, bound: Value, place: Value) -> None:
    """Store a bound limb by limb; one beyond all sums is cut to the largest number."""
    k, most = frame.k, 2**31 - 1
    if frame.kind.limbs == 2:
        k.store(k.cast(bound & (2**LIMB - 1), I32), place)
        bound, place = bound.shift_signed(LIMB), place + 4
    k.store(k.cast(k.larger(k.smaller(bound, most), -most), I32), place)


def _below(frame: Frame, tile: Value, cue: Value, state: Value, which: int) -> Value:
    """Return the neurons of a tile, a bit each, whose agreeing patterns weigh less than the bound."""
    k, limbs = frame.k, frame.kind.limbs
    words = []
    for j, operator in enumerate("<>"):
        at = frame.at["bounds"] + cue * 32 + (16 * which + 8 * j)
        bounds = [k.splat(k.load(I32, at + 4 * limb), 16) for limb in range(limbs)]
        parts = []
        for half in (0, 1):
            totals = frame.at["totals"] + (tile * frame.sets + cue) * ROW + 64 * half
            sums = [k.load(I32X16, totals + frame.cues * (ROW * limb), 64) for limb in range(limbs)]
            beyond = sums[-1].compare(operator, bounds[-1])
            if limbs == 2:
                beyond = beyond | (sums[1].compare("==", bounds[1]) & sums[0].compare(operator, bounds[0]))
            parts.append(k.cast(k.same_bits(beyond, I16), I32, signed=False))
        words.append(parts[0] | (parts[1] << 16))
    return (state & words[0]) | (~state & words[1])
