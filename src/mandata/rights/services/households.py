"""Requests of a household: everybody asks jointly and confirms alone (Cal. Code Regs. tit. 11 § 7031).

One case stands for the household, and one for each of its people; the household's is answered for all or for nobody.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller, scope
from mandata.rights import rules
from mandata.rights.errors import NotAskable
from mandata.rights.models import Case
from mandata.rights.selectors import Wrote
from mandata.rights.services import confirming, intake
from mandata.rights.services.intake import Received


def receive_household(
    *,
    what: str,
    address: str,
    others: Sequence[str],
    channel: str,
    language: str,
    name: str = "",
    words: str = "",
    actor: Actor | None = None,
    received_at: datetime | None = None,
    at: datetime,
) -> Received:
    """Open the case of a household and one for each of its people, whose links go to their own addresses.

    `what`: "know" or "delete"; `received_at`: when they asked, if that was earlier: all clocks run from then. Raises
    NotAskable: fewer than two people, more than `rules.MAX_HOUSEHOLD`, no address; TooMany.
    """
    everybody, since = [address, *others], received_at or at
    with scope(current_controller()):
        head = intake.checked(
            "household", channel, language, address, Wrote(address, name, words), {"what": [what]}, since, at
        )
        kind = str(head.asked["what"])
        people = [intake.checked(kind, channel, language, one, Wrote(one), {}, since, at) for one in everybody]
        indexes = {one.subject.email_index for one in people if one.subject}
        if not 2 <= len(indexes) <= rules.MAX_HOUSEHOLD or len(indexes) != len(people):
            raise NotAskable(
                _("A household has two people or more, each with an own address."),
                clause=rules.CLAUSES["household"],
                remedy=_("Write the address of each of them once, or ask alone."),
            )
        for one in people:
            if one.subject and intake.is_stranger(actor):
                intake.demand_patience(one.subject, at)
        parent = intake.opened(head, actor, at)
        for one in people:
            member = intake.checked(
                kind, channel, language, one.wrote.address, Wrote(one.wrote.address), {}, since, at, household=parent.id
            )
            case = intake.opened(member, actor, at)
            intake.begun(case, at)
        Case.objects.filter(id=parent.id).update(state="confirmed", confirmed_at=at)
        parent.state, parent.confirmed_at = "confirmed", at
        confirming.joined(parent, at)
        return Received(parent.id, parent.number, parent.due_at, False)
