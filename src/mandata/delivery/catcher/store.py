"""Where caught messages lie: contents in append-only segment files, an index beside them in SQLite.

A content is written once and never moved; the index holds where it lies, for whom it was and when it came. Rows of the
index are kept back and written in groups, so that storing costs little more than writing the content itself. After a
kill the last group may be missing from the index: the catcher promises nothing about durability.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

SEGMENT_LIMIT: Final = 256 * 1024 * 1024
_GROUP: Final = 200

_SCHEMA = """
create table if not exists message (
    id integer primary key, at real not null, sender text not null, recipient text not null,
    segment text not null, start integer not null, length integer not null
);
create index if not exists message_recipient on message (recipient);
"""


_FIND: Final = "select * from message where recipient in (select value from json_each(?)) order by id"
_WHERE: Final = "select id, segment, start, length from message where recipient in (select value from json_each(?))"


def _listed(addresses: Sequence[str]) -> str:
    return json.dumps([address.lower() for address in addresses])


@dataclass(frozen=True, slots=True)
class Caught:
    """One caught message; the content is read apart."""

    id: int
    at: datetime
    sender: str
    recipient: str
    size: int

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data for JSON."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "sender": self.sender,
            "recipient": self.recipient,
            "size": self.size,
        }


class Store:
    """Caught messages in a folder. All methods may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "index.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "pragma journal_mode = wal; pragma synchronous = off; pragma secure_delete = on;" + _SCHEMA
        )
        self._last = int(self._db.execute("select coalesce(max(id), 0) from message").fetchone()[0])
        self._kept: list[tuple[int, float, str, str, str, int, int]] = []
        self._open_segment()

    def _open_segment(self) -> None:
        numbers = [int(path.stem) for path in self.folder.glob("*.segment")]
        self._segment = f"{max(numbers, default=0) + 1:06d}.segment"
        self._file = (self.folder / self._segment).open("ab", buffering=0)
        self._at = 0

    def add(self, sender: str, recipient: str, content: bytes, at: datetime) -> int:
        """Keep a message and return its number. OSError when the disk is full."""
        with self._lock:
            if self._at + len(content) > SEGMENT_LIMIT and self._at:
                self._file.close()
                self._open_segment()
            self._file.write(content)
            self._last += 1
            self._kept.append(
                (self._last, at.timestamp(), sender, recipient.lower(), self._segment, self._at, len(content))
            )
            self._at += len(content)
            if len(self._kept) >= _GROUP:
                self.flush()
            return self._last

    def flush(self) -> None:
        """Write the rows of the index that were kept back."""
        with self._lock:
            if self._kept:
                self._db.execute("begin")
                self._db.executemany("insert into message values (?, ?, ?, ?, ?, ?, ?)", self._kept)
                self._db.execute("commit")
                self._kept.clear()

    def count(self) -> int:
        """Return how many messages are held."""
        return int(self._rows("select count(*) from message")[0][0])

    def latest(self) -> int:
        """Return the number of the newest message, 0 when there is none."""
        return self._last

    def page(self, after: int = 0, limit: int = 100) -> list[Caught]:
        """Return messages numbered above `after`, in order."""
        return self._messages("select * from message where id > ? order by id limit ?", (after, limit))

    def get(self, number: int) -> Caught | None:
        """Return one message, or None."""
        found = self._messages("select * from message where id = ?", (number,))
        return found[0] if found else None

    def find(self, addresses: Sequence[str]) -> list[Caught]:
        """Return everything held for these addresses, as recipients."""
        return self._messages(_FIND, (_listed(addresses),))

    def content(self, number: int) -> bytes:
        """Return a message's content. KeyError when there is none."""
        row = self._rows("select segment, start, length from message where id = ?", (number,))
        if not row:
            raise KeyError(number)
        segment, start, length = row[0]
        with (self.folder / segment).open("rb") as file:
            file.seek(start)
            content: bytes = file.read(length)
            return content

    def erase(self, addresses: Sequence[str], only: Collection[int] | None = None) -> int:
        """Overwrite and forget everything held for these addresses, or of it `only` the messages with these numbers."""
        wanted = None if only is None else set(only)
        with self._lock:
            rows = self._rows(_WHERE, (_listed(addresses),))
            rows = [row for row in rows if wanted is None or row[0] in wanted]
            for _, segment, start, length in rows:
                with (self.folder / segment).open("r+b", buffering=0) as file:
                    file.seek(start)
                    file.write(bytes(length))
            self._db.executemany("delete from message where id = ?", [(row[0],) for row in rows])
            self._db.execute("pragma wal_checkpoint(truncate)")
            return len(rows)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._db.execute("delete from message")
            self._db.execute("vacuum")
            self._db.execute("pragma wal_checkpoint(truncate)")
            self._file.close()
            for path in self.folder.glob("*.segment"):
                path.unlink()
            self._open_segment()

    def close(self) -> None:
        """Write what was kept back and close the files."""
        with self._lock:
            self.flush()
            self._db.close()
            self._file.close()

    def _rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            self.flush()
            rows: list[tuple[Any, ...]] = self._db.execute(query, values).fetchall()
            return rows

    def _messages(self, query: str, values: tuple[object, ...]) -> list[Caught]:
        return [
            Caught(row[0], datetime.fromtimestamp(row[1], UTC), row[2], row[3], row[6])
            for row in self._rows(query, values)
        ]
