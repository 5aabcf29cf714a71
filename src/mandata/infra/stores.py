"""Where copies are kept: a folder, or a bucket that speaks S3. One port, so that nobody above knows which.

    store("/srv/backups")            a folder's path
    store("s3://bucket/prefix")      endpoint, region and keys from the environment, as AWS's own tools read them:
                                     AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY

A name is a relative path of letters, digits and `. _ -`, with `/` between. An object comes into being whole or not at
all. Nothing here encrypts: what must not be read is encrypted before it comes here (`infra.age`).
"""

import contextlib
import fcntl
import itertools
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError

from mandata.foundation.errors import Fault

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Credential

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]+(?:/(?!\.)[A-Za-z0-9._-]+)*")
_CHUNK = 1024 * 1024
WHOLE = 32 * 1024 * 1024
"""Up to this size an object goes to S3 in one request, and a killed process leaves nothing there."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a store: its name, size in bytes, and when it was put."""

    name: str
    size: int
    at: datetime


class Away(Fault):
    """The store cannot be reached or does not let us in. What was to be kept is still where it was."""


class Missing(Fault):
    """The store has no such object."""


class Store(Protocol):
    """What every store can do. Each verb raises Away where the store does not answer as it should."""

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Keep `chunks` under `name`, whole or not at all, in place of what was there; return the size in bytes."""

    def get(self, name: str) -> Iterator[bytes]:
        """Yield what is kept under `name`. Raises Missing."""

    def names(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects whose names begin with `prefix`, in the order of their names."""

    def delete(self, name: str) -> None:
        """Delete what is kept under `name`; nothing happens where there is nothing."""


def store(url: str) -> Store:
    """Return the store that `url` names: a folder's path, or s3://bucket/prefix. Raises Fault where it is neither."""
    if url.startswith("s3://"):
        return S3Store(url)
    if not url or "://" in url:
        raise Fault("No store is named.", remedy="Name a folder, or a bucket as s3://bucket/prefix.")
    return FolderStore(Path(url))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an object")
    return name


class FolderStore:
    """A folder, best on another disk or another machine. Files are 0600, folders 0700.

    It must be there: where it is missing its disk is not mounted, and what were put would lie on the wrong one.
    An object is written aside, made durable and renamed. Whoever is killed meanwhile leaves a file in `.aside`, whose
    lock went with the process: the next one to put something clears it away.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """See Store. Raises Away where the disk is full or the folder cannot be written."""
        target = self.folder / _checked(name)
        self._require()
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = self._aside()
        except OSError as error:
            raise self._away(error) from error
        try:
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise self._away(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = self._write(handle, chunks)
            self._place(aside, target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        finally:
            os.close(handle)
        return size

    def get(self, name: str) -> Iterator[bytes]:
        """See Store."""
        self._require()
        try:
            with (self.folder / _checked(name)).open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except FileNotFoundError as error:
            raise Missing(f"{self.folder} has no {name}.") from error
        except OSError as error:
            raise self._away(error) from error

    def names(self, prefix: str) -> Iterator[Stored]:
        """See Store."""
        self._require()
        found = []
        top = self.folder / prefix.rpartition("/")[0]
        for base, folders, files in os.walk(top):
            folders[:] = [folder for folder in folders if not folder.startswith(".")]
            found += [Path(base, file) for file in files if not file.startswith(".")]
        for path in sorted(found, key=lambda path: path.relative_to(self.folder).as_posix()):
            name = path.relative_to(self.folder).as_posix()
            if name.startswith(prefix):
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    status = path.stat()
                    yield Stored(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def delete(self, name: str) -> None:
        """See Store. Folders that it leaves empty go, too."""
        path = self.folder / _checked(name)
        try:
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty, or somebody else was faster
                while (path := path.parent) != self.folder:
                    path.rmdir()
        except OSError as error:
            raise self._away(error) from error

    def _require(self) -> None:
        if not self.folder.is_dir():
            raise Away(
                f"There is no folder {self.folder}.",
                remedy="Mount its disk; where it is new, make it: mkdir -m 700, belonging to this account.",
            )

    def _aside(self) -> Path:
        folder = self.folder / ".aside"
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.iterdir():
            _clear(left)
        return folder / secrets.token_hex(8)

    def _write(self, handle: int, chunks: Iterable[bytes]) -> int:
        size = 0
        for chunk in chunks:  # its errors are the caller's own
            try:
                view = memoryview(chunk)
                while view:
                    view = view[os.write(handle, view) :]
            except OSError as error:
                raise self._away(error) from error
            size += len(chunk)
        try:
            os.fsync(handle)
        except OSError as error:
            raise self._away(error) from error
        return size

    def _place(self, aside: Path, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside.rename(target)
            for folder in (target.parent, *target.parent.parents):
                _sync(folder)
                if folder == self.folder:
                    return
        except OSError as error:
            raise self._away(error) from error

    def _away(self, error: OSError) -> Away:
        return Away(
            f"The store {self.folder} takes or gives nothing: {error.strerror or error}.",
            remedy="Mount it, make room, or let this account write there; what was to be kept is tried again.",
        )


def _clear(left: Path) -> None:
    """Delete what a killed process left aside; a file whose writer lives keeps its lock."""
    with contextlib.suppress(OSError):
        handle = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()
        finally:
            os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Access:
    """How a bucket that somebody else names is reached, not by the environment. An empty endpoint is AWS's own."""

    endpoint: str
    region: str
    key_id: str
    secret: str = field(repr=False)

    def place(self) -> "S3Config":
        """Return where it is as the library wants it, which else takes what it is not told from our own environment."""
        return {"region": self.region, "endpoint": self.endpoint or f"https://s3.{self.region}.amazonaws.com"}

    def credentials(self) -> "S3Credential":
        """Return what opens it, as the library asks for it: these, and no token of the environment's."""
        return {"access_key_id": self.key_id, "secret_access_key": self.secret, "token": None, "expires_at": None}


class S3Store:
    """A bucket, or what lies below a prefix of one; `access`: how one is reached that somebody else named, which is by
    https, and by the proxy `way` alone (`infra.outward`)."""

    def __init__(self, url: str, access: "Access | None" = None, way: str = "") -> None:
        parts = urlsplit(url)
        self.url = url
        endpoint = "" if access else os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
        options: ClientConfig = {"allow_http": endpoint.startswith("http://"), "timeout": timedelta(minutes=2)}
        if way:
            options |= {"proxy_url": way}
        try:
            self._store = obstore.store.S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                config=access.place() if access is not None else {"endpoint": endpoint} if endpoint else None,
                client_options=options,
                retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=30)},
                credential_provider=access.credentials if access is not None else None,
            )
        except (BaseError, ValueError) as error:
            raise Fault(f"{url} is no store: {_line(error)}", remedy="Write it as s3://bucket/prefix.") from error

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """See Store. Up to `WHOLE` bytes go in one request; more in parts, with a few of them in memory."""
        stream = iter(chunks)
        first = bytearray()
        for chunk in stream:
            first += chunk
            if len(first) > WHOLE:
                break
        whole = len(first) <= WHOLE
        counted = _Counted(itertools.chain([bytes(first)], stream))
        with self._answering():
            if whole:
                obstore.put(self._store, _checked(name), bytes(first), use_multipart=False)
                return len(first)
            try:
                obstore.put(self._store, _checked(name), counted, chunk_size=WHOLE // 2, max_concurrency=2)
            except BaseError:
                if counted.error is not None:
                    raise counted.error from None
                raise
        return counted.size

    def get(self, name: str) -> Iterator[bytes]:
        """See Store."""
        with self._answering(name):
            for chunk in obstore.get(self._store, _checked(name)).stream(min_chunk_size=_CHUNK):
                yield bytes(chunk)

    def names(self, prefix: str) -> Iterator[Stored]:
        """See Store."""
        # The service lists whole folders; the rest of the prefix is ours to compare.
        folder = prefix.rpartition("/")[0]
        with self._answering():
            for page in obstore.list(self._store, folder or None, chunk_size=1000):
                for one in page:
                    if one["path"].startswith(prefix):
                        yield Stored(one["path"], one["size"], one["last_modified"])

    def delete(self, name: str) -> None:
        """See Store."""
        with self._answering(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, _checked(name))

    @contextlib.contextmanager
    def _answering(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, BaseError) as error:
            if name and isinstance(error, FileNotFoundError):
                raise Missing(f"{self.url} has no {name}.") from error
            raise Away(
                f"The store {self.url} does not do what it should: {_line(error)}",
                remedy="Look at AWS_ENDPOINT_URL, the bucket, and the keys and their rights; it is tried again.",
            ) from error


class _Counted:
    """Counts what goes through; an error of the source is kept, since the library only tells that there was one."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.size = 0
        self.error: BaseException | None = None

    def __iter__(self) -> "Iterator[bytes]":
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise
        self.size += len(chunk)
        return chunk


def _line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
