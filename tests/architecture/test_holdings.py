"""Every place that can hold personal data is in the catalogue, or is named with the reason why it holds none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps

from mandata.audience import personal as audience_personal
from mandata.audience import services as audience
from mandata.audience.rules.bases import Reason
from mandata.delivery import personal as delivery
from mandata.holdings import register, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.rules import Verb
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import scope
from mandata.tracking import personal as tracking
from tests.holdings.cast import LATER, NOVAK, a_person, a_shop
from tests.world import World

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mandata"
WRITES = {"write_bytes", "write_text", "mkstemp", "NamedTemporaryFile", "TemporaryFile", "sqlite3.connect"}


def held() -> dict[str, str]:
    """Table -> key of the holding that it belongs to."""
    return {table: one.description.key for one in catalogue() for table in one.description.tables}


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
    assert tables - set(held()) - set(register.TABLES) == set()
    assert set(register.TABLES) - tables == set(), "these tables are gone"
    assert set(held()) - tables == set(), "these tables are gone"
    assert set(held()) & set(register.TABLES) == set()


def test_every_model_is_known_by_its_table() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert tables - set(held()) - set(register.TABLES) == set()


def test_each_table_belongs_to_one_holding_and_each_holding_has_a_key_of_its_own() -> None:
    tables = [table for one in catalogue() for table in one.description.tables]
    assert len(tables) == len(set(tables))
    keys = [one.description.key for one in catalogue()]
    assert len(keys) == len(set(keys))


@pytest.mark.req("DSR-4..8")
def test_each_holding_has_every_verb_or_says_why_it_cannot_apply() -> None:
    for holding in catalogue():
        verbs = holding.verbs
        assert set(verbs) == set(Verb), holding.description.key
        for verb, why in verbs.items():
            assert callable(getattr(holding, verb.value))
            assert why is None or len(str(why)) > 15, (holding.description.key, verb)


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


def test_every_module_that_writes_files_is_in_a_holding_or_is_said_to_hold_no_personal_data() -> None:
    known = {**register.FILES, **register.PERSONAL_FILES}
    writing = {name for name in _writers() if not any(name == one or name.startswith(f"{one}.") for one in known)}
    assert writing == set()
    assert set(register.PERSONAL_FILES.values()) <= {one.description.key for one in catalogue()}


def test_the_search_for_writers_finds_those_that_there_are() -> None:
    assert {"tracking.spool", "delivery.journal", "delivery.catcher.store", "vault.keyfiles"} <= set(_writers())


def _writers() -> Iterator[str]:
    for path in sorted(SOURCE.rglob("*.py")):
        if any(_writes(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))):
            yield ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in {"O_CREAT", "O_WRONLY", "O_RDWR"}:
        return True
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    if name in WRITES or name.rpartition(".")[2] in WRITES:
        return True
    if name != "open" and not name.endswith(".open"):
        return False
    modes = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and 0 < len(mode.value) <= 3
        and set(mode.value) <= set("rwxab+t")
        and bool(set(mode.value) & set("wxa+"))
        for mode in modes
    )


INTERNAL = {
    "audience_subscriber": "controller_id id identity email_index phone_index suppression_index index_version clear",
    "audience_subscription": "controller_id list_id subscriber_id",
    "audience_suppression": "controller_id hash key_version",
    "delivery_message": "controller_id campaign_id subscriber_id number chunk_id next_at",
    "delivery_return": "controller_id id digest campaign_id subscriber_id",
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
