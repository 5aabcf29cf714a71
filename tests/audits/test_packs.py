"""A pack of evidence is whole by proof, of one controller only, and whatever was done to it is named."""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from mandata.assistance import selectors as assistance
from mandata.assistance.services import requests
from mandata.audits import selectors
from mandata.audits.errors import BadLink, BadRequest, NoSuch, WrongState
from mandata.audits.models import Piece
from mandata.audits.rules import codes
from mandata.audits.services import attesting, evidence, packing
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import packs, services, verifier
from mandata.record import selectors as record
from mandata.record.packs import Document
from mandata.record.services import sequence
from tests.agreements.deals import Deal, deal
from tests.audits.cast import ASKED, BEGIN, OPERATOR, ask

Files = dict[str, bytes]


def busy(name: str, words: str) -> Deal:
    """A controller of whom the record tells something."""
    house = deal(name, at=BEGIN)
    audit = ask(house)
    with scope(house.id):
        requests.ask(matter="compliance", words=f"{words} {audit}", actor=house.actor, at=ASKED)
    sequence(house.id, at=now())
    sequence(INSTANCE, at=now())
    return house


@pytest.fixture
def house(database: Urls) -> Deal:
    return busy("ecomail", "our own words")


def asked(house: Deal) -> UUID:
    with scope(house.id):
        return packing.ask(since=BEGIN, until=now(), actor=house.actor, at=now(), queue=False)


def fetched(house: Deal, pack: UUID) -> bytes:
    with scope(house.id):
        token = packing.link(pack_id=pack, actor=house.actor, at=now())
    return b"".join(packing.fetch(token=token, at=now())[1])


def made(house: Deal) -> bytes:
    pack = asked(house)
    assert packing.make(controller_id=house.id, pack_id=pack)
    return fetched(house, pack)


def files(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def verified(contents: Files, folder: Path) -> list[tuple[str, str]]:
    place = folder / "pack.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    told = verifier.verify(str(place), [])
    return [(one["where"], one["what"]) for one in told["findings"]]


@pytest.mark.req("AUD-3")
def test_a_pack_of_evidence_verifies_offline_and_holds_every_file(house: Deal, tmp_path: Path) -> None:
    attested = attesting.upload(
        kind="iso27001", title="ISO 27001 / 2026", issuer="Registrar", issued_on=date(2026, 1, 5),
        media_type="application/pdf", content=b"%PDF iso", by=new_id(), at=ASKED,
    )  # fmt: skip
    contents = files(made(house))
    (tmp_path / "verify.py").write_bytes(contents["verify.py"])
    (tmp_path / "pack.zip").write_bytes(made(house))
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "pack.zip", "--json"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"]}, timeout=60, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (done.returncode, told["findings"], told["log"]) == (0, [], str(house.id))
    named = {name.removeprefix("documents/") for name in contents if name.startswith("documents/")}
    assert named >= {"index.json", *evidence.FILES, f"certificates/{attested}-iso-27001-2026.pdf"}
    owed = [json.loads(line) for line in contents["documents/obligations.ndjson"].splitlines()]
    assert {"audit.answer", "assistance.documents"} <= {one["duty"] for one in owed}
    assert contents["documents/processing.pdf"].startswith(b"%PDF")
    attesting.withdraw(certificate_id=attested, by=new_id(), at=ASKED)


@pytest.mark.req("AUD-3")
def test_nothing_of_another_controller_is_in_it(house: Deal) -> None:
    other = busy("acomware", "words of the others")
    whole = b"".join(files(made(house)).values())
    foreign = b"".join(files(made(other)).values())
    for mine, theirs in ((house, other), (other, house)):
        data = whole if mine is house else foreign
        assert str(mine.id).encode() in data
        with scope(theirs.id):
            thing, help_ = selectors.audits()[0], assistance.requests()[0]
            entries = [one.id for one in record.entries(limit=200)]
        for secret in (theirs.id, theirs.owner, thing.id, help_.id, *entries):
            assert str(secret).encode() not in data
            assert secret.bytes not in data
    assert b"words of the others" not in whole
    assert b"our own words" not in whole, "what somebody wrote is a commitment"


def _without(kind: str, name: str) -> Callable[[Files], None]:
    def change(contents: Files) -> None:
        lines = contents[f"documents/{name}"].splitlines(keepends=True)
        contents[f"documents/{name}"] = b"".join(lines[1:])

    return change


def _flip(name: str) -> Callable[[Files], None]:
    def change(contents: Files) -> None:
        data = bytearray(contents[name])
        data[len(data) // 2] ^= 1
        contents[name] = bytes(data)

    return change


def _drop_entry(contents: Files) -> None:
    lines = contents["leaves.ndjson"].splitlines(keepends=True)
    contents["leaves.ndjson"] = b"".join(lines[:3] + lines[4:])


CHANGES: dict[str, tuple[Callable[[Files], None], str, str]] = {
    "a changed list": (
        _without("obligation.opened", "obligations.ndjson"),
        "documents/obligations.ndjson",
        "is not the file that was packed",
    ),
    "a changed register": (_flip("documents/processing.csv"), "documents/processing.csv", "is not the file"),
    "an entry taken out": (_drop_entry, "leaf 3", "was changed or removed"),
    "a file taken out": (lambda c: c.__delitem__("documents/accesses.ndjson"), "documents/accesses.ndjson", "missing"),
    "a file put in": (lambda c: c.update({"documents/x": b"x"}), "documents/x", "was put into the pack later"),
    "a forged manifest": (
        lambda c: c.update({"manifest.json": c["manifest.json"].replace(b'"newest":true', b'"newest":false')}),
        "manifest",
        "is not the one that was signed",
    ),
}


@pytest.mark.req("AUD-3")
def test_whatever_is_changed_in_a_pack_is_named(house: Deal, tmp_path: Path) -> None:
    data = made(house)
    assert verified(files(data), tmp_path) == []
    for what, (change, where, reason) in CHANGES.items():
        contents = files(data)
        change(contents)
        found = verified(contents, tmp_path)
        assert any(where == one and reason in words for one, words in found), (what, found)
    place = tmp_path / "cut.zip"
    place.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(verifier.FAULTS):
        verifier.verify(str(place), [])


@pytest.mark.req("AUD-3")
def test_a_list_that_leaves_something_out_is_refused_though_the_processor_signed_it(
    house: Deal, tmp_path: Path
) -> None:
    short = {"obligations.ndjson": b"", "accesses.ndjson": b"", "audits.ndjson": b"", "requests.ndjson": b"",
             "index.json": b"{}"}  # fmt: skip
    out = tmp_path / "short.zip"
    with out.open("wb") as stream:
        documents = [Document(name, lambda data=data: [data]) for name, data in short.items()]  # type: ignore[misc]
        packs.write(stream, house.id, since=BEGIN, until=now(), at=now(), documents=documents)
    found = {one["where"]: one["what"] for one in verifier.verify(str(out), [])["findings"]}
    assert set(found) == {"documents/obligations.ndjson", "documents/audits.ndjson", "documents/requests.ndjson"}
    assert all("leaves out" in what and "of which leaf" in what for what in found.values())


_KILLED = """
    import os, signal
    from uuid import UUID
    import django
    django.setup()
    from mandata.audits.services import evidence, packing
    def die(*_period):
        os.kill(os.getpid(), signal.SIGKILL)
    evidence._measures = die
    packing.make(controller_id=UUID("{house}"), pack_id=UUID("{pack}"))
"""


@pytest.mark.req("AUD-3")
def test_a_worker_killed_in_the_middle_leaves_nothing_half_and_the_next_one_makes_it(house: Deal) -> None:
    pack = asked(house)
    code = textwrap.dedent(_KILLED).format(house=house.id, pack=pack)
    done = subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    with scope(house.id):
        half = selectors.pack(pack)
        assert Piece.objects.filter(pack=pack).count() == 0
    assert (half.state, half.done) == ("working", 3)
    assert packing.make(controller_id=house.id, pack_id=pack)
    assert not packing.make(controller_id=house.id, pack_id=pack), "once"
    with scope(house.id):
        assert selectors.pack(pack).state == "ready"
    assert "manifest.json" in files(fetched(house, pack))


@pytest.mark.req("AUD-3")
def test_a_link_ends_and_the_pack_goes_with_its_key(house: Deal) -> None:
    pack = asked(house)
    packing.make(controller_id=house.id, pack_id=pack)
    later = now() + codes.LINK_LASTS + timedelta(minutes=1)
    with scope(house.id):
        token = packing.link(pack_id=pack, actor=house.actor, at=now())
    with pytest.raises(BadLink):
        packing.fetch(token=token, at=later)
    with pytest.raises(BadLink):
        packing.fetch(token=token[:-1], at=now())
    with scope(house.id):
        assert packing.expire(at=later) == 1
        assert Piece.objects.filter(pack=pack).count() == 0
        assert selectors.pack(pack).state == "expired"
    with pytest.raises(BadLink):
        packing.fetch(token=token, at=now())
    other = deal("ecomail", at=BEGIN)
    with pytest.raises(NoSuch):
        packing.read(controller_id=other.id, pack_id=pack, actor=OPERATOR, at=now())


@pytest.mark.req("AUD-3")
def test_what_lies_in_the_database_opens_for_nobody_without_the_key(house: Deal) -> None:
    pack = asked(house)
    packing.make(controller_id=house.id, pack_id=pack)
    with scope(house.id):
        held = b"".join(bytes(one) for one in Piece.objects.filter(pack=pack).values_list("sealed", flat=True))
    assert b"manifest" not in held
    assert b"PK\x03\x04" not in held[:200]


def test_who_asks_twice_gets_the_one_that_is_being_made(house: Deal) -> None:
    at = now()
    with scope(house.id):
        first = packing.ask(since=BEGIN, until=at, actor=house.actor, at=at, queue=False)
        assert packing.ask(since=BEGIN, until=at, actor=house.actor, at=at, queue=False) == first
        with pytest.raises(BadRequest):
            packing.ask(since=at, until=BEGIN, actor=house.actor, at=at, queue=False)


@pytest.mark.req("AUD-3")
def test_a_pack_for_which_there_is_no_room_fails_and_can_be_asked_for_again(
    house: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = asked(house)

    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(packing, "write", full)
        with pytest.raises(OSError, match="No space"):
            packing.make(controller_id=house.id, pack_id=pack)
    with scope(house.id):
        assert (selectors.pack(pack).state, selectors.pack(pack).error) == ("failed", "error")
    again = asked(house)
    assert again != pack
    assert packing.make(controller_id=house.id, pack_id=again)


def test_making_a_pack_keeps_memory_flat(house: Deal) -> None:
    def peak(entries: int) -> int:
        with scope(house.id):
            for number in range(entries):
                services.append(kind="test.happened", body={"number": number}, actor=OPERATOR, at=now())
        sequence(house.id, at=now())
        pack = asked(house)
        tracemalloc.start()
        packing.make(controller_id=house.id, pack_id=pack)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few = peak(100)
    assert peak(6_000) < few + 12 * 2**20


def entries(house: Deal, kind: str) -> int:
    with scope(house.id):
        return len(record.entries(kind=kind, limit=50))


@pytest.mark.req("AUD-3")
def test_whoever_only_looks_at_a_link_has_fetched_nothing(house: Deal, client: Client) -> None:
    pack = asked(house)
    packing.make(controller_id=house.id, pack_id=pack)
    with scope(house.id):
        address = f"/packs/{packing.link(pack_id=pack, actor=house.actor, at=now())}"
    for answer in (client.get(address), client.get(address), client.head(address)):
        assert answer.status_code == 200 and "PK" not in answer.content.decode()[:2]
    with scope(house.id):
        assert selectors.pack(pack).fetched_at is None
    assert entries(house, "audit.pack_fetched") == 0
    handed = client.post(address)
    assert b"".join(handed)[:4] == b"PK\x03\x04"
    assert entries(house, "audit.pack_fetched") == 1
    assert client.get(address + "x").status_code == client.post(address + "x").status_code == 410


@pytest.mark.req("AUD-3")
@pytest.mark.parametrize("where", ["_step", "_keep", "append"])
def test_a_pack_whose_worker_is_killed_is_made_anew_and_none_is_left_half_made(
    house: Deal, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    pack = asked(house)

    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt  # no handler of ours meets it, as none meets a kill

    with monkeypatch.context() as patched:
        patched.setattr(packing, where, killed)
        with pytest.raises(KeyboardInterrupt):
            packing.make(controller_id=house.id, pack_id=pack)
    with scope(house.id):
        left = selectors.pack(pack)
        assert (left.state, Piece.objects.filter(pack=pack).count()) == ("working", 0)
        with pytest.raises(WrongState):
            packing.link(pack_id=pack, actor=house.actor, at=now())
    assert entries(house, "record.packed") == 0
    assert packing.make(controller_id=house.id, pack_id=pack)
    assert not packing.make(controller_id=house.id, pack_id=pack), "once"
    assert "manifest.json" in files(fetched(house, pack))
    assert entries(house, "record.packed") == entries(house, "audit.pack_ready") == 1


def test_a_pack_that_lost_its_job_is_queued_again_once(house: Deal) -> None:
    pack = asked(house)
    with scope(house.id):
        assert packing.go_on(at=now()) == 0, "it may be in the making"
        later = now() + packing.LOST_AFTER + timedelta(minutes=1)
        assert packing.go_on(at=later) == packing.go_on(at=later) == 1
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from procrastinate_jobs where task_name = %s and args->>'pack_id' = %s",
                [packing.JOB, str(pack)],
            )
            assert cursor.fetchone() == (1,)
            cursor.execute("delete from procrastinate_jobs where args->>'pack_id' = %s", [str(pack)])
