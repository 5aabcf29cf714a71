"""The bulk road fails as the ORM does, so that whoever waits for a database that is away catches one kind of error."""

import threading
import time

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection

from mandata.infra import bulk
from mandata.infra.postgres import Urls


def test_a_database_that_goes_away_in_the_middle_of_a_statement_is_told_as_the_orm_tells_it(database: Urls) -> None:
    pid = bulk.execute("select pg_backend_pid()", [])[0][0]

    def cut() -> None:
        time.sleep(0.3)
        with psycopg.connect(database.superuser) as superuser:
            superuser.execute("select pg_terminate_backend(%s)", [pid])

    cutting = threading.Thread(target=cut)
    cutting.start()
    with pytest.raises(OperationalError) as away:
        bulk.execute("select pg_sleep(30)", [])
    cutting.join()
    assert isinstance(away.value.__cause__, psycopg.errors.AdminShutdown)
    connection.close_if_unusable_or_obsolete()
    assert bulk.execute("select 1", []) == [(1,)]


def test_a_row_that_is_there_already_is_told_as_the_orm_tells_it(database: Urls) -> None:
    bulk.execute("create temporary table once (id int primary key)", [])
    bulk.execute("insert into once values (1)", [])
    with pytest.raises(IntegrityError) as refused:
        bulk.execute("insert into once values (1)", [])
    assert isinstance(refused.value.__cause__, psycopg.errors.UniqueViolation)
    bulk.execute("drop table once", [])
