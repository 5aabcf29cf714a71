"""The order of the demo's steps."""

from pathlib import Path
from typing import Any

from rich.console import Console

from mandata.cli.demo import cast, importing, processors, recipients, requests, sending, summary
from mandata.cli.demo.stage import Stage
from mandata.delivery.catcher.client import CatcherClient
from mandata.infra.environment import env


def tell(web: str, track: str, var: Path, examples: Path) -> tuple[dict[str, Any], list[str]]:
    """Do every step that has not been done yet; return the figures, and what did not hold."""
    stage = Stage(
        web=web,
        track=track,
        examples=examples,
        zone=var / "dns.json",
        catcher=CatcherClient(env().catcher_url),
        console=Console(stderr=True),
    )
    passwords = cast.logins(var)
    cast.people(stage, passwords)
    processors.registered()
    cast.accept(stage)
    processors.announced(stage)
    sending.verify_domain(stage)
    importing.import_subscribers(stage)
    sending.compose(stage)
    sending.send(stage)
    recipients.act(stage)
    requests.answer(stage)
    summary.verify(stage)
    summary.show(stage, passwords)
    return stage.figures, stage.failures
