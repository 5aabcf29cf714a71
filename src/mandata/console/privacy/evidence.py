"""What a controller keeps of its record to prove it by itself: heads, proofs of consistency, packs of a period."""

import json
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mandata.console import requests
from mandata.foundation import merkle
from mandata.foundation.actors import Actor
from mandata.foundation.errors import NotFound
from mandata.infra.clock import now
from mandata.infra.environment import env
from mandata.record import packs, periods, selectors, services
from mandata.record.services.stamping import certificates

SHOWN = 6
HOW = {"page": gettext_lazy("taken from this page"), "notice": gettext_lazy("sent by mail")}
_PIECE = 1 << 16


class PackForm(forms.Form):
    """The period of a pack."""

    since = forms.DateField(
        label=pgettext_lazy("period", "From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=pgettext_lazy("period", "To"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("This day included; days in UTC."),
    )

    def clean(self) -> dict[str, Any]:
        """The end is not before the beginning."""
        given = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", _("This is before the beginning."))
        return given


def shown(today: date) -> dict[str, Any]:
    """What the page of the record tells of heads handed over, of the newest stamp, and of packs."""
    newest = selectors.head()
    return {
        "handed": [_handed(one, newest.size, bytes(newest.root)) for one in selectors.handed_heads(SHOWN)]
        if newest
        else [],
        "stamp": selectors.instance_stamp(),
        "pack": PackForm(initial={"since": today - timedelta(days=30), "until": today}),
    }


def _handed(one: selectors.HeadView, size: int, root: bytes) -> dict[str, Any]:
    ways = [{"how": HOW[handed.how], "at": handed.at} for handed in one.handed]
    return {"one": one, "ways": ways, "holds": _consistent(one, size, root)[0]}


def _consistent(one: selectors.HeadView, size: int, root: bytes) -> tuple[bool, list[bytes]]:
    """Whether the log as it is leads from that head to the newest one, and the proof of it."""
    path = selectors.consistency_proof(one.size, size) if one.size < size else []
    return merkle.verify_consistency(one.size, size, path, one.root, root), path


def head(request: HttpRequest) -> HttpResponse:
    """Hand the newest signed head over as a file; that it was is recorded."""
    newest = selectors.head()
    if newest is None:
        raise NotFound(_("Nothing has been signed yet."), remedy=_("Come back in a second."))
    member = requests.member(request)
    services.receipt(
        size=newest.size, how="page", to=member.member_id, at=now(), actor=Actor("member", member.member_id)
    )
    answer = HttpResponse(newest.note, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="head-{newest.size}.note"'
    return answer


def consistency(_request: HttpRequest, size: int) -> HttpResponse:
    """Give the proof that the log of the newest head begins with the log of an older one, both with their notes."""
    newest = selectors.head()
    old = next(iter(selectors.heads(1, before=size + 1)), None)
    if newest is None or old is None or old.size != size:
        raise NotFound(_("No head was signed for so many entries."), remedy=_("Choose one of the page."))
    holds, path = _consistent(old, newest.size, bytes(newest.root))
    told = {
        "format": "mandata-consistency-1",
        "old": {"size": old.size, "root": old.root.hex(), "head": old.note},
        "new": {"size": newest.size, "root": bytes(newest.root).hex(), "head": newest.note},
        "path": [node.hex() for node in path],
        "holds": holds,
    }
    answer = HttpResponse(json.dumps(told, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="consistency-{size}-{newest.size}.json"'
    return answer


def pack(request: HttpRequest) -> HttpResponseBase:
    """Give the record of a period as a file that anybody verifies offline; it is made while it is fetched."""
    form = PackForm(request.POST)
    if not form.is_valid() or selectors.head() is None:
        messages.error(request, _("Choose a beginning and an end that is not before it."))
        return redirect("privacy:record")
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    member = requests.member(request)
    ends = periods.instant(since.isoformat(), end=False), periods.instant(until.isoformat(), end=True)
    answer = StreamingHttpResponse(
        _made(member.controller_id, *ends, Actor("member", member.member_id)), content_type="application/zip"
    )
    answer["Content-Disposition"] = f'attachment; filename="record-{since}-{until}.zip"'
    return answer


def _made(log: UUID, since: datetime, until: datetime, actor: Actor) -> Iterator[bytes]:
    """Make the pack and give it piece by piece. It runs after the view, when no scope is open any more."""
    with tempfile.TemporaryFile(dir=env().var) as file:
        done = packs.write(file, log, since=since, until=until, at=now(), certificates=certificates())
        packs.enter(log, done, since=since, until=until, at=now(), actor=actor)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
