"""What needs a member now: the duties and the knots of a controller, each with the page that deals with it."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.audience.selectors import catalogue
from mandata.campaigns import selectors
from mandata.console.home.owed import owed
from mandata.console.places import address
from mandata.console.privacy import words
from mandata.delivery import selectors as delivery
from mandata.incidents.selectors import share as breaches
from mandata.rights import selectors as rights

_SHOWN = 5
_HELD_BY = {"threshold": gettext_lazy("“%(name)s” is stopped")}


def needs(campaigns: list[dict[str, Any]], *, at: datetime) -> list[dict[str, Any]]:
    """Return what needs somebody, the gravest first: icon, tone, title, text, url, act, clock (due, start, clause)."""
    mine = [*_unknown(campaigns), *_domains(campaigns), *_held(), *_paused(campaigns)]
    return [*_agreement(at), *_breaches(at), *_cases(at), *owed(at), *mine]


def _agreement(at: datetime) -> list[dict[str, Any]]:
    standing = agreements.ground(at).standing
    if standing.accepted and not standing.ended and not standing.stopped:
        return []
    suspended = standing.accepted and not standing.ended
    if suspended and accounts.state() == "suspended":
        return [_suspended_by_operator()]
    return [
        {
            "icon": "scale",
            "tone": "bad",
            "title": _("All processing is suspended") if suspended else _("No agreement is in force"),
            "text": _("Nothing is imported or sent until that changes. Unsubscriptions and requests go on."),
            "url": address("privacy:agreement"),
            "act": _("See the agreement"),
        }
    ]


def _suspended_by_operator() -> dict[str, Any]:
    party = agreements.operator()
    return {
        "icon": "ban",
        "tone": "bad",
        "title": _("%(operator)s has suspended your account") % {"operator": party.name},
        "text": _(
            "Nothing is imported or sent until that changes. Unsubscriptions and requests go on. The reason was mailed"
            " to the owners; questions: %(contact)s"
        )
        % {"contact": party.email},
        "url": address("privacy:limits"),
        "act": _("See the decision"),
    }


def _breaches(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "icon": "alert",
            "tone": "bad",
            "title": _("Breach %(number)s") % {"number": one.number},
            "text": _("Decide whether the authority is to be notified; the form is filled in."),
            "url": reverse("privacy:breach", args=[one.id]),
            "act": _("See the breach"),
            "clock": {"due": one.due.statutory, "start": one.due.begins, "clause": one.due.source} if one.due else None,
        }
        for one in breaches.waiting(at=at)[:_SHOWN]
    ]


def _cases(at: datetime) -> list[dict[str, Any]]:
    kinds = {"access": _("Request for access"), "erasure": _("Request for erasure")}
    return [
        {
            "icon": "case",
            "tone": "bad" if one.late else "warn",
            "title": f"{kinds.get(one.kind, words.KINDS[one.kind])} {one.number}",
            "text": _("Somebody waits for your answer."),
            "url": reverse("privacy:case", args=[one.id]),
            "act": _("Answer"),
            "clock": {"due": one.due_at, "start": one.received_at, "clause": one.due_clause},
        }
        for one in rights.waiting(at=at, limit=_SHOWN)
    ]


def _unknown(campaigns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for one in campaigns:
        count = one["result"].states.get("unknown", 0)
        if count:
            words = ngettext("%(count)d message of unknown outcome", "%(count)d messages of unknown outcome", count)
            found.append(
                {
                    "icon": "alert",
                    "tone": "warn",
                    "title": words % {"count": count},
                    "text": _("“%(name)s”: send again, or count as sent?") % {"name": one["row"].name},
                    "url": reverse("campaigns:send", args=[one["row"].id]) + "#unknown",
                    "act": _("Decide"),
                }
            )
    return found


def _domains(campaigns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if delivery.verified_domains() or not campaigns:
        return []  # of an empty account the way to the first campaign says it
    return [
        {
            "icon": "globe",
            "tone": "warn",
            "title": _("No sending domain is verified"),
            "text": _("Campaigns go out under a domain of your own, and only when its DNS records are right."),
            "url": address("sending:domains"),
            "act": _("See the records"),
        }
    ]


def _held() -> list[dict[str, Any]]:
    return [
        {
            "icon": "alert",
            "tone": "bad",
            "title": (_HELD_BY.get(row.held_reason) or _("“%(name)s” is held after a restore")) % {"name": row.name},
            "text": _("More complaints or dead addresses than the agreement allows: see Sending, What came back.")
            if row.held_reason in _HELD_BY
            else _("The service was restored from a backup. Nothing of it leaves until somebody releases it."),
            "url": reverse("campaigns:send", args=[row.id]),
            "act": _("Decide"),
        }
        for row in selectors.campaigns(state="held")
    ]


def _paused(campaigns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "icon": "pause",
            "tone": "warn",
            "title": _("“%(name)s” is paused") % {"name": one["row"].name},
            "text": _("It waits until somebody resumes or cancels it."),
            "url": reverse("campaigns:send", args=[one["row"].id]),
            "act": _("Go there"),
        }
        for one in campaigns
        if one["row"].state == "paused"
    ]


def way(*, at: datetime, any_campaign: bool) -> list[dict[str, Any]]:
    """Return the way to the first campaign, for components/checks.html: what is done is green."""
    card, agreement, lists = accounts.controller(), agreements.in_force(at), catalogue.lists()
    domains, people = delivery.verified_domains(), sum(one.subscribed for one in lists)
    subscribed = ngettext("%(count)d subscriber", "%(count)d subscribers", people) % {"count": people}
    return [
        {
            "title": _("Agreement in force"),
            "allowed": agreement is not None or None,
            "clause": f"{agreement.name} {agreement.version}" if agreement else "",
            "url": address("privacy:agreement"),
            "act": _("Read it"),
        },
        {
            "title": _("Postal address"),
            "allowed": bool(card.postal_address) or None,
            "reason": card.postal_address or _("Every campaign must carry it."),
            "url": reverse("accounts:settings"),
            "act": _("Write it down"),
        },
        {
            "title": _("A sending domain of your own"),
            "allowed": bool(domains) or None,
            "reason": ", ".join(domains) or _("You copy a few records to your DNS, we look whether they are there."),
            "url": address("sending:domains"),
            "act": _("Add a domain"),
        },
        {
            "title": _("Subscribers with a lawful basis"),
            "allowed": bool(people) or None,
            "reason": subscribed if people else _("Import a file; each row is checked, nothing is lost."),
            "url": address("audience:imports"),
            "act": _("Import"),
        },
        {
            "title": _("The first campaign"),
            "allowed": any_campaign or None,
            "reason": "" if any_campaign else _("Write, look at it as one of your readers, check, send."),
            "url": reverse("campaigns:new"),
            "act": _("Write it"),
        },
    ]
