"""A disk of a size of its own. Only root mounts, or whom sudo lets: as for the packages that the tests need."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount an empty disk at a folder, which is made, for as long as the block lasts."""
    folder.mkdir()
    options = f"size={megabytes}m,mode=0700,uid={os.geteuid()},gid={os.getegid()}"
    subprocess.run([*_AS_ROOT, "mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*_AS_ROOT, "umount", str(folder)], check=True)


def enlarge(folder: Path, megabytes: int) -> None:
    """Give a mounted disk more room."""
    subprocess.run([*_AS_ROOT, "mount", "-o", f"remount,size={megabytes}m", str(folder)], check=True)
