"""The record: browse, look at one entry with its proof, take it along."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from mandata.console.privacy import evidence
from mandata.foundation import merkle
from mandata.foundation.errors import NotFound
from mandata.infra.clock import now
from mandata.record import selectors

_PAGE = 50


def record(request: HttpRequest) -> HttpResponse:
    """Show the newest entries, filtered by kind, and the newest signed head."""
    kind = request.GET.get("kind", "")
    before = _uuid(request.GET.get("before", ""))
    entries = selectors.entries(kind=kind, before=before, limit=_PAGE + 1)
    context = {
        "entries": entries[:_PAGE],
        "older": entries[_PAGE - 1].id if len(entries) > _PAGE else None,
        "first_page": before is None,
        "kind": kind,
        "kinds": _kinds(),
        "head": selectors.head(),
        "size": selectors.size(),
        "waiting": selectors.waiting(),
        **evidence.shown(now().date()),
    }
    return render(request, "console/privacy/record.html", context)


def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry with the way from its leaf to the signed root."""
    view = _entry(entry_id)
    context = {"entry": view, "body": json.dumps(view.body, indent=2, ensure_ascii=False), "proof": _proof(view)}
    return render(request, "console/privacy/entry.html", context)


def proof(_request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Give the entry's exact bytes, its audit path and the signed head as one JSON file."""
    found = _proof(_entry(entry_id))
    if found is None:
        raise NotFound(
            _("This entry still waits for its place in the log."),
            remedy=_("Come back in a second."),
            code="record.waits",
        )
    answer = HttpResponse(json.dumps(found, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{entry_id}.json"'
    return answer


def _entry(entry_id: UUID) -> selectors.EntryView:
    found = selectors.entry(entry_id)
    if found is None:
        raise NotFound(_("There is no such entry in this record."), remedy=_("Look for it in the list of entries."))
    return found


def _proof(view: selectors.EntryView) -> dict[str, Any] | None:
    """The proof as data; None while the entry waits or no head covers it yet."""
    head = selectors.head()
    if view.index is None or head is None or view.index >= head.size:
        return None
    index, path = selectors.inclusion_proof(view.id, head.size)
    leaf = selectors.leaf(view.id)
    return {
        "format": "mandata-proof-1",
        "leaf": leaf.decode(),
        "leaf_hash": merkle.leaf_hash(leaf).hex(),
        "index": index,
        "size": head.size,
        "path": [node.hex() for node in path],
        "root": bytes(head.root).hex(),
        "head": head.note,
        "holds": merkle.verify_inclusion(merkle.leaf_hash(leaf), index, head.size, path, bytes(head.root)),
    }


def _kinds() -> list[tuple[str, str]]:
    """The areas of entries, as prefixes of their kinds."""
    return [
        ("agreement.", _("Agreement")),
        ("instruction.", _("Instructions")),
        ("obligation.", _("Obligations")),
        ("notice.", _("Notices")),
        ("subprocessor.", _("Sub-processors")),
        ("staff.", _("Accesses of our staff")),
        ("member.", _("Members")),
        ("import.", _("Imports")),
        ("campaign.", _("Campaigns")),
        ("case.", _("Requests")),
        ("erasure.", _("Erasures")),
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
