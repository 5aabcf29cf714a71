"""What the large mailbox providers ask of a campaign, item by item, from rules and from a real campaign."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mandata.campaigns.models import Campaign
from mandata.delivery import selectors, services
from mandata.delivery.models import Counter, Return
from mandata.delivery.nameserver import Zone
from mandata.delivery.rules.bulk import Facts, items
from mandata.delivery.rules.domains import Check
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from tests.delivery.mailing import SMALL, shop
from tests.delivery.naming import asked, fresh, publish


def good(purpose: Any, code: str = "found", *notes: str) -> Check:
    return Check(purpose, "ok", code, "name", "value", notes=notes)


FACTS = Facts(
    from_domain="bakery.example",
    checks=(good("spf"), good("return_path"), good("dmarc", "policy_none")),
    signs=True,
    one_click=True,
    link=True,
    direct=True,
    relayed=False,
    faulty=(),
    plain_relay=False,
    sent=10_000,
    complaints=5,
)


def findings(**changed: Any) -> dict[str, tuple[str, str]]:
    return {item.code: (item.state, item.finding) for item in items(replace(FACTS, **changed))}


def test_a_sender_in_order_meets_every_demand() -> None:
    assert {state for state, _ in findings().values()} == {"good"}


@pytest.mark.parametrize(
    ("changed", "code", "expected"),
    [
        ({"signs": False}, "dkim", ("bad", "unsigned")),
        ({"checks": ()}, "spf", ("bad", "no_spf")),
        ({"checks": (good("spf"),)}, "spf", ("warn", "spf_unaligned")),
        ({"checks": (good("return_path"), good("dmarc", "policy_none", "strict_spf"))}, "spf", ("bad", "no_spf")),
        ({"checks": ()}, "dmarc", ("bad", "no_dmarc")),
        ({"checks": (), "signs": False}, "aligned", ("bad", "unaligned")),
        ({"from_domain": "gmail.com"}, "from_own", ("bad", "mailbox")),
        ({"one_click": False}, "one_click", ("bad", "no_one_click")),
        ({"link": False}, "link", ("bad", "no_link")),
        ({"faulty": ("192.0.2.1",)}, "ptr", ("bad", "ptr_faulty")),
        ({"direct": False, "relayed": True}, "ptr", ("theirs", "relay")),
        ({"direct": False, "relayed": True}, "tls", ("theirs", "relay")),
        ({"plain_relay": True}, "tls", ("bad", "plain_relay")),
        ({"complaints": 10}, "complaints", ("warn", "some_complaints")),
        ({"complaints": 30}, "complaints", ("bad", "many_complaints")),
        ({"sent": 999, "complaints": 900}, "complaints", ("good", "few_sent")),
    ],
)
def test_each_lack_is_named(changed: dict[str, Any], code: str, expected: tuple[str, str]) -> None:
    assert findings(**changed)[code] == expected


@pytest.fixture
def zone(database: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    with asked(monkeypatch) as zone:
        yield zone


@pytest.mark.req("DLV-1", "DLV-3")
def test_the_demands_of_a_campaign_are_computed_from_its_domain_its_content_and_its_complaints(zone: Zone) -> None:
    name = fresh("example")
    bakery = shop(domain=name)
    campaign = bakery.draft(replace(SMALL, from_address=f"news@{name}"))

    def states() -> dict[str, str]:
        with scope(bakery.id):
            return {item.code: item.finding for item in services.demands(campaign, at=now())}

    before = states()
    assert (before["dkim"], before["spf"], before["dmarc"]) == ("unsigned", "no_spf", "no_dmarc")
    with scope(bakery.id):
        publish(zone, name)
        known = selectors.domain_named(name)
        assert known is not None
        services.verify_domain(domain_id=known.id, actor=bakery.actor, at=now())
    after = states()
    assert (after["dkim"], after["spf"], after["dmarc"]) == ("signed", "spf_aligned", "policy_none")
    assert (after["one_click"], after["link"], after["complaints"]) == ("one_click", "link", "few_sent")
    with scope(bakery.id):
        Campaign.objects.filter(id=campaign).update(launched_at=now())
        Counter.objects.create(campaign_id=campaign, shard=0, provider="", state="sent", count=1000)
        for number in range(3):
            digest = number.to_bytes(32, "big")
            Return.objects.create(id=new_id(), digest=digest, kind="complaint", campaign_id=campaign, received_at=now())
    assert states()["complaints"] == "many_complaints"
