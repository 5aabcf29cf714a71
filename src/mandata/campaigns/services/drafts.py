"""Writing: a draft is saved as it is, compiled at once, and what is wrong with it is kept beside it."""

from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.campaigns import selectors
from mandata.campaigns.errors import EditedMeanwhile, WrongState
from mandata.campaigns.models import Campaign, Number
from mandata.campaigns.rules import states
from mandata.campaigns.rules.content import Content, Format
from mandata.campaigns.services.compiling import compile_into
from mandata.foundation.actors import Actor
from mandata.infra.clock import new_id
from mandata.infra.tenancy import current_controller
from mandata.record.services import append

EMPTY = Content(Format.MJML, "", "", "", "")
_COLUMNS = {
    "format": "body_kind",
    "source": "body",
    "from_name": "sender_name",
    "from_address": "sender_address",
}


def create(
    *,
    name: str,
    actor: Actor,
    at: datetime,
    list_id: UUID | None = None,
    content: Content = EMPTY,
    track_opens: bool = True,
    track_clicks: bool = True,
) -> UUID:
    """Make a draft and return its id. `list_id` is the list it is for, which may be chosen later."""
    campaign_id = new_id()
    number = Number.objects.create(controller_id=current_controller(), campaign_id=campaign_id).number
    one = Campaign(
        id=campaign_id,
        number=number,
        name=name.strip() or "—",
        list_id=list_id,
        track_opens=track_opens,
        track_clicks=track_clicks,
        created_by=_member(actor),
        created_at=at,
        updated_at=at,
        **_columns(content),
    )
    one.save(force_insert=True)
    compile_into(one)
    append(kind="campaign.created", body={"campaign": one.id, "number": number}, actor=actor, at=at)
    return campaign_id


def edit(
    *,
    campaign_id: UUID,
    revision: int,
    at: datetime,
    name: str | None = None,
    list_id: UUID | None = None,
    content: Content | None = None,
    track_opens: bool | None = None,
    track_clicks: bool | None = None,
) -> int:
    """Save a draft and return its new revision. What is not given stays.

    `revision` is the one the writer has seen. Raises EditedMeanwhile when it is not the newest any more; WrongState
    when the campaign is no draft; NoSuchCampaign. Content that gives no message is saved all the same.
    """
    given = {"name": name, "list_id": list_id, "track_opens": track_opens, "track_clicks": track_clicks}
    changes: dict[str, object] = {column: value for column, value in given.items() if value is not None}
    changes |= _columns(content) if content else {}
    drafts = Campaign.objects.filter(id=campaign_id, state=states.State.DRAFT, revision=revision)
    if not drafts.update(**changes, revision=revision + 1, updated_at=at):
        _refuse_edit(campaign_id)
    compile_into(selectors.row(campaign_id))
    return revision + 1


def duplicate(*, campaign_id: UUID, name: str, actor: Actor, at: datetime) -> UUID:
    """Make a draft with the content of another campaign, whatever state that one is in. Raises NoSuchCampaign."""
    one = selectors.row(campaign_id)
    return create(
        name=name,
        actor=actor,
        at=at,
        list_id=one.list_id,
        content=replace(selectors.content_of(one)),
        track_opens=one.track_opens,
        track_clicks=one.track_clicks,
    )


def discard(*, campaign_id: UUID, actor: Actor, at: datetime) -> None:
    """Remove a draft for good. Raises WrongState for anything that was launched, NoSuchCampaign."""
    removed, _rows = Campaign.objects.filter(id=campaign_id, state=states.State.DRAFT).delete()
    if not removed:
        _refuse_edit(campaign_id)
    Number.objects.filter(campaign_id=campaign_id).delete()
    append(kind="campaign.discarded", body={"campaign": campaign_id}, actor=actor, at=at)


def _member(actor: Actor) -> UUID:
    if actor.id is None:
        raise ValueError("somebody writes a campaign: an actor with an id")
    return actor.id


def _columns(content: Content) -> dict[str, object]:
    return {_COLUMNS.get(each.name, each.name): getattr(content, each.name) for each in fields(content)} | {
        "language": content.language or "en"
    }


def _refuse_edit(campaign_id: UUID) -> None:
    one = selectors.row(campaign_id)
    if one.state == states.State.DRAFT:
        raise EditedMeanwhile(
            _("Somebody saved this campaign since you opened it."),
            remedy=_("Open it again and repeat your change on the newest version."),
            evidence={"revision": one.revision},
        )
    raise WrongState(
        _("A launched campaign is not changed any more."),
        remedy=_("Duplicate it and change the copy."),
        evidence={"state": one.state},
    )
