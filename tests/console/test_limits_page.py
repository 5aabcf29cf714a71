"""The operator's page and commands of limits and warm-up plans."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from mandata.accounts.models import User
from mandata.delivery.models import Lane, Rule, Warmup
from mandata.delivery.rules.limits import EVERY, Allowance
from mandata.delivery.services import caps, limiting
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.clock import now
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from tests.world.people import registered, staffed

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OPERATOR = Actor("operator")


@pytest.fixture
def otto(database: object) -> Iterator[Client]:
    client = Client()
    client.force_login(User.objects.get(id=staffed(registered()).user_id), backend=BACKEND)
    yield client
    for table in (Rule, Warmup, Lane):
        table.objects.all().delete()


def page(client: Client, status: int = 200, **sent: object) -> str:
    address = reverse("operator:limits")
    answer = client.post(address, sent) if sent else client.get(address)
    assert answer.status_code == status, answer.status_code
    return str(answer.content.decode())


@pytest.mark.req("DLV-3")
def test_the_operator_sets_a_limit_sees_it_and_takes_it_away(otto: Client) -> None:
    assert "No limit is set" in page(otto)
    page(otto, 302, act="limit", provider="Seznam", per_second="20", daily="5000")
    one = Rule.objects.get()
    assert (one.transport, one.provider, one.per_second, one.connections, one.daily) == (
        EVERY,
        "Seznam",
        20,
        None,
        5000,
    )
    assert "Seznam" in page(otto) and "5,000" in page(otto)
    page(otto, 302, act="drop", provider="Seznam", transport="")
    assert not Rule.objects.exists()
    with scope(INSTANCE):
        kinds = list(Entry.objects.order_by("-id").values_list("kind", flat=True)[:2])
    assert sorted(kinds) == ["delivery.limit_dropped", "delivery.limit_set"]


@pytest.mark.req("DLV-3")
def test_a_warm_up_begins_with_the_usual_plan_and_ends(otto: Client) -> None:
    page(otto, 302, act="warm", name="News.Shop.example", begins_on=now().date().isoformat(), plan="100, 200,400")
    one = Warmup.objects.get()
    assert (one.kind, one.name, one.plan) == ("domain", "news.shop.example", [100, 200, 400])
    shown = page(otto)
    assert "news.shop.example" in shown and "1 of 3" in shown and "0 of 100" in shown
    page(otto, 302, act="warm", name="192.0.2.7", begins_on=now().date().isoformat(), plan="5")
    assert Warmup.objects.filter(kind="source", name="192.0.2.7").exists()
    page(otto, 302, act="end", kind="source", name="192.0.2.7")
    page(otto, 302, act="end", kind="domain", name="news.shop.example")
    assert "Nothing is being warmed up" in page(otto)


@pytest.mark.req("DLV-3")
def test_a_lane_that_was_slowed_down_is_shown_and_can_be_let_go(otto: Client) -> None:
    limiting.slow_down("lane:0:Seznam", allowed=Allowance(None, None), measured=80.0, said="421 4.7.0")
    shown = page(otto)
    assert "slowed down" in shown and "after 421 4.7.0" in shown
    page(otto, 302, act="free", lane="lane:0:Seznam")
    assert "after 421 4.7.0" not in page(otto)


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "limit", "provider": "Seznam"},
        {"act": "limit", "transport": "nowhere", "daily": "5"},
        {"act": "limit", "daily": "-1"},
        {"act": "warm", "name": "no domain", "begins_on": "2027-03-01", "plan": "5"},
        {"act": "warm", "name": "shop.example", "begins_on": "2027-03-01", "plan": "5,4"},
        {"act": "warm", "name": "shop.example", "begins_on": "2027-03-01", "plan": "many"},
        {"act": "drop", "provider": "Nobody", "transport": ""},
        {"act": "end", "kind": "domain", "name": "shop.example"},
        {"act": "free", "lane": "lane:0:Nobody"},
        {"act": "dance"},
    ],
)
def test_what_is_no_limit_is_refused_in_words(otto: Client, sent: dict[str, str]) -> None:
    assert "Limits" in page(otto, 422, **sent)
    assert not Rule.objects.exists() and not Warmup.objects.exists()


def test_a_limit_for_one_transport_names_it(otto: Client) -> None:
    caps.set_limit(
        transport="settings", provider="", per_second=None, connections=3, daily=None, actor=OPERATOR, at=now()
    )
    assert caps.rules() == [caps.LimitRow("settings", "", None, 3, None)]
    with pytest.raises(Refused):
        caps.set_limit(
            transport="", provider="x" * 41, per_second=1.0, connections=None, daily=None, actor=OPERATOR, at=now()
        )


def test_the_plan_of_tomorrow_lets_nothing_go_today(otto: Client) -> None:
    at = datetime(2027, 3, 1, 12, tzinfo=UTC)
    caps.begin_warmup(kind="domain", name="shop.example", begins_on=date(2027, 3, 2), actor=OPERATOR, at=at)
    assert caps.plans(at=at)[0].cap == 0
    assert caps.plans(at=at + timedelta(days=1))[0].cap == 200
    assert caps.plans(at=at + timedelta(days=30))[0].cap is None
    assert json.dumps(caps.plans(at=at)[0].plan)
