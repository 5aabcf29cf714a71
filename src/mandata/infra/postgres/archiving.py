"""The write-ahead log of the embedded server on its way to a store.

PostgreSQL calls a small program for each file of the log that is finished; the program puts it into the spool,
compressed, durable, whole or not at all. Whoever ships takes it from there (`mandata.backups`). So a store that is away
holds up nothing. Where it stays away until the spool is full, the program lets files go and marks which: the server
never waits and the disk never fills, and the gap is closed by the next backup, which is then due at once.
"""

import contextlib
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mandata.infra.postgres import place

_PROGRAM = """\
#!/bin/sh
# Written by mandata at each start: takes a finished file ($1, named $2) of the write-ahead log into the spool.
set -eu
umask 077
spool={spool}
case "$2" in
*.backup) exit 0 ;; # a note about a base backup, which the backup's own manifest holds
*.history) ;;
*)
    if [ "$(du -sk "$spool" | cut -f 1)" -ge {limit} ]; then
        : >"$spool/$2.lost"
        sync "$spool"
        exit 0
    fi
    ;;
esac
gzip -1 -c "$1" >"$spool/.$2.part"
sync "$spool/.$2.part"
mv "$spool/.$2.part" "$spool/$2.gz"
sync "$spool"
"""

_MARK_HISTORIES = """\
for history in "$1"/*.history; do
    mark="$1/archive_status/${history##*/}"
    if [ -f "$history" ] && [ ! -e "$mark.done" ]; then : >>"$mark.ready"; fi
done
"""


@dataclass(frozen=True, slots=True)
class Spool:
    """What waits to be shipped: `<name>.gz` each; and a mark `<name>.lost` for each file that was let go."""

    folder: Path

    def waiting(self) -> list[Path]:
        """Return the finished files, oldest first."""
        with contextlib.suppress(FileNotFoundError):
            return sorted(path for path in self.folder.iterdir() if path.suffix == ".gz" and path.name[0] != ".")
        return []

    def size(self) -> int:
        """Return how many bytes wait."""
        total = 0
        for path in self.waiting():
            with contextlib.suppress(FileNotFoundError):  # shipped meanwhile
                total += path.stat().st_size
        return total

    def open(self, path: Path) -> BinaryIO:
        """Open a finished file. No link is followed: root reads here in a folder of the server's account."""
        return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")

    def lost(self) -> list[str]:
        """Return the names of the files that were let go since a backup last closed the gap."""
        with contextlib.suppress(FileNotFoundError):
            return sorted(path.stem for path in self.folder.iterdir() if path.suffix == ".lost")
        return []

    def close_gap(self, until: str) -> None:
        """Forget what was let go before the file named `until`: a backup that begins there does not need it."""
        for name in self.lost():
            if name[8:] < until[8:]:
                (self.folder / f"{name}.lost").unlink(missing_ok=True)


def spool(folder: Path) -> Spool | None:
    """Return the spool of the server whose folder is `folder`, or None where it has none."""
    found = place.find(folder)
    return Spool(found.root / "spool") if found is not None and (found.root / "spool").is_dir() else None


def prepare(where: place.Place, limit: int) -> Path:
    """Make the spool (up to `limit` MB) and the program; return the program's path."""
    folder, program = where.root / "spool", where.root / "archive"
    place.prepare(folder, where.account)
    draft = where.root / ".archive.new"
    draft.write_text(_PROGRAM.format(spool=shlex.quote(str(folder)), limit=limit * 1024))
    draft.chmod(0o755)
    draft.rename(program)  # an older server may be running the old one: it keeps it
    return program


def mark_histories(where: place.Place) -> None:
    """Have the server archive each history of its timelines that it has not: the end of a recovery writes one while
    nothing is archived, and without it the next recovery does not find the log that was written since.
    """
    where.account.run(["/bin/sh", "-c", _MARK_HISTORIES, "sh", str(where.data / "pg_wal")])


def command(program: Path) -> str:
    """Return PostgreSQL's archive_command that runs the program."""
    return shlex.quote(str(program)).replace("%", "%%") + ' "%p" "%f"'
