"""The log of accesses (PPL-2, PPL-5): every one is kept, judged by a job, and what is unusual is told once.

To the controller's owners and privacy officers, and to the operator. Mails name the person and the rule, never whose
data it was.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors
from mandata.accounts.models import AccessAlert, AccessLog, Notice
from mandata.accounts.rules import unusual
from mandata.accounts.selectors.accesslog import JUDGE, Alerted, history
from mandata.accounts.services.notices import send_notice
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import NotFound
from mandata.infra import countries
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.tenancy import INSTANCE, current_controller, scope
from mandata.record.services import append

TELL: Final = "accounts.tell_operator"
KIND: Final = "access_unusual"
_OFFICERS: Final = ("owner", "privacy_officer")


def note(
    *,
    user_id: UUID,
    who: str,
    kind: str,
    page: str,
    at: datetime,
    people: int = 0,
    access: UUID | None = None,
    network: str = "",
    device: str = "",
) -> UUID:
    """Keep an access to the scope's controller's data, and have it judged. Return its id.

    `who`: member or operator; `kind`: see AccessLog; `page`: a route's name; `network`: reduced already; `device`: the
    families of browser and system.
    """
    row = AccessLog.objects.create(
        id=new_id(), at=at, user_id=user_id, who=who, kind=kind, page=page[:80], people=max(0, min(people, 2**31 - 1)),
        access=access, network=network[:50], country=countries.country(network), device=device[:60],
    )  # fmt: skip
    app.configure_task(JUDGE, queue="notices").defer(controller_id=str(current_controller()), log_id=str(row.id))
    logged: UUID = row.id
    return logged


def judge(*, controller_id: UUID, log_id: UUID, at: datetime) -> list[UUID]:
    """Judge one access by the person's habits; keep, record and tell what is unusual and was not told before. Return
    the alerts made. Open no scope around it.
    """
    with scope(controller_id):
        row = AccessLog.objects.filter(id=log_id).first()
        if row is None:
            return []
        new = unusual.Seen(row.at, row.kind, row.people, row.network, row.country, row.device)
        found = unusual.judge(history(row.user_id, before=row.at, without=row.id), new)
        return [made for one in found if (made := _alert(row, one, at)) is not None]


def _alert(row: AccessLog, one: unusual.Unusual, at: datetime) -> UUID | None:
    try:
        with transaction.atomic():
            made = AccessAlert.objects.create(
                id=new_id(), log=row.id, user_id=row.user_id, who=row.who, rule=one.rule, occasion=one.occasion[:80],
                figures=one.figures, at=at,
            )  # fmt: skip
    except IntegrityError:
        return None  # this occasion was told
    body: dict[str, object] = {"alert": made.id, "user": row.user_id, "rule": one.rule, "log": row.id, **one.figures}
    append(kind="access.unusual", body=body, actor=SYSTEM, at=at, clause="PPL-5: unauthorised access is watched for")
    told = selectors.alert(made.id)
    assert told is not None
    _tell_officers(told, at)
    app.configure_task(TELL, queue="notices").defer(controller_id=str(current_controller()), alert_id=str(made.id))
    alert_id: UUID = made.id
    return alert_id


def _tell_officers(one: Alerted, at: datetime) -> None:
    card = selectors.controller()
    with override(card.language):
        subject, text = letter(one, card.name)
    for person in selectors.members():
        if person.role in _OFFICERS and person.state == "active":
            send_notice(
                to=person.email,
                to_name=person.name,
                kind=KIND,
                at=at,
                sender_name=env().operator_name,
                subject=subject,
                text=text,
            )


def tell_operator(*, controller_id: UUID, alert_id: UUID, at: datetime) -> bool:
    """Tell the operator of an alert; once, however often the job runs. Open no scope around it."""
    with scope(controller_id):
        one, name = selectors.alert(alert_id), selectors.controller().name
    if one is None:
        return False
    with scope(INSTANCE):
        if Notice.objects.filter(kind=KIND, subject=alert_id).exists():
            return False
        with override(selectors.holder().language):
            subject, text = letter(one, name)
        for reach in selectors.reached("notices")[:1]:
            send_notice(
                to=reach.address, to_name=reach.name, kind=KIND, at=at, sender_name=env().operator_name,
                about=alert_id, subject=subject, text=text,
            )  # fmt: skip
    return True


def letter(one: Alerted, controller: str) -> tuple[str, str]:
    """Return subject and text of the mail that tells of something unusual, in the active language."""
    values = {
        "who": one.name or str(one.user_id),
        "controller": controller,
        "what": described(one.rule, one.occasion, one.figures),
        "when": f"{one.at:%Y-%m-%d %H:%M} UTC",
        "url": f"{env().public_url.rstrip('/')}/account/accesses/",
    }
    subject = _("Unusual access to the data of %(controller)s") % values
    text = _(
        "%(who)s reached data of %(controller)s in a way that is unusual for this person:\n\n%(what)s\n"
        "Noticed %(when)s.\n\nIf that was not meant to be, end the access and change the password:\n%(url)s\n"
    )
    return subject, text % values


def described(rule: str, occasion: str, figures: dict[str, object]) -> str:
    """Say in the active language what was unusual."""
    nothing = dict.fromkeys(("people", "largest_before", "exports", "most_before", "hour"), 0)
    values = {"occasion": occasion, **nothing, **figures}
    if rule == "device":
        return _("A device that was not used here before: %(occasion)s.") % values
    if rule == "place":
        return _("A place from which nobody came before: %(occasion)s.") % values
    if rule == "night":
        return _("At an hour (%(hour)s h UTC) at which this person is never here.") % values
    if rule == "lookups" and figures.get("people_in_a_day"):
        return _("%(people_in_a_day)s people looked at within a day; the most before were %(most_before)s.") % values
    if rule == "lookups":
        return _("%(people)s people looked at within an hour; the most before were %(most_before)s.") % values
    if figures.get("exports"):
        return _("%(exports)s exports within a day; the most before were %(most_before)s.") % values
    return _("%(people)s people exported within a day; the most before were %(largest_before)s.") % values


def settle(*, alert_id: UUID, verdict: str, by: UUID, actor: Actor, at: datetime) -> None:
    """Keep what somebody of the controller's says that it was: "fine" or "misuse"; recorded. Raises NotFound."""
    if verdict not in ("fine", "misuse"):
        raise ValueError(f"no such verdict: {verdict}")
    row = AccessAlert.objects.select_for_update().filter(id=alert_id).first()
    if row is None:
        raise NotFound(_("There is no such alert."))
    if row.settled_at is not None:
        return
    row.settled_at, row.settled_by, row.verdict = at, by, verdict
    row.save(update_fields=["settled_at", "settled_by", "verdict"])
    append(kind="access.settled", body={"alert": row.id, "verdict": verdict}, actor=actor, at=at)
