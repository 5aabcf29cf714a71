"""What an own server must promise, and what the application's role may do after a migration."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from mandata.foundation.errors import Fault
from mandata.infra.postgres import APP, OWNER, Server, Urls, apply_grants, check_external

Role = Callable[[str, str], str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("external") / "postgres", durable=False)
    made.start()
    yield made
    made.destroy()


@pytest.fixture
def urls(server: Server, request: pytest.FixtureRequest) -> Urls:
    """Each test has a database of its own."""
    return server.provision(request.node.name[:60])


@pytest.fixture
def role(urls: Urls) -> Iterator[Role]:
    """Make a log-in role with the given attributes or memberships; return its address."""
    names = []

    def make(name: str, attributes: str) -> str:
        with psycopg.connect(urls.superuser) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret' {attributes}".encode())
            connection.execute(f'GRANT CONNECT ON DATABASE "{connection.info.dbname}" TO {name}'.encode())
        names.append(name)
        return urls.superuser.replace(urls.superuser.split("@")[0], f"postgresql://{name}:secret")

    yield make
    with psycopg.connect(urls.superuser) as connection:
        for name in names:
            connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def test_the_two_roles_of_the_embedded_server_keep_every_promise(urls: Urls) -> None:
    found = check_external(urls.app, urls.owner)
    assert (found.version >= 15, found.app_role, found.owner_role) == (True, APP, OWNER)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ("SUPERUSER", "is a superuser"),
        ("BYPASSRLS", "is allowed to bypass"),
        ("IN ROLE postgres", "can become postgres, which is a superuser"),
    ],
    ids=["superuser", "bypass", "member"],
)
def test_a_role_that_could_read_every_controller_is_refused(urls: Urls, role: Role, attributes: str, says: str) -> None:
    with pytest.raises(Fault, match=says) as fault:
        check_external(role("chance", attributes), urls.owner)
    assert "CREATE ROLE mandata_app" in fault.value.remedy


def test_an_application_role_that_owns_a_table_or_can_become_its_owner_is_refused(urls: Urls, role: Role) -> None:
    _run(urls.owner, "CREATE TABLE mine (id int)")
    heir = role("heir", f"IN ROLE {OWNER}")
    with pytest.raises(Fault, match="owns the table mine"):
        check_external(heir, urls.owner)
    with pytest.raises(Fault, match="owns the table mine"):
        check_external(urls.owner, urls.superuser)


def test_one_role_for_both_is_refused(urls: Urls) -> None:
    with pytest.raises(Fault, match="the same role"):
        check_external(urls.app, urls.app)


def test_an_owner_who_may_not_create_tables_is_refused_with_the_grant_that_mends_it(urls: Urls, role: Role) -> None:
    with pytest.raises(Fault, match="may not create tables") as fault:
        check_external(urls.app, role("visitor", ""))
    assert "GRANT CREATE" in fault.value.remedy


def test_a_server_that_cannot_be_reached_or_is_not_named_is_told_in_words(urls: Urls) -> None:
    with pytest.raises(Fault, match="OWNER_DATABASE_URL is not set"):
        check_external(urls.app, "")
    with pytest.raises(Fault, match="DATABASE_URL cannot be reached") as fault:
        check_external(urls.app.replace(f"{APP}:", f"{APP}:wrong"), urls.owner)
    assert "wrong" not in str(fault.value)


def test_a_database_in_another_encoding_is_refused(server: Server, urls: Urls) -> None:
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    latin = server.urls("latin")
    with pytest.raises(Fault, match="encoded in LATIN1"):
        check_external(latin.app, latin.owner)


def test_append_only_tables_take_rows_and_never_change_them_their_partitions_neither(urls: Urls) -> None:
    _run(
        urls.owner,
        "CREATE TABLE log (id int) PARTITION BY RANGE (id);"
        "CREATE TABLE log_early PARTITION OF log FOR VALUES FROM (0) TO (10);"
        "CREATE TABLE other (id int GENERATED ALWAYS AS IDENTITY, name text)",
    )
    for _ in range(2):  # after each migration, so it must be safe to repeat
        apply_grants(urls.owner, APP, {"log"})
    _run(urls.app, "INSERT INTO log VALUES (1); INSERT INTO other (name) VALUES ('x'); UPDATE other SET name = 'y'")
    for forbidden in ("UPDATE log SET id = 2", "DELETE FROM log", "DELETE FROM log_early", "TRUNCATE log"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _run(urls.app, forbidden)


def test_an_append_only_table_that_does_not_exist_is_a_fault_and_nothing_is_granted(urls: Urls, role: Role) -> None:
    _run(urls.owner, "CREATE TABLE things (id int)")
    outsider = role("outsider", "")
    with pytest.raises(Fault, match="No such append-only tables: absent"):
        apply_grants(urls.owner, "outsider", ["absent"])
    with pytest.raises(psycopg.errors.UndefinedTable):  # not even the schema can be looked into
        _run(outsider, "SELECT * FROM things")
