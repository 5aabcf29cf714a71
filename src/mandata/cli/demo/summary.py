"""The end of the story: the record verified, the figures told."""

import time

from rich.table import Table

from mandata.cli.demo.cast import PEOPLE
from mandata.cli.demo.stage import CONTROLLER, Stage
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.record import verification
from mandata.record.services import sequence_due
from mandata.record.signing import signer

_WORDS = (
    ("rows", "rows in the shop's export"),
    ("rejected", "rows rejected, each with its reason"),
    ("left", "people who had left before, kept off"),
    ("subscribed", "people subscribed"),
    ("recipients", "recipients of the campaign"),
    ("messages_sent", "messages taken by the receiving server"),
    ("messages_failed", "refused for good by the receiving server"),
    ("messages_deferred", "to be tried again later"),
    ("messages_unknown", "of unknown outcome"),
    ("opens", "people opened"),
    ("clicks", "people clicked"),
    ("machine_opens", "opens by machines, told apart"),
    ("unsubscribed", "people left"),
    ("effective_seconds", "seconds until the last of them took effect"),
    ("hard_bounces", "dead addresses, told at the door or by a report later; not written to again"),
    ("soft_bounces", "full mailboxes and the like"),
    ("complaints", "complaints"),
    ("answered_access", "request for access answered"),
    ("answered_erasure", "request for erasure carried out"),
    ("subprocessors", "sub-processors on the public register, one of them announced to the bakery"),
    ("subprocessors_shut", "of them to which nothing goes: no contract, no mechanism, or a lapsed one"),
    ("entries", "entries in the record, all of which verify"),
)


def verify(stage: Stage) -> None:
    """Let the sequencer catch up and verify the bakery's record and the installation's."""
    with stage.bar("Verifying the record", 1) as move:
        while sequence_due(at=now()) or _waiting(stage):
            time.sleep(0.1)
        verdicts = verification.verify_all([stage.controller_id], signer().public_key())
        move(1)
    stage.figures["entries"] = verdicts[0].size
    for verdict in verdicts:
        stage.expect(verdict.holds, f"the record does not hold: {verdict.findings[:1]}")


def _waiting(stage: Stage) -> int:
    with scope(stage.controller_id):
        return record.waiting()


def show(stage: Stage, passwords: dict[str, str]) -> None:
    """Print the figures and the log-ins."""
    figures = Table(title=f"{CONTROLLER}: what happened", show_header=False, title_justify="left")
    figures.add_column(justify="right", style="bold")
    figures.add_column()
    for key, words in _WORDS:
        if key in stage.figures:
            figures.add_row(f"{stage.figures[key]:,}", words)
    stage.console.print(figures)
    logins = Table(title=f"Log-ins at {stage.web}", title_justify="left")
    for heading in ("who", "e-mail", "password"):
        logins.add_column(heading)
    for role, password in passwords.items():
        logins.add_row(role.replace("_", " "), PEOPLE[role][0], password)
    stage.console.print(logins)
    for failure in stage.failures:
        stage.console.print(f"[red]Did not hold:[/red] {failure}")
    if not stage.failures:
        stage.console.print("[green]Everything held.[/green]")
