"""A controller that our mails do not reach was told by another way: by telephone, by hand, by a registered letter.

It meets the duty at the time at which the controller learned of it, and from then on the controller's own time runs.
Sources: Art. 33(2) GDPR, which asks for no form; AGR-7.
"""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.agreements.services.notices import UNDELIVERED, WAYS, enter_delivery
from mandata.foundation.actors import Actor
from mandata.incidents import rules
from mandata.incidents.errors import BadBreach, NoSuchThing, WrongState
from mandata.incidents.models import Affected, Phase, Share
from mandata.incidents.services import arriving, steps, telling
from mandata.infra.tenancy import INSTANCE, scope

LONGEST = 300


def told(
    breach_id: UUID, whose: UUID, *, way: str, when: datetime, who: str, proof: str, actor: Actor, at: datetime
) -> None:
    """Enter that a controller was told of a breach by another way, of everything that is known now.

    `way`: a code of `notices.WAYS`; `when`: when it learned of it; `who`: who told whom; `proof`: what shows it. Both
    stay with the controller's notice; the record holds a commitment to them. Raises NoSuchBreach, NoSuchThing,
    WrongState, BadBreach.
    """
    known = telling.common(breach_id)
    by_hand = _sensible(known, way, when, who, proof, actor, at)
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        if not row.telling or row.state == "closed" or row.forbidden or row.drill:
            raise WrongState(
                _("Nobody is being told of this breach by now, or it is a drill."),
                clause=rules.NOTIFY,
                remedy=_("Say first that they are to be told; then enter how this one was."),
            )
        if not Affected.objects.filter(breach_id=breach_id, whose=whose).exists():
            raise NoSuchThing(_("This breach does not touch that controller."))
    new = telling.tell_one(known, whose, at=at, by_hand=by_hand)
    with scope(whose):
        entered = _letters(breach_id, by_hand, at)
    if not new and not entered:
        raise WrongState(_("This controller knows it already."), remedy=_("Its page shows since when."))
    arriving.follow(breach_id, whose, at=at)
    with scope(INSTANCE):
        row = steps.locked(breach_id)
        detail: dict[str, object] = {"controller": whose, "way": way, "when": when}
        steps.enter(row, "told_otherwise", actor=actor, at=at, detail=detail, clause=rules.NOTIFY)
    telling.finish(breach_id, at)


def _sensible(
    known: telling.Common, way: str, when: datetime, who: str, proof: str, actor: Actor, at: datetime
) -> telling.ByHand:
    if way not in WAYS or not who.strip() or not proof.strip() or actor.id is None:
        raise BadBreach(
            _("Say how it was told, who told whom, and what shows it."),
            clause=rules.NOTIFY,
            remedy=_("For example: by telephone, our head of operations to its director; a note of the call."),
        )
    if not known.believed_at <= when <= at:
        raise BadBreach(_("It was told after we became aware, and not in the future."), remedy=_("Correct the time."))
    return telling.ByHand(way, when, f"{who.strip()}; {proof.strip()}"[:LONGEST], actor.id)


def _letters(breach_id: UUID, by_hand: telling.ByHand, at: datetime) -> int:
    """Whoever was told everything knows what the letters say that never arrived; return how many these were."""
    share = Share.objects.filter(breach=breach_id).first()
    phases = Phase.objects.filter(share_id=share.id).exclude(served=None) if share else Phase.objects.none()
    missing = [one.served for one in phases if agreements.deemed(one.served) is None]
    for served in missing:
        enter_delivery(
            served_id=served, way=by_hand.way, evidence=by_hand.evidence, by=by_hand.by, at=at, received_at=by_hand.when
        )
        evidence = {"served": served, "way": by_hand.way, "when": by_hand.when}
        actor = Actor("operator", by_hand.by)
        obligations.meet_about(about=served, duties=(UNDELIVERED,), evidence=evidence, actor=actor, at=at)
    return len(missing)
