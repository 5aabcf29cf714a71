"""Who got a campaign: its messages by state, page by page along an index, identities sealed, and all of them as CSV."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from mandata.audience.rules.cells import Writer
from mandata.audience.selectors import people
from mandata.campaigns import selectors
from mandata.console.campaigns.live import STATES
from mandata.console.campaigns.page import page
from mandata.delivery import following
from mandata.delivery import selectors as delivery
from mandata.infra.tenancy import current_controller, scope

_PAGE: Final = 50


def listed(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    """List a campaign's messages, of one state or all; those that somebody at one provider did not get."""
    found = selectors.find(campaign_id)
    if found.row.state == "draft":
        return redirect("campaigns:send", campaign_id)
    stands, wanted = delivery.progress(campaign_id), _wanted(request)
    rows, earlier, later = _rows(request, campaign_id, wanted)
    known = people.identities([row.subscriber_id for row in rows]) if rows else {}
    context = page(request, found, "send") | {
        "chips": _chips(campaign_id, stands, wanted),
        "count": _count(stands, wanted),
        "providers": _providers(stands, wanted),
        "wanted": wanted,
        "rows": [_row(row, known) for row in rows],
        "earlier": earlier,
        "later": later,
        "csv": f"{reverse('campaigns:recipients_csv', args=[campaign_id])}?{urlencode(wanted)}",
    }
    return render(request, "console/campaigns/recipients.html", context)


def csv(request: HttpRequest, campaign_id: UUID) -> HttpResponseBase:
    """Give the messages as CSV, with references instead of addresses: a list's export is where addresses leave."""
    selectors.find(campaign_id)
    head = [
        _("Number"), _("Reference"), _("Mailbox provider"), _("State"), _("Tries"), _("Reply code"), _("Status"),
        _("Sent"), _("Next try"),
    ]  # fmt: skip
    lines = _lines(current_controller(), campaign_id, _wanted(request), head)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="recipients-{str(campaign_id)[-12:]}.csv"'
    return answer


def _lines(controller_id: UUID, campaign_id: UUID, wanted: dict[str, str], head: list[str]) -> Iterator[str]:
    # The answer streams after the request's scope has ended, so each page is read in one of its own.
    line, after = Writer().line, 0
    yield line(head)
    while True:
        with scope(controller_id):
            rows = following.messages(campaign_id, **wanted, after=after, limit=10_000)
        if not rows:
            return
        yield "".join(line(_cells(row)) for row in rows)
        after = rows[-1].number


def _cells(row: following.Listed) -> list[str]:
    sent = row.sent_at.isoformat(timespec="seconds") if row.sent_at else ""
    next_at = row.next_at.isoformat(timespec="seconds") if row.next_at else ""
    code = str(row.code or "")
    whose = (str(row.number), str(row.subscriber_id), row.provider)
    return [*whose, row.state, str(row.attempts), code, row.status, sent, next_at]


def _wanted(request: HttpRequest) -> dict[str, str]:
    """The filter of a request: a state, and below one of the rare states a provider."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    # Among the many that were sent no index finds a provider's; among the few that were not, one does.
    provider = request.GET.get("provider", "")[:40] if state in following.RARE else ""
    return {"state": state, "provider": provider}


def _rows(request: HttpRequest, campaign_id: UUID, wanted: dict[str, str]) -> tuple[list[following.Listed], str, str]:
    """The page that is asked for, and the addresses of the ones before and after; empty where there is none."""
    after, before = _number(request, "after"), _number(request, "before")
    if before:
        rows = following.messages_before(campaign_id, **wanted, before=before, limit=_PAGE + 1)
        more_before, rows, more_after = len(rows) > _PAGE, rows[-_PAGE:], True
    else:
        rows = following.messages(campaign_id, **wanted, after=after, limit=_PAGE + 1)
        more_before, more_after, rows = after > 0, len(rows) > _PAGE, rows[:_PAGE]
    if not rows:
        return [], "", ""
    earlier = urlencode(wanted | {"before": rows[0].number}) if more_before else ""
    later = urlencode(wanted | {"after": rows[-1].number}) if more_after else ""
    return rows, earlier and f"?{earlier}", later and f"?{later}"


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def _row(row: following.Listed, known: dict[UUID, dict[str, Any]]) -> dict[str, Any]:
    label, tone = STATES.get(row.state, (row.state, "calm"))
    return {
        "one": row,
        "address": people.shown_address(known.get(row.subscriber_id, {}), sealed=True),
        "known": row.subscriber_id in known,
        "provider": row.provider or _("others"),
        "label": label,
        "tone": tone,
        "code": " ".join(part for part in (str(row.code or ""), row.status) if part),
    }


def _chips(campaign_id: UUID, stands: delivery.Progress, wanted: dict[str, str]) -> list[dict[str, Any]]:
    address = reverse("campaigns:recipients", args=[campaign_id])
    every = {"label": _("All"), "count": stands.total, "url": address, "on": not wanted["state"]}
    return [every] + [
        {
            "label": label,
            "count": stands.by_state.get(state, 0),
            "url": f"{address}?{urlencode({'state': state})}",
            "on": wanted["state"] == state,
        }
        for state, (label, _tone) in STATES.items()
        if stands.by_state.get(state) or wanted["state"] == state
    ]


def _providers(stands: delivery.Progress, wanted: dict[str, str]) -> list[tuple[str, int]]:
    """The providers at which somebody's message is in a rare state, the most first."""
    if wanted["state"] not in following.RARE:
        return []
    counts = [(name, states.get(wanted["state"], 0)) for name, states in stands.by_provider.items()]
    return sorted(((name, count) for name, count in counts if name and count), key=lambda one: -one[1])[:50]


def _count(stands: delivery.Progress, wanted: dict[str, str]) -> int:
    state, provider = wanted["state"], wanted["provider"]
    if provider:
        return stands.by_provider.get(provider, {}).get(state, 0)
    return stands.by_state.get(state, 0) if state else stands.total
