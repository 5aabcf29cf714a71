"""A person's page: sealed until shown, the evidence of every subscription, a timeline of everything, acts."""

import itertools
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.audience import selectors, services
from mandata.audience.errors import NoSuchList
from mandata.audience.rules.bases import Basis, Reason
from mandata.audience.rules.fields import FieldType
from mandata.audience.services.showing import shown
from mandata.campaigns import selectors as campaigns
from mandata.console import requests
from mandata.console.audience import words
from mandata.console.audience.forms import EvidenceForm, LeaveForm, RequestForm
from mandata.console.privacy import words as cases
from mandata.delivery import selectors as delivery
from mandata.foundation.errors import Refused
from mandata.holdings import manual
from mandata.holdings import selectors as holdings
from mandata.infra.clock import now
from mandata.rights import selectors as rights
from mandata.rights import services as desk
from mandata.tracking import selectors as tracking

_EVENTS = 100
_ACTS = ("reveal", "subscribe", "unsubscribe", "correct", "restrict", "request")


def person(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Show one person; the identity stays sealed."""
    return render(request, "console/audience/person.html", _context(request, selectors.person(subscriber_id)))


def reveal(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Show who the person is: a deliberate act, entered in the record."""
    found = selectors.person(subscriber_id)
    if request.method != "POST":
        return redirect("audience:person", subscriber_id)
    shown(subscriber_ids=[subscriber_id], actor=requests.actor(request), at=now())
    requests.counted(request, 1)
    context = {**_context(request, found), **_identity(found)}
    part = request.headers.get("HX-Request") == "true"
    return render(request, f"console/audience/{'identity_part' if part else 'person'}.html", context)


def _context(request: HttpRequest, found: selectors.Person, **more: Any) -> dict[str, Any]:
    lists = selectors.lists()
    on = {place.list_id for place in found.places if place.state == "subscribed"}
    may = {act: request.may(f"audience:{act}") for act in _ACTS}  # type: ignore[attr-defined]
    return {
        "person": found,
        "masked": selectors.shown_address(found.identity, sealed=True),
        "names": [place.list_name for place in found.places],
        "places": [_place(place, found) for place in found.places],
        "suppressions": [_suppression(row, found) for row in found.suppressions],
        "clear": _clear(found),
        "facts": _facts(found),
        "timeline": _timeline(found),
        "cases": [_case(case_id) for case_id in rights.cases_of(found.id)],
        "subscribed": bool(on),
        "may": may,
        "subscribe_form": EvidenceForm(lists=[one for one in lists if one.id not in on]),
        "offers_lists": any(one.id not in on for one in lists),
        "leave_form": LeaveForm(),
        "request_form": RequestForm(),
        **more,
    }


def _identity(found: selectors.Person) -> dict[str, Any]:
    specs = selectors.field_specs()
    held = {key: value for key, value in found.identity.items() if key in specs}
    inputs = [
        {"key": key, "label": words.field(spec), "value": _typed(held.get(key, found.clear.get(key)), spec.type)}
        for key, spec in specs.items()
    ]
    values = [{"label": words.field(specs[key]), "value": words.value(value)} for key, value in held.items()]
    return {
        "open": True,
        "address": str(found.identity.get("email", "")),
        "values": values,
        "inputs": inputs,
        "typed_email": "",
    }


def _typed(value: object, kind: FieldType) -> str:
    if kind is FieldType.BOOLEAN and isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _place(place: selectors.Place, found: selectors.Person) -> dict[str, Any]:
    evidence = place.evidence
    return {
        "place": place,
        "state": words.state(place.state),
        "basis": words.basis(place.basis),
        "source": evidence.get("source", ""),
        "at": parse_datetime(str(evidence.get("at") or "")) or None,
        "digest": str(evidence.get("words", ""))[:16],
        "line": evidence.get("row") or evidence.get("line") or "",
        "ended_by": words.ENDED_BY.get(place.ended_by, place.ended_by),
        "dialog": f"leave-{place.list_id}",
        "title": _("End the subscription to %(list)s?") % {"list": place.list_name},
        "leave": LeaveForm(initial={"list": place.list_id}, auto_id=f"id_{place.list_id.hex}_%s"),
        "sealed_words": bool(found.evidence_words),
    }


def _suppression(row: tuple[str, str, str, datetime], found: selectors.Person) -> dict[str, Any]:
    channel, scope, reason, since = row
    named = {str(place.list_id): place.list_name for place in found.places}
    return {
        "reason": words.reason(reason),
        "scope": named.get(scope, _("one list")) if scope else _("all messages"),
        "channel": channel,
        "since": since,
    }


def _clear(found: selectors.Person) -> list[dict[str, str]]:
    specs = selectors.field_specs()
    return [
        {"label": words.field(specs[key]) if key in specs else key, "value": words.value(value)}
        for key, value in found.clear.items()
    ]


def _facts(found: selectors.Person) -> list[dict[str, str]]:
    names = {"provider": _("Provider"), "country": _("Country"), "language": _("Language"), "region": _("Region")}
    shown_as = {"country": words.country}
    return [
        {"label": label, "value": shown_as.get(name, str)(found.facets[name])}
        for name, label in names.items()
        if found.facets.get(name)
    ]


def _timeline(found: selectors.Person) -> list[dict[str, Any]]:
    entries = itertools.chain(_subscriptions(found), _events(found.id), _states(found))
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def _subscriptions(found: selectors.Person) -> Iterator[dict[str, Any]]:
    for place in found.places:
        source = str(place.evidence.get("source", ""))
        text = " · ".join(part for part in (words.basis(place.basis), source) if part)
        title = _("Came on %(list)s") % {"list": place.list_name}
        yield {"at": place.since, "title": title, "icon": "plus", "tone": "good", "text": text}
        if place.ended_at:
            title = _("Left %(list)s") % {"list": place.list_name}
            who = words.ENDED_BY.get(place.ended_by, place.ended_by)
            yield {"at": place.ended_at, "title": title, "icon": "minus", "tone": "warn", "who": who}


def _states(found: selectors.Person) -> Iterator[dict[str, Any]]:
    yield {"at": found.created_at, "title": _("Became known here"), "icon": "user", "tone": "calm"}
    if found.restricted_at:
        yield {"at": found.restricted_at, "title": _("Restricted (Art. 18 GDPR)"), "icon": "lock", "tone": "warn"}
    for _channel, _scope, reason, since in found.suppressions:
        title = _("Suppressed: %(reason)s") % {"reason": words.reason(reason)}
        yield {"at": since, "title": title, "icon": "ban", "tone": "bad"}


def _events(subscriber_id: UUID) -> Iterator[dict[str, Any]]:
    rows = tracking.timeline(subscriber_id, at=now(), limit=_EVENTS)
    sent = delivery.received(subscriber_id, limit=_EVENTS)
    names = {row.id: row.name for row in campaigns.campaigns()} if rows or sent else {}
    for message in sent:
        title = ": ".join(part for part in (_("Sent"), names.get(message.campaign_id, "")) if part)
        text = _("to a relay, which decided what became of it") if message.relayed else ""
        yield {"at": message.sent_at, "title": title, "icon": "send", "tone": "calm", "text": text}
    titles = {
        "open": (_("Opened"), "eye", "info"),
        "click": (_("Clicked"), "link", "good"),
        "web": (_("Visit of your site"), "link", "good"),
        "unsubscribe": (_("Unsubscribed"), "minus", "warn"),
    }
    for row in rows:
        title, icon, tone = titles.get(row.kind, (row.kind, "dots", "calm"))
        name = names.get(row.campaign_id, "")
        machine = "" if row.origin == "human" else _("by a machine")
        yield {
            "at": row.at,
            "title": f"{title}: {name}" if name else title,
            "icon": icon,
            "tone": "calm" if machine else tone,
            "text": _("link %(number)d") % {"number": row.link} if row.kind == "click" else "",
            "who": " · ".join(part for part in (row.agent, machine) if part),
        }


def _case(case_id: UUID) -> dict[str, Any]:
    row = rights.case(case_id, at=now()).row
    label, tone = cases.STATES[row.state]
    return {"row": row, "kind": cases.KINDS[row.kind], "state": label, "tone": tone}


def subscribe(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Put this person on another list, with basis and evidence."""
    found = selectors.person(subscriber_id)
    form = EvidenceForm(request.POST, lists=selectors.lists())
    if not form.is_valid():
        context = _context(request, found, subscribe_form=form)
        return render(request, "console/audience/person.html", context, status=422)
    given = form.cleaned_data
    services.subscribe(
        list_id=UUID(given["list"]),
        email=str(found.identity["email"]),
        basis=Basis(given["basis"]),
        source=given["source"],
        consent_words=given["words"],
        actor=requests.actor(request),
        at=now(),
    )
    messages.success(request, _("The person is on the list; basis and evidence are kept."))
    return redirect("audience:person", subscriber_id)


def unsubscribe(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """End one subscription, or all messages, and suppress accordingly."""
    form = LeaveForm(request.POST)
    reason = Reason(form.cleaned_data["reason"]) if form.is_valid() else Reason.UNSUBSCRIBED
    list_id = _list(request.POST.get("list", ""))
    services.unsubscribe(
        subscriber_id=subscriber_id, list_id=list_id, reason=reason, actor=requests.actor(request), at=now()
    )
    messages.success(request, _("Ended. Nothing more is sent to this person there."))
    return redirect("audience:person", subscriber_id)


def _list(text: str) -> UUID | None:
    """The list that a form names; None where it names none, which means all messages."""
    try:
        return selectors.find_list(UUID(text)).id if text else None
    except ValueError:
        raise NoSuchList(_("There is no such list."), remedy=_("Choose one of those shown.")) from None


def correct(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Correct what is held of a person (Art. 16 GDPR); a value that does not fit keeps what was typed."""
    found = selectors.person(subscriber_id)
    specs = selectors.field_specs()
    before = {entry["key"]: entry["value"] for entry in _identity(found)["inputs"]}
    typed = {key: request.POST[key].strip() for key in specs if key in request.POST}
    changed = {key: text for key, text in typed.items() if text != before[key]}
    email = request.POST.get("email", "").strip()
    email = "" if email == found.identity.get("email") else email
    if not changed and not email:
        messages.info(request, _("Nothing was changed."))
        return redirect("audience:person", subscriber_id)
    try:
        with transaction.atomic():
            services.rectify(
                subscriber_id=subscriber_id, values=changed, email=email, actor=requests.actor(request), at=now()
            )
            manual.open_for_person(act="rectify", subject=holdings.subject(subscriber_id), at=now())
    except Refused as refused:
        return _not_taken(request, found, refused, typed, email)
    messages.success(request, _("Corrected."))
    return redirect("audience:person", subscriber_id)


def _not_taken(
    request: HttpRequest, found: selectors.Person, refused: Refused, typed: dict[str, str], email: str
) -> HttpResponse:
    identity = _identity(found)
    at_fault = str(refused.evidence.get("field", "email" if email else ""))
    for entry in identity["inputs"]:
        entry["value"] = typed.get(entry["key"], entry["value"])
        entry["error"] = refused.message if entry["key"] == at_fault else ""
    identity |= {"typed_email": email, "email_error": refused.message if at_fault == "email" else ""}
    context = {**_context(request, found), **identity, "correcting": True, "refusal": refused}
    return render(request, "console/audience/person.html", context, status=refused.status)


def restrict(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Restrict a person's data (Art. 18 GDPR), or lift the restriction."""
    selectors.person(subscriber_id)
    lifts = bool(request.POST.get("lift"))
    verb = services.unrestrict if lifts else services.restrict
    if verb(subscriber_id=subscriber_id, actor=requests.actor(request), at=now()):
        act = "lift" if lifts else "restrict"
        manual.open_for_person(act=act, subject=holdings.subject(subscriber_id), at=now())
    told = _("The restriction is lifted.") if lifts else _("Restricted: kept, and left alone.")
    messages.success(request, told)
    return redirect("audience:person", subscriber_id)


def request(request: HttpRequest, subscriber_id: UUID) -> HttpResponse:
    """Open a case under Privacy for what this person asked for by another way."""
    found = selectors.person(subscriber_id)
    form = RequestForm(request.POST)
    if not form.is_valid():
        context = _context(request, found, request_form=form)
        return render(request, "console/audience/person.html", context, status=422)
    case = desk.receive(
        kind=form.cleaned_data["kind"],
        address=str(found.identity["email"]),
        channel=form.cleaned_data["channel"],
        language=found.facets.get("language") or get_language() or "en",
        actor=requests.actor(request),
        at=now(),
    )
    messages.success(request, _("The request is on record. The person has been mailed a link to confirm it."))
    return redirect("privacy:case", case.case_id)
