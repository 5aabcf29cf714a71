"""The certificate of a deletion (RET-5): one JSON file with its proof, verified offline, and the paper for people
(PDF).

It is made from the entry in the record and from the end's own row, which name nobody; so it can be fetched by its link
long after everything else is gone.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import Any, Final
from uuid import UUID

import typst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation import canonical
from mandata.foundation.errors import NotFound
from mandata.holdings.catalogue import catalogue
from mandata.infra.tenancy import current_controller, scope
from mandata.record import certified, signing
from mandata.record import selectors as record
from mandata.retention.selectors import ends as selectors
from mandata.retention.selectors import links
from mandata.retention.services.deleting import ENTRY


def found(*, token: str, at: datetime) -> tuple[UUID, UUID]:
    """Return controller and end behind a link to a certificate. Raises Gone."""
    one = links.linked(token, "certificate", at=at)
    return one.controller_id, one.thing


def proof(end_id: UUID) -> Iterator[str]:
    """Yield the certificate of the scope's deletion as one JSON file (`record.certified`): `mandata verify FILE`.

    Raises NotFound while nothing was signed yet.
    """
    head = record.head()
    if head is None:
        raise NotFound(_("There is no certificate yet."), remedy=_("Come back in a second."))
    entries = record.proven(ENTRY, [end_id], head.size)
    if not entries:
        raise NotFound(_("There is no certificate yet."), remedy=_("Come back once everything is deleted."))
    return certified.pieces(current_controller(), head, signing.signer().public_key(), entries)


def paper(end_id: UUID) -> bytes:
    """Return the certificate of the scope's deletion as PDF (A4), in the active language. Raises NotFound."""
    head = record.head()
    entries = record.proven(ENTRY, [end_id], head.size) if head else []
    if head is None or not entries:
        raise NotFound(_("There is no certificate yet."), remedy=_("Come back once everything is deleted."))
    source = resources.files("mandata.holdings").joinpath("certificate.typ").read_bytes()
    told = canonical.dumps(_told(selectors.end(end_id), entries[0], head.note)).decode()
    made = typst.compile(source, sys_inputs={"certificate": told}, ignore_system_fonts=True, format="pdf")
    if not isinstance(made, bytes):
        raise TypeError("typst returned no document")
    return made


def _told(one: selectors.EndView, entry: "record.Proven", note: str) -> dict[str, Any]:
    names = {holding.description.key: str(holding.description.name) for holding in catalogue()}
    body = canonical.loads(entry.leaf)["body"]
    nobody = _("Without personal data")
    grounds = [gettext(kept["ground"]) for kept in one.kept]
    stays = [
        f"{names.get(kept['holding'], nobody)} ({kept['rows']}): {ground}"
        for kept, ground in zip(one.kept, grounds, strict=True)
    ]
    return {
        "language": (get_language() or "en")[:2],
        "title": _("Certificate of deletion"),
        "lead": _(
            "Everything that was processed for this controller is deleted, and the keys that opened it are destroyed. "
            "This paper names no person."
        ),
        "facts": [list(fact) for fact in _facts(one, body)],
        "held": _("What was deleted"),
        "columns": [_("Where"), _("Deleted"), ""],
        "rows": [[names.get(key, nobody), str(count), ""] for key, count in one.counts.items()],
        "stays": _("What stays, and why"),
        "kept": stays,
        "proof": _("Proof"),
        "waits": "" if entry.index is not None else _("The entry waits for its place in the record."),
        "path": [node.hex() for node in entry.path],
        "note": note,
        "how": _(
            "The entry is a leaf of the record's hash tree (RFC 6962). The hashes above lead from it to the root that "
            "the signed note states. The file with the same certificate is verified by: mandata verify FILE"
        ),
    }


def _facts(one: selectors.EndView, body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    card = accounts.controller()
    yield _("Controller"), card.legal_name or card.name
    yield _("Agreement ended"), _stamp(one.effective_at)
    yield _("Deletion confirmed"), _stamp(one.confirmed_at)
    yield _("Deleted at"), _stamp(one.deleted_at)
    yield (
        _("Keys destroyed"),
        _("%(holders)d of people and things, %(epochs)d of the controller")
        % {
            "holders": one.keys.get("holders", 0),
            "epochs": len(one.keys.get("epochs", ())),
        },
    )
    yield _("Manual holdings"), str(body["manual"]["holdings"])
    held, newest = body["backups"]["held"], body["backups"]["newest"]
    if held:
        yield (
            _("Backups that still lie"),
            _("%(count)d, the newest of %(day)s; what they hold opens for nobody")
            % {
                "count": held,
                "day": str(newest)[:10],
            },
        )
    else:
        yield _("Backups that still lie"), _("none")
    yield _("Entry of the record"), str(one.id)


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""


CONTENTS: Final = ("json", "pdf")


def file(*, token: str, form: str, at: datetime) -> tuple[str, bytes]:
    """Return name and bytes of a certificate behind a link, as `json` or `pdf`. Opens the scope itself. Raises Gone,
    NotFound."""
    controller_id, end_id = found(token=token, at=at)
    with scope(controller_id):
        content = paper(end_id) if form == "pdf" else "".join(proof(end_id)).encode()
    return f"deletion-{end_id}.{form}", content
