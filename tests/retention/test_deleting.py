"""Deleting everything of a controller: previewed, confirmed, whole, certified; nothing of anybody else."""

import json
import signal
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from mandata.accounts import selectors as accounts
from mandata.accounts.services import accesslog
from mandata.accounts.services import notices as outbox
from mandata.agreements.selectors import obligations as obliged
from mandata.cli.main import app
from mandata.foundation.actors import SYSTEM
from mandata.foundation.errors import Refused
from mandata.holdings import manual, services, shelves, tables, tenants
from mandata.infra.clock import new_id, now
from mandata.infra.environment import env
from mandata.infra.jobs import app as jobs
from mandata.infra.outside import Line
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import verification
from mandata.record.services.stamping import certificates as authorities
from mandata.record.signing import signer
from mandata.retention.errors import Ending, Gone, NotConfirmed, NotYet
from mandata.retention.selectors import ends as selectors
from mandata.retention.services import certificates, deleting, ends, returns
from mandata.vault import ending as vault
from mandata.vault.errors import KeyDestroyed, KeysMissing
from mandata.vault.providers import FileKeys, provider
from mandata.vault.services import Vault
from tests.holdings.cast import NOVAK, a_person, a_shop, files_with, rows_with, sealed_with
from tests.retention.house import OPERATOR, archived, asked, confirmed, deleted, ended
from tests.world import NOON, World
from tests.world.processes import python

pytestmark = pytest.mark.req("RET-4")
OTHER = "petr.svoboda@jinde.example"


def left_of(controller: UUID, urls: Urls) -> dict[str, int]:
    """Rows of a controller by table, as the database's superuser counts them."""
    with psycopg.connect(urls.superuser) as connection:
        counts = {
            name: connection.execute(
                f"select count(*) from {name} where controller_id = %s",
                [controller],
            ).fetchone()
            for name in tables.tables()
        }
    return {name: int(count[0]) for name, count in counts.items() if count and count[0]}


def token_of(controller: UUID) -> str:
    """The token in the mail with the certificate."""
    with scope(INSTANCE):
        mails = [outbox.contents(one["id"]) for one in accounts.notices() if one["kind"] == "end.certificate"]
    texts = [mail["text"] for mail in mails]
    for text in texts:
        token = text.split("/ending/certificate/")[1].split("/")[0]
        if certificates.found(token=token, at=now())[0] == controller:
            return str(token)
    raise AssertionError("no mail with a certificate")


def test_what_goes_and_what_stays_is_told_before(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    parts = {part.key: part for part in deleting.preview(shop.id) if part.delete}
    assert parts["subscribers"].delete == 2
    assert parts["events"].delete == 2
    stays = [part for part in deleting.preview(shop.id) if part.keep]
    assert all(part.ground and part.until for part in stays)
    assert {table for part in stays for table in part.tables} <= set(tenants.STAYS)


def test_after_a_deletion_nobody_is_anywhere(world: World, database: Urls) -> None:
    shop, other = a_shop(world), a_shop(world, "Other Bakery")
    a_person(shop, NOVAK, first="Kunhuta", last="Vřesovcová")
    a_person(other, OTHER, first="Petr", last="Svoboda")
    before = left_of(other.id, database)
    assert sealed_with(database.superuser, shop.id, NOVAK), "it is there before"
    deleted(shop.id, "Demo Bakery")
    assert rows_with(database.superuser, NOVAK, "Vřesovcová") == []
    assert sealed_with(database.superuser, shop.id, NOVAK, "Vřesovcová") == []
    assert files_with(env().returns_folder, NOVAK) == []
    there = left_of(shop.id, database)
    assert set(there) <= set(tenants.STAYS), there
    assert left_of(other.id, database) == before
    assert sealed_with(database.superuser, other.id, OTHER), "another controller's people open as before"


def test_all_keys_of_the_controller_are_destroyed(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    deleted(shop.id, "Demo Bakery")
    assert vault.is_destroyed(shop.id)
    assert not [number for whose, number in provider().epochs() if whose == shop.id]
    with scope(shop.id), pytest.raises(KeyDestroyed):
        Vault.open()


def test_an_old_copy_of_the_database_opens_nothing_afterwards(world: World, database: Urls) -> None:
    """The rows are copied before, put back after, as from an old backup: they open for nobody."""
    shop = a_shop(world)
    person = a_person(shop, NOVAK)
    with psycopg.connect(database.superuser) as connection:
        old = connection.execute("select * from vault_subject_key where controller_id = %s", [shop.id]).fetchall()
        sealed = connection.execute("select identity from audience_subscriber where id = %s", [person]).fetchone()
    assert sealed is not None
    deleted(shop.id, "Demo Bakery")
    with psycopg.connect(database.superuser) as connection, connection.cursor() as cursor:
        cursor.executemany("insert into vault_subject_key values (%s, %s, %s, %s)", [tuple(row) for row in old])
    with scope(shop.id), pytest.raises((KeyDestroyed, Exception)):
        Vault.open().unseal(person, "audience_subscriber.identity", bytes(sealed[0]))
    assert tenants.replay([_line(shop.id)]) == 1
    assert "vault_subject_key" not in left_of(shop.id, database)


def _line(controller: UUID) -> Line:
    stamp = now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Line(now(), tenants.KIND, controller, {"controller": str(controller), "end": str(controller), "at": stamp})


def test_a_restored_older_database_is_emptied_again(world: World, database: Urls) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    assert tenants.replay([_line(shop.id)]) == 1
    assert set(left_of(shop.id, database)) <= set(tenants.STAYS)
    assert tenants.deleted_in([_line(shop.id)]).keys() == {shop.id}


def test_a_deletion_that_an_older_database_forgot_goes_on_to_its_certificate(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    ended(shop.id)
    tenants.replay([_line(shop.id)])
    assert deleting.resume(controller_id=shop.id)
    deleting.run(controller_id=shop.id, queue=False)
    with scope(shop.id):
        one = selectors.current()
    assert one is not None
    assert one.state == "certified"


def test_a_restored_older_database_lets_go_of_its_log_of_accesses_too(world: World, database: Urls) -> None:
    """The controller is active there, and the log of a living controller is only ever added to."""
    shop = a_shop(world)
    with scope(shop.id):
        accesslog.note(user_id=shop.member.id or new_id(), who="member", kind="entered", page="home", at=now())
    assert "accounts_accesslog" in left_of(shop.id, database)
    assert tenants.replay([_line(shop.id)]) == 1
    assert set(left_of(shop.id, database)) <= set(tenants.STAYS)


@pytest.mark.parametrize("effective", [timedelta(0), timedelta(days=3)])
def test_keys_that_are_not_there_begin_no_deletion(
    world: World, database: Urls, effective: timedelta, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume that is not mounted looks as if all keys were destroyed."""
    shop = a_shop(world)
    with scope(shop.id):
        ends.give_notice(by="term", reason="term", effective=now() + effective, actor=OPERATOR, at=now())
    before = left_of(shop.id, database)
    with monkeypatch.context() as patch:
        patch.setattr(vault, "provider", lambda: FileKeys(tmp_path))
        assert not vault.is_destroyed(shop.id)
        assert not deleting.resume(controller_id=shop.id)
        with pytest.raises(KeysMissing):
            vault.destroy_all(shop.id, at=now())
    assert left_of(shop.id, database) == before
    with scope(shop.id):
        assert Vault.open().epoch == 1


def test_a_controller_that_never_had_keys_is_not_taken_for_a_deleted_one() -> None:
    assert not vault.is_destroyed(new_id())


def test_killed_behind_the_mail_with_the_certificate_it_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = a_shop(world)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")

    def mails() -> int:
        with scope(INSTANCE):
            return sum(one["kind"] == "end.certificate" for one in accounts.notices())

    before = mails()
    with monkeypatch.context() as patch:
        patch.setattr(tenants, "finish", lambda *_args, **_named: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            deleting.run(controller_id=shop.id, queue=False)
    sent = mails() - before
    assert sent > 0
    assert deleting.certify(controller_id=shop.id, at=now())
    assert mails() - before == sent


def test_an_archive_fetched_before_the_end_is_not_the_return_of_everything(world: World) -> None:
    """What came in between its making and the end is not in it."""
    shop = a_shop(world)
    with scope(shop.id):
        ends.give_notice(
            by="term", reason="term", effective=now() + timedelta(days=90), actor=OPERATOR, at=now(), choice="both"
        )
    archived(shop.id)
    later = now() + timedelta(days=91)
    with scope(shop.id):
        ends.take_effect(at=later)
        one = selectors.current()
        assert one is not None
        assert [found.code for found in selectors.hindrances(one, later)] == ["not_returned"]


def test_the_deletion_is_told_to_the_log_outside_before_anything_goes(world: World) -> None:
    shop = a_shop(world)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")
    lines = b"".join(path.read_bytes() for path in env().outside_folder.iterdir() if path.is_file())
    assert f"{tenants.KIND} {shop.id}".encode() in lines


@pytest.mark.parametrize("typed", ["", "Demo", "Other Bakery", "demo-bakery"])
def test_another_name_deletes_nothing(world: World, typed: str, database: Urls) -> None:
    shop = a_shop(world)
    ended(shop.id)
    before = left_of(shop.id, database)
    with pytest.raises(NotConfirmed):
        deleting.confirm(controller_id=shop.id, typed=typed, actor=OPERATOR, at=now(), queue=False)
    assert left_of(shop.id, database) == before


def test_nothing_is_deleted_before_the_end_nor_before_the_controller_has_spoken(world: World) -> None:
    shop = a_shop(world)
    with scope(shop.id):
        ends.give_notice(
            by="term", reason="term", effective=now() + timedelta(days=3), actor=OPERATOR, at=now(), choice="delete"
        )
    with pytest.raises(Ending):
        confirmed(shop.id, "Demo Bakery")
    silent = a_shop(world, "Silent Bakery")
    ended(silent.id, choice="")
    with pytest.raises(NotYet) as refused:
        confirmed(silent.id, "Silent Bakery")
    assert refused.value.clause == "end.silence"


def test_what_is_to_be_returned_first_is_returned_first(world: World) -> None:
    shop = a_shop(world)
    ended(shop.id, choice="both")
    with pytest.raises(NotYet) as refused:
        confirmed(shop.id, "Demo Bakery")
    assert refused.value.clause == "end.return"
    archived(shop.id)
    confirmed(shop.id, "Demo Bakery")


def test_confirming_twice_begins_once(world: World) -> None:
    shop = a_shop(world)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")
    with pytest.raises(Ending):
        confirmed(shop.id, "Demo Bakery")


def test_a_slice_stops_and_the_next_goes_on(world: World, database: Urls) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")
    slices = 0
    while deleting.run(controller_id=shop.id, stop=lambda: True, queue=False):
        slices += 1
        assert slices < 500
    assert slices > 5
    assert set(left_of(shop.id, database)) <= set(tenants.STAYS)


def test_killed_in_the_middle_it_goes_on(world: World, database: Urls) -> None:
    shop = a_shop(world)
    for number in range(3):
        a_person(shop, f"nobody.{number}@seznam.example", number=number + 1)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")
    script = """
        import os, signal, sys, uuid
        import django; django.setup()
        from mandata.holdings import tenants
        for number, table in enumerate(tenants.delete(uuid.UUID(sys.argv[1]))):
            if number == 12: os.kill(os.getpid(), signal.SIGKILL)
    """
    process = python(script, str(shop.id))
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    deleting.run(controller_id=shop.id, queue=False)
    with scope(shop.id):
        one = selectors.current()
    assert one is not None
    assert one.state == "certified"
    assert set(left_of(shop.id, database)) <= set(tenants.STAYS)


@pytest.mark.req("RET-7")
def test_manual_holdings_are_gone_through_before_the_certificate(world: World) -> None:
    shop = a_shop(world)
    said = dict.fromkeys(("place", "category", "subjects", "purpose", "retention", "post"), "cellar")
    with scope(shop.id):
        manual.register(kind="paper", keeper="processor", said={"name": "Order book", **said}, actor=OPERATOR, at=NOON)
    end = deleted(shop.id, "Demo Bakery")
    with scope(shop.id):
        assert selectors.end(end).state == "deleted"
        (task,) = shelves.tasks_about(end, at=now())
        manual.complete(task_id=task.id, found=3, evidence="protocol 7", actor=OPERATOR, at=now())
    assert deleting.certify(controller_id=shop.id, at=now())
    with scope(shop.id):
        assert selectors.end(end).state == "certified"
        assert shelves.tasks_about(end, at=now()) == []


@pytest.mark.req("RET-5")
def test_the_certificate_is_fetched_by_its_link_and_verified_offline(world: World, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    shop = a_shop(world)
    a_person(shop, NOVAK)
    end = deleted(shop.id, "Demo Bakery")
    world.sequence()
    token = token_of(shop.id)
    name, content = certificates.file(token=token, form="json", at=now() + timedelta(days=4000))
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(app, ["verify", str(tmp_path / name), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["certificates"] == 1
    body = json.loads(json.loads(content)["certificates"][0]["leaf"])["body"]
    assert body["end"] == str(end)
    assert body["counts"]["subscribers"] == 2
    assert body["rows"]["audience_subscriber"] == 2
    assert body["keys"]["epochs"] == [1]
    assert NOVAK not in content.decode()
    _name, paper = certificates.file(token=token, form="pdf", at=now())
    assert paper.startswith(b"%PDF")
    (tmp_path / name).write_bytes(content.replace(b'\\"audience_subscriber\\":2', b'\\"audience_subscriber\\":1'))
    assert CliRunner().invoke(app, ["verify", str(tmp_path / name)]).exit_code == 1
    with pytest.raises(Gone):
        certificates.file(token="x" * 43, form="pdf", at=now())


def test_the_record_of_a_deleted_controller_verifies(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    deleted(shop.id, "Demo Bakery")
    world.sequence()
    found = verification.verify_all([shop.id], signer().public_key(), authorities())
    verdict = next(one for one in found if str(one.log) == str(shop.id))
    assert not verdict.findings
    assert verdict.size > 3


def test_what_is_gone_from_a_record_without_a_deletion_is_still_named(world: World, database: Urls) -> None:
    shop = a_shop(world)
    world.sequence()
    with psycopg.connect(database.superuser) as connection:
        gone = connection.execute("delete from record_payload where controller_id = %s", [shop.id]).rowcount
    found = verification.verify_all([shop.id], signer().public_key(), authorities())
    verdict = next(one for one in found if str(one.log) == str(shop.id))
    assert len(verdict.findings) == gone > 0


def test_what_was_owed_is_met_and_the_contacts_are_forgotten(world: World) -> None:
    shop = a_shop(world)
    end = deleted(shop.id, "Demo Bakery")
    with scope(shop.id):
        assert accounts.controller().contact == ""
        found = {one.duty: one.state for one in obliged.about(end, now())}
    assert found.pop("end.backup") == "open", "until the backups that are older are gone"
    assert set(found.values()) <= {"met", "lapsed"}
    assert deleting.settle_backups(controller_id=shop.id, at=now())
    with scope(shop.id):
        assert {one.state for one in obliged.about(end, now())} <= {"met", "lapsed"}


def test_backups_that_are_older_are_waited_for(world: World) -> None:
    shop = a_shop(world)
    end = deleted(shop.id, "Demo Bakery")
    assert deleting.settle_backups(controller_id=shop.id, at=now())
    assert not deleting.settle_backups(controller_id=shop.id, at=now()), "once"
    with scope(shop.id):
        assert selectors.end(end).backups_gone_at is not None


def test_every_loop_goes_on_with_a_deleted_controller(world: World) -> None:
    """The jobs that go through all controllers, each once: none stumbles over one that has no keys any more."""
    shop = a_shop(world)
    deleted(shop.id, "Demo Bakery")
    stumbled = {}
    for task in jobs.periodic_registry.periodic_tasks.values():
        try:
            task.task.func(int(now().timestamp()))
        except Exception as error:
            stumbled[task.task.name] = repr(error)
    assert stumbled == {}
    with scope(shop.id):
        services.sweep(at=now())


def test_two_at_once_delete_once(world: World, database: Urls) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    shop = a_shop(world)
    a_person(shop, NOVAK)
    ended(shop.id)
    confirmed(shop.id, "Demo Bakery")

    def work() -> None:
        try:
            deleting.run(controller_id=shop.id, queue=False)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result(timeout=120)
    deleting.run(controller_id=shop.id, queue=False)
    with scope(shop.id):
        one = selectors.current()
        entries = [entry for entry in selectors_entries() if entry.kind == deleting.ENTRY]
    assert one is not None
    assert one.state == "certified"
    assert len(entries) == 1
    assert set(left_of(shop.id, database)) <= set(tenants.STAYS)


def selectors_entries() -> list:  # type: ignore[type-arg]
    """The newest entries of the open scope's record."""
    from mandata.record import selectors as record

    return record.entries(kind="retention.", limit=50)


def test_archives_go_with_everything(world: World) -> None:
    import pyrage

    shop = a_shop(world)
    identity = pyrage.x25519.Identity.generate()
    return_id = asked(shop.id, str(identity.to_public()))
    assert returns.make(controller_id=shop.id, return_id=return_id)
    assert list((env().returns_folder / str(shop.id)).iterdir())
    deleted(shop.id, "Demo Bakery")
    assert not (env().returns_folder / str(shop.id)).exists()
    with scope(shop.id), pytest.raises(Refused):
        returns.fetch(return_id=return_id, actor=SYSTEM, at=now())
