"""The controller's notification to the supervisory authority (Art. 33(3) GDPR), filled in from what the system knows.

As a document, as PDF by the same road as the agreement, and as JSON. What the officer wrote goes before what we know;
what nobody knows is said to be so. In the controller's scope.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.agreements import pdf
from mandata.agreements.rules.text import Chapter, Document, Paragraph
from mandata.foundation.authorities import told_of_breaches
from mandata.incidents import words
from mandata.incidents.selectors.share import ShareView, share
from mandata.incidents.services import letters

ARTICLE = "Article 33(3) GDPR"


def data(share_id: UUID, *, at: datetime) -> dict[str, Any]:
    """Return the form as JSON-like data, in stable names. Raises NoSuchBreach."""
    view, card = share(share_id, at=at), accounts.controller()
    facts, form = view.facts, view.form
    return {
        "form": ARTICLE,
        "controller": {
            "name": card.legal_name or card.name,
            "address": card.postal_address,
            "country": card.country,
            "contact": card.privacy_contact or card.contact,
        },
        **_authority(form.get("authority", ""), card.country),
        "officer": form.get("officer") or card.privacy_contact or card.contact,
        "processor": letters.contact(),
        "breach": view.row.number,
        "drill": view.row.drill,
        "times": {
            "controller_aware": _iso(view.row.own_aware_at),
            "processor_aware": _iso(view.aware_at),
            "began": facts.get("began_at") or view.report.get("began_at"),
            "ended": facts.get("ended_at") or view.report.get("ended_at"),
            "due": _iso(view.row.due.statutory) if view.row.due else None,
        },
        "nature": {
            "text": facts.get("nature") or view.report.get("words", ""),
            "kinds": facts.get("kinds") or view.report.get("kinds") or [],
            "certain": facts.get("certain", True),
            "subjects": form.get("subjects") or view.row.subjects,
            "records": form.get("records") or view.row.records,
            "categories": words.rows(view.places),
        },
        "consequences": form.get("consequences") or facts.get("consequences", ""),
        "measures": form.get("measures") or facts.get("measures", ""),
        "cross_border": form.get("cross_border", ""),
        "delay": form.get("delay") or view.delay,
        "lacking": lacking(view),
    }


def _authority(said: str, country: str) -> dict[str, str]:
    """Who is notified: whom the officer names, else whom the controller's country has."""
    name, page = told_of_breaches(country)
    return {"authority": said or name, "authority_page": page if not said or said == name else ""}


def lacking(view: ShareView) -> list[str]:
    """Return what the form still lacks: it may be sent all the same, the rest in phases (Art. 33(4) GDPR)."""
    have = {**view.facts, **view.form}
    have["nature"] = have.get("nature") or view.report.get("words", "")
    missing = [name for name in ("nature", "consequences", "measures") if not str(have.get(name) or "").strip()]
    return [*missing, *(["subjects"] if not have.get("subjects") and view.row.subjects is None else [])]


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def document(share_id: UUID, *, language: str, at: datetime) -> Document:
    """Return the form as a document in a language ("en", "cs"). Raises NoSuchBreach."""
    with translation.override(language):
        told, card = data(share_id, at=at), accounts.controller()
        zone = ZoneInfo(card.time_zone)
        chapters = (
            Chapter("1", _("Who notifies"), tuple(_parties(told))),
            Chapter("2", _("The breach"), tuple(_breach(told, zone))),
            Chapter("3", _("Consequences and measures"), tuple(_after(told))),
        )
        subtitle = _("%(article)s; breach no. %(number)s, as known on %(at)s") % {
            "article": ARTICLE,
            "number": told["breach"],
            "at": letters.instant(at, zone),
        }
        title = _("Notification of a personal data breach to the supervisory authority")
        if told["drill"]:
            title = letters.drill(title)
        return Document(language, title, subtitle, chapters)


def as_pdf(share_id: UUID, *, language: str, at: datetime) -> bytes:
    """Return the form as PDF. Raises NoSuchBreach."""
    return pdf.pdf(document(share_id, language=language, at=at))


def _said(key: str, title: str, text: str, *lines: str) -> Paragraph:
    return Paragraph("", key, title, text or letters.unknown(), tuple(line for line in lines if line), "", "")


def _parties(told: dict[str, Any]) -> Iterator[Paragraph]:
    who = told["controller"]
    yield _said("authority", _("Supervisory authority"), told["authority"], told["authority_page"])
    yield _said("controller", _("Controller"), who["name"], who["address"], who["country"], who["contact"])
    yield _said("officer", _("Data protection officer or other contact point"), told["officer"])
    yield _said("processor", _("Processor"), told["processor"][0], *told["processor"][1:])


def _breach(told: dict[str, Any], zone: ZoneInfo) -> Iterator[Paragraph]:
    times, nature = told["times"], told["nature"]
    named = (
        (_("The controller became aware: %(at)s"), times["controller_aware"]),
        (_("The processor became aware: %(at)s"), times["processor_aware"]),
        (_("It began: %(at)s"), times["began"]),
        (_("It ended: %(at)s"), times["ended"]),
    )
    lines = [line % {"at": letters.instant(value, zone) if value else letters.unknown()} for line, value in named]
    yield _said("times", _("When"), lines[0], *lines[1:])
    if told["delay"]:
        yield _said("delay", _("Reasons for a notification after 72 hours"), told["delay"])
    yield _said("nature", _("Nature of the breach"), nature["text"], *words.kinds(nature["kinds"]))
    unknown = letters.unknown()
    people = _("Data subjects: about %(number)s") % {"number": nature["subjects"]}
    records = _("Records: about %(number)s") % {"number": nature["records"]}
    counted = {one["key"]: (one["people"], one["records"]) for one in nature["categories"]}
    yield _said(
        "numbers",
        _("Categories and approximate numbers"),
        people if nature["subjects"] is not None else unknown,
        records if nature["records"] is not None else "",
        *words.places(counted),
    )


def _after(told: dict[str, Any]) -> Iterator[Paragraph]:
    yield _said("consequences", _("Likely consequences"), told["consequences"])
    yield _said("measures", _("Measures taken or proposed"), told["measures"])
    if told["cross_border"]:
        yield _said("cross_border", _("People in other Member States"), told["cross_border"])
