"""IP addresses are reduced to network class and country before anything reaches the disk."""

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

from mandata.accounts.adapters import AccountAdapter
from mandata.foundation import tokens
from mandata.foundation.errors import Fault
from mandata.infra import environment
from mandata.infra.clock import now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.public.door import Door
from mandata.public.linktables import LinkTables, Table
from mandata.tracking import countries, rules, spool
from mandata.tracking.models import Event
from mandata.tracking.services import take_events
from mandata.vault.services import token_keys
from tests.holdings.cast import NOVAK, a_person, a_shop, rows_with
from tests.holdings.test_erasure import erase
from tests.world import World

WHOLE, WHOLE6 = "203.0.113.77", "2001:db8:1:2::3"
SCHEMES: dict[str, dict[str, Any]] = {
    "203.0.113.0/24": {"country": {"iso_code": "CZ"}},
    "198.51.100.0/24": {"country_code": "de"},
    "192.0.2.0/24": {"country": "SK"},
    "2001:db8:1::/48": {"country": {"iso_code": "AT"}},
    "100.64.0.0/24": {"continent": "EU"},
}


def a_file(folder: Path) -> Path:
    """A country file in each of the schemes that are in use."""
    writer = MMDBWriter(6, ipv4_compatible=True, database_type="test-countries")
    for network, entry in SCHEMES.items():
        writer.insert_network(IPSet([network]), entry)
    path = folder / "countries.mmdb"
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A country file that MANDATA_COUNTRIES names."""
    path = a_file(tmp_path)
    monkeypatch.setenv("MANDATA_COUNTRIES", str(path))
    environment.env.cache_clear()
    yield path
    monkeypatch.undo()
    environment.env.cache_clear()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("203.0.113.77", "CZ"),
        ("::ffff:203.0.113.77", "CZ"),
        ("198.51.100.1", "DE"),
        ("192.0.2.200", "SK"),
        ("2001:db8:1:2::3", "AT"),
        ("100.64.0.9", ""),
        ("8.8.8.8", ""),
        ("no address", ""),
    ],
)
def test_the_country_is_that_of_the_network_in_whatever_scheme_the_file_has(
    named: Path, address: str, code: str
) -> None:
    assert named.exists()
    assert countries.country(rules.network(address)) == code


def test_without_a_file_there_is_no_country() -> None:
    assert countries.country(rules.network("203.0.113.77")) == ""


def test_a_file_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bad.mmdb"
    bad.write_bytes(b"not a database")
    monkeypatch.setenv("MANDATA_COUNTRIES", str(bad))
    environment.env.cache_clear()
    try:
        with pytest.raises(Fault, match=r"bad\.mmdb"):
            countries.country(rules.network("203.0.113.77"))
    finally:
        monkeypatch.undo()
        environment.env.cache_clear()


@pytest.mark.req("CAT-2", "TRK-1")
def test_a_click_keeps_network_and_country_and_its_address_is_nowhere(
    world: World, database: Urls, tmp_path: Path, named: Path
) -> None:
    assert named.exists()
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    folder, keys = tmp_path / "spool", token_keys()
    events, first = spool.Writer(folder, spool.EVENTS), spool.Writer(folder, spool.UNSUBSCRIPTIONS)
    links = LinkTables(lambda _number: Table({1: "https://bakery.example/rye"}))
    door = Door(
        keyring={keys.key_id: keys}, events=events, unsubscriptions=first, links=links, public_url="https://x.example"
    )
    token = tokens.mint(keys, tokens.references(keys, [(shop.campaign_number, 1)])[0], 1)
    for address in (WHOLE, WHOLE6):
        asked = {"PATH_INFO": f"/c/{token}", "REQUEST_METHOD": "GET", "REMOTE_ADDR": address, "HTTP_USER_AGENT": "x"}
        assert door.answer(asked)[0] == "302 Found"
    door.close()
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for address in (WHOLE, WHOLE6):
        assert address.encode() not in written
        assert ipaddress.ip_address(address).packed not in written
    assert take_events(at=now() + timedelta(minutes=1), folder=folder) == 2
    assert rows_with(database.superuser, WHOLE, WHOLE6) == []
    with scope(shop.id):
        rows = Event.objects.filter(subscriber_id=reference).exclude(country="").order_by("country")
        told = [(row.network, row.country) for row in rows]
        assert told == [("2001:db8:1::/48", "AT"), ("203.0.113.0/24", "CZ")]
    erase(shop)
    with scope(shop.id):
        assert not Event.objects.exclude(country="").exists()


@pytest.mark.req("PPL-2")
def test_an_open_session_of_a_member_names_the_network_only(rf: RequestFactory) -> None:
    for address, network in ((WHOLE, "203.0.113.0"), (WHOLE6, "2001:db8:1::"), ("", "")):
        assert AccountAdapter().get_client_ip(rf.get("/", REMOTE_ADDR=address)) == network
