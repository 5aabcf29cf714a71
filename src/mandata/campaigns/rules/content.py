"""What a member writes, what is known about it once it is compiled, and what speaks for or against sending it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Format(StrEnum):
    """In what the body is written."""

    MJML = "mjml"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Content:
    """A campaign's content as written. `from_address` is a bare address; subject and preheader take merge tags."""

    format: Format
    source: str
    subject: str
    from_name: str
    from_address: str
    preheader: str = ""
    reply_to: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the platform adds to a message of one controller.

    `click`, `open`, `unsubscribe`, `preferences`, `web_version` are what stands in front of a token in their addresses,
    `open_suffix` what stands behind it; `message_domain` is the right side of Message-ID. `list_id` (RFC 2919) is a
    domain-like name, `feedback_id` four fields with colons. Mail to a token at `leave_domain` unsubscribes; empty:
    none. `postal_address` may have several lines.
    """

    click: str
    open: str
    unsubscribe: str
    preferences: str
    web_version: str
    message_domain: str
    list_id: str
    sender_name: str
    postal_address: str
    feedback_id: str = ""
    open_suffix: str = ".gif"
    track_clicks: bool = True
    track_opens: bool = True
    leave_domain: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the content. `number` is None where it is not tracked; `url` then still holds its merge tags."""

    number: int | None
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What compiling found out.

    Sizes are octets of a filled message; `fields` are the recipient's values it reads. `unsubscribe` and
    `postal_address` hold where they stand in both parts outside of all conditions; `marked` where the message calls
    itself a newsletter in so many words.
    """

    size: int
    html_size: int
    subject_length: int
    fields: tuple[str, ...]
    links: int
    tracked_links: int
    images: int
    images_without_alt: int
    unsubscribe: bool
    postal_address: bool
    marked: bool
    preheader: bool
    removed: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return plain data for a JSON column."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "Facts":
        """Return the facts of `as_dict`."""
        values = dict(data)
        values["fields"] = tuple(values["fields"])  # type: ignore[arg-type]
        values["removed"] = tuple(values.get("removed", ()))  # type: ignore[arg-type]
        values["notes"] = tuple((note[0], note[1]) for note in values.get("notes", ()))  # type: ignore[attr-defined]
        return cls(**values)  # type: ignore[arg-type]


class Weight(StrEnum):
    """Whether a finding stops the launch."""

    STOPS = "stops"
    WARNS = "warns"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the content check. `code` is stable; its words are in `selectors.explain`."""

    code: str
    weight: Weight
    values: Mapping[str, object] = field(default_factory=dict)


NEWSLETTER_MARKS = (
    "newsletter",
    "commercial communication",
    "marketing communication",
    "obchodní sdělení",
    "obchodná informácia",
    "zpravodaj",
    "spravodaj",
    "werbung",
)
"""Words by which a message is clearly marked as a newsletter or commercial communication, folded (CAM-2)."""

SIZE_LIMIT = 500_000  # octets of a whole message
CLIPPED_AT = 102_000  # octets of HTML that Gmail shows before it clips
SUBJECT_LIMIT = 200
LINKS_LIMIT = 500


def check(content: Content, facts: Facts, known_fields: frozenset[str]) -> list[Finding]:
    """Return what is to be said about the content, what stops first. Nothing found is an empty list."""
    found = [*_stopping(content, facts), *_warning(facts, known_fields)]
    return sorted(found, key=lambda finding: finding.weight is Weight.WARNS)


def _stopping(content: Content, facts: Facts) -> list[Finding]:
    stops = {
        "subject_missing": not content.subject.strip(),
        "subject_too_long": facts.subject_length > SUBJECT_LIMIT,
        "sender_name_missing": not content.from_name.strip(),
        "sender_address_missing": not content.from_address.strip(),
        "unsubscribe_missing": not facts.unsubscribe,
        "postal_address_missing": not facts.postal_address,
        "mark_missing": not facts.marked,
        "too_large": facts.size > SIZE_LIMIT,
        "too_many_links": facts.links > LINKS_LIMIT,
    }
    values = {
        "subject_too_long": {"length": facts.subject_length, "limit": SUBJECT_LIMIT},
        "too_large": {"size": facts.size, "limit": SIZE_LIMIT},
        "too_many_links": {"links": facts.links, "limit": LINKS_LIMIT},
    }
    return [Finding(code, Weight.STOPS, values.get(code, {})) for code, holds in stops.items() if holds]


def _warning(facts: Facts, known_fields: frozenset[str]) -> list[Finding]:
    unknown = [name for name in facts.fields if name not in known_fields]
    warns: dict[str, tuple[bool, Mapping[str, object]]] = {
        "clipped": (facts.html_size > CLIPPED_AT, {"size": facts.html_size, "limit": CLIPPED_AT}),
        "preheader_missing": (not facts.preheader, {}),
        "no_links": (not facts.links, {}),
        "images_without_alt": (facts.images_without_alt > 0, {"images": facts.images_without_alt}),
        "unknown_fields": (bool(unknown), {"fields": ", ".join(unknown)}),
        "removed": (bool(facts.removed), {"removed": ", ".join(sorted(set(facts.removed)))}),
    }
    found = [Finding(code, Weight.WARNS, values) for code, (holds, values) in warns.items() if holds]
    return found + [Finding(code, Weight.WARNS, {"detail": detail}) for code, detail in facts.notes]
