"""Decision tables of the gates: facts in, verdicts out, each with its clause and remedy."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from mandata.agreements import library
from mandata.agreements.language import words
from mandata.agreements.rules import gates
from mandata.agreements.rules.catalogue import CATALOGUE
from mandata.agreements.rules.checks import BY_CODE
from mandata.agreements.rules.checks import acts as checks
from mandata.agreements.rules.facts import (
    ExportFacts,
    FieldFacts,
    ImportFacts,
    RightsFacts,
    SendFacts,
    Standing,
    TrackFacts,
)
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.verdicts import Verdict, combine, refusals

TERMS = library.load("ecomail")
IN_FORCE = Standing(accepted=True)
ENDED = Standing(accepted=True, ended=True)
SUSPENDED = Standing(accepted=True, suspended=True)
NEVER = Standing(accepted=False)

SEND = SendFacts(
    standing=IN_FORCE,
    subject="Fresh bread",
    content=True,
    from_name="Demo Bakery",
    reply_address="hello@bakery.example",
    reply_valid=True,
    postal_address="1 Mill Lane, Prague",
    from_domain="news.bakery.example",
    domain_verified=True,
    marked=True,
    link=True,
    one_click=True,
    recipients=10,
    held={"no_basis": 2, "unsubscribed": 3},
)
IMPORT = ImportFacts(
    standing=IN_FORCE, bases=("consent",), evidenced=True, fields=(FieldFacts("first_name", "contact"),)
)


def altered(old: str, new: str) -> Terms:
    source = library.source("ecomail")
    assert source.count(old) == 1
    return library.checked(source.replace(old, new), "altered.toml")


def refused(verdicts: Iterable[Verdict]) -> list[str]:
    return [verdict.code for verdict in refusals(verdicts)]


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (IN_FORCE, []),
        (NEVER, ["agreement.in_force"]),
        (ENDED, ["agreement.in_force"]),
        (SUSPENDED, ["agreement.not_suspended"]),
        (replace(SUSPENDED, ended=True), ["agreement.in_force"]),
    ],
)
@pytest.mark.req("INS-1")
def test_nothing_is_processed_without_an_agreement_in_force(standing: Standing, expected: list[str]) -> None:
    assert refused(gates.may_process(TERMS, standing, "send")) == expected
    assert refused(gates.may_send(TERMS, replace(SEND, standing=standing))) == expected
    assert refused(gates.may_import(TERMS, replace(IMPORT, standing=standing))) == expected
    assert refused(gates.may_track(TERMS, TrackFacts(("opens",), standing))) == expected


def test_without_terms_no_clause_is_named_and_nothing_is_permitted() -> None:
    for verdicts in (
        gates.may_process(None, IN_FORCE, "send"),
        gates.may_send(None, SEND),
        gates.may_import(None, IMPORT),
        gates.may_track(None, TrackFacts((), IN_FORCE)),
        gates.may_export(None, ExportFacts(standing=IN_FORCE)),
        gates.may_rights(None, RightsFacts("access", confirmed=True, standing=IN_FORCE)),
    ):
        verdict = combine(verdicts)
        assert not verdict.allowed
        assert (verdict.clause, verdict.source) == ("", "")
        assert verdict.remedy


@pytest.mark.req("INS-1")
def test_an_act_that_no_instruction_names_is_refused() -> None:
    terms = altered('"import", "send", "track", "export"', '"import", "send", "export"')
    verdict = combine(gates.may_track(terms, TrackFacts(("opens",), IN_FORCE)))
    assert verdict.said()[1] == "The agreement holds no instruction for this act (track)."
    assert verdict.clause == "instruction.standing"


@pytest.mark.parametrize(
    ("change", "code", "clause", "source", "place"),
    [
        ({"subject": "  "}, "send.subject", "processing.purposes", "ECO-A annex A, 1.2", "campaign.subject"),
        ({"content": False}, "send.content", "processing.purposes", "ECO-A annex A, 1.2", "campaign.content"),
        ({"from_name": " "}, "send.from_name", "sending.sender", "ECO definitions (Spam)", "campaign.sender"),
        ({"reply_valid": False}, "send.reply_address", "sending.sender", "ECO definitions (Spam)", "campaign.sender"),
        ({"reply_address": ""}, "send.reply_address", "sending.sender", "ECO definitions (Spam)", "campaign.sender"),
        ({"postal_address": ""}, "send.postal_address", "sending.postal", "CAM-2", "controller.address"),
        ({"marked": False}, "send.marking", "sending.marking", "ECO definitions (Spam)", "campaign.content"),
        ({"link": False}, "send.unsubscribe", "sending.unsubscribe", "ECO definitions (Spam)", "campaign.content"),
        ({"one_click": False}, "send.one_click", "sending.unsubscribe", "ECO definitions (Spam)", "campaign.content"),
        ({"domain_verified": False}, "send.domain", "sending.domain", "ECO 6.2", "domains"),
        ({"from_domain": ""}, "send.domain", "sending.domain", "ECO 6.2", "domains"),
        (
            {"recipients": 0},
            "send.recipients",
            "sending.basis",
            "ECO definitions (Spam, Subscriber), 13.5.4",
            "campaign.recipients",
        ),
    ],
)
@pytest.mark.req("CAM-2", "DLV-1", "AUDI-2")
def test_a_campaign_that_lacks_something_is_refused_by_the_clause(
    change: dict[str, Any], code: str, clause: str, source: str, place: str
) -> None:
    verdicts = gates.may_send(TERMS, replace(SEND, **change))
    assert refused(verdicts) == [code]
    verdict = combine(verdicts)
    assert (verdict.clause, verdict.source, verdict.place) == (clause, source, place)
    assert verdict.said()[2]


def test_a_campaign_that_lacks_everything_is_told_all_of_it_at_once() -> None:
    bare = SendFacts("", False, "", "", False, "", "", False, False, False, False, 0, standing=IN_FORCE)
    assert refused(gates.may_send(TERMS, bare)) == [
        "send.subject",
        "send.content",
        "send.from_name",
        "send.reply_address",
        "send.postal_address",
        "send.marking",
        "send.unsubscribe",
        "send.one_click",
        "send.domain",
        "send.recipients",
    ]


def test_a_campaign_in_order_is_permitted_and_says_whom_it_reaches() -> None:
    verdicts = gates.may_send(TERMS, SEND)
    assert combine(verdicts).allowed
    last = verdicts[-1]
    assert last.said()[1] == "10 recipients may be written to; 5 are held back."
    assert last.evidence["held_no_basis"] == 2


@pytest.mark.req("DLV-1")
def test_the_processors_shared_domain_serves_where_the_agreement_says_so_only() -> None:
    shared = replace(SEND, domain_shared=True)
    verdicts = gates.may_send(TERMS, shared)
    assert refused(verdicts) == ["send.domain_shared"] and combine(verdicts).clause == "sending.domain"
    old, new = ('source = "ECO 6.2"\nvalue = "verified', 'source = "ECO 6.2"\nvalue = "verified_or_shared')
    assert combine(gates.may_send(altered(old, new), shared)).allowed
    assert refused(gates.may_send(altered(old, new), replace(shared, domain_verified=False))) == ["send.domain"]


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ('[sending.marking]\nsource = "ECO definitions (Spam)"\nvalue = "newsletter"\n', "", {"marked": False}),
        ('[sending.domain]\nsource = "ECO 6.2"\nvalue = "verified"\n', "", {"domain_verified": False}),
        ('items = ["link", "one_click"]', 'items = ["link"]', {"one_click": False}),
        ('items = ["name", "reply_address"]', 'items = ["name"]', {"reply_address": "", "reply_valid": False}),
    ],
)
def test_what_an_agreement_does_not_demand_is_not_asked(old: str, new: str, change: dict[str, Any]) -> None:
    assert combine(gates.may_send(altered(old, new), replace(SEND, **change))).allowed


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"bases": ("consent", "existing_customer")}, []),
        ({"bases": ()}, ["import.basis"]),
        ({"bases": ("consent", "legitimate_interest")}, ["import.basis"]),
        ({"bases": ("none",)}, ["import.basis"]),
        ({"evidenced": False}, ["import.evidence"]),
        ({"warranted": False}, ["import.warranty"]),
        ({"fields": (FieldFacts("diagnosis", "special"),)}, ["import.special"]),
        ({"fields": (FieldFacts("record", "criminal"),)}, ["import.special"]),
        ({"fields": (FieldFacts("note", "preference"), FieldFacts("birth", "demographic"))}, []),
        ({"fields": (FieldFacts("odd", "unheard_of"),)}, ["import.category"]),
    ],
)
@pytest.mark.req("AUDI-2", "CAT-1", "CAT-3", "CAT-4", "AGR-6")
def test_an_import_declares_its_ground_and_brings_no_refused_data(change: dict[str, Any], expected: list[str]) -> None:
    assert refused(gates.may_import(TERMS, replace(IMPORT, **change))) == expected


@pytest.mark.req("CAT-4")
def test_special_categories_pass_only_where_expressly_agreed() -> None:
    agreed = altered('value = "refused"', 'value = "agreed"')
    fields = (FieldFacts("diagnosis", "special"),)
    assert combine(gates.field_verdicts(agreed, fields)).allowed
    verdict = combine(gates.field_verdicts(TERMS, fields))
    assert verdict.source == "ECO-A annex A; ECO definitions (Sensitive Data)"
    assert verdict.evidence["fields"] == "diagnosis"


@pytest.mark.parametrize(
    ("standing", "deleted", "expected"),
    [
        (IN_FORCE, False, []),
        (SUSPENDED, False, []),
        (ENDED, False, []),
        (ENDED, True, ["export.held"]),
        (NEVER, False, ["export.return"]),
    ],
)
@pytest.mark.req("RET-3")
def test_a_controller_gets_its_data_while_it_is_held(standing: Standing, deleted: bool, expected: list[str]) -> None:
    assert refused(gates.may_export(TERMS, ExportFacts(deleted, standing))) == expected


def test_after_the_end_nothing_is_returned_where_no_duty_survives() -> None:
    terms = altered('items = ["return", "deletion", "confidentiality"]', 'items = ["deletion", "confidentiality"]')
    assert refused(gates.may_export(terms, ExportFacts(standing=ENDED))) == ["export.return"]


@pytest.mark.parametrize(
    ("standing", "confirmed", "expected"),
    [
        (IN_FORCE, True, []),
        (SUSPENDED, True, []),
        (ENDED, True, []),
        (IN_FORCE, False, ["rights.confirmed"]),
        (NEVER, True, ["rights.agreement"]),
    ],
)
@pytest.mark.req("DSR-2")
def test_requests_of_confirmed_persons_are_carried_out_also_after_the_end(
    standing: Standing, confirmed: bool, expected: list[str]
) -> None:
    assert refused(gates.may_rights(TERMS, RightsFacts("erasure", confirmed=confirmed, standing=standing))) == expected


@pytest.mark.req("TRK-1")
def test_only_agreed_kinds_of_activity_are_recorded() -> None:
    assert combine(gates.may_track(TERMS, TrackFacts(("opens", "clicks", "complaints"), IN_FORCE))).allowed
    verdict = combine(gates.may_track(TERMS, TrackFacts(("opens", "heart_rate"), IN_FORCE)))
    assert not verdict.allowed
    assert verdict.evidence["kinds"] == "heart_rate"


@pytest.mark.parametrize(
    ("check", "part", "whole", "allowed"),
    [
        (checks.COMPLAINTS, 0, 0, True),
        (checks.COMPLAINTS, 10, 20_000, True),
        (checks.COMPLAINTS, 11, 20_000, False),
        (checks.NONEXISTENT, 50, 1_000, True),
        (checks.NONEXISTENT, 51, 1_000, False),
    ],
)
@pytest.mark.req("AUDI-3", "DLV-3")
def test_a_share_is_broken_by_more_than_the_agreed_one(check: Any, part: int, whole: int, allowed: bool) -> None:
    verdict = gates.within_share(TERMS, check, part, whole)
    assert verdict is not None
    assert verdict.allowed is allowed


def test_a_share_that_no_clause_sets_is_not_measured() -> None:
    terms = altered('[sending.complaints]\nsource = "ECO 13.5.5"\nshare = "0.05 %"\n', "")
    assert gates.within_share(terms, checks.COMPLAINTS, 9, 10) is None


def test_silence_permits_nothing() -> None:
    with pytest.raises(ValueError, match="nothing is permitted"):
        combine([])


@pytest.mark.parametrize("make", [lambda: gates.may_send(TERMS, SEND), lambda: gates.may_import(TERMS, IMPORT)])
def test_verdicts_speak_both_languages(make: Callable[[], tuple[Verdict, ...]]) -> None:
    for verdict in make():
        assert verdict.said() != verdict.said(words("cs"))
        assert "{" not in "".join(verdict.said(words("cs")))


def test_every_check_names_a_clause_of_the_catalogue_and_a_remedy() -> None:
    assert len(BY_CODE) > 40
    for check in BY_CODE.values():
        assert check.clause in CATALOGUE, check.code
        assert check.remedy and check.place
