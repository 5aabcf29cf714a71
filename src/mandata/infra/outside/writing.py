"""Writing the outside log: one write and one fsync a call, shared by threads that wait at the same time."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from mandata.foundation.errors import Fault
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.infra.outside import names
from mandata.infra.outside.lines import encode

_REMEDY: Final = "Make room, or give access, in MANDATA_OUTSIDE; then do the same again. Nothing was changed."


class NotKept(Fault):
    """A line could not be put on the disk, so what it describes must not be committed."""


def write(kind: str, *bodies: Mapping[str, object]) -> None:
    """Write one line for each body, in the open scope, by one write; return once it is on the disk.

    Call it behind the statements that change the rows and before the commit. Inside `together`, the lines are kept
    until that ends. Bytes are written as hexadecimal digits, UUIDs and aware instants as canonical JSON has them.
    Raises NotKept, and the caller's transaction must then not be committed; NoScope outside a scope.
    """
    from mandata.infra.tenancy import current_controller  # needs Django, which nothing else here does

    if not bodies:
        return
    data = encode(kind, current_controller(), now(), *bodies)
    held = _held.get()
    if held is None:
        writer().write(data)
    else:
        held.append(data)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Write what the block has to write by one write and one fsync at its end. Open it inside the scope, so that it
    ends before the commit. Inside another `together` it is part of that. Raises NotKept at the end."""
    if _held.get() is not None:
        yield
        return
    held: list[bytes] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        if held:  # after an exception, too: a line too many is harmless, a commit without its line is not
            writer().write(b"".join(held))


@contextlib.contextmanager
def attempt() -> Iterator[None]:
    """Drop what the block has to write where it raises. Put it around a savepoint inside `together`: what was rolled
    back there is then not told. Outside of `together` it does nothing, because lines are written at once."""
    held = _held.get()
    before = len(held) if held is not None else 0
    try:
        yield
    except BaseException:
        if held is not None:
            del held[before:]
        raise


_held: ContextVar[list[bytes] | None] = ContextVar("outside", default=None)


class _File:
    """A file of the log, open for appending; `written` and `synced` count this process's own bytes."""

    def __init__(self, path: Path, *, new: bool) -> None:
        self.name = path.name
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT | os.O_EXCL if new else 0)
        self._fd = os.open(path, flags, 0o600)
        self.written = 0
        self.synced = 0
        self.failed = False

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.close(self._fd)

    def append(self, data: bytes) -> int:
        done = os.write(self._fd, data)
        if done != len(data):
            raise OSError(28, "No space left on device")
        self.written += done
        return self.written

    def sync(self) -> None:
        upto = self.written
        try:
            os.fdatasync(self._fd)
        except OSError:
            self.failed = True  # what such an fsync left behind is not to be trusted, nor what a second one says
            raise
        self.synced = upto


class Writer:
    """Appends to one folder; threads that wait at the same time share one fsync.

    Two locks, taken in this order where both are: the sync lock by whoever syncs, the write lock by whoever appends. No
    fsync happens under the write lock, so that others append meanwhile and are covered by the next one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._write_lock = threading.Lock()
        self._sync_lock = threading.Lock()
        self._file: _File | None = None
        self._id = ""

    def write(self, data: bytes) -> None:
        """Append and wait for the disk. Raises NotKept."""
        try:
            with self._write_lock:
                file = self._current()
                end = file.append(data)
            with self._sync_lock:
                if file.failed:
                    raise OSError(5, "an earlier write could not be put on the disk")
                if file.synced < end:
                    file.sync()
        except OSError as error:
            raise NotKept(f"The outside log cannot be written: {error.strerror}.", remedy=_REMEDY) from error

    def _current(self) -> _File:
        """Return the newest file, or a new one where that is another day's; called with the write lock held."""
        self._id = self._id or names.identity(self.folder)
        today = f"{now():%Y%m%d}"
        while True:
            newest = max((one.name for one in self.folder.iterdir() if names.is_of(one.name, self._id)), default="")
            if (
                self._file is not None
                and self._file.name == newest
                and not self._file.failed
                and names.day(newest) == today
            ):
                return self._file
            failed = self._file is not None and self._file.failed and self._file.name == newest
            try:
                if newest and names.day(newest) == today and not failed:
                    self._file = _File(self.folder / newest, new=False)
                else:
                    number = names.number(newest) + 1 if newest else 1
                    self._file = _File(self.folder / f"{self._id}-{number:08}-{today}{names.SUFFIX}", new=True)
                names.sync_folder(self.folder)  # also where another process made the file a moment ago
            except FileExistsError:
                continue  # another process was quicker


_writers: dict[Path, Writer] = {}
os.register_at_fork(after_in_child=_writers.clear)


def writer() -> Writer:
    """Return this process's writer to the folder that the settings name."""
    folder = env().outside_folder
    found = _writers.get(folder)
    if found is None:
        found = _writers.setdefault(folder, Writer(folder))
    return found
