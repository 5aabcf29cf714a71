"""Who may speak for a controller: an active owner or privacy officer, by name."""

from typing import Final
from uuid import UUID

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors
from mandata.agreements.errors import NotAuthorised
from mandata.agreements.rules import instructions as rules
from mandata.agreements.rules.words import mark as _
from mandata.foundation.actors import Actor

_WHO: Final = _("Only an owner or a privacy officer of the controller can do this.")
_ASK_OWNER: Final = _("Ask one of them.")


def authorised(member_id: UUID) -> Actor:
    """The member as an actor, where it may bind the controller (INS-1). Raises NotAuthorised."""
    said = selectors.reader().gettext
    found = next((one for one in accounts.members() if one.id == member_id), None)
    if found is None or found.state != "active" or found.role not in rules.AUTHORISED:
        raise NotAuthorised(said(_WHO), clause="instruction.standing", remedy=said(_ASK_OWNER))
    return Actor("member", member_id)
