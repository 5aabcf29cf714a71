"""What every step of an audit does: whose word it is, the locked row, the sealed words, the entry, the letter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.agreements.services.notices import serve
from mandata.audits import selectors
from mandata.audits.errors import BadRequest, NoSuch, NotYours, WrongState
from mandata.audits.models import Audit
from mandata.foundation import canonical
from mandata.foundation.actors import Actor
from mandata.foundation.errors import Refused
from mandata.infra.environment import env
from mandata.record.services import append
from mandata.vault.services import Vault

_PARTY: Final = {"member": "controller", "operator": "processor"}
_PAGE: Final = {"controller": "/privacy/audits/", "processor": "/operator/audits/"}
MAX_WORDS: Final = 10_000


def party(actor: Actor) -> str:
    """For which party somebody acts. Raises NotYours for anybody else."""
    found = _PARTY.get(actor.kind)
    if found is None:
        raise NotYours(_("Only a member of the controller or the operator's staff can do this."))
    return found


def other(name: str) -> str:
    """The other party."""
    return "controller" if name == "processor" else "processor"


def demand(actor: Actor, who: str) -> None:
    """Raise NotYours where it is not this party's to do."""
    if party(actor) != who:
        raise NotYours(_("This is the other party's to do."), remedy=_("Wait for it, or ask for it."))


def said(text: str, clause: str = "") -> str:
    """What somebody wrote. Raises BadRequest where it is empty or too long."""
    words = text.strip()
    if not words:
        raise BadRequest(_("Nothing was written."), clause=clause, remedy=_("Say it in a sentence."))
    if len(words) > MAX_WORDS:
        raise BadRequest(_("This is too long to be kept as text."), clause=clause, remedy=_("Add it as a file."))
    return words


def locked(audit_id: UUID, *states: str) -> Audit:
    """An audit that nobody else changes until this transaction ends. Raises NoSuch, WrongState."""
    row: Audit | None = Audit.objects.select_for_update().filter(id=audit_id).first()
    if row is None:
        raise NoSuch(_("There is no such audit."))
    if row.state not in states:
        raise WrongState(
            _("This audit is not in a state in which this can be done."),
            remedy=_("Look at its page for what it waits for."),
            evidence={"state": row.state},
        )
    return row


def reseal(row: Audit, **told: str) -> None:
    """Put words beside those that an audit has already."""
    vault = Vault.open()
    before = canonical.loads(vault.unseal(row.id, selectors.AUDIT, bytes(row.sealed)))
    row.sealed = vault.seal(row.id, selectors.AUDIT, canonical.dumps({**before, **told}))


def enter(
    row: Audit,
    kind: str,
    body: Mapping[str, object],
    *,
    actor: Actor,
    at: datetime,
    clause: str = "",
    words: Mapping[str, str] | None = None,
) -> None:
    """Put a step into the record and save the row; `words` only as a commitment."""
    commitment = Vault.open().commit(row.id, dict(words)) if words else None
    told = {"audit": row.id, "number": row.number, "state": row.state, **body}
    entry = append(kind=f"audit.{kind}", body=told, actor=actor, at=at, clause=clause, commitment=commitment)
    row.entries = [*row.entries, str(entry)]
    row.save()


def tell(row: Audit, to: str, kind: str, words: str, *, at: datetime, clause: str = "") -> UUID | None:
    """Serve the other party a notice of a step; a party without any address finds it on its page."""
    language = accounts.controller().language if to == "controller" else "en"
    with override(language):
        subject = {
            "requested": _("Audit %(number)s is asked for"),
            "accepted": _("Audit %(number)s is accepted"),
            "refused": _("Audit %(number)s is refused as it was asked for"),
            "proposed": _("Terms are proposed for audit %(number)s"),
            "agreed": _("The terms of audit %(number)s are agreed"),
            "declined": _("The terms of audit %(number)s are declined"),
            "reported": _("The report of audit %(number)s is here"),
            "corrected": _("A finding of audit %(number)s is answered"),
            "withdrawn": _("Audit %(number)s is withdrawn"),
        }[kind] % {"number": row.number}
        page = _("It stands with everything that belongs to it here: %(page)s") % {
            "page": f"{env().public_url.rstrip('/')}{_PAGE[to]}"
        }
        text = "\n\n".join(one for one in (words, page) if one)
        try:
            return serve(
                kind=f"audit.{kind}",
                party=to,
                subject=subject,
                text=text,
                at=at,
                clause=clause,
                about=("audit", row.id),
            )
        except Refused as refused:
            if refused.code != "notice.no_address":
                raise
            return None
