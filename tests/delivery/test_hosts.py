"""Tracking hosts: proven by DNS, answered at the door, certified by a real ACME server, served by a real proxy."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from mandata.accounts.models import Notice
from mandata.accounts.services import notices
from mandata.campaigns.models import Campaign, Link, Number
from mandata.delivery import selectors
from mandata.delivery.errors import HostTaken, NotAHost
from mandata.delivery.models import Account, Challenge, Claim, Host
from mandata.delivery.nameserver import Zone
from mandata.delivery.services import certificates, hosts, watching
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from tests.delivery.conftest import wait_for_port
from tests.delivery.mailing import shop
from tests.delivery.naming import asked, fresh, settings
from tests.delivery.pebble import pebble
from tests.ports import free_port
from tests.public.door_process import DoorProcess, served_door
from tests.world.people import House, registered

DOOR = "links.operator.example"


@pytest.fixture
def house(database: Urls) -> House:
    return registered()


@pytest.fixture
def zone(database: Urls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    with asked(monkeypatch, TRACKING_URL=f"https://{DOOR}") as zone:
        yield zone


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, database: Urls) -> Iterator[DoorProcess]:
    with served_door(
        tmp_path_factory.mktemp("door"), database_url=database.app, MANDATA_TRACKING_URL=f"https://{DOOR}"
    ) as process:
        yield process


def leading(zone: Zone, name: str) -> None:
    zone.put(name, "CNAME", DOOR)
    zone.put(name, "A", "127.0.0.1")


def proven(house: House, zone: Zone) -> tuple[str, UUID]:
    name = fresh()
    leading(zone, name)
    with scope(house.id):
        host_id = hosts.add_host(name=name, actor=house.owner.actor, at=now())
        assert hosts.check_host(host_id=host_id, actor=house.owner.actor, at=now()) == "verified"
    return name, host_id


def a_campaign(controller_id: UUID) -> int:
    campaign_id = new_id()
    number = Number.objects.create(controller_id=controller_id, campaign_id=campaign_id).number
    with scope(controller_id):
        Campaign.objects.create(
            id=campaign_id, number=number, name="Spring", created_by=new_id(), created_at=now(), updated_at=now()
        )
        Link.objects.create(campaign_id=campaign_id, number=0, url="https://shop.example/")
    return int(number)


def test_a_host_has_to_lead_to_the_operators_door(house: House, zone: Zone) -> None:
    with scope(house.id):
        for bad in ("no host", DOOR, "https://x.test"):
            with pytest.raises(NotAHost):
                hosts.add_host(name=bad, actor=house.owner.actor, at=now())
        name = fresh()
        host_id = hosts.add_host(name=name, actor=house.owner.actor, at=now())
        states = []
        for target in (None, "elsewhere.example", DOOR.upper()):
            zone.put(name, "CNAME", *([target] if target else []))
            hosts.check_host(host_id=host_id, actor=house.owner.actor, at=now())
            states += [(one.state, one.code) for one in selectors.hosts(now())]
        assert states == [("pending", "not_found"), ("pending", "other_target"), ("verified", "found")]
        assert selectors.tracking_url(now()) == f"https://{DOOR}", "without a certificate, nobody is sent there"
        with settings(pytest.MonkeyPatch(), TRACKING_URL=f"http://{DOOR}:8001", DNS=env().dns):
            assert selectors.tracking_url(now()) == f"http://{name}:8001"
    rival = registered("Rival")
    with scope(rival.id), pytest.raises(HostTaken):
        hosts.add_host(name=name, actor=rival.owner.actor, at=now())


@pytest.mark.req("TRK-1")
def test_campaigns_compiled_from_then_on_lead_over_the_controllers_own_host(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    bakery, name = shop(), fresh()
    leading(zone, name)
    with settings(monkeypatch, TRACKING_URL=f"http://{DOOR}", DNS=env().dns):
        before = bakery.draft()
        with scope(bakery.id):
            host_id = hosts.add_host(name=name, actor=bakery.actor, at=now())
            hosts.check_host(host_id=host_id, actor=bakery.actor, at=now())
        after = bakery.draft()
        with scope(bakery.id):
            rows = {row.id: bytes(row.compiled) for row in Campaign.objects.filter(id__in=[before, after])}
    assert DOOR.encode() in rows[before] and name.encode() not in rows[before]
    assert f"http://{name}/u/".encode() in rows[after] and DOOR.encode() not in rows[after]


def test_a_host_that_leads_away_is_told_once_after_a_second_look(house: House, zone: Zone) -> None:
    began = now()
    name, host_id = proven(house, zone)
    zone.put(name, "CNAME", "elsewhere.example")
    for minutes in (60, 65, 125):
        watching.look_at_host(house.id, host_id, began + timedelta(minutes=minutes))
    with scope(house.id):
        assert [one.state for one in selectors.hosts(now())] == ["failing"]
        ids = Notice.objects.filter(kind="host.changed").values_list("id", flat=True)
        assert [name in notices.contents(one)["text"] for one in ids] == [True]
        hosts.remove_host(host_id=host_id, actor=house.owner.actor, at=now())
    assert not Claim.objects.filter(name=name).exists()


@pytest.mark.req("TRK-1")
def test_the_door_answers_known_hosts_only_and_each_for_its_own_controller(
    house: House, zone: Zone, door: DoorProcess
) -> None:
    name, _ = proven(house, zone)
    ours, theirs = a_campaign(house.id), a_campaign(registered("Rival").id)

    def clicked(number: int, host: str) -> int:
        return door.ask("GET", f"/c/{door.token(number, 1, 0)}", Host=host).status

    assert [clicked(ours, host) for host in (name, f"{name.upper()}:443", DOOR)] == [302, 302, 302]
    assert clicked(theirs, DOOR) == 302
    assert clicked(theirs, name) == 404, "a host is no redirect to what others link to"
    assert clicked(ours, "evil.example") == clicked(ours, f"{name}.evil.example") == 404
    assert door.ask("GET", "/health", Host="evil.example").status == 200


def test_the_door_hands_out_answers_to_challenges_and_nothing_else(door: DoorProcess, database: Urls) -> None:
    token = new_id().hex
    path = f"/.well-known/acme-challenge/{token}"
    assert door.ask("GET", path, Host="any.example").status == 404
    Challenge.objects.create(token=token, answer=f"{token}.thumb", expires_at=now() + timedelta(minutes=1))
    Challenge.objects.create(token=f"old{token}", answer="old", expires_at=now() - timedelta(minutes=1))
    time.sleep(1.1)
    reply = door.ask("GET", path, Host="any.example")
    assert (reply.status, reply.body.decode()) == (200, f"{token}.thumb")
    assert door.ask("GET", f"/.well-known/acme-challenge/old{token}", Host="any.example").status == 404


@pytest.mark.req("SEC-2")
def test_a_certificate_is_ordered_sealed_written_served_by_haproxy_and_renewed(
    house: House, zone: Zone, door: DoorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, host_id = proven(house, zone)
    dns = env().dns
    with (
        pebble(tmp_path / "pebble", dns_port=int(dns.rpartition(":")[2]), http_port=door.port) as server,
        settings(
            monkeypatch,
            DNS=dns,
            TRACKING_URL=f"https://{DOOR}",
            ACME_DIRECTORY=server.directory,
            ACME_TRUST=str(server.trust),
            CERTIFICATES=str(tmp_path / "certificates"),
        ),
    ):
        watching.look_at_host(house.id, host_id, now())
        with scope(house.id):
            row = Host.objects.get(id=host_id)
            assert row.failure == ""
            assert selectors.tracking_url(now()) == f"https://{name}"
            assert b"PRIVATE" not in bytes(row.private_key) and row.expires_at > row.renew_at > now()
        with scope(INSTANCE):
            assert b"PRIVATE" not in bytes(Account.objects.get(directory=server.directory).private_key)
        file = tmp_path / "certificates" / f"{name}.pem"
        first = file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o640 and [one.name for one in file.parent.iterdir()] == [file.name]
        assert _served(tmp_path, file.parent, name, server.root()) == name

        watching.look_at_host(house.id, host_id, now())
        assert file.read_bytes() == first, "it is not renewed before its time"
        watching.look_at_host(house.id, host_id, row.renew_at + timedelta(minutes=1))
        assert file.read_bytes() != first, "with the same account, a new certificate and a new key"
        own = file.with_name("default.pem")
        own.write_text("what the operator put there, for a proxy needs at least one file to start")
        assert certificates.write_files(at=now()) == 0
        with scope(house.id):
            hosts.remove_host(host_id=host_id, actor=house.owner.actor, at=now())
        assert certificates.write_files(at=now()) == 1 and not file.exists() and own.exists()


@pytest.mark.req("SEC-2")
def test_a_refused_certificate_is_told_to_the_operator_in_the_servers_words_and_tried_later(
    house: House, zone: Zone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, host_id = proven(house, zone)
    dns = env().dns
    with (
        pebble(tmp_path / "pebble", dns_port=int(dns.rpartition(":")[2]), http_port=free_port()) as server,
        settings(
            monkeypatch,
            DNS=dns,
            TRACKING_URL=f"https://{DOOR}",
            ACME_DIRECTORY=server.directory,
            ACME_TRUST=str(server.trust),
        ),
    ):
        began = now()
        watching.look_at_host(house.id, host_id, began)
        with scope(house.id):
            row = Host.objects.get(id=host_id)
            assert "connection refused" in row.failure.lower() and row.renew_at == began + timedelta(minutes=10)
        watching.look_at_host(house.id, host_id, row.renew_at)
    with scope(INSTANCE):
        ids = Notice.objects.filter(kind="certificate.failed").values_list("id", flat=True)
        texts = [text for one in ids if name in (text := notices.contents(one)["text"])]
        assert len(texts) == 1 and row.failure in texts[0], "told once for each trouble"
    with scope(house.id):
        assert Host.objects.get(id=host_id).failures == 2


def _served(folder: Path, certificates_folder: Path, name: str, root: bytes) -> str:
    """The name in the certificate that haproxy shows for a host, verified against the root."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
    assert program, "Debian's haproxy package provides it"
    port = free_port()
    (folder / "haproxy.cfg").write_text(
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n"
        f"frontend links\n  bind 127.0.0.1:{port} ssl crt {certificates_folder}/\n  http-request return status 204\n"
    )
    process = subprocess.Popen([program, "-db", "-f", str(folder / "haproxy.cfg")], stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        context = ssl.create_default_context(cadata=root.decode())
        with (
            socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            shown = secured.getpeercert()
        assert shown is not None
        return str(shown["subjectAltName"][0][1])
    finally:
        process.kill()
        process.wait()
