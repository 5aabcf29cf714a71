"""Legal notices: served with proof, deemed by the clause, never stopped, repeated once where they do not arrive."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts import services as account
from mandata.accounts.services.notices import Attachment, Outcome
from mandata.agreements import services
from mandata.agreements.errors import BadDelivery
from mandata.agreements.models import Obligation, Served
from mandata.agreements.services import notices
from mandata.audience.rules.bases import Reason
from mandata.audience.services.suppression import is_suppressed, suppress
from mandata.foundation import canonical
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from tests.accounts.mail import Postbox, postbox, settings
from tests.world import World
from tests.world.people import House, registered

OFFICE, SECOND = "office@bakery.example", "lawyer@bakery.example"
OPERATOR = Actor("operator", UUID(int=7))


@pytest.fixture
def house(world: World) -> House:
    home = registered()
    with scope(home.id):
        account.controllers.correct(actor=OPERATOR, at=now(), contact=OFFICE, privacy_contact=SECOND)
    return home


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    with postbox(monkeypatch) as opened:
        yield opened


def serve(house: House, **more: Any) -> UUID:
    asked: dict[str, Any] = {
        "kind": "subprocessor.change",
        "party": "controller",
        "subject": "A new sub-processor",
        "text": "Dear customer\n",
        "clause": "subprocessor.notice",
        "at": now(),
        **more,
    }
    with scope(house.id):
        return notices.serve(**asked)


def row(house: House, served: UUID) -> Served:
    with scope(house.id):
        found: Served = Served.objects.get(id=served)
        return found


def second_of(house: House, served: UUID) -> Served | None:
    with scope(house.id):
        return Served.objects.filter(second_of=served).first()


def deliver(house: House, served: UUID, **more: Any) -> Outcome:
    notice = row(house, served).notice
    return account.notices.deliver(controller_id=house.id, notice_id=notice, at=more.pop("at", now()), **more)


def entries(house: House, kind: str) -> list[Mapping[str, Any]]:
    with scope(house.id):
        return [canonical.loads(bytes(one.leaf)) for one in Entry.objects.filter(kind=kind).order_by("id")]


def duties(house: House) -> list[str]:
    with scope(house.id):
        return list(Obligation.objects.filter(duty=notices.UNDELIVERED).values_list("cause", flat=True))


@pytest.mark.req("AGR-7")
def test_a_notice_is_served_with_the_whole_proof_in_the_record(house: House, box: Postbox) -> None:
    change = new_id()
    served = serve(house, about=("change", change), attachments=[Attachment("a.txt", "text/plain", b"terms")])
    assert deliver(house, served) is Outcome.SENT
    assert box.to() == [OFFICE]
    (entry,) = entries(house, "notice.sent")
    body = entry["body"]
    import hashlib

    assert body["sha256"] == hashlib.sha256(box.letters[0].content).hexdigest()
    assert (body["host"], body["attempts"], body["about"]) == ("127.0.0.1", 1, {"kind": "change", "id": str(change)})
    assert body["reply"] == "250 2.0.0 Ok: queued as 4711 for <…@…>"
    assert entry["clause"] == "subprocessor.notice"
    assert body["server"]
    assert entries(house, "notice.served")[0]["body"]["served"] == str(served)
