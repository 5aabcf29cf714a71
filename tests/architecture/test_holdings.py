"""Every place that can hold personal data is in the catalogue, or is named with the reason why it holds none."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db.models import CharField, DateTimeField, Model
from django.test.utils import isolate_apps

from mandata.audience import personal as audience_personal
from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.delivery import personal as delivery
from mandata.holdings import own, register, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.rules import Verb
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking import personal as tracking
from tests.architecture.writers import writes
from tests.holdings.cast import LATER, NOVAK, a_person, a_shop
from tests.world import World

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mandata"


def held() -> dict[str, str]:
    """Table -> key of the holding that it belongs to."""
    return {table: one.description.key for one in catalogue() for table in one.description.tables}


def unknown_tables(tables: set[str]) -> set[str]:
    """Return the tables that are neither in a holding nor in a register."""
    return tables - set(held()) - set(register.TABLES) - set(own.tables())


@pytest.mark.req("RET-7", "AST-5")
def test_every_table_is_in_a_holding_or_is_said_to_hold_no_personal_data(database: Urls) -> None:
    with psycopg.connect(database.superuser) as connection:
        tables = {
            name
            for (name,) in connection.execute(
                "select relname from pg_class where relkind in ('r', 'p') and not relispartition "
                "and relnamespace = 'public'::regnamespace"
            ).fetchall()
        }
    assert unknown_tables(tables) == set()
    assert set(register.TABLES) - tables == set(), "these tables are gone"
    assert set(held()) - tables == set(), "these tables are gone"
    assert set(held()) & set(register.TABLES) == set()
    assert set(own.tables()) - tables == set(), "these tables are gone"


@pytest.mark.req("CTL-1")
def test_what_the_operator_holds_as_its_own_is_no_table_of_what_it_processes_for_others() -> None:
    assert set(own.tables()) & (set(held()) | set(register.TABLES)) == set()
    listed = [table for one in own.ACTIVITIES for table in one.tables]
    assert len(listed) == len(set(listed))
    for one in own.ACTIVITIES:
        assert one.bases and set(one.bases) <= set(own.BASES), one.key
        assert bool(one.interest) == ("legitimate_interest" in one.bases), one.key
        assert one.tables or one.elsewhere, one.key
        assert all((one.name, one.purpose, one.subjects, one.categories, one.period, one.recipients, one.source))


def test_every_model_is_known_by_its_table() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert unknown_tables(tables) == set()


def test_each_table_belongs_to_one_holding_and_each_holding_has_a_key_of_its_own() -> None:
    tables = [table for one in catalogue() for table in one.description.tables]
    assert len(tables) == len(set(tables))
    keys = [one.description.key for one in catalogue()]
    assert len(keys) == len(set(keys))


def verbless(holdings: Iterable[Any]) -> dict[str, set[Verb]]:
    """Return the holdings that lack a verb, or say of one that it cannot apply and not why."""
    missing = {
        holding.description.key: {
            verb
            for verb in Verb
            if verb not in holding.verbs
            or not callable(getattr(holding, verb.value, None))
            or (holding.verbs[verb] is not None and len(str(holding.verbs[verb])) <= 15)
        }
        for holding in holdings
    }
    return {key: verbs for key, verbs in missing.items() if verbs}


@pytest.mark.req("DSR-4..8")
def test_each_holding_has_every_verb_or_says_why_it_cannot_apply() -> None:
    assert verbless(catalogue()) == {}


@pytest.mark.req("AST-5")
def test_the_data_map_states_category_purpose_and_retention_of_each_holding() -> None:
    for row in selectors.data_map():
        for name in ("name", "category", "purpose", "retention", "recipients", "subjects", "source"):
            assert getattr(row, name), (row.key, name)
        assert row.tables or row.files, row.key


def test_what_an_erasure_leaves_has_a_ground() -> None:
    for holding in catalogue():
        if holding.verbs[Verb.ERASE] is not None and holding.verbs[Verb.FIND] is None:
            assert holding.description.ground, holding.description.key
            assert holding.description.until, holding.description.key


def unknown_writers(modules: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return those of the modules (name, source) that can write files and are in neither list, with by what."""
    known = (*register.FILES, *register.PERSONAL_FILES)
    found = {name: writes(source) for name, source in modules}
    return {
        name: by
        for name, by in found.items()
        if by and not any(name == one or name.startswith(f"{one}.") for one in known)
    }


def _modules() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield ".".join(path.relative_to(SOURCE).with_suffix("").parts), path.read_text(encoding="utf-8")


@pytest.mark.req("RET-7")
def test_every_module_that_writes_files_is_in_a_holding_or_is_said_to_hold_no_personal_data() -> None:
    assert unknown_writers(_modules()) == {}
    assert set(register.PERSONAL_FILES.values()) <= {one.description.key for one in catalogue()}
    names = {name for name, _source in _modules()}
    gone = [
        one
        for one in (*register.FILES, *register.PERSONAL_FILES)
        if not {n for n in names if (n + ".").startswith(one + ".")}
    ]
    assert gone == [], "these modules are gone"


def test_the_search_for_writers_finds_those_that_there_are() -> None:
    found = {name for name, source in _modules() if writes(source)}
    assert {"tracking.spool", "delivery.journal", "delivery.catcher.store", "vault.keyfiles", "infra.stores"} <= found
    assert {"infra.postgres.server", "project.uploads", "infra.outside.writing"} <= found


OFFENDERS = [
    "open('x', 'w')",
    "open('x', mode='ab')",
    "open('x', how)",
    "import io as i\ni.open('x', 'r+')",
    "from io import open as o\no('x', 'wb')",
    "import gzip\ngzip.open('x', 'wt')",
    "path.open('w')",
    "path.open(mode=how)",
    "path.write_text('x')",
    "(folder / 'x').write_bytes(b'x')",
    "put = path.write_bytes\nput(b'x')",
    "path.touch()",
    "import os\nos.open('x', os.O_RDWR | os.O_CREAT)",
    "import os\nos.open('x', flags)",
    "from os import O_WRONLY as w, open as o\no('x', w)",
    "import os\nos.fdopen(3, 'wb')",
    "import os\nos.write(3, b'x')",
    "import os\nos.mkfifo('x')",
    "import os\ngetattr(os, name)('x')",
    "import shutil\nshutil.copy('x', 'y')",
    "from shutil import move\nmove('x', 'y')",
    "from tempfile import mkstemp as m\nm()",
    "import tempfile\ntempfile.SpooledTemporaryFile()",
    "import sqlite3 as s\ns.connect('x')",
    "import shelve\nshelve.open('x')",
    "import zipfile\nzipfile.ZipFile('x', 'w')",
    "import tarfile\ntarfile.open('x', 'w:gz')",
    "archive.extractall('x')",
    "import logging\nlogging.FileHandler('x')",
    "import logging\nlogging.basicConfig(filename='x')",
    "import subprocess\nsubprocess.run(['pg_dump', '-f', 'x'])",
    "from subprocess import Popen as run\nrun(['x'])",
    "import asyncio\nasyncio.create_subprocess_exec('x')",
    "import typst\ntypst.compile('x', output='y.pdf')",
    "from django.core.files.storage import default_storage\ndefault_storage.save('x', f)",
    "from django.db import models\nclass A(models.Model):\n    f = models.FileField()",
    "from urllib.request import urlretrieve\nurlretrieve('x', 'y')",
    "import mmap\nmmap.mmap(3, 0)",
]
HARMLESS = [
    "open('x')",
    "open('x', 'rb')",
    "path.open()",
    "path.open('rb', encoding='utf-8')",
    "import io, zipfile\nzipfile.ZipFile(io.BytesIO(), 'w')",
    "import os\nos.open('x', os.O_RDONLY | os.O_DIRECTORY)",
    "import typst\ntypst.compile('x', format='pdf')",
    "from django import forms\nclass A(forms.Form):\n    f = forms.FileField()",
    "answer.write('x')",
    "vault = Vault.open()",
]


@pytest.mark.parametrize("source", OFFENDERS)
def test_a_planted_writer_is_found_whatever_it_writes_by(source: str) -> None:
    assert set(unknown_writers([("audience.services.planted", source)])) == {"audience.services.planted"}
    assert unknown_writers([("tracking.spool", source)]) == {}


@pytest.mark.parametrize("source", HARMLESS)
def test_who_only_reads_or_writes_to_memory_is_left_alone(source: str) -> None:
    assert writes(source) == set()


def unknown_folders(modules: Iterable[tuple[str, str]]) -> set[str]:
    """Return the folders and files of MANDATA_VAR that modules name and nobody has said what lies there."""
    named = {one for _name, source in modules for one in re.findall(r"\bvar / \"([\w.-]+)\"", source)}
    return {one for one in named if one not in register.FOLDERS}


def test_every_folder_of_an_installation_is_said_to_hold_what_it_holds() -> None:
    assert unknown_folders(_modules()) == set()
    assert unknown_folders([("x", 'env().var / "exports"')]) == {"exports"}
    keys = {one.description.key for one in catalogue()}
    assert {one.removeprefix("holding:") for one in register.FOLDERS.values() if one.startswith("holding:")} <= keys
    for holding in catalogue():
        assert set(holding.description.files) <= set(register.FOLDERS), holding.description.key


PERSONAL = re.compile(
    r"(^|_)(e?mail|name|first|last|surname|phone|mobile|address|ip|birthday|born|agent|person|people|recipient|contact"
    r"|sender|signature|user|member|owner|photo|gender|title|words|text|comment|remark|note|body|detail|reason)s?(_|$)"
)
TEXTS = ("TextField", "JSONField", "EmailField", "GenericIPAddressField", "URLField")


def personal_columns(models: Iterable[type[Model]]) -> set[str]:
    """Return the columns of tables that are said to hold no personal data that look as if they did: a free text, an
    address, or a name that personal things have."""
    return {
        f"{model._meta.db_table}.{field.column}"
        for model in models
        if model._meta.db_table in register.TABLES
        for field in model._meta.concrete_fields
        if field.get_internal_type() in TEXTS
        or (field.get_internal_type() in ("CharField", "BinaryField") and PERSONAL.search(field.column or ""))
    }


@pytest.mark.req("RET-7", "AST-5")
def test_every_field_that_looks_personal_in_a_table_without_personal_data_is_said_to_be_none() -> None:
    found = personal_columns(apps.get_models(include_auto_created=True))
    assert found - set(register.COLUMNS) == set()
    assert set(register.COLUMNS) - found == set(), "these columns are gone"
    assert all(len(why) > 10 for why in register.COLUMNS.values())


@isolate_apps("mandata.holdings")
def test_a_planted_model_or_field_is_found() -> None:
    class Known(Model):
        phone = CharField(max_length=20)
        at = DateTimeField()

        class Meta:
            app_label = "holdings"
            db_table = "holdings_erasure"

    class Nowhere(Model):
        class Meta:
            app_label = "holdings"
            db_table = "holdings_nowhere"

    assert personal_columns([Known]) == {"holdings_erasure.phone"}
    assert not set(personal_columns([Known])) <= set(register.COLUMNS)
    assert unknown_tables({"holdings_nowhere"}) == {"holdings_nowhere"}
    assert Nowhere._meta.db_table not in {*held(), *register.TABLES}


@pytest.mark.parametrize("verb", list(Verb))
def test_a_planted_holding_without_a_verb_is_found(verb: Verb) -> None:
    whole = catalogue()[0]
    parts = {one.value: getattr(whole, one.value) for one in Verb if one is not verb}
    planted = SimpleNamespace(
        description=whole.description, verbs={one: None for one in Verb if one is not verb}, **parts
    )
    assert verbless([whole]) == {}
    assert verbless([planted]) == {whole.description.key: {verb}}
    silent = SimpleNamespace(description=whole.description, verbs=dict.fromkeys(Verb) | {verb: ""}, **parts)
    assert verbless([silent]) == {whole.description.key: {verb}}


INTERNAL = {
    "audience_subscriber": "controller_id id identity email_index phone_index suppression_index index_version clear",
    "audience_subscription": "controller_id list_id subscriber_id",
    "audience_suppression": "controller_id hash key_version",
    "delivery_message": "controller_id campaign_id subscriber_id number chunk_id next_at",
    "delivery_return": "controller_id id digest campaign_id subscriber_id at_door",
    "tracking_event": "controller_id id campaign_id subscriber_id",
    "tracking_first": "controller_id campaign_id message",
}
"""Columns that a copy does not repeat: keys, places, and what is told opened (`identity`, `clear`) or by its title."""


@pytest.mark.req("DSR-4..8")
def test_every_column_about_a_person_is_told_in_the_copy_or_is_only_a_key(world: World) -> None:
    shop = a_shop(world)
    a_person(shop, NOVAK)
    with scope(shop.id):
        audience.suppress(email=NOVAK, reason=Reason.OBJECTION, actor=shop.member, at=LATER)
        subject = selectors.subject_by_address(NOVAK)
        assert subject is not None
        assert subject.reference is not None
        sources = [getattr(personal, name) for personal, name in SOURCES]
        for table, source in zip(INTERNAL, sources, strict=True):
            given: object = subject.suppression_index if "suppression" in table else subject.reference
            rows = source(delivery.numbers([subject.reference]) if table == "tracking_first" else given)
            model = next(one for one in apps.get_models() if one._meta.db_table == table)
            columns = {field.column for field in model._meta.concrete_fields if field.name != "pk"}
            told = set(rows[0]) | ({"list_id"} if "list" in rows[0] else set()) | EMPTY.get(table, set())
            assert columns - told - set(INTERNAL[table].split()) == set(), table


SOURCES = (
    (audience_personal, "subscriber"),
    (audience_personal, "subscriptions"),
    (audience_personal, "suppressions"),
    (delivery, "messages"),
    (delivery, "returns"),
    (tracking, "events"),
    (tracking, "firsts"),
)
EMPTY = {"audience_subscriber": {"provider", "language", "country", "region", "birthday", "restricted_at"}}
"""Facets and times that are told where they have a value, and have none here."""
