"""Which device does the work, and how do arrays of the host get there and back?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray

from hebbcap.engines.protocol import Engine, Floats, Held, Whole
from hebbcap.engines.torch.packed import Packed, check_room
from hebbcap.engines.torch.tensors import TensorMemory
from hebbcap.kernels.bits import Bits
from hebbcap.separation.table import DifferenceTable


@final
@dataclass(frozen=True)
class TorchEngine(Engine):
    """PyTorch tensors on a device.

    Parameters
    ----------
    device : str
        As PyTorch spells it: "cpu", "cuda", "cuda:1".

    Raises
    ------
    RuntimeError
        If PyTorch has no such device here, or it has no double precision.

    Examples
    --------
    >>> held = TorchEngine().hold(Bits.pack([[1, 1, -1, -1], [1, -1, 1, -1]]))
    >>> held.pairwise_field(Bits.pack([[1, 1, -1, 1]]))
    array([[ 0,  4, -4,  0]])
    """

    device: str = "cpu"
    _found: torch.device = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_found", _device(self.device))

    @property
    def name(self) -> str:
        """The spelling by which it is chosen."""
        return "torch" if self.device == "cpu" else f"torch:{self.device}"

    @property
    def description(self) -> str:
        """A line that says what it runs on."""
        card = f" ({torch.cuda.get_device_name(self._found)})" if self._found.type == "cuda" else ""
        return f"PyTorch {torch.__version__} on {self.device}{card}"

    def hold(self, patterns: Bits) -> TorchHeld:
        """Return the patterns in this engine's form."""
        if self._found.type != "cpu":
            what = f"{len(patterns)} packed patterns of dim={patterns.dim}"
            check_room(patterns.words.nbytes, what, self._found, "hold them with another engine")
        return TorchHeld(patterns, TensorMemory(Packed.of(patterns, self._found)))


@final
@dataclass(frozen=True)
class TorchHeld(Held):
    """Packed patterns on the host and on a device.

    Attributes
    ----------
    patterns : Bits
        The patterns on the host.
    tensors : TensorMemory
        The same on the device; it takes and returns tensors there.
    """

    patterns: Bits
    tensors: TensorMemory

    @property
    def bits(self) -> Bits:
        """The patterns, packed."""
        return self.patterns

    def overlaps(self, states: Bits) -> NDArray[Any]:
        """Return the overlap of each state with each pattern, shape (B, K)."""
        return _array(self.tensors.overlaps(self.states(states)))

    def pairwise_field(self, states: Bits) -> Whole:
        """Return the sums over patterns of overlap times entry, shape (B, D)."""
        return _array(self.tensors.pairwise_field(self.states(states)))

    def separated_field(self, states: Bits, table: DifferenceTable) -> tuple[Floats, Floats]:
        """Return a dense memory's local fields and the log of their unit, shapes (B, D) and (B,)."""
        values, log_unit = self.tensors.separated_field(self.states(states), table)
        return _array(values), _array(log_unit)

    def pairwise_step(self, states: Bits, own: int, threshold: float = 0.0) -> Bits:
        """Return the states after one update, `own` times each state taken away from its field."""
        return Bits.pack(_array(self.tensors.pairwise_step(self.states(states), own, threshold)))

    def separated_step(self, states: Bits, table: DifferenceTable) -> Bits:
        """Return the states of a dense memory after one update at threshold 0."""
        return Bits.pack(_array(self.tensors.separated_step(self.states(states), table)))

    def weights(self) -> NDArray[np.int32]:
        """Return the sums over patterns of entry times entry, shape (D, D)."""
        return _array(self.tensors.weights())

    def added(self, patterns: Bits) -> TorchHeld:
        """Return the same with these patterns behind the others; only these travel to the device."""
        here = self.tensors.patterns
        octets = torch.cat([here.octets, Packed.of(patterns, here.device).octets])
        bits = Bits(np.concatenate([self.patterns.words, patterns.words]), here.dim)
        return TorchHeld(bits, TensorMemory(Packed(octets, here.dim)))

    def without(self, index: int) -> TorchHeld:
        """Return the same without the pattern at this place."""
        here = self.tensors.patterns
        place = range(len(here))[index]
        octets = torch.cat([here.octets[:place], here.octets[place + 1 :]])
        bits = Bits(np.delete(self.patterns.words, place, axis=0), here.dim)
        return TorchHeld(bits, TensorMemory(Packed(octets, here.dim)))

    def states(self, states: Bits) -> torch.Tensor:
        """Return packed states (B, D) as int8 -1 and +1 on the device, as `tensors` takes them."""
        return Packed.of(states, self.tensors.patterns.device).unpack()[:, : states.dim]


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    array: NDArray[Any] = tensor.contiguous().cpu().numpy()
    return array


def _device(name: str) -> torch.device:
    """Return the device of this name if sums come out right there."""
    cards = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    refusal = (
        f"PyTorch {torch.__version__} can't use a device {name!r} here, only {', '.join(['cpu', *cards])}"
    )
    try:
        device = torch.device(name)
        total = float(torch.ones(3, dtype=torch.float64, device=device).sum())
    except (
        AssertionError,
        ImportError,
        RuntimeError,
        TypeError,
    ) as error:  # it depends on the kind of device
        raise RuntimeError(refusal) from error
    if total != 3:
        raise RuntimeError(refusal)
    return device
