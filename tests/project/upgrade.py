"""An installation of the first release, made and then brought up to date. Each step is a process of its own.

    python -m tests.project.upgrade first | now

`first` makes the tables as that release left them, with a controller under the text of its agreement, entries that wait
and heads; `now` migrates them and prints what today's code finds.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402

from mandata.foundation.actors import SYSTEM  # noqa: E402
from mandata.infra.tenancy import APPEND_ONLY, SETTING, scope  # noqa: E402
from mandata.record import rules  # noqa: E402

LAST = {"agreements": "0003_refusal_cause", "accounts": "0002_walls", "record": "0002_walls", "rights": "0002_walls"}
"""The last migrations of the first release, where there are later ones."""
LOG, AT = UUID(int=7), datetime(2026, 10, 1, 9, tzinfo=UTC)
FORMER = (Path(__file__).parent.parent / "agreements" / "former-ecomail.toml").read_text(encoding="utf-8")


def first() -> None:
    for app, name in LAST.items():
        call_command("migrate", app, name, database="owner", verbosity=0)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("select set_config(%s, %s, true)", [SETTING, str(LOG)])
        cursor.execute(
            "insert into agreements_agreement (controller_id, id, number, name, version, language, state, terms,"
            " terms_digest, text, text_digest, answers, accepted_by, accepted_at, accepted_network, accepted_agent,"
            " ended_by) values (%s, %s, 1, 'ecomail', '2023-09-07', 'en', 'in_force', %s, '', '', '', '{}', %s, %s,"
            " '', '', '')",
            [LOG, UUID(int=1), FORMER, UUID(int=2), AT],
        )
        cursor.execute(
            "insert into agreements_instruction (controller_id, id, number, kind, agreement, acts, words, given_by,"
            """ given_at) values (%s, %s, 1, 'standing', %s, '["send"]', '', %s, %s)""",
            [LOG, UUID(int=3), UUID(int=1), UUID(int=2), AT],
        )
        cursor.execute(
            "insert into rights_case (controller_id, id, number, kind, state, channel, language, sealed, received_at,"
            " due_at, outcome) values (%s, %s, 1, 'erasure', 'confirmed', 'portal', 'cs', '', %s, %s, '{}')",
            [LOG, UUID(int=4), AT, AT],
        )
        for size in (1, 3):
            cursor.execute(
                "insert into record_head (controller_id, size, root, at, note) values (%s, %s, '', %s, '')",
                [LOG, size, AT],
            )
        for number in (11, 12):
            leaf = rules.leaf(
                log=LOG, entry=UUID(int=number), at=AT, kind="test.x", actor=SYSTEM, clause="", subject=None, body={},
                commitment=None, holder=None,
            )  # fmt: skip
            cursor.execute(
                "insert into record_entry (controller_id, id, at, kind, leaf) values (%s, %s, %s, 'test.x', %s)",
                [LOG, UUID(int=number), AT, leaf],
            )
            cursor.execute("insert into record_pending (entry, controller_id) values (%s, %s)", [UUID(int=number), LOG])


def now() -> None:
    from mandata.agreements import selectors
    from mandata.agreements.selectors import instructions
    from mandata.foundation import merkle
    from mandata.infra.postgres import apply_grants
    from mandata.record.models import Entry, Head, Pending
    from mandata.rights import selectors as rights

    call_command("migrate", database="owner", verbosity=0)
    user = urlsplit(os.environ["DATABASE_URL"]).username or ""
    apply_grants(os.environ["OWNER_DATABASE_URL"], user, APPEND_ONLY)
    with scope(LOG):
        found = selectors.in_force(AT)
        standing = instructions.instructions_in_force(AT)
        cases = [[one.kind, one.regime, one.waits, one.asked] for one in rights.cases(at=AT)]
        heads = list(Head.objects.order_by("size").values_list("size", "previous"))
        hashes = {row.entry: bytes(row.hash) for row in Pending.objects.filter(controller_id=LOG)}
        right = all(merkle.leaf_hash(bytes(row.leaf)) == hashes.get(row.id) for row in Entry.objects.all())
    assert found is not None
    told = {
        "effective": found.effective_at == found.accepted_at == AT,
        "how": found.how,
        "acts": [one.acts for one in standing],
        "heads": heads,
        "waiting": len(hashes),
        "hashes": right,
        "cases": cases,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    {"first": first, "now": now}[sys.argv[1]]()
