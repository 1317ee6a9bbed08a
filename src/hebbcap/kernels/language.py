"""How is a kernel written down?

A kernel is a Python function that is handed a `Code` and emits instructions on vectors of a stated width.
Loops written in Python unroll; loops opened with `Code.range` run. Values carry their type, operators act
lane by lane, and a Python number takes the type of the value it meets. Integers have no sign of their own:
where it matters, the name of the operation says it.

    def add_up(k, rows, count, out):                  # every parameter is a 64-bit integer or an address
        total = k.variable(k.zero(I32X16))
        with k.range(count) as i:
            total.set(total.get() + k.load(I32X16, rows + i * 64))
        k.store(total.get(), out)

LLVM turns such a kernel into the instructions of the machine at hand, or into several where it has none as
wide, so that one text serves every processor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, final

from llvmlite import ir

I1: Final = ir.IntType(1)
I8: Final = ir.IntType(8)
I16: Final = ir.IntType(16)
I32: Final = ir.IntType(32)
I64: Final = ir.IntType(64)


def vector(element: ir.Type, lanes: int) -> ir.VectorType:
    """Return the type of a vector of so many lanes."""
    return ir.VectorType(element, lanes)


I16X16: Final = vector(I16, 16)
I16X32: Final = vector(I16, 32)
I32X16: Final = vector(I32, 16)
I64X8: Final = vector(I64, 8)
F64: Final = ir.DoubleType()


@final
class Value:
    """A number or a vector of them, in a register."""

    __slots__ = ("code", "raw")

    def __init__(self, code: Code, raw: ir.Value) -> None:
        self.code, self.raw = code, raw

    @property
    def type(self) -> Any:
        """The LLVM type."""
        return self.raw.type

    def _with(self, other: Value | int, operation: str) -> Value:
        return Value(
            self.code, getattr(self.code.builder, operation)(self.raw, self.code.like(other, self).raw)
        )

    def __add__(self, other: Value | int) -> Value:
        return self._with(other, "add")

    def __sub__(self, other: Value | int) -> Value:
        return self._with(other, "sub")

    def __mul__(self, other: Value | int) -> Value:
        return self._with(other, "mul")

    def __and__(self, other: Value | int) -> Value:
        return self._with(other, "and_")

    def __or__(self, other: Value | int) -> Value:
        return self._with(other, "or_")

    def __xor__(self, other: Value | int) -> Value:
        return self._with(other, "xor")

    def __invert__(self) -> Value:
        return Value(self.code, self.code.builder.not_(self.raw))

    def __lshift__(self, other: Value | int) -> Value:
        return self._with(other, "shl")

    def __rshift__(self, other: Value | int) -> Value:
        """Shift right without sign: zeros come in."""
        return self._with(other, "lshr")

    __radd__ = __add__
    __rmul__ = __mul__

    def shift_signed(self, other: Value | int) -> Value:
        """Shift right with sign: copies of the sign come in."""
        return self._with(other, "ashr")

    def over(self, other: Value | int) -> Value:
        """Divide whole numbers without sign, rounding down."""
        return self._with(other, "udiv")

    def compare(self, operator: str, other: Value | int) -> Value:
        """Compare as signed whole numbers; one bit for each lane."""
        raw = self.code.builder.icmp_signed(operator, self.raw, self.code.like(other, self).raw)
        return Value(self.code, raw)

    def below_unsigned(self, other: Value | int) -> Value:
        """Compare as whole numbers without sign."""
        raw = self.code.builder.icmp_unsigned("<", self.raw, self.code.like(other, self).raw)
        return Value(self.code, raw)


@final
class Variable:
    """A place whose value changes; LLVM keeps it in a register."""

    __slots__ = ("_code", "_place")

    def __init__(self, code: Code, initial: Value) -> None:
        self._code, self._place = code, code.place(initial.type)
        self.set(initial)

    def get(self) -> Value:
        """Return the present value."""
        return Value(self._code, self._code.builder.load(self._place))

    def set(self, value: Value) -> None:
        """Give it another value."""
        self._code.builder.store(value.raw, self._place)

    def add(self, value: Value) -> None:
        """Add to it."""
        self.set(self.get() + value)


@final
class Code:
    """Emits the instructions of one kernel."""

    def __init__(self, module: ir.Module, name: str, n_parameters: int) -> None:
        self.module = module
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), [I64] * n_parameters), name)
        self._entry = ir.IRBuilder(self.function.append_basic_block("entry"))
        body = self.function.append_basic_block("body")
        self._body = body
        self.builder = ir.IRBuilder(body)

    @property
    def parameters(self) -> list[Value]:
        """The kernel's parameters, 64-bit whole numbers."""
        return [Value(self, argument) for argument in self.function.args]

    def close(self) -> None:
        """End the kernel."""
        self.builder.ret_void()
        self._entry.branch(self._body)

    def place(self, kind: ir.Type) -> Any:
        """Reserve room for a variable."""
        return self._entry.alloca(kind)

    def variable(self, initial: Value) -> Variable:
        """Return a variable that starts as this value."""
        return Variable(self, initial)

    def number(self, kind: ir.Type, value: int | Sequence[int]) -> Value:
        """Return a constant; one number fills all lanes of a vector."""
        if isinstance(kind, ir.VectorType):
            lanes = [value] * kind.count if isinstance(value, int) else list(value)
            bits = kind.element.width
            return Value(self, ir.Constant(kind, [x & ((1 << bits) - 1) for x in lanes]))
        assert isinstance(value, int)
        return Value(self, ir.Constant(kind, value))

    def zero(self, kind: ir.Type) -> Value:
        """Return the constant 0."""
        return Value(self, ir.Constant(kind, None))

    def like(self, value: Value | int, model: Value) -> Value:
        """Return the value itself, or a number as a constant of the model's type."""
        return value if isinstance(value, Value) else self.number(model.type, value)

    @contextmanager
    def range(self, stop: Value | int, start: Value | int = 0, step: int = 1) -> Iterator[Value]:
        """Run what follows for every `step`-th whole number from `start` up to, without, `stop`."""
        zero = self.number(I64, 0)
        first, last = self.like(start, zero), self.like(stop, zero)
        counter = self.variable(first)
        test, body, after = (self.function.append_basic_block(name) for name in ("test", "loop", "after"))
        self.builder.branch(test)
        self.builder.position_at_end(test)
        self.builder.cbranch(counter.get().compare("<", last).raw, body, after)
        self.builder.position_at_end(body)
        index = counter.get()
        yield index
        counter.set(index + step)
        self.builder.branch(test)
        self.builder.position_at_end(after)

    @contextmanager
    def repeat(self, condition: Callable[[], Value]) -> Iterator[None]:
        """Run what follows again and again as long as the condition, taken anew each time, holds (one
        bit).
        """
        test, body, after = (self.function.append_basic_block(name) for name in ("again", "repeat", "after"))
        self.builder.branch(test)
        self.builder.position_at_end(test)
        self.builder.cbranch(condition().raw, body, after)
        self.builder.position_at_end(body)
        yield
        self.builder.branch(test)
        self.builder.position_at_end(after)

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Run what follows only where the condition holds (one bit)."""
        body, after = (self.function.append_basic_block(name) for name in ("when", "after"))
        self.builder.cbranch(condition.raw, body, after)
        self.builder.position_at_end(body)
        yield
        self.builder.branch(after)
        self.builder.position_at_end(after)

    def load(self, kind: ir.Type, address: Value, align: int = 1) -> Value:
        """Read a value of this type at an address."""
        raw = self.builder.load(self.builder.inttoptr(address.raw, kind.as_pointer()))
        raw.align = align
        return Value(self, raw)

    def store(self, value: Value, address: Value, align: int = 1) -> None:
        """Write a value at an address."""
        place = self.builder.inttoptr(address.raw, value.type.as_pointer())
        self.builder.store(value.raw, place).align = align

    def splat(self, value: Value, lanes: int) -> Value:
        """Return a vector with the number in every lane."""
        empty = ir.Constant(vector(value.type, lanes), ir.Undefined)
        one = self.builder.insert_element(empty, value.raw, I32(0))
        return Value(
            self, self.builder.shuffle_vector(one, one, ir.Constant(vector(I32, lanes), [0] * lanes))
        )

    def shuffle(self, first: Value, second: Value, lanes: Sequence[int]) -> Value:
        """Return a vector of chosen lanes: those of `second` are counted on from those of `first`."""
        mask = ir.Constant(vector(I32, len(lanes)), list(lanes))
        return Value(self, self.builder.shuffle_vector(first.raw, second.raw, mask))

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        """Choose lane by lane."""
        return Value(self, self.builder.select(condition.raw, yes.raw, no.raw))

    def cast(self, value: Value, kind: ir.Type, *, signed: bool = True) -> Value:
        """Return the whole number in another width: cut, or filled with its sign or with zeros."""
        source, target = _width(value.type), _width(kind)
        if source == target:
            return value
        operation = "trunc" if source > target else ("sext" if signed else "zext")
        return Value(self, getattr(self.builder, operation)(value.raw, kind))

    def real(self, value: Value) -> Value:
        """Return signed whole numbers as double-precision ones, for `times` only."""
        kind = ir.VectorType(ir.DoubleType(), value.type.count)
        return Value(self, self.builder.sitofp(value.raw, kind))

    def times(self, first: Value, second: Value) -> Value:
        """Multiply double-precision numbers."""
        return Value(self, self.builder.fmul(first.raw, second.raw))

    def same_bits(self, value: Value, kind: ir.Type) -> Value:
        """Return the same bits taken as another type."""
        return Value(self, self.builder.bitcast(value.raw, kind))

    def count_ones(self, value: Value) -> Value:
        """Count the ones of each lane."""
        return self.call(f"llvm.ctpop.{_suffix(value.type)}", value.type, value)

    def smaller(self, first: Value, second: Value | int) -> Value:
        """Return the smaller signed number, lane by lane."""
        return self.call(f"llvm.smin.{_suffix(first.type)}", first.type, first, self.like(second, first))

    def larger(self, first: Value, second: Value | int) -> Value:
        """Return the larger signed number, lane by lane."""
        return self.call(f"llvm.smax.{_suffix(first.type)}", first.type, first, self.like(second, first))

    def total(self, value: Value) -> Value:
        """Add up the lanes of a vector."""
        return self.call(f"llvm.vector.reduce.add.{_suffix(value.type)}", value.type.element, value)

    def largest(self, value: Value) -> Value:
        """Return the largest lane, as signed numbers."""
        return self.call(f"llvm.vector.reduce.smax.{_suffix(value.type)}", value.type.element, value)

    def call(self, name: str, result: ir.Type, *arguments: Value) -> Value:
        """Call an LLVM intrinsic."""
        kind = ir.FunctionType(result, [a.type for a in arguments])
        function = self.module.globals.get(name) or ir.Function(self.module, kind, name)
        return Value(self, self.builder.call(function, [a.raw for a in arguments]))


def _width(kind: Any) -> int:
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return int(element.width)


def _suffix(kind: Any) -> str:
    return f"v{kind.count}i{kind.element.width}" if isinstance(kind, ir.VectorType) else f"i{kind.width}"
