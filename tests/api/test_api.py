"""The API: keys, scopes, limits, doing things once, and requests of data subjects through it."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from mandata.accounts import selectors as people
from mandata.accounts.models import ApiCall, ApiKey
from mandata.accounts.rules import apikeys
from mandata.accounts.services import apikeys as keys
from mandata.accounts.tasks import forget_calls
from mandata.api import door
from mandata.api.document import document
from mandata.infra import limits
from mandata.infra.clock import now
from mandata.infra.tenancy import scope
from mandata.record.models import Entry
from mandata.rights import services as rights
from mandata.rights.models import Case
from tests.holdings.cast import NOVAK, Shop, a_shop
from tests.rights import asking
from tests.world import World

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
BOTH = ("cases:create", "cases:read")


@dataclass
class Program:
    """A program of a controller's, with its key."""

    shop: Shop
    key: str
    sent: int = 0
    client: Client = field(default_factory=Client)

    def hand_in(self, name: str = "", **body: Any) -> Any:
        """A request of somebody, under a name of its own unless one is given."""
        wish = {"kind": "access", "email": NOVAK, "language": "en", **body}
        return self.post(json.dumps(wish), name or str(uuid4()))

    def post(self, body: str | bytes, name: str = "once", media: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": name}
        return self.client.post("/api/v1/cases/", body, content_type=media, headers=headers)

    def read(self, case_id: object) -> Any:
        return self.client.get(f"/api/v1/cases/{case_id}/", headers={"Authorization": f"Bearer {self.key}"})


def a_key(shop: Shop, *scopes: str, days: int | None = None) -> tuple[UUID, str]:
    """A key for some scopes."""
    at = now()
    with scope(shop.id):
        until = at + timedelta(days=days) if days else None
        made = keys.make(name="Web shop", scopes=scopes or BOTH, by=shop.member.id or shop.id, at=at, until=until)
    return made.id, made.text


@pytest.fixture
def program(world: World) -> Iterator[Program]:
    """A bakery's web shop."""
    shop = a_shop(world)
    asking.somebody(shop, NOVAK, first_name="Jana")
    yield Program(shop, a_key(shop)[1])


def _cases(shop: Shop) -> int:
    with scope(shop.id):
        return Case.objects.count()


@pytest.mark.req("DSR-1")
def test_a_request_comes_in_by_a_program_and_how_it_stands_is_read_without_the_person(program: Program) -> None:
    answer = program.hand_in(words="What do you hold of me?", name="Jana")
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["state"], body["channel"], body["kind"], body["repeated"]) == ("received", "api", "access", False)
    (mail,) = asking.mails(program.shop, "rights.confirm")
    assert mail["to"] == NOVAK
    rights.confirm(token=asking.token_in(mail), at=now())
    stood = program.read(body["id"])
    assert stood.status_code == 200
    assert stood.json()["state"] == "confirmed"
    assert stood.json()["due_at"] == body["due_at"]
    with scope(program.shop.id):
        rights.answer(case_id=UUID(body["id"]), actor=asking.OFFICER, at=now())
    told = program.read(body["id"])
    assert told.json()["result"] == "handed_over"
    assert NOVAK not in told.content.decode()
    assert "Jana" not in told.content.decode()
    assert told.headers["Cache-Control"] == "no-store, private"


@pytest.mark.req("DSR-1")
def test_who_handed_a_request_in_stands_in_the_record_as_the_key(program: Program) -> None:
    case_id = program.hand_in().json()["id"]
    with scope(program.shop.id):
        key = ApiKey.objects.get()
        (leaf,) = Entry.objects.filter(kind="rights.received").values_list("leaf", flat=True)
    assert f"key:{key.id}".encode() in bytes(leaf)
    assert case_id.encode() in bytes(leaf)


@pytest.mark.req("DSR-1")
def test_known_and_unknown_addresses_get_the_same_answer(program: Program) -> None:
    known, unknown = (program.hand_in(email=one).json() for one in (NOVAK, "nobody@inbox.example"))
    names = ("kind", "state", "channel", "due_clause", "waits_for", "result", "repeated")
    assert [known[one] for one in names] == [unknown[one] for one in names]
    assert set(known) == set(unknown)


def test_the_same_name_does_nothing_twice_and_gives_the_same_answer(program: Program) -> None:
    first = program.hand_in("complaint-1", kind="complaint", words="Too many mails.")
    again = program.hand_in("complaint-1", kind="complaint", words="Too many mails.")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert _cases(program.shop) == 1
    other = program.hand_in("complaint-1", kind="complaint", words="Something else.")
    assert (other.status_code, other.json()["code"]) == (422, "api.idempotency")
    assert _cases(program.shop) == 1


def test_a_name_is_a_keys_own_and_is_forgotten_after_its_days(program: Program) -> None:
    program.hand_in("n-1", kind="complaint")
    other = Program(program.shop, a_key(program.shop)[1])
    assert other.hand_in("n-1", kind="complaint").status_code == 201
    assert _cases(program.shop) == 2
    with scope(program.shop.id):
        ApiCall.objects.update(at=now() - apikeys.CALLS_LAST - timedelta(minutes=1))
    forget_calls(0)
    with scope(program.shop.id):
        assert ApiCall.objects.count() == 0


def test_two_of_the_same_name_at_one_instant_open_one_case(program: Program) -> None:
    start, answers = Barrier(2), list[Any]()

    def work() -> None:
        try:
            start.wait()
            answers.append(Program(program.shop, program.key).hand_in("twice", kind="complaint"))
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _both in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert _cases(program.shop) == 1


def test_what_was_refused_leaves_nothing_and_can_be_sent_again_by_the_same_name(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        def killed(*_all: object, **_more: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(rights, "receive", killed)
        with pytest.raises(KeyboardInterrupt):
            program.hand_in("again")
    assert _cases(program.shop) == 0
    bad = program.hand_in("again", email="no address at all")
    assert (bad.status_code, bad.json()["code"]) == (422, "rights.not_askable")
    assert program.hand_in("again").status_code == 201


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer mandata_" + "A" * 64,
        "Bearer mandata_" + "é" * 64,
        "Basic bWFuZGF0YQ==",
        "Bearer " + "A" * 9000,
    ],
)
def test_without_a_key_that_is_one_nothing_opens(database: object, header: str) -> None:
    answer = Client().get(f"/api/v1/cases/{uuid4()}/", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "api.key"


@pytest.mark.req("PPL-6")
def test_a_key_does_what_it_may_until_it_is_revoked_or_expires(program: Program) -> None:
    reads_id, reads = a_key(program.shop, "cases:read")
    reader = Program(program.shop, reads)
    refused = reader.hand_in()
    assert (refused.status_code, refused.json()["code"]) == (403, "api.scope")
    case_id = program.hand_in().json()["id"]
    assert reader.read(case_id).status_code == 200
    with scope(program.shop.id):
        keys.revoke(key_id=reads_id, actor=program.shop.member, at=now())
        keys.revoke(key_id=reads_id, actor=program.shop.member, at=now())
        assert Entry.objects.filter(kind="api.key_revoked").count() == 1
    assert reader.read(case_id).status_code == 401
    short_id, short = a_key(program.shop, days=1)
    with scope(program.shop.id):
        ApiKey.objects.filter(id=short_id).update(until=now())
        assert {one.id: one.state for one in people.api_keys(at=now())}[short_id] == "expired"
    assert Program(program.shop, short).read(case_id).status_code == 401


@pytest.mark.req("PPL-6")
def test_of_a_key_only_the_hash_is_kept(program: Program) -> None:
    with scope(program.shop.id):
        row = ApiKey.objects.get()
        entry = Entry.objects.get(kind="api.key_made")
    secret = program.key.removeprefix(apikeys.BEGINNING)
    kept = repr((row.name, bytes(row.digest), row.tail, row.scopes)) + bytes(entry.leaf).decode("latin-1")
    assert secret[8:-8] not in kept
    assert len(bytes(row.digest)) == 32


@pytest.mark.req("TEN-1")
def test_a_key_sees_no_other_controllers_case(world: World, program: Program) -> None:
    case_id = program.hand_in().json()["id"]
    other = Program(theirs := a_shop(world, "Other Bakery"), a_key(theirs)[1])
    answer = other.read(case_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "rights.no_such_case")
    raw = apikeys.read(program.key)
    assert raw is not None
    forged = apikeys.write(theirs.id, b"\0" * 32)
    assert Program(theirs, forged).read(case_id).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"[]", 422),
        (b'{"kind": "access"}', 422),
        (b'{"kind": "klingon", "email": "a@b.example", "language": "en"}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "klingon"}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "en", "more": 1}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "en", "words": "\\u0000"}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "en", "words": "\\ud800"}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "en", "received_at": "2999-01-01T00:00:00Z"}', 422),
        (b'{"kind": "access", "email": "a@b.example", "language": "en", "received_at": "2001-01-01T00:00:00Z"}', 422),
        (
            b'{"kind": "access", "email": "a@b.example", "language": "en", "household": {"emails": ["c@d.example"]}}',
            422,
        ),
        (b'{"kind": "portability", "email": "a@b.example", "language": "en", "transmit_to": "http://10.0.0.1/"}', 422),
        (b'{"kind": "access", "email": "' + b"a" * 70_000 + b'", "language": "en"}', 413),
        (b"\xff\xfe", 422),
    ],
)
def test_what_cannot_be_taken_is_refused_without_a_word_of_it(program: Program, body: bytes, status: int) -> None:
    answer = program.post(body)
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "b.example" not in answer.content.decode()
    assert _cases(program.shop) == 0


def test_a_missing_name_a_wrong_media_type_and_a_wrong_method_are_told_apart(program: Program) -> None:
    assert program.post("{}", media="text/plain").status_code == 415
    wish = json.dumps({"kind": "access", "email": NOVAK, "language": "en"})
    missing = program.post(wish, name=" ")
    assert (missing.status_code, missing.json()["code"]) == (400, "api.idempotency_missing")
    assert program.post(wish, name="x" * 201).status_code == 400
    gone = program.client.delete("/api/v1/cases/", headers={"Authorization": f"Bearer {program.key}"})
    assert gone.status_code == 405


def test_too_many_requests_by_a_key_are_told_to_wait(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(door, "CALLS", limits.Limit(f"api-{uuid4()}", 2, 3600))
    codes = [program.read(uuid4()).status_code for _each in range(3)]
    assert codes == [404, 404, 429]
    assert program.read(uuid4()).headers["Retry-After"] == "3600"


@pytest.mark.req("DSR-1")
def test_an_address_behind_a_program_is_not_flooded(program: Program) -> None:
    answers = [program.hand_in(kind="complaint", words=str(one)) for one in range(11)]
    assert [one.status_code for one in answers[:10]] == [201] * 10
    assert answers[10].status_code >= 400
    assert answers[10].json()["code"] == "rights.too_many"


@pytest.mark.req("DSR-1")
def test_a_clock_runs_from_when_the_person_asked(program: Program) -> None:
    earlier = (now() - timedelta(days=3)).isoformat()
    early, fresh = program.hand_in(received_at=earlier).json(), program.hand_in(kind="erasure").json()
    assert early["received_at"] < fresh["received_at"]
    assert early["due_at"] < fresh["due_at"]


@pytest.mark.req("DSR-9")
def test_a_household_under_californian_law_comes_in_together(world: World) -> None:
    shop = asking.a_us_shop(world, agreement="everymail")
    mine = Program(shop, a_key(shop)[1])
    together = {"what": "know", "emails": ["bob@inbox.example"]}
    answer = mine.hand_in(kind="household", email="ann@inbox.example", household=together)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kind"], answer.json()["regime"]) == ("household", "us")
    assert _cases(shop) == 3
    earlier, others = (now() - timedelta(days=3)).isoformat(), {"what": "know", "emails": ["dan@inbox.example"]}
    early = mine.hand_in(kind="household", email="eve@inbox.example", household=others, received_at=earlier)
    assert early.status_code == 201, early.content
    assert early.json()["due_at"] < answer.json()["due_at"], "the clock runs from when they asked"


def test_the_document_says_what_can_be_asked_and_is_served_to_anybody(database: object) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told = answer.json()
    assert told == json.loads(json.dumps(document()))
    assert told["openapi"] == "3.1.0"
    assert set(told["paths"]) == {"/api/v1/cases/", "/api/v1/cases/{case_id}/"}
    named = set(re.findall(r"#/components/schemas/(\w+)", answer.content.decode()))
    assert named == set(told["components"]["schemas"]), "every shape that is named is there, and no other"
    for place in told["paths"].values():
        for operation in place.values():
            assert operation["security"][0]["key"][0] in apikeys.SCOPES
            assert {"401", "403", "404", "429"} <= set(operation["responses"])


def test_answers_have_the_fields_that_the_document_says(program: Program) -> None:
    schemas = document()["components"]["schemas"]
    opened = program.hand_in().json()
    assert set(opened) == set(schemas["Opened"]["required"])
    assert set(program.read(opened["id"]).json()) == set(schemas["CaseState"]["required"])
    assert set(program.read(uuid4()).json()) == set(schemas["Problem"]["required"])


def _examples() -> list[list[str]]:
    """The calls that the page of the API shows, as a shell takes them apart."""
    found = re.findall(r"^    (curl (?:.*\\\n)*.*)$", DOCS.read_text(), re.MULTILINE)
    return [shlex.split(one.replace("\\\n", " ")) for one in found]


def test_the_calls_that_the_page_shows_work_as_they_stand(program: Program) -> None:
    case_id, calls = "", _examples()
    assert len(calls) == 4
    for _curl, url, *more in calls:
        path = re.sub(r"^https://[^/]+", "", url).replace("$CASE", case_id)
        said = dict(zip(more[::2], more[1::2], strict=True))
        headers = dict(one.split(": ", 1) for one, kind in zip(more[1::2], more[::2], strict=True) if kind == "-H")
        headers = {name: value.replace("$KEY", program.key) for name, value in headers.items()}
        media = headers.pop("Content-Type", "")
        if "-d" in said:
            answer = program.client.post(path, said["-d"], content_type=media, headers=headers)
            case_id = answer.json()["id"]
        else:
            answer = program.client.get(path, headers=headers)
        assert answer.status_code in (200, 201), (path, answer.content)


def test_the_answers_that_the_page_shows_have_the_real_fields() -> None:
    shown = [json.loads(one) for one in re.findall(r"^    \{\n(?:     .*\n)+    \}", DOCS.read_text(), re.MULTILINE)]
    schemas = document()["components"]["schemas"]
    assert [set(one) for one in shown] == [set(schemas["Opened"]["required"]), set(schemas["Problem"]["required"])]


def test_what_is_no_key_is_read_as_none() -> None:
    key = apikeys.write(UUID(int=7), b"s" * 32)
    found = apikeys.read(key)
    assert found is not None
    assert (found.controller_id, found.digest) == (UUID(int=7), apikeys.digest(b"s" * 32))
    for bad in ("", key[:-1], key + "A", key.replace("mandata_", "other_"), f" {key}", key + "\n"):
        assert apikeys.read(bad) is None
