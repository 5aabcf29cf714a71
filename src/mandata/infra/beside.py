"""Work beside an open scope: on a connection of its own, where another scope may be opened."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def beside(work: Callable[[], T], *, name: str) -> T:
    """Return what the work returns, done in a thread with its own connection and no open scope; `name`: the thread's.

    For a read of the installation's rows, which are out of a controller's sight. It sees only what is committed.
    """

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    # a new thread begins with an empty context, so no scope is open in it
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as pool:
        return pool.submit(run).result()
