"""Messages to data subjects on the controller's instruction (Art. 34 GDPR): no campaign, so nothing that stops one
stops them; who unsubscribed or is suppressed gets it, who is erased does not.

Chosen by the filters of the breach, previewed with counts, sent through the outbox of the system's own mails in
batches, each one transaction: a killed worker's is taken up where it was left, and nobody gets it twice.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.accounts.services.notices import send_notice
from mandata.audience import selectors as audience
from mandata.foundation.actors import SYSTEM, Actor
from mandata.holdings import breadth
from mandata.incidents import rules
from mandata.incidents.errors import BadBreach, NoSuchThing, WrongState
from mandata.incidents.models import Recipient, Share, Telling
from mandata.incidents.services import letters, scoping, steps
from mandata.infra import bulk, clock
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import current_controller, scope

JOB: Final = "incidents.people"
KIND: Final = "breach.people"
CLAUSE: Final = "Article 34 GDPR"
BATCH: Final = 100
SLICE: Final = 20.0

_CHOOSE: Final = """
insert into incidents_recipient (controller_id, telling_id, subject) select %(scope)s, %(telling)s, found.id from
({people}) as found (id) on conflict do nothing
"""
_NEXT: Final = """
select subject from incidents_recipient where telling_id = %s and notice is null order by subject limit %s
for update skip locked
"""
_SENT: Final = """
update incidents_recipient r set notice = w.notice from unnest(%b::uuid[], %b::uuid[]) as w (subject, notice)
where r.telling_id = %b and r.subject = w.subject
"""


def prepare(*, share_id: UUID, heading: str, text: str, actor: Actor, at: datetime) -> UUID:
    """Write a message and choose whom it goes to: everybody in the audience whom the breach touched. Nothing is sent
    before `confirm`. Return its id. Raises NoSuchBreach, WrongState, BadBreach."""
    if not heading.strip() or "\n" in heading.strip() or not text.strip() or len(text) > rules.LONGEST:
        raise BadBreach(
            _("A message needs a subject line and a text."),
            clause=CLAUSE,
            remedy=_("Say in clear and plain language what happened, what may follow, and what people can do."),
        )
    with scope(current_controller()):
        share = steps.share(share_id)
        if share.told_at is None or not share.wanted:
            raise WrongState(
                _("It is not known yet whom this breach touches."),
                remedy=_("Wait for our notice with the numbers, or write to people yourself."),
            )
        made = Telling.objects.create(
            share_id=share.id,
            number=Telling.objects.filter(share_id=share.id).count() + 1,
            heading=heading.strip()[:150],
            text=text.strip(),
            asked_by=str(actor)[:60],
            asked_at=at,
        )
        made.people, made.state = _choose(share, made), "ready"
        made.save()
        detail = {"message": made.id, "people": made.people}
        steps.enter(share, "people_chosen", actor=actor, at=at, detail=detail, clause=CLAUSE)
        own: UUID = made.id
        return own


def _choose(share: Share, made: Telling) -> int:
    kept = [rules.read(one, holdings=breadth.countable()) for one in share.wanted]
    statement, values = breadth.subscribers([scoping.as_filter(one) for one in kept if one.by_hand is None])
    if statement:
        given = {**values, "scope": current_controller(), "telling": made.id}
        bulk.execute(_CHOOSE.format(people=statement), given)
    return Recipient.objects.filter(telling_id=made.id).count()


def confirm(*, telling_id: UUID, people: int, actor: Actor, at: datetime) -> None:
    """Instruct us to send it to as many people as the preview showed. Raises NoSuchThing, WrongState."""
    with scope(current_controller()):
        made, share = _locked(telling_id)
        if made.state != "ready":
            raise WrongState(_("This message waits for nothing."), remedy=_("Look at the page of the breach."))
        if people != made.people or not people:
            raise WrongState(
                _("These are not as many people as were chosen; nothing was sent."),
                clause=CLAUSE,
                remedy=_("Write the number that the preview shows."),
            )
        made.state, made.confirmed_by, made.confirmed_at = "running", str(actor)[:60], at
        made.save()
        detail = {"message": made.id, "people": made.people}
        steps.enter(share, "people_instructed", actor=actor, at=at, detail=detail, clause=CLAUSE)
        _queue(made.id)


def cancel(*, telling_id: UUID, actor: Actor, at: datetime) -> None:
    """Stop a message; who has it, has it. Raises NoSuchThing, WrongState."""
    with scope(current_controller()):
        made, share = _locked(telling_id)
        if made.state not in ("choosing", "ready", "running"):
            raise WrongState(_("This message is sent, or was stopped."))
        made.state, made.finished_at = "cancelled", at
        made.save()
        Recipient.objects.filter(telling_id=made.id, notice=None).delete()
        steps.enter(share, "people_cancelled", actor=actor, at=at, detail={"message": made.id, "sent": made.sent})


def _locked(telling_id: UUID) -> tuple[Telling, Share]:
    made: Telling | None = Telling.objects.select_for_update().filter(id=telling_id).first()
    if made is None:
        raise NoSuchThing(_("There is no such message."))
    return made, steps.share(made.share_id)


def _queue(telling_id: UUID) -> None:
    app.configure_task(JOB, queue="incidents", lock=f"incidents people {telling_id}").defer(
        controller_id=str(current_controller()), telling_id=str(telling_id)
    )


def run_slice(
    *,
    controller_id: UUID,
    telling_id: UUID,
    stop: Callable[[], bool] = lambda: False,
    seconds: float = SLICE,
    queue: bool = True,
    now: Callable[[], datetime] = clock.now,
) -> bool:
    """Send for some seconds, or to the end; return whether more is due, which is then queued. Opens the scope."""
    until = time.monotonic() + seconds
    while True:
        with scope(controller_id):
            if not _batch(telling_id, now()):
                return False
            if stop() or time.monotonic() > until:
                if queue:
                    _queue(telling_id)
                return True


def _batch(telling_id: UUID, at: datetime) -> bool:
    """Send to the next people, in the scope's transaction; return whether there may be more."""
    made: Telling | None = Telling.objects.select_for_update().filter(id=telling_id, state="running").first()
    if made is None:
        return False
    share: Share = Share.objects.get(id=made.share_id)
    chosen = [row[0] for row in bulk.execute(_NEXT, [made.id, BATCH])]
    if not chosen:
        made.state, made.finished_at = "done", at
        made.gone = made.people - made.sent
        made.save()
        detail = {"message": made.id, "sent": made.sent, "gone": made.gone}
        steps.enter(share, "people_told", actor=SYSTEM, at=at, detail=detail, clause=CLAUSE)
        return False
    _send(made, share, chosen, at)
    return True


def _send(made: Telling, share: Share, chosen: list[UUID], at: datetime) -> None:
    card, opened = accounts.controller(), audience.identities(chosen)
    sent: dict[UUID, UUID] = {}
    for subject in chosen:
        address = str(opened.get(subject, {}).get("email", ""))
        if not address:
            continue
        sent[subject] = send_notice(
            to=env().operator_contact if share.drill else address,
            subject=letters.drill(made.heading) if share.drill else made.heading,
            text=made.text + "\n",
            kind=KIND,
            at=at,
            sender_name=card.name,
            reply_to=card.privacy_contact or card.contact,
            about=None if share.drill else subject,
        )
        if share.drill:  # one stands for all: nobody outside hears of a drill
            break
    if share.drill:
        Recipient.objects.filter(telling_id=made.id).exclude(subject__in=list(sent)).delete()
    else:
        Recipient.objects.filter(telling_id=made.id, subject__in=[one for one in chosen if one not in sent]).delete()
    if sent:
        bulk.execute(_SENT, [list(sent), list(sent.values()), made.id])
    made.sent += len(sent)
    made.save(update_fields=["sent"])
