"""First half of one pass: patterns are drawn, some become cues, and disagreements are counted."""

from __future__ import annotations

from typing import final

from hebbcap.kernels.language import I32, I32X16, I64, Code, Value
from hebbcap.kernels.one_pass.definition import PLACE
from hebbcap.kernels.one_pass.layout import AREAS, PARAMETERS, ROW, Kind
from hebbcap.kernels.one_pass.transpose import emit_transpose
from hebbcap.kernels.random.philox_kernel import BYTES, emit_steps, round_keys

Segment = dict[str, Value]
"""The numbers of `SEGMENT`."""


@final
class Frame:
    """What every part of the kernel needs."""

    def __init__(self, k: Code, kind: Kind, parameters: Value, areas: Value) -> None:
        self.k, self.kind = k, kind
        self.given = {name: k.load(I64, parameters + 8 * i) for i, name in enumerate(PARAMETERS)}
        self.at = {name: k.load(I64, areas + 8 * i) for i, name in enumerate(AREAS)}
        self.tiles, self.cues = self.given["tiles"], self.given["cues"]
        self.sets = self.cues * kind.limbs  # of sums: those of the upper limbs come after those of the lower
        self.keys = round_keys(k, self.given["key"])


def draw(frame: Frame, segment: Segment, stream: Value) -> None:
    """Draw the words of the neurons, and transpose them into words of the patterns."""
    k, columns, rows = frame.k, frame.at["columns"], frame.at["rows"]
    steps = segment["blocks"] * frame.tiles
    first = segment["first_block"] * frame.tiles
    with k.range(steps, step=2) as step:  # an odd last one is drawn with a neighbour that nobody reads
        for q, halves in enumerate(emit_steps(k, first + step, stream, frame.keys, 2)):
            for half, drawn in enumerate(halves):
                k.store(drawn, columns + step * BYTES + (q * BYTES + 64 * half), 64)
    with k.range(segment["blocks"]) as block, k.range(frame.tiles) as tile:
        at = (block * frame.tiles + tile) * BYTES
        valid = k.splat(k.load(I32, frame.given["valid"] + tile * 4), 16)
        first_half, last_half = (k.load(I32X16, columns + at + 64 * half, 64) for half in (0, 1))
        for half, words in enumerate(emit_transpose(k, first_half, last_half)):
            k.store(words & valid, rows + at + 64 * half, 64)


def make_cues(frame: Frame, flips: Value) -> None:
    """Take the first patterns as cues, with some bits flipped."""
    k = frame.k
    with k.range(frame.tiles) as tile:
        at = tile * ROW
        low, high = (k.load(I32X16, frame.at["rows"] + at + 64 * half, 64) for half in (0, 1))
        for half in (0, 1):
            patterns = k.shuffle(low, high, PLACE[16 * half :][:16].tolist())
            if frame.kind.flips:
                patterns = patterns ^ k.load(I32X16, flips + at + 64 * half, 64)
            k.store(patterns, frame.at["states"] + at + 64 * half, 64)


def count_apart(frame: Frame, segment: Segment, stream: Value) -> None:
    """Count the disagreements of cues, eight at a time, and patterns, which are in lanes."""
    k, together = frame.k, 8
    with k.range(segment["blocks"]) as block, k.range(frame.cues, step=together) as cue:
        counts = [[k.variable(k.zero(I32X16)) for _ in (0, 1)] for _ in range(together)]
        rows, states = frame.at["rows"] + block * frame.tiles * ROW, frame.at["states"] + cue * 4
        with k.range(frame.tiles) as tile:
            patterns = [k.load(I32X16, rows + tile * ROW + 64 * half, 64) for half in (0, 1)]
            for number, pair in enumerate(counts):
                state = k.splat(k.load(I32, states + tile * ROW + 4 * number), 16)
                for half in (0, 1):
                    pair[half].add(k.count_ones(patterns[half] ^ state))
        into = frame.at["weights"] + (block * frame.sets + cue) * ROW
        for number, pair in enumerate(counts):
            for half in (0, 1):
                k.store(pair[half].get(), into + (ROW * number + 64 * half), 64)
    if frame.kind.rest:
        _add_rest(frame, segment, stream)


def _add_rest(frame: Frame, segment: Segment, stream: Value) -> None:
    """Add the disagreements among the neurons that aren't judged."""
    k, draws = frame.k, frame.at["draws"]
    upper = stream + frame.given["rest_upper"]
    with k.range(segment["blocks"]) as block, k.range(frame.cues) as cue:
        step = ((segment["first_block"] + block) * frame.cues + cue) * 2
        for q, halves in enumerate(emit_steps(k, step, upper, frame.keys, 2)):
            for half, drawn in enumerate(halves):
                k.store(drawn, draws + (q * BYTES + 64 * half), 64)
        into = frame.at["weights"] + (block * frame.sets + cue) * ROW
        with k.range(32) as lane:
            word = k.load(I64, draws + lane * 8)
            found = k.variable(k.cast(k.load(I32, frame.given["guide"] + (word >> 52) * 4), I64))
            bounds = frame.given["rest"]
            with k.repeat(lambda: k.load(I64, bounds + found.get() * 8).below_unsigned(word)):
                found.add(k.number(I64, 1))
            place = into + lane * 4
            k.store(k.load(I32, place) + k.cast(found.get(), I32), place)
