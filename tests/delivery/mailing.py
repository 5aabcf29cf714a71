"""A shop that mails: an accepted agreement, a verified domain, people on a list, campaigns. Also for benchmarks."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Count

from mandata.audience import services as audience
from mandata.audience.services.envelopes import Kept, columns_of, pack
from mandata.campaigns import selectors as campaign_selectors
from mandata.campaigns import services as campaigns
from mandata.campaigns.rules.content import Content, Format
from mandata.delivery import selectors, services
from mandata.delivery.models import Domain, Key, Message
from mandata.delivery.services import recovering, tending
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.clock import new_ids, now
from mandata.infra.environment import env
from mandata.infra.tenancy import scope
from mandata.vault.services import Vault
from tests.world import World
from tests.world.people import accept

DOMAIN = "bakery.example"
"""From which a shop sends, unless it is told another."""
BODY = (
    '<p>Dear {{ first_name | default: "friend" }}, <a href="https://shop.example/bread">bread</a>.</p>'
    '<p>Our newsletter. {{ postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p>'
)
SMALL = Content(Format.HTML, BODY, "Bread", "Demo Bakery", f"news@{DOMAIN}", preheader="Warm", language="en")


@dataclass
class Shop:
    """A controller ready to send."""

    id: UUID
    actor: Actor
    list_id: UUID

    def people(
        self,
        count: int,
        address: Callable[[int], str] = "reader{}@inbox.example".format,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> list[UUID]:
        """Put many people on the list at once, with consent; `more`: what else is known of each of them."""
        made: list[UUID] = []
        for start in range(0, count, 5000):
            made += self._people([address(i) for i in range(start, min(count, start + 5000))], more)
        return made

    def _people(self, addresses: Sequence[str], more: Mapping[str, str]) -> list[UUID]:
        with scope(self.id):
            at, vault, ids = now(), Vault.open(), new_ids(len(addresses))
            keys, wrapped = vault.make(ids)
            vault.keep(wrapped)
            identities = [
                {"email": text, "first_name": f"Ann{n}", "last_name": "Reader", **more}
                for n, text in enumerate(addresses)
            ]
            envelopes = vault.seal_many(
                "audience_subscriber.identity", keys, {i: pack(one) for i, one in zip(ids, identities, strict=True)}
            )
            self._insert(vault, ids, addresses, identities, envelopes, at)
        return ids

    def _insert(
        self, vault: Vault, ids: list[UUID], addresses: Sequence[str], identities: list[dict[str, Any]],
        envelopes: dict[UUID, bytes], at: datetime,
    ) -> None:  # fmt: skip
        rows: list[tuple[Any, ...]] = []
        for one, text, identity in zip(ids, addresses, identities, strict=True):
            facets = columns_of(vault, Kept(text.rpartition("@")[2], identity))
            indexes = (vault.index("email", text), vault.index("suppression", text))
            rows.append((one, envelopes[one], *indexes, 1, "{}", at, at, *(facets[name] for name in _FACETS)))
        columns = {
            "id": "uuid",
            "identity": "bytea",
            "email_index": "bytea",
            "suppression_index": "bytea",
            "index_version": "int2",
            "clear": "jsonb",
            "created_at": "timestamptz",
            "updated_at": "timestamptz",
        }
        bulk.insert("audience_subscriber", columns | _FACETS, rows)
        evidence = orjson.dumps({"source": "test", "at": at.isoformat()}).decode()
        bulk.insert(
            "audience_subscription",
            {"list_id": "uuid", "subscriber_id": "uuid", "state": "text", "basis": "text", "evidence": "jsonb",
             "since": "timestamptz", "ended_by": "text"},
            [(self.list_id, one, "subscribed", "consent", evidence, at, "") for one in ids],
        )  # fmt: skip

    def draft(self, content: Content = SMALL, **more: Any) -> UUID:
        """Write a campaign for the list."""
        with scope(self.id):
            return campaigns.create(
                name="Saturday", actor=self.actor, at=now(), content=content, list_id=self.list_id, **more
            )

    def launched(self, content: Content = SMALL) -> UUID:
        """Write, launch and freeze a campaign."""
        campaign = self.draft(content)
        with scope(self.id):
            services.launch(campaign_id=campaign, actor=self.actor, at=now())
        tending.tend_campaign(controller_id=self.id, campaign_id=campaign, at=now())
        return campaign

    def states(self, campaign: UUID) -> dict[str, int]:
        """Count the messages by state, from the messages themselves; the counters must say the same.

        While a campaign is being sent, something moves between both reads; then they are read again.
        """
        for _ in range(50):
            with scope(self.id):
                rows = Message.objects.filter(campaign_id=campaign).values_list("state").annotate(Count("number"))
                counted, kept = dict(rows), selectors.totals(campaign)
            if kept == counted:
                return counted
        raise AssertionError((kept, counted))

    def campaign_state(self, campaign: UUID) -> str:
        """Return the campaign's state."""
        with scope(self.id):
            return campaign_selectors.row(campaign).state

    def left(self, campaign: UUID) -> int:
        """Return how many messages have no end yet."""
        with scope(self.id):
            return selectors.progress(campaign).left


_FACETS = {
    "phone_index": "bytea", "mail_domain": "text", "provider": "text", "language": "text", "country": "text",
    "region": "text", "birthday": "text",
}  # fmt: skip


def shop(name: str = "Demo Bakery", domain: str = DOMAIN, *, signs: tuple[str, ...] = (), agreed: str = "") -> Shop:
    """Make a controller with an agreement in force, a list, and a verified domain; `signs`: algorithms that sign;
    `agreed`: the exact text of the agreement, by default the installation's."""
    customer, at = World().controller(name, contact=f"office@{domain}"), now()
    with scope(customer.id):
        accept(customer.member, at=at, source=agreed)
        list_id = audience.create_list(name="Newsletter", actor=customer.member, at=at)
        services.add_domain(name=domain, actor=customer.member, at=at)
        Domain.objects.filter(name=domain).update(state="verified", verified_at=at)
        Key.objects.filter(algorithm__in=signs).update(state="active", activated_at=at)
    return Shop(customer.id, customer.member, list_id)


def engine(smtp_port: int, folder: Path, shop: Shop, **more: str) -> "subprocess.Popen[bytes]":
    """A real engine process, on journals below a folder, for one shop only; `more` are settings."""
    environment = os.environ | {
        "MANDATA_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
        "MANDATA_VAR": str(folder),
        "MANDATA_KEYS": str(env().keys_folder),
        "MANDATA_ENGINE_ALONE": "1",
        "MANDATA_ENGINE_ONLY": str(shop.id),
        "PYTHONPATH": "src",
    }
    return subprocess.Popen([sys.executable, "-m", "mandata.delivery.engine"], env=environment | more)


def recover(folder: Path) -> None:
    """What the worker's loop does once a second; the kernel frees a killed process's lock at once."""
    if (folder / "journals").is_dir():
        recovering.recover_journals(folder=folder / "journals", at=now())
