"""The engine on PyTorch: the same whole numbers, on processors and on graphics cards.

PyTorch is optional, and imported when the first of these names is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hebbcap.engines.torch.held import TorchEngine, TorchHeld
    from hebbcap.engines.torch.tensors import TensorMemory

__all__ = ["TensorMemory", "TorchEngine", "TorchHeld"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from hebbcap.engines.torch import held
    except ModuleNotFoundError as error:
        raise ImportError(f"{error}; `pip install torch` brings PyTorch") from error
    return getattr(held, name)
