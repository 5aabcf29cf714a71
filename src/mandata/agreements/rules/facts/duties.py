"""What is told to who asks about breaches, sub-processors to come, audits, requests, keeping and moving data."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from mandata.agreements.rules.facts.acts import Mechanism
from mandata.agreements.rules.facts.standing import one_of


@dataclass(frozen=True, slots=True)
class NotifyFacts:
    """An incident: ``certain`` or only possible, its risk, whether the law has it notified or forbids to tell it
    (BRE-1, BRE-7).
    """

    certain: bool = True
    personal_data: bool = True
    notifiable: bool = True
    significant_risk: bool = False
    telling_forbidden: bool = False
    by: Annotated[str, one_of("processor", "controller")] = "processor"
    aware_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EngageFacts:
    """A sub-processor that is to start at an instant: when the controller was told, and whether it objected (SPR-2).

    ``channel``: how it was told (a code of vocabulary ``channel``), empty where that is not asked; ``lower_tier``: a
    sub-processor engages it in turn.
    """

    recipient: str
    told_at: datetime | None
    at: datetime
    objection: Annotated[str, one_of("none", "open", "withdrawn", "resolved", "ended")] = "none"
    authorised: Annotated[str, one_of("none", "named", "class", "list", "notice", "written", "chosen")] = "none"
    classes: tuple[str, ...] = ()
    contract: bool = True
    channel: str = ""
    lower_tier: bool = False


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """An objection to a sub-processor, made at an instant; ``received_at``: when the notice reached the controller."""

    received_at: datetime
    at: datetime
    written: bool = True


@dataclass(frozen=True, slots=True)
class ExtendFacts:
    """A data subject's request whose answer needs longer: when it came, when the person was told, with reasons
    (DSR-3).
    """

    received_at: datetime
    told_at: datetime
    reasons: bool = True
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """An audit that a controller asks for (AUD-1, AUD-2).

    ``by``: the controller itself, a law firm, a data-protection professional, an assessor whom it names, or another
    auditor. ``earlier``: when it was audited before. ``certificates``: current ones exist that answer it in part.
    ``shown_to``: to whom what the audit brings out is to be passed on.
    """

    told_at: datetime
    on: datetime
    by: Annotated[str, one_of("customer", "law_firm", "protection_professional", "designated", "independent", "other")]
    independent: bool = True
    competitor: bool = False
    similar: bool = False
    bound: bool = True
    earlier: tuple[datetime, ...] = ()
    serious_reason: bool = False
    terms_agreed: bool = True
    on_site: bool = False
    site_justified: bool = False
    disturbs: bool = False
    written: bool = True
    certificates: bool = False
    shown_to: Annotated[str, one_of("nobody", "authority", "other")] = "nobody"


KINDS = ("database", "accessible", "backup", "content", "template", "support", "engine", "account")


@dataclass(frozen=True, slots=True)
class KeepFacts:
    """Data, by kind, at an instant, with the events from which its time runs (RET-1, RET-2, RET-6, CAM-4).

    ``law``: the law that obliges to keep it, empty where none does. ``ended_at``: the end of the contract or
    service; ``deleted_at``: of the account; ``reminded_at``: when the controller was told that it may instruct;
    ``used_at``: upload, last active use, or last log-in; ``set_until``: what the controller's own settings say;
    ``plan_until``: what a plan of termination assistance in the main agreement says; ``needed``: for what else it is
    kept for a reasonable time, such as a complaint or a claim, empty where for nothing.
    """

    kind: Annotated[str, one_of(*KINDS)]
    at: datetime
    ended_at: datetime | None = None
    deleted_at: datetime | None = None
    reminded_at: datetime | None = None
    used_at: datetime | None = None
    set_until: datetime | None = None
    plan_until: datetime | None = None
    law: str = ""
    needed: str = ""


@dataclass(frozen=True, slots=True)
class RelocateFacts:
    """Data that is to be stored in another country from an instant on (TRF-1, TRF-2)."""

    country: str
    at: datetime
    told_at: datetime | None = None
    opposed_at: datetime | None = None
    chosen: bool = False
    instructed: bool = False
    mechanisms: tuple[Mechanism, ...] = ()
