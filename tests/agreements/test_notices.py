"""Legal notices: served with proof, deemed by the clause, never stopped, repeated once where they do not arrive."""

import hashlib
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
from mandata.agreements.selectors import notices as shown
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


def mail(house: House, served: UUID) -> UUID:
    notice = row(house, served).notice
    assert notice
    return notice


def second_of(house: House, served: UUID) -> Served | None:
    with scope(house.id):
        return Served.objects.filter(second_of=served).first()


def deliver(house: House, served: UUID, **more: Any) -> Outcome:
    notice = mail(house, served)
    return account.notices.deliver(controller_id=house.id, notice_id=notice, at=more.pop("at", now()), **more)


def entries(house: House, kind: str) -> list[Mapping[str, Any]]:
    with scope(house.id):
        return [canonical.loads(bytes(one.leaf)) for one in Entry.objects.filter(kind=kind).order_by("id")]


def duties(house: House) -> list[str]:
    with scope(house.id):
        undelivered = Obligation.objects.filter(duty=notices.UNDELIVERED).order_by("opened_at", "id")
        return list(undelivered.values_list("cause", flat=True))


@pytest.mark.req("AGR-7")
def test_a_notice_is_served_with_the_whole_proof_in_the_record(house: House, box: Postbox) -> None:
    change = new_id()
    served = serve(house, about=("change", change), attachments=[Attachment("a.txt", "text/plain", b"terms")])
    assert deliver(house, served) is Outcome.SENT
    assert box.to() == [OFFICE]
    (entry,) = entries(house, "notice.sent")
    body = entry["body"]
    assert body["sha256"] == hashlib.sha256(box.letters[0].content).hexdigest()
    assert (body["host"], body["attempts"], body["about"]) == ("127.0.0.1", 1, {"kind": "change", "id": str(change)})
    assert body["reply"] == "250 2.0.0 Ok: queued as 4711 for <address>"
    assert entry["clause"] == "subprocessor.notice"
    assert body["server"]
    assert entries(house, "notice.served")[0]["body"]["served"] == str(served)


@pytest.mark.req("AGR-7")
def test_neither_suspension_nor_suppression_nor_the_end_of_the_agreement_stops_a_notice(
    house: House, box: Postbox
) -> None:
    with scope(house.id):
        suppress(email=OFFICE, reason=Reason.COMPLAINT, actor=SYSTEM, at=now())
        assert is_suppressed(email=OFFICE, at=now())
        services.end(actor=SYSTEM, at=now(), by="notice")
        account.controllers.move(state="suspended", reason="unpaid", actor=OPERATOR, at=now())
    served = serve(house)
    assert deliver(house, served) is Outcome.SENT
    with scope(house.id):
        account.controllers.move(state="ended", reason="over", actor=OPERATOR, at=now())
    assert deliver(house, serve(house)) is Outcome.SENT
    assert box.to() == [OFFICE, OFFICE]


@pytest.mark.req("AGR-7")
def test_a_notice_is_served_in_the_callers_transaction_or_not_at_all(house: House, box: Postbox) -> None:
    with pytest.raises(ZeroDivisionError), scope(house.id):
        notices.serve(kind="test", party="controller", subject="s", text="t", at=now())
        raise ZeroDivisionError
    with scope(house.id):
        assert not Served.objects.exists()
        assert accounts.notice_counts(legal=True) == accounts.NoticeCounts(0, 0, 0, 0)


@pytest.mark.req("AGR-7")
def test_notices_of_breaches_and_invoices_go_by_their_own_addresses(house: House, box: Postbox) -> None:
    with scope(house.id):
        account.addresses.keep(kind="invoices", first="books@bakery.example", actor=OPERATOR, at=now())
    for kind in ("breach.notice", "invoice", "change"):
        deliver(house, serve(house, kind=kind))
    assert box.to() == [SECOND, "books@bakery.example", OFFICE]


@pytest.mark.req("AGR-7")
def test_a_notice_to_the_processor_comes_from_the_controller(
    house: House, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(monkeypatch, MANDATA_OPERATOR_CONTACT="desk@processor.example")
    deliver(house, serve(house, kind="objection", party="processor"))
    assert box.to() == ["desk@processor.example"]
    assert b"Demo Bakery" in box.letters[0].content


@pytest.mark.req("AGR-7")
def test_what_the_server_refuses_for_good_goes_to_the_second_address_once_and_a_person_sees_to_it(
    house: House, box: Postbox
) -> None:
    box.refuses[OFFICE] = f"550 5.1.1 <{OFFICE}>: office is unknown here"
    served = serve(house, about=("change", new_id()))
    assert deliver(house, served) is Outcome.FAILED
    kept, second = row(house, served), second_of(house, served)
    assert kept.returned_at and kept.returned_status == "5.1.1" and kept.deemed_at is None
    assert second is not None and (second.rank, second.about, second.clause) == (2, kept.about, kept.clause)
    assert deliver(house, second.id) is Outcome.SENT
    assert box.to() == [SECOND]
    assert duties(house) == [f"served:{served}"]
    assert "office" not in entries(house, "notice.failed")[0]["body"]["reply"]
    assert deliver(house, served) is Outcome.FAILED, "settled is settled"
    assert duties(house) == [f"served:{served}"]


@pytest.mark.req("AGR-7")
def test_a_second_address_that_refuses_too_leads_to_no_third_mail(house: House, box: Postbox) -> None:
    box.says = "554 5.7.1 Not wanted here"
    served = serve(house)
    deliver(house, served)
    second = second_of(house, served)
    assert second is not None
    deliver(house, second.id)
    with scope(house.id):
        assert Served.objects.count() == 2
    assert duties(house) == [f"served:{served}", f"served:{second.id}"]


@pytest.mark.req("AGR-7")
def test_without_a_second_address_the_obligation_alone_opens(house: House, box: Postbox) -> None:
    with scope(house.id):
        account.controllers.correct(actor=OPERATOR, at=now(), privacy_contact=OFFICE.upper())
    box.says = "550 5.1.1 No"
    served = serve(house)
    deliver(house, served)
    assert second_of(house, served) is None
    assert len(duties(house)) == 1


@pytest.mark.req("AGR-7")
def test_a_report_marks_the_notice_once_whenever_it_comes(house: House, box: Postbox) -> None:
    served = serve(house)
    notice = mail(house, served)
    with scope(house.id):  # faster than our own commit
        assert notices.returned(notice_id=notice, status="5.2.1", at=now())
    assert deliver(house, served) is Outcome.SENT
    with scope(house.id):
        assert not notices.returned(notice_id=notice, status="5.1.1", at=now())
        assert Served.objects.filter(second_of=served).count() == 1
    kept = row(house, served)
    assert (kept.returned_status, kept.deemed_at) == ("5.2.1", None)
    assert len(entries(house, "notice.returned")) == 1


@pytest.mark.req("AGR-7")
def test_without_a_clause_a_notice_counts_as_delivered_when_the_server_takes_it_until_it_comes_back(
    house: House, box: Postbox
) -> None:
    served, at = serve(house), now()
    deliver(house, served, at=at)
    assert (row(house, served).deemed_at, row(house, served).deemed_by) == (at, "acceptance")
    with scope(house.id):
        notices.returned(notice_id=mail(house, served), status="5.1.1", at=now())
    assert row(house, served).deemed_at is None
    assert [one["body"]["by"] for one in entries(house, "notice.deemed")] == ["acceptance", ""]


@pytest.mark.req("AGR-7")
def test_an_invoice_counts_on_sending_by_the_clause(house: House, box: Postbox) -> None:
    served, at = serve(house, kind="invoice", clause="billing.invoice"), now()
    deliver(house, served, at=at)
    with scope(house.id):
        notices.returned(notice_id=mail(house, served), status="5.1.1", at=now())
    assert (row(house, served).deemed_at, row(house, served).deemed_by) == (at, "sending")
    assert entries(house, "notice.deemed")[0]["clause"] == "notices.deemed"


@pytest.mark.req("AGR-7")
def test_a_confirmation_counts_at_the_minute_that_it_states_unless_that_cannot_be(house: House, box: Postbox) -> None:
    sent = now() - timedelta(hours=2)
    cases = ((timedelta(minutes=5), True), (-timedelta(hours=1), False), (timedelta(days=400), False))
    for after, believed in cases:
        served, at = serve(house, at=sent), now()
        deliver(house, served, at=sent)
        with scope(house.id):
            assert notices.confirmed(notice_id=mail(house, served), stated=sent + after, at=at)
            assert not notices.confirmed(notice_id=mail(house, served), stated=sent, at=at)
        kept = row(house, served)
        assert (kept.deemed_at, kept.deemed_by) == (sent + after if believed else at, "confirmation")


@pytest.mark.req("AGR-7")
def test_a_delivery_is_entered_by_hand_with_its_evidence(house: House, box: Postbox) -> None:
    box.says = "550 5.1.1 No"
    served = serve(house)
    deliver(house, served)
    received = now() - timedelta(minutes=1)
    with scope(house.id):
        for wrong in (
            {"evidence": " ", "received_at": received},
            {"evidence": "signed copy"},
            {"evidence": "signed copy", "received_at": now() + timedelta(days=1)},
        ):
            with pytest.raises(BadDelivery):
                notices.enter_delivery(served_id=served, way="hand", by=OPERATOR.id, at=now(), **wrong)  # type: ignore[arg-type]
        notices.enter_delivery(
            served_id=served, way="hand", evidence="signed by Olga", received_at=received, by=new_id(), at=now()
        )
    kept = row(house, served)
    assert (kept.deemed_at, kept.deemed_by, kept.way) == (received, "receipt", "hand")
    (entry,) = entries(house, "notice.delivery_entered")
    assert entry["commitment"] and "Olga" not in str(entry)


@pytest.mark.req("AGR-7")
def test_a_letter_is_kept_though_it_never_was_a_mail(house: House, box: Postbox) -> None:
    posted = now() - timedelta(days=5)
    with scope(house.id):
        served = notices.serve_by_letter(
            kind="change", party="controller", way="registered_post", evidence="RR123", by=new_id(), at=now(),
            posted_at=posted,
        )  # fmt: skip
    assert row(house, served).deemed_at is None, "this agreement has no clause on post: only a receipt counts"
    with scope(house.id):
        notices.enter_delivery(
            served_id=served, way="registered_post", evidence="RR123", received_at=posted, by=new_id(), at=now()
        )
    assert row(house, served).deemed_at == posted
    assert box.letters == []


@pytest.mark.req("AGR-7")
def test_a_page_shows_the_whole_course_of_each_notice(house: House, box: Postbox) -> None:
    thing = new_id()
    gone, fine, waiting = (serve(house, kind=kind, about=("change", thing)) for kind in ("a", "b", "c"))
    box.refuses[OFFICE] = "550 5.1.1 No"
    deliver(house, gone)
    second = second_of(house, gone)
    assert second is not None
    box.refuses.clear()
    deliver(house, fine)
    with scope(house.id):
        total, rows = shown.legal_notices(about=thing)
        assert total == 4
        found = {row.id: row for row in rows}
        assert found[gone].undelivered and found[gone].second == second.id and found[gone].state == "failed"
        assert (found[second.id].second_of, found[second.id].state) == (gone, "queued")
        assert (found[fine].state, found[fine].deemed_by, found[fine].host) == ("sent", "acceptance", "127.0.0.1")
        assert found[fine].digest == hashlib.sha256(box.letters[-1].content).digest()
        assert found[waiting].next_at is None and found[waiting].sent_at is None
        assert shown.notice_totals() == shown.NoticeTotals(all=4, waiting=2, deemed=1, undelivered=1)
        assert [row.id for row in shown.legal_notices(undelivered=True)[1]] == [gone]
        assert shown.legal_notices(kind="b")[0] == 1
        assert shown.legal_notice(new_id()) is None
    deliver(house, second.id)
    with scope(house.id):
        assert shown.notice_totals().undelivered == 0, "its repetition arrived"
    total, page = shown.notices_by_controller(count=500)
    assert total >= 1
    assert next(one.totals.all for one in page if one.controller_id == house.id) == 4
