"""A controller's rows are reached through its scope and in no other way."""

from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import close_old_connections, connection

from mandata.accounts.models import Controller
from mandata.audience.models import List
from mandata.infra import bulk
from mandata.infra.clock import new_id, now
from mandata.infra.postgres import Urls
from mandata.infra.tenancy import APPEND_ONLY, SCOPE_FREE, NoScope, ScopeCrossed, ScopedManager, ScopedModel, scope
from tests.world import World


def query(database: Urls, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.superuser) as superuser:
        return superuser.execute(statement).fetchall()


def make_list(name: str = "Newsletter") -> List:
    return List.objects.create(number=1, name=name, created_at=now())  # type: ignore[no-any-return]


def test_without_a_scope_the_handrail_raises(world: World) -> None:
    with pytest.raises(NoScope):
        List.objects.count()


def test_without_a_scope_the_wall_shows_no_row(world: World) -> None:
    customer = world.controller()
    with scope(customer.id):
        make_list()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from audience_list")
        assert cursor.fetchone() == (0,)


def test_another_controllers_rows_are_not_there(world: World) -> None:
    ours, theirs = world.controller(), world.controller("Other Bakery")
    with scope(theirs.id):
        foreign = make_list()
    with scope(ours.id), connection.cursor() as cursor:
        assert List.objects.count() == 0
        for statement in (
            "select * from audience_list where id = %s",
            "delete from audience_list where id = %s returning id",
        ):
            cursor.execute(statement, [foreign.id])
            assert cursor.fetchall() == []
    with scope(theirs.id):
        assert List.objects.count() == 1


def test_a_row_cannot_be_written_into_another_controllers_scope(world: World) -> None:
    ours, theirs = world.controller(), world.controller("Other Bakery")
    with pytest.raises(Exception, match="row-level security"), scope(ours.id):
        List.objects.create(controller_id=theirs.id, number=1, name="Smuggled", created_at=now())


def test_a_scope_inside_another_controllers_scope_is_refused(world: World) -> None:
    ours, theirs = world.controller(), world.controller("Other Bakery")
    with pytest.raises(ScopeCrossed), scope(ours.id), scope(theirs.id):
        pass


def test_the_scope_ends_with_its_transaction(world: World) -> None:
    customer = world.controller()
    with scope(customer.id), scope(customer.id):
        assert Controller.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(current_setting('mandata.controller', true), '')")
        assert cursor.fetchone() == ("",)


def test_every_table_is_behind_its_wall_or_listed_with_a_reason(database: Urls) -> None:
    rows = query(
        database,
        """
        select c.relname, c.relrowsecurity and c.relforcerowsecurity,
               exists (select from pg_policy where polrelid = c.oid) or c.relispartition
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
        """,
    )
    walled = {name for name, forced, policy in rows if forced and policy}
    assert {name for name, _, _ in rows} - walled == set(SCOPE_FREE)
    assert all(SCOPE_FREE.values())


def test_keys_of_scoped_tables_contain_the_controller(database: Urls) -> None:
    rows = query(
        database,
        """
        select i.indrelid::regclass::text, i.indexrelid::regclass::text,
               array(select a.attname::text from pg_attribute a
                     where a.attrelid = i.indrelid and a.attnum = any(i.indkey::smallint[]))
        from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and i.indisunique
        """,
    )
    bare = {index for table, index, columns in rows if table not in SCOPE_FREE and "controller_id" not in columns}
    assert bare == set()


def test_foreign_keys_between_scoped_tables_contain_the_controller(database: Urls) -> None:
    rows = query(
        database,
        """
        select c.conname::text, c.confrelid::regclass::text,
               array(select a.attname::text from pg_attribute a where a.attrelid = c.conrelid and a.attnum =
               any(c.conkey))
        from pg_constraint c join pg_namespace n on n.oid = c.connamespace
        where n.nspname = 'public' and c.contype = 'f'
        """,
    )
    bare = {name for name, other, columns in rows if other not in SCOPE_FREE and "controller_id" not in columns}
    assert bare == set()


def test_every_scoped_model_has_the_handrail() -> None:
    ours = [model for model in apps.get_models() if model.__module__.startswith("mandata.")]
    scoped = [model for model in ours if issubclass(model, ScopedModel)]
    assert all(isinstance(model._default_manager, ScopedManager) for model in scoped)
    assert {model._meta.db_table for model in ours} - {model._meta.db_table for model in scoped} <= set(SCOPE_FREE)


def test_the_applications_role_owns_nothing_and_bypasses_nothing(database: Urls) -> None:
    rows = query(
        database,
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'mandata_app'",
    )
    assert rows == [(False, False, False, False)]
    assert query(database, "select count(*) from pg_class where pg_get_userbyid(relowner) = 'mandata_app'") == [(0,)]


def test_append_only_tables_give_the_application_no_update_and_no_delete(database: Urls) -> None:
    for table in APPEND_ONLY:
        for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
            assert query(database, f"select has_table_privilege('mandata_app', '{table}', '{privilege}')") == [(False,)]


def test_ids_are_version_7_and_ordered_by_time() -> None:
    first, second = new_id(), new_id()
    assert (first.version, second.version) == (7, 7)
    assert first.int >> 80 <= second.int >> 80


def test_a_session_that_was_cut_between_requests_is_made_anew_on_the_bulk_road(world: World, database: Urls) -> None:
    assert bulk.execute("select 1", []) == [(1,)]
    with psycopg.connect(database.superuser) as superuser:
        superuser.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'mandata_app'")
    close_old_connections()  # what Django does when a request begins
    assert bulk.execute("select 2", []) == [(2,)]
