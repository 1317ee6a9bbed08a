"""How fast is the torch engine on a GPU, against what torch itself offers there?

Without a GPU it runs on the processor, smaller, and says so.

python benchmarks/gpu.py [--quick] [--json FILE]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from command import main
from harness import Contender, Effort, Race
from machine import installed
from problem import Problem
from report import Report, Verdict, faster
from rivals import without_own_term
from sweep import sweep

from hebbcap import engines
from hebbcap.separation import Exponential, Polynomial

OURS = "hebbcap (torch engine)"
SINGLE, HALF, BRAIN, INT8 = "torch float32 (TF32)", "torch float16", "torch bfloat16", "torch int8 (_int_mm)"
ATTENTION, ATTENTION_HALF = "attention float32", "attention bfloat16"

FULL = [(1024, 100_000, 32), (1024, 100_000, 1024), (4096, 100_000, 256), (1024, 1_000_000, 256)]
QUICK = [(1024, 20_000, 32)]
TOY = [(64, 48, 32)]

_TF32 = 2e-3
"""TF32 keeps ten bits of each square."""

TEXT = (
    "Everything stays on the device, and every call is waited for. Answers of hebbcap are exact; those of "
    "rivals in half precision are compared as far as it goes."
)


def gpu(effort: Effort) -> Report:
    """Race on the best device there is."""
    if not installed("torch"):
        return Report("On a GPU", "PyTorch is not installed, so nothing was run.")
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else "no GPU here: the processor"
    report = Report("On a GPU", f"Device: {name}. {TEXT}")
    sizes = effort.choose(full=FULL if device == "cuda" else QUICK, quick=QUICK, toy=TOY)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True  # exact for +-1, and what is fast there
    try:
        for title, contenders, rivals, passes in (
            ("Overlaps", _overlaps, (SINGLE, HALF, BRAIN, INT8), 1),
            ("Dense step, n = 3", _dense, (SINGLE, BRAIN), 2),
            ("Exponential step", _exponential, (ATTENTION, ATTENTION_HALF), 2),
        ):
            made = partial(contenders, device=device)
            judge = partial(_judge, title=title, rivals=rivals if device == "cuda" else ())
            sweep(report, title, sizes, effort, contenders=made, judge=judge, passes=passes)
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    return report


def _judge(problem: Problem, found: Race, *, title: str, rivals: tuple[str, ...]) -> list[Verdict]:
    if not rivals:
        return []
    verdict = faster(found, OURS, rivals, 1, called="the fastest of torch")
    return [Verdict(f"{title}, {verdict.what}", verdict.goal, verdict.found, verdict.met, verdict.met_median)]


def _overlaps(problem: Problem, device: str) -> list[Contender]:
    import torch

    held, states = _held(problem, device)
    single, half, brain, whole = (
        _tensors(problem, device, kind) for kind in (torch.float32, torch.float16, torch.bfloat16, torch.int8)
    )
    return [
        Contender(SINGLE, _waiting(device, lambda: single[0] @ single[1].T), _host, _host),
        Contender(OURS, _waiting(device, lambda: held.tensors.overlaps(states)), _host, _host),
        Contender(HALF, _waiting(device, lambda: half[0] @ half[1].T), _host, _host, tolerance=1e-3),
        Contender(BRAIN, _waiting(device, lambda: brain[0] @ brain[1].T), _host, _host, tolerance=1e-2),
        Contender(INT8, _waiting(device, lambda: torch._int_mm(whole[0], whole[1].T)), _host, _host),
    ]


def _dense(problem: Problem, device: str) -> list[Contender]:
    import torch

    held, states = _held(problem, device)
    single, brain = (_tensors(problem, device, kind) for kind in (torch.float32, torch.bfloat16))
    table, of_plain = Polynomial(3).table(problem.dim), without_own_term(problem)
    return [
        Contender(
            SINGLE, _waiting(device, lambda: (single[0] @ single[1].T).square() @ single[1]), _host, _host
        ),
        Contender(
            OURS,
            _waiting(device, lambda: held.tensors.separated_field(states, table)[0]),
            _host,
            lambda plain: of_plain(_host(plain)),
            tolerance=_TF32,
        ),
        Contender(BRAIN, _waiting(device, lambda: (brain[0] @ brain[1].T).square() @ brain[1]), read=None),
    ]


def _exponential(problem: Problem, device: str) -> list[Contender]:
    import torch

    held, states = _held(problem, device)
    single, brain = (_tensors(problem, device, kind) for kind in (torch.float32, torch.bfloat16))
    table = Exponential().table(problem.dim)
    attend = torch.nn.functional.scaled_dot_product_attention

    def attention(cues: Any, patterns: Any) -> Callable[[], Any]:
        return _waiting(device, lambda: attend(cues[None], patterns[None], patterns[None], scale=1.0)[0])

    def signs(answer: Any) -> Any:
        return np.sign(_host(answer))

    ours = _waiting(device, lambda: held.tensors.separated_field(states, table)[0])
    return [
        Contender(ATTENTION, attention(*single), signs, signs),
        Contender(OURS, ours, signs, signs),
        Contender(ATTENTION_HALF, attention(*brain), signs, signs),
    ]


def _held(problem: Problem, device: str) -> tuple[Any, Any]:
    """Return patterns and states as the torch engine holds them."""
    held: Any = engines.get(f"torch:{device}").hold(problem.patterns)
    return held, held.states(problem.cues)


def _tensors(problem: Problem, device: str, kind: Any) -> tuple[Any, Any]:
    """Return cues and patterns as -1 and +1 of this type."""
    import torch

    cues, patterns = (torch.from_numpy(bits.unpack()) for bits in (problem.cues, problem.patterns))
    return cues.to(device).to(kind), patterns.to(device).to(kind)


def _waiting(device: str, run: Callable[[], Any]) -> Callable[[], Any]:
    """Return the same call, over only when the device has done it."""
    if device == "cpu":
        return run
    import torch

    def waited() -> Any:
        answer = run()
        torch.cuda.synchronize()
        return answer

    return waited


def _host(answer: Any) -> Any:
    return answer.double().cpu().numpy()


if __name__ == "__main__":
    main(gpu)
