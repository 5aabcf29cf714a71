"""What the story knows as it goes, and how it shows that it is going."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from mandata.delivery.catcher.client import CatcherClient
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Fault

CONTROLLER = "Demo Bakery"
DOMAIN = "news.bakery.example"
CAMPAIGN = "Autumn newsletter"
_PATIENCE = 900.0


@dataclass(slots=True)
class Stage:
    """The places of the installation, the cast, and the figures that the summary tells."""

    web: str
    track: str
    examples: Path
    zone: Path
    catcher: CatcherClient
    console: Console
    controller_id: UUID = field(default_factory=lambda: UUID(int=0))
    owner: Actor = field(default_factory=lambda: Actor("member"))
    marketer: Actor = field(default_factory=lambda: Actor("member"))
    officer: Actor = field(default_factory=lambda: Actor("member"))
    list_id: UUID = field(default_factory=lambda: UUID(int=0))
    campaign_id: UUID = field(default_factory=lambda: UUID(int=0))
    figures: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def expect(self, held: bool, what: str) -> None:
        """Note what did not hold; the demo then ends with an exit code of its own."""
        if not held:
            self.failures.append(what)

    @contextlib.contextmanager
    def bar(self, title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a bar while something takes its time; the block is given the function that moves it."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(title, total=total)
            yield lambda done: progress.update(task, completed=done)
            progress.update(task, completed=total if total is not None else progress.tasks[task].completed)

    def wait(self, title: str, total: int, done: Callable[[], int]) -> None:
        """Show a bar until `done` reaches the total. Raises Fault when nothing moves for a quarter of an hour."""
        with self.bar(title, total) as move:
            moved, last = time.monotonic(), -1
            while (now := done()) < total:
                move(now)
                if now != last:
                    moved, last = time.monotonic(), now
                if time.monotonic() - moved > _PATIENCE:
                    raise Fault(
                        f"{title}: nothing has moved for a quarter of an hour.", remedy="Look at the log above."
                    )
                time.sleep(0.2)
