"""Erasure beyond rows: files that wait, the mail catcher, links in old messages, and a process killed in the middle."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from smtplib import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandata.accounts.services.notices import send_notice
from mandata.audience.rules.blanking import blank_out, form_of, needles
from mandata.audience.selectors.imports import piece
from mandata.delivery.catcher.server import Catcher, Place
from mandata.foundation import tokens
from mandata.foundation.errors import Fault
from mandata.holdings import caught, selectors, services, tasks
from mandata.holdings.models import Erasure
from mandata.holdings.rules import Found
from mandata.infra.environment import env
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking.models import Counter, Event
from mandata.tracking.services import take_events
from mandata.vault.services import Vault, token_keys
from tests.holdings.cast import LATER, NAMESAKE, NOVAK, a_person, a_shop, files_with, waiting_file
from tests.holdings.test_erasure import OFFICER, counts, erase
from tests.tracking.cast import Door, Sent
from tests.world import NOON, World

WANTED = needles([NOVAK], form_of(b"", "utf-8"))


@given(before=st.integers(0, 40), after=st.integers(0, 40), cut=st.integers(0, 200))
def test_blanking_keeps_the_length_and_every_other_line(before: int, after: int, cut: int) -> None:
    text = "a@b.example;x\n" * before + f"{NOVAK};Jana\n" + "c@d.example;y\n" * after
    window = bytearray(text.encode())
    first, second = window[:cut], window[cut:]
    left = bytearray(first)
    hits = len(blank_out(left, WANTED, last=False))
    whole = left + second
    hits += len(blank_out(whole, WANTED, last=True))
    assert hits == 1
    assert len(whole) == len(text)
    assert NOVAK.encode() not in whole
    assert whole.decode().replace("x" * len(f"{NOVAK};Jana"), "") == text.replace(f"{NOVAK};Jana", "")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250", "utf-16"])
def test_a_file_that_waits_loses_the_persons_line_and_no_other(world: World, encoding: str) -> None:
    shop = a_shop(world)
    import_id = waiting_file(shop, NOVAK, encoding=encoding)
    assert counts(shop) == {"uploads": Found(delete=1)}
    erase(shop)
    assert counts(shop) == {"suppression": Found(keep=1)}
    with scope(shop.id):
        vault = Vault.open()
        left = (piece(vault, import_id, vault.key(import_id), 0) or b"").decode(encoding).splitlines()
    assert [line.strip("x") for line in left] == ["email;jméno", "first@else.example;Petr", "", "last@else.example;Eva"]


@pytest.fixture
def catcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catcher]:
    """The shipped catcher on free ports, named by the environment."""
    catcher = Catcher(Place(tmp_path / "caught", smtp_port=0, http_port=0))
    catcher.start()
    there = replace(env(), catcher_url=f"http://127.0.0.1:{catcher.http_port}")
    monkeypatch.setattr(caught, "env", lambda: there)
    yield catcher
    catcher.stop()


def _send(catcher: Catcher, sender: str, to: str, text: str, message_id: str = "") -> None:
    head = f"Message-ID: <{message_id}@mandata.example>\r\n" if message_id else ""
    with SMTP("127.0.0.1", catcher.smtp_port) as smtp:
        smtp.sendmail(sender, [to], f"{head}To: {to}\r\nSubject: x\r\n\r\n{text}\r\n")


def _token(number: int) -> str:
    keys = token_keys()
    return tokens.mint(keys, tokens.references(keys, [(number, 1)])[0], tokens.LINK_BOUNCE)


@pytest.mark.req("RET-4")
def test_mail_in_the_catcher_is_found_and_overwritten_as_far_as_it_is_the_controllers(
    world: World, catcher: Catcher
) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    a_person(shop, NOVAK)
    with scope(shop.id):
        notice = send_notice(to=NOVAK, subject="s", text="t", kind="test.mail", at=NOON)
    _send(catcher, f"b-{_token(shop.campaign_number)}@returns.localhost", NOVAK, "ours")
    _send(catcher, "mandata@localhost", NOVAK, "our notice", notice.hex)
    _send(catcher, f"b-{_token(other.campaign_number)}@returns.localhost", NOVAK, "the other bakery's")
    _send(catcher, f"b-{_token(shop.campaign_number)}@returns.localhost", NAMESAKE, "the namesake's")
    folder = catcher.place.folder
    catcher.store.flush()
    assert files_with(folder, NOVAK) != []
    assert counts(shop)["catcher"] == Found(delete=2)
    assert counts(other)["catcher"] == Found(delete=1)
    erase(shop)
    assert "catcher" not in counts(shop)
    left = [catcher.store.content(one.id) for one in catcher.store.find([NOVAK])]
    assert [b"the other bakery's" in content for content in left] == [True]
    erase(other)
    assert files_with(folder, NOVAK) == []
    assert files_with(folder, NAMESAKE) != []


def test_a_catcher_that_does_not_answer_stops_the_erasure(
    world: World, monkeypatch: pytest.MonkeyPatch, catcher: Catcher
) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    there = replace(env(), catcher_url="http://127.0.0.1:9")
    monkeypatch.setattr(caught, "env", lambda: there)
    with pytest.raises(Fault, match="mail catcher"):
        erase(shop)
    with scope(shop.id):
        assert selectors.subject(reference)


@pytest.mark.req("RET-4", "AUDI-4")
def test_a_click_on_an_old_link_counts_and_brings_nobody_back(world: World, tmp_path: Path) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    erase(shop)
    door = Door(tmp_path / "spool")
    sent = Sent(shop.customer, shop.campaign_id, shop.campaign_number, shop.list_id, [reference])
    door.clicked(sent, 1, 1, 500_000)
    assert take_events(at=NOON + timedelta(days=30), folder=door.folder) == 1
    assert counts(shop) == {"suppression": Found(keep=1)}
    with scope(shop.id):
        assert Counter.objects.filter(campaign_id=shop.campaign_id, kind="click").exists()
        assert not Event.objects.exclude(subscriber_id=None).exists()


def test_an_event_that_was_in_flight_becomes_a_statistic_too(world: World) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    erase(shop)
    with scope(shop.id):
        Event.objects.create(
            at=NOON,
            kind="click",
            campaign_id=shop.campaign_id,
            subscriber_id=reference,
            link=1,
            actor_class="human",
            agent="firefox",
            network="203.0.113.0/24",
        )
        assert services.sweep(at=LATER) == 1
        assert services.sweep(at=LATER) == 0
        assert not Event.objects.exclude(subscriber_id=None).exists()
    tasks.sweep(timestamp=0)


_KILLED = """
    import os, signal, sys
    from datetime import datetime
    from uuid import UUID
    import django
    django.setup()
    from mandata.foundation.actors import Actor
    from mandata.holdings import catalogue, erasing, selectors, services
    from mandata.holdings.rules import Cannot, Found, Place
    from mandata.infra.tenancy import scope

    def die(*given, **named):
        os.kill(os.getpid(), signal.SIGKILL)

    controller, address, at, step = UUID(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3]), sys.argv[4]
    if step == "middle":
        catalogue.provide(Place(catalogue.PAYLOADS.description.__class__(
            "deadly", "test", "", "", "", "", ""),
            lambda s: {one.key: Found(delete=1) for one in s}, Cannot(""), Cannot(""), Cannot(""), die))
    else:
        erasing._enter = die
    with scope(controller):
        subject = selectors.subject_by_address(address)
        services.erase(subject=subject, ground="objection", actor=Actor("system"), at=at)
"""


@pytest.mark.req("RET-4")
@pytest.mark.parametrize("step", ["middle", "end"])
def test_killed_with_9_nothing_is_half_erased_and_the_same_command_finishes(
    world: World, database: Urls, step: str
) -> None:
    shop = a_shop(world)
    reference = a_person(shop, NOVAK)
    before = counts(shop)
    script = [sys.executable, "-c", textwrap.dedent(_KILLED), str(shop.id), NOVAK, LATER.isoformat(), step]
    killed = subprocess.run(script, env={**os.environ, "PYTHONPATH": "src"}, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert counts(shop) == before
    with scope(shop.id):
        assert not Erasure.objects.exists()
        done = services.erase(
            subject=selectors.subject(reference), ground="objection", actor=OFFICER, at=LATER + timedelta(hours=1)
        )
    assert {key: sum(count.values()) for key, count in done.counts.items()} == {
        key: found.touched for key, found in before.items()
    }
    assert counts(shop) == {"suppression": Found(keep=1)}
