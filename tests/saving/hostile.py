"""Files that nobody vouches for, made by damaging good ones at random and on purpose; nothing is tested here.

    python -m tests.saving.hostile --cases 100000

tries so many and prints what came of them. Whatever a file holds, reading it must end in an array or an
object, or in `UnreadableFile` or `TooLarge`, soon, and without taking much memory.
"""

import argparse
import contextlib
import io
import json
import os
import resource
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

import hebbcap
from hebbcap._checks import TooLarge, UnreadableFile
from hebbcap.kernels.bits import Bits
from hebbcap.patterns import Data
from hebbcap.patterns.files import read_array
from hebbcap.patterns.pictures import IMAGE_SUFFIXES
from hebbcap.saving import load, save

from .examples import answer

MEASURED_EVERY = 50
"""Of so many cases the memory of one is traced, which takes several times as long."""

WHOLE = (
    0,
    1,
    2,
    3,
    127,
    128,
    255,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
VALUES = (
    *WHOLE,
    -1,
    -(2**63),
    10**30,
    10**4000,
    0.5,
    -0.0,
    5e-324,
    1.8e308,
    True,
    None,
    "",
    "nan",
    [],
    {},
    [[]],
)
TEXTS = (
    *("float64", "F32", "BF16", "BOOL", "U8", "I64", "F64", "I8", "U32", "../../etc/passwd", "os.system"),
    *(
        "x^99999999",
        "9^9^9^9^9",
        "x^3/1e-400",
        "(" * 900,
        "-" * 5000 + "x",
        "x*" * 400 + "x",
        "((x+1)^50+1)^50",
    ),
    *(
        "Hopfield",
        "Own",
        "Experiment",
        "CustomSeparation",
        "__init__",
        "entmax:1e-300",
        "polynomial:99999999",
    ),
    *("\0", "\ud800", "a" * 3000, "patterns", "<i1", "<f8", "|O", "<U2147483647", "(1000000000,)f8"),
)


@cache
def corpus():
    """Return valid small files: name to bytes, the name's ending being the kind."""
    rng = np.random.default_rng(0)
    rows = rng.choice([-1, 1], (5, 40)).astype(np.int8)
    found = {}
    for name, array in {
        "levels": rows,
        "reals": rng.normal(size=(4, 6)),
        "fortran": np.asfortranarray(rng.normal(size=(4, 6)).astype(">f4")),
        "pictures": rng.integers(0, 256, (3, 5, 4), dtype=np.uint8),
        "bools": rows > 0,
    }.items():
        stream = io.BytesIO()
        np.save(stream, array)
        found[f"{name}.npy"] = stream.getvalue()
    for name, arrays in {"one": [rows], "three": [rows, rows * 2, rows / 3]}.items():
        for write in (np.savez, np.savez_compressed):
            stream = io.BytesIO()
            write(stream, *arrays)
            found[f"{name} {write.__name__}.npz"] = stream.getvalue()
    found["plain.csv"] = b"1,-1,1\n-1,-1,1\n1,1,1\n"
    found["headed.csv"] = "\ufeffa,b\n0.5,1e-3\n\n-2,7\n".encode()
    picture = Image.fromarray(rng.integers(0, 256, (9, 12), dtype=np.uint8))
    for suffix in (".png", ".jpg", ".bmp", ".gif", ".tif", ".pgm"):
        found[f"grey{suffix}"] = _picture(picture, suffix)
    found["colour.png"] = _picture(picture.convert("RGBA"), ".png")
    found["palette.png"] = _picture(picture.convert("P"), ".png")
    found["moving.gif"] = _picture(picture, ".gif", save_all=True, append_images=[picture.rotate(90)] * 3)
    found["packed.tif"] = _picture(picture, ".tif", compression="tiff_lzw")
    with TemporaryDirectory() as folder:
        for name, thing in {
            "packed": hebbcap.memory("hopfield").store(Bits.pack(rows)),
            "plain": hebbcap.memory("dense:3").store(rows),
            "formula": hebbcap.memory("energy:x^3/3 + 0.1*x^5").store(rows),
            "plastic": hebbcap.memory("hopfield:bounded:5").store(rows),
            "chain": hebbcap.Chain(2, (3,)).store([[1, 1, -1, -1]], [[1, -1]], hidden=[[[1, 1, -1]]]),
            "features": hebbcap.memory("random-features:64,0.1").store(rows),
            "similarity": hebbcap.memory("similarity:manhattan,entmax:1.5,1").store(rows),
            "space": hebbcap.memory("feature-space:pca,3").store(rows),
            "data": Data(rows, "five", image_shape=(5, 8)),
            "discrete": hebbcap.Discrete((-1.0, 0.0, 1.0), (0.25, 0.5, 0.25)),
            "capacity": hebbcap.capacity("dense:3", dim=100, precision=0.5),
            "recall": hebbcap.recall(hebbcap.memory("hopfield").store(rows), rows),
            "diagram": answer("phase diagram"),
            "basin": answer("basin"),
        }.items():
            save(thing, f"{folder}/x")
            found[f"{name}.safetensors"] = Path(folder, "x").read_bytes()
    return found


def _picture(picture, suffix, **options):
    stream = io.BytesIO()
    picture.save(stream, Image.registered_extensions()[suffix], **options)
    return stream.getvalue()


def mutations(name, rng):
    """Yield damaged copies of a file of the corpus without end, by turns at random and by its fields."""
    data, kind = corpus()[name], Path(name).suffix
    aware = _AWARE.get(kind)
    while True:
        yield at_random(data, kind, rng)
        if aware is not None:
            damaged = aware(data, rng)
            yield damaged
            if rng.random() < 0.2:
                yield at_random(damaged, kind, rng)


def at_random(data, kind, rng):
    """Return the bytes with one to four small or large accidents."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        size = len(data)
        at = int(rng.integers(size + 1))
        length = int(min(rng.geometric(0.1), size + 1))
        match int(rng.integers(8)):
            case 0:
                del data[at:]
            case 1 if size:
                data[at % size] ^= 1 << int(rng.integers(8))
            case 2 if size:
                data[at % size] = int(rng.choice([0, 1, 127, 128, 255, ord("9"), ord("["), ord('"')]))
            case 3:
                data[at:at] = rng.bytes(length)
            case 4:
                del data[at : at + length]
            case 5:
                data[at:at] = data[int(rng.integers(size + 1)) :][:length] * int(rng.integers(1, 30))
            case 6:
                width, order = ((2, "H"), (4, "I"), (8, "Q"))[rng.integers(3)]
                number = int(rng.choice(np.array(WHOLE, dtype=object))) % 2 ** (8 * width)
                data[at : at + width] = struct.pack("<>"[rng.integers(2)] + order, number)
            case 7:
                others = [
                    other for name, other in corpus().items() if name.endswith(kind) or rng.random() < 0.1
                ]
                other = others[rng.integers(len(others))]
                data[at:] = other[int(rng.integers(len(other) + 1)) :]
    return bytes(data)


def _in_safetensors(data, rng):
    """Change the header, the text in it, or the length of it, and put the whole together again."""
    length = int.from_bytes(data[:8], "little")
    head, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    where = rng.integers(4)
    if where == 0:
        head = _in_json(head, rng)
    else:
        text = json.dumps(_in_json(json.loads(head["__metadata__"]["hebbcap"]), rng))
        if rng.random() < 0.05:
            text = text.replace("{", "{" + '"a":[' * int(rng.choice([30, 50, 2000, 100_000])), 1)
        head["__metadata__"]["hebbcap"] = text
    if rng.random() < 0.1:
        body = (
            body + rng.bytes(int(rng.integers(1, 20)))
            if rng.random() < 0.5
            else body[: -int(rng.integers(1, 9))]
        )
    written = json.dumps(head).encode("utf-8", "surrogatepass")
    length = len(written) if rng.random() < 0.9 else int(rng.choice(np.array(WHOLE, dtype=object)))
    return struct.pack("<Q", length % 2**64) + written + body


def _in_json(tree, rng):
    """Change one node of a tree: another value, gone, there twice, of another shape, or of great depth."""
    nodes = []

    def look(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            nodes.append((node, key))
            if isinstance(node[key], dict | list):
                look(node[key])

    if isinstance(tree, dict | list):
        look(tree)
    if not nodes:
        return VALUES[rng.integers(len(VALUES))]
    node, key = nodes[rng.integers(len(nodes))]
    match int(rng.integers(7)):
        case 0:
            del node[key]
        case 1 | 2:
            node[key] = VALUES[rng.integers(len(VALUES))]
        case 3:
            node[key] = TEXTS[rng.integers(len(TEXTS))]
        case 4:
            other, there = nodes[rng.integers(len(nodes))]
            with contextlib.suppress(LookupError, TypeError):
                node[key] = json.loads(json.dumps(other[there]))
        case 5:
            if type(node[key]) in (int, float):
                node[key] = node[key] + int(rng.integers(-9, 10))
            elif isinstance(node, dict):
                node[key + "s"] = node.pop(key)
        case 6:
            for _ in range(int(rng.choice([1, 50, 500]))):
                node[key] = [node[key]]
    return tree


def _in_npy(data, rng):
    """Write another header before the same data."""
    version = tuple(data[6:8])
    length = struct.unpack_from("<H", data, 8)[0]
    head, body = data[10 : 10 + length].decode("latin1"), data[10 + length :]
    lengths = [str(WHOLE[rng.integers(len(WHOLE))]) for _ in range(int(rng.integers(0, 5)))]
    shape = "(" + "".join(f"{n}, " for n in lengths) + ")"
    types = ("<i1", "|i1", "<f8", ">f8", "<f2", "<f16", "|O", "<U9", "|V1", "<c16", "|b1", *TEXTS[-4:])
    match int(rng.integers(6)):
        case 0:
            head = head[: head.index("'shape'")] + f"'shape': {shape}}}"
        case 1:
            head = f"{{'descr': {types[rng.integers(len(types))]!r}, {head[head.index(FORTRAN) :]}"
        case 2:
            head = head.replace("False", "True")
        case 3:
            head = head[: head.index("'shape'")] + "'shape': " + _nested(rng) + "}"
        case 4:
            head = _nested(rng)
        case 5:
            version = ((1, 0), (2, 0), (3, 0), (9, 9))[rng.integers(4)]
    written = head.rstrip().encode("latin1", "replace") + b"\n"
    count = len(written) if rng.random() < 0.9 else int(rng.integers(2**16))
    size = struct.pack("<H" if version[0] < 2 else "<I", count % 2**16)
    return data[:6] + bytes(version) + size + written + body


FORTRAN = "'fortran"


def _nested(rng):
    """Return an expression that parsers find hard."""
    n = int(rng.choice([10, 150, 1000, 4000, 9000]))
    return (
        "(" * n + ")" * n,
        "-" * n + "1",
        "1" + "+1" * n,
        "[" * n,
        "9" * n,
        "{1:" * n,
        "~" * n + "1",
        "f(" * n,
    )[rng.integers(8)]


def _in_npz(data, rng):
    """Pack other members, with sums that are right, or change a size in the directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    match int(rng.integers(6)):
        case 0 | 1:
            name = list(members)[rng.integers(len(members))]
            members[name] = _in_npy(members[name], rng)
        case 2:
            members = {"arr_0.npy": data}  # an archive in an archive
        case 3:
            members = {f"{i}.npy": b"" for i in range(int(rng.choice([0, 3, 300])))}
        case 4:
            members = {"../arr_0.npy": at_random(members["arr_0.npy"], ".npy", rng)}
        case 5:
            claimed = data.rindex(b"PK\x01\x02")
            place = claimed + int(rng.choice([8, 10, 16, 20, 24, 28, 30, 32, 42]))
            number = int(rng.choice(np.array(WHOLE[:12], dtype=object)))
            return data[:place] + struct.pack("<I", number) + data[place + 4 :]
    stream = io.BytesIO()
    packing = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)[rng.integers(4)]
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return stream.getvalue()


def _in_png(data, rng):
    """Change one chunk, and give it the sum that fits."""
    chunks, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    which = int(rng.integers(len(chunks)))
    kind, content = chunks[which]
    if kind == b"IHDR" and rng.random() < 0.7:
        sizes = (1, 12, 10_000, 60_000, 2**20, 2**31 - 1, 2**32 - 1, 0)
        content = struct.pack(">II", *(sizes[rng.integers(len(sizes))] for _ in "wh")) + content[8:]
    elif kind == b"IDAT" and rng.random() < 0.5:
        content = zlib.compress(bytes(int(rng.choice([0, 1, 10**6]))))
    else:
        content = at_random(content, ".png", rng)
    chunks[which] = kind, content
    if rng.random() < 0.2:
        extra = (
            (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))),
            (b"iCCP", b"a\0\0" + zlib.compress(bytes(10**6))),
        )
        chunks.insert(1, extra[rng.integers(2)])
    if rng.random() < 0.2:
        chunks[which:which] = [chunks[which]] * int(rng.choice([1, 50]))
    return data[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _in_pgm(data, rng):
    """Write another header before the same pixels."""
    magic = ("P5", "P2", "P6", "P3", "P1", "P4", "Pf")[rng.integers(7)]
    numbers = [str(WHOLE[rng.integers(len(WHOLE))]) for _ in range(3)]
    return f"{magic}\n{' '.join(numbers)}\n".encode() + data[-108:] * int(rng.choice([1, 1, 300]))


def _in_csv(data, rng):
    """Change cells to what a number may look like, and lines to what is too long."""
    cells = (
        "nan",
        "inf",
        "-1e999",
        "1_0",
        "0x1",
        "\0",
        "9" * 5000,
        "",
        " 1 ",
        "\u0661",
        '"1"',
        "1,",
        "1\r",
        "\u2028",
    )
    rows = [line.split(",") for line in data.decode("utf-8-sig").splitlines()]
    row = rows[rng.integers(len(rows))]
    row[rng.integers(len(row))] = cells[rng.integers(len(cells))]
    if rng.random() < 0.1:
        row.extend(["1"] * int(rng.choice([1, 10_000])))
    return "\n".join(map(",".join, rows)).encode()


_AWARE = {
    ".safetensors": _in_safetensors,
    ".npy": _in_npy,
    ".npz": _in_npz,
    ".png": _in_png,
    ".pgm": _in_pgm,
    ".csv": _in_csv,
}


def try_one(kind, data, folder, *, traced=False):
    """Read a file of these bytes, of the kind that its ending says.

    Returns
    -------
    outcome : str or Exception
        "read", "refused", or whatever else was raised.
    seconds : float
    peak_bytes : int or None
        Most memory held at a time, if traced.
    """
    apart = Path(folder, kind[1:])
    apart.mkdir(exist_ok=True)
    file = apart / f"case{kind}"
    file.write_bytes(data)
    if kind == ".safetensors":
        read, path = load, file
    else:
        read, path = read_array, apart if kind in IMAGE_SUFFIXES else file
    if traced:
        tracemalloc.start()
    start = time.perf_counter()
    try:
        read(path)
        outcome = "read"
    except (UnreadableFile, TooLarge) as error:
        outcome = "refused" if str(error) and "\n" not in str(error) else error
    except Exception as error:
        outcome = error
    seconds = time.perf_counter() - start
    peak = None
    if traced:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return outcome, seconds, peak


@dataclass
class Summary:
    """What came of some cases."""

    cases: Counter = field(default_factory=Counter)
    outcomes: Counter = field(default_factory=Counter)
    worst_seconds: float = 0.0
    slowest: str = ""
    worst_bytes: int = 0
    failures: list = field(default_factory=list)

    def __add__(self, other):
        slowest = max((self, other), key=lambda part: part.worst_seconds)
        return Summary(
            self.cases + other.cases,
            self.outcomes + other.outcomes,
            slowest.worst_seconds,
            slowest.slowest,
            max(self.worst_bytes, other.worst_bytes),
            self.failures + other.failures,
        )


def run(n_cases, seed=0, kinds=None, keep=None):
    """Try so many cases, spread evenly over the files of the corpus of these kinds.

    Every failure's bytes are written to the folder `keep`, if there is one, to be tried again.
    """
    names = [name for name in corpus() if kinds is None or Path(name).suffix in kinds]
    rng = np.random.default_rng(seed)
    streams = [mutations(name, rng) for name in names]
    summary = Summary()
    # Files that live for a millisecond need no disk.
    shared = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with TemporaryDirectory(dir=shared) as folder, _quiet_libraries():
        for case in range(n_cases):
            name = names[case % len(names)]
            data = next(streams[case % len(names)])
            kind = Path(name).suffix
            traced = case % MEASURED_EVERY == 0
            outcome, seconds, peak = try_one(kind, data, folder, traced=traced)
            summary.cases[kind] += 1
            summary.worst_bytes = max(summary.worst_bytes, peak or 0)
            if not traced and seconds > summary.worst_seconds:
                summary.worst_seconds, summary.slowest = seconds, f"seed {seed}, case {case} of {name}"
                if keep is not None:
                    Path(keep, f"slowest-{seed}{kind}").write_bytes(data)
            if isinstance(outcome, str):
                summary.outcomes[outcome] += 1
            else:
                summary.outcomes["unexpected"] += 1
                summary.failures.append((f"seed {seed}, case {case} of {name}", repr(outcome)))
                if keep is not None:
                    Path(keep, f"{seed}-{case}{kind}").write_bytes(data)
    return summary


@contextlib.contextmanager
def _quiet_libraries():
    """Send what libraries in C write to standard error, as libtiff does, nowhere."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def main():
    """Try many cases under a hard limit on memory, and print what came of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", default=None, help="a folder for files that did harm")
    parser.add_argument("--limit", type=float, default=4.0, help="GiB of address space")
    asked = parser.parse_args()
    corpus()  # its answers start threads, and compile: before the limit
    resource.setrlimit(resource.RLIMIT_AS, (int(asked.limit * 2**30),) * 2)
    start = time.perf_counter()
    found = run(asked.cases, asked.seed, keep=asked.keep)
    print(f"{sum(found.cases.values()):,} files in {time.perf_counter() - start:.0f} s: {dict(found.cases)}")
    print(f"{dict(found.outcomes)}; slowest {1e3 * found.worst_seconds:.0f} ms ({found.slowest})")
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(
        f"most memory of one, traced: {found.worst_bytes / 2**20:.1f} MiB; of the process: {resident:.0f} MiB"
    )
    for failure in found.failures[:20]:
        print(*failure)


if __name__ == "__main__":
    main()
