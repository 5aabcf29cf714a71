"""What the gates are told: plain values, free of personal data. Callers leave ``standing`` out; services fill it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a controller stands with its agreement: accepted at all, ended since, suspended for the time being."""

    accepted: bool
    ended: bool = False
    suspended: bool = False


UNKNOWN: Final = Standing(accepted=False)
"""Until a service has looked: nothing is permitted on it."""


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

    ``bases`` are all the grounds it declares; ``evidenced`` says that each row gets evidence.
    """

    bases: tuple[str, ...]
    evidenced: bool
    fields: tuple[FieldFacts, ...] = ()
    warranted: bool = True
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True)
class SendFacts:
    """A campaign before it is launched.

    ``recipients`` counts those whom the recipient rule admits, ``held`` those it holds back, by the code of the
    condition.
    ``marked``, ``link`` and ``one_click`` are read off the rendered message: marked as a newsletter, a link to
    unsubscribe in every
    part, the headers of RFC 8058.
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
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """Which kinds of activity are to be recorded: codes of vocabulary ``category``, for example ``opens`` and
    ``clicks``.
    """

    kinds: tuple[str, ...]
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """Handing data out to the controller; ``deleted`` once the data is irretrievably gone."""

    deleted: bool = False
    standing: Standing = UNKNOWN


@dataclass(frozen=True, slots=True)
class RightsFacts:
    """Carrying out a data subject's request; ``confirmed`` once the person behind it is known to be the subject."""

    kind: str
    confirmed: bool
    standing: Standing = UNKNOWN
