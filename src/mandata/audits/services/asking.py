"""A request for an audit: taken in, checked against the agreement at once, answered with the reason (AUD-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.assistance.services import files, waiting
from mandata.audience.services.numbers import next_number
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NoGround, NotReady
from mandata.audits.models import Audit
from mandata.audits.rules import checking, codes
from mandata.audits.services import steps
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.vault.services import Vault

_FLAGS = ("independent", "competitor", "similar", "serious_reason", "on_site", "site_justified", "disturbs", "written")


def request(
    *,
    by: str,
    inspector: str,
    wished_at: datetime,
    scope: Sequence[str],
    words: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    shown_to: str = "nobody",
    received_at: datetime | None = None,
    **flags: bool,
) -> UUID:
    """Ask for an audit and return its id; it is checked against the agreement at once.

    `by`: who inspects (`codes.INSPECTORS`); `inspector`: its name; `reason`: why a further one is needed;
    `flags`: of `AuditFacts` (independent, competitor, similar, serious_reason, on_site, site_justified, disturbs,
    written). An operator enters what came by letter, with `received_at`. Opens the duties that a request starts.
    Raises BadRequest, NotReady where no agreement ever bound.
    """
    told = {"inspector": inspector.strip()[:300], "words": steps.said(words), "reason": reason.strip(), "answer": ""}
    since = received_at or at
    _possible(by, scope, shown_to, told, wished_at, since, at, flags)
    terms = selectors.ground(at)
    if terms is None:
        raise NotReady(_("There is no agreement under which an audit could be made."), clause="Article 28(3)(h) GDPR")
    row = Audit(id=new_id(), number=next_number(Audit), wished_at=wished_at, received_at=since)
    row.asked_by, row.scope = str(actor)[:60], list(dict.fromkeys(scope))
    row.facts = {"by": by, "shown_to": shown_to, "bound": False, **{name: bool(flags.get(name)) for name in _FLAGS}}
    vault = Vault.open()
    vault.create([row.id])
    row.sealed = vault.seal(row.id, selectors.AUDIT, canonical.dumps(told))
    _check(row, at)
    row.save(force_insert=True)
    waiting.note(kind="audit", thing=row.id, since=since)
    about = ("audit", row.id)
    opened = obligations.open_for(
        event="request_received",
        since=since,
        cause=f"audit:{row.id}",
        at=at,
        about=about,
        owed_by="processor",
        only=(codes.AGREEMENT,),
        actor=actor,
    )
    opened |= obligations.open_for(
        event="audit_requested", since=since, cause=f"audit:{row.id}", at=at, about=about, actor=actor
    )
    body: dict[str, object] = {
        "wished": wished_at, "received": since, "scope": row.scope, "facts": row.facts, "checks": row.checks,
        "obligations": opened,
    }  # fmt: skip
    steps.enter(row, "requested", body, actor=actor, at=at, clause=codes.NOTICE, words=told)
    steps.tell(row, "processor", "requested", told["words"], at=at, clause=codes.NOTICE)
    own: UUID = row.id
    return own


def _possible(
    by: str,
    scope: Sequence[str],
    shown_to: str,
    told: Mapping[str, str],
    wished_at: datetime,
    since: datetime,
    at: datetime,
    flags: Mapping[str, bool],
) -> None:
    if by not in codes.INSPECTORS or shown_to not in codes.SHOWN or set(flags) - set(_FLAGS):
        raise BadRequest(_("Choose who inspects, and to whom the result is shown, of the lists."))
    if by != "customer" and not told["inspector"]:
        raise BadRequest(_("Name who is to inspect."), clause="audit.inspector", remedy=_("A name is enough."))
    if not scope or set(scope) - set(codes.SCOPE):
        raise BadRequest(_("Say what is to be looked at."), remedy=_("Choose at least one subject."))
    if flags.get("serious_reason") and not told["reason"]:
        raise BadRequest(_("A serious reason is to be stated."), clause="audit.extra", remedy=_("Write it."))
    if since > at or wished_at <= since:
        raise BadRequest(
            _("An audit is asked for before it is held."), clause=codes.NOTICE, remedy=_("Choose a later day.")
        )


def _check(row: Audit, at: datetime) -> tuple[checking.Answer, ...]:
    terms = selectors.ground(at)
    if terms is None:
        return ()
    facts = selectors.facts(row, terms_agreed=False, at=at)
    found = checking.check(terms, facts, model=selectors.model(terms))
    row.checks = checking.frozen(found)
    return found


def preview(*, at: datetime, wished_at: datetime, by: str, **flags: Any) -> tuple[checking.Answer, ...]:
    """What the rule would say to a request of now; keeps and records nothing."""
    facts = {"by": by, "shown_to": "nobody", "bound": False, **{name: bool(flags.get(name)) for name in _FLAGS}}
    row = Audit(id=new_id(), number=0, wished_at=wished_at, received_at=at, facts=facts)
    return _check(row, at)


def accept(*, audit_id: UUID, words: str, actor: Actor, at: datetime) -> None:
    """Accept a request, even where the agreement would let it be refused. Its terms are agreed next. Raises NotYours,
    NoSuch, WrongState."""
    steps.demand(actor, "processor")
    row = steps.locked(audit_id, "requested")
    despite = [one.code for one in checking.refusals(checking.thawed(row.checks))]
    row.state, row.checked_at = "accepted", at
    if words.strip():
        steps.reseal(row, answer=steps.said(words))
    _answered(row, {"despite": despite}, words.strip(), actor, at)
    steps.tell(row, "controller", "accepted", words.strip(), at=at)


def refuse(
    *, audit_id: UUID, words: str, actor: Actor, at: datetime, weighed: Mapping[str, bool] | None = None
) -> tuple[checking.Answer, ...]:
    """Refuse a request as it was asked for, by the clauses that let it be; return these.

    `weighed`: what the processor finds of the controller's statements (site_justified, serious_reason, independent,
    competitor, similar), by which it is checked again. Raises NoGround where no clause refuses it, NotYours, NoSuch,
    WrongState, BadRequest.
    """
    steps.demand(actor, "processor")
    row, text = steps.locked(audit_id, "requested"), steps.said(words)
    changed = {name: bool(value) for name, value in (weighed or {}).items() if name in _FLAGS}
    row.facts = {**row.facts, **changed}
    grounds = checking.refusals(_check(row, at))
    if not grounds:
        raise NoGround(
            _("No clause of the agreement lets this audit be refused."),
            clause="Article 28(3)(h) GDPR",
            remedy=_("Accept it, and agree on its terms."),
        )
    row.state, row.checked_at = "refused", at
    waiting.strike(row.id)
    steps.reseal(row, answer=text)
    _answered(row, {"grounds": [one.code for one in grounds], "weighed": changed}, text, actor, at)
    obligations.lapse_about(about=row.id, reason="refused", actor=actor, at=at)
    said = agreements.reader()
    lines = [f"{reason} {remedy} ({one.clause})" for one in grounds for _t, reason, remedy in [one.said(said)]]
    steps.tell(row, "controller", "refused", "\n".join([text, "", *lines]), at=at, clause=grounds[0].clause)
    return grounds


def _answered(row: Audit, body: dict[str, object], words: str, actor: Actor, at: datetime) -> None:
    told = {"answer": words} if words else None
    steps.enter(row, row.state, body, actor=actor, at=at, clause=codes.NOTICE, words=told)
    evidence: dict[str, object] = {"audit": row.id, "answer": row.state}
    obligations.meet_about(about=row.id, duties=(codes.ANSWER,), evidence=evidence, actor=actor, at=at)


def withdraw(*, audit_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a request back; what is open about it lapses. Raises NotYours, NoSuch, WrongState."""
    steps.demand(actor, "controller")
    row = steps.locked(audit_id, "requested", "accepted", "agreed")
    row.state, row.closed_at = "withdrawn", at
    waiting.strike(row.id)
    steps.enter(row, "withdrawn", {}, actor=actor, at=at)
    obligations.lapse_about(about=row.id, reason="withdrawn", actor=actor, at=at)
    steps.tell(row, "processor", "withdrawn", "", at=at)


def bind(*, audit_id: UUID, name: str, media_type: str, content: bytes, actor: Actor, at: datetime) -> UUID:
    """Show that whoever audits is bound to confidentiality, by the signed commitment (audit.bound); return the file's
    id. Raises NotYours, NoSuch, WrongState, BadFile."""
    steps.demand(actor, "controller")
    row = steps.locked(audit_id, "requested", "accepted", "agreed")
    file = files.take(
        about=("audit", row.id), kind="commitment", name=name, media_type=media_type, content=content, actor=actor,
        at=at,
    )  # fmt: skip
    row.facts = {**row.facts, "bound": True}
    steps.enter(row, "bound", {"file": file}, actor=actor, at=at, clause="audit.bound")
    return file
