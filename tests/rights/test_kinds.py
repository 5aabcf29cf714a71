"""Each kind of request does what its provision says, through the holdings, and tells the person so."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from mandata.agreements.errors import MayNotExtend
from mandata.agreements.models import Obligation
from mandata.agreements.selectors import obligations
from mandata.audience import selectors as audience
from mandata.audience import services as audience_services
from mandata.audience.errors import StillSuppressed
from mandata.holdings import manual, portability
from mandata.holdings.acts import LIMITS
from mandata.infra.tenancy import scope
from mandata.rights import rules, selectors, services
from mandata.rights.errors import NotAskable, NotJoined, NotThisKind, WordsMissing
from tests.holdings.cast import LATER, NOVAK, Shop, a_person, a_shop
from tests.rights.asking import (
    OFFICER,
    a_us_shop,
    answer,
    ask,
    confirmed,
    mails,
    somebody,
    token_in,
    told,
    view,
)
from tests.world import NOON, World

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
}


def _faults(value: Any, schema: dict[str, Any], defs: dict[str, Any], where: str) -> Iterator[str]:
    """What of a value does not follow a schema, as far as the published one uses JSON Schema."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, _TYPES[one]) for one in kinds):
        yield f"{where}: no {kinds}"
        return
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        yield f"{where}: {value}"
    if schema.get("format") == "date-time":
        datetime.fromisoformat(value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{where}: {name} is missing" for name in set(schema.get("required", ())) - value.keys())
        for name, part in value.items():
            more = schema.get("additionalProperties", True)
            inner = known.get(name, more if isinstance(more, dict) else {})
            if name not in known and more is False:
                yield f"{where}: {name} is unknown"
            yield from _faults(part, inner, defs, f"{where}/{name}")
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _faults(part, schema.get("items", {}), defs, f"{where}/{number}")


def test_every_kind_says_its_law_its_way_and_reasons_that_the_law_knows() -> None:
    assert {one.regime for one in rules.TABLE.values()} == set(rules.REGIMES)
    for one in rules.TABLE.values():
        assert one.clause, one.code
        assert set(one.reasons) <= set(rules.REASONS), one.code
        assert all((rules.US in reason) == (one.regime == rules.US) for reason in map(_side, one.reasons)), one.code
        assert len(one.code) <= 16
    assert rules.offered(rules.GDPR)[0] == "access"
    assert set(rules.offered(rules.US)) >= {"know", "delete", "correct", "opt_out", "limit", "household", "complaint"}
    assert not set(rules.offered(rules.GDPR)) & {"know", "unsorted"}


def _side(reason: str) -> str:
    return rules.US if reason.startswith("us_") else rules.GDPR


@pytest.mark.req("DSR-4..8")
def test_a_correction_changes_the_fields_and_names_them_to_the_person(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = confirmed(shop, "rectification", words="I live in Prague.")
    with pytest.raises(WordsMissing):
        answer(shop, case_id)
    outcome = answer(shop, case_id, changes={"city": "Praha", "first_name": "Johana"}, words="Done.")
    assert (outcome["result"], outcome["fields"]) == ("corrected", ["city", "first_name"])
    with scope(shop.id):
        identity = audience.person(reference).identity
    assert (identity["city"], identity["first_name"], identity["last_name"]) == ("Praha", "Johana", "Nováková")
    (letter,) = mails(shop, "rights.answered")
    assert "City" in letter["text"]
    assert "Praha" not in letter["text"]


@pytest.mark.req("DSR-4..8")
def test_a_restriction_holds_until_it_is_lifted_and_the_person_is_told_before(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = confirmed(shop, "restriction", asked={"ground": ["unlawful"]})
    assert answer(shop, case_id)["ground"] == "unlawful"
    with scope(shop.id):
        assert audience.person(reference).restricted_at == LATER
        with pytest.raises(WordsMissing):
            services.lift(case_id=case_id, words=" ", actor=OFFICER, at=LATER)
        later = LATER + timedelta(days=9)
        assert services.lift(case_id=case_id, words="It is checked.", actor=OFFICER, at=later) == 1
        with pytest.raises(NotThisKind):
            services.lift(case_id=case_id, words="Again.", actor=OFFICER, at=later)
        assert audience.person(reference).restricted_at is None
    assert "It is checked." in mails(shop, "rights.lifted")[0]["text"]
    assert told(shop, case_id)[-2:] == ["answered", "lifted"]


@pytest.mark.req("DSR-4..8")
def test_a_portable_copy_follows_its_published_schema_and_holds_what_the_person_provided_alone(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    case_id = confirmed(shop, "portability")
    assert answer(shop, case_id)["result"] == "handed_over"
    file = services.fetch(token=token_in(mails(shop, "rights.answered")[0]), at=LATER)
    archive = zipfile.ZipFile(io.BytesIO(file.content))
    assert set(archive.namelist()) >= {"portable.json", "portable.schema.json", "csv/person.csv", "csv/activity.csv"}
    content = json.loads(archive.read("portable.json"))
    schema = json.loads(archive.read("portable.schema.json"))
    assert schema == json.loads(portability.schema())
    assert list(_faults(content, schema, schema["$defs"], "")) == []
    assert list(_faults({**content, "format": "other", "more": 1}, schema, schema["$defs"], ""))
    assert content["person"]["email"] == NOVAK
    assert "mail_domain" not in content["person"]
    assert content["subscriptions"][0]["list"] == "Newsletter"
    assert {one["kind"] for one in content["activity"]} == {"open", "click"}


@pytest.mark.req("DSR-9", "DSR-13")
def test_an_objection_to_advertising_is_carried_out_by_itself_without_reasons_and_outlives_the_person(
    world: World,
) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = ask(shop, "objection").case_id
    services.confirm(token=token_in(mails(shop, "rights.confirm")[0]), at=LATER)
    seen = view(shop, case_id)
    assert (seen.row.state, seen.outcome["result"], seen.decided_by) == ("answered", "stopped", None)
    assert "direct marketing" in mails(shop, "rights.answered")[0]["text"]
    assert mails(shop, "rights.acknowledged") == []
    with scope(shop.id):
        assert audience_services.is_suppressed(email=NOVAK, at=LATER) == "objection"
        assert audience_services.is_suppressed(email=NOVAK, at=LATER, channel="sms") == "objection"
        assert {one.state for one in audience.person(reference).places} == {"unsubscribed"}
        assert {one.duty: one.state for one in obligations.about(case_id, LATER)}["rights.forward"] == "met"
    answer(shop, confirmed(shop, "erasure"))
    with scope(shop.id):
        assert audience_services.is_suppressed(email=NOVAK, at=LATER) == "objection"
        with pytest.raises(StillSuppressed):
            audience_services.subscribe(list_id=shop.list_id, email=NOVAK, source="file", actor=shop.member, at=LATER)


@pytest.mark.req("DSR-9")
def test_an_objection_to_one_type_of_message_leaves_the_others(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    with scope(shop.id):
        other = audience_services.create_list(name="Recipes", actor=shop.member, at=NOON)
        audience_services.subscribe(list_id=other, email=NOVAK, source="counter", actor=shop.member, at=NOON)
    asked = {"scope": ["lists"], "list": [str(shop.list_id)], "channel": ["email"]}
    case_id = confirmed(shop, "objection", asked=asked)
    assert view(shop, case_id).row.state == "answered"
    with scope(shop.id):
        places = {one.list_name: one.state for one in audience.person(reference).places}
        assert places == {"Newsletter": "unsubscribed", "Recipes": "subscribed"}
        assert audience_services.is_suppressed(email=NOVAK, at=LATER) == ""
        assert audience_services.is_suppressed(email=NOVAK, at=LATER, scope=str(shop.list_id)) == "objection"
    assert "Newsletter" in mails(shop, "rights.answered")[0]["text"]


@pytest.mark.req("DSR-9", "DSR-13")
def test_an_objection_for_ones_own_situation_is_decided_by_an_officer_who_can_leave_the_least(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    case_id = confirmed(shop, "objection", asked={"scope": ["situation"]}, words="Because of my job.")
    assert view(shop, case_id).row.state == "confirmed"
    outcome = answer(shop, case_id, minimise=True)
    assert (outcome["result"], outcome["scope"], outcome["minimised"]) == ("stopped", "situation", 1)
    with scope(shop.id):
        person = audience.person(reference)
    assert dict(person.identity) == {"email": NOVAK}
    assert person.evidence_source == "" or person.evidence_source  # the proof of consent is not a field
    assert person.places[0].evidence["source"] == "counter"


def test_somebody_nobody_knows_who_objects_is_never_written_to_later(world: World) -> None:
    shop = a_shop(world)
    case_id = confirmed(shop, "objection", "stranger@nowhere.example")
    assert view(shop, case_id).outcome["result"] == "stopped"
    with scope(shop.id), pytest.raises(StillSuppressed):
        audience_services.subscribe(
            list_id=shop.list_id, email="stranger@nowhere.example", source="file", actor=shop.member, at=LATER
        )


@pytest.mark.req("DSR-14", "DSR-1")
@pytest.mark.parametrize(("kind", "result"), [("automated", "reviewed"), ("complaint", "replied")])
def test_a_review_and_a_complaint_are_answered_in_the_officers_own_words(world: World, kind: str, result: str) -> None:
    shop = a_shop(world)
    case_id = confirmed(shop, kind)
    with pytest.raises(WordsMissing):
        answer(shop, case_id)
    assert answer(shop, case_id, words="We looked at it, and you are right.")["result"] == result
    (letter,) = mails(shop, "rights.answered")
    assert "you are right" in letter["text"]
    assert ("machines alone" in letter["text"]) == (kind == "automated")
    assert "Úřad pro ochranu osobních údajů" in letter["text"]
    assert "you are right" not in str(view(shop, case_id).outcome)


@pytest.mark.parametrize(
    ("kind", "asked"), [("objection", {"scope": ["everything"]}), ("objection", {"scope": ["lists"]}),
                        ("restriction", {"ground": ["because"]})],
)  # fmt: skip
def test_codes_that_there_are_not_are_refused(world: World, kind: str, asked: dict[str, list[str]]) -> None:
    shop = a_shop(world)
    with pytest.raises(NotAskable):
        ask(shop, kind, asked=asked)


@pytest.mark.req("CCP-1")
def test_american_kinds_are_offered_where_the_agreement_is_american_and_nowhere_else(world: World) -> None:
    shop, bay = a_shop(world), a_us_shop(world)
    assert "know" not in selectors.portal_kinds(shop.id, at=LATER)
    assert selectors.portal_kinds(bay.id, at=LATER)[0] == "know"
    with pytest.raises(NotAskable):
        ask(shop, "opt_out")
    assert ask(bay, "access").case_id  # a European who asks an American business


@pytest.mark.req("CCP-1", "DSR-3")
def test_american_clocks_run_from_receipt_and_each_right_has_its_own(world: World) -> None:
    bay, pacific = a_us_shop(world), ZoneInfo("America/Los_Angeles")
    somebody(bay, NOVAK)
    received = ask(bay, "know", at=LATER)
    with scope(bay.id):
        found = {one.duty: one for one in obligations.about(received.case_id, LATER)}
        assert found["rights.confirm"].state == "met"  # by the mail that went out on receipt
        assert received.due == found["rights.answer"].strict - timedelta(seconds=1)
        answer_days = (received.due.astimezone(pacific).date() - LATER.astimezone(pacific).date()).days
        assert answer_days == 44  # the day of receipt counts by the strict reading of § 7021(b)
        services.confirm_by_hand(case_id=received.case_id, actor=OFFICER, at=LATER)
        longer = services.extend(case_id=received.case_id, reason="Many.", actor=OFFICER, at=LATER + timedelta(days=40))
        assert (longer.astimezone(pacific).date() - LATER.astimezone(pacific).date()).days == 89
    opted = ask(bay, "opt_out", "somebody@else.example")
    with scope(bay.id):
        duty = Obligation.objects.get(about=opted.case_id, duty="rights.optout")
        assert (duty.period, duty.state) == ("15 working days", "met")
        assert not Obligation.objects.filter(about=opted.case_id, duty="rights.answer").exists()
        again = Obligation.objects.filter(duty="rights.optin", about=opted.case_id)
        assert [one.kind for one in again] in ([], ["after"])
        with pytest.raises(Exception, match="answered"):
            services.extend(case_id=opted.case_id, reason="Many.", actor=OFFICER, at=LATER)


@pytest.mark.req("CCP-1")
def test_an_opt_out_needs_no_proof_and_is_noted_at_once(world: World) -> None:
    bay = a_us_shop(world)
    case_id = ask(bay, "limit", language="de").case_id
    seen = view(bay, case_id)
    assert (seen.row.state, seen.outcome["result"]) == ("answered", "noted")
    assert mails(bay, "rights.confirm") == []
    assert "California Privacy Protection Agency" in mails(bay, "rights.answered")[0]["text"]


@pytest.mark.req("CCP-1")
def test_who_opted_out_is_not_asked_to_opt_in_again_before_the_clauses_time(world: World) -> None:
    bay = a_us_shop(world, agreement="ccpa-7051")
    case_id = ask(bay, "limit").case_id
    assert view(bay, case_id).row.state == "answered"
    with scope(bay.id):
        owed = Obligation.objects.filter(about=case_id).exclude(duty="rights.archive")
        assert [one.duty for one in owed if one.state == "open"] == ["rights.optin"]  # § 1798.135(c)(4)


@pytest.mark.req("CCP-1")
def test_a_consumer_is_erased_on_the_consumers_own_ground(world: World) -> None:
    bay = a_us_shop(world)
    somebody(bay, NOVAK)
    outcome = answer(bay, confirmed(bay, "delete"))
    assert (outcome["result"], outcome["ground"]) == ("erased", "consumer")
    corrected = somebody(bay, "joe@bay.example", city="Oakland")
    answer(bay, confirmed(bay, "correct", "joe@bay.example"), changes={"city": "Berkeley"})
    with scope(bay.id):
        assert audience.person(corrected).identity["city"] == "Berkeley"


@pytest.mark.req("CCP-1")
@pytest.mark.parametrize("what", ["know", "delete"])
def test_a_household_is_answered_when_everybody_has_confirmed_and_nobody_gets_anothers_copy(
    world: World, what: str
) -> None:
    bay = a_us_shop(world)
    people = [f"ann.{what}@bay.example", f"ben.{what}@bay.example"]
    for number, address in enumerate(people):
        somebody(bay, address, first_name=f"Name{number}", street="1 Shared Street")
    with scope(bay.id):
        case_id = services.receive_household(
            what=what, address=people[0], others=people[1:], channel="portal", language="en", at=LATER
        ).case_id
    with pytest.raises(NotJoined):
        answer(bay, case_id)
    for mail in mails(bay, "rights.confirm"):
        assert view(bay, case_id).row.state == "confirmed"
        services.confirm(token=token_in(mail), at=LATER)
    outcome = answer(bay, case_id)
    assert (outcome["result"], outcome["people"]) == ("household", 2)
    members = view(bay, case_id).members
    assert {one.state for one in members} == {"answered"}
    if what == "delete":
        with scope(bay.id):
            assert audience.find_by_email(people[0]) is None
        return
    for mail in mails(bay, "rights.answered"):
        if "/rights/answer/" not in mail["text"]:
            continue
        copy = zipfile.ZipFile(io.BytesIO(services.fetch(token=token_in(mail), at=LATER).content)).read("data.json")
        other = next(one for one in people if one != mail["to"])
        assert mail["to"].encode() in copy
        assert other.encode() not in copy


@pytest.mark.req("CCP-1")
def test_nobody_of_a_household_is_answered_alone_or_without_one_who_was_refused(world: World) -> None:
    bay = a_us_shop(world)
    people = ["ann.alone@bay.example", "ben.alone@bay.example"]
    for address in people:
        somebody(bay, address)
    with scope(bay.id):
        case_id = services.receive_household(
            what="know", address=people[0], others=people[1:], channel="portal", language="en", at=LATER
        ).case_id
    for mail in mails(bay, "rights.confirm"):
        services.confirm(token=token_in(mail), at=LATER)
    first, second = view(bay, case_id).members
    with pytest.raises(NotJoined):
        answer(bay, first.id)
    with scope(bay.id):
        services.refuse(case_id=second.id, reason="us_identity", actor=OFFICER, at=LATER)
    with pytest.raises(NotJoined):
        answer(bay, case_id)
    assert view(bay, first.id).row.state == "confirmed"


def test_a_household_of_one_or_of_the_same_twice_is_none(world: World) -> None:
    bay = a_us_shop(world)
    for others in ([], [NOVAK], ["not an address"]):
        with scope(bay.id), pytest.raises(NotAskable):
            services.receive_household(
                what="know", address=NOVAK, others=others, channel="portal", language="en", at=LATER
            )


def _cabinet(shop: Shop) -> UUID:
    said = dict.fromkeys(LIMITS, "Old orders")
    with scope(shop.id):
        return manual.register(kind="paper", keeper="controller", said=said, actor=shop.member, at=NOON)


@pytest.mark.req("RET-7", "DSR-4..8")
@pytest.mark.parametrize(
    ("kind", "act"), [("rectification", "rectify"), ("restriction", "restrict"), ("portability", "export")]
)
def test_manual_holdings_are_gone_through_before_a_request_is_answered(world: World, kind: str, act: str) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    _cabinet(shop)
    case_id = confirmed(shop, kind)
    from mandata.holdings import shelves

    with scope(shop.id):
        (task,) = shelves.tasks_about(case_id, at=LATER)
        assert (task.act, task.due_at) == (act, view(shop, case_id).row.due_at)
        with pytest.raises(manual.StillOpen):
            services.answer(case_id=case_id, actor=OFFICER, at=LATER, changes={"city": "Praha"})
        manual.complete(task_id=task.id, found=0, actor=OFFICER, at=LATER)
    answer(shop, case_id, changes={"city": "Praha"})
    if kind == "restriction":
        with scope(shop.id):
            services.lift(case_id=case_id, words="Checked.", actor=OFFICER, at=LATER)
            assert {one.act for one in shelves.tasks_about(case_id, at=LATER)} == {"restrict", "lift"}


def test_an_opt_out_and_a_longer_period_do_not_go_together(world: World) -> None:
    bay = a_us_shop(world)
    with scope(bay.id):
        services.receive(kind="know", address=NOVAK, channel="portal", language="en", at=LATER)
        (row,) = selectors.cases(state="open", at=LATER)
        with pytest.raises(MayNotExtend):
            services.extend(case_id=row.id, reason=" ", actor=OFFICER, at=LATER)
