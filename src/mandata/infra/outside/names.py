"""Names of the outside log's folder and files."""

import contextlib
import os
from pathlib import Path
from typing import Final

from mandata.infra.clock import new_id

SUFFIX: Final = ".log"
_ID: Final = "id"


def identity(folder: Path) -> str:
    """Return whose log a folder holds, making the folder and its id where there are none. Raises OSError."""
    path = folder / _ID
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = folder / f".{new_id().hex}"
    fd = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, f"{os.urandom(6).hex()}\n".encode("ascii"))
        os.fsync(fd)
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
    finally:
        os.close(fd)
        mine.unlink()
    sync_folder(folder)
    return path.read_text("ascii").strip()


def is_of(name: str, owner: str) -> bool:
    """Say whether a file is one of this owner's."""
    return name.startswith(f"{owner}-") and name.endswith(SUFFIX)


def number(name: str) -> int:
    """Return a file's place among its owner's."""
    return int(name.split("-")[1])


def day(name: str) -> str:
    """Return the day, yyyymmdd, on which a file was begun, as the clock then had it."""
    return name.split("-")[2][:8]


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
