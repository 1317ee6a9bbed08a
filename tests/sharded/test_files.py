"""Shards as files: what is appended is there, what is damaged is named, and nothing is half there."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hebbcap
from hebbcap import Bits, Dense, Exponential, Hopfield, InvalidArgument, TooLarge, UnreadableFile, sharded
from hebbcap.sharded import cache
from hebbcap.sharded.memory import DESCRIPTION, SHARDS


def drawn(n, dim=64, seed=0):
    return Bits.pack(np.random.default_rng(seed).random((n, dim)) < 0.5)


@pytest.fixture
def memory(tmp_path):
    made = sharded.create(tmp_path / "memory", Dense(Exponential(0.5)), dim=64)
    return made.append(drawn(20)).append(drawn(7, seed=1)).append(drawn(30, seed=2))


def files(memory):
    return sorted((memory.folder / SHARDS).iterdir())


def test_what_was_appended_is_there_when_it_is_opened_again(memory):
    again = sharded.open(memory.folder)
    assert again == memory
    assert (again.n_patterns, len(again), again.n_shards, again.dim) == (57, 57, 3, 64)
    expected = np.concatenate([drawn(20).words, drawn(7, seed=1).words, drawn(30, seed=2).words])
    np.testing.assert_array_equal(again.on().bits.words, expected)
    assert repr(again).endswith("memory': exponential:0.5, dim=64, 57 patterns in 3 shards)")


def test_appending_leaves_the_memory_as_it_was(memory):
    cues = drawn(3, seed=5)
    before = memory.field(cues)
    more = memory.append(drawn(11, seed=3))
    assert (memory.n_patterns, more.n_patterns) == (57, 68)
    np.testing.assert_array_equal(memory.field(cues), before)
    assert memory.refreshed() == more


def test_many_patterns_go_into_several_files(memory):
    more = memory.append(drawn(100, seed=4), shard_bytes=8 * 33)
    assert [shard.n_patterns for shard in more.shards[3:]] == [33, 33, 33, 1]
    np.testing.assert_array_equal(more.on().bits.words[57:], drawn(100, seed=4).words)


def test_the_same_patterns_twice_count_twice(memory):
    twice = memory.append(drawn(20))
    assert twice.n_patterns == 77
    assert twice.shards[0].digest != twice.shards[3].digest


def test_writers_at_the_same_time_lose_nothing(memory):
    def append(seed):
        for _ in range(5):
            memory.append(drawn(3, seed=seed))

    writers = [threading.Thread(target=append, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert memory.refreshed().n_patterns == 57 + 4 * 5 * 3


def test_what_a_killed_writer_leaves_is_no_shard(memory):
    Path(memory.folder, SHARDS, ".00000003-5-abc.safetensors.hebbcap-0123.tmp").write_bytes(b"half")
    assert memory.refreshed() == memory


def test_a_disk_that_is_full_leaves_no_part_of_a_shard(memory, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hebbcap._atomic.os.fsync", full)
    with pytest.raises(hebbcap.HebbcapError, match="can't be written: No space left on device"):
        memory.append(drawn(5))
    monkeypatch.undo()
    assert memory.refreshed() == memory


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def cut_to_the_header(file):
    file.write_bytes(file.read_bytes()[:20])


def lengthened(file):
    file.write_bytes(file.read_bytes() + bytes(2**21))


def flipped(file):
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)


def emptied(file):
    file.write_bytes(b"")


def gone(file):
    file.unlink()


def a_folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [cut, cut_to_the_header, lengthened, flipped, emptied, gone, a_folder])
def test_a_damaged_shard_is_one_error_that_names_it(memory, harm):
    cues = drawn(3, seed=5)
    before = memory.recall(cues)
    harmed = files(memory)[1]
    kept = harmed.read_bytes()
    harm(harmed)
    cache.forget()
    with pytest.raises(UnreadableFile, match=harmed.name):
        memory.recall(cues)
    if harmed.is_dir():
        harmed.rmdir()
    harmed.write_bytes(kept)
    np.testing.assert_array_equal(memory.recall(cues).states.words, before.states.words)


def test_workers_of_a_cluster_name_it_too(memory, dask):
    harmed = files(memory)[2]
    flipped(harmed)
    with pytest.raises(
        UnreadableFile, match=f"{harmed.name}.* is damaged: its bytes are not those of its name"
    ):
        memory.recall(drawn(3), client=dask)


def test_a_shard_of_another_memory_is_refused(memory, tmp_path):
    other = sharded.create(tmp_path / "other", Hopfield(), dim=62).append(drawn(20, 62))
    stranger = files(other)[0]
    Path(memory.folder, SHARDS, "00000003" + stranger.name[8:]).write_bytes(stranger.read_bytes())
    with pytest.raises(UnreadableFile, match="holds other patterns than 20 of dim=64"):
        memory.refreshed().recall(drawn(3))


def test_a_gap_in_the_numbers_is_found_when_it_is_opened(memory):
    gone(files(memory)[1])
    with pytest.raises(UnreadableFile, match="lacks shard 00000001, and has later ones"):
        sharded.open(memory.folder)


def test_other_files_among_the_shards_are_refused(memory):
    Path(memory.folder, SHARDS, "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"notes\.txt' is no shard"):
        sharded.open(memory.folder)


@pytest.mark.parametrize("harm", [cut, cut_to_the_header, lengthened, emptied, gone, a_folder])
def test_a_damaged_description_is_one_error_that_names_it(memory, harm):
    harm(memory.folder / DESCRIPTION)
    with pytest.raises(UnreadableFile, match=DESCRIPTION):
        sharded.open(memory.folder)


def test_a_file_of_another_kind_describes_no_sharded_memory(memory):
    hebbcap_save = pytest.importorskip("hebbcap.saving").save
    hebbcap_save(Hopfield(), memory.folder / DESCRIPTION)
    with pytest.raises(UnreadableFile, match="describes no sharded memory"):
        sharded.open(memory.folder)


def test_what_does_not_fit_is_refused(memory, tmp_path):
    with pytest.raises(InvalidArgument, match="at least one pattern of dim=64"):
        memory.append(Bits(np.zeros((0, 2), np.uint32), 64))
    with pytest.raises(InvalidArgument, match="at least one pattern of dim=64"):
        memory.append(drawn(3, 65))
    with pytest.raises(InvalidArgument, match="hold only -1 and 1"):
        memory.append(np.zeros((2, 64)))
    with pytest.raises(InvalidArgument, match="is not empty"):
        sharded.create(memory.folder, Hopfield(), dim=64)
    with pytest.raises(InvalidArgument, match="must be an empty Hopfield or Dense memory"):
        sharded.create(tmp_path / "new", Hopfield().store([1, -1]), dim=2)
    with pytest.raises(InvalidArgument, match=r"use 2 \* x - 1|needs -1 and 1"):
        sharded.create(tmp_path / "new", Dense(), dim=2, levels=(0, 1))
    with pytest.raises(UnreadableFile, match=f"{DESCRIPTION}.* can't be read"):
        sharded.open(tmp_path)
    assert memory.refreshed() == memory


def test_sums_that_would_overflow_are_refused(memory):
    many = replace(memory, shards=(memory.shards[0]._replace(n_patterns=2**56),))
    with pytest.raises(TooLarge, match="must be below 2\\^61"):
        many.on()


def test_all_of_it_in_one_process_is_refused_where_it_does_not_fit(memory, monkeypatch):
    monkeypatch.setenv("HEBBCAP_MEMORY", "100")
    monkeypatch.setattr("hebbcap._checks._TRIFLE", 0)
    with pytest.raises(TooLarge, match="57 patterns of dim=64 from shards"):
        _ = memory.on().bits


def test_shards_beyond_the_room_are_read_again_and_change_nothing(memory, monkeypatch):
    cues = drawn(3, seed=5)
    expected = memory.recall(cues)
    for room in ("700", "1"):  # of two shards, or none
        cache.forget()
        monkeypatch.setenv(cache.VARIABLE, room)
        found = memory.recall(cues)
        np.testing.assert_array_equal(found.states.words, expected.states.words)
        assert cache.taken_bytes() <= float(room)
    assert not cache.taken_bytes()


def test_shards_that_fit_are_read_once(memory):
    cues = drawn(3, seed=5)
    expected = memory.recall(cues)
    for file in files(memory):
        os.rename(file, memory.folder / file.name)
    np.testing.assert_array_equal(memory.recall(cues).states.words, expected.states.words)


def test_a_limit_that_is_no_size_is_refused(memory, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, "much")
    with pytest.raises(InvalidArgument, match="HEBBCAP_SHARD_BYTES='much' must be a number of bytes"):
        memory.recall(drawn(3))


def test_a_worker_knows_the_bytes_beyond_which_it_would_be_ended(dask):
    known = dask.run(lambda dask_worker: dask_worker.memory_manager.memory_limit)
    assert dask.submit(cache.worker_bytes, pure=False).result() in set(known.values())
    assert cache.worker_bytes() is None


def test_half_of_what_a_worker_may_take_stays_in_memory(memory):
    place = memory.folder / SHARDS
    room = 2 * 16 * 30  # half of it is just the last shard's
    held = [cache.held(place, shard, 64, room) for shard in memory.shards]
    assert [len(some) for some in held] == [20, 7, 30]
    assert cache.taken_bytes() == room / 2
