"""Launching: the gate is asked with everything it wants to know, then the campaign waits for its audience to be frozen.

All verbs run inside the controller's scope.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements import services as gate
from mandata.agreements.rules.facts import SERVICE, SendFacts, TrackFacts
from mandata.agreements.rules.recipients import Asked
from mandata.agreements.rules.verdicts import Verdict
from mandata.campaigns import selectors as campaigns
from mandata.campaigns import services as campaign_services
from mandata.delivery import selectors
from mandata.delivery.errors import NothingToDecide
from mandata.delivery.services import roads, thresholds
from mandata.delivery.services.tending import move
from mandata.delivery.statements import statement
from mandata.foundation import addresses
from mandata.foundation.actors import Actor
from mandata.infra import bulk
from mandata.infra.environment import env
from mandata.record.services import append


def audience(list_id: UUID | None, *, at: datetime) -> tuple[int, dict[str, int]]:
    """Return how many of a list the recipient rule admits now, and how many each condition holds back, by its code."""
    rule = agreements.recipient_rule(at)
    if rule is None or list_id is None:
        return 0, {}
    values = rule.parameters(Asked("email", at)) | {"list": list_id}
    found = dict(bulk.execute(statement("audience", reason=rule.sql_reason()), values))
    admitted = int(found.pop(None, 0))
    return admitted, {str(code): int(count) for code, count in found.items()}


def facts(campaign_id: UUID, *, at: datetime) -> SendFacts:
    """Return what the gate is told of a campaign. Raises NoSuchCampaign."""
    content = campaigns.content_facts(campaign_id)
    found = campaigns.find(campaign_id)
    recipients, held = audience(found.row.list_id, at=at)
    return SendFacts(
        subject=content.subject,
        content=content.content,
        from_name=content.from_name,
        reply_address=content.reply_address,
        reply_valid=_is_address(content.reply_address),
        postal_address=accounts.controller().postal_address,
        from_domain=content.from_domain,
        domain_verified=selectors.may_send_from(found.content.from_address),
        domain_shared=bool(content.from_domain) and content.from_domain == env().shared_domain,
        marked=content.marked,
        link=content.link,
        one_click=content.one_click,
        recipients=recipients,
        held=held,
        purpose=SERVICE,
    )


def _is_address(text: str) -> bool:
    try:
        addresses.parse(addresses.clean(text))
    except addresses.AddressError:
        return False
    return True


def checklist(campaign_id: UUID, *, at: datetime) -> tuple[Verdict, ...]:
    """Return what the gate would say to a launch now, check by check; changes and records nothing."""
    return (
        *gate.check_campaign(facts(campaign_id, at=at), now=at),
        *roads.check(at=at),
        *thresholds.check(agreements.ground(at).terms),
    )


def launch(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Ask the gate and launch. The audience is frozen by delivery's next round, and sending begins.

    Raises GateRefused with the clause and the remedy; AlreadyLaunched, of two members at once to all but one;
    ContentNotReady; NoSuchCampaign.
    """
    found = campaigns.find(campaign_id)
    kinds = [kind for kind, wanted in (("opens", found.track_opens), ("clicks", found.track_clicks)) if wanted]
    if kinds:
        gate.ask(TrackFacts(kinds=tuple(kinds), purpose=SERVICE), about=campaign_id, actor=actor, at=at)
    roads.ask(campaign_id, actor=actor, at=at)
    thresholds.ask(campaign_id, actor=actor, at=at)
    verdicts = gate.ask(facts(campaign_id, at=at), about=campaign_id, actor=actor, at=at, record=True)
    evidence = {name: value for verdict in verdicts for name, value in verdict.evidence.items()}
    campaign_services.launch(
        campaign_id=campaign_id, actor=actor, at=at, clause="instruction.standing", evidence=evidence
    )


def pause(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Claim nothing new; what is in flight is finished. Raises WrongState."""
    campaign_services.pause(campaign_id=campaign_id, actor=actor, at=at)


def resume(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Go on sending, if the gate still permits it. Raises GateRefused, WrongState."""
    gate.ask(facts(campaign_id, at=at), about=campaign_id, actor=actor, at=at)
    roads.ask(campaign_id, actor=actor, at=at)
    thresholds.ask(campaign_id, actor=actor, at=at)
    campaign_services.resume(campaign_id=campaign_id, actor=actor, at=at)


def release(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Let a campaign that a restore held go on, if the gate still permits it. Raises GateRefused, WrongState."""
    gate.ask(facts(campaign_id, at=at), about=campaign_id, actor=actor, at=at)
    roads.ask(campaign_id, actor=actor, at=at)
    thresholds.ask(campaign_id, actor=actor, at=at)
    campaign_services.release(campaign_id=campaign_id, actor=actor, at=at)


def cancel(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Send nothing more; what is queued is taken back at once. Raises WrongState."""
    campaign_services.cancel(campaign_id=campaign_id, actor=actor, at=at)
    move(campaign_id=campaign_id, before=("queued", "deferred"), after="cancelled", at=at)


def decide_unknown(
    *, campaign_id: UUID, resend: bool, actor: Actor, at: datetime, numbers: Sequence[int] | None = None
) -> int:
    """Decide about unknown messages (all of the campaign's, or those numbered): send them again, or count as sent.

    Returns how many were decided about. Raises NothingToDecide when there was none, WrongState when the campaign is
    neither sending, paused nor finished.
    """
    after = "queued" if resend else "sent"
    chosen = list(numbers) if numbers is not None else None
    moved = move(campaign_id=campaign_id, before=("unknown",), after=after, at=at, numbers=chosen)
    if not moved:
        raise NothingToDecide(_("There is no unknown message to decide about."))
    append(
        kind="delivery.unknown_decided",
        body={"campaign": campaign_id, "messages": moved, "decision": "resend" if resend else "count_as_sent"},
        actor=actor,
        at=at,
    )
    if resend and campaigns.row(campaign_id).state == "finished":
        campaign_services.reopen(campaign_id=campaign_id, actor=actor, at=at)
    return moved
