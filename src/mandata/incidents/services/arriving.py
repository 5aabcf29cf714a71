"""When a notice of a breach has arrived: our duty is met, and the controller's own time begins (Art. 33(1) GDPR)."""

from datetime import datetime
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.agreements.selectors import obligations as owed
from mandata.agreements.services import ledger, obligations
from mandata.foundation.actors import SYSTEM
from mandata.foundation.periods import Regime
from mandata.incidents import rules
from mandata.incidents.models import Affected, Phase, Share
from mandata.incidents.services import steps
from mandata.infra.tenancy import INSTANCE, scope


def follow(breach_id: UUID, whose: UUID, *, at: datetime) -> bool:
    """See whether a controller's first notice has arrived: then our duty is met by that time, and the controller's own
    time begins (Art. 33(1) GDPR); return whether it is known. Opens the scopes itself."""
    with scope(whose):
        share = Share.objects.select_for_update().filter(breach=breach_id).first()
        if share is None or share.state == "spared":
            return False
        first = Phase.objects.filter(share_id=share.id, kind__in=rules.BEGINNINGS).order_by("-number").first()
        if first is None:
            return False
        delivered = first.told_at if first.served is None else agreements.deemed(first.served)
        if delivered is None:
            return False
        if not share.drill:
            _arrived(share, first, delivered, at)
    with scope(INSTANCE):
        Affected.objects.filter(breach_id=breach_id, whose=whose).update(aware_at=delivered)
    return True


def _arrived(share: Share, first: Phase, delivered: datetime, at: datetime) -> None:
    for one in owed.about(share.id, at):
        if one.duty == rules.NOTIFY and one.state == "open" and one.owed_by == "processor":
            evidence = {"notice": first.served, "delivered": delivered}
            obligations.meet(obligation_id=one.id, evidence=evidence, actor=SYSTEM, at=at, when=delivered)
    if share.own_aware_at is None:
        share.own_aware_at = delivered
        share.save(update_fields=["own_aware_at"])
        controller_aware(share, delivered, at, number=first.number)
        detail = {"notice": first.served, "delivered": delivered}
        steps.enter(share, "arrived", actor=SYSTEM, at=at, detail=detail, clause=rules.NOTIFY)


def controller_aware(share: Share, since: datetime, at: datetime, *, number: int = 1) -> None:
    """Open what the controller owes the authority from its own awareness, by its clause or, in the Union, by law.

    `number`: of the notice by which it learned of it. Nothing is owed where the authority has been notified.
    """
    if share.authority == "sent":
        return
    _agreement, terms = ledger.last_agreement(at)
    if not (terms is not None and rules.AUTHORITY in terms.clauses) and not _union(terms):
        return
    obligations.open_for(
        event="controller_awareness",
        since=since,
        cause=rules.cause(share.breach, number),
        at=at,
        about=("breach", share.id),
        only=(rules.AUTHORITY,),
    )


def _union(terms: Terms | None) -> bool:
    return ledger.reckoning(terms).regime is not Regime.CA_GOV_6800
