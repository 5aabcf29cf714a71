"""kill -9 to writers, the sequencer and PostgreSQL, at random, while the record grows."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from mandata.infra.postgres import Server, Urls, place, process

WRITERS = 4
_VICTIMS = ("writer",) * 3 + ("sequencer",) * 2 + ("database",)


@dataclass
class Storm:
    """A server of its own, whose record grows under fire."""

    folder: Path
    log: UUID = field(default_factory=uuid4)
    killed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.server = Server(self.folder / "postgres")
        self.server.start()
        self.urls: Urls = self.server.provision()
        self._writers: list[subprocess.Popen[bytes]] = []
        self._sequencer: subprocess.Popen[bytes] | None = None
        self._chance = random.Random(20260301)
        self._hand("migrate").wait(120)

    def rage(self, kills: int, pause: float = 0.6) -> None:
        """Kill so often, at random, the first of each kind in turn; then let everybody end."""
        order = [*dict.fromkeys(_VICTIMS)] + [self._chance.choice(_VICTIMS) for _ in range(kills)]
        for victim in order[:kills]:
            self._keep()
            self._see_progress()
            time.sleep(self._chance.random() * pause)
            self._kill(victim)
        for one in [*self._writers, *filter(None, [self._sequencer])]:
            one.kill()
            one.wait()

    def outcome(self) -> dict[str, Any]:
        """What verification says in the end."""
        done = subprocess.run(
            self._command("verify", self.log), env=self._environment(), capture_output=True, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def lose_the_database(self) -> None:
        """Put an empty database in the place of the one that there was; keys and outside log stay."""
        self.server.destroy()
        self.server = Server(self.folder / "other")
        self.server.start()
        self.urls = self.server.provision()
        self._hand("migrate").wait(120)

    def replay(self) -> dict[str, int]:
        """Replay the outside log; what that did."""
        done = subprocess.run(self._command("replay"), env=self._environment(), capture_output=True, check=True)
        told: dict[str, int] = json.loads(done.stdout)
        return told

    def acknowledged(self) -> set[str]:
        """The ids whose commit a writer saw; a last line that a kill cut is none."""
        lines = [line for file in self.folder.glob("acknowledged-*") for line in file.read_text().split("\n")[:-1]]
        return set(lines)

    def end(self) -> None:
        """Leave nothing behind."""
        self.server.destroy()

    def _command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "tests.record.hand", *map(str, arguments)]

    def _environment(self) -> dict[str, str]:
        own = {"DATABASE_URL": self.urls.app, "OWNER_DATABASE_URL": self.urls.owner, "MANDATA_VAR": str(self.folder)}
        return os.environ | own

    def _hand(self, *arguments: object) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command(*arguments), env=self._environment(), stderr=subprocess.DEVNULL)

    def _keep(self) -> None:
        self._writers = [one for one in self._writers if one.poll() is None]
        while len(self._writers) < WRITERS:
            self._writers.append(self._hand("write", self.log, self.folder / f"acknowledged-{uuid4()}"))
        if self._sequencer is None or self._sequencer.poll() is not None:
            self._sequencer = self._hand("sequence")

    def _see_progress(self) -> None:
        """Wait until more was written than before: what is killed was at work."""
        before, limit = len(self.acknowledged()), time.monotonic() + 60
        while len(self.acknowledged()) < before + 50:
            assert time.monotonic() < limit, "nothing was written for a minute"
            self._keep()
            time.sleep(0.05)

    def _kill(self, victim: str) -> None:
        self.killed[victim] += 1
        if victim == "database":
            found = place.find(self.server.folder)
            assert found is not None
            postmaster = process.postmaster(found.data)
            assert postmaster is not None
            os.kill(postmaster, signal.SIGKILL)
            time.sleep(self._chance.random() * 0.3)
            self.server.start()
        else:
            one = self._chance.choice(self._writers) if victim == "writer" else self._sequencer
            assert one is not None
            one.kill()
            one.wait()
