"""What the storm kills: a writer, a sequencer; and what it asks at the end.

    python -m tests.record.hand migrate | write LOG FILE | sequence | verify LOG | replay

`write` appends, one to three entries a transaction, and after each commit adds their ids to the file; every seventh
transaction is rolled back. Each ends when its database goes away; the storm begins another.
"""

import json
import os
import sys
import time
from pathlib import Path
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from mandata.foundation.actors import SYSTEM  # noqa: E402
from mandata.infra.clock import now  # noqa: E402
from mandata.infra.tenancy import INSTANCE, scope  # noqa: E402
from mandata.record import services, verification  # noqa: E402
from mandata.vault.services import record_signer  # noqa: E402


class Undone(Exception):
    """What rolls a transaction back."""


def write(log: UUID, acknowledged: Path) -> None:
    """Append until killed."""
    with acknowledged.open("a") as file:
        for number in range(10_000_000):
            try:
                with scope(log):
                    body: dict[str, object] = {"number": number}
                    ids = [
                        services.append(kind="test.stormed", body=body, actor=SYSTEM, at=now())
                        for _ in range(1 + number % 3)
                    ]
                    if number % 7 == 6:
                        raise Undone
            except Undone:
                continue
            file.writelines(f"{one}\n" for one in ids)
            file.flush()


def sequence() -> None:
    """Sequence until killed."""
    while True:
        services.sequence_due(at=now())
        time.sleep(0.02)


def verify(log: UUID) -> None:
    """Let everything have its place; print what verification says, and the ids of all entries."""
    from mandata.record.models import Entry

    while services.sequence_due(at=now()):
        pass
    verdicts = verification.verify_all([log], record_signer().public_key())
    with scope(log):
        ids = [str(one) for one in Entry.objects.order_by("id").values_list("id", flat=True)]
    told = {
        str(verdict.log): [verdict.size, verdict.waiting, [str(one) for one in verdict.findings]]
        for verdict in verdicts
    }
    sys.stdout.write(json.dumps({"log": told[str(log)], "instance": told[str(INSTANCE)], "entries": ids}))


def replay() -> None:
    """Bring what the outside log tells into this database."""
    from mandata.infra import outside
    from mandata.infra.environment import env

    done = services.replay_placed(outside.read(env().outside_folder))
    sys.stdout.write(json.dumps({"heads": done.heads, "entries": done.entries, "known": done.known}))


def migrate() -> None:
    """Make the tables."""
    from urllib.parse import urlsplit

    from django.core.management import call_command

    from mandata.infra.postgres import apply_grants
    from mandata.infra.tenancy import APPEND_ONLY

    call_command("migrate", database="owner", verbosity=0)
    user = urlsplit(os.environ["DATABASE_URL"]).username or ""
    apply_grants(os.environ["OWNER_DATABASE_URL"], user, APPEND_ONLY)
    record_signer()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["migrate"]:
            migrate()
        case ["write", log, acknowledged]:
            write(UUID(log), Path(acknowledged))
        case ["sequence"]:
            sequence()
        case ["replay"]:
            replay()
        case ["verify", log]:
            verify(UUID(log))
