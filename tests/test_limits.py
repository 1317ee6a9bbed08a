"""What does a request that can't be met get, and what does memory that is limited leave?"""

import subprocess
import sys
import time

import numpy as np
import pytest

import hebbcap
from hebbcap import Bits, TooLarge, _checks, _memory, memory

GIB = 2**30
UNLIMITED = 2**63 - 4096


def tree(root, files):
    """Write the files of a system's own folders, and return where they are."""
    defaults = {
        "proc/meminfo": f"MemTotal: {2**30} kB\nMemAvailable: {64 * 2**20} kB\n",
        "proc/self/statm": "0",
    }
    for name, content in (defaults | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{content}\n")
    return root


def second(path, limit, used, inactive=0, high="max"):
    """Return the files of a control group of the second kind."""
    base = f"sys/fs/cgroup/{path}".rstrip("/")
    return {
        f"{base}/memory.max": limit,
        f"{base}/memory.high": high,
        f"{base}/memory.current": used,
        f"{base}/memory.stat": f"anon 5\nactive_file 7\ninactive_file {inactive}",
    }


def first(path, limit, used, inactive=0):
    """Return the files of a control group of the first kind."""
    base = f"sys/fs/cgroup/memory/{path}".rstrip("/")
    return {
        f"{base}/memory.limit_in_bytes": limit,
        f"{base}/memory.usage_in_bytes": used,
        f"{base}/memory.stat": f"inactive_file 1\ntotal_inactive_file {inactive}",
    }


def test_without_groups_what_the_system_has_free_is_available(tmp_path):
    assert _memory.left(tree(tmp_path, {})) == 64 * GIB


def test_where_the_system_does_not_say_some_gigabytes_are_taken_to_be_free(tmp_path, monkeypatch):
    def unknown(name):
        raise ValueError("unrecognized configuration name")

    assert _memory.left(tmp_path) > 0
    monkeypatch.setattr(_memory.os, "sysconf", unknown)
    assert _memory.left(tmp_path) == 4 * GIB


def test_an_answer_is_good_for_a_moment_only(monkeypatch):
    answers = iter([5 * GIB, 7 * GIB])
    monkeypatch.setattr(_memory, "left", lambda root: next(answers))
    monkeypatch.setattr(_memory, "_last", (0.0, 0))
    assert _memory.available_bytes() == _memory.available_bytes() == 5 * GIB
    time.sleep(2 * _memory._FRESH)
    assert _memory.available_bytes() == 7 * GIB


@pytest.mark.parametrize(
    ("groups", "available"),
    [
        (second("job", 8 * GIB, 2 * GIB), 6 * GIB),
        (second("job", 8 * GIB, 2 * GIB, inactive=GIB), 7 * GIB),
        (second("job", "max", 2 * GIB), 64 * GIB),
        (second("job", 8 * GIB, 2 * GIB, high=5 * GIB), 3 * GIB),
        (second("job", 100 * GIB, 0), 64 * GIB),
        (second("job", GIB, 2 * GIB), 0),
        (second("job", GIB, GIB, inactive=2 * GIB), GIB),
    ],
)
def test_a_group_leaves_its_limit_less_what_it_holds_and_can_not_give_back(tmp_path, groups, available):
    assert _memory.left(tree(tmp_path, {"proc/self/cgroup": "0::/job", **groups})) == available


def test_the_tightest_of_all_groups_around_a_process_counts(tmp_path):
    groups = second("a", 4 * GIB, 3 * GIB) | second("a/b", "max", 2 * GIB) | second("a/b/c", 3 * GIB, GIB)
    assert _memory.left(tree(tmp_path, {"proc/self/cgroup": "0::/a/b/c", **groups})) == GIB


def test_a_group_beside_those_of_the_process_does_not_count(tmp_path):
    groups = second("other", GIB, GIB) | second("mine", 8 * GIB, 0)
    assert _memory.left(tree(tmp_path, {"proc/self/cgroup": "0::/mine", **groups})) == 8 * GIB


@pytest.mark.parametrize("named", ["0::/", "0::/docker/abc", "0::/../../abc"])
def test_a_container_that_shows_its_group_as_the_root_is_understood(tmp_path, named):
    files = {"proc/self/cgroup": named, **second("", 2 * GIB, GIB)}
    assert _memory.left(tree(tmp_path, files)) == GIB


def test_groups_of_the_first_kind_count_with_all_around_them(tmp_path):
    named = "9:cpu,cpuacct:/job\n4:memory:/job/step\n0::/"
    groups = first("", UNLIMITED, 40 * GIB) | first("job", 6 * GIB, 5 * GIB, inactive=2 * GIB)
    groups |= first("job/step", UNLIMITED, 4 * GIB)
    assert _memory.left(tree(tmp_path, {"proc/self/cgroup": named, **groups})) == 3 * GIB


def test_files_that_hold_no_numbers_limit_nothing(tmp_path):
    files = {"proc/self/cgroup": "garbage\n0::/job", **second("job", "soon", "much")}
    assert _memory.left(tree(tmp_path, files)) == 64 * GIB


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("4GiB", 4 * GIB),
        ("4g", 4 * GIB),
        ("4 GB", 4e9),
        ("500MB", 5e8),
        ("1.5k", 1536),
        ("1e9", 1e9),
        ("7b", 7),
        ("2TiB", 2 * 2**40),
    ],
)
def test_bytes_are_read_with_their_unit(text, n_bytes):
    assert _memory.parsed_bytes(text) == n_bytes


@pytest.mark.parametrize("text", ["", "GiB", "-1", "nan", "inf", "4 gigs", "1e999", "0", "4GiB4", "4kib kb"])
def test_what_is_no_number_of_bytes_is_refused_by_the_name_of_the_variable(text, monkeypatch):
    assert _memory.parsed_bytes(text) is None
    if text:
        monkeypatch.setenv(_memory.VARIABLE, text)
        with pytest.raises(hebbcap.InvalidArgument, match=r"HEBBCAP_MEMORY=.*4GiB"):
            _checks.check_fits(2**30, "this", "use less")


def test_the_variable_sets_what_a_request_may_take(monkeypatch):
    monkeypatch.setattr(_checks, "available_bytes", lambda: 4 * GIB)
    _checks.check_fits(2 * GIB, "this", "use less")
    monkeypatch.setenv(_memory.VARIABLE, "1GiB")
    with pytest.raises(TooLarge, match=r"2\.0 GiB, and 1\.0 GiB may be used"):
        _checks.check_fits(2 * GIB, "this", "use less")
    monkeypatch.setenv(_memory.VARIABLE, "3GiB")
    _checks.check_fits(3 * GIB, "this", "use less")


def test_a_request_that_is_no_number_is_refused():
    with pytest.raises(TooLarge):
        _checks.check_fits(float("nan"), "this", "use less")
    with pytest.raises(TooLarge):
        _checks.check_fits(float("inf"), "this", "use less")


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of a process are counted on Linux")
@pytest.mark.parametrize("name", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_limits_of_the_process_leave_what_they_say(name):
    code = (
        "import resource; from hebbcap import _memory\n"
        f"resource.setrlimit(resource.{name}, (3 * 2**30,) * 2)\n"
        "left = _memory.left(_memory.Path('/'))\n"
        "assert 2**30 < left < 3 * 2**30, left\n"
        "taken = bytearray(2**30)\n"
        "assert left - 1.1 * 2**30 < _memory.left(_memory.Path('/')) < left - 0.9 * 2**30\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def spread(shape, dtype=np.int8):
    """Return an array of ones of any shape that takes no memory."""
    return np.broadcast_to(np.ones((), dtype=dtype), shape)


def held(name, dim=64):
    return memory(name).store(2 * np.random.default_rng(0).integers(0, 2, (3, dim)) - 1)


REFUSED = {
    "capacity": lambda: hebbcap.capacity("hopfield", dim=10**9, criterion="overlap:0.9", theory=False),
    "capacity of weights": lambda: hebbcap.capacity("storkey", dim=10**7, theory=False),
    "energies": lambda: hebbcap.capacity("exponential", dim=10**9, measure=False),
    "powers": lambda: hebbcap.error("dense:60", n_patterns=10, dim=10**9, measure=False),
    "own energies": lambda: hebbcap.CustomSeparation(np.tanh, "tanh").table(10**9),
    "correlated patterns": lambda: hebbcap.capacity(
        "hopfield", patterns="markov:0.5", dim=10**9, measure=False
    ),
    "error": lambda: hebbcap.error("hopfield", n_patterns=10**12, dim=10**9, theory=False),
    "basin": lambda: hebbcap.basin("storkey", dim=10**7, loads=[0.01], theory=False),
    "gallery": lambda: hebbcap.recall_gallery(hebbcap.experiment("hopfield", dim=10**6), 10**7),
    "random features": lambda: hebbcap.capacity("random-features:1000000000,1", dim=10**5, theory=False),
    "fields of pairs": lambda: hebbcap.recall(
        memory("hetero:64").holding_pairs(*(2 * [held("hopfield").patterns]), (-1.0, 1.0)),
        spread((10**9, 64)),
    ),
    "sample": lambda: hebbcap.ensemble("rademacher").sample(10**7, 10**7, 0),
    "Data": lambda: hebbcap.Data(spread((10**6, 10**6))),
    "binarise": lambda: hebbcap.binarise(spread((10**6, 10**6)), "median"),
    "store": lambda: memory("hopfield").store(spread((10**6, 10**6))),
    "store of reals": lambda: memory("modern:4").store(spread((10**6, 10**6), np.float32)),
    "recall": lambda: hebbcap.recall(held("hopfield"), spread((10**10, 64))),
    "recall of reals": lambda: hebbcap.recall(held("modern:4"), spread((10**10, 64))),
    "field": lambda: held("hopfield").field(spread((10**10, 64))),
    "energy": lambda: held("dense:3").energy(spread((10**10, 64))),
    "weights": lambda: held("hopfield", 10**6).weights,
    "weights by learning": lambda: memory("pseudo-inverse").store(spread((2, 10**6))).weights,
    "pack": lambda: Bits.pack(spread((10**6, 10**6))),
    "unpack": lambda: Bits(np.broadcast_to(np.uint32(1), (10**6, 10**5)), 32 * 10**5).unpack(),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_fit_is_refused_at_once_with_the_numbers(name, monkeypatch):
    monkeypatch.setattr(_checks, "available_bytes", lambda: 8 * GIB)
    began = time.perf_counter()
    with pytest.raises(TooLarge, match=r"needs [0-9.e+,]+ GiB, and 4\.0 GiB may be used here; ") as refusal:
        REFUSED[name]()
    assert time.perf_counter() - began < 5
    assert isinstance(refusal.value, MemoryError)


@pytest.mark.parametrize(("n", "dim"), [(2**31, 2), (2, 2**31)])
def test_rows_or_bits_beyond_32_bit_sums_are_refused(n, dim):
    words = np.broadcast_to(np.uint32(0), (n, -(-dim // 32)))
    with pytest.raises(hebbcap.InvalidArgument, match="at most 2147483647"):
        Bits(words, dim)


def test_the_cue_of_half_flipped_bits_has_no_capacity():
    found = hebbcap.capacity("pseudo-inverse", dim=10, flips=0.49, measure=False)
    assert found.experiment.n_flipped == 5
    assert found.to_dict()["theory"]["published"]["n_patterns"] in (None, 0)
