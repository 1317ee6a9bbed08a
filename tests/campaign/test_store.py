import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hebbcap
from hebbcap.campaign import Cell, Store, UnusableStore, plan
from hebbcap.campaign import cell as cell_module
from hebbcap.criteria import Criterion
from hebbcap.dynamics import Fixed
from hebbcap.measurement.block import Counts
from hebbcap.memories import Hopfield
from hebbcap.patterns import Biased, Data, Rademacher
from hebbcap.question import Experiment

(CELL,) = plan({"dim": 50, "n_patterns": 5}).cells
SOME = Counts(64, 10, 12, 250)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db"


def filled(path):
    with Store.open(path) as store:
        store.add(CELL, 64)
        store.write(CELL.key, 0, SOME)
        store.write(CELL.key, 1, SOME)
    return path


def read(path):
    with Store.open(path, readonly=True) as store:
        return store.cells(), store.all_blocks(), store.reasons()


def test_what_was_written_is_read_again(path):
    cells, blocks, reasons = read(filled(path))
    assert blocks == {CELL.key: {0: SOME, 1: SOME}}
    assert cells[0].definition == CELL.definition
    assert reasons == {}


def test_a_block_written_again_is_kept_once(path):
    with Store.open(filled(path)) as store:
        store.write(CELL.key, 0, SOME)
        assert store.blocks(CELL.key) == {0: SOME, 1: SOME}


def test_other_counts_of_a_kept_block_are_refused_and_the_first_stay(path):
    with Store.open(filled(path)) as store:
        with pytest.raises(UnusableStore, match="the same seed must count the same"):
            store.write(CELL.key, 0, SOME._replace(failures=11))
        assert store.blocks(CELL.key)[0] == SOME


def test_a_block_that_came_back_takes_its_cell_off_the_list_of_those_set_aside(path):
    with Store.open(filled(path)) as store:
        store.set_aside(CELL.key, "it failed")
        assert store.reasons() == {CELL.key: "it failed"}
        store.write(CELL.key, 2, SOME)
        assert store.reasons() == {}


def test_a_cell_keeps_the_size_of_blocks_that_it_was_first_given(path):
    with Store.open(filled(path)) as store:
        assert store.add(CELL, 8) == 64


def test_a_block_of_a_cell_that_was_not_added_is_refused(path):
    with Store.open(path) as store, pytest.raises(UnusableStore, match="FOREIGN KEY"):
        store.write("0" * 32, 0, SOME)


def refused(path, *, readonly=True):
    with pytest.raises(UnusableStore) as error, Store.open(path, readonly=readonly) as store:
        store.cells(), store.all_blocks(), store.reasons()
    message = str(error.value)
    assert len(message.splitlines()) == 1
    assert repr(str(path)) in message
    return message


def test_what_is_no_store_is_refused_in_one_line_that_names_it(path, tmp_path):
    assert "is not there" in refused(path)
    (tmp_path / "text").write_text("no store at all, " * 1000)
    assert "no store of hebbcap" in refused(tmp_path / "text", readonly=False)
    assert "not a regular file" in refused(tmp_path, readonly=False)
    refused(tmp_path / "missing" / "runs.db", readonly=False)
    refused(tmp_path / "a\0b", readonly=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_refused_without_waiting_for_its_writer(path):
    os.mkfifo(path)
    assert "not a regular file" in refused(path)


def test_a_database_of_another_program_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE things (name TEXT)")
    other.close()
    before = path.read_bytes()
    assert "no store of hebbcap" in refused(path, readonly=False)
    assert path.read_bytes() == before


def changed(path, statement):
    connection = sqlite3.connect(filled(path), isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(statement)
    connection.close()


def test_a_store_of_another_version_is_refused_by_its_number(path):
    changed(path, "PRAGMA user_version = 7")
    assert "version 7" in refused(path, readonly=False)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (x)",
        "DROP TABLE set_aside",
        "CREATE TRIGGER t AFTER INSERT ON blocks BEGIN DELETE FROM blocks; END",
        "CREATE VIEW v AS SELECT * FROM blocks",
        "UPDATE blocks SET failures = 11 WHERE block = 1",
        "UPDATE blocks SET block = 7 WHERE block = 1",
        "UPDATE cells SET definition = definition || ' '",
        "UPDATE cells SET spelling = 'null'",
        "UPDATE cells SET spelling = '" + "[" * 100_000 + "'",
        "UPDATE cells SET spelling = '{'",
    ],
)
def test_a_store_that_somebody_changed_is_refused(path, statement):
    changed(path, statement)
    refused(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9, 0.99])
def test_a_truncated_store_is_refused(path, share):
    data = filled(path).read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refused(path)


@settings(max_examples=25)
@given(st.data())
def test_no_damaged_byte_changes_a_number_unseen(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = filled(folder / "runs.db")
    whole = read(path)
    raw = bytearray(path.read_bytes())
    used = [i for i, byte in enumerate(raw) if byte]
    for place in data.draw(st.lists(st.sampled_from(used), min_size=1, max_size=3)):
        raw[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(raw)
    try:
        cells, blocks, reasons = read(path)
    except UnusableStore:
        return
    assert blocks in (whole[1], {})  # or the mark that it is a new one was hit
    assert [cell[:2] for cell in cells] in ([cell[:2] for cell in whole[0]], [])
    assert reasons == whole[2]
    shutil.rmtree(folder)


_WRITER = """
import sys, time
from hebbcap.campaign import Store, plan
from hebbcap.measurement.block import Counts
cell, = plan({"dim": 50, "n_patterns": 5}).cells
store = Store.open(sys.argv[1])
store.add(cell, 64)
print("ready", flush=True)
for block in range(10**6):
    store.write(cell.key, block, Counts(64, 10, 12, 250))
    print(block, flush=True)
"""


def test_all_that_was_written_is_there_after_the_writer_was_killed(path):
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    lines = [writer.stdout.readline() for _ in range(20)]
    writer.send_signal(signal.SIGKILL)
    lines += writer.communicate()[0].split()
    assert path.with_name("runs.db-wal").exists()
    (written,) = read(path)[1].values()
    assert set(range(int(lines[-1]) + 1)) <= set(written)
    with Store.open(path) as store:
        store.write(CELL.key, 10**6, SOME)
        assert len(store.blocks(CELL.key)) == len(written) + 1


def _write_some(path, first, step):
    with Store.open(path) as store:
        store.add(CELL, 64)
        for block in range(first, 100, step):
            store.write(CELL.key, block, SOME._replace(failures=block))


def test_processes_that_begin_and_write_one_store_at_the_same_time_do_not_disturb_one_another(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_some, args=(path, i, 1 + i % 2)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    (blocks,) = read(path)[1].values()
    assert {block: counts.failures for block, counts in blocks.items()} == {i: i for i in range(100)}


def test_stores_begun_at_the_same_moment_become_one(path):
    from concurrent.futures import ThreadPoolExecutor

    def begin(number):
        with Store.open(path.with_name(f"{number // 4}.db")) as store:
            return len(store.cells())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(begin, range(80))) == [0] * 80


def test_a_folder_that_is_read_only_is_told_when_writing_and_does_not_matter_when_reading(path):
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere; tests/faults becomes another for it")
    filled(path)
    path.parent.chmod(0o555)
    try:
        assert read(path)[1]
        path.chmod(0o444)
        with pytest.raises(UnusableStore, match="readonly"), Store.open(path) as store:
            store.write(CELL.key, 5, SOME)
    finally:
        path.parent.chmod(0o755)


def test_a_store_that_another_one_writes_to_can_be_read_meanwhile(path):
    with Store.open(filled(path)) as writer:
        writer.write(CELL.key, 2, SOME)
        assert len(read(path)[1][CELL.key]) == 3


def _torn(store):
    with store._writing():
        store.connection.execute("DELETE FROM blocks")
        raise KeyboardInterrupt


def test_an_interrupt_in_the_middle_of_a_write_leaves_the_store_ready_for_the_next(path):
    with Store.open(filled(path)) as store:
        with pytest.raises(KeyboardInterrupt):
            _torn(store)
        store.write(CELL.key, 2, SOME)
        assert sorted(store.blocks(CELL.key)) == [0, 1, 2]


def test_a_new_cell_is_told_from_every_other():
    base = Experiment(Hopfield(), Rademacher(), 100)
    others = [
        replace(base, memory=hebbcap.memory("dense:3")),
        replace(base, memory=hebbcap.memory("hopfield:post*pre - 0.1*pre")),
        replace(base, ensemble=Biased(0.4)),
        replace(base, ensemble=Data(np.eye(100, dtype=np.int8) * 2 - 1)),
        replace(base, ensemble=Data(1 - np.eye(100, dtype=np.int8) * 2)),
        replace(base, dim=101),
        replace(base, criterion=Criterion("bit-error", 0.02)),
        replace(base, criterion=Criterion("pattern-error", 0.01)),
        replace(base, flips=0.1),
        replace(base, threshold=Fixed(1.0)),
        replace(base, update="asynchronous"),
    ]
    cells = [Cell(base, 14, 0), Cell(base, 15, 0), Cell(base, 14, 1)]
    cells += [Cell(other, 14, 0) for other in others]
    assert len({cell.key for cell in cells}) == len(cells)
    assert Cell(replace(base), 14, 0).key == cells[0].key


def test_numbers_of_another_version_are_of_other_cells(monkeypatch):
    cell = Cell(CELL.experiment, 5, 0)
    monkeypatch.setattr(cell_module, "STREAMS", 0)
    assert cell.key != CELL.key


def test_data_files_are_told_apart_by_what_is_in_them(tmp_path):
    rows = np.random.default_rng(0).choice([-1, 1], (20, 10))
    keys = set()
    for turn in range(2):
        np.save(tmp_path / "data.npy", rows if turn else -rows)
        (cell,) = plan({"patterns": str(tmp_path / "data.npy"), "n_patterns": 5}).cells
        keys.add(cell.key)
    assert len(keys) == 2


class Mine:
    def __init__(self, rate):
        self.rate = rate

    def store(self, patterns):
        return self

    def recall(self, cues):
        return cues


class Changed(Mine):
    def recall(self, cues):
        return -cues


def with_rate(rate):
    return hebbcap.own(lambda rows: rows, lambda kept, cues: cues * rate, name="mine")


def test_memories_of_the_users_own_are_told_apart_by_their_code_and_what_it_holds():
    def key(memory):
        return Cell(Experiment(memory, Rademacher(), 20), 5, 0).key

    memories = [
        Mine(1), Mine(2), Changed(1), hebbcap.own(Mine(1), name="mine"), hebbcap.own(Mine(2), name="mine"),
        hebbcap.own(Changed(1), name="mine"), with_rate(1), with_rate(2),
        hebbcap.own(lambda rows: rows, lambda kept, cues: -cues, name="mine"),
    ]  # fmt: skip
    keys = [key(memory) for memory in memories]
    assert len(set(keys)) == len(keys)
    assert key(with_rate(1)) == keys[6]
    assert key(Mine(1)) == keys[0]
    assert key(hebbcap.own(Mine(1), name="mine")) == keys[3]


def test_a_busy_store_is_waited_for(path):
    filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    process = multiprocessing.get_context("spawn").Process(target=_write_some, args=(path, 99, 1))
    process.start()
    time.sleep(1.5)
    other.execute("COMMIT")
    other.close()
    process.join()
    assert process.exitcode == 0
