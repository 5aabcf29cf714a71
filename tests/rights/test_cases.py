"""A case from receipt to answer: the same screen for everybody, one answer, one officer who wins."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from mandata.accounts import selectors as accounts
from mandata.accounts.models import Controller
from mandata.accounts.services import notices
from mandata.agreements.errors import GateRefused, MayNotExtend
from mandata.agreements.models import Agenda, Obligation
from mandata.agreements.selectors import obligations
from mandata.audience import services as audience
from mandata.foundation.actors import Actor
from mandata.holdings import selectors as holdings
from mandata.infra.clock import new_id
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.rights import rules, selectors, services, tasks
from mandata.rights.errors import AlreadyDecided, AnswerGone, BadLink, BadReason, NoSuchCase, NotAskable, NotConfirmed
from mandata.rights.models import Answer, Case, CaseKey
from mandata.rights.services.intake import Received
from mandata.vault.services import has_key
from tests.holdings.cast import LATER, NOVAK, Shop, a_person, a_shop, rows_with, sealed_with
from tests.world import NOON, World
from tests.world.people import accept

OFFICER, OTHER = Actor("member", new_id()), Actor("member", new_id())


def ask(shop: Shop, kind: str = "access", address: str = NOVAK, at: datetime = LATER, **given: Any) -> Received:
    with scope(shop.id):
        return services.receive(
            kind=kind, address=address, channel="portal", language=given.pop("language", "en"), at=at, **given
        )


def mails(shop: Shop, kind: str = "") -> list[dict[str, Any]]:
    """The mails in the shop's outbox, newest first."""
    with scope(shop.id):
        rows = [row for row in accounts.notices(100) if row["kind"].startswith(kind or "rights.")]
        return [notices.contents(row["id"]) | {"kind": row["kind"], "id": row["id"]} for row in rows]


def token_in(mail: dict[str, Any]) -> str:
    found = re.search(r"/rights/\w+/([\w-]{43})/", mail["text"])
    assert found, mail["text"]
    return found.group(1)


def confirmed(shop: Shop, kind: str = "access", address: str = NOVAK) -> UUID:
    known = {mail["id"] for mail in mails(shop, "rights.confirm")}
    case_id = ask(shop, kind, address).case_id
    (mail,) = [one for one in mails(shop, "rights.confirm") if one["id"] not in known]
    services.confirm(token=token_in(mail), at=LATER)
    return case_id


def answer(shop: Shop, case_id: UUID, actor: Actor = OFFICER, at: datetime = LATER) -> dict[str, object]:
    with scope(shop.id):
        return services.answer(case_id=case_id, actor=actor, at=at, ground="consent_withdrawn")


def view(shop: Shop, case_id: UUID, at: datetime = LATER) -> selectors.CaseView:
    with scope(shop.id):
        return selectors.case(case_id, at=at, sealed=False)


@pytest.mark.req("DSR-1", "DSR-2", "DSR-3")
def test_a_request_is_confirmed_by_the_link_to_the_known_address_and_passed_on(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    received = ask(shop, address=NOVAK.upper(), name="Jana", words="Everything, please.", language="cs")
    (mail,) = mails(shop)
    assert mail["to"] == NOVAK  # as it is stored, not as it was typed
    assert mail["sender_name"] == "Demo Bakery"
    assert mail["reply_to"] == "office@bakery.example"
    assert "Potvrďte" in mail["subject"]
    progress = services.confirm(token=token_in(mail), at=LATER)
    assert selectors.linked(progress, "progress", at=LATER).state == "confirmed"
    kinds = [one["kind"] for one in mails(shop)]
    assert sorted(kinds) == ["rights.acknowledged", "rights.confirm", "rights.controller"]
    told = next(one for one in mails(shop) if one["kind"] == "rights.controller")
    assert told["to"] == "office@bakery.example"
    assert NOVAK not in told["text"]
    assert "Jana" not in told["text"]
    seen = view(shop, received.case_id)
    assert seen.subject == reference
    assert seen.wrote == selectors.Wrote(NOVAK, "Jana", "Everything, please.")
    assert [step.kind for step in reversed(seen.steps)] == [
        "received",
        "confirmation_sent",
        "confirmed",
        "acknowledged",
        "passed_on",
    ]
    with scope(shop.id):
        entries = [one for one in record.entries(kind="rights.") if one.body["case"] == str(received.case_id)]
        assert {one.kind for one in entries} >= {"rights.received", "rights.confirmed"}
        assert not any(NOVAK in str(one.body) or "Jana" in str(one.body) for one in entries)


@pytest.mark.req("DSR-3")
@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-02T12:00", "2026-04-02"),
        ("2026-01-31T12:00", "2026-02-28"),
        ("2028-01-31T12:00", "2028-02-29"),
        ("2026-12-15T12:00", "2027-01-15"),
        ("2026-03-31T23:30", "2026-05-01"),  # 1 April in Prague
    ],
)
def test_a_case_is_due_by_the_strict_reading_of_one_month_from_receipt(world: World, received: str, due: str) -> None:
    shop, at = a_shop(world), datetime.fromisoformat(received).replace(tzinfo=UTC)
    found = ask(shop, at=at).due
    assert found.astimezone(ZoneInfo("Europe/Prague")).isoformat()[:19] == f"{due}T23:59:59"


@pytest.mark.req("DSR-1", "DSR-3", "DSR-10")
def test_a_request_opens_what_the_agreement_owes_and_its_answer_meets_it(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    received = ask(shop)
    with scope(shop.id):
        (owed,) = obligations.about(received.case_id, LATER)
        assert (owed.duty, owed.owed_by, owed.owed_to, owed.state) == ("rights.answer", "controller", "person", "open")
        assert owed.since == LATER
        assert "1 month from it" in obligations.obligation(owed.id, LATER).explanation
    services.confirm(token=token_in(mails(shop, "rights.confirm")[0]), at=LATER)
    answer(shop, received.case_id)
    with scope(shop.id):
        found = {one.duty: one.state for one in obligations.about(received.case_id, LATER)}
    assert found == {"rights.answer": "met", "rights.forward": "met", "rights.archive": "open"}


@pytest.mark.req("DSR-3", "DSR-10")
def test_more_time_is_taken_once_and_told_with_its_reasons(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    with scope(shop.id):
        due = services.extend(
            case_id=case_id, reason="Many requests at once.", actor=OFFICER, at=LATER + timedelta(days=9)
        )
        with pytest.raises(MayNotExtend):
            services.extend(case_id=case_id, reason="Again.", actor=OFFICER, at=LATER + timedelta(days=10))
        row = selectors.case(case_id, at=LATER).row
    assert (row.due_at, row.due_clause) == (due, "Article 12(3) GDPR; ECO-A 2.2")
    assert due > LATER + timedelta(days=85)
    (mail,) = mails(shop, "rights.extended")
    assert mail["to"] == NOVAK
    assert "Many requests at once." in mail["text"]
    assert f"{due:%Y-%m}" in mail["text"]
    answer(shop, case_id)
    with scope(shop.id), pytest.raises(AlreadyDecided):
        services.extend(case_id=case_id, reason="Too late.", actor=OFFICER, at=LATER + timedelta(days=10))


def _as_of_the_first_release(shop: Shop) -> None:
    """It kept no obligations: a case that came in then has none."""
    with scope(shop.id):
        Agenda.objects.filter(controller_id=shop.id).delete()
        Obligation.objects.all().delete()


@pytest.mark.req("DSR-3")
def test_a_case_older_than_the_obligations_is_owed_an_answer_and_can_take_longer(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    _as_of_the_first_release(shop)
    with scope(shop.id):
        services.expire(at=LATER)
        (owed,) = obligations.about(case_id, LATER)
        services.expire(at=LATER)
        assert [one.id for one in obligations.about(case_id, LATER)] == [owed.id]
    assert (owed.duty, owed.state, owed.since) == ("rights.answer", "open", LATER)
    _as_of_the_first_release(shop)
    with scope(shop.id):
        due = services.extend(case_id=case_id, reason="Many.", actor=OFFICER, at=LATER + timedelta(days=9))
    assert due > LATER + timedelta(days=85)


def test_somebody_unknown_gets_the_same_mail_and_is_told_after_confirming_that_nothing_is_held(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    known = ask(shop)
    unknown = ask(shop, address="stranger@nowhere.example")
    first, second = sorted(mails(shop, "rights.confirm"), key=lambda mail: mail["to"] == NOVAK)
    assert first["subject"] == second["subject"]
    assert _without_links(first["text"]) == _without_links(second["text"])
    assert (known.repeated, known.due) == (unknown.repeated, unknown.due)
    services.confirm(token=token_in(first), at=LATER)
    assert answer(shop, unknown.case_id)["result"] == "nothing_held"
    assert "no data is held" in mails(shop, "rights.answered")[0]["text"]


def _without_links(text: str) -> str:
    return re.sub(r"http\S+", "", text)


def test_an_erasure_for_somebody_unknown_erases_nobody(world: World) -> None:
    shop = a_shop(world)
    case_id = confirmed(shop, "erasure", "stranger@nowhere.example")
    assert answer(shop, case_id)["result"] == "nothing_held"
    with scope(shop.id):
        assert holdings.erasures() == []


def test_asking_twice_is_one_case_and_no_flood_of_mail(world: World) -> None:
    shop = a_shop(world)
    first = ask(shop)
    again = ask(shop, at=LATER + timedelta(minutes=5))
    assert (again.case_id, again.repeated, again.due) == (first.case_id, True, first.due)
    assert len(mails(shop)) == 1
    ask(shop, at=LATER + timedelta(minutes=20))
    assert len(mails(shop)) == 2
    assert ask(shop, "erasure").case_id != first.case_id


def test_what_is_no_address_is_refused_with_what_to_do(world: World) -> None:
    shop = a_shop(world)
    with pytest.raises(NotAskable, match="no e-mail address"):
        ask(shop, address="not an address")


@pytest.mark.req("DSR-2")
def test_a_forged_expired_or_foreign_link_opens_nothing(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    ask(shop)
    token = token_in(mails(shop)[0])
    for wrong in ("", "x" * 43, token[:-1] + ("A" if token[-1] != "A" else "B")):
        with pytest.raises(BadLink):
            services.confirm(token=wrong, at=LATER)
    with pytest.raises(BadLink):
        services.confirm(token=token, at=LATER + rules.CONFIRM_LASTS)
    with pytest.raises(BadLink):
        services.fetch(token=token, at=LATER)
    assert not CaseKey.objects.filter(token_hash=token.encode()).exists()


def test_confirming_twice_confirms_once(world: World) -> None:
    shop = a_shop(world)
    case_id = ask(shop).case_id
    token = token_in(mails(shop)[0])
    services.confirm(token=token, at=LATER)
    services.confirm(token=token, at=LATER + timedelta(hours=1))
    seen = view(shop, case_id)
    assert seen.row.confirmed_at == LATER
    assert [step.kind for step in seen.steps].count("confirmed") == 1


def test_nothing_is_answered_before_it_is_confirmed_and_an_officer_may_vouch(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = ask(shop).case_id
    with pytest.raises(NotConfirmed):
        answer(shop, case_id)
    with scope(shop.id):
        services.confirm_by_hand(case_id=case_id, actor=OFFICER, at=LATER)
    assert answer(shop, case_id)["result"] == "handed_over"
    means = next(step for step in view(shop, case_id).steps if step.kind == "confirmed")
    assert (means.detail["means"], means.actor) == ("officer", str(OFFICER))


@pytest.mark.req("DSR-4..8", "DSR-10")
def test_an_access_request_is_answered_by_a_sealed_archive_behind_a_link_that_expires(
    world: World, database: Urls
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    outcome = answer(shop, case_id)
    assert outcome["result"] == "handed_over"
    token = token_in(mails(shop, "rights.answered")[0])
    linked = selectors.linked(token, "download", at=LATER)
    file = services.fetch(token=token, at=LATER)
    assert linked.answer_size == len(file.content)
    assert file.content[:2] == b"PK"
    seen = view(shop, case_id)
    assert seen.row.state == "answered"
    assert seen.answer_fetched_at == LATER
    with scope(shop.id):
        assert bytes(Answer.objects.get(id=case_id).sealed)[:3] == b"\x01\x00\x01"
        over = LATER + rules.DOWNLOAD_LASTS
        assert services.expire(at=over) == 1
        assert not Answer.objects.exists()
    with pytest.raises(BadLink):
        services.fetch(token=token, at=over)


def test_an_answer_that_was_deleted_early_says_so(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    answer(shop, case_id)
    token = token_in(mails(shop, "rights.answered")[0])
    answer(shop, confirmed(shop, "erasure"))
    with pytest.raises(AnswerGone):
        services.fetch(token=token, at=LATER)


@pytest.mark.req("DSR-4..8", "RET-4")
def test_an_erasure_request_erases_tells_and_leaves_no_word_of_the_case(world: World, database: Urls) -> None:
    shop = a_shop(world)
    address, name = f"eva-{new_id().hex[:12]}@seznam.example", f"Evženie{new_id().hex[-8:]}"
    reference = a_person(shop, address, first=name)
    old = ask(shop, address=address, name=name, words=f"I am {name}.").case_id
    case_id = confirmed(shop, "erasure", address)
    with scope(shop.id):
        assert {row.key for row in services.preview(case_id=case_id)} >= {"subscribers", "cases", "keys"}
    outcome = answer(shop, case_id)
    assert outcome["result"] == "erased"
    (letter,) = mails(shop, "rights.erased")
    assert letter["to"] == address
    assert "21(3)" in letter["text"]
    assert "5(2)" in letter["text"]
    assert rows_with(database.superuser, address, name) == []
    assert sealed_with(database.superuser, shop.id, address) == ["accounts_notice"]  # the answer, until it is sent
    for one in (case_id, old):
        assert view(shop, one).wrote == selectors.Wrote()
    assert view(shop, case_id).row.state == "answered"
    with scope(shop.id):
        done = holdings.erasure_of_case(case_id)
        assert done is not None
        assert done.subject == reference
        assert {one["holding"] for one in done.kept} == {"suppression", "cases"}


def test_the_answer_to_an_erasure_is_itself_forgotten_once_it_is_sent(
    world: World, database: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.rights.mailbox import Mailbox

    shop = a_shop(world)
    address = f"ota-{new_id().hex[:12]}@seznam.example"
    a_person(shop, address)
    answer(shop, confirmed(shop, "erasure", address))
    with Mailbox() as mailbox:
        monkeypatch.setattr(notices, "env", mailbox.environment)
        (letter,) = mails(shop, "rights.erased")
        outcome = notices.deliver(controller_id=shop.id, notice_id=letter["id"], at=LATER, last=False)
    assert outcome is notices.Outcome.SENT
    assert mailbox.recipients == [address]
    assert sealed_with(database.superuser, shop.id, address) == []
    assert rows_with(database.superuser, address) == []


@pytest.mark.req("DSR-10")
def test_a_refusal_names_its_reason_and_the_right_to_complain(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, "erasure")
    with scope(shop.id):
        with pytest.raises(BadReason):
            services.refuse(case_id=case_id, reason="rights_of_others", actor=OFFICER, at=LATER)
        services.refuse(
            case_id=case_id, reason="legal_obligation", words="The Accounting Act.", actor=OFFICER, at=LATER
        )
    (letter,) = mails(shop, "rights.refused")
    assert "Art. 17(3)(b) GDPR" in letter["text"]
    assert "The Accounting Act." in letter["text"]
    assert "supervisory authority" in letter["text"]
    seen = view(shop, case_id)
    assert (seen.row.state, seen.outcome["reason"]) == ("refused", "legal_obligation")
    assert "Accounting" not in str(seen.outcome)


def test_of_two_officers_who_answer_at_once_exactly_one_wins(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, "erasure")
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def work(actor: Actor) -> None:
        start.wait()
        try:
            outcomes.append(answer(shop, case_id, actor)["result"])
        except AlreadyDecided as decided:
            outcomes.append(decided)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(actor,)) for actor in (OFFICER, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in outcomes) == ["AlreadyDecided", "str"]
    assert len(mails(shop, "rights.erased")) == 1
    with scope(shop.id):
        assert len(holdings.erasures()) == 1
        with pytest.raises(AlreadyDecided):
            services.refuse(case_id=case_id, reason="unfounded", actor=OTHER, at=LATER)


def test_a_crash_in_the_middle_of_an_answer_leaves_the_case_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mandata.rights.services import closing

    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = confirmed(shop, "erasure")
    before = len(mails(shop))

    def dies(*_given: object, **_named: object) -> dict[str, object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(closing, "close", dies)
    with pytest.raises(KeyboardInterrupt):
        answer(shop, case_id)
    monkeypatch.undo()
    assert view(shop, case_id).row.state == "confirmed"
    assert len(mails(shop)) == before
    with scope(shop.id):
        assert holdings.subject(reference).address == NOVAK
    assert answer(shop, case_id)["result"] == "erased"


def test_without_an_agreement_nothing_is_carried_out(world: World) -> None:
    customer = world.controller()
    shop = Shop(customer, new_id(), new_id(), 0)
    case_id = confirmed(shop, "access", "somebody@else.example")
    with pytest.raises(GateRefused):
        answer(shop, case_id)
    with scope(shop.id):
        accept(customer.member, at=NOON)
    assert answer(shop, case_id)["result"] == "nothing_held"


def test_another_controller_sees_no_case(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    case_id = ask(shop).case_id
    with scope(other.id):
        assert selectors.cases(at=LATER) == []
        with pytest.raises(NoSuchCase):
            selectors.case(case_id, at=LATER)
        with pytest.raises(NoSuchCase):
            services.answer(case_id=case_id, actor=OFFICER, at=LATER)
        assert Case.objects.count() == 0


def test_a_request_that_nobody_confirms_expires_and_is_emptied(world: World) -> None:
    shop = a_shop(world)
    case_id = ask(shop, at=NOON).case_id
    with scope(shop.id):
        assert services.expire(at=NOON + rules.CONFIRM_LASTS) == 0
        assert services.expire(at=NOON + 2 * rules.CONFIRM_LASTS) == 1
    seen = view(shop, case_id)
    assert seen.row.state == "expired"
    assert seen.wrote == selectors.Wrote()
    assert mails(shop) == []


def test_the_list_shows_what_waits_with_addresses_masked_and_what_is_late(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop)
    with scope(shop.id):
        (row,) = selectors.cases(state="open", at=LATER)
        assert (row.id, row.known, row.late) == (case_id, True, False)
        assert NOVAK not in row.address
        assert selectors.cases(state="open", at=row.due_at + timedelta(seconds=1))[0].late
        assert selectors.waiting(at=LATER)[0].id == case_id
        assert selectors.counts()["confirmed"] == 1
        Controller.objects.update(privacy_contact="officer@bakery.example")
    ask(shop, "erasure", at=LATER + timedelta(minutes=1))
    assert mails(shop)[0]["reply_to"] == "officer@bakery.example"


def test_the_hourly_job_goes_through_every_controller(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    long_ago = datetime(2025, 1, 1, tzinfo=UTC)
    stale = [(one, ask(one, at=long_ago).case_id) for one in (shop, other)]
    tasks.expire(timestamp=0)
    assert {view(one, case_id).row.state for one, case_id in stale} == {"expired"}


def test_a_person_whose_address_changed_since_is_still_the_one_who_asked(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = confirmed(shop, "erasure")
    with scope(shop.id):
        audience.rectify(
            subscriber_id=reference, values={}, email="jana.dvorakova@post.example", actor=shop.member, at=LATER
        )
    assert answer(shop, case_id)["result"] == "erased"
    with scope(shop.id):
        assert not has_key(reference)
