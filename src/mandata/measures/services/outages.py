"""Outages: found by looking at our own doors and by what nobody did; attributed, announced, restored; each step is
recorded in the installation's log (SEC-9).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.services import notices
from mandata.agreements.services.everybody import Untold, each_controller
from mandata.foundation.actors import SYSTEM, Actor
from mandata.foundation.errors import NotFound
from mandata.infra.clock import new_id
from mandata.infra.environment import env
from mandata.infra.jobs import app
from mandata.infra.logs import log
from mandata.infra.tenancy import INSTANCE, scope
from mandata.measures import words
from mandata.measures.errors import BadOutage
from mandata.measures.looking.wire import fetch
from mandata.measures.models import Outage, Pulse
from mandata.measures.rules import outages as rules
from mandata.record.services import append
from mandata.vault.services import begin as begin_vault

TELL: Final = "measures.announce"
KIND: Final = "service.outage"
_LOCK: Final = 0x6F757461  # "outa": one worker looks at a time
_WAIT: Final = 4.0
_log = log("measures")


def look_due(*, at: datetime) -> int:
    """One round of the worker's loop: look at the console and the door as anybody would, and note that workers live.
    Returns how many outages began or ended."""
    answers = {"console": _answers(env().public_url), "door": _answers(env().tracking_url)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        changed = _alive(at)
        return changed + sum(note(part, good, at=at) for part, good in answers.items())


def _answers(url: str) -> bool:
    answer = fetch(url, "/", wait=_WAIT)
    return answer is not None and answer.status < 500


def _alive(at: datetime) -> int:
    """Workers are here now; where they were not for a while, that was an outage, which is over."""
    row = Pulse.objects.filter(part="workers").first()
    changed = 0
    if row is not None and at - row.looked_at > rules.GAP:
        changed = int(_begin("workers", row.looked_at, "pulse", at) is not None)
        restore("workers", at=at)
    Pulse.objects.update_or_create(
        part="workers", defaults={"good_at": at, "looked_at": at, "bad": 0, "since": row.since if row else at}
    )
    return changed


def note(part: str, good: bool, *, at: datetime) -> int:
    """Note whether a part answered; begin or end its outage. Returns 1 where that was so."""
    row, _made = Pulse.objects.get_or_create(part=part, defaults={"since": at, "good_at": at, "looked_at": at})
    bad = 0 if good else min(row.bad + 1, 1000)
    before = row.good_at
    Pulse.objects.filter(part=part).update(looked_at=at, bad=bad, **({"good_at": at} if good else {}))
    if good:
        return restore(part, at=at)
    return int(bad == rules.LOOKS and _begin(part, before, "probe", at) is not None)


def _begin(part: str, began_at: datetime, found_by: str, at: datetime, by: UUID | None = None) -> UUID | None:
    try:
        with transaction.atomic():
            row = Outage.objects.create(id=new_id(), part=part, found_by=found_by, began_at=began_at, by=by)
    except IntegrityError:
        return None  # it is out already
    _enter("outage.found", {"outage": row.id, "part": part, "began": began_at, "by": found_by}, by, at)
    _log.warning("outage.found", part=part, by=found_by)
    outage_id: UUID = row.id
    return outage_id


def restore(part: str, *, at: datetime) -> int:
    """End the outage of a part that answers again. Returns 1 where there was one."""
    with transaction.atomic():
        row = Outage.objects.select_for_update().filter(part=part, restored_at=None).exclude(found_by="hand").first()
        if row is not None:
            _restored(row, at, at, None)
    return int(row is not None)


def _restored(row: Outage, restored_at: datetime, at: datetime, by: UUID | None) -> None:
    row.restored_at = restored_at
    row.save(update_fields=["restored_at"])
    seconds = int((restored_at - row.began_at).total_seconds())
    _enter("outage.restored", {"outage": row.id, "part": row.part, "seconds": seconds}, by, at)


def report(
    *, part: str, began_at: datetime, by: UUID, at: datetime, restored_at: datetime | None = None
) -> UUID:  # fmt: skip
    """Enter an outage that nobody of ours could see, or that was known before. Return its id. Raises BadOutage."""
    if part not in rules.PARTS:
        raise ValueError(f"no such part: {part}")
    if began_at > at or (restored_at is not None and not began_at <= restored_at <= at):
        raise BadOutage(
            _("An outage begins before it ends, and neither lies in the future."), code="outage.times",
            clause="SEC-9", remedy=_("Correct the times."),
        )  # fmt: skip
    with transaction.atomic():
        outage_id = _begin(part, began_at, "hand", at, by)
        if outage_id is None:
            raise BadOutage(
                _("This part is out already, by what is known."), code="outage.open", clause="SEC-9",
                remedy=_("State the cause of that one."),
            )  # fmt: skip
        if restored_at is not None:
            _restored(Outage.objects.get(id=outage_id), restored_at, at, by)
    return outage_id


def attribute(*, outage_id: UUID, cause: str, words: str, by: UUID, at: datetime, ended: bool = False) -> None:
    """Keep why it was, in words for the public that name nobody; `ended`: it is over, which somebody saw. Recorded.

    Raises NotFound, BadOutage.
    """
    if cause not in rules.CAUSES:
        raise ValueError(f"no such cause: {cause}")
    if "@" in words:
        raise BadOutage(
            _("These words stand on a public page: name nobody, and no address."), code="outage.words", clause="SEC-9",
            remedy=_("Say what happened, not to whom."),
        )  # fmt: skip
    with transaction.atomic():
        row = _locked(outage_id)
        row.cause, row.words, row.attributed_at, row.by = cause, words.strip()[:500], at, by
        row.save(update_fields=["cause", "words", "attributed_at", "by"])
        _enter("outage.attributed", {"outage": row.id, "cause": cause}, by, at)
        if ended and row.restored_at is None:
            _restored(row, at, at, by)


def announce(*, outage_id: UUID, by: UUID, at: datetime) -> None:
    """Have every controller told of an outage, once. Raises NotFound, BadOutage where no cause is stated yet."""
    with transaction.atomic():
        row = _locked(outage_id)
        if not row.cause:
            raise BadOutage(
                _("Nobody has stated yet why it was."), code="outage.cause", clause="SEC-9",
                remedy=_("State the cause first; “not known yet” is one."),
            )  # fmt: skip
        if row.announced_at is None:
            row.announced_at = at
            row.save(update_fields=["announced_at"])
            _enter("outage.announced", {"outage": row.id}, by, at)
            app.configure_task(TELL, queue="notices").defer(outage_id=str(outage_id))


def tell(*, outage_id: UUID, at: datetime) -> int:
    """Tell each controller that has an agreement, in its language; who was told is not told again. Raises Untold where
    some could not be told: the job is tried again."""
    row = Outage.objects.get(id=outage_id)
    told = 0
    try:
        told = each_controller(lambda: _tell_one(row, at))
    except Untold as untold:
        told = untold.told
        raise
    finally:
        Outage.objects.filter(id=outage_id).update(notices=F("notices") + told)
    return told


def _tell_one(row: Outage, at: datetime) -> bool:
    ground = agreements.ground(at)
    if ground.terms is None or ground.standing.ended or notices.served_about(KIND, row.id):
        return False
    with override(accounts.controller().language):
        subject, text = letter(row)
    clause = "maintenance.notice" if row.cause == "maintenance" and "maintenance.notice" in ground.terms.clauses else ""
    notices.serve(
        kind=KIND, party="controller", at=at, clause=clause, about=("outage", row.id), subject=subject, text=text
    )
    return True


def letter(row: Outage) -> tuple[str, str]:
    """Return subject and text of the notice, in the active language."""
    values = {
        "part": str(words.PARTS[row.part]),
        "cause": str(words.CAUSES[row.cause]),
        "words": row.words,
        "began": f"{row.began_at:%Y-%m-%d %H:%M} UTC",
        "restored": f"{row.restored_at:%Y-%m-%d %H:%M} UTC" if row.restored_at else _("it lasts"),
        "url": f"{env().public_url.rstrip('/')}/trust/",
    }
    subject = _("Outage: %(part)s") % values
    text = _(
        "%(part)s did not answer as it should.\n\nSince: %(began)s\nRestored: %(restored)s\nCause: %(cause)s\n\n"
        "%(words)s\n\nAll outages and availability by month: %(url)s\n"
    )
    return subject, text % values


def _locked(outage_id: UUID) -> Outage:
    row = Outage.objects.select_for_update().filter(id=outage_id).first()
    if row is None:
        raise NotFound(_("There is no such outage."))
    return row


def _enter(kind: str, body: dict[str, object], by: UUID | None, at: datetime) -> None:
    with scope(INSTANCE):
        begin_vault(at=at)
        append(kind=kind, body=body, actor=Actor("operator", by) if by else SYSTEM, at=at, clause="SEC-9")
