"""Compiling, keeping and loading kernels: what must not go wrong on other people's machines."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hebbcap.kernels import machine
from hebbcap.kernels.language import I32X16, I64, Code
from hebbcap.kernels.machine import Kernel


def doubled(k: Code, source, target):
    k.store(k.load(I32X16, source) << 1, target)


def run_doubled(kernel):
    source, target = np.arange(16, dtype=np.int32), np.zeros(16, dtype=np.int32)
    kernel(source.ctypes.data, target.ctypes.data)
    return target


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HEBBCAP_CACHE", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def test_a_kernel_is_kept_and_loaded_again(folder):
    run_doubled(Kernel(doubled))
    (kept,) = folder.glob("*.o")
    before = kept.stat().st_mtime_ns
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("spoil", [lambda c: c[:40], lambda c: c[:-1] + bytes([c[-1] ^ 1]), lambda c: b""])
def test_a_spoiled_file_is_compiled_anew(folder, spoil):
    run_doubled(Kernel(doubled))
    (kept,) = folder.glob("*.o")
    whole = kept.read_bytes()
    kept.write_bytes(spoil(whole))
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()
    assert kept.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files here")
def test_code_that_others_could_have_written_is_not_run(folder):
    run_doubled(Kernel(doubled))
    (kept,) = folder.glob("*.o")
    kept.chmod(kept.stat().st_mode | stat.S_IWOTH)
    assert machine._kept(kept) is None
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()


def test_a_folder_that_cannot_be_made_changes_nothing(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("HEBBCAP_CACHE", str(blocked / "kernels"))
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is never writable on Linux only")
def test_a_read_only_place_changes_nothing(monkeypatch):
    monkeypatch.setenv("HEBBCAP_CACHE", "/proc/hebbcap")
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()


def test_half_written_files_are_never_left(folder, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    assert (run_doubled(Kernel(doubled)) == 2 * np.arange(16)).all()
    assert list(folder.iterdir()) == []


def test_another_processor_has_its_own_code(folder, monkeypatch):
    run_doubled(Kernel(doubled))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_machine as t; "
        "print(t.run_doubled(t.Kernel(t.doubled)).tolist())"
    )
    environment = os.environ | {"HEBBCAP_CPU": "x86-64-v3", "PYTHONPATH": os.pathsep.join(sys.path)}
    here = str(Path(__file__).parent)
    found = subprocess.run(
        [sys.executable, "-c", code, here], env=environment, capture_output=True, text=True
    )
    assert found.stdout.strip() == str((2 * np.arange(16)).tolist()), found.stderr
    assert len(list(folder.glob("*.o"))) == 2


def test_loops_conditions_and_variables_do_what_they_say():
    def collatz(k: Code, start, out):
        """Count the steps down to 1, at most 1000."""
        value, steps = k.variable(start), k.variable(k.number(I64, 0))
        with k.range(1000), k.when(value.get().compare(">", 1)):
            now = value.get()
            odd = (now & 1).compare("==", 1)
            value.set(k.select(odd, now * 3 + 1, now.over(2)))
            steps.add(k.number(I64, 1))
        k.store(steps.get(), out)

    out = np.zeros(1, dtype=np.int64)
    Kernel(collatz)(27, out.ctypes.data)
    assert out[0] == 111
