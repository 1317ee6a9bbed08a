"""How soon does the command line end when it is interrupted at a random moment of its work?"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

LIMIT = 1.0
"""Seconds within which Ctrl-C has to be answered."""

_LATEST = 4.0
"""Seconds of work after which an interrupt comes at the latest."""

_PATIENCE = 20.0
_READY = 1 << (signal.SIGTERM - 1)


class Answer(NamedTuple):
    """How one interrupted command ended."""

    command: str
    after: float
    seconds: float
    code: int
    stderr: str

    @property
    def clean(self) -> bool:
        """Whether it ended as promised, but for the time."""
        return (self.code, self.stderr) == (130, "hebbcap: interrupted\n")


class Latencies(NamedTuple):
    """What many interrupts showed; `answers` are all that fell into a running command."""

    answers: tuple[Answer, ...]

    @property
    def median(self) -> float:
        """Seconds from the signal to the end of the process."""
        return statistics.median(answer.seconds for answer in self.answers)

    @property
    def worst(self) -> Answer:
        """The slowest answer."""
        return max(self.answers, key=lambda answer: answer.seconds)

    @property
    def unclean(self) -> tuple[Answer, ...]:
        """Answers with another exit code, or more on standard error than the one line."""
        return tuple(answer for answer in self.answers if not answer.clean)


def latency(arguments: Sequence[str], after_seconds: float) -> tuple[float, int, str]:
    """Interrupt `hebbcap ARGUMENTS` so many seconds after it started to answer signals.

    Returns
    -------
    tuple
        Seconds from the signal to the end of the process, its exit code, and its standard error. A command
        that had ended before has an exit code of 0.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "hebbcap", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    try:
        _await_handler(process)
        time.sleep(after_seconds)
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=_PATIENCE)
        return time.perf_counter() - began, process.returncode, err
    except subprocess.TimeoutExpired:
        return _PATIENCE, -signal.SIGKILL, ""
    finally:
        process.kill()
        process.wait()


def measure(n: int, seed: int, commands: Sequence[Sequence[str]] | None = None) -> Latencies:
    """Interrupt `n` running commands at random moments, each of `commands` about as often as any other."""
    rng = random.Random(seed)
    answers: list[Answer] = []
    with tempfile.TemporaryDirectory() as folder:
        rows = list(commands or slow_commands(Path(folder)))
        order: list[Sequence[str]] = []
        while len(answers) < n:
            if not order:
                order = rng.sample(rows, len(rows))
            arguments = order.pop()
            # Half of them in the first second, where libraries are loaded and kernels compiled.
            after = rng.uniform(0, 1.0 if rng.random() < 0.5 else _LATEST)
            seconds, code, err = latency(arguments, after)
            if code == 2:
                raise ValueError(f"hebbcap {' '.join(arguments)}: {err}")
            if code != 0:
                answers.append(Answer(" ".join(arguments), after, seconds, code, err))
    return Latencies(tuple(answers))


def slow_commands(folder: Path) -> tuple[tuple[str, ...], ...]:
    """Return commands that between them do everything that takes long; their files stand in `folder`."""
    csv, array, numbers = folder / "big.csv", folder / "big.npy", folder / "numbers.npy"
    _write_csv(csv, 20_000, 500)
    _write_array(array, 60_000, 2_000)
    _write_array(numbers, 20_000, 500, real=True)
    lines = (
        "capacity hopfield --dim 20000 --no-theory --budget 5m",
        "capacity hopfield --dim 20000 --engine numpy --flips 0.1 --criterion overlap:0.9 --no-theory",
        "capacity hopfield --dim 3000 --criterion overlap:0.95 --flips 0.1 --no-theory --budget 5m",
        "capacity hopfield --dim 1000000 --criterion all-patterns:0.01",
        "capacity dense --dim 1000 --criterion all-patterns:0.01 --no-theory",
        "capacity dense:60 --dim 10000 --no-measure",
        "capacity exponential --dim 40 --no-theory --budget 5m",
        "capacity storkey --dim 800 --no-theory",
        "capacity pseudo-inverse --dim 3000 --no-theory",
        "capacity perceptron --dim 500 --no-theory --budget 5m",
        "capacity willshaw --dim 20000 --patterns sparse:0.01 --no-theory --budget 5m",
        "capacity modern:4 --dim 400 --patterns sphere --criterion overlap:0.95 --no-theory --budget 5m",
        "capacity two-layer:20 --dim 200 --criterion overlap:0.95 --no-theory --budget 5m",
        "capacity astrocyte --dim 30 --criterion overlap:0.95 --no-theory --budget 5m",
        f"capacity hopfield --patterns {csv}",
        f"capacity hopfield --patterns {array}",
        f"capacity modern:4 --patterns {numbers} --binarise real --criterion overlap:0.95",
        f"capacity hopfield --patterns {csv} --binarise median --plot {folder / 'capacity.png'}",
        "capacity hopfield --patterns markov:0.6 --dim 2000",
        "error hopfield --n-patterns 2000 --dim 20000 --precision 0.001 --budget 5m",
        "error dense:8 --n-patterns 10000000 --dim 300 --no-measure",
        "scaling dense:3 --precision 0.001 --budget 5m",
        "compare hopfield dense:3 storkey pseudo-inverse --dim 400",
        "best-rule --patterns sparse:0.1 --dim 3000",
        "formula post*pre-0.3*pre+0.1 --patterns sparse:0.1",
        "formula dense:7",
        "decompose post*pre-0.1*pre --patterns sparse:0.1 --dim 3000",
        "basin hopfield --dim 3000 --loads 0.02,0.05,0.08 --precision 0.005",
        "attractors hopfield --measure --dim 10000",
        f"attractors hopfield --plot {folder / 'curve.pdf'}",
        f"phase-diagram hopfield --points 400 --plot {folder / 'phase.png'}",
        "forgetting oja:0.01 --dim 600",
        "forgetting stochastic:0.05 --dim 1000",
        "recall hopfield --dim 20000 --n-patterns 4000 --update asynchronous",
        f"recall pseudo-inverse --dim 4000 --n-patterns 3000 --plot {folder / 'recall.png'}",
        "info",
    )
    return tuple(tuple(line.split()) for line in lines)


def _write_csv(path: Path, n: int, dim: int) -> None:
    rng = random.Random(0)
    rows = [",".join(rng.choices(("1", "-1"), k=dim)) + "\n" for _ in range(50)]
    with path.open("w") as file:
        for row in range(n):
            file.write(rows[row % 50])


def _write_array(path: Path, n: int, dim: int, *, real: bool = False) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((n, dim)) if real else 2 * rng.integers(0, 2, (n, dim), dtype=np.int8) - 1
    np.save(path, drawn)


def _await_handler(process: subprocess.Popen[str]) -> None:
    """Wait until the process answers signals by itself: until then they are the interpreter's to answer."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        time.sleep(0.5)
        return
    ended = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < ended:
        caught = next((line for line in status.read_text().splitlines() if line.startswith("SigCgt:")), "")
        if caught and int(caught.split()[1], 16) & _READY:
            return
        time.sleep(0.002)


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100, seed=0)
    for one in sorted(found.answers, key=lambda answer: -answer.seconds):
        print(
            f"{one.seconds:6.3f} s  exit {one.code}  after {one.after:5.2f} s  {one.command}  {one.stderr!r}"
        )
    print(f"median {found.median:.3f} s, worst {found.worst.seconds:.3f} s of {len(found.answers)}")
