"""Data that goes to others: asked, logged with its ground, told to the person."""

from datetime import date

import pytest
from django.db import connection

from mandata.agreements import selectors as agreements
from mandata.agreements.errors import GateRefused
from mandata.holdings import information
from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.subprocessors import selectors
from mandata.subprocessors.errors import BadEntry
from mandata.subprocessors.services import authorisations, disclosures, register
from tests.subprocessors.cast import OPERATOR, bound, carrier
from tests.world import World


@pytest.mark.req("SPR-8")
def test_a_disclosure_is_logged_with_its_ground_and_the_record_holds_no_name(world: World) -> None:
    bakery, at = bound(world), now()
    with scope(bakery.id):
        made = disclosures.log(
            kind="authority", recipient="Office for Personal Data", country="CZ", what="the list of bounces",
            ground="Article 58(1)(a) GDPR", subjects=12, actor=OPERATOR, at=at,
        )  # fmt: skip
        (found,) = selectors.disclosures()
        leaves = b"".join(bytes(one.leaf) for one in Entry.objects.filter(kind="disclosure.made"))
    assert (found.id, found.recipient, found.ground, found.subjects) == (
        made, "Office for Personal Data", "Article 58(1)(a) GDPR", 12,
    )  # fmt: skip
    assert str(made).encode() in leaves and b"Office" not in leaves and b"bounces" not in leaves


@pytest.mark.req("SPR-8")
def test_without_ground_or_instruction_nothing_is_disclosed_and_the_refusal_is_kept(world: World) -> None:
    bakery, at = bound(world), now()
    asked = {"kind": "collector", "recipient": "Debts Ltd", "country": "CZ", "what": "an address", "actor": OPERATOR}
    with scope(bakery.id):
        with pytest.raises(GateRefused):
            disclosures.log(**asked, at=at)  # type: ignore[arg-type]
        disclosures.log(**asked, at=at, instruction=new_id())  # type: ignore[arg-type]
        assert len(selectors.disclosures()) == 1
        refused = [one.reason for one in agreements.refused() if one.act == "disclose"]
    assert len(refused) == 1 and "Debts" not in refused[0]


def test_what_is_no_disclosure_is_refused_in_words(world: World) -> None:
    bakery = bound(world)
    asked = {"kind": "adviser", "recipient": "Firm", "country": "CZ", "what": "x", "ground": "y", "actor": OPERATOR}
    for wrong in ({"kind": "subprocessor"}, {"recipient": " "}, {"country": "Mars"}, {"what": ""}):
        with scope(bakery.id), pytest.raises(BadEntry):
            disclosures.log(**{**asked, **wrong}, at=now())  # type: ignore[arg-type]


@pytest.mark.req("SPR-8", "DSR-4")
def test_a_person_is_told_the_recipients_and_no_other_persons_name(world: World) -> None:
    bakery, mill, at = bound(world), bound(world, "Mill", contact="office@mill.example"), now()
    carrier("Prairie Mail Inc.", active=True, country="US")
    register.mechanism("Prairie Mail Inc.", register.Resting("scc", date(2021, 6, 27)), actor=OPERATOR, at=at)
    carrier("Unasked Ltd", active=True)
    with scope(bakery.id):
        authorisations.give(subprocessor="Prairie Mail Inc.", actor=bakery.member, at=at)
        for kind, name in (("adviser", "Paragraph & Partners"), ("requester", "Ms Curious")):
            disclosures.log(
                kind=kind, recipient=name, country="CZ", what="x", ground="law", actor=OPERATOR, at=at,
                instruction=new_id(),
            )  # fmt: skip
        told = {one.provision: one.items for one in information.sections([], language="en", at=now())}
    lines = "\n".join(told["15(1)(c)"])
    assert (
        "Prairie Mail Inc., a sub-processor (country: United States of America)" in lines
        and "Paragraph & Partners" in lines
    )
    assert "Curious" not in lines and "whom the law entitles" in lines and "Unasked" not in lines
    (abroad,) = told["15(2)"]
    assert abroad.startswith("Prairie Mail Inc. (country: United States") and "standard contractual clauses" in abroad
    with scope(mill.id):
        other = {one.provision: one.items for one in information.sections([], language="en", at=at)}
    assert "Paragraph" not in str(other) and other["15(2)"] == ()


def test_another_controllers_log_is_nobody_elses(world: World) -> None:
    bakery, mill = bound(world), bound(world, "Mill", contact="office@mill.example")
    with scope(bakery.id):
        disclosures.log(
            kind="insurer", recipient="Sure Ltd", country="CZ", what="x", ground="law", actor=OPERATOR, at=now(),
            instruction=new_id(),
        )  # fmt: skip
    with scope(mill.id):
        assert selectors.disclosures() == []
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from subprocessors_disclosure")
            assert cursor.fetchone()[0] == 0
