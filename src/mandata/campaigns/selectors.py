"""Reads of the campaigns, inside a controller's scope but for `due`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from mandata.audience.selectors import catalogue, people
from mandata.campaigns import words
from mandata.campaigns.errors import ContentNotReady, ContentRefused, NoSuchCampaign
from mandata.campaigns.models import Active, Campaign, Link
from mandata.campaigns.renderer import Preview, renderer
from mandata.campaigns.rules import merging, states
from mandata.campaigns.rules.content import Content, Facts, Finding, Format, Weight, check


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign in a table."""

    id: UUID
    number: int
    name: str
    state: str
    subject: str
    list_id: UUID | None
    recipients: int
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    held_reason: str = ""


@dataclass(frozen=True, slots=True)
class CampaignDetail:
    """A campaign as its page shows it. `acts` are the codes of what may be done now."""

    row: CampaignRow
    content: Content
    track_opens: bool
    track_clicks: bool
    revision: int
    created_by: UUID
    launched_by: UUID | None
    facts: Facts | None
    findings: tuple["Told", ...]
    acts: frozenset[str]

    @property
    def ready(self) -> bool:
        """Whether nothing found in the content stops the launch."""
        return self.facts is not None and not any(told.stops for told in self.findings)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    code: str
    stops: bool
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ContentFacts:
    """What the gate is told of a campaign's content (`agreements.rules.facts.SendFacts` takes these names)."""

    subject: str
    content: bool
    from_name: str
    reply_address: str
    from_domain: str
    marked: bool
    link: bool
    one_click: bool


@dataclass(frozen=True, slots=True)
class DueCampaign:
    """A campaign in which delivery has something to do. `urgency` 0: transactional, 1: sent to many."""

    campaign_id: UUID
    controller_id: UUID
    due_at: datetime
    urgency: int = 1


@dataclass(frozen=True, slots=True)
class Sendable:
    """What delivery loads of a launched campaign. `digest` is SHA-256 of `data`."""

    id: UUID
    number: int
    state: str
    list_id: UUID | None
    sender_address: str
    data: bytes
    digest: bytes


_ROW = [
    "id",
    "number",
    "name",
    "state",
    "subject",
    "list_id",
    "recipients",
    "created_at",
    "updated_at",
    "launched_at",
    "finished_at",
    "held_reason",
]


def campaigns(*, state: str = "", limit: int = 100) -> list[CampaignRow]:
    """Return the controller's campaigns, newest first."""
    rows = Campaign.objects.filter(state=state) if state else Campaign.objects.all()
    return [CampaignRow(*row) for row in rows.order_by("-id").values_list(*_ROW)[:limit]]


def find(campaign_id: UUID) -> CampaignDetail:
    """Return one campaign with what was found in its content. Raises NoSuchCampaign."""
    one = row(campaign_id)
    content = content_of(one)
    return CampaignDetail(
        row=CampaignRow(*(getattr(one, column) for column in _ROW)),
        content=content,
        track_opens=one.track_opens,
        track_clicks=one.track_clicks,
        revision=one.revision,
        created_by=one.created_by,
        launched_by=one.launched_by,
        facts=facts_of(one),
        findings=tuple(_told(one, content)),
        acts=frozenset(str(act) for act in states.acts(states.State(one.state))),
    )


def row(campaign_id: UUID) -> Campaign:
    """Return the stored campaign, for services. Raises NoSuchCampaign."""
    one: Campaign | None = Campaign.objects.filter(id=campaign_id).first()
    if one is None:
        raise NoSuchCampaign(_("There is no such campaign."))
    return one


def content_of(one: Campaign) -> Content:
    """Return a stored campaign's content."""
    return Content(
        format=Format(one.body_kind),
        source=one.body,
        subject=one.subject,
        from_name=one.sender_name,
        from_address=one.sender_address,
        preheader=one.preheader,
        reply_to=one.reply_to,
        language=one.language,
    )


def facts_of(one: Campaign) -> Facts | None:
    """Return what compiling found out; None where the content gave no message."""
    facts = one.findings.get("facts")
    return Facts.from_dict(facts) if facts else None


def known_fields() -> frozenset[str]:
    """Return the names that merge tags may read of this controller's subscribers."""
    return merging.STANDARD | frozenset(catalogue.field_specs())


def content_findings(one: Campaign) -> list[Finding]:
    """Return what the check says of a stored campaign whose content gave a message; the worst first."""
    facts = facts_of(one)
    return check(content_of(one), facts, known_fields()) if facts else []


def sender_address(campaign_id: UUID) -> str:
    """Return the sender's address of a campaign, empty where it has none or is none."""
    return Campaign.objects.filter(id=campaign_id).values_list("sender_address", flat=True).first() or ""


def content_facts(campaign_id: UUID) -> ContentFacts:
    """Return what the gate needs to know of the content. Raises NoSuchCampaign."""
    one = row(campaign_id)
    facts = facts_of(one)
    return ContentFacts(
        subject=one.subject,
        content=facts is not None,
        from_name=one.sender_name,
        reply_address=one.reply_to or one.sender_address,
        from_domain=one.sender_address.rpartition("@")[2].lower(),
        marked=facts is not None and facts.marked,
        link=facts is not None and facts.unsubscribe,
        one_click=facts is not None,  # the compiler writes both headers of RFC 8058 into every message
    )


def sendable(campaign_id: UUID) -> Sendable:
    """Return what delivery needs of a campaign. Raises NoSuchCampaign, ContentNotReady where nothing is compiled."""
    one = row(campaign_id)
    if one.compiled is None or one.compiled_digest is None:
        raise ContentNotReady(_("The campaign's content gives no message."), remedy=_("Mend the content."))
    return Sendable(
        one.id, one.number, one.state, one.list_id, one.sender_address, bytes(one.compiled), bytes(one.compiled_digest)
    )


def links(campaign_id: UUID) -> list[tuple[int, str, str]]:
    """Return number, target and label of each tracked link."""
    return list(Link.objects.filter(campaign_id=campaign_id).order_by("number").values_list("number", "url", "label"))


def due_of_controller() -> list[UUID]:
    """Return the campaigns of the scope in which something is due, now or later: those that a restore holds."""
    running = (states.State.LAUNCHING, states.State.SENDING)
    return list(Campaign.objects.filter(state__in=running).order_by("id").values_list("id", flat=True))


def held_of_controller(reason: str) -> list[UUID]:
    """Return the campaigns of the scope that are held for a reason (a code)."""
    held = Campaign.objects.filter(state=states.State.HELD, held_reason=reason)
    return list(held.order_by("id").values_list("id", flat=True))


def due(at: datetime, limit: int = 1000) -> list[DueCampaign]:
    """Return the campaigns of all controllers in which delivery has something to do: the most urgent, then the longest
    due first. Scope-free."""
    rows = Active.objects.filter(due_at__lte=at).order_by("urgency", "due_at")[:limit]
    return [DueCampaign(one.campaign_id, one.controller_id, one.due_at, one.urgency) for one in rows]


def active(limit: int = 1000) -> list[DueCampaign]:
    """Return the campaigns of all controllers that are under way, due now or later. Scope-free."""
    rows = Active.objects.order_by("due_at")[:limit]
    return [DueCampaign(one.campaign_id, one.controller_id, one.due_at) for one in rows]


def preview(campaign_id: UUID, *, address: str, fields: Mapping[str, Any], name: str = "", at: datetime) -> Preview:
    """Return the message as a person with these values would get it.

    Raises NoSuchCampaign; ContentNotReady where the content gives no message, ContentRefused where the values do.
    """
    data = sendable(campaign_id).data
    try:
        return renderer().preview(data, address=address, name=name, fields=fields, at=at)
    except ContentRefused as refused:
        raise words.told(refused) from None


def preview_as(campaign_id: UUID, subscriber_id: UUID, *, at: datetime) -> Preview:
    """Return the message as this subscriber would get it. Raises as `preview`, and NoSuchSubscriber."""
    person = people.person(subscriber_id)
    fields = merging.values(person.identity, person.clear)
    address = str(fields.get("email", ""))
    return preview(campaign_id, address=address, fields=fields, name=merging.display_name(fields), at=at)


def _told(one: Campaign, content: Content) -> list[Told]:
    error = one.findings.get("error")
    if error:
        text, remedy = words.refusal(error["msgid"], error["remedy_id"], error["evidence"])
        return [Told(error["code"], True, text, remedy)]
    if not content.source.strip():
        return []
    found = content_findings(one)
    return [Told(each.code, each.weight is Weight.STOPS, *words.finding(each.code, each.values)) for each in found]


@dataclass(frozen=True, slots=True)
class Sender:
    """A From address as campaigns use it: under which names, where answers go, in how many, and when last."""

    address: str
    names: tuple[str, ...]
    replies: tuple[str, ...]
    campaigns: int
    last_at: datetime


def senders() -> list[Sender]:
    """Return the From addresses of the controller's campaigns, the latest used first."""
    found: dict[str, list[tuple[str, str, datetime]]] = {}
    rows = Campaign.objects.exclude(sender_address="").order_by("-updated_at")
    for address, name, replies, at in rows.values_list("sender_address", "sender_name", "reply_to", "updated_at"):
        found.setdefault(address.lower(), []).append((name, replies, at))
    return [
        Sender(
            address,
            tuple(dict.fromkeys(name for name, _replies, _at in uses if name)),
            tuple(dict.fromkeys(replies for _name, replies, _at in uses if replies)),
            len(uses),
            uses[0][2],
        )
        for address, uses in found.items()
    ]
