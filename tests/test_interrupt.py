"""What does a signal find and leave behind?"""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hebbcap import _interrupt, cli

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals are answered so on POSIX alone")

WATCHED = "import os, sys, time, signal\nfrom hebbcap import _interrupt\n_interrupt.watch()\n"
READY = "print('ready', flush=True)\n"
PATIENCE = 30.0


def faults(name):
    """Return a module of tests/faults, which are scripts as well."""
    place = Path(__file__).parent / "faults" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ended(code, *signals, before=None, **options):
    """Return how a program ended that got these signals when it said it was ready: exit code, output, errors,
    and seconds from the first signal."""
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=before,
        **options,
    )
    try:
        assert process.stdout.readline() == "ready\n", process.communicate()
        time.sleep(0.15)  # until it is within what comes next
        began = time.perf_counter()
        for number in signals:
            process.send_signal(number)
            time.sleep(0.05)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err, time.perf_counter() - began
    finally:
        process.kill()
        process.wait()


SLEEP = "time.sleep(60)\n"
BLAS = (
    "import numpy as np\n"
    "matrix = np.random.default_rng(0).standard_normal((2500, 2500))\n" + READY + "np.linalg.eig(matrix)\n"
)
DEAF = "while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass\n"
FINALLY = "try:\n    time.sleep(60)\nfinally:\n    time.sleep(60)\n"
NO_END = "import threading\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"


@pytest.mark.parametrize(
    "code",
    [BLAS, READY + DEAF, READY + FINALLY, NO_END + READY + SLEEP],
    ids=["call", "deaf", "finally", "thread"],
)
def test_a_program_that_does_not_come_back_to_python_is_ended_all_the_same(code):
    exit_code, _, err, seconds = ended(code, signal.SIGINT)
    assert (exit_code, err.splitlines()[-1]) == (130, "hebbcap: interrupted")
    assert _interrupt.GRACE < seconds < _interrupt.GRACE + 5


def test_a_program_that_ends_by_itself_is_not_waited_for():
    code = READY + "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('put away')\n"
    exit_code, out, err, _ = ended(code, signal.SIGINT)
    assert (exit_code, out, err) == (130, "put away\n", "hebbcap: interrupted\n")


@pytest.mark.parametrize(
    ("number", "exit_code", "word"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated"), ("SIGHUP", 129, "terminated")],
)
def test_each_signal_has_its_exit_code_and_one_line(number, exit_code, word):
    code = READY + "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass\n"
    assert ended(code, getattr(signal, number))[:3] == (exit_code, "", f"hebbcap: {word}\n")


def test_a_second_interrupt_tears_nothing_that_the_first_put_away():
    code = READY + (
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    time.sleep(0.2)\n    print('whole')\n"
    )
    found = ended(code, signal.SIGINT, signal.SIGINT, signal.SIGTERM)
    assert found[:3] == (130, "whole\n", "hebbcap: interrupted\n")


def test_an_interrupt_in_a_destructor_shows_nothing():
    code = (
        "class Slow:\n    def __del__(self):\n        print('ready', flush=True)\n        time.sleep(60)\n"
        "Slow()\ntime.sleep(60)\n"
    )
    assert ended(code, signal.SIGINT)[:3] == (130, "", "hebbcap: interrupted\n")


def test_an_interrupt_after_the_work_is_done_raises_nothing():
    code = "_interrupt.finish()\n" + READY + "time.sleep(0.2)\nprint('whole')\n"
    assert ended(code, signal.SIGINT)[:3] == (130, "whole\n", "hebbcap: interrupted\n")


def test_what_must_not_be_left_is_put_away_by_the_last_actions(tmp_path):
    code = (
        f"files = [{str(tmp_path / 'a')!r}, {str(tmp_path / 'b')!r}, {str(tmp_path / 'c')!r}]\n"
        "for file in files:\n    open(file, 'w').close()\n"
        "with _interrupt.at_last(lambda: os.unlink(files[1])):\n    pass\n"
        "with _interrupt.at_last(lambda: 1 / 0), _interrupt.at_last(lambda: os.unlink(files[0])):\n"
        "    if not os.fork():\n        os._exit(0)\n"
        "    os.wait()\n"
        "    print('ready', flush=True)\n    while True:\n        try:\n            time.sleep(60)\n"
        "        except KeyboardInterrupt:\n            pass\n"
    )
    assert ended(code, signal.SIGINT)[0] == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]


def test_a_forked_process_is_as_if_nothing_had_been_installed():
    code = (
        "child = os.fork()\nif not child:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n"
        "        os._exit(7 if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL else 8)\n"
        "time.sleep(0.3)\nos.kill(child, signal.SIGINT)\n_, status = os.waitpid(child, 0)\n"
        "time.sleep(1)\nprint('ready', os.waitstatus_to_exitcode(status), _interrupt.seen())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", WATCHED + code], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready 7 None\n", "")


def ignore():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_signals_that_the_parent_ignores_stay_ignored():
    code = READY + "time.sleep(0.8)\nprint('whole')\n"
    found = ended(code, signal.SIGINT, signal.SIGHUP, before=ignore)
    assert found[:3] == (0, "whole\n", "")


def test_a_closed_standard_error_is_not_taken_by_the_next_file(tmp_path):
    code = (
        f"stream = open({str(tmp_path / 'rows')!r}, 'w')\nassert stream.fileno() > 2\n"
        "print('lost', file=sys.stderr)\n" + READY + DEAF
    )
    exit_code, _, err, _ = ended(code, signal.SIGINT, before=lambda: os.close(2))
    assert (exit_code, err) == (130, "")
    assert (tmp_path / "rows").read_text() == ""


def test_a_pipe_that_nobody_reads_does_not_keep_the_process(tmp_path):
    code = "print('ready', file=sys.stderr, flush=True)\nprint('x' * 10**6)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED + code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert process.stderr.read().endswith("hebbcap: interrupted\n")
    process.stdout.close()
    process.stderr.close()


def test_a_full_standard_error_does_not_keep_the_process_either():
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writes, b"x" * 4096)
    os.set_blocking(writes, True)
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED + READY + SLEEP], stdout=subprocess.PIPE, stderr=writes, text=True
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 143
    process.stdout.close()
    os.close(reads)
    os.close(writes)


def test_the_command_line_called_from_python_installs_nothing(capsys):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert cli.run(["capacity", "--help"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert signal.set_wakeup_fd(-1) == -1


@pytest.mark.parametrize("after", [0.0, 0.2, 0.8])
def test_a_command_is_interrupted_while_libraries_load_and_while_it_works(after):
    command = ["capacity", "dense", "--dim", "1000", "--criterion", "all-patterns:0.01", "--no-theory"]
    seconds, exit_code, err = faults("interrupts").latency(command, after)
    assert (exit_code, err) == (130, "hebbcap: interrupted\n")
    assert seconds < 5


@pytest.mark.slow
def test_every_slow_command_answers_within_a_second_at_any_moment():
    interrupts = faults("interrupts")
    found = interrupts.measure(100, seed=0)
    assert not found.unclean
    assert found.worst.seconds < interrupts.LIMIT, found.worst
