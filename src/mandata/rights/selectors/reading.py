"""One case with everything about it. Inside a controller's scope."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.agreements.rules.values import Listing
from mandata.agreements.selectors import obligations
from mandata.audience import personal as audience
from mandata.foundation.periods import Regime
from mandata.holdings import selectors as holdings
from mandata.holdings.rules import Subject
from mandata.rights import rules
from mandata.rights.errors import NoSuchCase
from mandata.rights.models import Answer, Case, CaseEvent, Doubt, Letter, Mail, Transmission
from mandata.rights.selectors import listing
from mandata.rights.selectors.sealed import TO_PLACE, WHY_PLACE, Wrote, masked, unsealed
from mandata.rights.selectors.shapes import CaseView, DoubtView, LetterView, Step, TransmissionView
from mandata.vault.services import Vault


def case(case_id: UUID, *, at: datetime, sealed: bool = True) -> CaseView:
    """Return a case with its timeline, newest step first. Raises NoSuchCase."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise NoSuchCase(_("There is no such case."))
    wrote = unsealed([row])[row.id]
    answer = Answer.objects.filter(id=case_id).values_list("expires_at", "fetched_at").first()
    steps = CaseEvent.objects.filter(case_id=case_id).order_by("-at", "-id")
    clause = _clause(row)
    return CaseView(
        row=listing.row_of(row, wrote, clause, at),
        wrote=masked(wrote) if sealed else wrote,
        subject=row.subject,
        decided_by=row.decided_by,
        outcome=row.outcome,
        steps=tuple(Step(step.at, step.kind, step.actor, step.detail) for step in steps),
        answer_expires_at=answer[0] if answer else None,
        answer_fetched_at=answer[1] if answer else None,
        doubts=_doubts(row),
        letters=tuple(
            LetterView(one.id, one.kind, one.made_at, one.handed_at)
            for one in Letter.objects.filter(case_id=case_id).defer("sealed").order_by("made_at", "id")
        ),
        transmissions=_transmissions(row),
        members=tuple(listing.views(list(Case.objects.filter(household=case_id).order_by("number")), at)),
        mails=Mail.objects.filter(case_id=case_id).count(),
        fee=row.fee,
        restricted_at=row.restricted_at,
        lifted_at=row.lifted_at,
        kept_until=row.kept_until,
        to=urlsplit(str(wrote.details.get("to", ""))).hostname or "",
    )


def _clause(row: Case) -> str:
    for duty in (rules.OPTOUT, rules.ANSWER):
        found = obligations.sources(duty, [row.id])
        if row.id in found:
            return found[row.id]
    return rules.DUE_CLAUSES[row.regime]


def _doubts(row: Case) -> tuple[DoubtView, ...]:
    rows = list(Doubt.objects.filter(case_id=row.id).defer("proof").order_by("-asked_at"))
    if not rows or not row.sealed:
        return ()
    vault = Vault.open()
    return tuple(
        DoubtView(
            one.id,
            vault.unseal(row.id, WHY_PLACE, bytes(one.why)).decode() if one.why else "",
            one.asked_at,
            one.given_at,
            one.media,
            one.decided_at,
            one.accepted,
        )
        for one in rows
    )


def _transmissions(row: Case) -> tuple[TransmissionView, ...]:
    rows = list(Transmission.objects.filter(case_id=row.id).order_by("-asked_at"))
    if not rows or not row.sealed:
        return ()
    vault = Vault.open()
    return tuple(
        TransmissionView(
            one.id,
            urlsplit(vault.unseal(row.id, TO_PLACE, bytes(one.sealed)).decode()).hostname or "",
            one.state,
            one.attempts,
            one.asked_at,
            one.told_at,
            one.status,
            one.code,
        )
        for one in rows
    )


def case_numbered(number: int) -> UUID:
    """Return the id of the case with a number. Raises NoSuchCase."""
    found: UUID | None = Case.objects.filter(number=number).values_list("id", flat=True).first()
    if found is None:
        raise NoSuchCase(_("There is no such case."))
    return found


def subject_of(case_id: UUID) -> Subject | None:
    """Return whom a case is about, for a preview: by reference where the person is in the audience, else by address."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise NoSuchCase(_("There is no such case."))
    return subject_in(row, unsealed([row])[row.id])


def subject_in(row: Case, wrote: Wrote) -> Subject | None:
    """Return the same of a case at hand."""
    if row.subject is not None and audience.known([row.subject]):
        return holdings.subject(row.subject)  # the address may have changed since
    return holdings.subject_by_address(wrote.address) if wrote.address else None


def terms(at: datetime) -> Terms | None:
    """Return the terms on which requests are handled: the last accepted ones, also after their end."""
    return agreements.ground(at).terms


def regime(at: datetime) -> str:
    """Return under which law people ask this controller: California's where its agreement is, else the GDPR."""
    found = terms(at)
    return rules.US if found is not None and found.head.regime is Regime.CA_GOV_6800 else rules.GDPR


def offered(at: datetime) -> tuple[str, ...]:
    """Return the kinds of requests that the public page offers, those that the agreement lists first."""
    found = terms(at)
    listed = found.find("rights.offered", Listing) if found else None
    return rules.offered(regime(at), frozenset(listed.items) if listed else None)


def excess_ways(at: datetime) -> frozenset[str] | None:
    """Return what the agreement allows where a request is excessive ("fee", "refuse"); None where it is silent and the
    law allows both."""
    found = terms(at)
    listed = found.find("rights.refusal", Listing) if found else None
    return frozenset(listed.items) if listed else None
