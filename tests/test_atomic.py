"""A file is written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hebbcap._atomic import check_writable, replacing
from hebbcap._checks import HebbcapError, UnwritableFile


@pytest.fixture
def old(tmp_path):
    file = tmp_path / "counts.csv"
    file.write_bytes(b"old")
    return file


def test_a_new_file_follows_the_umask(tmp_path):
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0, 0o666)):
        before = os.umask(mask)
        try:
            with replacing(tmp_path / f"{mask}") as stream:
                stream.write(b"new")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / f"{mask}").stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755, 0o200])
def test_an_old_file_keeps_its_mode(old, mode):
    old.chmod(mode)
    with replacing(old) as stream:
        stream.write(b"new")
    assert stat.S_IMODE(old.stat().st_mode) == mode
    old.chmod(0o600)
    assert old.read_bytes() == b"new"


def test_the_scratch_file_is_never_more_open_than_the_old_one(old):
    old.chmod(0o600)
    with replacing(old) as stream:
        assert stat.S_IMODE(os.stat(stream.name).st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_an_old_file_keeps_its_owner(old):
    os.chown(old, 12345, 54321)
    with replacing(old) as stream:
        stream.write(b"new")
    assert (old.stat().st_uid, old.stat().st_gid) == (12345, 54321)


def test_a_link_stays_one_and_what_it_points_to_is_replaced(old, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to("../counts.csv")
    with replacing(link) as stream:
        assert os.path.dirname(stream.name) == str(tmp_path.resolve())
        stream.write(b"new")
    assert link.is_symlink()
    assert old.read_bytes() == b"new"
    assert os.listdir(tmp_path / "elsewhere") == ["link"]


def test_a_link_to_nothing_yet_makes_it(tmp_path):
    (tmp_path / "link").symlink_to("absent")
    with replacing(tmp_path / "link") as stream:
        stream.write(b"new")
    assert (tmp_path / "absent").read_bytes() == b"new"


@pytest.mark.parametrize(
    "error", [ValueError("x"), KeyboardInterrupt(), SystemExit(3), MemoryError(), GeneratorExit()]
)
def test_any_error_leaves_the_old_file_alone_and_nothing_beside_it(old, error):
    def write():
        with replacing(old) as stream:
            stream.write(b"x" * 10**6)
            raise error

    with pytest.raises(type(error)):
        write()
    assert old.read_bytes() == b"old"
    assert os.listdir(old.parent) == [old.name]


def test_the_old_file_is_there_until_the_end(old):
    with replacing(old) as stream:
        stream.write(b"new")
        stream.flush()
        assert old.read_bytes() == b"old"
    assert old.read_bytes() == b"new"


def test_readers_see_one_file_or_the_other_whole(old):
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    old.write_bytes(contents[0])
    stop = threading.Event()

    def write():
        while not stop.is_set():
            for content in contents:
                with replacing(old) as stream:
                    stream.write(content)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {old.read_bytes() for _ in range(200)}
    finally:
        stop.set()
        writer.join()
    assert seen <= set(contents)


def test_a_library_may_close_the_stream_or_write_by_name(old):
    with replacing(old) as stream:
        stream.write(b"closed")
        stream.close()
    assert old.read_bytes() == b"closed"
    with replacing(old) as stream, open(stream.name, "wb") as other:
        other.write(b"by name")
    assert old.read_bytes() == b"by name"


def test_an_error_about_another_file_stays_what_it_is(old):
    with pytest.raises(FileNotFoundError), replacing(old):
        open(old.parent / "absent").close()
    with pytest.raises(UnwritableFile, match="inner"), replacing(old), replacing(old.parent / "no" / "inner"):
        pass


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "the name is empty"),
        (".", "name a file in it"),
        ("folder", "Is a directory; nothing was changed; name a file in it"),
        ("folder/", "name a file in it"),
        ("new/", "name a file in it"),
        ("absent/file", "make the folder first"),
        ("counts.csv/file", "make the folder first"),
        ("x" * 300, "choose a shorter name"),
        ("a\0b", "null"),
        ("pipe", "it is no regular file"),
        ("loop", "symbolic links"),
    ],
)
def test_what_is_no_file_is_refused_in_words(old, monkeypatch, name, says):
    monkeypatch.chdir(old.parent)
    os.mkdir("folder")
    os.mkfifo("pipe")
    os.symlink("loop", "loop")
    before = sorted(os.listdir())
    for write in (check_writable, lambda path: replacing(path).__enter__()):
        with pytest.raises(UnwritableFile, match=says) as caught:
            write(name)
        assert str(caught.value).startswith(repr(name))
        assert isinstance(caught.value, HebbcapError)
        assert isinstance(caught.value, OSError)
    assert sorted(os.listdir()) == before


def test_devices_are_refused(tmp_path):
    (tmp_path / "link").symlink_to("/dev/null")
    for path in ("/dev/null", tmp_path / "link"):
        with pytest.raises(UnwritableFile, match="no regular file"), replacing(path):
            pass


def test_what_can_be_written_is_not_refused(old, tmp_path):
    check_writable(old)
    check_writable(tmp_path / "new")
    assert os.listdir(tmp_path) == [old.name]


@given(st.text(min_size=1, max_size=80))
def test_any_name_is_written_or_refused_in_words(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("names")
    file = os.path.join(folder, name.replace("/", "-").replace("\0", "-"))
    try:
        with replacing(file) as stream:
            assert os.path.basename(stream.name).startswith(".")
            stream.write(b"new")
    except UnwritableFile:
        assert not os.listdir(folder)
    else:
        assert os.listdir(folder) == [os.path.basename(file)]


def test_names_of_the_longest_length_are_written(tmp_path):
    for name in ("x" * 255, "\u00e4" * 127):
        with replacing(tmp_path / name):
            pass
        assert (tmp_path / name).exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_stopped_leaves_the_old_file(old, how):
    code = (
        "import sys, time; from hebbcap._atomic import replacing\n"
        "with replacing(sys.argv[1]) as stream:\n"
        "    stream.write(b'x' * 10**6); stream.flush(); print('now', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, old], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as writer:
        assert writer.stdout.readline() == b"now\n"
        time.sleep(0.05)
        writer.send_signal(how)
        writer.wait(timeout=30)
    assert old.read_bytes() == b"old"
    others = [name for name in os.listdir(old.parent) if name != old.name]
    if how == signal.SIGINT:
        assert not others
    for name in others:
        assert name.startswith(".counts.csv.hebbcap-")
        assert name.endswith(".tmp")
    assert len(others) <= 1
