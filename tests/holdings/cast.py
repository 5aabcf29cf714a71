"""A bakery whose customers have something in every holding, and a scan that looks for a person in every byte of the
database.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import psycopg
from psycopg import sql

from mandata.accounts.services.notices import send_notice
from mandata.audience import selectors as audience
from mandata.audience import services as audience_services
from mandata.audience.rules.options import Options
from mandata.campaigns.models import Campaign, Link, Number
from mandata.delivery.models import Return
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from mandata.tracking.models import Event, First
from mandata.vault import rules as seals
from mandata.vault.providers import provider
from tests.world import NOON, Customer, World
from tests.world.people import accept

NOVAK = "jana.novakova@seznam.example"
NAMESAKE = "jana.novakova.2@post.example"
WORDS = "I would like the bakery's news every week."


@dataclass(frozen=True)
class Shop:
    """A controller with an accepted agreement, a list and a campaign that was sent."""

    customer: Customer
    list_id: UUID
    campaign_id: UUID
    campaign_number: int

    @property
    def id(self) -> UUID:
        return self.customer.id

    @property
    def member(self) -> Actor:
        return self.customer.member


def a_shop(world: World, name: str = "Demo Bakery") -> Shop:
    """A controller in the middle of its business."""
    customer = world.controller(name)
    campaign_id = new_id()
    number = Number.objects.create(controller_id=customer.id, campaign_id=campaign_id).number
    with scope(customer.id):
        accept(customer.member, at=NOON)
        list_id = audience_services.create_list(name="Newsletter", actor=customer.member, at=NOON)
        Campaign.objects.create(
            id=campaign_id,
            number=number,
            name="Spring",
            subject="Bread of the week",
            list_id=list_id,
            created_by=customer.member.id,
            created_at=NOON,
            updated_at=NOON,
        )
        Link.objects.create(campaign_id=campaign_id, number=1, url="https://bakery.example/rye", label="Rye")
    return Shop(customer, list_id, campaign_id, number)


def a_person(shop: Shop, address: str, *, first: str = "Jana", last: str = "Nováková", number: int = 1) -> UUID:
    """Somebody with data in every holding: fields, a list, a message, events, a bounce, refused rows, a file, a mail,
    a payload.
    """
    with scope(shop.id):
        reference = audience_services.subscribe(
            list_id=shop.list_id,
            email=address,
            values={"first_name": first, "last_name": last, "phone": f"+42060211122{number}", "city": "Brno"},
            source="counter",
            consent_words=WORDS,
            actor=shop.member,
            at=NOON,
        )
        _message(shop, reference, number)
        _behaviour(shop, reference, number)
        send_notice(
            to=address, subject="Welcome", text=f"Hello {first}.", kind="test.welcome", at=NOON, about=reference
        )
    refused_row(shop, address)
    waiting_file(shop, address)
    return reference


def _message(shop: Shop, reference: UUID, number: int, state: str = "sent") -> None:
    columns = {"campaign_id": "uuid", "subscriber_id": "uuid", "number": "int8", "provider": "text", "state": "text"}
    row = (shop.campaign_id, reference, number, "other", state, NOON)
    bulk.insert("delivery_message", columns | {"sent_at": "timestamptz"}, [row])


def _behaviour(shop: Shop, reference: UUID, number: int) -> None:
    bulk.execute("select tracking_ensure_month(%b::date)", [NOON.date()])
    for kind, link in (("open", 0), ("click", 1)):
        at = NOON + timedelta(minutes=number, seconds=link)
        Event.objects.create(
            at=at,
            kind=kind,
            campaign_id=shop.campaign_id,
            subscriber_id=reference,
            link=link,
            actor_class="human",
            agent="firefox",
            network="203.0.113.0/24",
        )
        First.objects.create(campaign_id=shop.campaign_id, message=number, kind=kind, link=link, at=at)
    Return.objects.create(
        digest=hashlib.sha256(reference.bytes).digest(),
        kind="bounce",
        campaign_id=shop.campaign_id,
        subscriber_id=reference,
        reason="mailbox_full",
        status="4.2.2",
        diagnostic="452 4.2.2 <…@…> over quota",
        received_at=NOON,
    )


def refused_row(shop: Shop, address: str) -> UUID:
    """Import a file in which the address stands twice; the second row is refused and kept."""
    data = f"email;souhlas\nsomebody@else.example;ano\n{address};ano\n{address};ano\n".encode()
    import_id = _upload(shop, data)
    with scope(shop.id):
        audience_services.start_import(import_id=import_id, dry_run=False, actor=shop.member, at=NOON)
    while audience_services.run_slice(controller_id=shop.id, import_id=import_id, now=lambda: NOON):
        pass
    return import_id


def waiting_file(shop: Shop, address: str, *, encoding: str = "utf-8") -> UUID:
    """Upload a file with the address that nobody has started to import."""
    text = f"email;jméno\nfirst@else.example;Petr\n{address.upper()};Jana Nováková\nlast@else.example;Eva\n"
    return _upload(shop, text.encode(encoding))


def _upload(shop: Shop, data: bytes) -> UUID:
    with scope(shop.id):
        made = audience_services.upload(
            list_id=shop.list_id, file_name="shop.csv", chunks=[data], actor=shop.member, at=NOON
        )
        guessed = audience.find_import(made).options
        assert guessed is not None
        options = Options.from_json(
            {**guessed.as_json(), "source": "e-shop", "warranted": True, "consent_at": NOON.isoformat()}
        )
        audience_services.choose(import_id=made, options=options, actor=shop.member, at=NOON)
    return made


def forms(text: str) -> set[bytes]:
    """Every spelling of a text that the scans look for, in lower case but for base64: of a short name whose middle is
    all that is certain, so little is left at some alignments that any key written in base64 would hold it by chance."""
    plain = text.lower().encode()
    aligned = {base64.b64encode(b"\0" * pad + plain)[4 if pad else 0 : -4] for pad in range(3)}
    return {
        plain,
        plain.hex().encode(),
        text.lower().encode("utf-16-le").hex().encode(),
        text.lower().encode("utf-16-be").hex().encode(),
        quote(text.lower(), safe="").lower().encode(),
        plain.replace(b"@", b"=40"),
        *(one for one in aligned if len(one) >= 8),
        *(hashlib.new(name, plain).hexdigest().encode() for name in ("sha256", "sha1", "md5")),
    }


def rows_with(superuser: str, *texts: str, only: str = "") -> list[str]:
    """Return the tables (or `only` the one) in which a row holds one of the texts, in whatever spelling, as a superuser
    reads the database.
    """
    needles = set().union(*(forms(text) for text in texts))
    patterns = sorted({part.decode() for form in needles for part in (form, form.hex().encode())})
    hits = []
    with psycopg.connect(superuser) as connection:
        for (table,) in connection.execute(
            "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
            " and relname like %s",
            [only or "%"],
        ).fetchall():
            query = sql.SQL(
                "select count(*) from {} t, lateral (select t::text as row) r "
                "where exists (select from unnest(%s::text[]) p where position(p in r.row) > 0"
                " or position(p in lower(r.row)) > 0)"
            ).format(sql.SQL(table))
            if connection.execute(query, [patterns]).fetchone()[0]:  # type: ignore[index]
                hits.append(table)
    return hits


_ENVELOPE = b"\x01\x00\x01"
_SEALED_AS = {"delivery_key.private_key": "delivery_domain.private_key"}
"""Where an envelope lay when it was sealed, which it is bound to."""


def opened(superuser: str, controller: UUID) -> Iterator[tuple[str, bytes]]:
    """Yield (table, plaintext) of everything sealed that still opens under any key that still exists."""
    with psycopg.connect(superuser) as connection:
        keys = {seals.commitment(key): (holder, key) for holder, key in _keys(connection, controller)}
        for table, column in connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'public' and data_type = 'bytea'"
        ).fetchall():
            rows = connection.execute(
                sql.SQL("select {} from {}").format(sql.Identifier(column), sql.Identifier(table))
            )
            place = re.sub(r"_\d+$", "", table) + "." + column
            data = seals.place_data(controller, _SEALED_AS.get(place, place))
            for (value,) in rows:
                if value and bytes(value[:3]) == _ENVELOPE and bytes(value[3:19]) in keys:
                    holder, key = keys[bytes(value[3:19])]
                    yield table, seals.unseal(key, data, holder, bytes(value))


def _keys(connection: psycopg.Connection[tuple[object, ...]], controller: UUID) -> Iterator[tuple[UUID, bytes]]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    rows = connection.execute(
        "select holder, epoch, wrapped from vault_subject_key where controller_id = %s", [controller]
    )
    for holder, epoch, wrapped in rows.fetchall():
        assert isinstance(holder, UUID)
        assert isinstance(epoch, int)
        assert isinstance(wrapped, bytes)
        epoch_key = AESGCM(provider().epoch_key(controller, epoch))
        yield holder, seals.unwrap(epoch_key, controller, holder.bytes, wrapped)


def sealed_with(superuser: str, controller: UUID, *texts: str) -> list[str]:
    """Return the tables in which an envelope that still opens holds one of the texts."""
    needles = set().union(*(forms(text) for text in texts))
    return sorted(
        {table for table, plain in opened(superuser, controller) if any(form in plain.lower() for form in needles)}
    )


def files_with(folder: Path, *texts: str) -> list[Path]:
    """Return the files below a folder in which one of the texts stands, in whatever spelling."""
    needles = set().union(*(forms(text) for text in texts))
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and any(form in content or form in content.lower() for form in needles for content in [path.read_bytes()])
    ]


LATER: datetime = NOON + timedelta(days=3)
