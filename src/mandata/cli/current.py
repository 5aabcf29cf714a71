"""No face opens over a database that is older than the outside log says."""

from mandata.cli.installation import read
from mandata.foundation.errors import Fault
from mandata.infra import restoring


def require_current(url: str, *, patient: bool = False) -> None:
    """Raise OlderDatabase where the database is older than what was published (`record.behind`) or sent
    (`delivery.behind`).

    Nothing is asked while the installation is being restored: the faces are shut, and explain it. `patient` is for the
    tracking door, which answers while the database is away: then it is not compared. Raises Fault otherwise.
    """
    from mandata.delivery.behind import require_claims
    from mandata.record.behind import behind
    from mandata.record.errors import OlderDatabase

    try:
        restoring.require_open(read().var, url)
    except Fault:
        return
    try:
        behind(url)
        require_claims(url)
    except OlderDatabase:
        raise
    except Fault:
        if not patient:
            raise
