"""Moving through the states. Each move is one conditional update: of two members at once exactly one wins.

Delivery launches (it asks the gate first), freezes, begins, and finishes; members pause, resume and cancel. A row of
`campaigns_active` tells delivery that there is something to do; it takes it away with `settle`.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from mandata.campaigns import selectors, words
from mandata.campaigns.errors import AlreadyLaunched, ContentNotReady, WrongState
from mandata.campaigns.models import Active, Campaign
from mandata.campaigns.rules.content import Weight
from mandata.campaigns.rules.states import DUE, Act, State, after, sources
from mandata.campaigns.services.compiling import compile_into
from mandata.foundation.actors import Actor
from mandata.infra.tenancy import current_controller
from mandata.record.services import append


def launch(
    *, campaign_id: UUID, actor: Actor, at: datetime, clause: str = "", evidence: Mapping[str, object] | None = None
) -> None:
    """Move a draft to launching: compiled once more with the controller's present details, then fixed.

    `clause` and `evidence` are what the gate decided by; they enter the record (no personal data). Raises
    AlreadyLaunched when somebody else was first, ContentNotReady where the content check stops it, NoSuchCampaign.
    """
    with transaction.atomic():  # a refusal leaves the draft a draft, even where the caller's transaction goes on
        _move(campaign_id, Act.LAUNCH, at, launched_by=actor.id, launched_at=at)
        one = selectors.row(campaign_id)
        refused = compile_into(one)
        if refused:
            raise words.told(refused)
        _refuse_unready(one)
        body: dict[str, object] = {
            "campaign": one.id,
            "revision": one.revision,
            "content": bytes(one.compiled_digest or b""),
            "gate": dict(evidence or {}),
        }
        append(kind="campaign.launched", body=body, actor=actor, at=at, clause=clause)


def withdraw(*, campaign_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Give a campaign back to its writer, because its audience could not be frozen. Nothing of it was sent."""
    _move(campaign_id, Act.WITHDRAW, at, launched_by=None, launched_at=None)
    append(kind="campaign.withdrawn", body={"campaign": campaign_id, "reason": reason}, actor=actor, at=at)


def begin(*, campaign_id: UUID, recipients: int, actor: Actor, at: datetime) -> None:
    """The audience is frozen: `recipients` messages are queued and may be claimed."""
    _move(campaign_id, Act.BEGIN, at, recipients=recipients)
    append(kind="campaign.frozen", body={"campaign": campaign_id, "recipients": recipients}, actor=actor, at=at)


def pause(*, campaign_id: UUID, actor: Actor, at: datetime, reason: str = "") -> None:
    """Claim nothing new until it is resumed; what is in flight is finished. `reason` is a code, not words."""
    _recorded(campaign_id, Act.PAUSE, actor, at, reason)


def resume(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Go on sending."""
    _recorded(campaign_id, Act.RESUME, actor, at, "")


def cancel(*, campaign_id: UUID, actor: Actor, at: datetime, reason: str = "") -> None:
    """Send nothing more; what was sent stays sent. Delivery takes back what is queued, then calls `settle`."""
    _recorded(campaign_id, Act.CANCEL, actor, at, reason, finished_at=at)


def hold(*, campaign_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Do nothing more of a campaign that is due until a member releases it; never by itself. `reason` is a code."""
    _move(campaign_id, Act.HOLD, at, held_from=F("state"), held_reason=reason)
    append(kind="campaign.held", body={"campaign": campaign_id, "reason": reason}, actor=actor, at=at)


def release(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Let a held campaign go on where it was: sending, or its audience still to be frozen. Raises WrongState."""
    one = selectors.row(campaign_id)
    act = Act.RELAUNCH if one.held_from == State.LAUNCHING else Act.RELEASE
    _move(campaign_id, act, at, held_from="", held_reason="")
    body: dict[str, object] = {"campaign": campaign_id, "reason": one.held_reason}
    append(kind="campaign.released", body=body, actor=actor, at=at)


def finish(*, campaign_id: UUID, totals: Mapping[str, int], actor: Actor, at: datetime) -> None:
    """Every message has its outcome. `totals` counts messages by state; they enter the record."""
    _move(campaign_id, Act.FINISH, at, finished_at=at)
    append(kind="campaign.finished", body={"campaign": campaign_id, "totals": dict(totals)}, actor=actor, at=at)


def reopen(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Send what a member decided to send again after the campaign had finished."""
    _move(campaign_id, Act.REOPEN, at, finished_at=None)
    append(kind="campaign.reopened", body={"campaign": campaign_id}, actor=actor, at=at)


def settle(*, campaign_id: UUID, totals: Mapping[str, int], actor: Actor, at: datetime) -> None:
    """Delivery has taken back what a cancelled campaign had queued. Doing it again changes nothing."""
    settled, _rows = Active.objects.filter(campaign_id=campaign_id).delete()
    if settled:
        append(kind="campaign.settled", body={"campaign": campaign_id, "totals": dict(totals)}, actor=actor, at=at)


def postpone(*, campaign_id: UUID, until: datetime) -> None:
    """Nothing is due before `until`: delivery need not look earlier. A move in between makes it due again."""
    Active.objects.filter(campaign_id=campaign_id).update(due_at=until)


def _recorded(campaign_id: UUID, act: Act, actor: Actor, at: datetime, reason: str, **changes: object) -> None:
    _move(campaign_id, act, at, **changes)
    body: dict[str, object] = {"campaign": campaign_id, **({"reason": reason} if reason else {})}
    kinds = {Act.PAUSE: "campaign.paused", Act.RESUME: "campaign.resumed", Act.CANCEL: "campaign.cancelled"}
    append(kind=kinds[act], body=body, actor=actor, at=at)


def _move(campaign_id: UUID, act: Act, at: datetime, **changes: object) -> State:
    """One conditional update for each state the act may start from; the row's lock lets one caller through."""
    for source in sorted(sources(act)):
        target = after(source, act)
        moved = Campaign.objects.filter(id=campaign_id, state=source)
        if target and moved.update(state=target, updated_at=at, **changes):
            _tell_delivery(campaign_id, target, at)
            return target
    raise _wrong_state(campaign_id, act)


def _tell_delivery(campaign_id: UUID, state: State, at: datetime) -> None:
    if state in DUE:
        Active.objects.update_or_create(
            campaign_id=campaign_id, defaults={"controller_id": current_controller(), "due_at": at}
        )
    else:
        Active.objects.filter(campaign_id=campaign_id).delete()


def _wrong_state(campaign_id: UUID, act: Act) -> WrongState:
    one = selectors.row(campaign_id)
    named = words.state(one.state)
    evidence = {"state": one.state, "act": str(act)}
    if act is Act.LAUNCH:
        return AlreadyLaunched(
            _("This campaign was launched before."),
            remedy=_("Nothing to do: it is sent once. To send it again, duplicate it."),
            evidence=evidence,
        )
    return WrongState(
        _("This does not follow from the campaign's state: %(state)s.") % {"state": named},
        remedy=_("Open the page again; it shows what may be done now."),
        evidence=evidence,
    )


def _refuse_unready(one: Campaign) -> None:
    if not one.sender_address or one.compiled is None:
        raise ContentNotReady(
            _("The campaign has no content or no sender."), remedy=_("Write it, and choose who it comes from.")
        )
    stops = [found for found in selectors.content_findings(one) if found.weight is Weight.STOPS]
    if not stops:
        return
    said = [words.finding(found.code, found.values) for found in stops]
    raise ContentNotReady(
        " ".join(text for text, _remedy in said),
        remedy=" ".join(remedy for _text, remedy in said),
        evidence={"findings": [found.code for found in stops]},
    )
