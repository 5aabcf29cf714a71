"""Archives of everything: complete, opened by their controller only, made whole or not at all, gone in time."""

import io
import json
import signal
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pyrage
import pytest
from django.db import connection

from mandata.agreements.errors import NotAuthorised
from mandata.audience import services as audience
from mandata.audience.rules.options import Options
from mandata.cli.main import app
from mandata.foundation.actors import Actor
from mandata.foundation.errors import NotFound
from mandata.holdings import tables
from mandata.holdings.catalogue import catalogue
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.stores import Access
from mandata.infra.tenancy import scope
from mandata.record import selectors as record
from mandata.retention.errors import BadReceiver, Gone
from mandata.retention.models import Return
from mandata.retention.selectors import ends, links
from mandata.retention.selectors import returns as selectors
from mandata.retention.services import archive, reading, receivers, returns, telling
from mandata.vault import rules as seals
from tests.holdings.cast import NOVAK, WORDS, Shop, a_person, a_shop
from tests.retention.house import OPERATOR, archived, asked, ended, fetched
from tests.world import NOON, World
from tests.world.processes import python

pytestmark = pytest.mark.req("RET-3")
OTHER = "petr.svoboda@jinde.example"


@pytest.fixture
def key() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def test_everything_of_the_controller_is_in_it_opened_and_nothing_of_anybody_else(world: World) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    reference = a_person(shop, NOVAK)
    a_person(other, OTHER, first="Petr", last="Svoboda")
    world.sequence()
    opened = archived(shop.id)
    (person,) = [row for row in opened.rows("audience_subscriber") if row["id"] == str(reference)]
    assert person["identity"]["email"] == NOVAK
    assert opened.rows("delivery_message")[0]["subscriber_id"] == str(reference)
    assert {row["kind"] for row in opened.rows("tracking_event")} == {"open", "click"}
    assert opened.rows("accounts_notice")[0]["sealed"]["to"] == NOVAK
    assert opened.manifest["closed"] == {}, "everything sealed was opened"
    everything = opened.everything()
    for secret in (OTHER, "Svoboda", str(other.id)):
        assert secret.encode() not in everything
    assert b"Hello Jana." in opened.zip.read("mail/own.mbox")


def test_each_table_is_in_it_or_left_out_with_a_reason(world: World) -> None:
    shop = a_shop(world)
    opened = archived(shop.id)
    inside = {name[7:-7] for name in opened.zip.namelist() if name.startswith("tables/")}
    left_out = set(reading.LEFT_OUT) | set(reading.SCOPE_FREE)
    assert inside | left_out >= set(tables.tables())
    assert not inside & left_out
    assert left_out <= set(opened.manifest["left_out"])


def test_each_personal_category_of_the_catalogue_is_in_it(world: World) -> None:
    """Every table of every holding; those of the log-in directory belong to people's own accounts, keys to nobody."""
    shop = a_shop(world)
    inside = set(archived(shop.id).zip.namelist())
    apart = {"login_directory", "keys", "lookups", "backups", "outside_log"}
    known = tables.tables()
    for holding in catalogue():
        description = holding.description
        if description.key in apart:
            continue
        for table in description.tables:
            if table in known and table not in reading.LEFT_OUT:
                assert f"tables/{table}.ndjson" in inside, (description.key, table)
    assert "members.ndjson" in inside


def test_nothing_sealed_is_left_as_it_is(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    everything = archived(shop.id).everything()
    assert seals.commitment(b"\0" * 32).hex().encode() not in everything
    assert b"AQABA" not in everything, "an envelope in base64"


def test_subscribers_come_back_as_they_were(world: World) -> None:
    """The list of an archive is imported at another controller: the same people, values, states, evidence."""
    shop, house = a_shop(world), a_shop(world, "New House")
    a_person(shop, NOVAK)
    data = archived(shop.id).zip.read("subscribers/list-1.csv")
    assert WORDS.encode() not in data, "words of consent are kept as a digest"
    _import(house, data)
    again = archived(house.id)
    mine = {row["identity"]["email"]: row["identity"] for row in archived(shop.id).rows("audience_subscriber")}
    theirs = {row["identity"]["email"]: row["identity"] for row in again.rows("audience_subscriber")}
    assert mine.keys() == theirs.keys()
    for name in ("first_name", "last_name", "phone", "city"):
        assert theirs[NOVAK][name] == mine[NOVAK][name]
    states = {row["state"] for row in again.rows("audience_subscription")}
    assert states == {"subscribed"}


def _import(shop: Shop, data: bytes) -> None:
    from mandata.audience import selectors as lists

    with scope(shop.id):
        made = audience.upload(list_id=shop.list_id, file_name="list-1.csv", chunks=[data], actor=shop.member, at=NOON)
        guessed = lists.find_import(made).options
        assert guessed is not None
        options = Options.from_json({**guessed.as_json(), "source": "archive", "warranted": True})
        audience.choose(import_id=made, options=options, actor=shop.member, at=NOON)
        audience.start_import(import_id=made, dry_run=False, actor=shop.member, at=NOON)
    while audience.run_slice(controller_id=shop.id, import_id=made, now=lambda: NOON):
        pass


def test_suppressed_addresses_can_be_compared_with_the_secret_in_it(world: World) -> None:
    from mandata.audience.rules.bases import Reason
    from mandata.audience.services import suppression
    from mandata.holdings import selectors as held

    shop = a_shop(world)
    with scope(shop.id):
        subject = held.subject_by_address(OTHER)
        assert subject is not None
        suppression.suppress_many(indexes=[subject.suppression_index], reason=Reason.ERASURE, at=NOON)
    opened = archived(shop.id)
    secret = bytes.fromhex(json.loads(opened.zip.read("subscribers/suppression.json"))["secret"])
    (row,) = opened.rows("audience_suppression")
    assert seals.blind_index(secret, subject.address).hex() == row["hash"]


def test_the_record_in_it_verifies_offline(world: World, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    shop = a_shop(world)
    world.sequence()
    (tmp_path / "record.zip").write_bytes(archived(shop.id).zip.read("record/record.zip"))
    result = CliRunner().invoke(app, ["verify", str(tmp_path / "record.zip")])
    assert result.exit_code == 0, result.output


def test_the_manifest_names_each_file_with_its_digest(world: World) -> None:
    import hashlib

    opened = archived(a_shop(world).id)
    named = set(opened.zip.namelist()) - {"manifest.json"}
    assert set(opened.manifest["files"]) == named
    assert opened.manifest["format"] == archive.FORMAT
    for name in named:
        assert hashlib.sha256(opened.zip.read(name)).hexdigest() == opened.manifest["files"][name]["sha256"], name


def test_a_passphrase_opens_it_by_a_key_file(world: World) -> None:
    shop = a_shop(world)
    words = "a loaf of rye and a pinch of salt"
    with scope(shop.id):
        return_id = returns.ask(
            receiver=receivers.receiver(passphrase=words),
            to=returns.Destination(),
            actor=OPERATOR,
            at=now(),
            queue=False,
        )
    assert returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id):
        told = pyrage.passphrase.decrypt(returns.identity(return_id), words).decode().strip()
    plain = pyrage.decrypt(fetched(shop.id, return_id), [pyrage.x25519.Identity.from_str(told)])
    assert zipfile.ZipFile(io.BytesIO(plain)).testzip() is None
    with pytest.raises(pyrage.DecryptError):
        pyrage.passphrase.decrypt(_identity(shop.id, return_id), "another one entirely")


def _identity(controller: UUID, return_id: UUID) -> bytes:
    with scope(controller):
        return returns.identity(return_id)


@pytest.mark.parametrize("given", [{}, {"passphrase": "too short"}, {"recipient": "age1nonsense"}])
def test_without_a_key_there_is_no_archive(given: dict[str, str]) -> None:
    with pytest.raises(BadReceiver):
        receivers.receiver(**given)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("/etc", ""),
        ("https://bucket", ""),
        ("s3://", ""),
        ("s3://bucket", "http://s3.example.com"),
        ("s3://bucket", "https://127.0.0.1:9000"),
        ("s3://bucket", "https://[::1]"),
        ("s3://bucket", "https://169.254.169.254"),
        ("s3://bucket", "https://10.0.0.1"),
        ("s3://bucket", "https://localhost"),
        ("s3://bucket", "file:///etc"),
    ],
)
def test_a_store_inside_our_network_or_without_encryption_is_refused(url: str, endpoint: str) -> None:
    with pytest.raises(BadReceiver):
        receivers.store(url=url, access=Access(endpoint, "x", "key", "secret"))


def test_a_member_who_cannot_bind_the_controller_gets_none(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    with scope(shop.id), pytest.raises(NotAuthorised):
        returns.ask(
            receiver=receivers.receiver(recipient=str(key.to_public())),
            to=returns.Destination(),
            actor=Actor("member", new_id()),
            at=now(),
        )


def test_while_one_is_being_made_that_one_is_meant(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    first = asked(shop.id, str(key.to_public()))
    assert asked(shop.id, str(key.to_public())) == first


def test_two_workers_make_it_once(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()))
    with scope(shop.id):
        Return.objects.filter(id=return_id).update(state="making", began_at=now(), attempts=1)
    assert not returns.make(controller_id=shop.id, return_id=return_id), "somebody is at it"
    with scope(shop.id):
        Return.objects.filter(id=return_id).update(began_at=now() - 2 * returns.LEASE)
    assert returns.make(controller_id=shop.id, return_id=return_id)
    assert not returns.make(controller_id=shop.id, return_id=return_id), "it is made"


def test_a_clock_that_was_set_back_keeps_nobody_from_going_on(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()))
    with scope(shop.id):
        Return.objects.filter(id=return_id).update(state="making", began_at=now() + timedelta(days=400), attempts=1)
    assert returns.make(controller_id=shop.id, return_id=return_id)


def test_killed_in_the_middle_nothing_partial_is_offered_and_it_begins_anew(
    world: World, key: pyrage.x25519.Identity
) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    return_id = asked(shop.id, str(key.to_public()))
    script = """
        import os, signal, sys, uuid
        import django; django.setup()
        from mandata.retention.services import archive, returns
        made = archive.pieces
        def killing(*given, **named):
            for number, piece in enumerate(made(*given, **named)):
                if number > 20: os.kill(os.getpid(), signal.SIGKILL)
                yield piece
        archive.pieces = killing
        returns.make(controller_id=uuid.UUID(sys.argv[1]), return_id=uuid.UUID(sys.argv[2]))
    """
    process = python(script, str(shop.id), str(return_id))
    process.communicate(timeout=90)
    assert process.returncode == -signal.SIGKILL
    with scope(shop.id):
        assert selectors.one(return_id).state == "making"
    with scope(shop.id), pytest.raises(Gone):
        returns.fetch(return_id=return_id, actor=OPERATOR, at=now())
    folder = env().returns_folder / str(shop.id)
    assert not folder.exists() or not list(folder.iterdir()), "no file under the archive's name"
    with scope(shop.id):
        Return.objects.filter(id=return_id).update(began_at=now() - 2 * returns.LEASE)
        assert returns.resume(at=now()) == 1
    assert returns.make(controller_id=shop.id, return_id=return_id)
    plain = pyrage.decrypt(fetched(shop.id, return_id), [key])
    assert zipfile.ZipFile(io.BytesIO(plain)).testzip() is None


def test_after_some_attempts_it_is_given_up_and_told(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()))
    with scope(shop.id):
        Return.objects.filter(id=return_id).update(attempts=returns.ATTEMPTS)
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id):
        assert selectors.one(return_id).state == "failed"


def test_its_time_over_the_file_is_deleted(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    folder = env().returns_folder / str(shop.id)
    assert list(folder.iterdir())
    with scope(shop.id):
        assert returns.expire(at=now()) == 0
        assert returns.expire(at=now() + returns.LASTS + timedelta(seconds=1)) == 1
    assert not folder.exists()
    with scope(shop.id), pytest.raises(Gone):
        returns.fetch(return_id=return_id, actor=OPERATOR, at=now())


def test_by_its_link_it_is_fetched_until_that_expires(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()), how="link")
    assert returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id):
        token = telling.new_link("archive", return_id, expires_at=now() + timedelta(days=1))
    found = returns.fetch_by_link(token=token, at=now())
    assert pyrage.decrypt(b"".join(found.pieces), [key])
    with pytest.raises(Gone):
        returns.fetch_by_link(token=token, at=now() + timedelta(days=2))
    with pytest.raises(Gone):
        links.linked(token, "certificate", at=now())
    with scope(shop.id):
        assert selectors.one(return_id).fetched_at is not None


def test_another_controller_cannot_reach_it(world: World, key: pyrage.x25519.Identity) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    return_id = asked(shop.id, str(key.to_public()))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    with scope(other.id), pytest.raises(NotFound):
        returns.fetch(return_id=return_id, actor=OPERATOR, at=now())
    assert not returns.make(controller_id=other.id, return_id=return_id)


def test_into_a_folder_of_the_operators_it_goes_whole(
    world: World, key: pyrage.x25519.Identity, tmp_path: Path
) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()), how="folder", place=str(tmp_path))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    (file,) = [path for path in tmp_path.iterdir() if path.suffix == ".age"]
    assert pyrage.decrypt(file.read_bytes(), [key])
    with scope(shop.id):
        assert selectors.one(return_id).delivered_at is None, "nobody but the operator has it"
        returns.hand_over(return_id=return_id, actor=OPERATOR, at=now())
        assert selectors.one(return_id).delivered_at is not None


def test_an_archive_in_the_operators_folder_counts_as_returned_once_it_was_handed_over(
    world: World, key: pyrage.x25519.Identity, tmp_path: Path
) -> None:
    shop = a_shop(world)
    ended(shop.id, choice="both")
    return_id = asked(shop.id, str(key.to_public()), how="folder", place=str(tmp_path))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    assert not _is_returned(shop.id)
    with scope(shop.id):
        returns.hand_over(return_id=return_id, actor=OPERATOR, at=now())
        returns.hand_over(return_id=return_id, actor=OPERATOR, at=now())
        assert [one.kind for one in record.entries(limit=100)].count("retention.return_handed_over") == 1
    assert _is_returned(shop.id)


def test_what_lies_in_no_folder_is_not_handed_over_by_hand(world: World, key: pyrage.x25519.Identity) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    return_id = asked(shop.id, str(key.to_public()))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id), pytest.raises(Gone):
        returns.hand_over(return_id=return_id, actor=OPERATOR, at=now())
    with scope(other.id), pytest.raises(NotFound):
        returns.hand_over(return_id=return_id, actor=OPERATOR, at=now())


def test_a_download_that_broke_does_not_count_as_returned(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    ended(shop.id, choice="both")
    return_id = asked(shop.id, str(key.to_public()))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id):
        begun = returns.fetch(return_id=return_id, actor=OPERATOR, at=now()).pieces
    next(begun)
    begun.close()  # type: ignore[attr-defined]
    assert not _is_returned(shop.id)
    path = env().returns_folder / str(shop.id) / f"{return_id}-1.zip.age"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    fetched(shop.id, return_id)
    assert not _is_returned(shop.id), "a file that has lost something is not everything"
    path.write_bytes(whole)
    fetched(shop.id, return_id)
    assert _is_returned(shop.id)


def _is_returned(controller: UUID) -> bool:
    with scope(controller):
        one = ends.current()
        assert one is not None
        return ends.returned(one)


def test_archives_are_made_one_at_a_time_so_that_other_jobs_go_on(world: World, key: pyrage.x25519.Identity) -> None:
    """By the queue's own rule: while a job that has a lock is at work, another with it is handed to nobody."""
    shops = [a_shop(world), a_shop(world, "Other Bakery")]
    for shop in shops:
        with scope(shop.id):
            Return.objects.create(number=1, how="account", recipient=str(key.to_public()), asked_by="x", asked_at=now())
            assert returns.resume(at=now()) == 1
    ids = [str(shop.id) for shop in shops]
    with connection.cursor() as cursor:
        query = "select lock, queueing_lock from procrastinate_jobs where task_name = %s and args->>'controller_id'"
        cursor.execute(f"{query} = any(%s)", [returns.JOB, ids])
        found = cursor.fetchall()
    assert {lock for lock, _queueing in found} == {returns.ONE}
    assert len({queueing for _lock, queueing in found}) == 2, "and each has its own job"


def test_a_folder_that_is_not_there_fails_and_is_told(world: World, key: pyrage.x25519.Identity) -> None:
    shop = a_shop(world)
    return_id = asked(shop.id, str(key.to_public()), how="folder", place="/nowhere/at/all")
    assert not returns.make(controller_id=shop.id, return_id=return_id)
    with scope(shop.id):
        one = selectors.one(return_id)
    assert (one.state, "folder" in one.error) == ("failed", True)


def test_words_that_a_spreadsheet_would_run_are_text(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK, first="=cmd|'/c calc'!A0")
    data = archived(shop.id).zip.read("csv/subscribers.csv").decode("utf-8-sig")
    assert "\"'=cmd" in data


def test_an_empty_controller_has_an_archive_too(world: World) -> None:
    customer = world.controller("Empty Bakery")
    from tests.world.people import accept

    with scope(customer.id):
        accept(customer.member, at=NOON)
    opened = archived(customer.id)
    assert opened.rows("audience_subscriber") == []
    assert opened.zip.testzip() is None
