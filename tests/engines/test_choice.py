"""Which engine is used, and that every machine has one."""

import os
import subprocess
import sys

import pytest

from hebbcap import engines
from hebbcap._checks import InvalidArgument
from hebbcap.engines import choice


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    yield
    engines.use_engine(None)


def test_the_packed_engine_is_the_default():
    assert engines.engine().name == "packed"


def test_the_variable_and_the_call_name_an_engine_and_the_call_wins(monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "numpy")
    assert engines.engine().name == "numpy"
    engines.use_engine("packed")
    assert engines.engine().name == "packed"


def test_an_unknown_engine_is_explained():
    with pytest.raises(InvalidArgument, match="did you mean packed"):
        engines.use_engine("paked")
    assert engines.engine().name == "packed"


def test_without_a_compiler_numpy_does_the_work(monkeypatch):
    def broken(tail):
        raise OSError("no LLVM here")

    monkeypatch.setattr(choice, "_packed", broken)
    assert engines.get.__wrapped__(None).name == "numpy"
    monkeypatch.setattr(choice, "NAMES", {"packed": ("", broken)})
    with pytest.raises(InvalidArgument, match="no LLVM here; numpy runs everywhere"):
        engines.get.__wrapped__("packed")


CODE = """
import numpy as np
from hebbcap import Bits, engines
from hebbcap.kernels.fields import sums
from hebbcap.separation import Exponential, Polynomial
import sys
assert sums.available() == ("wide" in sys.argv)
rng = np.random.default_rng(0)
for dim, n_patterns, n_states in [(2, 1, 1), (33, 70, 9), (200, 300, 33)]:
    patterns = Bits.pack(rng.random((n_patterns, dim)) < 0.5)
    states = Bits.pack(rng.random((n_states, dim)) < 0.5)
    plain, packed = (engines.get(name).hold(patterns) for name in ("numpy", "packed"))
    assert (plain.overlaps(states) == packed.overlaps(states)).all()
    assert (plain.pairwise_field(states) == packed.pairwise_field(states)).all()
    assert (plain.weights() == packed.weights()).all()
    table = Polynomial(3).table(dim)
    for one, other in zip(plain.separated_field(states, table), packed.separated_field(states, table)):
        assert (one == other).all()
    for separation in (Exponential(), Exponential(20), Polynomial(40)):
        table = separation.table(dim)
        for values in packed.separated_field(states, table):
            print(values.tobytes().hex())
        print(packed.separated_step(states, table).words.tobytes().hex())
print("as the reference")
"""


@pytest.mark.parametrize("processor", ["x86-64-v3", "x86-64"])
@pytest.mark.skipif(not choice.get("packed").description.count("AVX-512"), reason="nothing to leave out")
def test_a_processor_without_wide_vectors_gives_the_same_numbers(processor):
    environment = os.environ | {
        "HEBBCAP_CPU": processor,
        "HEBBCAP_CACHE": "/proc/nowhere",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", CODE]
    found = subprocess.run(command, env=environment, capture_output=True, text=True)
    wide = subprocess.run([*command, "wide"], capture_output=True, text=True)
    assert found.stdout.endswith("as the reference\n"), found.stderr
    assert found.stdout == wide.stdout
