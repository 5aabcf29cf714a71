"""What a controller's people may still do in the console once their agreement has ended (RET-2).

From the end's own instant on, whenever a job comes to look, they read and take data out; where the clause end.access
has run out, or the data is being deleted, what is left is the page of the end with its archives.
"""

from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from mandata.accounts.selectors import Membership
from mandata.infra.clock import now
from mandata.retention.errors import AccessEnded
from mandata.retention.rules import ending as rules
from mandata.retention.selectors import ends

LEFT: Final = ("privacy:ending", "privacy:return_")
"""Routes (or how they begin) that stay as long as there is anything to take out."""
ACTS: Final = ("privacy:", "accounts:", "audience:export", "audience:find", "audience:show", "audience:reveal")
"""Routes that may be posted to after the end: rights of people, archives, the account; nothing that processes anew."""


def demand_access(request: HttpRequest, member: Membership) -> None:
    """Refuse what is over with the agreement. Raises AccessEnded."""
    at = now()
    if member.controller_state != "ended" and not ends.over(at):
        return
    route = request.resolver_match.view_name if request.resolver_match else ""
    level = ends.access(at)
    if level == rules.FULL or route.startswith(LEFT):
        return
    if level == rules.NONE:
        raise AccessEnded(
            _("The agreement has ended, and so has the access to the data."),
            clause="end.access",
            remedy=_("Under Privacy, at the end of the agreement, an archive of everything can be asked for."),
        )
    if request.method not in ("GET", "HEAD") and not route.startswith(ACTS):
        raise AccessEnded(
            _("The agreement has ended: data can be read and taken out, and nothing else."),
            clause="agreement.end",
            remedy=_("Make an archive under Privacy, at the end of the agreement."),
        )
