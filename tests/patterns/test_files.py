import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hebbcap import _checks
from hebbcap._checks import HebbcapError, TooLarge, UnreadableFile
from hebbcap.patterns.files import read_array

ARRAY = np.arange(12.0).reshape(3, 4)


def npy_bytes(array=ARRAY):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez_compressed(stream, **(arrays or {"x": ARRAY}))
    return stream.getvalue()


def npy_claiming(shape, descr="<f8", data=b"\0" * 64):
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def write(folder, name, contents):
    path = folder / name
    path.write_bytes(contents)
    return str(path)


def picture(path, value, size=(4, 3), mode="L"):
    Image.new(mode, size, value).save(path)


@pytest.mark.parametrize("dtype", ["b1", "i1", "u1", "<i2", ">i4", "<u8", "<f2", ">f4", "<f8", "g"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_comes_back_as_it_was(tmp_path, dtype, order):
    array = np.asarray(ARRAY > 5 if dtype == "b1" else ARRAY, dtype=dtype, order=order)
    np.save(tmp_path / "x.npy", array)
    values, image_shape = read_array(tmp_path / "x.npy")
    np.testing.assert_array_equal(values, array)
    assert values.dtype == array.dtype.newbyteorder("=")
    assert image_shape is None


def test_npy_of_pictures_is_flattened(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(24).reshape(2, 3, 4))
    values, image_shape = read_array(tmp_path / "x.npy")
    np.testing.assert_array_equal(values, np.arange(24).reshape(2, 12))
    assert image_shape == (3, 4)


def test_npy_larger_than_one_read_is_complete(tmp_path):
    array = np.random.default_rng(0).integers(0, 256, (1100, 2003), dtype=np.uint8)
    np.save(tmp_path / "x.npy", array)
    np.savez_compressed(tmp_path / "x.npz", array)
    np.testing.assert_array_equal(read_array(tmp_path / "x.npy")[0], array)
    np.testing.assert_array_equal(read_array(tmp_path / "x.npz")[0], array)


def test_npz_needs_a_key_only_where_there_are_several_arrays(tmp_path):
    one = write(tmp_path, "one.npz", npz_bytes())
    two = write(tmp_path, "two.npz", npz_bytes(a=ARRAY, b=ARRAY + 1))
    np.testing.assert_array_equal(read_array(one)[0], ARRAY)
    np.testing.assert_array_equal(read_array(two + ":b")[0], ARRAY + 1)
    with pytest.raises(UnreadableFile, match=r"holds 2 arrays \('a', 'b'\); name one as .*two\.npz:key'"):
        read_array(two)
    with pytest.raises(UnreadableFile, match="no array has the name 'c'"):
        read_array(two + ":c")


@pytest.mark.parametrize("text", ["1,2,3\n4,5,6\n", "a,b,c\n1,2,3\n4,5,6", "\ufeff1, 2,3\r\n\r\n4,5e0,6\r\n"])
def test_csv_is_read_with_or_without_names_of_columns(tmp_path, text):
    path = write(tmp_path, "x.csv", text.encode())
    np.testing.assert_array_equal(read_array(path)[0], [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2\n3,x\n", "line 2, cell 2: 'x' is not a number"),
        ("a,b\n\n1,2\n3\n", "line 4 has 1 cells and must have 2"),
        ("label,1\n0,1\n", "line 1, cell 1: 'label' is not a number"),
        ("1,2,\n", "line 1, cell 3: '' is not a number"),
        ("1;2\n3;4\n", "line 2, cell 1: '3;4' is not a number"),
        ("a,b\nc,d\n", "line 2, cell 1: 'c'"),
        ("a,b\n", "no line of numbers"),
        ("", "it is empty"),
        ("\n \n", "no line of numbers"),
        ("1,\0\n", "cell 2"),
    ],
)
def test_error_in_csv_names_the_line(tmp_path, text, says):
    with pytest.raises(UnreadableFile, match=says):
        read_array(write(tmp_path, "x.csv", text.encode()))


def test_csv_that_is_not_text_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="utf-8"):
        read_array(write(tmp_path, "x.csv", b"1,2\n\xff\xfe,4\n"))


def test_csv_with_an_endless_line_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hebbcap.patterns.files._CSV_LINE_CHARACTERS", 50)
    with pytest.raises(UnreadableFile, match="line 2 is too long"):
        read_array(write(tmp_path, "x.csv", b"1,2\n" + b"1," * 40))


def test_folder_of_pictures_is_read_in_the_order_of_names(tmp_path):
    for name, value in (("b.png", 20), ("a.bmp", 10), ("c.GIF", 30), ("d.tif", 40), ("e.pgm", 50)):
        picture(tmp_path / name, value)
    picture(tmp_path / ".hidden.png", 99, size=(9, 9))
    (tmp_path / "notes.txt").write_text("no picture")
    values, image_shape = read_array(tmp_path)
    assert image_shape == (3, 4)
    np.testing.assert_array_equal(values, np.repeat([[10], [20], [30], [40], [50]], 12, axis=1))


def test_colour_is_turned_to_grey(tmp_path):
    picture(tmp_path / "a.png", (255, 0, 0), mode="RGB")
    picture(tmp_path / "b.jpg", 200)
    values, _ = read_array(tmp_path)
    assert values[0, 0] == 76  # 0.299 of 255, ITU-R 601
    assert abs(int(values[1, 0]) - 200) <= 1


def test_pictures_of_several_sizes_are_refused_by_name(tmp_path):
    picture(tmp_path / "a.png", 1)
    picture(tmp_path / "b.png", 1, size=(5, 3))
    with pytest.raises(UnreadableFile, match=r"b\.png' is 5 x 3 pixels and must be 4 x 3 like 'a\.png'"):
        read_array(tmp_path)


def test_damaged_picture_is_named(tmp_path):
    picture(tmp_path / "a.png", 1)
    data = (tmp_path / "a.png").read_bytes()
    for cut in (0, 5, 30, len(data) // 2):
        (tmp_path / "b.png").write_bytes(data[:cut])
        with pytest.raises(UnreadableFile, match=r"b\.png' can't be read"):
            read_array(tmp_path)


def test_deep_pictures_are_refused_rather_than_clipped(tmp_path):
    Image.fromarray(np.full((3, 4), 40_000, np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableFile, match="more than 8 bits"):
        read_array(tmp_path)


def test_picture_bomb_is_refused(tmp_path, monkeypatch):
    picture(tmp_path / "a.png", 1, size=(20, 20))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 399)
    with pytest.raises(UnreadableFile, match="claims 20 x 20 pixels"):
        read_array(tmp_path)


def test_empty_folder_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="holds no pictures"):
        read_array(tmp_path)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_objects_are_never_loaded(tmp_path, suffix, monkeypatch):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("it was unpickled",)

    objects = np.array([[Bomb(), 1], [2, 3]], dtype=object)
    path = tmp_path / f"x.{suffix}"
    (np.save if suffix == "npy" else np.savez)(path, objects)
    with pytest.raises(UnreadableFile, match="objects are never loaded"):
        read_array(path)


@pytest.mark.parametrize("descr", ["<c16", "<U3", "|S8", "|V8", "<M8[s]", "|O"])
def test_anything_but_real_numbers_is_refused(tmp_path, descr):
    with pytest.raises(UnreadableFile, match="must hold real numbers"):
        read_array(write(tmp_path, "x.npy", npy_claiming((2, 4), descr)))


def test_records_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 2), dtype=[("a", "f8")]))
    with pytest.raises(UnreadableFile, match="must hold real numbers"):
        read_array(tmp_path / "x.npy")


@pytest.mark.parametrize("shape", [(), (8,), (1, 2, 2, 2), (0, 8), (8, 0), (-2, -4), (2, 0, 3)])
def test_other_shapes_are_refused(tmp_path, shape):
    with pytest.raises(UnreadableFile, match="shape"):
        read_array(write(tmp_path, "x.npy", npy_claiming(shape)))


@pytest.mark.parametrize("shape", [(112_500, 1_000_000), (2**40, 2**40), (10**4000, 7), (2, 3), (3, 4)])
def test_header_that_claims_more_or_less_than_is_there_is_refused_at_once(tmp_path, shape):
    path = write(tmp_path, "x.npy", npy_claiming(shape))
    packed = tmp_path / "x.npz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "x.npy")
    tracemalloc.start()
    try:
        for damaged in (path, packed):
            with pytest.raises(UnreadableFile):
                read_array(damaged)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_claim_of_900_gb_is_told_in_bytes(tmp_path):
    with pytest.raises(UnreadableFile, match="claims 900,000,000,000 bytes of data and 64 are there"):
        read_array(write(tmp_path, "x.npy", npy_claiming((112_500, 1_000_000))))


def test_sparse_file_that_really_is_900_gb_is_too_large(tmp_path):
    path = write(tmp_path, "x.npy", npy_claiming((112_500, 1_000_000), data=b""))
    try:
        os.truncate(path, os.path.getsize(path) + 900 * 10**9)
    except OSError:
        pytest.skip("this file system has no sparse files of that size")
    with pytest.raises(TooLarge, match="GiB"):
        read_array(path)


def test_zip_bomb_is_refused_by_its_directory(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, np.zeros((2000, 2000)))
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(_checks, "available_bytes", lambda: 10**7)
    with pytest.raises(TooLarge, match="unpacking 'arr_0'"):
        read_array(path)


def test_large_csv_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = write(tmp_path, "x.csv", b"1,2\n" * 1000)
    monkeypatch.setattr(_checks, "available_bytes", lambda: 10_000)
    with pytest.raises(TooLarge):
        read_array(path)


def test_many_pictures_are_refused_before_they_are_kept(tmp_path, monkeypatch):
    for i in range(4):
        picture(tmp_path / f"{i}.png", i, size=(50, 50))
    monkeypatch.setattr(_checks, "available_bytes", lambda: 10_000)
    with pytest.raises(TooLarge):
        read_array(tmp_path)


def test_header_longer_than_numpy_writes_is_refused(tmp_path):
    with pytest.raises(UnreadableFile):
        read_array(write(tmp_path, "x.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100_000))


def test_header_nested_deeply_is_refused(tmp_path):
    header = b"(" * 9000
    with pytest.raises(UnreadableFile):
        read_array(write(tmp_path, "x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + header))


def test_encrypted_and_oddly_packed_members_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", npy_bytes())
    with pytest.raises(UnreadableFile, match=r"numpy\.savez never uses"):
        read_array(path)
    data = bytearray(npz_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFile, match="encrypted"):
        read_array(write(tmp_path, "y.npz", bytes(data)))


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_devices_are_refused(tmp_path, name):
    for suffix in ("npy", "npz", "csv"):
        link = tmp_path / f"x.{suffix}"
        link.symlink_to(name)
        with pytest.raises(UnreadableFile, match="not a regular file"):
            read_array(link)


def test_pipes_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "x.npy")
    os.mkfifo(tmp_path / "x.png")
    for path in (tmp_path / "x.npy", tmp_path):
        with pytest.raises(UnreadableFile, match="not a regular file"):
            read_array(path)


@pytest.mark.parametrize(
    "name", ["no.npy", "no.npz", "no.npz:key", "no.csv", "no/where.npy", "\0.npy", "n" * 999 + ".npy"]
)
def test_missing_file_is_named(name):
    with pytest.raises(UnreadableFile, match="can't be read: "):
        read_array(name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_is_named(tmp_path):
    path = write(tmp_path, "x.npy", npy_bytes())
    os.chmod(path, 0)
    with pytest.raises(UnreadableFile, match="Permission denied"):
        read_array(path)


@pytest.mark.parametrize("name", ["x.txt", "x", "x.pkl", "x.npy.gz"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(UnreadableFile, match="must end in"):
        read_array(write(tmp_path, name, npy_bytes()))


def test_every_message_is_one_line(tmp_path):
    for name, contents in (
        ("a\nb.npy", b"junk"),
        ("x.npz", b"junk"),
        ("x.npy", b"\x93NUMPY\x01\x00\x05\x00{'a':"),
    ):
        with pytest.raises(UnreadableFile) as caught:
            read_array(write(tmp_path, name, contents))
        assert "\n" not in str(caught.value)
        assert repr(str(tmp_path))[:-1] in str(caught.value)


CSV = b"a,b,c\n1,2.5,3\n-1e3,0,7\n"
mutations = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert"]), st.integers(0, 2000), st.binary(min_size=1, max_size=6)
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize(
    ("suffix", "contents"),
    [("npy", npy_bytes()), ("npz", npz_bytes()), ("csv", CSV)],
    ids=["npy", "npz", "csv"],
)
def test_damaged_bytes_give_numbers_or_our_error_and_take_no_memory(tmp_path_factory, suffix, contents):
    path = tmp_path_factory.mktemp("fuzz") / f"x.{suffix}"

    @settings(max_examples=70, deadline=None, derandomize=True, database=None)
    @given(mutations)
    def read_damaged(changes):
        data = contents
        for kind, at, piece in changes:
            at %= len(data) or 1
            if kind == "set":
                data = data[:at] + piece + data[at + len(piece) :]
            elif kind == "insert":
                data = data[:at] + piece + data[at:]
            else:
                data = data[:at]
        path.write_bytes(data)
        message = ""
        tracemalloc.start()
        try:
            values, _ = read_array(path)
            assert values.ndim == 2
            assert values.dtype.kind in "biuf"
        except HebbcapError as error:
            message = str(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 2**22
        assert "\n" not in message

    read_damaged()
