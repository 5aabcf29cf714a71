"""One installation in which everything has happened and everybody of a crowd has been forgotten, for all tests here."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from mandata.infra.tenancy import INSTANCE
from tests.backups.house import keygen
from tests.forgetting.installation import Installation, eventually, installed
from tests.forgetting.lives import Lives
from tests.forgetting.people import Crowd, crowd
from tests.forgetting.reading import columns_with
from tests.forgetting.scanner import Hit, scan
from tests.forgetting.spellings import spellings


@dataclass
class Forgotten:
    """What the scans found, before and after; `planted` is somebody whose needles lie in the clear all the time, at
    `places`, and were `logged` by PostgreSQL."""

    lives: Lives
    planted: Crowd
    places: dict[str, Path] = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)
    in_sql: dict[str, set[str]] = field(default_factory=dict)
    members_in_sql: dict[str, set[str]] = field(default_factory=dict)
    unsealed: dict[str, list[str]] = field(default_factory=dict)
    before: list[Hit] = field(default_factory=list)
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    after: list[Hit] = field(default_factory=list)
    last_letter: str = ""

    @property
    def installation(self) -> Installation:
        """The installation, still up."""
        return self.lives.installation

    def kinds(self, hits: list[Hit]) -> dict[str, set[str]]:
        """Folder below the installation's own -> what was found there, the people's own labels only."""
        told: dict[str, set[str]] = {}
        for hit in hits:
            part = hit.path.relative_to(self.installation.folder).parts
            told.setdefault("/".join(part[:2]), set()).add(hit.name.partition(":")[0])
        return told


@pytest.fixture(scope="session")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forgotten]:
    """Tell the story, scan, forget, scan; with backups being taken meanwhile."""
    apart = tmp_path_factory.mktemp("apart")
    (apart / "store").mkdir()
    named = {
        "MANDATA_BACKUP_STORE": str(apart / "store"),
        "MANDATA_BACKUP_RECIPIENTS": keygen(apart / "backup.key"),
        "MANDATA_RECOVERY_RECIPIENTS": keygen(apart / "recovery.key"),
    }
    with installed(**named) as here:
        lives = Lives(here, crowd(), crowd(("reader",)))
        told = Forgotten(lives, crowd(("reader",)))
        lives.begin()
        lives.react()
        lives.work()
        lives.answer(lives.ask("access", "reader"))
        assert lives.fetch("reader").startswith(b"PK")
        told.places = plant(here, told.planted)
        told.logged = {hit.name for hit in scan([here.data / "pg_wal"], told.planted.needles())}
        told.held = lives.held()
        for role, url in (("owner", here.urls.owner), ("superuser", here.urls.superuser)):
            scopes = ["", lives.controller, str(INSTANCE)]
            told.in_sql[role] = columns_with(url, lives.gone.needles(), scopes)
            told.members_in_sql[role] = columns_with(url, spellings("owner@bakery.example"), scopes)
        told.unsealed["before"] = lives.unsealed()
        here.settle()
        told.before = scan(here.folders, lives.gone.needles())
        _forget(told)
        yield told


def _forget(told: Forgotten) -> None:
    lives, here = told.lives, told.installation
    lives.erase("bounce5", "dsn", "complain", "leaver", "chooser")
    lives.answer(lives.ask("erasure", "reader"), ground="consent_withdrawn")
    told.last_letter = _received(lives)
    told.unsealed["after"] = lives.unsealed()
    here.settle()
    told.after = scan(here.folders, lives.gone.needles())


def _received(lives: Lives) -> str:
    """The answer arrives in the person's own mailbox, which the catcher plays; the person reads and deletes it."""
    here, mailbox = lives.installation, lives.gone["reader"].mailbox
    eventually(lambda: here.catcher.find(mailbox), "the answer to the request")
    letters = here.catcher.find(mailbox)
    assert len(letters) == 1, "nothing else is left of what was sent to the person"
    text = here.catcher.content(letters[0]["id"]).decode()
    here.catcher.erase([mailbox], [letters[0]["id"]])
    return text


def plant(here: Installation, planted: Crowd) -> dict[str, Path]:
    """Put every needle of somebody into a table, an index, a long value and a file; return where."""
    needles = planted.needles()
    with psycopg.connect(here.urls.superuser, autocommit=True) as connection:
        connection.execute("create table planted (needle bytea)")
        connection.execute("create index planted_needle on planted (needle)")
        connection.execute("create table planted_long (value text)")
        connection.execute("alter table planted_long alter column value set storage external")
        connection.execute("create table planted_packed (value text)")
        with connection.cursor() as cursor:
            cursor.executemany("insert into planted values (%s)", [(needle,) for needle in needles])
        long = f"{planted.mark} {planted.surname} {planted.series} " * 400
        connection.execute("insert into planted_long values (%s)", [long])
        connection.execute("insert into planted_packed values (%s)", [long])
        places = {name: here.data / _file(connection, of) for name, of in _RELATIONS.items()}
    scattered, packed = here.var / "planted", here.var / "planted.gz"
    scattered.write_bytes(b"\0\xff".join(needles))
    packed.write_bytes(gzip.compress(b"\0\xff".join(needles)))
    return {**places, "file": scattered, "packed file": packed}


_RELATIONS = {
    "table": "'planted'::regclass",
    "index": "'planted_needle'::regclass",
    "long value": "(select reltoastrelid::regclass from pg_class where oid = 'planted_long'::regclass)",
    "packed value": "(select reltoastrelid::regclass from pg_class where oid = 'planted_packed'::regclass)",
}


def _file(connection: "psycopg.Connection[tuple[object, ...]]", relation: str) -> str:
    row = connection.execute(f"select pg_relation_filepath({relation})").fetchone()
    assert row is not None
    return str(row[0])
