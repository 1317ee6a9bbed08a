"""One pass over fresh patterns, in registers; `hebbcap.kernels.one_pass.plain` is what it computes.

For each run of blocks of 32 patterns: draw the words of the judged neurons; transpose them into words of the
patterns; count where patterns and cues disagree; turn counts into weights, and weights into tables of the
sums of four; add up the weights of the patterns with a 1 at each neuron, cue by cue. At each K of the grid,
compare.

The field of a neuron in the direction of its state s is, with w = d(m - 1) + d(m + 1) and b = d(m + 1),

    s = +1:  (sum of w over patterns with a 1) - (sum of b)
    s = -1:  (sum of w over patterns with a 0) - (sum of b)

so one number for each neuron and cue is enough, and the rest belongs to the cue. A cue's own pattern is left
out of all sums and added where fields are compared. Weights are in units of the largest power of 2 that
divides them all.
"""

from __future__ import annotations

from functools import cache

from hebbcap.kernels.language import I1, I32, I32X16, I64, I64X8, Code, Value, vector
from hebbcap.kernels.machine import Kernel
from hebbcap.kernels.one_pass.draw import Frame, Segment, count_apart, draw, make_cues
from hebbcap.kernels.one_pass.judge import judge
from hebbcap.kernels.one_pass.layout import GROUPS, LIMB, ROW, SEGMENT, Kind
from hebbcap.kernels.one_pass.lookup_sums import REGISTER, Lookup, Lookup16, Lookup32
from hebbcap.kernels.random.philox_kernel import BYTES


@cache
def kernel(kind: Kind) -> Kernel:
    """Return the kernel of this kind; its arguments: addresses of parameters and areas, then the streams."""

    def _one_pass(k: Code, parameters: Value, areas: Value, first: Value, stop: Value) -> None:
        _Pass(Frame(k, kind, parameters, areas)).emit(first, stop)

    return Kernel(_one_pass)


class _Pass:
    """Emits one kernel."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.k, self.kind = frame, frame.k, frame.kind
        self.given, self.at = frame.given, frame.at
        self.tiles, self.cues, self.sets = frame.tiles, frame.cues, frame.sets
        together = self.kind.together
        self.lookup: Lookup = Lookup16(self.k, together) if together else Lookup32(self.k)
        self.largest = self.k.variable(self.k.zero(I32X16))

    def emit(self, first: Value, stop: Value) -> None:
        k, given = self.k, self.given
        with k.range(stop, start=first) as number:
            stream = k.load(I64, given["streams"] + number * 16)
            flips = k.load(I64, given["streams"] + (number * 16 + 8))
            results = number * given["grid"] * 8
            self.largest.set(k.zero(I32X16))
            self._clear("totals", self.tiles * self.sets * ROW)
            self._clear("sums", self.sets * REGISTER)
            self._clear("kept_sums", self.cues * REGISTER)
            self._clear("sizes", self.cues * REGISTER)
            with k.range(given["segments"]) as index:
                at = given["plan"] + index * (8 * len(SEGMENT))
                segment = {name: k.load(I64, at + 8 * i) for i, name in enumerate(SEGMENT)}
                with k.when(segment["fresh"].compare("!=", 0)):
                    draw(self.frame, segment, stream)
                    with k.when(segment["first_block"].compare("==", 0)):
                        make_cues(self.frame, flips)
                    count_apart(self.frame, segment, stream)
                    if not self.kind.smooth:
                        self._look_up(segment)
                self._tables(segment)
                with k.when(segment["groups"].compare("==", GROUPS)):
                    self._add_blocks(segment)
                for groups in (1, 2):
                    with k.when(segment["groups"].compare("==", groups)):
                        self._add_groups(segment, groups)
                with k.when(segment["n_patterns"].compare(">", 0)):
                    judge(self.frame, segment, flips, results)
            beyond = k.largest(self.largest.get()).compare(">", k.cast(given["limit"], I32))
            k.store(k.cast(beyond, I64, signed=False), given["beyond"] + number * 8)

    def _clear(self, name: str, n_bytes: Value) -> None:
        with self.k.range(n_bytes, step=REGISTER) as at:
            self.k.store(self.k.zero(I32X16), self.at[name] + at)

    def _look_up(self, segment: Segment) -> None:
        """Turn counts of disagreements into weights, in place."""
        k, given = self.k, self.given
        tables = [given[name] for name in ("table", "table_high")[: self.kind.limbs]]
        with k.range(segment["blocks"]) as block, k.range(self.cues * 32, step=8) as number:
            weights = self.at["weights"] + (block * self.sets * 32 + number) * 4
            into = self.at["kept"] + (block * self.cues * 32 + number) * 8
            for i in range(8):
                place = weights + 4 * i
                apart = k.cast(k.load(I32, place), I64)
                for limb, table in enumerate(tables):
                    k.store(k.load(I32, table + apart * 4), place + self.cues * (ROW * limb))
                k.store(k.load(I64, given["kept"] + apart * 8), into + 8 * i)

    def _tables(self, segment: Segment) -> None:
        """Make the tables of those patterns that the segment counts, and add up what belongs to a cue."""
        k = self.k
        with k.range(segment["blocks"]) as block, k.range(self.cues) as cue:
            counted = self._counted(segment, block, cue)
            halves = [k.shuffle(counted, counted, range(at, at + 16)) for at in (0, 16)]
            if not self.kind.smooth:
                self._keep(counted, block, cue)
            for limb in range(self.kind.limbs):
                place = self.cues * limb + cue
                number = block * self.sets + place
                at = self.at["weights"] + number * ROW
                weights = self._only(halves, [k.load(I32X16, at + 64 * half, 64) for half in (0, 1)])
                if self.kind.smooth:
                    self._add_to("kept_sums", cue, weights[0] + weights[1])
                    weights = self._only(halves, [self._polynomial(each) for each in weights])
                self._add_to("sums", place, weights[0] + weights[1])
                if limb == self.kind.limbs - 1:
                    self._watch(cue, weights)
                into = self.at["tables"] + number * (self.lookup.GROUPS * REGISTER)
                for group, table in enumerate(self.lookup.tables(*weights)):
                    k.store(table, into + group * REGISTER, 64)
            if self.kind.limbs == 2:
                self._carry(self.at["sums"] + cue * REGISTER, self.cues * REGISTER)

    def _polynomial(self, apart: Value) -> Value:
        k = self.k
        powers = [k.splat(k.cast(self.given[f"weight{power}"], I32), 16) for power in range(3)]
        return powers[0] + apart * (powers[1] + apart * powers[2])

    def _keep(self, counted: Value, block: Value, cue: Value) -> None:
        """Add up what patterns keep."""
        k, at = self.k, self.at["kept"] + (block * self.cues + cue) * 2 * ROW
        quarters = [k.shuffle(counted, counted, range(start, start + 8)) for start in range(0, 32, 8)]
        kept = self._only(quarters, [k.load(I64X8, at + 64 * q, 64) for q in range(4)])
        self._add_to("kept_sums", cue, (kept[0] + kept[1]) + (kept[2] + kept[3]))

    def _watch(self, cue: Value, weights: list[Value]) -> None:
        """Remember the largest weight, or the largest sum of them in a lane."""
        k = self.k
        sizes = [k.larger(each, k.zero(I32X16) - each) for each in weights]
        narrow = self.kind.together > 0
        largest = k.larger(*sizes) if narrow else self._add_to("sizes", cue, sizes[0] + sizes[1])
        self.largest.set(k.larger(self.largest.get(), largest))

    def _carry(self, low: Value, apart: Value) -> None:
        """Carry what goes beyond a lower limb to the upper one, so many bytes on."""
        k = self.k
        total = k.load(I32X16, low, 64)
        k.store(k.load(I32X16, low + apart, 64) + total.shift_signed(LIMB), low + apart, 64)
        k.store(total & (2**LIMB - 1), low, 64)

    def _counted(self, segment: Segment, block: Value, cue: Value) -> Value:
        """Return which bits of a block the segment counts for a cue: not the cue's own pattern."""
        k = self.k
        place = ((cue >> 3) << 2) + (cue & 3) + ((cue & 4) << 2)  # `PLACE`
        is_first = k.cast((segment["first_block"] + block).compare("==", 0), I64, signed=False)
        return k.same_bits(k.cast(segment["mask"] & ~(is_first << place), I32), vector(I1, 32))

    def _only(self, counted: list[Value], values: list[Value]) -> list[Value]:
        """Return the values of the bits that are counted, and 0 for the others."""
        k = self.k
        return [
            k.select(chosen, value, k.zero(value.type)) for chosen, value in zip(counted, values, strict=True)
        ]

    def _add_to(self, name: str, cue: Value, more: Value) -> Value:
        place = self.at[name] + cue * REGISTER
        total = self.k.load(more.type, place, 64) + more
        self.k.store(total, place, 64)
        return total

    def _add_blocks(self, segment: Segment) -> None:
        """Add all patterns of the blocks, two tiles of neurons at a time where registers suffice."""
        k = self.k
        start = k.number(I64, 0)
        if self.kind.together:
            start = self.tiles & -2
            with k.range(start, step=2) as tile:
                self._add_to_tiles(segment, tile, 2)
        with k.range(self.tiles, start=start) as tile:
            self._add_to_tiles(segment, tile, 1)

    def _add_to_tiles(self, segment: Segment, tile: Value, count: int) -> None:
        k, groups = self.k, self.lookup.GROUPS
        places = [(t, half) for t in range(count) for half in (0, 1)]
        totals = self.at["totals"] + tile * self.sets * ROW
        next_tile = self.sets * ROW
        with k.range(segment["blocks"]) as block:
            columns = self.at["columns"] + (block * self.tiles + tile) * BYTES
            indices = []
            for t, half in places:
                words = k.load(I32X16, columns + (t * BYTES + 64 * half), 64)
                indices.append([self.lookup.index(words, group) for group in range(groups)])
            with k.range(self.sets) as number:
                at = self.at["tables"] + (block * self.sets + number) * (groups * REGISTER)
                tables = [self._table(at + group * REGISTER) for group in range(groups)]
                for (t, half), index in zip(places, indices, strict=True):
                    place = totals + number * ROW + (next_tile * t + 64 * half)
                    k.store(self.lookup.add(k.load(I32X16, place, 64), tables, index), place, 64)
        self._carry_totals(totals)

    def _add_groups(self, segment: Segment, count: int) -> None:
        """Add the patterns of some lookups of one block."""
        k = self.k
        groups = [segment["group"] + number for number in range(count)]
        if not self.kind.together:  # a lookup takes 16 entries: the upper half of the words is another group
            groups += [group + GROUPS for group in groups]
        with k.range(self.tiles) as tile:
            columns = self.at["columns"] + tile * BYTES
            words = [k.load(I32X16, columns + 64 * half, 64) for half in (0, 1)]
            indices = [[self.lookup.index(each, group) for group in groups] for each in words]
            totals = self.at["totals"] + tile * self.sets * ROW
            with k.range(self.sets) as number:
                at = self.at["tables"] + number * (self.lookup.GROUPS * REGISTER)
                tables = [self._table(at + group * REGISTER) for group in groups]
                for half, index in enumerate(indices):
                    place = totals + number * ROW + 64 * half
                    k.store(self.lookup.add(k.load(I32X16, place, 64), tables, index), place, 64)
            self._carry_totals(totals)

    def _carry_totals(self, totals: Value) -> None:
        if self.kind.limbs == 2:
            with self.k.range(self.cues * ROW, step=REGISTER) as at:
                self._carry(totals + at, self.cues * ROW)

    def _table(self, at: Value) -> Value:
        return self.k.load(self.lookup.TABLE, at, 64)
