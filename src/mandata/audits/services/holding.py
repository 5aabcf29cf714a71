"""An audit held, its report, what it found and what is done about it, until it is closed."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.measures import CODES as MEASURES
from mandata.agreements.services import corrections
from mandata.assistance.services import files, waiting
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NoSuch, NotReady, WrongState
from mandata.audits.models import Finding
from mandata.audits.rules import checking, codes
from mandata.audits.services import steps
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.vault.services import Vault

LONGEST_POST: Final = 120


def hold(*, audit_id: UUID, held_at: datetime, actor: Actor, at: datetime) -> None:
    """Enter that an audit took place; everything that the agreement demands before must be there by then.

    Raises NotReady by the first clause that is not kept, BadRequest for a time to come, NotYours, NoSuch, WrongState.
    """
    steps.demand(actor, "processor")
    row = steps.locked(audit_id, "agreed")
    if held_at > at:
        raise BadRequest(_("An audit cannot have been held in the future."))
    terms = selectors.ground(at)
    if terms is None:
        raise NotReady(_("There is no agreement under which an audit could be made."))
    facts = selectors.facts(row, terms_agreed=True, at=at)
    found = checking.check(terms, facts, holding=True)
    missing = [one for one in checking.refusals(found) if one.code in checking.LATER]
    if missing:
        _title, reason, remedy = missing[0].said(agreements.reader())
        raise NotReady(reason, clause=missing[0].clause, remedy=remedy)
    row.state, row.held_at, row.checks = "held", held_at, checking.frozen(found)
    steps.enter(row, "held", {"held": held_at, "checks": row.checks}, actor=actor, at=at, clause=codes.NOTICE)


def report(*, audit_id: UUID, name: str, media_type: str, content: bytes, actor: Actor, at: datetime) -> UUID:
    """Take in the report of an audit, from either party; return the file's id. Raises NoSuch, WrongState, BadFile."""
    row = steps.locked(audit_id, "held", "reported")
    file = files.take(
        about=("audit", row.id), kind="report", name=name, media_type=media_type, content=content, actor=actor, at=at
    )
    row.state = "reported"
    steps.enter(row, "reported", {"file": file}, actor=actor, at=at, clause="audit.report")
    steps.tell(row, steps.other(steps.party(actor)), "reported", "", at=at, clause="audit.report")
    return file


def find(*, audit_id: UUID, weight: str, words: str, actor: Actor, at: datetime, measure: str = "") -> UUID:
    """Enter a finding of an audit and return its id. `measure`: the code of the measure it is about, if of one.

    Raises BadRequest, NoSuch, WrongState.
    """
    row, text = steps.locked(audit_id, "held", "reported"), steps.said(words)
    if weight not in codes.WEIGHTS or (measure and measure not in MEASURES):
        raise BadRequest(_("Choose how grave it is, and the measure, of the lists."))
    last = Finding.objects.filter(audit=row.id).aggregate(last=Max("number"))["last"] or 0
    said = {"words": text, "corrective": "", "proof": ""}
    sealed = Vault.open().seal(row.id, selectors.FINDING, canonical.dumps(said))
    made = Finding.objects.create(
        id=new_id(), audit=row.id, number=last + 1, weight=weight, measure=measure, sealed=sealed
    )
    body: dict[str, object] = {"finding": made.id, "which": made.number, "weight": weight, "measure": measure}
    steps.enter(row, "found", body, actor=actor, at=at, words={"words": text})
    own: UUID = made.id
    return own


def correct(*, finding_id: UUID, corrective: str, post: str, due_on: date, actor: Actor, at: datetime) -> None:
    """State what is done about a finding, which post answers for it, and by when, from which it is owed; the controller
    is told. Said again, the new day and post count. Raises NotYours, BadRequest, BadDay, NoSuch, WrongState."""
    steps.demand(actor, "processor")
    made = _locked(finding_id)
    row = steps.locked(made.audit, "held", "reported")
    text = steps.said(corrective)
    if not post.strip() or len(post) > LONGEST_POST:
        raise BadRequest(_("Name the post that answers for it."))
    about = ("audit", row.id)
    corrections.state(what=made.id, about=about, post=post.strip(), due_on=due_on, actor=actor, at=at)
    _reseal(made, corrective=text, post=post.strip())
    made.due_on = due_on
    made.save()
    body: dict[str, object] = {"finding": made.id, "which": made.number, "due": due_on.isoformat()}
    steps.enter(row, "correction_stated", body, actor=actor, at=at, words={"corrective": text})
    steps.tell(row, "controller", "corrected", text, at=at)


def done(*, finding_id: UUID, proof: str, actor: Actor, at: datetime) -> None:
    """Enter that what was to be done about a finding is done, and how that is shown. Raises NotYours, NoSuch,
    WrongState."""
    steps.demand(actor, "processor")
    made = _locked(finding_id)
    row, text = steps.locked(made.audit, "held", "reported"), steps.said(proof)
    _reseal(made, proof=text)
    made.state, made.done_at = "done", at
    made.save()
    in_time = corrections.carried_out(what=made.id, evidence={"finding": made.id}, actor=actor, at=at)
    body: dict[str, object] = {"finding": made.id, "which": made.number, "late": not in_time}
    steps.enter(row, "corrected", body, actor=actor, at=at, words={"proof": text})
    steps.tell(row, "controller", "corrected", text, at=at)


def close(*, audit_id: UUID, actor: Actor, at: datetime) -> None:
    """Close an audit whose report is here and of which no finding is open, but remarks to which nothing was promised.

    Raises NotReady, NoSuch, WrongState."""
    row = steps.locked(audit_id, "reported")
    left = Finding.objects.filter(audit=row.id, state="open").exclude(weight="remark", due_on=None).count()
    if left:
        raise NotReady(
            _("Findings are still open: %(count)s.") % {"count": left}, remedy=_("Say what was done about each.")
        )
    row.state, row.closed_at = "closed", at
    waiting.strike(row.id)
    steps.enter(row, "closed", {"findings": Finding.objects.filter(audit=row.id).count()}, actor=actor, at=at)


def _locked(finding_id: UUID) -> Finding:
    made: Finding | None = Finding.objects.select_for_update().filter(id=finding_id).first()
    if made is None:
        raise NoSuch(_("There is no such finding."))
    if made.state != "open":
        raise WrongState(_("This finding is dealt with already."))
    return made


def _reseal(made: Finding, **told: str) -> None:
    vault = Vault.open()
    before = canonical.loads(vault.unseal(made.audit, selectors.FINDING, bytes(made.sealed)))
    made.sealed = vault.seal(made.audit, selectors.FINDING, canonical.dumps({**before, **told}))
