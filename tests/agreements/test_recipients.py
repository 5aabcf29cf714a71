"""The recipient rule: the same answer in Python and in PostgreSQL, whatever the facts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandata.agreements import library
from mandata.agreements.rules.conditions import Row, columns
from mandata.agreements.rules.recipients import Asked, Rule, Suppressed, fact, rule
from mandata.audience.models import List, Subscriber, Subscription, Suppression
from mandata.infra.clock import new_id
from mandata.infra.tenancy import scope
from tests.world import World

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENTS = [NOW + timedelta(seconds=offset) for offset in (-86_400, -1, 0, 1, 86_400)]
CONTROLLER, LIST, OTHER_LIST = new_id(), new_id(), new_id()
RULE = rule(library.load("ecomail"))
WIDER = library.source("ecomail").replace('items = ["consent", "existing_customer"]', 'items = ["legitimate_interest"]')
RULES = [*(rule(library.load(name)) for name in library.names()), rule(library.checked(WIDER, "wider.toml"))]
"""Every agreement that ships, and one with other grounds."""
ASKED = Asked(channel="email", now=NOW)
WELCOME: dict[str, Any] = {
    "controller_id": CONTROLLER,
    "list_id": LIST,
    "state": "subscribed",
    "basis": "consent",
    "evidence": {"source": "shop"},
    "since": NOW - timedelta(days=1),
}


def test_who_subscribed_with_a_ground_and_evidence_receives() -> None:
    assert RULE.receives(fact(**WELCOME), ASKED)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "unsubscribed"}, "unsubscribed"),
        ({"state": "pending"}, "unsubscribed"),
        ({"suppressions": [Suppressed("email")]}, "suppressed"),
        ({"suppressions": [Suppressed("all")]}, "suppressed"),
        ({"suppressions": [Suppressed("email", str(LIST))]}, "suppressed"),
        ({"suppressions": [Suppressed("email", until=NOW + timedelta(seconds=1))]}, "suppressed"),
        ({"restricted_at": NOW}, "restricted"),
        ({"basis": "none"}, "no_basis"),
        ({"basis": "legitimate_interest"}, "no_basis"),
        ({"evidence": {}}, "no_evidence"),
    ],
)
@pytest.mark.req("AUDI-2", "AUDI-4", "DSR-9")
def test_who_refused_or_has_no_ground_is_held_back(change: dict[str, Any], code: str) -> None:
    held = RULE.held_by(fact(**{**WELCOME, **change}), ASKED)
    assert held is not None
    assert held.code == code
    assert held.clause in library.load("ecomail").clauses


@pytest.mark.parametrize(
    "suppression",
    [Suppressed("sms"), Suppressed("email", str(OTHER_LIST)), Suppressed("email", until=NOW)],
)
def test_a_suppression_of_something_else_or_of_the_past_holds_nobody_back(suppression: Suppressed) -> None:
    assert RULE.receives(fact(**WELCOME, suppressions=[suppression]), ASKED)


def test_who_subscribes_after_the_launch_is_not_of_that_audience() -> None:
    asked = Asked("email", NOW, frozen_at=NOW - timedelta(days=2))
    held = RULE.held_by(fact(**WELCOME), asked)
    assert held is not None
    assert held.code == "late"


def test_the_rule_reads_only_columns_that_exist() -> None:
    tables: dict[str, type[models.Model]] = {"s": Subscriber, "b": Subscription, "p": Suppression}
    for condition in RULE.conditions:
        for column in columns(condition.node):
            alias, name = column.split(".")
            assert name in {field.column for field in tables[alias]._meta.concrete_fields}


def test_without_a_clause_on_evidence_none_is_asked() -> None:
    text = library.source("ecomail").replace(
        '[sending.evidence]\nsource = "AUDI-2"\nmark = "ours"\nvalue = "required"\n', ""
    )
    start = text.index('note = "ECO demands a ground')
    terms = library.checked(text[:start] + text[text.index("\n", start) :], "altered.toml")
    assert rule(terms).receives(fact(**{**WELCOME, "evidence": {}}), ASKED)


SUPPRESSIONS = st.builds(
    Suppressed,
    channel=st.sampled_from(["email", "sms", "all"]),
    scope=st.sampled_from(["", str(LIST), str(OTHER_LIST)]),
    until=st.sampled_from([None, *MOMENTS]),
)
FACTS = st.builds(
    fact,
    controller_id=st.just(CONTROLLER),
    list_id=st.just(LIST),
    state=st.sampled_from(["subscribed", "subscribed", "subscribed", "unsubscribed", "pending"]),
    basis=st.sampled_from(["consent", "existing_customer", "contract", "legitimate_interest", "none"]),
    evidence=st.sampled_from([{}, {"source": "shop"}, {"row": 7}]),
    since=st.sampled_from(MOMENTS),
    restricted_at=st.sampled_from([None, None, *MOMENTS]),
    suppressions=st.lists(SUPPRESSIONS, max_size=3, unique_by=lambda one: (one.channel, one.scope)),
)
QUERIES = st.builds(
    Asked,
    channel=st.sampled_from(["email", "sms"]),
    now=st.sampled_from(MOMENTS),
    frozen_at=st.sampled_from([None, *MOMENTS]),
)


class _Undone(Exception):
    """Takes a test's rows back."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(FACTS, min_size=1, max_size=25), asked=QUERIES)
@pytest.mark.req("AUDI-2", "AUDI-4")
def test_python_and_postgresql_decide_alike(world: World, rows: Sequence[Row], asked: Asked) -> None:
    with pytest.raises(_Undone), scope(CONTROLLER), transaction.atomic():
        numbers = _stored(rows)
        for one in RULES:
            found = _asked_in_sql(one, asked)
            for row, reference in zip(rows, numbers, strict=True):
                held = one.held_by(row, asked)
                assert found[reference] == (held is None, held.code if held else None)
        raise _Undone


def _asked_in_sql(one: Rule, asked: Asked) -> dict[UUID, tuple[bool, str | None]]:
    statement = (
        f"select s.id, {one.sql()}, {one.sql_reason()} from audience_subscription b "
        "join audience_subscriber s on s.controller_id = b.controller_id and s.id = b.subscriber_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, one.parameters(asked))
        return {reference: (receives, reason) for reference, receives, reason in cursor.fetchall()}


def _stored(rows: Sequence[Row]) -> list[UUID]:
    List.objects.create(id=LIST, number=1, name="All", created_at=NOW)
    references = [new_id() for _ in rows]
    Subscriber.objects.bulk_create(
        Subscriber(
            id=reference,
            identity=b"",
            email_index=reference.bytes,
            suppression_index=b"s" + reference.bytes,
            mail_domain="example.org",
            provider="other",
            restricted_at=row["s.restricted_at"],
            created_at=NOW,
            updated_at=NOW,
        )
        for row, reference in zip(rows, references, strict=True)
    )
    Subscription.objects.bulk_create(
        Subscription(
            list_id=LIST,
            subscriber_id=reference,
            state=row["b.state"],
            basis=row["b.basis"],
            evidence=row["b.evidence"],
            since=row["b.since"],
        )
        for row, reference in zip(rows, references, strict=True)
    )
    Suppression.objects.bulk_create(
        Suppression(
            hash=b"s" + reference.bytes,
            channel=one["p.channel"],
            scope=one["p.scope"],
            until=one["p.until"],
            reason="manual",
            since=NOW,
        )
        for row, reference in zip(rows, references, strict=True)
        for one in row["p"]
    )
    return references
