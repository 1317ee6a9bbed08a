"""How does a kernel become code of the machine at hand?

A kernel is compiled when it is first called, for the processor that it runs on, in tens of milliseconds. The
code is kept in a folder of the user's own, so that the next process only loads it; where that folder can't be
written, every process compiles anew and nothing else changes.

`HEBBCAP_CACHE` names another folder; `HEBBCAP_CPU` another processor to compile for, such as `x86-64-v3`: one
without wide vectors.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from functools import cache, cached_property
from inspect import signature
from pathlib import Path
from typing import Any, Final, final

import llvmlite
import llvmlite.binding as llvm
from llvmlite import ir

from hebbcap.kernels.language import Code

_FORMAT: Final = b"hebbcap kernel 1\n"
"""First bytes of a file of kept code; then the hash of the rest."""

_lock = threading.Lock()


@final
class Kernel:
    """A function of whole numbers and addresses, compiled when it is first called.

    Parameters
    ----------
    emit : callable
        Emits the instructions: takes a `Code`, then the kernel's parameters as values.
    name : str, optional
        For people who look at profiles; that of `emit` if left out.
    """

    def __init__(self, emit: Callable[..., None], name: str = "") -> None:
        self._emit = emit
        self.name = name or emit.__name__.strip("_")

    @cached_property
    def text(self) -> str:
        """The kernel in LLVM's language."""
        module = ir.Module(self.name)
        code = Code(module, self.name, len(signature(self._emit).parameters) - 1)
        self._emit(code, *code.parameters)
        code.close()
        return str(module)

    @cached_property
    def _function(self) -> Any:
        with _lock:
            address = _load(self.text, self.name)
        return ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * (len(signature(self._emit).parameters) - 1))(
            address
        )

    def __call__(self, *arguments: int) -> None:
        """Run it; other Python threads go on meanwhile."""
        self._function(*arguments)


def processor() -> str:
    """Return the processor that kernels are compiled for, by LLVM's name."""
    return os.environ.get("HEBBCAP_CPU") or str(llvm.get_host_cpu_name())


@cache
def features() -> frozenset[str]:
    """Return the instruction sets that kernels may use, by LLVM's names; empty if another processor was
    named.

    >>> isinstance(features(), frozenset)
    True
    """
    if os.environ.get("HEBBCAP_CPU"):
        return frozenset()
    return frozenset(name for name, there in llvm.get_host_cpu_features().items() if there)


def cache_folder() -> Path:
    """Return the folder that compiled kernels are kept in, whether it exists or not."""
    named = os.environ.get("HEBBCAP_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "hebbcap" / "kernels"


@cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    flags = "" if os.environ.get("HEBBCAP_CPU") else llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=processor(), features=flags, opt=3, jit=True, reloc="default", codemodel="jitdefault"
    )


_engines: list[Any] = []
"""What holds the loaded code: it must live as long as the process."""


def _load(text: str, name: str) -> int:
    """Return the address of the compiled kernel."""
    target = _target()
    made_for = f"{llvmlite.__version__} {target.triple} {processor()} {sorted(features())}\n{text}"
    file = cache_folder() / f"{name}-{hashlib.sha256(made_for.encode()).hexdigest()[:32]}.o"
    code = _kept(file)
    if code is None:
        code = _compile(text, target)
        _keep(file, code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target.__wrapped__())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return int(engine.get_function_address(name))


def _compile(text: str, target: Any) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    # Loops are unrolled and widened by hand, where it was found to pay.
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = tuning.slp_vectorization = tuning.loop_unrolling = False
    builder = llvm.create_pass_builder(target, tuning)
    builder.getModulePassManager().run(module, builder)
    return bytes(target.emit_object(module))


def _kept(file: Path) -> bytes | None:
    """Return the code kept in a file, if it is whole and nobody else could have written it."""
    try:
        if hasattr(os, "getuid"):
            for place in (file.parent, file):
                status = place.stat()
                if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    return None
        content = file.read_bytes()
    except OSError:
        return None
    head, digest, code = content[: len(_FORMAT)], content[len(_FORMAT) :][:32], content[len(_FORMAT) + 32 :]
    return code if head == _FORMAT and digest == hashlib.sha256(code).digest() else None


def _keep(file: Path, code: bytes) -> None:
    """Write the code so that nobody ever sees half a file; do without where that can't be done."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(_FORMAT + hashlib.sha256(code).digest() + code)
            os.replace(draft, file)
        except OSError:
            os.unlink(draft)
    except OSError:
        pass
