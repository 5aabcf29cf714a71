"""What is looked at every hour, controller by controller: decisions, alarms, inactivity; then what is the operator's
own."""

from datetime import datetime

from mandata.accounts import selectors as accounts
from mandata.infra.logs import log
from mandata.infra.tenancy import scope
from mandata.retention.services import grounds, inactivity, limiting, own

PAGE = 500
_log = log("retention")


def everywhere(*, at: datetime) -> int:
    """Look after every controller, each in a transaction of its own; return how many things were done.

    One controller's trouble holds up no other, and is raised at the end.
    """
    done, failure, after = 0, None, None
    while page := accounts.ids_after(after, PAGE):
        for one in page:
            try:
                with scope(one):
                    done += look(at=at)
            except Exception as error:
                _log.error("retention.not_looked_at", controller=str(one), error=type(error).__name__)
                failure = failure or error
        after = page[-1]
    done += own.forget(at=at)
    if failure is not None:
        raise failure
    return done


def look(*, at: datetime) -> int:
    """Look after the controller of the open scope; return how many things were done."""
    return limiting.take_effect(at=at) + grounds.from_alarms(at=at) + bool(inactivity.look(at=at))
