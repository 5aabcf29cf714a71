"""A throw-away server goes when the process that started it goes, even by kill -9.

A small shell waits on a pipe whose other end is ours alone. The kernel closes that end with the process; the shell then
ends the server at once and removes its folder.
"""

import os
import subprocess
from pathlib import Path

from mandata.infra.postgres.place import Place

_SCRIPT = """
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null && sleep 1
rm -rf "$1"
[ ! -L "$2" ] || rm -f "$2"
"""


class Lifeline:
    """Ties the server in `place`, which `folder` names, to this process."""

    def __init__(self, place: Place, folder: Path) -> None:
        theirs, self._ours = os.pipe()
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "sh", str(place.root), str(folder)],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        os.close(theirs)

    def release(self) -> None:
        """Let go: call it when server and folder are gone."""
        os.close(self._ours)
        self._shell.wait()
