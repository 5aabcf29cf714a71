"""What the gates of acts are told: plain values, free of personal data; times are instants, and no gate reads a clock.

Callers leave ``standing`` out; services fill it in. ``purpose`` is a code of the agreement's closed list (INS-6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from mandata.agreements.rules.facts.standing import SERVICE, UNKNOWN, Standing, one_of


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field of the audience: its key and its declared category.

    Categories: contact, identity, demographic, activity, preference, own, special, criminal (``gates.CATEGORIES``).
    """

    name: str
    category: str


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """An import before it starts.

    ``bases`` are all the grounds it declares; ``evidenced`` says that each row gets evidence; ``subjects`` are the
    categories of data subjects that it declares (CAT-8), none where it declares none.
    """

    bases: tuple[str, ...]
    evidenced: bool
    fields: tuple[FieldFacts, ...] = ()
    warranted: bool = True
    subjects: tuple[str, ...] = ()
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class SendFacts:
    """A campaign before it is launched.

    ``recipients`` counts those whom the recipient rule admits, ``held`` those it holds back, by the code of the
    condition.
    ``marked``, ``link`` and ``one_click`` are read off the rendered message: marked as a newsletter, a link to
    unsubscribe in every
    part, the headers of RFC 8058. ``domain_verified``: the sender's address may be used; ``domain_shared``: it is
    one of the processor's shared domain.
    """

    subject: str
    content: bool
    from_name: str
    reply_address: str
    reply_valid: bool
    postal_address: str
    from_domain: str
    domain_verified: bool
    marked: bool
    link: bool
    one_click: bool
    recipients: int
    held: Mapping[str, int] = field(default_factory=dict)
    domain_shared: bool = False
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """Which kinds of activity are to be recorded: codes of vocabulary ``category``, for example ``opens`` and
    ``clicks``.
    """

    kinds: tuple[str, ...]
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """Handing data out to the controller; ``deleted`` once the data is irretrievably gone. ``at_end``: the return of
    everything that the law lets the controller choose at the end (Article 28(3)(g) GDPR), whatever the text says.

    ``asked_by``: the controller, the reseller on its behalf, somebody else. ``means``: how it is handed out, where
    that is asked: behind a link, to a store that the controller names, in a format that it uses, by a function in the
    service.
    """

    deleted: bool = False
    standing: Standing = UNKNOWN
    purpose: str = SERVICE
    asked_by: Annotated[str, one_of("controller", "reseller", "other")] = "controller"
    means: Annotated[str, one_of("", "download_link", "named_store", "own_format", "function")] = ""
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class RightsFacts:
    """Carrying out a data subject's request; ``confirmed`` once the person behind it is known to be the subject.

    ``documents``: what was asked for to know it: none, the least that is needed, or more. ``excessive``: somebody has
    found the request manifestly unfounded or excessive (DSR-11).
    """

    kind: str
    confirmed: bool
    excessive: bool = False
    standing: Standing = UNKNOWN
    purpose: str = SERVICE
    documents: Annotated[str, one_of("none", "least", "more")] = "none"


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """Any act at all, by its code of vocabulary ``act``: only what every act needs is asked."""

    act: str
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """Evaluating what individual people did, as a report per person or a segment does.

    ``kinds`` are codes of vocabulary ``category``; ``decides`` where it has legal or similar effects on a person
    without a human who reviews it (Article 22 GDPR).
    """

    kinds: tuple[str, ...]
    decides: bool = False
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


MECHANISMS = ("adequacy", "scc", "bcr", "privacy_shield")


@dataclass(frozen=True, slots=True)
class Mechanism:
    """On what a transfer rests: from when, and until when (the first instant at which it no longer holds).

    ``until`` is the earlier of its expiry and of the day on which it was struck down; None where it has no end.
    """

    kind: Annotated[str, one_of(*MECHANISMS)]
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """Data that goes to a country, or is looked at from there, at an instant.

    ``instructed``: the controller's instruction (or its choice of the region) names the country. ``regions``: the
    countries that the controller chose, empty where it chose none. ``opposed``: it opposed this country.
    """

    country: str
    at: datetime
    instructed: bool = False
    mechanisms: tuple[Mechanism, ...] = ()
    regions: tuple[str, ...] = ()
    opposed: bool = False
    act: str = "send"
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


RECIPIENTS = ("subprocessor", "adviser", "group", "insurer", "collector", "authority", "requester", "other")
AUTHORISATIONS = ("none", "named", "class", "list", "notice", "written", "chosen")


@dataclass(frozen=True, slots=True)
class DiscloseFacts:
    """Data that goes to somebody else: a sub-processor (SPR-2, SPR-5 to SPR-7), or another recipient with a ground
    (SPR-8).

    ``authorised`` says on what a sub-processor stands: named in the agreement, of an authorised class, on the list at
    signing, after a notice, in writing, or chosen by the controller itself (then it is not ours). ``notice_until``
    and ``objection_until`` are the first instants after the two periods; ``told_at`` may be stated instead of them,
    and the agreement's periods are then counted from it. ``classes``: codes of the clause on classes. ``contract``:
    the same duties are imposed on it, with evidence on file (SPR-4). ``transfer`` where it is in another country.
    """

    recipient: str
    at: datetime
    kind: Annotated[str, one_of(*RECIPIENTS)] = "subprocessor"
    authorised: Annotated[str, one_of(*AUTHORISATIONS)] = "none"
    classes: tuple[str, ...] = ()
    told_at: datetime | None = None
    notice_until: datetime | None = None
    objection_until: datetime | None = None
    objection: Annotated[str, one_of("none", "open", "withdrawn", "resolved", "excluded", "ended")] = "none"
    contract: bool = True
    struck: bool = False
    country: str = ""
    ground: str = ""
    instructed: bool = False
    mechanisms: tuple[Mechanism, ...] = ()
    act: str = "send"
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """Somebody of the operator's staff who wants to look at a controller's data.

    ``confidential``: committed to confidentiality. ``trained_at``: the last training; ``trained_until``: the first
    instant at which it has lapsed, where that is kept (else the agreement's own period counts). ``product`` is what
    is to be looked at, ``products`` are those activated (both empty where an agreement lists none). ``ticket`` is the
    support case, which an agreement with a clause on access for support asks for.
    """

    at: datetime
    reason: str
    country: str
    confidential: bool = False
    trained_at: datetime | None = None
    trained_until: datetime | None = None
    product: str = ""
    products: tuple[str, ...] = ()
    ticket: str = ""
    mechanisms: tuple[Mechanism, ...] = ()
    act: str = "access"
    standing: Standing = UNKNOWN
    purpose: str = SERVICE


SOURCES = ("own", "other_controller", "processor", "third_party")


@dataclass(frozen=True, slots=True)
class CombineFacts:
    """Data of one controller brought together with other data (EVE 4.k, CCPA § 7050(a)(3)(A)).

    ``source``: with what: more of the controller's own, another controller's, what the processor collected itself, a
    third party's. ``same_customer``: both are accounts of one customer. ``result``: what comes out.
    """

    source: Annotated[str, one_of(*SOURCES)]
    same_customer: bool = False
    result: Annotated[str, one_of("persons", "counts")] = "persons"
    standing: Standing = UNKNOWN
    purpose: str = SERVICE
