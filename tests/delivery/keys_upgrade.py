"""Sending domains from before keys had a table of their own, made and then brought up to date.

    python -m tests.delivery.keys_upgrade before | after

`before` makes the tables as they were, with two controllers' domains and genuinely sealed keys; `after` migrates them
and prints what today's code finds. Each step is a process of its own.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mandata.project.settings")
django.setup()

from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402

from mandata.infra.postgres import apply_grants  # noqa: E402
from mandata.infra.tenancy import APPEND_ONLY, SETTING, scope  # noqa: E402
from mandata.vault import services as vault  # noqa: E402

ONE, TWO = UUID(int=71), UUID(int=72)
AT = datetime(2026, 10, 1, 9, tzinfo=UTC)
PLACE = "delivery_domain.private_key"
DOMAINS = (
    (ONE, 1, "news.shop.example", "verified", AT),
    (TWO, 2, "news.shop.example", "verified", AT + timedelta(days=1)),  # whoever proved it first keeps it
    (ONE, 3, "new.shop.example", "pending", None),
    (TWO, 4, "gone.example", "failing", AT),
)


def _grant(append_only: "tuple[str, ...]") -> None:
    user = urlsplit(os.environ["DATABASE_URL"]).username or ""
    apply_grants(os.environ["OWNER_DATABASE_URL"], user, append_only)


def before() -> None:
    for app, name in (("vault", None), ("delivery", "0002_walls")):
        call_command("migrate", app, *([name] if name else []), database="owner", verbosity=0)
    _grant(())
    for controller in (ONE, TWO):
        with scope(controller):
            vault.begin(at=AT)
            opened = vault.Vault.open()
            for owner, number, name, state, verified in DOMAINS:
                if owner != controller:
                    continue
                private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
                plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
                public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                domain = UUID(int=number)
                key = opened.create([domain])[domain]
                with connection.cursor() as cursor:
                    cursor.execute(
                        "insert into delivery_domain (controller_id, id, name, state, selector, private_key,"
                        " public_key, proof, checks, created_at, verified_at)"
                        " values (%s, %s, %s, %s, 'm1', %s, %s, 'p', '[]', %s, %s)",
                        [owner, domain, name, state, opened.seal(domain, PLACE, plain, key=key), public.hex(), AT,
                         verified],
                    )  # fmt: skip


def after() -> None:
    from mandata.delivery.models import Claim, Domain, Key, Watch
    from mandata.delivery.services.keys import signing_keys

    call_command("migrate", database="owner", verbosity=0)
    _grant(APPEND_ONLY)
    told: dict[str, object] = {
        "claims": [[one.name, one.owner_id.int] for one in Claim.objects.order_by("name")],
        "watched": sorted(one.id.int for one in Watch.objects.all()),
    }
    for controller in (ONE, TWO):
        with scope(controller):
            found = [
                [one.domain_id.int, one.algorithm, one.selector, one.state] for one in Key.objects.order_by("domain_id")
            ]
            states = {one.id.int: one.state for one in Domain.objects.all()}
            signs = {}
            for _, number, name, _, _ in (one for one in DOMAINS if one[0] == controller):
                public = Key.objects.get(domain_id=UUID(int=number)).public_key
                signs[name] = [
                    one.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
                    == public
                    for one in signing_keys(name)
                ]
            told[str(controller.int)] = {"keys": found, "states": states, "signs": signs}
    told["walls"] = [_walls(), _seen_by_nobody()]
    sys.stdout.write(json.dumps(told))


def _walls() -> bool:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select bool_and(relrowsecurity and relforcerowsecurity) from pg_class"
            " where relname in ('delivery_domain', 'delivery_key', 'delivery_host', 'delivery_account')"
        )
        return bool(cursor.fetchone()[0])


def _seen_by_nobody() -> int:
    """How many keys the application sees that stands in another controller's scope."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config(%s, %s, true)", [SETTING, str(UUID(int=99))])
        cursor.execute("select count(*) from delivery_key")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    {"before": before, "after": after}[sys.argv[1]]()
