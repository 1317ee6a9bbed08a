"""Where do the counts of a campaign stay?

In an SQLite file with a write-ahead log: one row for each block of trials, keyed by the cell and the number
of the block, written once. What was written stays, whenever the process is killed; what is written again must
be the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, final
from urllib.parse import quote

from hebbcap import _checks
from hebbcap.campaign.cell import Cell, key_of
from hebbcap.measurement.block import Counts

APPLICATION: Final = 0x68626370
"""Marks a file as a store of hebbcap, in the header that SQLite keeps for this."""

VERSION: Final = 1

_PATIENCE = 30.0
"""Seconds to wait while another process writes."""

_TABLES = """
CREATE TABLE cells (
    cell TEXT PRIMARY KEY,
    definition TEXT NOT NULL,
    spelling TEXT NOT NULL,
    block_trials INTEGER NOT NULL CHECK (block_trials > 0),
    checksum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
    cell TEXT NOT NULL REFERENCES cells,
    block INTEGER NOT NULL CHECK (block >= 0),
    trials INTEGER NOT NULL CHECK (trials > 0),
    failures INTEGER NOT NULL CHECK (failures >= 0),
    squares INTEGER NOT NULL CHECK (squares >= 0),
    judged INTEGER NOT NULL CHECK (judged > 0),
    checksum INTEGER NOT NULL,
    PRIMARY KEY (cell, block)
) STRICT, WITHOUT ROWID;
CREATE TABLE set_aside (
    cell TEXT PRIMARY KEY REFERENCES cells,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


class UnusableStore(_checks.HebbcapError, OSError):
    """A store that can't be opened, read or written; the message says why. What it held, it holds still."""


class KeptCell(NamedTuple):
    """A cell as a store knows it.

    Attributes
    ----------
    key, definition : str
        What identifies it, and what that stands for.
    spelling : dict
        How the experiment is spelled, with `n_patterns`, `seed`, and `name`.
    block_trials : int
        Trials of each of its blocks.
    """

    key: str
    definition: str
    spelling: dict[str, Any]
    block_trials: int


@final
@dataclass(frozen=True, eq=False)
class Store:
    """The counts of campaigns, in a file or in memory; `Store.open` makes one.

    Examples
    --------
    >>> from hebbcap.campaign.plan import plan
    >>> cell, = plan({"dim": 50, "n_patterns": 5}).cells
    >>> with Store.open(None) as store:
    ...     block_trials = store.add(cell, 64)
    ...     store.write(cell.key, 0, Counts(64, 10, 12, 250))
    ...     store.write(cell.key, 0, Counts(64, 10, 12, 250))  # once more does nothing
    ...     store.blocks(cell.key)
    {0: Counts(trials=64, failures=10, squares=12, judged=250)}
    """

    path: str | None
    connection: sqlite3.Connection

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None, *, readonly: bool = False) -> Self:
        """Open a store, or begin one.

        Parameters
        ----------
        path : str, PathLike or None
            The file; None keeps all in memory.
        readonly : bool
            Whether the file must be there, and stays as it is.

        Raises
        ------
        UnusableStore
            If the file is no store of hebbcap, is damaged, or can't be read or written.
        """
        name = None if path is None else os.fspath(path)
        with _explained(name):
            if name is None:
                address = ":memory:"
            else:
                _check_file(name, readonly)
                address = _address(name, readonly)
            connection = sqlite3.connect(
                address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            store = cls(name, connection)
            try:
                store._prepare(readonly)
            except BaseException:
                connection.close()
                raise
        return store

    def _prepare(self, readonly: bool) -> None:
        run = self.connection.execute
        # A file that someone else wrote may hold functions in its schema: none of them is ever called.
        run("PRAGMA trusted_schema = OFF")
        run("PRAGMA cell_size_check = ON")
        run("PRAGMA foreign_keys = ON")
        if readonly:
            run("PRAGMA query_only = ON")
        run("BEGIN")  # all as at one moment: another process may just begin the same store
        (application,) = run("PRAGMA application_id").fetchone()
        (version,) = run("PRAGMA user_version").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_schema").fetchone()
        run("COMMIT")
        if application == APPLICATION and version != VERSION:
            raise UnusableStore(
                f"{self.path!r} is a store of version {version}, and this hebbcap reads version {VERSION}; "
                "export it with the hebbcap that wrote it"
            )
        if application == APPLICATION:
            self._check_whole()
            return
        if tables or readonly:
            raise UnusableStore(
                f"{self.path!r} is no store of hebbcap; give another, or let hebbcap sweep begin a new one"
            )
        if self.path is not None:
            self._log_ahead()
        with self._writing():  # tables and marks come together or not at all
            if run("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
                return  # another process was faster
            for statement in _TABLES.split(";\n"):
                if statement.strip():
                    run(statement)
            run(f"PRAGMA application_id = {APPLICATION}")
            run(f"PRAGMA user_version = {VERSION}")

    def _log_ahead(self) -> None:
        """Switch to a write-ahead log. Where others just do the same, SQLite refuses rather than waits."""
        ended = time.monotonic() + _PATIENCE
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                if not busy or time.monotonic() > ended:
                    raise
            time.sleep(0.01)

    def _check_whole(self) -> None:
        """Refuse a damaged file, or one whose tables are not ours, before anything is made of it."""
        (found,) = self.connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            reason = str(found).splitlines()[-1]
            raise UnusableStore(f"{self.path!r} is damaged: {reason}; go on from a copy, or begin a new one")
        if self.path is not None and not _size(f"{self.path}-wal"):  # else the log has what the file lacks
            (page,) = self.connection.execute("PRAGMA page_size").fetchone()
            if _size(self.path) % page:
                raise UnusableStore(f"{self.path!r} is cut short; go on from a copy, or begin a new one")
        expected = {line.split()[2] for line in _TABLES.splitlines() if line.startswith("CREATE")}
        kinds = self.connection.execute("SELECT type, name FROM sqlite_schema").fetchall()
        if {name for kind, name in kinds if kind == "table"} != expected or len(kinds) != len(expected):
            raise UnusableStore(f"{self.path!r} has other tables than a store of hebbcap; begin a new one")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Make one transaction of what is written: kept as a whole, on disk when this ends."""
        with _explained(self.path):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def add(self, cell: Cell, block_trials: int) -> int:
        """Note a cell, and return how many trials its blocks have: as first noted."""
        return self.add_all([(cell, block_trials)])[0]

    def add_all(self, cells: Iterable[tuple[Cell, int]]) -> list[int]:
        """Note cells, each with the trials that its blocks shall have; return those that they do have."""
        rows = [(cell.key, cell.definition, _spelled(cell), count) for cell, count in cells]
        checked = [(*row, _checksum(*row)) for row in rows]
        with self._writing():
            run = self.connection
            run.executemany("INSERT INTO cells VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", checked)
            known: dict[str, tuple[str, int]] = {
                key: (definition, count)
                for key, definition, count in run.execute("SELECT cell, definition, block_trials FROM cells")
            }
            for key, definition, _, _ in rows:
                if known[key][0] != definition:
                    raise UnusableStore(f"{self.path!r} has another experiment under the key {key}")
        return [known[key][1] for key, *_ in rows]

    def write(self, key: str, block: int, counts: Counts) -> None:
        """Keep what a block counted; writing the same again does nothing.

        Raises
        ------
        UnusableStore
            If the block is kept with other counts: these numbers were not made in the same way, and neither
            is trusted; or if it can't be written, as when the disk is full.
        """
        with self._writing():
            self.connection.execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (key, block, *counts, _checksum(key, block, *counts)),
            )
            found = self.connection.execute(
                "SELECT trials, failures, squares, judged FROM blocks WHERE cell = ? AND block = ?",
                (key, block),
            ).fetchone()
            if tuple(found) != tuple(counts):
                raise UnusableStore(
                    f"block {block} of cell {key} is kept as {Counts(*found)} and was now counted as "
                    f"{counts}: the same seed must count the same; compare `hebbcap info` of the machines "
                    "that ran it"
                )
            self.connection.execute("DELETE FROM set_aside WHERE cell = ?", (key,))

    def set_aside(self, key: str, reason: str) -> None:
        """Note that a cell can't be run, and why."""
        with self._writing():
            self.connection.execute("INSERT OR REPLACE INTO set_aside VALUES (?, ?)", (key, reason))

    def cells(self) -> list[KeptCell]:
        """Return every cell, by key."""
        with _explained(self.path):
            rows = self.connection.execute("SELECT * FROM cells ORDER BY cell").fetchall()
            return [_kept(*row) for row in rows]

    def blocks(self, key: str) -> dict[int, Counts]:
        """Return what was counted in a cell, by the number of the block."""
        with _explained(self.path):
            rows = self.connection.execute("SELECT * FROM blocks WHERE cell = ? ORDER BY block", (key,))
            return {block: counts for _, block, counts in map(_checked, rows)}

    def all_blocks(self) -> dict[str, dict[int, Counts]]:
        """Return what was counted, by cell and number of the block."""
        found: dict[str, dict[int, Counts]] = {}
        with _explained(self.path):
            for row in self.connection.execute("SELECT * FROM blocks ORDER BY cell, block"):
                key, block, counts = _checked(row)
                found.setdefault(key, {})[block] = counts
        return found

    def reasons(self) -> dict[str, str]:
        """Return why cells were set aside, by key."""
        with _explained(self.path):
            return dict(
                self.connection.execute("SELECT cell, reason FROM set_aside ORDER BY cell").fetchall()
            )

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0


def _checksum(*row: str | int) -> int:
    """Return what tells that a row is as it was written: SQLite itself would not see a number change."""
    return zlib.crc32(repr(row).encode())


def _checked(row: tuple[Any, ...]) -> tuple[str, int, Counts]:
    key, block, *counts, checksum = row
    if checksum != _checksum(key, block, *counts):
        raise ValueError(f"block {block} of cell {key} is damaged")
    return key, block, Counts(*counts)


def _kept(key: str, definition: str, spelling: str, block_trials: int, checksum: int) -> KeptCell:
    told = json.loads(spelling)
    kinds = {"n_patterns": int, "seed": int, "name": str, "options": dict}
    whole = isinstance(told, dict) and all(isinstance(told.get(name), kinds[name]) for name in kinds)
    intact = checksum == _checksum(key, definition, spelling, block_trials)
    if not whole or not intact or key != key_of(definition):
        raise ValueError(f"cell {key} is damaged")
    return KeptCell(key, definition, told, block_trials)


def _spelled(cell: Cell) -> str:
    return json.dumps(
        {"n_patterns": cell.n_patterns, "seed": cell.seed, "name": cell.name, "options": dict(cell.spelling)}
    )


def _address(name: str, readonly: bool) -> str:
    path = os.path.abspath(name)
    if not readonly:
        return f"file:{quote(path)}?mode=rwc"
    # Beside a log, SQLite reads with the help of files of its own, which a folder may not let it write. Where
    # it does, whoever closes the store last takes them away, if it may write.
    if os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK):
        return f"file:{quote(path)}?mode=rw"
    alone = not os.path.exists(path + "-wal")  # where there is no log, all is in the file itself
    return f"file:{quote(path)}?mode=ro" + ("&immutable=1" if alone else "")


def _check_file(name: str, readonly: bool) -> None:
    """Refuse what is no regular file, before SQLite waits for it."""
    try:
        mode = os.stat(name).st_mode
    except FileNotFoundError:
        if readonly:
            raise UnusableStore(
                f"{name!r} is not there; hebbcap sweep PLAN --store FILE begins one"
            ) from None
        return
    if not stat.S_ISREG(mode):
        raise UnusableStore(f"{name!r} is not a regular file; give another")


@contextlib.contextmanager
def _explained(name: str | None) -> Iterator[None]:
    """Turn what SQLite raises into one line that names the file."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, _checks.HebbcapError):
            raise
        shown = "the store" if name is None else repr(name)
        raise UnusableStore(f"{shown} can't be used: {_in_words(name, error)}") from error


def _in_words(name: str | None, error: Exception) -> str:
    """Return what is wrong with a store, and the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return "it is no store of hebbcap; give another, or let hebbcap sweep begin a new one"
    folder = os.path.dirname(os.path.abspath(name or "."))
    if code == sqlite3.SQLITE_CANTOPEN and not os.path.isdir(folder):
        return "its folder is missing; make it first"
    if code == sqlite3.SQLITE_CORRUPT or isinstance(error, ValueError | TypeError | RecursionError):
        return f"{error}; go on from a copy, or begin a new one"
    return f"{error}; what was kept before is still kept"
