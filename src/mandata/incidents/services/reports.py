"""A controller reports a breach of its own: received, told to the operator, and open at its desk (BRE-7).

`report` runs in the controller's scope; `take_up` opens the scopes itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements.rules.values import Within
from mandata.agreements.services import ledger, obligations
from mandata.agreements.services.notices import serve
from mandata.audience.services.numbers import next_number
from mandata.foundation.actors import SYSTEM, Actor
from mandata.incidents import rules
from mandata.incidents.errors import BadBreach
from mandata.incidents.models import Affected, Share
from mandata.incidents.services import arriving, desk, letters, scoping, steps
from mandata.infra.clock import new_id
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope

JOB: Final = "incidents.take_up"
KIND: Final = "breach.reported"


def report(
    *,
    words: str,
    aware_at: datetime,
    actor: Actor,
    at: datetime,
    began_at: datetime | None = None,
    ended_at: datetime | None = None,
    kinds: Sequence[str] = (),
    breach_id: UUID | None = None,
) -> UUID:
    """Report a breach to the operator and return the id of the controller's share of it.

    `aware_at`: when the controller became aware, from which its own times run; `breach_id`: names the breach, so that a
    form sent twice reports one. The operator gets the words as a notice under the agreement. Raises BadBreach.
    """
    if not words.strip() or len(words) > rules.LONGEST or set(kinds) - set(rules.KINDS):
        raise BadBreach(_("A report needs words that say what happened."))
    if not rules.times_hold(believed=aware_at, aware=aware_at, began=began_at, ended=ended_at, at=at):
        raise BadBreach(
            _("These times cannot be: belief comes before certainty, the beginning before the end, none is to come."),
            remedy=_("Correct the times; leave out what is not known yet."),
        )
    with scope(current_controller()):
        breach = breach_id or new_id()
        number = next_number(Share)  # waits for whoever makes one at this controller
        known = Share.objects.filter(breach=breach).values_list("id", flat=True).first()
        if known is not None:
            return UUID(str(known))
        facts = {"aware_at": aware_at, "began_at": began_at, "ended_at": ended_at, "kinds": list(kinds)}
        share = Share.objects.create(
            breach=breach,
            number=number,
            origin="controller",
            own_aware_at=aware_at,
            reported_at=at,
            report={"words": words.strip(), **steps.plain(facts)},
            created_at=at,
        )
        letter = letters.reported(share, words.strip())
        about = ("breach", share.id)
        served = serve(
            kind=KIND,
            party="processor",
            subject=letter.subject,
            text=letter.text,
            clause=rules.NOTIFY,
            about=about,
            at=at,
        )
        detail = {"notice": served, "aware": aware_at}
        steps.enter(share, "reported", actor=actor, at=at, detail=detail, clause=rules.NOTIFY)
        _owed(share, served, actor, at)
        arriving.controller_aware(share, aware_at, at)
        app.configure_task(JOB, queue="incidents").defer(
            controller_id=str(current_controller()), share_id=str(share.id)
        )
        own: UUID = share.id
        return own


def _owed(share: Share, served: UUID, actor: Actor, at: datetime) -> None:
    """Where the clause binds either party, the controller owed us this, too; with the report it is met."""
    _agreement, terms = ledger.last_agreement(at)
    value = terms.find(rules.NOTIFY, Within) if terms else None
    if value is None or value.who != "either" or share.own_aware_at is None:
        return
    made = obligations.open_duty(
        duty=rules.NOTIFY,
        since=share.own_aware_at,
        cause=f"report:{share.breach}",
        at=at,
        about=("breach", share.id),
        owed_by="controller",
        owed_to="processor",
        actor=actor,
    )
    obligations.meet(obligation_id=made, evidence={"notice": served}, actor=actor, at=at)


def take_up(*, controller_id: UUID, share_id: UUID, at: datetime) -> UUID | None:
    """Open the breach at the operator's desk, once; its words stay with the controller. None where there is none."""
    with scope(controller_id):
        share = Share.objects.filter(id=share_id, origin="controller").first()
        name = accounts.controller().name
    if share is None or share.reported_at is None:
        return None
    told: Mapping[str, object] = share.report
    opened = desk.open_breach(
        title=_("Reported by %(controller)s") % {"controller": name[:90]},
        aware_at=share.reported_at,
        began_at=_instant(told.get("began_at")),
        ended_at=_instant(told.get("ended_at")),
        kinds=[str(one) for one in told.get("kinds") or ()],  # type: ignore[attr-defined]
        origin="controller",
        reported_by=controller_id,
        actor=SYSTEM,
        at=max(at, share.reported_at),
        breach_id=share.breach,
    )
    with scope(INSTANCE):
        row = steps.locked(opened)
        _made, fresh = Affected.objects.get_or_create(
            breach_id=row.id, whose=controller_id, defaults={"counted_at": at}
        )
    if fresh:
        scoping.add_filter(opened, {"controllers": [str(controller_id)]}, actor=SYSTEM, at=at)
    return opened


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(str(value)) if value else None
