"""The operator's transports: who may use them, in which order, and how they stand; from the table to the receiver."""

import base64
import email
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from typer.testing import CliRunner

from mandata.accounts.models import Notice
from mandata.agreements.errors import GateRefused
from mandata.cli.transports import app
from mandata.delivery import services
from mandata.delivery.catcher.server import Catcher, Place
from mandata.delivery.engine.worker import Worker
from mandata.delivery.errors import BadTransport, NoSuchTransport
from mandata.delivery.models import Message, Pool, Source, Transport
from mandata.delivery.services import fleets, probing, roads, showing, transports
from mandata.delivery.services.transports import Details, From, Window
from mandata.foundation.actors import Actor
from mandata.infra import environment
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.models import Entry
from mandata.subprocessors.models import SubProcessor
from mandata.subprocessors.services import authorisations
from mandata.vault.services import token_keys
from tests.delivery.mailing import Shop, shop
from tests.delivery.outside import Zones, serving
from tests.delivery.scripted import Scripted, Talk
from tests.delivery.test_ses import door
from tests.subprocessors.cast import carrier

OPERATOR = Actor("operator", new_id())
US = "127.0.0.61"


@pytest.fixture(autouse=True)
def _no_transports(database: Urls) -> Iterator[None]:
    """The table is the installation's, and all tests share one."""
    yield
    Transport.objects.all().delete()
    Pool.objects.all().delete()
    SubProcessor.objects.all().delete()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    yield catcher
    catcher.stop()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    environment.env.cache_clear()


def put(name: str, **more: Any) -> None:
    secret = {word: more.pop(word) for word in ("user", "password") if word in more}
    given: dict[str, Any] = {"kind": "relay", "address": "smtp://127.0.0.1:1"} | more
    if given["kind"] in ("direct", "ses"):
        given.pop("address")
    transports.add(Details(name=name, **given), actor=OPERATOR, at=now(), **secret)


def keys(shop: Shop, at: datetime | None = None) -> list[str]:
    numbers = dict(Transport.objects.values_list("number", "name"))
    with scope(shop.id):
        return [f"{numbers[one.transport]}{one.source and '@'}{one.source}" for one in roads.allowed(at=at or now())]


# -- verbs -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("DLV-2")
def test_a_transport_is_set_up_changed_paused_and_taken_away_and_each_act_is_recorded() -> None:
    put("relay", weight=2, daily=500)
    transports.change("relay", actor=OPERATOR, at=now(), weight=3, address="smtps://mail.example.test")
    transports.pause("relay", actor=OPERATOR, at=now())
    transports.pause("relay", actor=OPERATOR, at=now())
    (one,) = showing.listed(at=now())
    assert (one.standing, one.weight, one.daily, one.address) == ("paused", 3, 500, "smtps://mail.example.test")
    transports.resume("relay", actor=OPERATOR, at=now())
    assert showing.listed(at=now())[0].standing == "ready"
    transports.remove("relay", actor=OPERATOR, at=now())
    with pytest.raises(NoSuchTransport):
        transports.pause("relay", actor=OPERATOR, at=now())
    with scope(INSTANCE):
        rows = Entry.objects.filter(kind__startswith="transport.")
        kinds = [row.kind for row in rows if str(OPERATOR.id).encode() in bytes(row.leaf)]
    assert sorted(kinds) == sorted(f"transport.{it}" for it in ("added", "changed", "paused", "resumed", "removed"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "pigeon"},
        {"address": "http://x"},
        {"address": "smtp://us:secret@mail.test"},
        {"kind": "direct", "sources": [From("nowhere", "a.test")]},
        {"kind": "direct", "sources": [From("192.0.2.1", "")]},
        {"kind": "direct", "sources": [From("192.0.2.1", "a.test"), From("192.0.2.1", "b.test")]},
        {"sources": [From("192.0.2.1", "a.test")]},
        {"kind": "ses"},
        {"subprocessor": "Nobody Ltd"},
        {"weight": 0},
        {"tier": 0},
        {"daily": -1},
        {"name": "a/b"},
        {"windows": [Window(datetime(2027, 1, 2, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))]},
        {"options": {"wrong": True}},
        {"options": {"verify": "perhaps"}},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadTransport):
        put(wrong.pop("name", "relay"), **wrong)
    assert not Transport.objects.exists()


@pytest.mark.req("SEC-2")
def test_a_secret_is_sealed_shown_nowhere_and_destroyed_with_its_transport() -> None:
    put("relay", address="smtps://mail.test", user="us", password="s3cr3t-word")
    row = Transport.objects.get(name="relay")
    with scope(INSTANCE):
        assert fleets.relay_settings(row).password == "s3cr3t-word"
        assert "s3cr3t" not in repr(fleets.relay_settings(row))
    assert b"s3cr3t" not in bytes(row.secret or b"") and "s3cr3t" not in repr(showing.listed(at=now()))
    transports.change("relay", actor=OPERATOR, at=now(), password="another")
    with scope(INSTANCE):
        found = fleets.relay_settings(Transport.objects.get(name="relay"))
        assert (found.user, found.password) == ("us", "another")
    transports.remove("relay", actor=OPERATOR, at=now())
    with connection.cursor() as cursor, scope(INSTANCE):
        cursor.execute("select count(*) from vault_subject_key where holder = %s", [row.id])
        assert cursor.fetchone() == (0,)


# -- roads -------------------------------------------------------------------------------------------------------------


@pytest.mark.req("SPR-5", "DLV-2")
def test_each_controller_takes_the_transports_whose_sub_processor_it_authorised() -> None:
    bakery, florist = shop(), shop("Demo Florist", "florist.example")
    put("theirs", subprocessor=_carrier("Swift Relay Ltd"))
    for one in (bakery, florist):
        assert keys(one) == []
        with scope(one.id), pytest.raises(GateRefused, match="Swift Relay Ltd"):
            roads.ask(new_id(), actor=one.actor, at=now())
    with scope(bakery.id):
        authorisations.give(subprocessor="Swift Relay Ltd", actor=bakery.actor, at=now())
    assert keys(bakery) == ["theirs"] and keys(florist) == []
    put("ours", tier=2)
    assert keys(bakery) == ["theirs", "ours"] and keys(florist) == ["ours"]
    with scope(florist.id):
        assert not [verdict for verdict in roads.check(at=now()) if not verdict.allowed]


def _carrier(name: str) -> str:
    carrier(name, active=True)
    return name


@pytest.mark.req("DLV-2")
def test_terms_wait_to_be_accepted_in_their_version_and_maintenance_ends_by_itself() -> None:
    bakery, at = shop(), now()
    put("amazon", kind="ses", region="eu-central-1", terms="2026-01")
    assert keys(bakery) == [] and showing.listed(at=at)[0].standing == "terms"
    with pytest.raises(BadTransport, match="2026-01"):
        transports.accept_terms("amazon", version="2025-01", actor=OPERATOR, at=at)
    transports.accept_terms("amazon", version="2026-01", actor=OPERATOR, at=at)
    assert keys(bakery) == ["amazon"]
    transports.change("amazon", actor=OPERATOR, at=at, terms="2027-01")
    assert keys(bakery) == []
    transports.accept_terms("amazon", version="2027-01", actor=OPERATOR, at=at)
    window = Window(at + timedelta(hours=1), at + timedelta(hours=2))
    transports.change("amazon", actor=OPERATOR, at=at, windows=[window])
    seen = [keys(bakery, at + timedelta(minutes=minutes)) for minutes in (0, 61, 121)]
    assert seen == [["amazon"], [], ["amazon"]]
    assert showing.listed(at=at + timedelta(minutes=90))[0].standing == "maintained"


@pytest.mark.req("DLV-2")
def test_a_controller_leaves_from_the_addresses_of_its_pool() -> None:
    bakery, florist = shop(), shop("Demo Florist", "florist.example")
    common, apart = From("192.0.2.1", "a.test"), From("192.0.2.2", "b.test", "vip")
    put("own", kind="direct", sources=[common, apart])
    assert keys(bakery) == ["own@192.0.2.1"]
    transports.assign_pool(bakery.id, "vip", actor=OPERATOR, at=now())
    assert keys(bakery) == ["own@192.0.2.2"] and keys(florist) == ["own@192.0.2.1"]
    with pytest.raises(BadTransport):
        transports.assign_pool(bakery.id, "none", actor=OPERATOR, at=now())
    Source.objects.filter(address="192.0.2.2").update(fault="ptr")
    assert keys(bakery) == [], "an address whose name does not hold is not sent from"
    transports.assign_pool(bakery.id, "", actor=OPERATOR, at=now())
    assert keys(bakery) == ["own@192.0.2.1"]
    assert sorted(way.key.partition("@")[2] for way in fleets.fleet()._ways.values()) == ["192.0.2.1", "192.0.2.2"]


def test_a_fleet_keeps_what_did_not_change() -> None:
    put("first")
    put("second")
    fleet = fleets.fleet()
    before = dict(fleet._ways)
    numbers = {row.name: str(row.number) for row in Transport.objects.all()}
    transports.change("second", actor=OPERATOR, at=now(), connections=3)
    fleet.renew()
    assert fleet._ways[numbers["first"]] is before[numbers["first"]]
    assert fleet._ways[numbers["second"]] is not before[numbers["second"]]


@pytest.mark.req("DLV-2", "DLV-3")
def test_a_campaign_goes_round_a_relay_that_is_away_and_its_messages_know_who_took_them(
    catcher: Catcher, tmp_path: Path
) -> None:
    bakery = shop()
    put("away", tier=1)
    put("there", tier=2, kind="catcher", address=f"smtp://127.0.0.1:{catcher.smtp_port}")
    bakery.people(120)
    campaign = bakery.launched()
    Worker(
        transport=fleets.fleet(), keys=token_keys(), domain="returns.test", folder=tmp_path / "journals", patience=12.0,
        only=frozenset({bakery.id}),
    ).run()  # fmt: skip
    assert bakery.states(campaign) == {"sent": 120}
    number = Transport.objects.get(name="there").number
    with scope(bakery.id):
        rows = set(Message.objects.filter(campaign_id=campaign).values_list("transport", "attempts"))
    assert rows == {(number, 1)}, "what the first gave back was counted as no attempt"
    assert number in showing.deciders()


@pytest.mark.req("DLV-2")
def test_a_test_send_takes_the_first_transport(catcher: Catcher) -> None:
    bakery = shop()
    put("there", kind="catcher", address=f"smtp://127.0.0.1:{catcher.smtp_port}")
    bakery.people(1)
    campaign = bakery.draft()
    with scope(bakery.id):
        given = {"campaign_id": campaign, "to": ["me@bakery.example"], "fields": {}, "actor": bakery.actor}
        assert services.test_send(**given, at=now()) == 1  # type: ignore[arg-type]
    assert [one.recipient for one in catcher.store.page(limit=9)] == ["me@bakery.example"]


@pytest.mark.req("DLV-1", "DLV-2")
def test_a_test_sends_signature_leaves_out_what_the_road_writes_anew() -> None:
    bakery = shop(signs=("rsa-2048",))
    bakery.people(1)
    campaign = bakery.draft()
    with door(200, body='{"MessageId": "1"}') as (endpoint, seen):
        put(
            "amazon", kind="ses", region="eu-central-1", terms="2026-01", options={"endpoint": endpoint},
            user="AKIATEST", password="hidden",
        )  # fmt: skip
        transports.accept_terms("amazon", version="2026-01", actor=OPERATOR, at=now())
        with scope(bakery.id):
            given = {"campaign_id": campaign, "to": ["me@bakery.example"], "fields": {}, "actor": bakery.actor}
            assert services.test_send(**given, at=now()) == 1  # type: ignore[arg-type]
    (request,) = seen
    message = email.message_from_bytes(base64.b64decode(request["Content"]["Raw"]["Data"]))
    (signature,) = message.get_all("DKIM-Signature", [])
    signed = signature.replace("\r\n", "").partition("h=")[2].partition(";")[0].lower().split(":")
    assert "from" in signed and not {"date", "message-id"} & {one.strip() for one in signed}


# -- looking -----------------------------------------------------------------------------------------------------------


def test_a_relay_is_tried_with_its_log_in() -> None:
    def script(talk: Talk) -> None:
        talk.greet("AUTH PLAIN", "PIPELINING")
        talk.say("235 welcome" if talk.line() == "AUTH PLAIN AHVzAHdvcmQ=" else "535 5.7.8 no")
        talk.serve()

    with Scripted(script) as server:
        put("relay", address=f"smtp://127.0.0.1:{server.port}", user="us", password="word")
        (good,) = probing.check("relay", at=now())
        assert good.good and "PIPELINING" in good.words
        transports.change("relay", actor=OPERATOR, at=now(), password="wrong")
        (bad,) = probing.check("relay", at=now())
        assert not bad.good and "535" in bad.words and showing.listed(at=now())[0].trouble == bad.words
    (away,) = probing.check("relay", at=now())
    assert not away.good


@pytest.mark.req("DLV-2")
def test_addresses_are_watched_for_their_names_and_by_blocklists(settings: pytest.MonkeyPatch) -> None:
    zones = Zones()
    back, listed = "61.0.0.127.in-addr.arpa", "61.0.0.127.block.test"
    with serving(zones) as asked:
        settings.setenv("MANDATA_DNS", f"127.0.0.1:{asked.port}")
        settings.setenv("MANDATA_BLOCKLISTS", "block.test, silent.test")
        environment.env.cache_clear()
        put("own", kind="direct", sources=[From(US, "out.own.test")])
        zones.put("block.test", "A", "192.0.2.9")
        zones.failing.add("61.0.0.127.silent.test")

        def look() -> tuple[str, list[str]]:
            assert probing.watch_due(at=now() + timedelta(hours=2)) == 1
            row = Source.objects.get(address=US)
            Source.objects.update(checked_at=now())
            return row.fault, row.listed

        before = _told()
        assert look() == ("ptr", []) and _told() == before + 1
        zones.put(back, "PTR", "out.own.test")
        assert look() == ("helo", []) and _told() == before + 2
        zones.put("out.own.test", "A", US)
        assert look() == ("", []) and _told() == before + 2
        zones.put(listed, "A", "127.0.0.2")
        assert look() == ("", ["block.test"]) and look() == ("", ["block.test"]) and _told() == before + 3
        zones.put(listed, "A", "127.255.255.254")  # the list refuses our resolver, which says nothing of the address
        assert look() == ("", [])
        zones.failing.add(back)
        assert look() == ("", []), "where DNS does not answer, what was known stays"
        assert probing.watch_due(at=now()) == 0
        transports.change("own", actor=OPERATOR, at=now(), sources=[From("192.0.2.1", "out.own.test")])
        (found,) = probing.check("own", at=now())
        assert not found.good and "192.0.2.1" in found.words


def _told() -> int:
    with scope(INSTANCE):
        return Notice.objects.filter(kind="transport.source").count()


# -- the command -------------------------------------------------------------------------------------------------------


def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mandata.cli", "transports", *arguments]
    environ = {**os.environ, "COLUMNS": "120", **more}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def told(*arguments: str, **more: str) -> list[dict[str, Any]]:
    done = run(*arguments, "--json", **more)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", [one.name for one in app.registered_commands])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [str(command), "--help"])
    assert shown.exit_code == 0 and f"mandata transports {command}" in shown.stdout


@pytest.mark.req("DLV-2")
def test_from_the_first_transport_to_none_on_the_command_line(catcher: Catcher) -> None:
    assert told("list") == [] and "MANDATA_SMTP_URL" in run("list").stdout
    address = f"smtp://127.0.0.1:{catcher.smtp_port}"
    told("add", "caught", "--kind", "catcher", "--address", address, "--terms", "1")
    told("add", "relay", "--kind", "relay", "--address", "smtps://127.0.0.1:1", "--user", "us",
         MANDATA_TRANSPORT_PASSWORD="hidden-word")  # fmt: skip
    told(
        "change",
        "relay",
        "--weight",
        "3",
        "--maintenance",
        "2027-01-02T22:00Z/2027-01-03T02:00Z",
        "--option",
        "verify=false",
    )
    told("accept-terms", "caught", "1")
    told("pause", "relay")
    first, second = told("list")
    assert (first["name"], first["standing"], first["secret"]) == ("caught", "ready", False)
    assert (second["standing"], second["weight"], second["secret"]) == ("paused", 3, True)
    assert second["options"] == {"verify": False} and second["maintenance"][0][0].startswith("2027-01-02T22:00")
    words = run("list").stdout
    assert "hidden-word" not in words and "the house" in words
    told("resume", "relay")
    assert told("check", "caught")[0]["good"] is True
    all_of_them = run("check", "--json")
    assert all_of_them.returncode == 1 and len(all_of_them.stdout.splitlines()) == 2
    refused = run("add", "relay", "--kind", "relay", "--address", "smtp://127.0.0.1:1")
    assert refused.returncode == 1 and "already" in refused.stderr and "Traceback" not in refused.stderr
    told("remove", "relay")
    told("remove", "caught")
    assert told("list") == []
