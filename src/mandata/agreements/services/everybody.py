"""What is told to every controller: each in a transaction of its own, whatever becomes of another."""

from collections.abc import Callable
from typing import Final

from mandata.accounts import selectors as accounts
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.vault.ending import is_destroyed

PAGE: Final = 500

_log = log("agreements")


class Untold(Exception):
    """Some controllers could not be told; the job is to be tried again, and finds the others told: `told` of them."""

    def __init__(self, failed: int, told: int) -> None:
        super().__init__(f"{failed} controllers")
        self.told = told


def each_controller(tell: Callable[[], bool]) -> int:
    """Call in each controller's scope what tells it, if it was not told before; return how many were told now.

    One whose keys were destroyed with its data is no longer there to be told. Raises Untold at the end where it failed
    for some.
    """
    told, failed, after = 0, 0, None
    while page := accounts.ids_after(after, PAGE):
        for one in page:
            try:
                with scope(one):
                    told += tell()
            except Exception as error:
                if is_destroyed(one):
                    continue
                failed += 1
                _log.error("controller.not_told", controller=str(one), error=type(error).__name__)
        after = page[-1]
    if failed:
        raise Untold(failed, told)
    return told
