"""An end that an older database forgot: a backup from before its notice was restored, and the record came back.

The keys are gone, so that there is nothing to go on with but the deletion; the record says what was decided and done.
"""

from datetime import datetime
from typing import Any

from mandata.agreements import selectors as agreements
from mandata.agreements import services as agreement
from mandata.foundation.actors import SYSTEM
from mandata.record import selectors as record
from mandata.retention.models import End

CONFIRMED = "retention.deletion_confirmed"
DELETED = "retention.deleted"


def recall(*, at: datetime) -> End | None:
    """Make the row of the open scope's end anew from its entries, and end the agreement that stands there as if nothing
    had been; None where the record knows of no deletion."""
    found = next(iter(record.entries(kind=CONFIRMED, limit=1)), None)
    if found is None or found.subject is None:
        return None
    noticed, chosen, deleted = (
        next(iter(record.entries(kind=kind, subject=found.subject, limit=1)), None)
        for kind in ("retention.end_noticed", "retention.end_chosen", DELETED)
    )
    body: dict[str, Any] = noticed.body if noticed else {"by": "controller", "reason": "notice"}
    end = End(id=found.subject, state="deleting", by=body["by"], reason=body["reason"])
    end.noticed_at, end.noticed_by = (noticed or found).at, (noticed or found).actor[:60]
    end.effective_at = datetime.fromisoformat(body["effective"]) if "effective" in body else found.at
    end.took_effect_at = end.effective_at
    end.agreement = next((one.id for one in agreements.agreements()), None)
    if chosen is not None:
        end.choice, end.chosen_at = chosen.body["choice"], chosen.at
    end.confirmed_at, end.confirmed_by, end.counts = found.at, found.actor[:60], found.body["counts"]
    if deleted is not None:
        told = deleted.body
        end.state, end.deleted_at = "deleted", datetime.fromisoformat(told["deleted"])
        end.progress, end.keys = told["rows"], told["keys"]
    end.save(force_insert=True)
    if agreements.in_force(at) is not None:
        agreement.end(actor=SYSTEM, at=at, by=end.reason, effective=min(end.effective_at, at), about=("end", end.id))
    return end
