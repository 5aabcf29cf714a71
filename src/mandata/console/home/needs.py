"""What needs a member now: the duties and the knots of a controller, each with the page that deals with it."""

from datetime import UTC, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mandata.accounts import selectors as accounts
from mandata.agreements import selectors as agreements
from mandata.agreements.rules.facts.standing import Standing
from mandata.audience.selectors import catalogue
from mandata.audits import selectors as audits
from mandata.campaigns import selectors
from mandata.console.home.owed import owed
from mandata.console.places import address
from mandata.console.privacy import words
from mandata.delivery import selectors as delivery
from mandata.incidents.selectors import share as breaches
from mandata.retention.selectors import ends
from mandata.rights import selectors as rights

_SHOWN = 5
_HELD_BY = {"threshold": gettext_lazy("“%(name)s” is stopped")}


def needs(campaigns: list[dict[str, Any]], *, at: datetime) -> list[dict[str, Any]]:
    """Return what needs somebody, the gravest first: icon, tone, title, text, url, act, clock (due, start, clause).

    Once the agreement has ended nothing is sent any more, and there is nothing to object to or to decide on: what is
    left are people's requests, breaches, audits, duties, accesses, and what becomes of the data.
    """
    ended = agreements.ground(at).standing.ended
    mine = [] if ended else [*_unknown(campaigns), *_domains(campaigns), *_held(), *_paused(campaigns)]
    watched = [*_accesses(at), *_unusual(), *_audits()]
    waiting = breaches.waiting(at=at)[:_SHOWN]
    duties = owed(at, ended=ended, besides={one.due.id for one in waiting if one.due})
    return [*_agreement(at), *_breaches(waiting), *_cases(at), *watched, *duties, *mine]


def _agreement(at: datetime) -> list[dict[str, Any]]:
    standing, end = agreements.ground(at).standing, ends.current()
    if standing.ended and end is not None:
        return [_ending(_("The agreement ended on %(day)s"), end.effective_at)]
    coming = [_ending(_("The agreement ends on %(day)s"), end.effective_at)] if end and end.effective_at > at else []
    return [*_stopped(standing), *coming]


def _stopped(standing: Standing) -> list[dict[str, Any]]:
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


def _ending(title: str, at: datetime) -> dict[str, Any]:
    return {
        "icon": "clock",
        "tone": "warn",
        "title": title % {"day": f"{at:%Y-%m-%d}"},
        "text": _("See what becomes of your data and by when, and take it with you."),
        "url": reverse("privacy:ending"),
        "act": _("See the timetable"),
    }


def _accesses(at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "icon": "eye",
            "tone": "warn",
            "title": _("%(name)s of our staff can see your data now") % {"name": one.name},
            "text": _("Reason: %(reason)s. Until %(until)s UTC; you can end it.")
            % {"reason": one.reason, "until": f"{one.until.astimezone(UTC):%Y-%m-%d %H:%M}"},
            "url": reverse("accounts:accesses"),
            "act": _("See it"),
        }
        for one in accounts.accesses(limit=_SHOWN * 4)
        if one.is_open(at)
    ][:_SHOWN]


def _unusual() -> list[dict[str, Any]]:
    count = len(accounts.alerts(limit=50, unsettled=True))
    if not count:
        return []
    title = ngettext("%(count)d unusual access to your data", "%(count)d unusual accesses to your data", count)
    return [
        {
            "icon": "alert",
            "tone": "warn",
            "title": title % {"count": count},
            "text": _("Say whether it was meant to be."),
            "url": reverse("accounts:accesses"),
            "act": _("See it"),
        }
    ]


def _audits() -> list[dict[str, Any]]:
    return [
        {
            "icon": "scale",
            "tone": "warn",
            "title": _("Audit %(number)s: terms are proposed") % {"number": one.number},
            "text": _("Agree to its dates, rules and price, or say what is to change."),
            "url": reverse("privacy:audit", args=[one.id]),
            "act": _("Look and decide"),
        }
        for one in audits.audits(limit=20)
        if one.closed_at is None and one.proposed is not None and one.proposed.proposed_by == "processor"
    ][:_SHOWN]


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


def _breaches(waiting: list[breaches.ShareRow]) -> list[dict[str, Any]]:
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
        for one in waiting
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
