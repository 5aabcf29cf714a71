"""Tokens that are none of ours, or not for this: no redirect to anything that is not in the campaign, and no event."""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandata.foundation import tokens
from mandata.foundation.tokens import BadToken, TokenKeys
from mandata.public.door import Door
from mandata.public.hosts import Hosts, Known
from mandata.public.linktables import LinkTables, Table
from mandata.tracking.spool import SpoolRecord

OURS = TokenKeys(1, bytes(range(32)), bytes(range(32, 64)))
THEIRS = TokenKeys(1, bytes(range(100, 132)), bytes(range(132, 164)))
TABLES = {
    1: Table({0: "https://bakery.example/rye", 1: "https://bakery.example/oats"}, controller="bakery"),
    2: Table({0: "https://smith.example/nails"}, controller="smith", web=True, dropped=frozenset({5})),
    3: Table({0: "https://quiet.example/"}, controller="quiet", individual=False, web=True),
}
HOSTS = {"links.bakery.example": "bakery", "links.smith.example": "smith"}
PLACES = "/couphwx"


class _Kept:
    """What the door would have written."""

    def __init__(self) -> None:
        self.records: list[SpoolRecord] = []

    def append(self, record: SpoolRecord) -> None:
        self.records.append(record)

    append_durably = append


class _Register:
    def known(self) -> Known:
        return Known(HOSTS, {})


def _door() -> tuple[Door, _Kept]:
    kept: Any = _Kept()
    links = LinkTables(lambda number: TABLES.get(number, Table()))
    register: Any = _Register()
    hosts = Hosts(register, ["t.operator.example"])
    keyring = {1: OURS}
    made = Door(
        keyring=keyring, events=kept, unsubscriptions=kept, links=links, public_url="http://console", hosts=hosts
    )
    return made, kept


DOOR, KEPT = _door()


def asked(path: str, *, method: str = "GET", host: str = "t.operator.example") -> tuple[int, str, list[SpoolRecord]]:
    """Status, where it leads, and what was kept."""
    KEPT.records.clear()
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_HOST": host, "REMOTE_ADDR": "203.0.113.9"}
    status, headers, _body = DOOR.answer(environ | {"HTTP_USER_AGENT": "Mozilla/5.0 Firefox/128"})
    return int(status[:3]), dict(headers).get("Location", ""), list(KEPT.records)


def token(campaign: int, message: int, link: int, keys: TokenKeys = OURS) -> str:
    return tokens.mint(keys, tokens.references(keys, [(campaign, message)])[0], link)


genuine = st.builds(
    token, st.integers(0, 5), st.integers(0, 9), st.one_of(st.integers(0, 6), st.integers(65_520, 65_535))
)
spoilt = st.one_of(
    st.text(string.ascii_letters + string.digits + "-_=./%?&#:\r\n\x00é", max_size=60),
    st.builds(lambda text, cut: text[:cut], genuine, st.integers(0, 42)),
    st.builds(lambda text, more: text + more, genuine, st.text(string.ascii_letters + "/.?", min_size=1, max_size=5)),
    st.builds(
        lambda text, place, sign: text[:place] + sign + text[place + 1 :],
        genuine, st.integers(0, 42), st.sampled_from(string.ascii_letters + string.digits + "-_"),
    ),
    st.builds(token, st.integers(1, 3), st.integers(1, 9), st.integers(0, 65_535), st.just(THEIRS)),
)  # fmt: skip
places = st.sampled_from(PLACES[1:])
hosts = st.sampled_from(["t.operator.example", "links.bakery.example", "LINKS.SMITH.EXAMPLE:443", "evil.example", ""])
methods = st.sampled_from(["GET", "HEAD", "POST"])


def _is_genuine(text: str) -> bool:
    try:
        tokens.parse({1: OURS}, text)
    except BadToken:
        return False
    return True


@pytest.mark.req("TRK-1")
@settings(max_examples=600, deadline=None)
@given(spoilt.filter(lambda text: not _is_genuine(text)), places, hosts, methods)
def test_a_forged_cut_or_foreign_token_leads_nowhere_and_leaves_nothing(
    text: str, place: str, host: str, method: str
) -> None:
    status, location, kept = asked(f"/{place}/{text}", method=method, host=host)
    assert (location, kept) == ("", [])
    assert status in {404, 405}


@pytest.mark.req("TRK-1")
@settings(max_examples=600, deadline=None)
@given(st.integers(0, 5), st.integers(0, 9), st.integers(0, 8), places, hosts, methods)
def test_a_genuine_token_leads_to_a_link_of_its_own_campaign_or_nowhere(
    campaign: int, message: int, link: int, place: str, host: str, method: str
) -> None:
    status, location, kept = asked(f"/{place}/{token(campaign, message, link)}", method=method, host=host)
    table = TABLES.get(campaign, Table())
    owner = HOSTS.get(host.lower().partition(":")[0], "")
    if (
        place == "c"
        and method != "POST"
        and link in table.links
        and owner in {"", table.controller}
        and host not in {"evil.example", ""}
    ):
        assert status == 302
        assert location.partition("?mandata=")[0] == table.links[link]
        assert [record.campaign_no for record in kept] == [campaign]
    else:
        assert (location, kept) == ("", [])


@pytest.mark.req("TRK-1")
@settings(max_examples=400, deadline=None)
@given(genuine, st.sampled_from("coph"), st.sampled_from(["links.bakery.example", "links.smith.example"]))
def test_at_a_controllers_own_host_another_controllers_token_is_no_good(text: str, place: str, host: str) -> None:
    status, location, kept = asked(f"/{place}/{text}", host=host)
    for record in kept:
        assert TABLES[record.campaign_no].controller == HOSTS[host]
    if status == 302:
        campaign = tokens.parse({1: OURS}, text).campaign_no
        assert TABLES[campaign].controller == HOSTS[host]
        assert location.startswith("https://" + HOSTS[host])


@pytest.mark.req("TRK-1")
def test_where_counts_are_wanted_the_door_tells_of_nobody_without_asking_anybody() -> None:
    for path in (
        f"/c/{token(3, 7, 0)}",
        f"/o/{token(3, 7, tokens.LINK_OPEN)}.gif",
        f"/c/{token(3, 7, tokens.LINK_TRAP)}",
    ):
        _status, location, [record] = asked(path)
        assert (record.campaign_no, record.message_no) == (3, tokens.NOBODYS_MESSAGE)
        if location:
            carried = tokens.parse({1: OURS}, location.partition("mandata=")[2])
            assert carried[:3] == (3, tokens.NOBODYS_MESSAGE, tokens.LINK_VISIT)


@pytest.mark.req("TRK-1")
def test_the_hidden_link_leads_to_a_harmless_page_and_says_what_it_is() -> None:
    status, location, [record] = asked(f"/c/{token(1, 7, tokens.LINK_TRAP)}")
    assert (status, location, record.link) == (200, "", tokens.LINK_TRAP)


@pytest.mark.req("TRK-2")
def test_a_visit_needs_the_token_that_a_click_carried_and_a_member_who_wants_it() -> None:
    _status, location, _kept = asked(f"/c/{token(2, 7, 0)}")
    carried = location.partition("?mandata=")[2]
    status, _location, [record] = asked(f"/h/{carried}")
    assert (status, record[:3]) == (204, (2, 7, tokens.LINK_VISIT))
    assert asked(f"/h/{token(1, 7, tokens.LINK_VISIT)}") == (404, "", [])
    assert asked(f"/h/{token(2, 7, 0)}") == (404, "", [])
    assert asked(f"/c/{carried}") == (404, "", [])
    assert asked("/visit.js")[0] == 200


@pytest.mark.req("TRK-3")
def test_a_link_that_was_forgotten_meets_a_friendly_page() -> None:
    assert asked(f"/c/{token(2, 7, 5)}") == (410, "", [])


@pytest.fixture(autouse=True)
def _quiet(tmp_path: Path) -> Iterator[None]:
    KEPT.records.clear()
    yield
