"""Certificates of erasures as files: the JSON with every proof, and the paper for people (PDF)."""

from collections.abc import Iterator
from importlib import resources
from typing import Any, Final
from uuid import UUID

import typst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mandata.accounts import selectors as accounts
from mandata.foundation import canonical
from mandata.foundation.errors import NotFound
from mandata.holdings import rules, selectors
from mandata.holdings.catalogue import catalogue
from mandata.holdings.models import Erasure
from mandata.holdings.words import GROUNDS
from mandata.infra.tenancy import current_controller, scope
from mandata.record import certified, signing
from mandata.record import selectors as record

_PAGE: Final = 1_000


def of_run(run_id: UUID) -> Iterator[str]:
    """Yield the certificates of an erasure of many as one JSON file (`record.certified`). Opens the scope again,
    because it is read while it is sent; empty while nobody is erased. Raises NotFound where nothing was signed yet."""
    return _pieces({"run_id": run_id})


def of_all() -> Iterator[str]:
    """Yield the certificates of every erasure of the scope's controller in the same form. Raises NotFound."""
    return _pieces({})


def of_one(erasure_id: UUID) -> Iterator[str]:
    """Yield the certificate of one erasure in the same form. Raises NotFound."""
    return _pieces({"id": erasure_id})


def _pieces(which: dict[str, UUID]) -> Iterator[str]:
    controller, head = current_controller(), record.head()
    if head is None or ("id" in which and not Erasure.objects.filter(**which).exists()):
        raise NotFound(_("There is no certificate yet."), remedy=_("Come back in a second."))
    return certified.pieces(controller, head, signing.signer().public_key(), _proven(controller, which, head.size))


def _proven(controller: UUID, which: dict[str, UUID], size: int) -> Iterator[record.Proven]:
    after = UUID(int=0)
    while True:
        with scope(controller):
            rows = dict(
                Erasure.objects.filter(**which, id__gt=after).order_by("id").values_list("id", "subject")[:_PAGE]
            )
            found = record.proven("holdings.erased", list(rows.values()), size)
        wanted = {str(one) for one in rows}
        yield from (one for one in found if canonical.loads(one.leaf)["body"]["erasure"] in wanted)
        if len(rows) < _PAGE:
            return
        after = max(rows)


def paper(erasure_id: UUID) -> bytes:
    """Return the certificate of one erasure as PDF (A4), in the active language. It names nobody. Raises NotFound."""
    told = selectors.certificate(erasure_id)
    source = resources.files(__package__).joinpath("certificate.typ").read_bytes()
    made = typst.compile(
        source,
        sys_inputs={"certificate": canonical.dumps(_told(told)).decode()},
        ignore_system_fonts=True,
        format="pdf",
    )
    if not isinstance(made, bytes):
        raise TypeError("typst returned no document")
    return made


def _spoken(ground: str) -> str:
    """The log has grounds in English (`erasing`), which is what they are translated from."""
    return _(ground) if ground else ""


def _told(told: selectors.Certificate) -> dict[str, Any]:
    erasure, names = told.erasure, {one.description.key: str(one.description.name) for one in catalogue()}
    return {
        "language": (get_language() or "en")[:2],
        "title": _("Certificate of erasure"),
        "lead": _("What was held of one person was erased. This paper names nobody; the reference leads to nobody."),
        "facts": [list(fact) for fact in _facts(told)],
        "held": _("What was erased"),
        "columns": [_("Where"), _("Deleted"), _("Made anonymous")],
        "rows": [
            [names.get(key, key), str(count["deleted"]), str(count["anonymised"])]
            for key, count in erasure.counts.items()
        ],
        "stays": _("What stays, and why"),
        "kept": [f"{names.get(str(one['holding']), one['holding'])}: {_spoken(one['ground'])}" for one in erasure.kept],
        "proof": _("Proof"),
        "waits": "" if told.index is not None else _("The entry waits for its place in the record."),
        "path": list(told.proof),
        "note": told.note,
        "how": _(
            "The entry is a leaf of the record's hash tree (RFC 6962). The hashes above lead from it to the root that "
            "the signed note states. The file with the same certificate is verified by: mandata verify FILE"
        ),
    }


def _facts(told: selectors.Certificate) -> Iterator[tuple[str, str]]:
    erasure = told.erasure
    yield _("Controller"), accounts.controller().name
    yield _("Erased at"), f"{erasure.at:%Y-%m-%d %H:%M:%S} UTC"
    yield _("Ground"), f"{GROUNDS[erasure.ground]} ({rules.CLAUSES[erasure.ground]})"
    yield _("Random reference"), str(erasure.subject)
    yield _("Erasure"), str(erasure.id)
    if erasure.key_fingerprint:
        yield _("Key destroyed"), f"{erasure.key_fingerprint} ({erasure.epoch})"
    if told.entry:
        yield _("Entry of the record"), str(told.entry)
    if told.index is not None:
        yield _("Place in the record"), f"{told.index} / {told.size}"
        yield _("Root"), told.root
