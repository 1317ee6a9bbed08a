"""Reading a file that does harm: one typed error, soon, and before memory is taken."""

import io
import itertools
import json
import os
import resource
import struct
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
import zlib

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import hebbcap
from hebbcap._checks import HebbcapError, TooLarge, UnreadableFile
from hebbcap.patterns.files import read_array
from hebbcap.saving import load, save
from hebbcap.saving.container import MAX_HEADER_BYTES, unpacked

from .hostile import corpus, mutations, run, try_one

PATTERNS = np.array([[1, 1, -1, -1], [1, -1, 1, -1]], dtype=np.int8)
KINDS = (".npy", ".npz", ".csv", ".png", ".jpg", ".bmp", ".gif", ".tif", ".pgm", ".safetensors")


@pytest.mark.parametrize("name", sorted(corpus()))
def test_files_of_the_corpus_are_read(name, tmp_path):
    data = corpus()[name]
    outcome, _, _ = try_one("." + name.split(".")[1], data, tmp_path)
    assert outcome == ("refused" if name.startswith("three") else "read")


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused(kind):
    found = run(60, seed=1, kinds=[kind])
    assert not found.failures
    assert found.outcomes["refused"] > 5
    assert found.worst_seconds < 10
    assert found.worst_bytes < 2**27


def test_safetensors_reads_all_that_is_read_here():
    name, rng = "features.safetensors", np.random.default_rng(0)
    seen = 0
    for data in itertools.islice(mutations(name, rng), 400):
        try:
            _, arrays = unpacked(io.BytesIO(data), len(data), name)
        except Exception:  # refused, or not to be parsed: the reader gives it words further out
            continue
        theirs = safetensors.numpy.load(data)
        assert set(theirs) == set(arrays)
        for key, array in arrays.items():
            np.testing.assert_array_equal(theirs[key], array)
        seen += 1
    assert 50 < seen < 350


@pytest.mark.slow
def test_a_hundred_thousand_damaged_files_are_read_or_refused():
    code = "from tests.saving.hostile import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--cases", "100000", "--seed", "2"],
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "unexpected" not in done.stdout, done.stdout


def test_the_search_finds_a_reader_that_fails(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.saving.hostile.read_array", lambda path: np.load(path, allow_pickle=False))
    assert run(60, seed=1, kinds=[".npy"], keep=tmp_path).failures
    assert list(tmp_path.iterdir())


def refused(path, *says, within=5.0, peak=2**24, error=UnreadableFile):
    """Read a file that must be refused, soon and without much memory."""
    read = load if str(path).endswith("safetensors") else read_array
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(error) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < peak
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - start < within
    assert isinstance(caught.value, HebbcapError)
    assert "\n" not in str(caught.value)
    for words in says:
        assert words in str(caught.value)


class Ours:
    """What is wrong with a file of ours, put together by hand."""

    def __init__(self, folder):
        self.path = folder / "x.safetensors"
        save(hebbcap.memory("hopfield").store(PATTERNS), self.path)
        data = self.path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        self.head, self.body = json.loads(data[8 : 8 + length]), data[8 + length :]
        self.top = json.loads(self.head["__metadata__"]["hebbcap"])

    def write(self, head=None, text=None, body=None, length=None):
        if head is None:
            self.head["__metadata__"]["hebbcap"] = json.dumps(self.top) if text is None else text
            head = json.dumps(self.head)
        written = head.encode() if isinstance(head, str) else head
        start = struct.pack("<Q", len(written) if length is None else length)
        self.path.write_bytes(start + written + (self.body if body is None else body))
        return self.path


@pytest.fixture
def ours(tmp_path):
    return Ours(tmp_path)


class TestOurOwn:
    def test_put_together_unchanged_is_read(self, ours):
        assert load(ours.write()).patterns.tolist() == PATTERNS.tolist()

    @pytest.mark.parametrize("length", [2**64 - 1, 2**63, 2**31, 10**6, 0])
    def test_a_wrong_length_of_the_header(self, ours, length):
        refused(ours.write(length=length))

    def test_a_header_that_is_really_too_long(self, ours):
        refused(ours.write(head=" " * (MAX_HEADER_BYTES + 1)), "must have at most 1,048,576")

    @pytest.mark.parametrize(
        "head",
        [
            "[" * 500_000,
            '{"a":' * 100_000,
            '{"__metadata__": {"hebbcap": "' + '\\"' * 400_000,
            "9" * 100_000,
            '{"a": NaN}',
            '{"a": 1, "a": 2}',
            '{"\\ud800": 1}',
            "null",
            "",
            b"\xff\xfe{",
            '{"__metadata__": {"hebbcap": 5}}',
            '{"__metadata__": {"hebbcap": "{}", "more": "x"}}',
            '{"__metadata__": {"format": "pt"}}',
            '{"a": {"dtype": "I8", "shape": [0], "data_offsets": [0, 0]}}',
        ],
        ids=range(14),
    )
    def test_a_header_that_is_not_one(self, ours, head):
        refused(ours.write(head=head, body=b""), peak=2**27)

    @pytest.mark.parametrize(
        ("entry", "says"),
        [
            ({"dtype": "F16"}, "must be one of I8, U32, I64, F64"),
            ({"dtype": "BOOL"}, "must be one of"),
            ({"dtype": ["I8"]}, "must be one of"),
            ({"dtype": "F64"}, "does not give its bytes"),
            ({"shape": [2**32, 2**32]}, "does not give its bytes"),
            ({"shape": [-2, -4]}, "whole numbers"),
            ({"shape": [2, 4.0]}, "whole numbers"),
            ({"shape": [True, 8]}, "whole numbers"),
            ({"shape": [1, 1, 1, 2, 4]}, "at most 4"),
            ({"shape": [8]}, "has 1 axes and must have 2"),
            ({"shape": [8, 1]}, "breaks a rule"),
            ({"data_offsets": [8, 16]}, "begins at byte 8 and must at 0"),
            ({"data_offsets": [0, 2**70]}, "two whole numbers"),
            ({"data_offsets": [8, 0]}, "does not give its bytes"),
            ({"data_offsets": [0, 8, 8]}, "two whole numbers"),
            ({"more": 1}, "must have a dtype"),
        ],
    )
    def test_a_lie_about_an_array(self, ours, entry, says):
        ours.head["patterns"].update(entry)
        refused(ours.write(), says)

    def test_bytes_that_two_arrays_share_and_bytes_of_none(self, ours):
        ours.head["twin"] = dict(ours.head["patterns"])
        refused(ours.write(), "begins at byte 0 and must at 8")
        del ours.head["twin"]
        refused(ours.write(body=ours.body + b"x"), "claims 8 bytes of arrays and 9 are there")

    def test_an_array_that_belongs_to_nothing(self, ours):
        ours.head["more"] = {"dtype": "I8", "shape": [1], "data_offsets": [8, 9]}
        refused(ours.write(body=ours.body + b"x"), "'more' belongs to nothing")

    def test_an_array_of_another_part(self, ours):
        ours.top["thing"]["patterns"] = {"array": "pattern"}
        refused(ours.write(), "must be an array of that name")

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"is": "Own"}, "must be of a kind"),
            ({"is": "os.system"}, "must be of a kind"),
            ({"is": ["Hopfield"]}, "must be of a kind"),
            ({"is": "CustomSeparation"}, "must be of a kind"),
            ({"is": "Rademacher"}, "is no part of a Rademacher"),
            ({"is": "Willshaw"}, "is no part"),
            ({"rule": {"is": "Rademacher"}}, "must be of a kind that goes there"),
            ({"rule": {"is": "Rule", "terms": [[[0, 1, 65], 1]]}}, "breaks a rule"),
            ({"rule": {"is": "Rule", "terms": [[[0, 1, 1], {"number": "nan"}]]}}, "is not of the type"),
            ({"rule": None}, "is not of the type"),
            ({"levels": [0.5, 1.5]}, "breaks a rule"),
            ({"levels": [0.0, 1.0]}, "must hold only 0 and 1"),
            ({"levels": "ab"}, "is not of the type"),
            ({"patterns": [[1, 1]]}, "is not of the type"),
            ({"__class__": "x"}, "is no part of a Hopfield"),
        ],
    )
    def test_a_part_that_can_not_be(self, ours, change, says):
        ours.top["thing"].update(change)
        refused(ours.write(), says)

    def test_patterns_that_are_no_patterns(self, ours):
        refused(ours.write(body=b"\x05" * 8), "breaks a rule", "must hold only")

    def test_a_missing_part(self, tmp_path):
        save(hebbcap.Biased(0.3), tmp_path / "x.safetensors")
        data = (tmp_path / "x.safetensors").read_bytes()
        (tmp_path / "x.safetensors").write_bytes(data.replace(rb"\"p\":0.3", rb"\"q\":0.3"))
        refused(tmp_path / "x.safetensors", "'p' is missing")

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (
                {"version": 2, "written_by": "0.9.1"},
                "has schema version 2, written by hebbcap 0.9.1; this is hebbcap",
            ),
            ({"version": 7, "written_by": "x\n" * 99}, "written by another hebbcap"),
            ({"version": True}, "its schema has no version"),
            ({"version": "1"}, "its schema has no version"),
            ({"format": "other"}, "was not written by hebbcap"),
            ({"extra": 1}, "other entries"),
        ],
    )
    def test_another_version_says_who_wrote_it(self, ours, change, says):
        ours.top.update(change)
        refused(ours.write(), says)

    def test_packed_bits_beyond_the_dimension(self, tmp_path):
        save(hebbcap.memory("hopfield").store(hebbcap.Bits.pack(PATTERNS)), tmp_path / "x.safetensors")
        data = (tmp_path / "x.safetensors").read_bytes()
        (tmp_path / "x.safetensors").write_bytes(data[:-1] + b"\x80")
        refused(tmp_path / "x.safetensors", "must hold 0 in the last 28 bits")

    def test_numbers_that_are_none(self, tmp_path):
        save(hebbcap.memory("kernel:1").store([[0.5, 1.0], [2.0, 3.0]]), tmp_path / "x.safetensors")
        data = (tmp_path / "x.safetensors").read_bytes()
        for number in (np.nan, np.inf):
            (tmp_path / "x.safetensors").write_bytes(data[:-8] + struct.pack("<d", number))
            refused(tmp_path / "x.safetensors", "finite")

    def test_a_formula_that_would_take_for_ever(self, tmp_path):
        save(hebbcap.memory("energy:x^3"), tmp_path / "x.safetensors")
        data = (tmp_path / "x.safetensors").read_bytes()
        for formula in (b"x^99999999", b"9^9^9^9^9", b"(" * 900):
            text = data[8:].replace(b"x^3", formula).rstrip()
            (tmp_path / "x.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
            refused(tmp_path / "x.safetensors", "breaks a rule", peak=2**27)

    def test_more_than_there_is_memory(self, ours):
        size = 2**42
        ours.head["patterns"].update(shape=[2, size // 2], data_offsets=[0, size])
        os.truncate(ours.write(), len(ours.path.read_bytes()) - 8 + size)
        refused(ours.path, "needs", error=TooLarge)


class TestFilesThatAreNone:
    @pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".safetensors"])
    def test_pipes_devices_folders_and_links_to_them(self, tmp_path, suffix):
        os.mkfifo(tmp_path / f"pipe{suffix}")
        for number, target in enumerate(
            ("/dev/zero", "/dev/null", tmp_path / f"pipe{suffix}", tmp_path / "absent")
        ):
            (tmp_path / f"link{number}{suffix}").symlink_to(target)
        (tmp_path / f"loop{suffix}").symlink_to(tmp_path / f"loop{suffix}")
        (tmp_path / f"empty{suffix}").touch()
        for name in ("pipe", "link0", "link1", "link2", "link3", "loop", "empty", "absent"):
            refused(tmp_path / f"{name}{suffix}", name)

    def test_a_folder_that_is_called_a_file(self, tmp_path):
        (tmp_path / "x.safetensors").mkdir()
        refused(tmp_path / "x.safetensors", "irectory")

    def test_a_picture_that_is_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "a.png")
        refused(tmp_path, "not a regular file")

    @pytest.mark.skipif(not os.path.exists("/proc/self/pagemap"), reason="a file of Linux without a size")
    def test_a_file_that_has_no_size_and_never_ends(self, tmp_path):
        (tmp_path / "x.csv").symlink_to("/proc/self/pagemap")
        refused(tmp_path / "x.csv", "it is empty")


class TestArrays:
    def npy(self, path, header, body=b"", version=(1, 0)):
        text = header.encode("latin1") + b"\n"
        size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
        path.write_bytes(b"\x93NUMPY" + bytes(version) + size + text + body)
        return path

    @pytest.mark.parametrize(
        "shape",
        [
            "(1000000000, 2)",
            "(18446744073709551615, 2)",
            "(2, 9" + "9" * 4500 + ")",
            "(-1, -8)",
            "(2, 4, 1, 1)",
            "()",
        ],
        ids=range(6),
    )
    def test_a_shape_that_the_file_does_not_bear_out(self, tmp_path, shape):
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}"
        refused(self.npy(tmp_path / "x.npy", header, b"\0" * 64))

    @pytest.mark.parametrize(
        "descr",
        [
            "'|O'",
            "'<U2147483647'",
            "'(1000000000,)f8'",
            "[('a', '<f8')]",
            "'<c16'",
            "'<M8[s]'",
            "5",
            "{}",
            "'|V0'",
        ],
    )
    def test_a_type_that_is_no_real_number(self, tmp_path, descr):
        header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (2, 4)}}"
        refused(self.npy(tmp_path / "x.npy", header, b"\0" * 64))

    @pytest.mark.parametrize(
        "header",
        [
            "(" * 9000,
            "-" * 9000 + "1",
            "1" + "+1" * 4500,
            "[" * 9000,
            "9" * 9000,
            "{1:" * 3000,
            "__import__('os')",
        ],
        ids=range(7),
    )
    def test_a_header_that_parsers_find_hard(self, tmp_path, header):
        refused(self.npy(tmp_path / "x.npy", header), peak=2**26)

    def test_a_header_of_four_gigabytes(self, tmp_path):
        data = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{" * 100
        (tmp_path / "x.npy").write_bytes(data)
        refused(tmp_path / "x.npy")

    def test_more_than_there_is_memory(self, tmp_path):
        path = self.npy(
            tmp_path / "x.npy", f"{{'descr': '|i1', 'fortran_order': False, 'shape': (2, {2**41})}}"
        )
        os.truncate(path, path.stat().st_size + 2**42)
        refused(path, "needs", error=TooLarge)
        (tmp_path / "x.csv").touch()
        os.truncate(tmp_path / "x.csv", 2**42)
        refused(tmp_path / "x.csv", "needs", error=TooLarge)

    def test_a_bool_of_another_byte_is_true(self, tmp_path):
        header = "{'descr': '|b1', 'fortran_order': False, 'shape': (2, 2)}"
        array, _ = read_array(self.npy(tmp_path / "x.npy", header, b"\x00\x01\x02\xff"))
        assert array.view(np.uint8).tolist() == [[0, 1], [1, 1]]


class TestArchives:
    def archive(self, path, members, packing=zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", packing) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path

    def bomb(self, n_bytes):
        header = f"{{'descr': '|i1', 'fortran_order': False, 'shape': (2, {n_bytes // 2})}}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(n_bytes)

    def test_a_member_that_unpacks_to_more_than_there_is_memory(self, tmp_path, monkeypatch):
        path = self.archive(tmp_path / "x.npz", {"a.npy": self.bomb(10**7)})
        assert path.stat().st_size < 20_000
        monkeypatch.setattr("hebbcap._checks.available_bytes", lambda: 10**7)
        refused(path, "needs", error=TooLarge)

    @pytest.mark.parametrize("claimed", [0, 100, 2**32 - 2])
    def test_a_member_whose_size_is_a_lie(self, tmp_path, claimed):
        path = self.archive(tmp_path / "x.npz", {"a.npy": self.bomb(10**6)})
        data = bytearray(path.read_bytes())
        struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, claimed)
        path.write_bytes(data)
        refused(path, error=(UnreadableFile, TooLarge))

    def test_an_archive_in_an_archive(self, tmp_path):
        inner = self.archive(tmp_path / "y.npz", {"a.npy": self.bomb(100)}).read_bytes()
        refused(self.archive(tmp_path / "x.npz", {"a.npz": inner}))
        refused(self.archive(tmp_path / "x.npz", {"a.npy": inner}))

    def test_an_archive_of_very_many_members(self, tmp_path):
        path = self.archive(tmp_path / "x.npz", {f"{i}": b"" for i in range(25_000)}, zipfile.ZIP_STORED)
        refused(path, "its directory is larger")

    def test_a_directory_of_exabytes(self, tmp_path):
        path = self.archive(tmp_path / "x.npz", {"a.npy": self.bomb(100)})
        data = path.read_bytes()
        at = data.rindex(b"PK\x05\x06")
        big = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**62, 0)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
        end = data[at:][:8] + b"\xff" * 12 + b"\0\0"
        path.write_bytes(data[:at] + big + locator + end)
        refused(path)

    @pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_packing_that_numpy_never_uses(self, tmp_path, packing):
        refused(self.archive(tmp_path / "x.npz", {"a.npy": self.bomb(100)}, packing), "never uses")

    def test_a_sum_that_does_not_fit(self, tmp_path):
        path = self.archive(tmp_path / "x.npz", {"a.npy": self.bomb(100)}, zipfile.ZIP_STORED)
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") - 1] ^= 1
        path.write_bytes(data)
        refused(path, "CRC")


class TestText:
    def test_very_many_columns(self, tmp_path):
        (tmp_path / "x.csv").write_bytes(b"1," * 2**22)
        refused(tmp_path / "x.csv", "line 1 is too long", peak=2**26)

    def test_a_line_without_an_end(self, tmp_path):
        (tmp_path / "x.csv").write_bytes(b"1" * 2**23)
        refused(tmp_path / "x.csv", "line 1 is too long", peak=2**26)

    def test_a_number_of_very_many_digits(self, tmp_path):
        (tmp_path / "x.csv").write_bytes(b"1," + b"9" * 10**6)
        assert np.isinf(read_array(tmp_path / "x.csv")[0]).sum() == 1  # stopped where patterns are checked
        with pytest.raises(hebbcap.InvalidArgument):
            hebbcap.ensemble(str(tmp_path / "x.csv"))

    def test_bytes_that_are_no_text(self, tmp_path):
        (tmp_path / "x.csv").write_bytes(bytes(range(256)))
        refused(tmp_path / "x.csv")


class TestPictures:
    def png(self, path, width, height, pixels, *more):
        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        rest = (*more, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + b"".join(rest))
        return path.parent

    @pytest.mark.parametrize("sides", [(9000, 9000), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1), (0, 5)])
    def test_pixels_that_the_bytes_can_not_hold(self, tmp_path, sides):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused(self.png(tmp_path / "a.png", *sides, zlib.compress(bytes(100))))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB

    def test_a_picture_of_more_pixels_than_are_read(self, tmp_path):
        pixels = zlib.compress(bytes(10_001 * 10_000), 1)
        refused(self.png(tmp_path / "a.png", 10_000, 10_000, pixels), "at most")

    def test_text_that_unpacks_to_much(self, tmp_path):
        body = b"a\0\0" + zlib.compress(bytes(10**8))
        text = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
        refused(self.png(tmp_path / "a.png", 4, 4, zlib.compress(bytes(20)), text), peak=2**26)

    def test_of_a_moving_picture_only_the_first_is_read(self, tmp_path):
        frames = [Image.fromarray(np.full((40, 40), value, dtype=np.uint8)) for value in range(200)]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
        start = time.perf_counter()
        array, shape = read_array(tmp_path)
        assert time.perf_counter() - start < 2
        assert shape == (40, 40)
        assert not array.any()

    def test_a_tiff_whose_directories_go_round_in_a_circle(self, tmp_path):
        stream = io.BytesIO()
        Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(stream, "TIFF")
        data = bytearray(stream.getvalue())
        at = struct.unpack_from("<I", data, 4)[0]
        count = struct.unpack_from("<H", data, at)[0]
        struct.pack_into("<I", data, at + 2 + 12 * count, at)
        (tmp_path / "a.tif").write_bytes(data)
        assert read_array(tmp_path)[0].shape == (1, 16)


def test_nothing_warns_of_what_is_only_damaged(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not run(200, seed=3).failures


def test_a_flipped_bit_is_refused_or_changes_nothing(tmp_path):
    thing = hebbcap.capacity("hopfield", dim=30, precision=0.2)
    save(thing, tmp_path / "whole")
    data, rng = (tmp_path / "whole").read_bytes(), np.random.default_rng(0)
    refused = 0
    for place in rng.choice(8 * len(data), 600, replace=False):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << (place % 8)
        (tmp_path / "flipped").write_bytes(changed)
        try:
            assert load(tmp_path / "flipped") == thing
        except (UnreadableFile, TooLarge):
            refused += 1
    assert refused > 500
