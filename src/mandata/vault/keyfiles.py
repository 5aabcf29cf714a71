"""The files of the keys folder: one line of text each, the form's name and hexadecimal.

All are 0600 in folders of 0700, and appear whole and durable or not at all.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from mandata.vault.errors import KeysMissing


def write_once(path: Path, form: str, key: bytes) -> None:
    """Let the file appear whole and durable; when two make it at once, the first one stays."""
    for folder in (*reversed(path.parent.parents), path.parent):
        if not folder.exists():  # mkdir(parents=True) would make the parents with open modes
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync(folder.parent)
    with _aside(path, form, key) as fresh, contextlib.suppress(FileExistsError):
        os.link(fresh, path)
    _sync(path.parent)


def write_instead(path: Path, form: str, key: bytes) -> None:
    """Let the file have other content, whole and durable, and leave nothing of the old on the disk."""
    with path.open("r+b") as old, _aside(path, form, key) as fresh:
        fresh.replace(path)
        _sync(path.parent)
        _blank(old.fileno())


def destroy(path: Path) -> None:
    """Overwrite and delete a file; nothing happens where there is none."""
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            _blank(file.fileno())
        path.unlink()
        _sync(path.parent)


@contextlib.contextmanager
def _aside(path: Path, form: str, key: bytes) -> Iterator[Path]:
    fresh = path.parent / f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{form} {key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _blank(descriptor: int) -> None:
    os.pwrite(descriptor, bytes(os.fstat(descriptor).st_size), 0)
    os.fsync(descriptor)


def there(path: Path) -> bool:
    """Whether a key is there. A folder that cannot be read is told: a new key beside the old would open nothing."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def _unreadable(path: Path, error: OSError) -> KeysMissing:
    return KeysMissing(
        f"The key {path.name} in {path.parent} cannot be read: {error.strerror}.",
        remedy="Give the keys folder to the user who runs mandata, with mode 0700, or name it with MANDATA_KEYS.",
    )


def another(path: Path) -> KeysMissing:
    """Return what is raised where another value is kept than the one that is to be."""
    return KeysMissing(
        f"The keys folder holds another {path.name} in {path.parent} than the copy.",
        remedy="The copy is of another installation. Name an empty keys folder with MANDATA_KEYS to recover into.",
    )


def unknown_form(path: Path, form: str) -> KeysMissing:
    """Return what is raised where a key's file has a form that is not expected there."""
    return KeysMissing(
        f"The key {path.name} is of the form {form[:40]}, which this provider does not open.",
        remedy="Restore the keys folder, or set MANDATA_KEY_PROVIDER to the provider that wrote it.",
    )


def read(path: Path) -> tuple[str, bytes]:
    """Return the form and the bytes of a key's file."""
    try:
        form, _, value = path.read_text().strip().partition(" ")
        return form, bytes.fromhex(value)
    except FileNotFoundError:
        raise KeysMissing(
            f"The key {path.name} is not in the keys folder.",
            remedy="Put the keys folder back, or run `mandata keys recover`.",
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise unknown_form(path, "unknown") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
