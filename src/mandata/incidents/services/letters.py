"""The notices of a breach, in the controller's language: its own counts, nobody else's. In the controller's scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.incidents import rules, words
from mandata.incidents.models import Share
from mandata.infra.environment import env

PAGE = "/privacy/breaches/{0}/"
"""Where the controller's page lies; a test holds it equal to the address."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: its subject line and its text."""

    subject: str
    text: str


def notice(share: Share, terms: Terms | None, *, kind: str, number: int, visible: bool = True) -> Letter:
    """A notice of a breach by Art. 33(2) with what Art. 33(3) GDPR lists, as far as it is known.

    `kind`: first, update, spared, again; `number`: of the notice, the first is 1; `visible`: the controller has a page
    of it.
    """
    card = accounts.controller()
    with override(card.language):
        zone = ZoneInfo(terms.head.zone if terms else card.time_zone)
        parts = [*_opening(share, terms, kind, number)]
        if kind != "spared":
            parts += _content(share, zone)
        parts += _closing(share, kind, visible)
        subject = _subject(share, kind, number)
        if share.drill:
            subject = drill(subject)
            parts.insert(0, _("This is a drill. No breach has happened; nothing is owed, and nobody is affected."))
        return Letter(subject, "\n\n".join(part for part in parts if part) + "\n")


def _subject(share: Share, kind: str, number: int) -> str:
    named = {"number": share.number, "notice": number}
    if kind == "first":
        return _("Breach of personal data no. %(number)s: first notice") % named
    if kind == "spared":
        return _("Breach of personal data no. %(number)s: your data is not affected") % named
    if kind == "again":
        return _("Breach of personal data no. %(number)s: your data is affected after all") % named
    return _("Breach of personal data no. %(number)s: notice %(notice)s, what is known now") % named


def _opening(share: Share, terms: Terms | None, kind: str, number: int) -> Sequence[str]:
    named = {"controller": accounts.controller().name, "operator": env().operator_name, "number": share.number}
    if kind == "spared":
        return (
            _("%(operator)s told you of a breach of personal data, no. %(number)s.") % named,
            _("By what is known now, no data of %(controller)s is affected. If that changes, you are told.") % named,
        )
    clause = agreements.clause_named(rules.NOTIFY, terms)
    first = _("%(operator)s notifies %(controller)s of a personal data breach (Article 33(2) GDPR; %(clause)s).") % {
        **named,
        "clause": clause,
    }
    if not share.facts.get("certain", True):
        first += " " + _("That there was a breach is not certain yet; it is reasonably believed.")
    if kind == "again":
        zone = ZoneInfo(terms.head.zone if terms else accounts.controller().time_zone)
        after = _("We told you that no data of yours is affected. That was wrong; we know it since %(at)s.")
        return (first, after % {"at": instant(share.aware_at, zone)}, _("This replaces what we told you before."))
    if number > 1:
        return (first, _("This completes and replaces what we told you before."))
    return (first, _("What is not known yet is said to be so, and follows without undue further delay."))


def _content(share: Share, zone: ZoneInfo) -> Sequence[str]:
    facts = share.facts
    return (
        _section(_("When"), *when(facts, zone)),
        _section(
            _("Nature of the breach"),
            ", ".join(words.kinds(facts.get("kinds") or ())),
            str(facts.get("nature") or "") or unknown(),
        ),
        _section(_("Whose and which data, as counted in our systems (approximate numbers)"), *numbers(share)),
        _section(_("Contact point"), *contact()),
        _section(_("Likely consequences"), str(facts.get("consequences") or "") or unknown()),
        _section(_("Measures taken or proposed"), str(facts.get("measures") or "") or unknown()),
    )


def drill(said: str) -> str:
    """What is said in a drill, marked as such."""
    return _("DRILL: %(said)s") % {"said": said}


def unknown() -> str:
    """What is said of what is not known."""
    return _("Not yet known.")


def when(facts: Mapping[str, object], zone: ZoneInfo) -> list[str]:
    """The times of a breach in a zone."""
    told = (
        (_("We became aware: %(at)s"), facts.get("aware_at")),
        (_("It began: %(at)s"), facts.get("began_at")),
        (_("It ended: %(at)s"), facts.get("ended_at")),
    )
    return [line % {"at": instant(value, zone) if value else unknown()} for line, value in told]


def instant(value: object, zone: ZoneInfo) -> str:
    """An instant in a zone, with the zone's name."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"


def numbers(share: Share) -> list[str]:
    """How many data subjects and records of this controller, and in which holdings."""
    if share.subjects is None:
        return [unknown()]
    lines = [
        _("Data subjects: about %(number)s") % {"number": share.subjects},
        _("Records: about %(number)s") % {"number": share.records or 0},
    ]
    return [*lines, *(f"- {line}" for line in words.places(share.places))]


def contact() -> list[str]:
    """Where more is learned (Art. 33(3)(b) GDPR)."""
    said = env()
    officer = _("Data protection officer: %(name)s") % {"name": said.operator_dpo} if said.operator_dpo else ""
    return [one for one in (f"{said.operator_name}, {said.operator_contact}", officer) if one]


def _section(title: str, *lines: str) -> str:
    return "\n".join([f"{title}:", *(line for line in lines if line)])


def _closing(share: Share, kind: str, visible: bool) -> Sequence[str]:
    if not visible:
        return (_signed(),)
    page = env().public_url.rstrip("/") + PAGE.format(share.id)
    if kind == "spared":
        return (_("Everything we told you stays at %(url)s") % {"url": page}, _signed())
    hint = _(
        "You decide whether the supervisory authority is to be notified (Article 33(1) GDPR), and whether the data "
        "subjects are (Article 34). The form for the authority is filled in with what we know; it, your time, and "
        "messages to data subjects on your instruction are at %(url)s"
    )
    return (hint % {"url": page}, _signed())


def _signed() -> str:
    return f"{env().operator_name}\n{env().operator_contact}"


def reported(share: Share, text: str) -> Letter:
    """Tell the operator that the controller reports a breach, in its own words (BRE-7)."""
    named = {"controller": accounts.controller().name, "number": share.number}
    said = _("%(controller)s reports a breach of personal data, its no. %(number)s. It says:") % named
    tail = _("The breach is open at your desk: %(url)s") % {"url": env().public_url}
    subject = _("%(controller)s reports a breach of personal data") % named
    return Letter(subject, f"{said}\n\n{text}\n\n{tail}\n")
