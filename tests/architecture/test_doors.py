"""Every door of the console is tried: with another controller's ids, in each role, by nobody, and with garbage.

The routes come from the URL resolver and the permission table, so that a new one is tried without a word here. Whoever
adds a route with an id of a new kind is told to say where that id comes from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from psycopg import sql

from mandata.accounts import selectors as people
from mandata.accounts import services as accounts
from mandata.accounts.models import AccessAlert
from mandata.agreements import library
from mandata.agreements import selectors as agreements
from mandata.agreements.services import instructions, notices, obligations, upstream, versions
from mandata.assistance.services import files, requests, statements
from mandata.audience import services as audience
from mandata.audits.services import agreeing, packing
from mandata.audits.services import asking as auditing
from mandata.delivery import services as delivery
from mandata.delivery.models import Alarm, Domain
from mandata.foundation.actors import Actor
from mandata.holdings import acts, manual, runs, shelves
from mandata.holdings import selectors as held
from mandata.holdings import services as holdings
from mandata.incidents.models import Telling
from mandata.incidents.services import reports
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import current_controller, scope
from mandata.project.permissions import ALL, OPERATOR, ROUTES
from mandata.record.models import Entry
from mandata.retention.models import Run
from mandata.retention.services import keeping, limiting, receivers, returns
from mandata.rights import services as rights
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.services import objections
from tests.console.office import Office, office
from tests.subprocessors import cast
from tests.world import World

SECRET = "Unmistakable"
"""A word that stands in every name at the other controller."""
ROLES = sorted(ALL)


def _patterns(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield f"{space}{pattern.name}", pattern


PARAMETERS = {name: dict(pattern.pattern.converters) for name, pattern in _patterns(get_resolver())}
SCOPED = sorted((name, method) for name, rule in ROUTES.items() if rule.scoped for method in rule.methods)
POSTS = [name for name, method in SCOPED if method == "POST"]
WITH_IDS = [(name, method) for name, method in SCOPED if any(one.endswith("_id") for one in PARAMETERS[name])]
OPERATORS = sorted(
    (name, method) for name, rule in ROUTES.items() for method, who in rule.methods.items() if who == {OPERATOR}
)

TYPED = {
    "role": "marketer", "decision": "send", "reason": "manual", "ground": "mistake", "kind": "access",
    "channel": "email", "basis": "consent", "source": "counter", "email": "new.person@inbox.example", "act": "dry",
    "name": "New", "label": "New", "key": "new", "keeping": "sealed", "category": "own", "words": "yes",
    "revision": "0", "to": "new.person@inbox.example", "phrase": f"{SECRET} Bakery", "start": "letter",
}  # fmt: skip
"""What would be taken from somebody who may."""
NO_ID: dict[str, object] = {
    "part": "hours", "verb": "withdraw", "what": "mail", "move": "extend", "size": 1, "desk": "request",
    "law": "dpia", "form": "json", "attestation": UUID(int=7), "verdict": "fine",
}  # fmt: skip
"""Parts of addresses that name nothing of a controller's."""


def _accesses() -> dict[str, UUID]:
    """An access of the staff, and something unusual about it."""
    who, at = new_id(), now()
    access = accounts.staff.keep(user_id=who, reason=SECRET, ticket="", country="CZ", minutes=60, at=at)
    alert = AccessAlert.objects.create(
        log=new_id(), user_id=who, who="operator", rule="device", occasion="other", at=at
    )
    return {"access_id": access.id, "alert_id": UUID(str(alert.id))}


def _key(made: Office, word: str) -> UUID:
    """A key of the API."""
    by = made.shop.actor.id or made.shop.id
    return accounts.apikeys.make(name=word, scopes=["cases:read"], by=by, at=now()).id


def _alarm() -> UUID:
    """A warning that the agreement's share of complaints raised."""
    made = Alarm.objects.create(
        kind="complaints", about=current_controller(), level="warned", part=12, whole=900,
        clause="sending.complaints", since=now(), changed_at=now(),
    )  # fmt: skip
    return UUID(str(made.id))


@dataclass
class House:
    """A controller with something behind every door, people in every role, and the ids of it all."""

    office: Office
    ids: dict[str, UUID]

    def address(self, route: str) -> str:
        """The address of a route with this controller's ids."""
        values = {name: self.ids.get(name) or NO_ID[name] for name in PARAMETERS[route]}
        return reverse(route, kwargs=values)

    def ask(self, client: Client, route: str, method: str, data: dict[str, Any] | None = None) -> HttpResponse:
        return getattr(client, method.lower())(self.address(route), data or {})  # type: ignore[no-any-return]


def _house(world: World, word: str) -> House:
    made = office(f"{word} Bakery")
    for role in (*ROLES, "reader"):  # the first reader is whom the doors act upon, the last one who knocks
        made.joined(role, f"{word} {role}")
    campaign = made.shop.draft()
    with scope(made.shop.id):
        ids = {"campaign_id": campaign, **_audience(made, word), **_paperwork(made, word), **_duties(made, word)}
        ids |= _breach(made, word) | _help(made, word) | _accesses() | {"key_id": _key(made, word)}
    ids |= _change(made, word)
    world.sequence()
    packing.make(controller_id=made.shop.id, pack_id=ids["pack_id"])
    return House(made, ids)


def _audience(made: Office, word: str) -> dict[str, UUID]:
    shop, at = made.shop, now()
    person = audience.subscribe(
        list_id=shop.list_id, email=f"{word.lower()}.person@inbox.example", values={"first_name": word},
        source="counter", consent_words="yes", actor=shop.actor, at=at,
    )  # fmt: skip
    field = audience.create_field(
        key="loyalty", label=f"{word} points", kind="number", category="own", sealed=True,
        actor=shop.actor, at=at,
    )  # fmt: skip
    file = [f"email;first name\n{word.lower()}.other@inbox.example;{word}\n".encode()]
    taken = audience.upload(list_id=shop.list_id, file_name=f"{word}.csv", chunks=file, actor=shop.actor, at=at)
    gone = audience.subscribe(
        list_id=shop.list_id, email=f"{word.lower()}.gone@inbox.example", source="counter", actor=shop.actor, at=at
    )
    said = dict.fromkeys(acts.LIMITS, word)
    cabinet = manual.register(kind="paper", keeper="controller", said=said, actor=shop.actor, at=at)
    erased = holdings.erase(subject=held.subject(gone), ground="objection", actor=shop.actor, at=at)
    run = runs.choose(references=[person], ground="objection", actor=shop.actor, at=at)
    people = {"subscriber_id": person, "run_id": run, "erasure_id": erased.id}
    people |= {"manual_id": cabinet, "task_id": shelves.tasks_about(erased.id, at=at)[0].id}
    return {"list_id": shop.list_id, "field_id": field, "import_id": taken, **people}


def _paperwork(made: Office, word: str) -> dict[str, UUID]:
    shop, at = made.shop, now()
    case = rights.receive(
        kind="access", address=f"{word.lower()}.person@inbox.example", channel="post", language="en",
        name=word, words=word, actor=shop.actor, at=at,
    )  # fmt: skip
    accounts.members.invite(
        email=f"{word.lower()}.{shop.id.hex}@bakery.example", name=word, role="reader",
        invited_by=shop.actor.id or shop.id, at=at, link=lambda token: token,
    )  # fmt: skip
    agreement = agreements.in_force(at)
    assert agreement is not None
    return {
        "case_id": case.case_id,
        "invitation_id": people.invitations(at=at)[0].id,
        "member_id": next(
            one.id for one in people.members() if one.role == "reader" and one.user_id != made.people["reader"].id
        ),
        "agreement_id": agreement.id,
        "domain_id": Domain.objects.values_list("id", flat=True)[0],
        "host_id": delivery.add_host(name=f"links.{word.lower()}-{shop.id.hex}.example", actor=shop.actor, at=at),
        "alarm_id": _alarm(),
        "entry_id": Entry.objects.values_list("id", flat=True)[0],
    }


def _duties(made: Office, word: str) -> dict[str, UUID]:
    """What the agreement makes the parties tell and owe each other."""
    shop, at = made.shop, now()
    member, operator = shop.actor.id or shop.id, Actor("operator", new_id())
    given = instructions.give(member_id=member, words=word, acts=["send"], at=at)
    instructions.question(instruction_id=given, concern=word, actor=operator, at=at)
    above = upstream.add(
        name=word, contact=word, authorised_on=at.date() - timedelta(days=9), warranted=True, member_id=member, at=at
    )
    owed = obligations.open_duty(duty="breach.notify", since=at, cause=f"test:{word}", about=("case", new_id()), at=at)
    newer = library.source("ecomail").replace('version = "2023-09-07"', 'version = "2027-01-01"', 1)
    versions.announce(name="", source=newer, actor=operator, at=at)
    served = notices.serve(kind="test", party="controller", subject=word, text=word, at=at)
    waiting = agreements.waiting()
    assert waiting is not None
    return {
        "instruction_id": given,
        "upstream_id": above,
        "obligation_id": owed,
        "proposal_id": waiting.id,
        "served_id": served,
        "return_id": _archive(operator),
        **_kept(word, operator),
    }


def _archive(operator: Actor) -> UUID:
    """An archive of everything that is asked for."""
    opener = receivers.receiver(passphrase="a loaf of rye bread")
    return returns.ask(receiver=opener, to=returns.Destination(), actor=operator, at=now(), queue=False)


def _kept(word: str, operator: Actor) -> dict[str, UUID]:
    """A hold, a deletion that waits, a decision that limits: each names what it is about in sealed words only."""
    at = now()
    hold = keeping.place_hold(category="events", ground="claims", words=word, actor=operator, at=at)
    waits = Run.objects.create(
        number=1, why="daily", state="waiting", plan={"events": {"before": at.isoformat(), "rows": 0, "source": "",
        "origin": "ours", "clause": "", "period": ""}}, by=str(operator), at=at, moved_at=at,
    )  # fmt: skip
    decided = limiting.decide(kind="limit", ground_code="content", words=word, acts=["profile"], actor=operator, at=at)
    return {"hold_id": hold, "ageing_id": UUID(str(waits.id)), "decision_id": decided}


def _breach(made: Office, word: str) -> dict[str, UUID]:
    """A breach that the controller reported, and a message to people that waits."""
    at = now()
    share = reports.report(words=word, aware_at=at, actor=made.shop.actor, at=at)
    told = Telling.objects.create(
        share_id=share, number=1, heading=word, text=word, state="ready", asked_by="member", asked_at=at
    )
    return {"share_id": share, "telling_id": told.id}


def _help(made: Office, word: str) -> dict[str, UUID]:
    """An audit with terms and a file, help asked for with a file, a statement."""
    actor, at = made.shop.actor, now()
    operator = Actor("operator", new_id())
    audit = auditing.request(
        by="customer", inspector=word, wished_at=at + timedelta(days=90), scope=["measures"], words=word,
        independent=True, actor=actor, at=at,
    )  # fmt: skip
    auditing.accept(audit_id=audit, words=word, actor=operator, at=at)
    day = at.date() + timedelta(days=90)
    agreeing.propose(
        audit_id=audit, begins_on=day, ends_on=day, scope=["measures"], hours=Decimal(1), words=word, actor=operator,
        at=at,
    )  # fmt: skip
    asked = requests.ask(matter="other", words=word, actor=actor, at=at)
    file = {"kind": "document", "media_type": "text/plain", "content": word.encode(), "actor": actor, "at": at}
    papers = [
        files.take(about=about, name=word, **file)  # type: ignore[arg-type]
        for about in (("audit", audit), ("assistance", asked))
    ]
    month = at.date().replace(day=1) - timedelta(days=1)
    return {
        "audit_id": audit,
        "file_id": papers[0],
        "thing_id": asked,
        "paper_id": papers[1],
        "statement_id": statements.issue(month=month, actor=operator, at=at),
        "pack_id": packing.ask(since=at - timedelta(days=1), until=at, actor=actor, at=at, queue=False),
    }


def _change(made: Office, word: str) -> dict[str, UUID]:
    """A change of sub-processors that this controller alone was told of, and its objection."""
    name = f"Pigeons {made.shop.id.hex[-8:]} Ltd"  # the register is public, and so is whom it names
    cast.carrier(name)
    change = cast.announced(name)
    cast.told(made.shop.id, change, at=now())
    with scope(made.shop.id):
        filed = objections.object_to(change_id=change, words=word, actor=made.shop.actor, at=now())
    return {"change_id": change, "objection_id": filed}


@pytest.fixture(scope="module")
def houses(database: Urls) -> Iterator[tuple[House, House]]:
    """Ours, and the other one."""
    world = World()
    yield _house(world, "Ordinary"), _house(world, SECRET)
    Change.objects.all().delete()  # the register is everybody's
    SubProcessor.objects.all().delete()


def test_where_each_id_comes_from_is_known(houses: tuple[House, House]) -> None:
    wanted = {name for route, _ in WITH_IDS for name in PARAMETERS[route]}
    assert wanted - set(houses[0].ids) <= set(NO_ID), "say where this id comes from"


@pytest.mark.req("TEN-1")
@pytest.mark.parametrize(("route", "method"), WITH_IDS)
def test_another_controllers_ids_open_nothing(
    houses: tuple[House, House], database: Urls, route: str, method: str
) -> None:
    ours, theirs = houses
    role = _may(route, method)
    client = ours.office.browser(role)
    before = _state(database, theirs.office.shop.id)
    answer = theirs.ask(client, route, method, TYPED if method == "POST" else {})
    assert SECRET.encode() not in _said(answer)
    if method == "GET":
        assert answer.status_code in {403, 404}, (answer.status_code, answer.headers.get("Location"))
        own = ours.ask(ours.office.browser(role), route, method)
        assert own.status_code in {200, 302}, "with an id of ours the same door opens"
    else:
        assert answer.status_code in {302, 403, 404, 409, 422}, answer.status_code
    assert _state(database, theirs.office.shop.id) == before


@pytest.mark.req("TEN-1")
@pytest.mark.parametrize("route", POSTS)
def test_another_controllers_ids_within_a_form_do_nothing(
    houses: tuple[House, House], database: Urls, route: str
) -> None:
    ours, theirs = houses
    client = ours.office.browser(_may(route, "POST"))
    theirs_ = {name.removesuffix(end): str(one) for name, one in theirs.ids.items() for end in ("", "_id")}
    before = _state(database, theirs.office.shop.id)
    answer = ours.ask(client, route, "POST", {**TYPED, **theirs_, "controller": str(theirs.office.shop.id)})
    assert SECRET.encode() not in _said(answer)
    assert answer.status_code < 500 or route == "campaigns:test", "without a mail server a test is told to go nowhere"
    assert _state(database, theirs.office.shop.id) == before


def _may(route: str, method: str) -> str:
    who = ROUTES[route].who(method)
    return "owner" if "owner" in who else sorted(who)[0]


def _said(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]


def _state(database: Urls, controller_id: UUID) -> dict[str, str]:
    """A digest of every row of one controller, as a superuser reads the database."""
    found = {}
    with psycopg.connect(database.superuser) as connection:
        tables = connection.execute(
            "select c.oid::regclass::text from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where c.relkind = 'r' and a.attname = 'controller_id' and c.relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            query = sql.SQL("select md5(coalesce(string_agg(md5(t::text), '' order by t::text), '')) from {} t "
                            "where controller_id = %s").format(sql.SQL(table))  # fmt: skip
            found[table] = connection.execute(query, [controller_id]).fetchone()[0]  # type: ignore[index]
    return found


@pytest.mark.req("PPL-2")
@pytest.mark.parametrize("role", ROLES)
def test_what_the_table_denies_a_role_is_denied(houses: tuple[House, House], database: Urls, role: str) -> None:
    ours = houses[0]
    client = ours.office.browser(role)
    before = _state(database, ours.office.shop.id)
    denied = [(route, method) for route, method in SCOPED if role not in ROUTES[route].who(method)]
    for route, method in denied:
        assert ours.ask(client, route, method).status_code == 403, (route, method)
    for route, method in OPERATORS:
        address = reverse(route, kwargs=dict.fromkeys(PARAMETERS[route], ours.office.shop.id))
        assert getattr(client, method.lower())(address).status_code == 404, route
    assert _state(database, ours.office.shop.id) == before
    assert denied or role == "owner"


@pytest.mark.req("PPL-2")
def test_nobody_is_led_to_the_log_in_from_every_door(houses: tuple[House, House], database: Urls) -> None:
    ours = houses[0]
    before = _state(database, ours.office.shop.id)
    for route, method in SCOPED:
        answer = ours.ask(Client(), route, method)
        assert answer.status_code == 302, route
        assert answer.headers["Location"].startswith("/login/?next=/"), route
    assert _state(database, ours.office.shop.id) == before


LONG = "9" * 40
GARBAGE = ("", "garbage", "\0", str(UUID(int=0)), LONG, "²", "=1+1\r\nBcc: x@y.example", "ž" * 5000)
FORM = (
    *TYPED, "address", "answer", "before", "choices", "city", "consent_at", "country", "delimiter", "encoding", "field",
    "first_name", "format", "from_domain", "from_local", "from_name", "language", "last_name", "legal_name", "lift",
    "list", "list_id", "number", "over", "page", "person", "postal_address", "preheader", "reply_to", "scope", "source",
    "since", "until", "feed", "first", "second", "place", "post", "keeper", "found", "evidence", "remark",
    "after", "group",
    "state", "subject", "target", "target_0", "then", "time_zone", "track_opens", "update", "whole", "zone",
)  # fmt: skip
"""Names of what forms and addresses carry."""


@pytest.mark.parametrize(("route", "method"), SCOPED)
def test_garbage_in_a_form_or_an_address_is_refused_and_never_a_fault(
    houses: tuple[House, House], route: str, method: str
) -> None:
    ours = houses[0]
    client = ours.office.browser(_may(route, method))
    for value in GARBAGE:
        answer = ours.ask(client, route, method, dict.fromkeys(FORM, value))
        _said(answer)
        assert answer.status_code < 500, value
