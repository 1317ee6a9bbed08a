import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.campaign import same

from hebbcap.campaign import LocalWorkers
from hebbcap.campaign.runner import run_task
from hebbcap.engines import use_engine
from hebbcap.kernels.threads import use_threads
from hebbcap.measurement.block import STREAMS

EVERY = same.cells()
SOME = EVERY[::5]

WHAT_TO_DO = (
    "If this was meant, raise hebbcap.measurement.block.STREAMS and write the hashes anew with "
    "`python tests/campaign/write_golden.py`: stores keep numbers of one version only."
)

_HASHES = "from tests.campaign import same; print(same.hashes(same.cells(anywhere=True)[::{step}]))"


@pytest.fixture(scope="module")
def expected():
    return same.hashes(EVERY)


@pytest.fixture
def threads(request):
    use_threads(request.param)
    yield request.param
    use_threads(None)


def test_counts_are_those_that_this_version_of_the_numbers_always_gave(expected):
    kept, streams = same.golden()
    assert streams == STREAMS, f"The hashes are of another version. {WHAT_TO_DO}"
    strict = {cell.definition for cell in same.cells(anywhere=True)}
    differ = [text for text in strict if kept.get(text) != expected[text]]
    assert not differ, f"{len(differ)} of {len(strict)} cells differ, as {differ[:3]}. {WHAT_TO_DO}"
    assert set(kept) == strict, "Cells were added or removed: write the hashes anew."


def test_one_flipped_count_changes_a_hash():
    blocks = {0: (4, 10, 30, 50), 1: (4, 9, 25, 50)}
    assert same._hash(blocks) != same._hash(blocks | {1: (4, 9, 26, 50)})


def test_golden_hashes_are_not_rewritten_while_the_version_of_the_numbers_is_the_same(monkeypatch, tmp_path):
    path = tmp_path / "golden.json"
    monkeypatch.setattr(same, "GOLDEN", path)
    monkeypatch.setattr(same, "cells", lambda anywhere: EVERY[:2])
    same.write()
    before = path.read_text()
    same.write()
    assert path.read_text() == before
    monkeypatch.setattr(same, "hashes", lambda of: {cell.definition: "0" * 16 for cell in of})
    with pytest.raises(SystemExit, match="STREAMS first"):
        same.write()
    assert path.read_text() == before
    monkeypatch.setattr(same, "STREAMS", STREAMS + 1)
    same.write()
    assert "0" * 16 in path.read_text()


def test_every_memory_of_the_catalogue_is_among_the_cells():
    from hebbcap.memories import NAMES

    assert {cell.experiment.memory_name.partition(":")[0] for cell in EVERY} == set(NAMES)


@pytest.mark.parametrize("threads", [1, 2, 4], indirect=True)
def test_counts_are_the_same_on_any_number_of_threads(threads, expected):
    found = same.hashes(SOME)
    assert found == {text: expected[text] for text in found}


@pytest.mark.parametrize("engine", ["packed", "numpy", "torch"])
def test_counts_are_the_same_with_every_engine(engine, expected):
    if engine == "torch":
        pytest.importorskip("torch")
    try:
        use_engine(engine)
        found = same.hashes(EVERY[1::5])
    finally:
        use_engine(None)
    assert found == {text: expected[text] for text in found}


def test_counts_are_the_same_in_blocks_of_any_size():
    for task in same.tasks(SOME)[1::2]:
        assert same.counted(task) == run_task(task), task.cell.name


def test_counts_are_the_same_in_any_order_and_from_several_threads_at_once(expected):
    with ThreadPoolExecutor(3) as pool:
        found = same.hashes(SOME, submit=pool.submit, shuffle=1)
    assert found == {text: expected[text] for text in found}


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_counts_are_the_same_on_any_number_of_processes(count, expected):
    with LocalWorkers(count) as workers:
        found = same.hashes(SOME, submit=workers.submit, shuffle=count)
    assert found == {text: expected[text] for text in found}


def elsewhere(step=1, **variables):
    """Return the hashes as a process with these variables counts them."""
    found = subprocess.run(
        [sys.executable, "-c", _HASHES.format(step=step)],
        env=os.environ | variables | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return dict(eval(found.stdout))


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_CORETYPE": "Haswell"},
        {"OPENBLAS_CORETYPE": "Zen"},
        {"OPENBLAS_CORETYPE": "Prescott"},
        {"HEBBCAP_CPU": "x86-64-v3"},
        {"HEBBCAP_CPU": "x86-64"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
        {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR"},
    ],
    ids=lambda variables: "-".join(variables.values()),
)
def test_counts_are_the_same_as_on_other_processors(variables, expected):
    found = elsewhere(**variables)
    assert found == {text: expected[text] for text in found}


@pytest.mark.slow
def test_counts_are_the_same_on_a_cluster(expected):
    from hebbcap.campaign.cluster import client

    with client("local:2") as found, found.get_executor() as executor:
        counted = same.hashes(EVERY, submit=executor.submit, shuffle=2)
    assert counted == expected
