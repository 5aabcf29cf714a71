"""`mandata up`: the whole installation on this machine, one command."""

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from mandata.cli.installation import connected, read, server, var
from mandata.cli.lifeline import SUPERVISOR
from mandata.cli.output import AsJson
from mandata.cli.serve import address
from mandata.cli.supervisor import Service, Supervisor
from mandata.foundation.errors import Fault
from mandata.infra import restoring

_ANSWER_WITHIN = 60.0
_PORT_FREE_WITHIN = 25.0
EXTRAS = ("catcher", "dns")


def up(
    web: Annotated[str, typer.Option(help="Where the console and the public pages listen.")] = "127.0.0.1:8000",
    track: Annotated[str, typer.Option(help="Where the tracking door listens.")] = "127.0.0.1:8001",
    extra: Annotated[
        list[str] | None, typer.Option("--with", help="Also run `catcher` (mail) or `dns`; may be repeated.")
    ] = None,
    mailbox: Annotated[str, typer.Option(help="Where the catcher shows what it caught.")] = "127.0.0.1:8025",
    as_json: AsJson = False,
) -> None:
    """Start everything: database, tables, console, tracking door, worker. Ctrl-C ends everything, the database last.

    The first start makes the database and the keys in MANDATA_VAR (var/). A later one goes on from what is there, also
    after a power cut. With DATABASE_URL and OWNER_DATABASE_URL an own PostgreSQL is used instead of the embedded one.

    Examples:

        mandata up

        mandata up --web 127.0.0.1:8080 --track 127.0.0.1:8081

        mandata up --with catcher --with dns
    """
    if unknown := set(extra or ()) - set(EXTRAS):
        raise typer.BadParameter(f"--with knows {' and '.join(EXTRAS)}, not {', '.join(sorted(unknown))}.")
    began = time.monotonic()

    def announce(supervisor: Supervisor) -> None:
        _announce(as_json, web, track, supervisor, time.monotonic() - began)
        supervisor.watch()

    run(web, track, extra or [], announce, mailbox=mailbox)


def run(
    web: str, track: str, extras: list[str], then: Callable[[Supervisor], None], *, mailbox: str = "127.0.0.1:8025"
) -> None:
    """Start everything, call `then` once it answers, and stop everything when that returns; the database last."""
    restoring.require_open(var())  # the row in the database is asked for by `mandata migrate`; no driver is loaded here
    with only_one(var()), connected(restoring_too=True) as urls:
        _await_free_ports([web, track])
        _migrate({"DATABASE_URL": urls.app, "OWNER_DATABASE_URL": urls.owner} if urls.superuser else {})
        tend = _keeper(urlsplit(urls.app).port or 0) if urls.superuser else None
        supervisor = Supervisor(_services(web, track, _extras(extras, mailbox)), say=say, tend=tend)
        supervisor.start()
        try:
            _await_answers(supervisor, [(web, "/"), (track, "/health")])
            if not supervisor.asked_to_stop:
                then(supervisor)
        finally:
            say("Stopping.")
            supervisor.stop()


def _keeper(port: int) -> Callable[[], None]:
    """Return what keeps the embedded database alive, on the port by which its users know it."""
    database = server(read(), port=port)

    def keep() -> None:
        if database.running():
            return
        say("The database has ended; it is started again.")
        try:
            database.start()
        except Fault as fault:
            say(str(fault))

    return keep


def say(line: str) -> None:
    """Tell people one line, apart from what a command prints for programs."""
    typer.echo(line, err=True)


def mandata(*arguments: str) -> list[str]:
    """Return the command line of one of our own commands."""
    return [sys.executable, "-m", "mandata.cli", *arguments]


def _extras(names: list[str], mailbox: str) -> list[Service]:
    """Return the helpers, where the settings look for them: MANDATA_SMTP_URL, MANDATA_CATCHER_URL and MANDATA_DNS."""
    services = []
    if "catcher" in names:
        smtp = urlsplit(read().smtp_url)
        listen = f"{smtp.hostname}:{smtp.port or 25}"
        os.environ.setdefault("MANDATA_CATCHER_URL", f"http://{mailbox}")
        services.append(Service("catcher", mandata("catcher", "--smtp", listen, "--http", mailbox)))
    if "dns" in names:
        listen = os.environ.setdefault("MANDATA_DNS", "127.0.0.1:5300")
        services.append(Service("dns", mandata("dns", "--listen", listen)))
    return services


def _services(web: str, track: str, extras: list[Service]) -> list[Service]:
    """Return the services in the order of their start; they end in the opposite order."""
    told = {
        "MANDATA_PUBLIC_URL": os.environ.get("MANDATA_PUBLIC_URL") or f"http://{web}",
        "MANDATA_TRACKING_URL": os.environ.get("MANDATA_TRACKING_URL") or f"http://{track}",
    }
    return [
        *extras,
        Service("worker", mandata("worker"), told),
        Service("track", mandata("track", "--listen", track), told),
        Service("web", mandata("web", "--listen", web), told),
    ]


def _migrate(owner: dict[str, str]) -> None:
    environment = {**os.environ, **owner, SUPERVISOR: str(os.getpid())}
    command = mandata("migrate", "--with-keys")
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise Fault(
            "The tables could not be brought up to date, so nothing was started.", remedy="The reason is above."
        )


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the installation: one `mandata up` for each folder."""
    handle = os.open(folder / ".up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Fault(
                f"Mandata is already up in {folder.absolute()}.",
                remedy="Use it, stop it with Ctrl-C where it runs, or start another one with its own MANDATA_VAR.",
            ) from error
        yield
    finally:
        os.close(handle)


def _await_free_ports(listens: list[str]) -> None:
    """Wait for ports that the children of a killed predecessor still hold; they are on their way out."""
    deadline = time.monotonic() + _PORT_FREE_WITHIN
    for listen in listens:
        while not _free(listen):
            if time.monotonic() > deadline:
                remedy = "Stop it, or choose other ports with --web and --track."
                raise Fault(f"Something else listens on {listen}.", remedy=remedy)
            time.sleep(0.1)


def _free(listen: str) -> bool:
    host, port = address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Plainly bound: granian's own sockets would share the port with a predecessor's and halve the requests.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _await_answers(supervisor: Supervisor, places: list[tuple[str, str]]) -> None:
    waiting = list(places)
    deadline = time.monotonic() + _ANSWER_WITHIN

    def all_answer() -> bool:
        waiting[:] = [place for place in waiting if not _answers(*place)]
        return not waiting or time.monotonic() > deadline

    supervisor.watch(all_answer)
    if waiting and not supervisor.asked_to_stop:
        listens = " and ".join(listen for listen, _path in waiting)
        raise Fault(f"There is no answer on {listens}.", remedy="The reason is in the lines above.")


def _answers(listen: str, path: str) -> bool:
    """Tell whether HTTP is answered there; an answer of 404 is an answer, one of 500 is none."""
    host, port = address(listen)
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _announce(as_json: bool, web: str, track: str, supervisor: Supervisor, seconds: float) -> None:
    console = read().public_url if os.environ.get("MANDATA_PUBLIC_URL") else f"http://{web}"
    if as_json:
        values = {
            "console": console,
            "track": f"http://{track}",
            "seconds": round(seconds, 2),
            "pids": supervisor.pids(),
        }
        typer.echo(json.dumps(values))
        sys.stdout.flush()
        return
    say(f"Mandata is up after {seconds:.1f} s: {console}  (Ctrl-C stops everything)")
