"""The notices of this area, in the controller's language and in the zone of its agreement. In the scope."""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.terms import Terms
from mandata.agreements.services.notices import serve
from mandata.infra.environment import env
from mandata.subprocessors import words
from mandata.subprocessors.models import Change, SubProcessor
from mandata.subprocessors.rules.countries import needs_mechanism
from mandata.subprocessors.rules.windows import COUNTRY, Windows

CHANGE: Final = "subprocessor.change"
RETRACTED: Final = "subprocessor.retracted"
OBJECTED: Final = "subprocessor.objected"
MOVED: Final = "subprocessor.moved"
SETTLED: Final = "subprocessor.settled"


def announce(change: Change, terms: Terms, times: Windows, *, at: datetime) -> UUID:
    """Tell the controller what changes, when, until when and how it may object; return the notice's id (SPR-2)."""
    card = accounts.controller()
    with override(card.language):
        paragraphs = [_what(change, terms), *_about(change.subprocessor, change), *_window(terms, times), _how()]
        subject = _("Sub-processors will change: %(name)s") % {"name": change.subprocessor.name}
        return _serve(subject, "\n\n".join(paragraphs), CHANGE, change, times.notice_clause, at)


def _what(change: Change, terms: Terms) -> str:
    named = {
        "operator": agreements.operator().name,
        "name": change.subprocessor.name,
        "role": change.subprocessor.role,
        "country": words.country(change.details.get("country") or change.subprocessor.country),
        "before": words.country(change.details.get("before", "")),
        "old": change.replaces.name if change.replaces else "",
        "day": _day(change.planned_for, terms),
    }
    if change.kind == COUNTRY:
        said = _(
            "From %(day)s on, %(name)s (%(role)s) processes data in another country: %(country)s, so far %(before)s."
        )
    elif change.replaces:
        said = _(
            "From %(day)s on, %(operator)s intends to engage %(name)s (%(role)s, country: %(country)s) in the place of "
            "%(old)s."
        )
    else:
        said = _(
            "From %(day)s on, %(operator)s intends to engage another sub-processor: %(name)s (%(role)s, country: "
            "%(country)s)."
        )
    return said % named


def _about(row: SubProcessor, change: Change) -> list[str]:
    """What the register tells of it (EDPB Opinion 22/2024): purposes, address, contact, on what a transfer rests."""
    country = change.details.get("country") or row.country
    kinds = dict.fromkeys(row.mechanisms.order_by("valid_from").values_list("kind", flat=True))
    rests = ", ".join(words.mechanism(kind) for kind in kinds)
    lines = [
        (_("Purposes: %(said)s"), "; ".join(row.purposes)),
        (_("Address: %(said)s"), row.address),
        (_("Contact: %(said)s"), row.contact),
        (_("Privacy policy: %(said)s"), row.privacy_url),
        (_("The transfer rests on: %(said)s"), rests if needs_mechanism(country) else ""),
    ]
    told = [line % {"said": said} for line, said in lines if said]
    return ["\n".join(told)] if told else []


def _window(terms: Terms, times: Windows) -> list[str]:
    clause = agreements.clause_named(times.objection_clause, terms)
    until = _instant(times.objection_until, terms)
    said = _(
        "You may object (%(clause)s). Delivered today, this notice gives you until %(until)s; should it reach you "
        "later, the time counts from then."
    )
    shut = _("None of your data goes there before %(opens)s, nor later while an objection of yours stands.")
    return [
        said % {"clause": clause, "until": until},
        shut % {"opens": _instant(times.opens_at, terms)},
    ]


def _how() -> str:
    return _("To object, log in at %(url)s and open Sub-processors, or write to %(contact)s.") % {
        "url": env().public_url,
        "contact": env().operator_contact,
    }


def retract(change: Change, *, at: datetime) -> UUID:
    """Tell the controller that a change of which it was told will not come; return the notice's id."""
    with override(accounts.controller().language):
        subject = _("Sub-processors will not change: %(name)s") % {"name": change.subprocessor.name}
        text = _("The change of which we told you, %(name)s, has been withdrawn. You need not do anything.")
        return _serve(subject, text % {"name": change.subprocessor.name}, RETRACTED, change, "subprocessor.notice", at)


def objected(change: Change, *, in_time: bool, at: datetime) -> UUID:
    """Tell the operator that the scope's controller has objected; its words stay in its scope."""
    said = [
        _("%(controller)s has objected to a change of sub-processors: %(name)s."),
        _("The objection came in time.") if in_time else _("The objection came after its window."),
        _("None of its data goes there while the objection stands. Its words are at %(url)s."),
    ]
    return _to_operator(change, OBJECTED, "\n\n".join(said), at)


def moved(change: Change, state: str, *, at: datetime) -> UUID:
    """Tell the operator what the controller has done about its objection: withdrawn, resolved, or ended the service."""
    if state == "ended":
        said = _(
            "%(controller)s has ended the service that its objection to %(name)s affects, without penalty. None of its "
            "data goes there any more. Its words are at %(url)s."
        )
    else:
        said = _("%(controller)s no longer objects to %(name)s.")
    return _to_operator(change, MOVED, said, at)


def _to_operator(change: Change, kind: str, text: str, at: datetime) -> UUID:
    named = {"controller": accounts.controller().name, "name": change.subprocessor.name, "url": env().public_url}
    return serve(
        kind=kind,
        party="processor",
        subject=_("Objection to %(name)s: %(controller)s") % named,
        text=text % named,
        clause="subprocessor.objection",
        about=("change", change.id),
        at=at,
    )


def settled(change: Change, outcome: str, *, at: datetime) -> UUID:
    """Tell the controller how the operator has answered its objection."""
    with override(accounts.controller().language):
        name = {"name": change.subprocessor.name}
        if outcome == "excluded":
            text = _("You objected to %(name)s. Your data is led round it: none of it goes there.") % name
        else:
            text = _("You objected to %(name)s after the time for it had passed. The change stays in effect.") % name
        subject = _("Your objection to %(name)s") % name
        return _serve(subject, text, SETTLED, change, "subprocessor.objection", at)


def _serve(subject: str, text: str, kind: str, change: Change, clause: str, at: datetime) -> UUID:
    about = ("change", change.id)
    return serve(kind=kind, party="controller", subject=subject, text=text, clause=clause, about=about, at=at)


def _day(at: datetime, terms: Terms) -> str:
    return f"{at.astimezone(ZoneInfo(terms.head.zone)):%Y-%m-%d}"


def _instant(at: datetime, terms: Terms) -> str:
    return f"{at.astimezone(ZoneInfo(terms.head.zone)):%Y-%m-%d %H:%M} ({terms.head.zone})"
