"""`mandata web` and `mandata track`: the two doors, each a process of its own under granian."""

import atexit
import importlib
import multiprocessing
import multiprocessing.util
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from mandata.cli.current import require_current
from mandata.cli.installation import SETTINGS, connected, read, var
from mandata.cli.lifeline import follow
from mandata.foundation.errors import Fault

Listen = Annotated[str, typer.Option(help="Host and port to listen on.")]
Threads = Annotated[int, typer.Option(min=1, max=64, help="How many requests are worked on at the same time.")]


def web(listen: Listen = "127.0.0.1:8000", threads: Threads = 4) -> None:
    """Serve the console, the public pages and the API (Django under WSGI).

    `mandata up` starts it. On its own it is for installations of several hosts, each with MANDATA_VAR on shared storage
    or none, and DATABASE_URL.

    Examples:

        mandata web

        mandata web --listen 0.0.0.0:8000 --threads 8
    """
    # Of an own database it answers while that is being restored, too: with the page that explains it.
    with connected(restoring_too=bool(read().database_url)) as urls:
        require_current(urls.app)
        _serve("mandata.project.wsgi:application", listen, threads, head=64 * 1024, static=var() / "static")


def track(listen: Listen = "127.0.0.1:8001", threads: Threads = 4) -> None:
    """Serve the tracking door: opens, clicks and one-click unsubscriptions. No Django, no wait for the database.

    Examples:

        mandata track

        mandata track --listen 0.0.0.0:8001
    """
    with connected() as urls:
        require_current(urls.app, patient=True)
        # A token is 43 characters; nobody has a reason to send more than this in the head of a request.
        _serve("mandata.public.door:application", listen, threads, head=16 * 1024)


def address(text: str) -> tuple[str, int]:
    """Split `host:port`. Raises Fault where it is neither."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Fault(f"{text!r} is not an address.", remedy="Write host:port, as 127.0.0.1:8000 or [::1]:8000.")
    return host.strip("[]"), int(port)


def _serve(target: str, listen: str, threads: int, *, head: int, static: Path | None = None) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server import MPServer as Granian

    host, port = address(listen)
    # Forked, so that the worker shares what is loaded here; the application itself is loaded in the worker alone.
    multiprocessing.set_start_method("fork")
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        backpressure=threads * 64,  # more wait in the kernel's queue
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=head, header_read_timeout=10_000),
        respawn_failed_workers=False,  # the supervisor restarts the whole, with a growing pause
        workers_kill_timeout=20,
        websockets=False,
        log_level=LogLevels.warning,
        static_path_route=["/static"] if static else None,
        static_path_mount=[static] if static else None,
        static_path_expires=3600,
    )
    parent = os.getpid()
    server.serve(target_loader=lambda: _load(target, parent, static), wrap_loader=False)


def _load(target: str, parent: int, static: Path | None) -> Callable[..., Any]:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # until the worker sets its own, it can be ended while it loads
    follow(parent)
    # A forked worker ends without Python's usual farewell; what the application registers for it runs all the same.
    atexit._clear()
    multiprocessing.util.Finalize(None, atexit._run_exitfuncs, exitpriority=1)
    if static is not None:
        _collect_static()
    module, _, name = target.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return loaded


def _collect_static() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)
