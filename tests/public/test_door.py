"""The tracking door, served by granian as it runs in earnest, in front of the real database and a real spool."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections

from mandata.audience.models import Subscription
from mandata.campaigns.models import Campaign, Link, Number
from mandata.cli.worker import LOOPS
from mandata.foundation import tokens
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking.rules import Agent, Method
from mandata.tracking.services import take_events, take_unsubscriptions
from mandata.tracking.spool import EVENTS, UNSUBSCRIPTIONS, SpoolRecord, Writer
from tests.public.door_process import DoorProcess, served_door
from tests.tracking.cast import a_sent_campaign
from tests.world import World

LINKS = {
    0: "https://shop.example/bread?utm_source=mail&x=%C3%A9",
    1: "http://shop.example/",
    2: "https://pečivo.example/rohlík?q=a b",
    3: "javascript:alert(1)",
    4: "https://shop.example/\r\nSet-Cookie: a=b",
}


@dataclass(frozen=True)
class Launched:
    """A campaign with links, of a controller of its own."""

    number: int


def a_campaign(world: World, links: dict[int, str] = LINKS) -> Launched:
    customer = world.controller()
    campaign_id = new_id()
    number = Number.objects.create(controller_id=customer.id, campaign_id=campaign_id).number
    with scope(customer.id):
        Campaign.objects.create(
            id=campaign_id,
            number=number,
            name="Spring",
            created_by=customer.member.id,
            created_at=now(),
            updated_at=now(),
        )
        for link, url in links.items():
            Link.objects.create(campaign_id=campaign_id, number=link, url=url)
    return Launched(number)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, database: Urls) -> Iterator[DoorProcess]:
    with served_door(tmp_path_factory.mktemp("door"), database_url=database.app) as process:
        yield process


@pytest.fixture
def door(served: DoorProcess) -> DoorProcess:
    """The door of this module, as if nothing had happened before."""
    served.forget()
    return served


@pytest.mark.req("TRK-1")
def test_a_click_leads_where_the_link_leads_and_leaves_numbers_only(door: DoorProcess, world: World) -> None:
    campaign = a_campaign(world)
    reply = door.ask("GET", f"/c/{door.token(campaign.number, 5, 0)}?fbclid=added-by-others")
    assert reply.status == 302
    assert reply.headers["location"] == LINKS[0]
    assert reply.headers["cache-control"] == "no-store, private"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in reply.headers
    [record] = door.spooled(EVENTS)
    assert record[:3] == (campaign.number, 5, 0)
    assert abs(record.at_ms - now().timestamp() * 1000) < 10_000
    assert (record.method, record.agent, record.network) == (Method.GET, Agent.FIREFOX, b"\x7f\0\0")


def test_a_link_in_any_script_leads_on_as_ascii(door: DoorProcess, world: World) -> None:
    campaign = a_campaign(world)
    reply = door.ask("GET", f"/c/{door.token(campaign.number, 5, 2)}")
    assert reply.headers["location"] == "https://xn--peivo-iya.example/rohl%C3%ADk?q=a%20b"


def test_nothing_leads_to_what_is_no_link_of_the_campaign(door: DoorProcess, world: World) -> None:
    campaign, other = a_campaign(world), a_campaign(world, {7: "https://other.example/"})
    genuine = door.token(campaign.number, 5, 0)
    hostile = [
        door.token(campaign.number, 5, 7),
        door.token(other.number, 5, 0),
        door.token(campaign.number, 5, 3),
        door.token(2**47, 5, 0),
        door.token(campaign.number, 5, tokens.LINK_OPEN),
        door.token(campaign.number, 5, tokens.LINK_UNSUBSCRIBE),
        genuine[:-1],
        genuine + "A",
        genuine + "/..",
        genuine[:20] + ("A" if genuine[20] != "A" else "B") + genuine[21:],
        "https://evil.example/",
        "//evil.example/",
        "%0d%0aLocation:%20https://evil.example/",
        "",
        "A" * 5000,
    ]
    for token in hostile:
        reply = door.ask("GET", f"/c/{token}")
        assert reply.status == 404, token
        assert "location" not in reply.headers
        assert b"evil" not in reply.body
    assert door.ask("GET", f"/c/{door.token(campaign.number, 5, 4)}").headers["location"].isprintable()
    assert [record.link for record in door.spooled(EVENTS)] == [4]


@pytest.mark.req("TRK-1")
def test_an_open_is_a_transparent_pixel_that_is_never_kept(door: DoorProcess) -> None:
    token = door.token(3, 4, tokens.LINK_OPEN)
    for path in (f"/o/{token}.gif", f"/o/{token}"):
        reply = door.ask("GET", path)
        assert (reply.status, reply.headers["content-type"], len(reply.body)) == (200, "image/gif", 43)
        assert "no-store" in reply.headers["cache-control"]
    for path in (f"/o/{token}.png", f"/o/{token}.gif.gif", f"/o/{door.token(3, 4, 1)}.gif"):
        assert door.ask("GET", path).status == 404
    assert [record[:3] for record in door.spooled(EVENTS)] == [(3, 4, tokens.LINK_OPEN)] * 2


@pytest.mark.req("DSR-9", "CAM-2")
def test_a_one_click_unsubscription_is_on_the_disk_before_its_answer(door: DoorProcess) -> None:
    token = door.token(3, 4, tokens.LINK_UNSUBSCRIBE)
    bodies = [b"List-Unsubscribe=One-Click", b"", b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n']
    for count, body in enumerate(bodies, start=1):
        reply = door.ask("POST", f"/u/{token}", body=body, Content_Type="application/x-www-form-urlencoded")
        assert reply.status == 200
        assert [record[:3] for record in door.spooled(UNSUBSCRIPTIONS)] == [(3, 4, tokens.LINK_UNSUBSCRIBE)] * count
    assert door.spooled(EVENTS) == []


@pytest.mark.req("DSR-9")
def test_following_the_unsubscribe_link_leads_to_a_page_and_unsubscribes_nobody(door: DoorProcess) -> None:
    token = door.token(3, 4, tokens.LINK_UNSUBSCRIBE)
    for method in ("GET", "HEAD"):
        reply = door.ask(method, f"/u/{token}")
        assert (reply.status, reply.headers["location"]) == (303, f"http://127.0.0.1:8000/unsubscribe/{token}")
    assert door.spooled(UNSUBSCRIPTIONS) == []


def test_the_other_pages_of_a_message_are_reached_through_the_door(door: DoorProcess) -> None:
    for place, link, page in (("p", tokens.LINK_PREFERENCES, "preferences"), ("w", tokens.LINK_WEB_VERSION, "message")):
        token = door.token(3, 4, link)
        assert door.ask("GET", f"/{place}/{token}").headers["location"].endswith(f"/{page}/{token}")
        assert door.ask("GET", f"/{place}/{door.token(3, 4, 1)}").status == 404


def test_a_forged_unsubscription_leaves_no_trace(door: DoorProcess) -> None:
    genuine = door.token(3, 4, tokens.LINK_UNSUBSCRIBE)
    for token in (genuine[:-1], genuine[::-1], door.token(3, 4, tokens.LINK_OPEN), door.token(3, 4, 0), "x"):
        assert door.ask("POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click").status == 404
    assert door.spooled(UNSUBSCRIPTIONS) == []


def test_head_is_answered_without_a_body_and_kept_as_what_it_is(door: DoorProcess, world: World) -> None:
    campaign = a_campaign(world)
    reply = door.ask("HEAD", f"/c/{door.token(campaign.number, 5, 0)}")
    assert (reply.status, reply.headers["location"], reply.body) == (302, LINKS[0], b"")
    assert door.ask("HEAD", f"/o/{door.token(1, 5, tokens.LINK_OPEN)}.gif").headers["content-length"] == "43"
    assert [record.method for record in door.spooled(EVENTS)] == [Method.HEAD, Method.HEAD]


@pytest.mark.parametrize(
    ("method", "place"), [("POST", "c"), ("PUT", "u"), ("DELETE", "o"), ("OPTIONS", "c"), ("POST", "w")]
)
def test_other_methods_are_told_which_are_allowed(door: DoorProcess, method: str, place: str) -> None:
    reply = door.ask(method, f"/{place}/{door.token(3, 4, 0)}", body=b"")
    assert reply.status == 405
    assert "GET" in reply.headers["allow"]


def test_the_page_for_a_broken_link_speaks_the_readers_language_and_says_nothing_of_the_token(
    door: DoorProcess,
) -> None:
    reply = door.ask("GET", "/c/%3Cscript%3Ealert(1)%3C/script%3E", Accept_Language="cs-CZ,cs;q=0.9,en;q=0.8")
    assert reply.status == 404
    assert b'lang="cs"' in reply.body
    assert b"<script" not in reply.body
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["x-robots-tag"] == "noindex, nofollow"


def test_an_address_that_a_client_claims_is_not_believed(door: DoorProcess) -> None:
    door.ask("GET", f"/o/{door.token(1, 1, tokens.LINK_OPEN)}.gif", X_Forwarded_For="198.51.100.7")
    assert door.spooled(EVENTS)[0].network == b"\x7f\0\0"


def test_nothing_of_the_address_or_the_user_agent_reaches_the_disk(tmp_path: Path) -> None:
    with served_door(tmp_path, MANDATA_TRUSTED_PROXIES="127.0.0.1") as door:
        token = door.token(1, 1, tokens.LINK_OPEN)
        door.ask("GET", f"/o/{token}.gif", X_Forwarded_For="198.51.100.199", User_Agent="MarkerAgent/9")
        door.ask("POST", f"/u/{door.token(1, 1, tokens.LINK_UNSUBSCRIBE)}", X_Forwarded_For="198.51.100.199")
        assert door.spooled(EVENTS)[0].network == b"\xc6\x33\x64"
    written = b"".join(path.read_bytes() for path in (tmp_path / "spool").rglob("*.seg"))
    assert len(written) == 2 * (16 + 32)
    for trace in (b"Marker", b"198.51", bytes([198, 51, 100, 199]), token.encode(), token[:10].encode()):
        assert trace not in written


def test_without_a_database_opens_and_unsubscriptions_go_on_and_clicks_wait(tmp_path: Path) -> None:
    with served_door(tmp_path) as door:
        assert door.ask("GET", f"/o/{door.token(1, 1, tokens.LINK_OPEN)}.gif").status == 200
        assert door.ask("POST", f"/u/{door.token(1, 1, tokens.LINK_UNSUBSCRIBE)}").status == 200
        reply = door.ask("GET", f"/c/{door.token(1, 1, 0)}")
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert len(door.spooled(EVENTS)) == 1


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
        os.execv(sys.argv[1], sys.argv[1:])
        """
    )
    with served_door(tmp_path, command_prefix=(sys.executable, "-c", program)) as door:
        token = door.token(1, 1, tokens.LINK_UNSUBSCRIBE)
        statuses = [door.ask("POST", f"/u/{token}").status for _ in range(30)]
        assert statuses == [200] * 15 + [503] * 15
        assert door.ask("POST", f"/u/{token}").headers["retry-after"] == "60"
        assert len(door.spooled(UNSUBSCRIPTIONS)) == 15
        assert door.ask("GET", f"/o/{door.token(1, 1, tokens.LINK_OPEN)}.gif").status == 200


def test_a_door_killed_under_load_keeps_every_unsubscription_it_answered(tmp_path: Path) -> None:
    with served_door(tmp_path) as door:
        answered: list[int] = []

        def unsubscribe(start: int) -> None:
            for number in range(start, start + 100_000):
                try:
                    reply = door.ask("POST", f"/u/{door.token(1, number, tokens.LINK_UNSUBSCRIBE)}")
                except (OSError, http.client.HTTPException):
                    return
                if reply.status == 200:
                    answered.append(number)

        threads = [threading.Thread(target=unsubscribe, args=(100_000 * index,)) for index in range(6)]
        for thread in threads:
            thread.start()
        while len(answered) < 300:
            threading.Event().wait(0.01)
        door.kill()
        for thread in threads:
            thread.join()
        kept = {record.message_no for record in door.spooled(UNSUBSCRIPTIONS)}
        assert set(answered) <= kept
        assert len(kept) <= len(answered) + 6


def test_endless_heads_and_bodies_are_cut_off(door: DoorProcess) -> None:
    token = door.token(1, 1, tokens.LINK_UNSUBSCRIBE)
    assert door.ask("POST", f"/u/{token}", body=b"x" * 70_000).status == 413
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as raw:
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        try:
            for _ in range(64):
                raw.sendall(b"X-Filler: " + b"a" * 8000 + b"\r\n")
            raw.sendall(b"\r\n")
            answer = raw.recv(200)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
    assert answer == b"" or b" 431 " in answer or b" 400 " in answer
    assert door.ask("GET", "/health").status == 200


def test_garbage_instead_of_http_harms_nobody(door: DoorProcess) -> None:
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"GET\r\n\r\n",
        os.urandom(300),
        b"GET /c/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", door.port), timeout=60) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            assert b" 200 " not in raw.recv(4096)
    assert door.ask("GET", "/health").status == 200
    assert door.spooled(EVENTS) == []


def test_stopping_the_door_leaves_segments_complete(tmp_path: Path) -> None:
    with served_door(tmp_path) as door:
        door.ask("GET", f"/o/{door.token(1, 1, tokens.LINK_OPEN)}.gif")
        door.process.send_signal(signal.SIGTERM)
        assert door.process.wait(timeout=60) in {0, -signal.SIGTERM}
        assert len(door.spooled(EVENTS)) == 1


def test_the_door_imports_no_django() -> None:
    program = "import sys, json, mandata.public.door; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert [name for name in modules if name.split(".")[0] == "django"] == []


@pytest.mark.req("DSR-9")
def test_from_the_press_of_the_button_to_its_effect_is_one_round_of_a_loop_of_half_a_second(
    door: DoorProcess, world: World
) -> None:
    sent = a_sent_campaign(world)
    began = time.process_time()
    assert door.ask("POST", f"/u/{door.token(sent.number, 1, tokens.LINK_UNSUBSCRIBE)}").status == 200
    assert take_unsubscriptions(at=now(), folder=door.var / "spool") >= 1
    with scope(sent.customer.id):
        assert Subscription.objects.get(subscriber_id=sent.people[0]).state == "unsubscribed"
    # What is left of two seconds is to be done in the rest; the processor's time, which others do not lengthen.
    [every] = [loop.every for loop in LOOPS if loop.name == "unsubscriptions"]
    assert every <= 0.5 and time.process_time() - began < 2 - every


@pytest.mark.req("DSR-9")
def test_somebody_who_leaves_is_left_alone_within_two_seconds_while_a_heap_of_events_is_taken(
    door: DoorProcess, world: World
) -> None:
    people = [f"person{number}@firm.example" for number in range(5)]
    sent, over = a_sent_campaign(world, people), threading.Event()
    writer = Writer(door.var / "spool", EVENTS)
    start = int(now().timestamp() * 1000) - 3_600_000
    for number in range(60_000):
        writer.append(SpoolRecord(sent.number, 1, number % 12, start + number * 40, Method.GET, Agent.FIREFOX, b"abc"))
    writer.close()
    taken = {"events": 0, "left": 0}

    def loop(name: str, take: Callable[..., int], every: float) -> None:
        # As the worker's loops: a thread and a connection each.
        while not over.wait(every):
            taken[name] += take(at=now(), folder=door.var / "spool")
        connections.close_all()

    loops = [
        threading.Thread(target=loop, args=("events", take_events, 0.01)),
        threading.Thread(target=loop, args=("left", take_unsubscriptions, 0.5)),
    ]
    for one in loops:
        one.start()
    try:
        for number, person in enumerate(sent.people, start=1):
            began = time.monotonic()
            assert door.ask("POST", f"/u/{door.token(sent.number, number, tokens.LINK_UNSUBSCRIBE)}").status == 200
            with scope(sent.customer.id):
                while Subscription.objects.get(subscriber_id=person).state == "subscribed":
                    assert time.monotonic() - began < 60, "held up by the heap"
                    time.sleep(0.01)
    finally:
        over.set()
        for one in loops:
            one.join()
    assert taken["left"] >= len(people) and taken["events"] > 0
