"""The operator's attestations for all controllers: certificates, and reports of audits on its own initiative.

A report of an own audit meets `audit.own` at every controller whose agreement holds that clause, and opens the next.
"""

import hashlib
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.services import obligations
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NoSuch
from mandata.audits.models import Certificate
from mandata.audits.rules import codes
from mandata.foundation.actors import SYSTEM, Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record.services import append
from mandata.vault.services import begin as begin_vault

_PAGE = 500


def upload(
    *,
    kind: str,
    title: str,
    issuer: str,
    issued_on: date,
    media_type: str,
    content: bytes,
    by: UUID,
    at: datetime,
    valid_until: date | None = None,
) -> UUID:
    """Keep an attestation and return its id; recorded in the installation's log. Opens its scopes itself.

    Raises BadRequest.
    """
    if kind not in codes.CERTIFICATES or not title.strip() or not issuer.strip():
        raise BadRequest(_("Say what it is, what it is called, and who issued it."), clause="audit.certificates")
    if issued_on > at.date() or (valid_until is not None and valid_until < issued_on):
        raise BadRequest(_("It was issued by now, and holds from then on."), clause="audit.certificates")
    if not 0 < len(content) <= codes.MAX_CERTIFICATE:
        raise BadRequest(_("A file has from one byte to 20 MB."), clause="audit.certificates")
    own, digest = new_id(), hashlib.sha256(content).digest()
    with scope(INSTANCE):
        begin_vault(at=at)
        Certificate.objects.create(
            id=own,
            kind=kind,
            title=title.strip()[:200],
            issuer=issuer.strip()[:200],
            issued_on=issued_on,
            valid_until=valid_until,
            media_type=media_type.split(";")[0].strip()[:100],
            size=len(content),
            sha256=digest,
            content=content,
            at=at,
            by=by,
        )
        body: dict[str, object] = {
            "certificate": own, "kind": kind, "issued": issued_on.isoformat(), "sha256": digest,
            "until": valid_until.isoformat() if valid_until else None,
        }  # fmt: skip
        append(kind="audit.certified", body=body, actor=Actor("operator", by), at=at, clause="audit.certificates")
    if kind == "own_audit":
        everywhere(at=at, certificate=own, issued_on=issued_on, actor=Actor("operator", by))
    return own


def withdraw(*, certificate_id: UUID, by: UUID, at: datetime) -> None:
    """Take an attestation back that holds no more. Opens its scope itself. Raises NoSuch."""
    with scope(INSTANCE):
        begin_vault(at=at)
        if not Certificate.objects.filter(id=certificate_id, withdrawn_at=None).update(withdrawn_at=at):
            raise NoSuch(_("There is no such certificate."))
        actor = Actor("operator", by)
        append(kind="audit.certificate_withdrawn", body={"certificate": certificate_id}, actor=actor, at=at)


def everywhere(
    *, at: datetime, certificate: UUID | None = None, issued_on: date | None = None, actor: Actor = SYSTEM
) -> int:
    """See that the next own audit is owed at every controller whose agreement has the clause; meet what a report meets.

    Return at how many controllers. Opens the scopes itself; doing it again changes nothing.
    """
    start, found = 0, 0
    while page := accounts.directory(start=start, count=_PAGE)[1]:
        for one in page:
            with scope(one.id):
                found += _here(at, certificate, issued_on, actor)
        start += _PAGE
    return found


def _here(at: datetime, certificate: UUID | None, issued_on: date | None, actor: Actor) -> bool:
    terms = selectors.ground(at)
    if terms is None or codes.OWN not in terms.clauses:
        return False
    if certificate is not None:
        evidence: dict[str, object] = {"certificate": certificate, "issued": str(issued_on)}
        obligations.meet_about(about=_ABOUT, duties=(codes.OWN,), evidence=evidence, actor=actor, at=at)
    last = next((one.issued_on for one in selectors.certificates() if one.kind == "own_audit"), None)
    since = datetime.combine(last, time(12), UTC) if last else _bound_at(at)
    cause = f"own_audit:{last or 'first'}"
    obligations.open_duty(duty=codes.OWN, since=since, cause=cause, at=at, about=("own_audit", _ABOUT), actor=actor)
    return True


_ABOUT = UUID("00000000-0000-4000-8000-00000000a0d1")
"""What duties to have oneself audited are about: the processor, not one thing of a controller's."""


def _bound_at(at: datetime) -> datetime:
    return min((one.effective_at for one in agreements.agreements()), default=at)
