"""What can go wrong at the desk: doubts, fees, paper, mails, many at once, crashes, people who share a name."""

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mandata.agreements.models import Obligation
from mandata.audience import services as audience
from mandata.foundation.actors import Actor
from mandata.holdings.catalogue import catalogue
from mandata.infra.clock import new_id
from mandata.infra.environment import Environment, env
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.rights import rules, selectors, services
from mandata.rights.errors import (
    AlreadyDecided,
    AnswerGone,
    BadLink,
    BadProof,
    BadReason,
    BadReceiver,
    NotThisKind,
    StillWaiting,
    TooMany,
    WordsMissing,
)
from mandata.rights.models import Case, Doubt, Letter, Mail, Transmission
from mandata.rights.services import mails as inboxes
from mandata.rights.services import transmitting
from mandata.vault.services import has_key
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, Shop, a_person, a_shop
from tests.rights.asking import OFFICER, OTHER, answer, ask, confirmed, mails, somebody, token_in, told, view
from tests.world import World

PDF = b"%PDF-1.7 a passport"
DAY = timedelta(days=1)


@pytest.mark.req("DSR-2", "DSR-3")
def test_a_proof_is_asked_for_with_reasons_given_sealed_and_gone_with_the_decision(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    strict = view(shop, case_id).row.due_at
    with scope(shop.id):
        with pytest.raises(WordsMissing):
            services.doubt(case_id=case_id, why=" ", actor=OFFICER, at=LATER)
        services.doubt(case_id=case_id, why="It came from another country.", actor=OFFICER, at=LATER)
        with pytest.raises(NotThisKind):
            services.doubt(case_id=case_id, why="Again.", actor=OFFICER, at=LATER)
    with pytest.raises(StillWaiting):
        answer(shop, case_id)
    (letter,) = mails(shop, "rights.proof")
    assert "another country" in letter["text"]
    token = token_in(letter)
    for wrong in (b"", b"MZ\x90", PDF + b"\0" * rules.MAX_PROOF):
        with pytest.raises(BadProof):
            services.give(token=token, content=wrong, at=LATER)
    with pytest.raises(BadLink):
        services.give(token="x" * 43, content=PDF, at=LATER)
    services.give(token=token, content=PDF, at=LATER + 3 * DAY)
    waiting = view(shop, case_id, LATER + 3 * DAY).row
    assert (waiting.waits, waiting.due_at) == ("identity", strict)
    assert waiting.suspended_at == strict + 3 * DAY
    with scope(shop.id):
        assert PDF not in bytes(Doubt.objects.get(case_id=case_id).proof)
        assert services.look(case_id=case_id, actor=OFFICER, at=LATER + 3 * DAY) == ("application/pdf", PDF)
        services.settle(case_id=case_id, accepted=True, actor=OFFICER, at=LATER + 4 * DAY)
        assert bytes(Doubt.objects.get(case_id=case_id).proof) == b""
        with pytest.raises(NotThisKind):
            services.look(case_id=case_id, actor=OFFICER, at=LATER + 4 * DAY)
    after = view(shop, case_id, LATER + 9 * DAY).row
    assert (after.waits, after.due_at, after.suspended_at) == ("", strict, strict + 4 * DAY)
    assert answer(shop, case_id, LATER + 4 * DAY)["result"] == "handed_over"
    assert told(shop, case_id)[-6:] == [
        "doubted",
        "proof_given",
        "proof_shown",
        "doubt_settled",
        "answered",
    ][-5:] or told(shop, case_id)[-5:-1] == ["doubted", "proof_given", "proof_shown", "doubt_settled"]


@pytest.mark.req("DSR-2", "DSR-10")
def test_a_proof_that_does_not_convince_refuses_the_request_and_is_deleted(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, "erasure")
    with scope(shop.id):
        services.doubt(case_id=case_id, why="The words are not those of a customer.", actor=OFFICER, at=LATER)
        services.settle(case_id=case_id, accepted=False, actor=OFFICER, at=LATER + DAY)
    seen = view(shop, case_id)
    assert (seen.row.state, seen.outcome["reason"]) == ("refused", "identity")
    assert "uoou.gov.cz" in mails(shop, "rights.refused")[0]["text"]


@pytest.mark.req("DSR-2")
def test_a_case_that_is_refused_for_another_reason_keeps_no_proof_and_takes_none(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    with scope(shop.id):
        services.doubt(case_id=case_id, why="Another country.", actor=OFFICER, at=LATER)
    token = token_in(mails(shop, "rights.proof")[0])
    services.give(token=token, content=PDF, at=LATER)
    with scope(shop.id):
        services.refuse(case_id=case_id, reason="rights_of_others", actor=OFFICER, at=LATER + DAY)
        assert bytes(Doubt.objects.get(case_id=case_id).proof) == b""
        with pytest.raises(NotThisKind):
            services.look(case_id=case_id, actor=OFFICER, at=LATER + DAY)
    with pytest.raises(NotThisKind):
        services.give(token=token, content=PDF, at=LATER + DAY)


@pytest.mark.req("DSR-2", "DSR-9")
def test_what_needs_no_decision_waits_for_a_proof_that_was_asked_for(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = ask(shop, "objection").case_id
    with scope(shop.id):
        services.doubt(case_id=case_id, why="Another country.", actor=OFFICER, at=LATER)
    services.confirm(token=token_in(mails(shop, "rights.confirm")[0]), at=LATER)
    assert view(shop, case_id).row.state == "confirmed"
    with scope(shop.id):
        services.settle(case_id=case_id, accepted=True, actor=OFFICER, at=LATER + DAY)
    assert view(shop, case_id).row.state == "answered"


@pytest.mark.req("DSR-11")
def test_a_fee_is_stated_only_for_an_excess_and_the_case_waits_for_its_payment(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, language="it")
    given: dict[str, Any] = {"case_id": case_id, "currency": "eur", "actor": OFFICER, "at": LATER}
    with scope(shop.id):
        with pytest.raises(BadReason):
            services.ask_fee(amount="20", reason="identity", **given)
        with pytest.raises(WordsMissing):
            services.ask_fee(amount="-1", reason="unfounded", **given)
        services.ask_fee(amount="20,5", reason="unfounded", **given)
        with pytest.raises(NotThisKind):
            services.ask_fee(amount="20", reason="unfounded", **given)
    assert "20.50 EUR" in mails(shop, "rights.fee")[0]["text"]
    assert view(shop, case_id).row.waits == "fee"
    with pytest.raises(StillWaiting):
        answer(shop, case_id)
    with scope(shop.id):
        services.fee_paid(case_id=case_id, reference="VS 20260042", actor=OFFICER, at=LATER + DAY)
    assert answer(shop, case_id, LATER + DAY)["result"] == "handed_over"
    with scope(shop.id):  # what an officer writes freely is never in the record, which forgets nothing
        told_of = [one.body for one in record.entries(kind="rights.fee_paid")]
    assert told_of
    assert "20260042" not in str(told_of)


@pytest.mark.req("DSR-10", "DSR-1")
def test_who_asks_on_paper_is_answered_on_paper_and_the_letter_of_an_erasure_goes_with_the_hand(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, channel="post", name="Jana Nováková", post="1 Mill Lane\n60200 Brno", language="cs")
    answer(shop, case_id)
    assert mails(shop, "rights.answered") == []
    letters = view(shop, case_id).letters
    assert [one.kind for one in letters] == ["acknowledged", "answered"]
    with scope(shop.id):
        name, pdf = services.printed(letter_id=letters[1].id, actor=OFFICER, at=LATER)
        assert (name[-4:], pdf[:5]) == (".pdf", b"%PDF-")
        assert services.take(case_id=case_id, actor=OFFICER, at=LATER).content[:2] == b"PK"
        services.handed_over(letter_id=letters[1].id, actor=OFFICER, at=LATER)
        with pytest.raises(NotThisKind):
            services.handed_over(letter_id=letters[1].id, actor=OFFICER, at=LATER)
    erasure = confirmed(shop, "erasure", channel="hand")
    answer(shop, erasure)
    last = view(shop, erasure).letters
    assert [one.kind for one in last] == ["erased"]
    with scope(shop.id):
        assert not Letter.objects.filter(case_id=case_id).exists()
        assert services.printed(letter_id=last[0].id, actor=OFFICER, at=LATER)[1][:4] == b"%PDF"
        services.handed_over(letter_id=last[0].id, actor=OFFICER, at=LATER)
        assert not has_key(last[0].id)
        with pytest.raises(AnswerGone):
            services.printed(letter_id=last[0].id, actor=OFFICER, at=LATER)


def test_somebody_without_an_address_asks_on_paper_and_is_found_later(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, address="", channel="post", name="Jana Nováková", post="1 Mill Lane, Brno")
    assert not view(shop, case_id).row.known
    with scope(shop.id):
        assert services.identify(case_id=case_id, address=NOVAK.upper(), actor=OFFICER, at=LATER)
    assert answer(shop, case_id)["result"] == "handed_over"
    other = confirmed(shop, address="", channel="hand", name="Petr Novák")
    assert answer(shop, other)["result"] == "nothing_held"


def _mail(sender: str = f"Jana <{NOVAK}>", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = sender, "My data"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please tell me what you hold of me.")
    return message.as_bytes()


@pytest.mark.req("DSR-1")
def test_a_mail_to_the_inbox_address_opens_a_case_once_and_is_sorted_by_an_officer(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    local = services.inbox(shop.id).rpartition("@")[0]
    assert inboxes.is_inbox(local.upper())
    assert not inboxes.is_inbox("rights+x")
    case_id = inboxes.take(local_part=local, raw=_mail(), at=LATER)
    assert case_id is not None
    assert inboxes.take(local_part=local, raw=_mail(), at=LATER + DAY) == case_id
    seen = view(shop, case_id)
    assert (seen.row.kind, seen.row.channel, seen.row.known, seen.mails) == ("unsorted", "email", True, 1)
    assert seen.wrote.words.startswith("My data\n\nPlease tell me")
    with scope(shop.id):
        assert NOVAK.encode() not in bytes(Mail.objects.get(case_id=case_id).sealed)
        assert services.original(case_id) == _mail()
    services.confirm(token=token_in(mails(shop, "rights.confirm")[0]), at=LATER)
    with pytest.raises(NotThisKind):
        answer(shop, case_id)
    with scope(shop.id):
        services.sort(case_id=case_id, kind="access", actor=OFFICER, at=LATER + DAY)
        with pytest.raises(NotThisKind):
            services.sort(case_id=case_id, kind="erasure", actor=OFFICER, at=LATER + DAY)
    sorted_ = view(shop, case_id).row
    assert (sorted_.kind, sorted_.due_at) == ("access", seen.row.due_at)
    assert answer(shop, case_id)["result"] == "handed_over"


@pytest.mark.parametrize(
    "raw",
    [
        _mail(Auto_Submitted="auto-replied"),
        _mail(Precedence="bulk"),
        _mail(List_Id="<list.example>"),
        _mail("nobody"),
        _mail("a@b.example, c@d.example"),
        b"",
        b"\xff\xfe\x00 not a mail \r\n\r\n" * 100,
    ],
)
def test_machines_and_senders_that_are_none_open_nothing(world: World, raw: bytes) -> None:
    shop = a_shop(world)
    assert inboxes.take(local_part=f"rights+{shop.id.hex}", raw=raw, at=LATER) is None
    assert inboxes.take(local_part=f"rights+{new_id().hex}", raw=_mail(), at=LATER) is None
    with scope(shop.id):
        assert Case.objects.count() == 0


def test_a_flood_of_mails_is_put_off_and_nobody_is_flooded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop(world)
    monkeypatch.setattr(rules, "MAILS_AN_HOUR", 2)
    for number in range(2):
        inboxes.take(local_part=f"rights+{shop.id.hex}", raw=_mail(f"p{number}@post.example"), at=LATER)
    with pytest.raises(TooMany):
        inboxes.take(local_part=f"rights+{shop.id.hex}", raw=_mail("p3@post.example"), at=LATER)
    assert inboxes.take(local_part=f"rights+{shop.id.hex}", raw=_mail("p3@post.example"), at=LATER + DAY)


@pytest.mark.req("DSR-1")
def test_nobody_can_have_ones_mailbox_flooded_through_the_form_or_the_inbox_address(world: World) -> None:
    shop = a_shop(world)
    for number in range(rules.CASES_AN_HOUR):
        ask(shop, "complaint", words=f"Complaint {number}")
    with pytest.raises(TooMany):
        ask(shop, "complaint", words="One more")
    with pytest.raises(TooMany):  # the sending server brings it again
        inboxes.take(local_part=f"rights+{shop.id.hex}", raw=_mail(), at=LATER)
    assert len(mails(shop, "rights.confirm")) == rules.CASES_AN_HOUR
    assert ask(shop, "complaint", words="By telephone", channel="phone", name="Jana", actor=OFFICER)
    assert ask(shop, "access", "other@post.example")
    assert inboxes.take(local_part=f"rights+{shop.id.hex}", raw=_mail(), at=LATER + DAY)


@pytest.mark.req("DSR-4..8")
def test_an_access_export_holds_every_category_of_the_person_and_nothing_of_a_namesake_at_the_same_home(
    world: World,
) -> None:
    shop = a_shop(world)
    me, other = a_person(shop, NOVAK, number=1), a_person(shop, NAMESAKE, number=2)
    with scope(shop.id):
        for one in (me, other):
            home = {"street": "1 Mill Lane", "city": "Brno", "phone": "+420602111229"}
            audience.rectify(subscriber_id=one, values=home, actor=shop.member, at=LATER)
        subject = selectors.subject_of(confirmed(shop, "complaint"))
        assert subject is not None
        held = {
            one.description.key
            for one in catalogue()
            if one.find([subject]) and getattr(one.export(subject), "records", None)
        }
    assert held >= {"subscribers", "subscriptions", "messages", "events", "returns", "notices", "cases"}
    case_id = confirmed(shop)
    answer(shop, case_id)
    confirmed(shop, address=NAMESAKE)
    token = next(token_in(one) for one in mails(shop, "rights.answered") if "/rights/answer/" in one["text"])
    content = zipfile.ZipFile(io.BytesIO(services.fetch(token=token, at=LATER).content)).read("data.json")
    exported = json.loads(content)
    assert {one["key"] for one in exported["holdings"] if one["records"]} >= held
    for foreign in (NAMESAKE, str(other)):
        assert foreign.encode() not in content
    assert NOVAK.encode() in content


@pytest.mark.req("DSR-12")
def test_a_case_is_archived_for_its_period_and_then_deleted(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    answer(shop, case_id)
    until = view(shop, case_id).kept_until
    assert until is not None
    assert until > LATER + timedelta(days=3 * 365)
    with scope(shop.id):
        services.expire(at=until - DAY)
        assert Case.objects.filter(id=case_id).exists()
        services.expire(at=until + DAY)
        assert not Case.objects.filter(id=case_id).exists()
        assert not has_key(case_id)
        duty = Obligation.objects.get(about=case_id, duty="rights.archive")
        assert (duty.kind, duty.state) == ("after", "met")
        kinds = [one.kind for one in record.entries(kind="rights.") if one.body["case"] == str(case_id)]
    assert kinds[0] == "rights.deleted" or kinds[-1] == "rights.deleted"


class _Receiver(BaseHTTPRequestHandler):
    got: list[tuple[str, bytes]]
    status = 201

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["Idempotency-Key"], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """Another controller's server, on the loopback."""
    from dataclasses import replace

    def with_loopback() -> Environment:
        return replace(env(), transmit_loopback=True)

    monkeypatch.setattr(transmitting, "env", with_loopback)
    _Receiver.got, _Receiver.status = [], 201
    server = HTTPServer(("127.0.0.1", 0), _Receiver)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _sent(shop: Shop, to: str) -> tuple[Any, Any]:
    case_id = confirmed(shop, "portability", to=to)
    answer(shop, case_id)
    with scope(shop.id):
        return case_id, services.transmit(case_id=case_id, actor=OFFICER, at=LATER)


@pytest.mark.req("DSR-4..8")
def test_a_portable_copy_goes_to_the_controller_that_the_person_named_once(world: World, receiver: HTTPServer) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id, sent = _sent(shop, f"http://127.0.0.1:{receiver.server_port}/import")
    assert "127.0.0.1" in mails(shop, "rights.answered")[0]["text"]
    with scope(shop.id):
        assert services.transmit(case_id=case_id, actor=OTHER, at=LATER) == sent
    for _twice in range(2):
        assert services.deliver(controller_id=shop.id, transmission_id=sent, at=LATER) == "sent"
    ((key, body),) = _Receiver.got
    assert key == str(sent)
    assert "portable.json" in zipfile.ZipFile(io.BytesIO(body)).namelist()
    (one,) = view(shop, case_id).transmissions
    assert (one.state, one.status, one.host) == ("sent", 201, "127.0.0.1")
    assert "transmitted" in told(shop, case_id)


def test_a_receiver_that_refuses_fails_at_once_and_one_that_is_away_is_tried_again(
    world: World, receiver: HTTPServer
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    _Receiver.status = 403
    _case, refused = _sent(shop, f"http://127.0.0.1:{receiver.server_port}/import")
    assert services.deliver(controller_id=shop.id, transmission_id=refused, at=LATER) == "failed"
    _Receiver.status = 503
    away = _sent_again(shop, _case)
    states = [services.deliver(controller_id=shop.id, transmission_id=away, at=LATER) for _try in range(rules.TRIES)]
    assert states == ["queued"] * (rules.TRIES - 1) + ["failed"]
    with scope(shop.id):
        assert Transmission.objects.get(id=away).code == "answer"


def _sent_again(shop: Shop, case_id: Any) -> Any:
    with scope(shop.id):
        return services.transmit(case_id=case_id, actor=OFFICER, at=LATER)


@pytest.mark.parametrize(
    "to",
    [
        "http://receiver.example/",
        "https://user:secret@receiver.example/",
        "https://",
        "ftp://receiver.example/",
        "http://127.0.0.1/",
        "https://receiver.example:99999/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_no_receiver_is_refused_when_it_is_asked(world: World, to: str) -> None:
    shop = a_shop(world)
    with pytest.raises(BadReceiver):
        ask(shop, "portability", to=to)


def test_nothing_is_sent_into_a_private_network() -> None:
    for inside in ("https://127.0.0.1/", "https://10.0.0.7/", "https://[::1]/", "https://169.254.169.254/latest"):
        with pytest.raises(BadReceiver):
            transmitting.send(inside, b"", "key")


def test_a_name_that_answers_otherwise_the_second_time_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    reached: list[tuple[str, int]] = []

    def look(name: str, port: int, **_more: Any) -> list[Any]:
        asked.append(name)
        return [(2, 1, 6, "", ("93.184.215.14" if len(asked) == 1 else "127.0.0.1", port))]

    def connect(place: tuple[str, int], *_more: Any) -> None:
        reached.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OSError):
        transmitting.send("https://rebinding.example/import", b"", "key")
    assert (asked, reached) == (["rebinding.example"], [("93.184.215.14", 443)])


def test_an_address_that_no_request_can_name_fails_and_does_not_wait_for_ever(
    world: World, receiver: HTTPServer
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    _case, sent = _sent(shop, f"http://127.0.0.1:{receiver.server_port}/im port")
    states = [services.deliver(controller_id=shop.id, transmission_id=sent, at=LATER) for _try in range(rules.TRIES)]
    assert states[-1] == "failed"


@pytest.mark.req("DSR-1")
def test_many_cases_are_listed_by_due_time_with_as_many_statements_as_few(world: World) -> None:
    shop = a_shop(world)
    for number in range(30):
        ask(shop, address=f"p{number}@post.example", at=LATER + timedelta(hours=number))
    with scope(shop.id):

        def count(limit: int) -> int:
            with CaptureQueriesContext(connection) as seen:
                rows = selectors.cases(state="open", order="due", limit=limit, at=LATER)
            assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)
            assert len(rows) == limit
            return len(seen)

        assert count(3) == count(30)
        assert selectors.cases(kind="erasure", at=LATER) == []
        assert len(selectors.cases(waits="late", at=LATER + 60 * DAY)) == 30
        assert selectors.cases(channel="post", at=LATER) == []


@pytest.mark.req("DSR-1", "DSR-10")
def test_many_are_answered_or_refused_together_and_what_cannot_be_stays_open_and_says_so(world: World) -> None:
    shop = a_shop(world)
    for number in range(2):
        somebody(shop, f"p{number}@post.example")
    good = [confirmed(shop, address=f"p{number}@post.example") for number in range(2)]
    bad = confirmed(shop, "complaint", "p0@post.example")
    unconfirmed = ask(shop, "access", "p9@post.example").case_id
    ids = [*good, bad, unconfirmed]
    given: dict[str, Any] = {"controller_id": shop.id, "actor": OFFICER, "at": LATER}
    with scope(shop.id):
        assert services.order_many(act="answer", case_ids=ids, actor=OFFICER) == 4
        with pytest.raises(BadReason):
            services.order_many(act="refuse", case_ids=ids, actor=OFFICER)
        with pytest.raises(TooMany):
            services.order_many(act="answer", case_ids=[new_id() for _ in range(1001)], actor=OFFICER)
    for done in (2, 0):  # run again after a crash, it passes over what is closed
        assert services.run_many(act="answer", cases=ids, reason="", **given) == done
    assert [view(shop, one).row.state for one in ids] == ["answered", "answered", "confirmed", "received"]
    assert "not_done" in told(shop, bad)
    assert services.run_many(act="refuse", cases=ids, reason="unfounded", **given) == 1
    assert view(shop, unconfirmed).outcome["reason"] == "unfounded"


@pytest.mark.req("DSR-10")
@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Your request is refused"), ("cs", "Vaše žádost se odmítá"), ("de", "abgelehnt"), ("it", "respinta")],
)
def test_letters_speak_the_persons_language(world: World, language: str, said: str) -> None:
    shop = a_shop(world)
    case_id = confirmed(shop, language=language)
    with scope(shop.id):
        services.refuse(case_id=case_id, reason="unfounded", actor=OFFICER, at=LATER)
    assert said in mails(shop, "rights.refused")[0]["text"]


def test_a_crash_between_the_steps_of_any_answer_leaves_nothing_half_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mandata.rights.services import closing

    shop = a_shop(world)
    a_person(shop, NOVAK)
    cases = {kind: confirmed(shop, kind) for kind in ("rectification", "restriction", "portability", "access")}
    before = len(mails(shop))

    def dies(*_given: object, **_named: object) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(closing, "close", dies)
    for case_id in cases.values():
        with pytest.raises(KeyboardInterrupt):
            answer(shop, case_id, changes={"city": "Praha"})
    monkeypatch.undo()
    assert len(mails(shop)) == before
    for kind, case_id in cases.items():
        seen = view(shop, case_id)
        assert (seen.row.state, seen.answer_expires_at) == ("confirmed", None), kind
    results = [answer(shop, case_id, changes={"city": "Praha"})["result"] for case_id in cases.values()]
    assert results == ["corrected", "restricted", "handed_over", "handed_over"]
    for case_id in cases.values():
        with pytest.raises(AlreadyDecided):
            answer(shop, case_id, actor=Actor("member", new_id()))
