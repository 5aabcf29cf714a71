"""What stands beside the record in a pack of evidence: lists drawn from the running system, each file streamed.

Which obligations, accesses, audits and requests are listed is read from the record itself, for the leaves of the pack,
and from what is open; the verifier compares the two, so that one left out shows (`record.verifier`). Of data subjects
and of other controllers nothing is in it. Files of the operator's own (certificates) are the same for everybody.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mandata.agreements import selectors as agreements
from mandata.agreements.selectors import obligations
from mandata.assistance import selectors as assistance
from mandata.audience.rules.cells import safe
from mandata.audits import selectors
from mandata.backups import selectors as backups
from mandata.foundation import canonical
from mandata.holdings import processing
from mandata.incidents.selectors import desk
from mandata.incidents.selectors import share as breaches
from mandata.infra.tenancy import scope
from mandata.measures import selectors as checked
from mandata.record import selectors as record
from mandata.record.packs import Document
from mandata.subprocessors import selectors as subprocessors

FORMAT: Final = "mandata-evidence-1"
_FEW: Final = 500
_OBLIGATION: Final = (
    "number", "duty", "source", "kind", "cause", "about_kind", "about", "owed_by", "owed_to", "post", "opened_at",
    "since", "period", "strict", "statutory", "zone", "state", "late", "late_at", "closed_at",
)  # fmt: skip
FILES: Final = {
    "agreements.json": "the agreements that bound, each with the SHA-256 of its exact text",
    "obligations.ndjson": "what either party owed: met, late, open",
    "obligations.csv": "the same as a table",
    "measures.json": "technical and organisational measures, and the results of their checks",
    "processing.pdf": "the record of processing activities (Art. 30(2) GDPR)",
    "processing.csv": "the same as a table",
    "subprocessors.json": "the register of sub-processors, and what was announced",
    "accesses.ndjson": "accesses of the operator's staff to this controller's data",
    "breaches.ndjson": "what the record tells of breaches that touched this controller, drills apart",
    "corrections.ndjson": "corrective measures of these breaches: due, carried out, late",
    "audits.ndjson": "audits that were asked for",
    "requests.ndjson": "documents and help that one party asked the other for",
    "backups.json": "backups of the installation, restores and drills, without anything of a controller",
    "certificates.json": "attestations of the operator's; the files beside it in certificates/",
}
"""What each file is, in English, as index.json tells it."""

_ABOVE: Final = frozenset({"backups.json", "corrections.ndjson"})
"""What stands above controllers and opens a scope of its own."""

Rows = Iterator[dict[str, Any]]


def documents(
    log: UUID, first: int, last: int, *, since: datetime, until: datetime, at: datetime, done: Callable[[], None]
) -> Iterable[Document]:
    """The files of a pack for the leaves from `first` to `last`; each is read when its turn comes, in its own scope.

    `done` is called after each. Open no scope around it.
    """
    with scope(log):
        held, touched = selectors.certificates(), breaches.known()
    told: dict[str, Callable[[], Iterable[bytes]]] = {
        "agreements.json": lambda: [_json(_agreements())],
        "obligations.ndjson": lambda: _ndjson(_obligations(first, last, at)),
        "obligations.csv": lambda: _csv(("id", *_OBLIGATION), _obligations(first, last, at)),
        "measures.json": lambda: [_json(_measures(since, until))],
        "processing.pdf": lambda: [processing.as_pdf(language="en", at=at)],
        "processing.csv": lambda: [processing.as_csv(language="en", at=at)],
        "subprocessors.json": lambda: [_json(_subprocessors(at))],
        "accesses.ndjson": lambda: _ndjson(_accesses(first, last)),
        "breaches.ndjson": lambda: _ndjson(_entries(("breach.",), first, last)),
        "corrections.ndjson": lambda: _ndjson(_corrections(touched, at)),
        "audits.ndjson": lambda: _ndjson(_audits()),
        "requests.ndjson": lambda: _ndjson(_requests()),
        "backups.json": lambda: [_json(_backups())],
        "certificates.json": lambda: [_json(_certificates())],
    }
    index = {
        "format": FORMAT,
        "log": log,
        "since": since,
        "until": until,
        "made": at,
        "files": {**FILES, **{_named(one): one.title for one in held}},
    }
    yield Document("index.json", lambda: [_json(index)])
    for name, pieces in told.items():
        yield Document(name, _inside(None if name in _ABOVE else log, pieces, done))
    for one in held:
        yield Document(_named(one), _inside(log, _content(one.id), done))


def count() -> int:
    """How many files a pack will have beside the record."""
    return len(FILES) + len(selectors.certificates())


def _content(certificate: UUID) -> Callable[[], Iterable[bytes]]:
    return lambda: [selectors.certificate(certificate)[1]]


def _inside(
    log: UUID | None, pieces: Callable[[], Iterable[bytes]], done: Callable[[], None]
) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with nullcontext() if log is None else scope(log):
            yield from pieces()
        done()

    return read


def _named(one: selectors.CertificateView) -> str:
    """A name without anything that a file system could take for a path."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", one.title).strip("-").lower()[:60] or "certificate"
    ending = {"application/pdf": ".pdf", "text/plain": ".txt", "image/png": ".png"}.get(one.media_type, ".bin")
    return f"certificates/{one.id}-{plain}{ending}"


def _json(value: object) -> bytes:
    return json.dumps(json.loads(canonical.dumps(value)), indent=1, ensure_ascii=False).encode() + b"\n"


def _ndjson(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for row in rows:
        yield canonical.dumps(row) + b"\n"


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    yield b"\xef\xbb\xbf"
    for row in rows:
        values = ("" if row[name] is None else row[name] for name in columns)
        writer.writerow([safe(one.isoformat() if isinstance(one, datetime) else str(one)) for one in values])
        if out.tell() > 2**16:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _agreements() -> list[dict[str, Any]]:
    return [
        {
            "id": one.id, "number": one.number, "name": one.name, "version": one.version, "state": one.state,
            "text_sha256": one.text_digest, "accepted_at": one.accepted_at, "effective_at": one.effective_at,
            "ended_at": one.ended_at, "accepted_by": one.accepted_by,
        }
        for one in agreements.agreements()
    ]  # fmt: skip


def _obligations(first: int, last: int, at: datetime) -> Rows:
    """Those of which the leaves tell, and those that are open, by number."""
    wanted = {UUID(leaf["body"]["obligation"]) for _own, leaf in record.between(("obligation.",), first, last)}
    start = 0
    while page := obligations.here(at, start=start, count=_FEW).rows:
        wanted |= {one.id for one in page}
        start += _FEW
    ids = sorted(wanted)  # their ids are in the order in which they were made
    for start in range(0, len(ids), _FEW):
        for one in obligations.some(ids[start : start + _FEW], at):
            yield {"id": one.id, **{name: getattr(one, name) for name in _OBLIGATION}}


def _measures(since: datetime, until: datetime) -> dict[str, Any]:
    """The register, and what every check of the period found: the same for all controllers."""
    return {
        "register": [
            {
                "code": one.code, "measure": one.words, "how": one.description, "post": one.owner,
                "checked_on": one.checked_on.isoformat() if one.checked_on else None,
                "next_on": one.next_on.isoformat() if one.next_on else None,
            }
            for one in agreements.measures()
        ],
        "results": [
            {
                "id": one.id, "check": one.check, "outcome": one.outcome, "reason": one.reason, "at": one.at,
                "milliseconds": one.milliseconds,
            }
            for one in checked.results(since, until)
        ],
    }  # fmt: skip


def _subprocessors(at: datetime) -> dict[str, Any]:
    """The public register, and what this controller was told of its changes."""
    return {
        "register": [
            {
                "id": one.id, "name": one.name, "role": one.role, "purposes": one.purposes, "country": one.country,
                "address": one.address, "tier": one.tier, "chain": one.chain, "state": one.state,
                "contract_on": one.contract_on.isoformat() if one.contract_on else None,
            }
            for one in subprocessors.register(at=at, ended=True)
        ],
        "authorised": [_plain(one) for one in subprocessors.authorised(now=at)],
        "changes": [_plain(one) for one in subprocessors.notices(at=at)],
        "objections": [_plain(one) for one in subprocessors.objections()],
    }  # fmt: skip


def _plain(one: Any) -> dict[str, Any]:
    """What of a view is an id, a code, a number, a time or a truth: nothing that somebody wrote."""
    kinds = (UUID, bool, int, datetime)
    codes = ("state", "kind", "name", "outcome", "basis")
    named = {name: getattr(one, name) for name in one.__slots__}
    return {name: value for name, value in named.items() if isinstance(value, kinds) or name in codes}


def _accesses(first: int, last: int) -> Rows:
    """Each access with its opening, its end and how often something was looked at, by the record."""
    found: dict[str, dict[str, Any]] = {}
    for _own, leaf in record.between(("staff.",), first, last):
        own = leaf["body"].get("access")
        if own is None:
            continue
        one = found.setdefault(
            own, {"id": own, "user": None, "country": "", "opened": None, "until": None, "closed": None, "looks": 0}
        )
        if leaf["kind"] == "staff.access_opened":
            told = {name: leaf["body"].get(name) for name in ("user", "country", "until")}
            one.update(told, opened=leaf["at"])
        elif leaf["kind"] == "staff.access_closed":
            one["closed"] = leaf["at"]
        elif leaf["kind"] == "staff.looked":
            one["looks"] += 1
    yield from found.values()


def _entries(kinds: tuple[str, ...], first: int, last: int) -> Rows:
    for own, leaf in record.between(kinds, first, last):
        yield {"id": str(own), **{name: leaf[name] for name in ("at", "kind", "clause", "body")}}


def _corrections(touched: Iterable[UUID], at: datetime) -> Rows:
    """Of what is the same for all whom a breach touched: ids and times; the words are the operator's own."""
    for breach, one in desk.corrections(touched, at=at):
        yield {
            "id": one.id, "breach": breach, "due_on": one.due_on.isoformat(), "done_at": one.done_at,
            "state": one.owed.state if one.owed else "", "late": one.owed.late if one.owed else False,
        }  # fmt: skip


def _audits() -> Rows:
    for one in reversed(selectors.audits(limit=10_000)):
        yield {
            "id": one.id, "number": one.number, "state": one.state, "wished_at": one.wished_at,
            "received_at": one.received_at, "facts": one.facts, "scope": one.scope, "held_at": one.held_at,
            "closed_at": one.closed_at, "checks": [[row.code, str(row.outcome), row.clause] for row in one.answers],
            "terms": [
                {"number": made.number, "state": made.state, "hours": made.hours, "price": made.price}
                for made in one.terms
            ],
            "findings": [
                {
                    "number": made.number, "weight": made.weight, "measure": made.measure, "state": made.state,
                    "due_on": made.due_on.isoformat() if made.due_on else None, "done_at": made.done_at,
                }
                for made in one.findings
            ],
            "files": [{"id": file.id, "kind": file.kind, "sha256": file.sha256} for file in one.files],
        }  # fmt: skip


def _requests() -> Rows:
    for one in reversed(assistance.requests(limit=10_000)):
        yield {
            "id": one.id, "number": one.number, "owed_by": one.owed_by, "matter": one.matter, "state": one.state,
            "received_at": one.received_at, "closed_at": one.closed_at,
            "files": [{"id": file.id, "sha256": file.sha256} for file in one.files],
        }  # fmt: skip


def _certificates() -> list[dict[str, Any]]:
    return [
        {
            "id": one.id, "file": _named(one), "kind": one.kind, "title": one.title, "issuer": one.issuer,
            "issued_on": one.issued_on.isoformat(), "sha256": one.sha256,
            "valid_until": one.valid_until.isoformat() if one.valid_until else None,
        }
        for one in selectors.certificates()
    ]  # fmt: skip


def _backups() -> dict[str, Any]:
    """Times, kinds and sizes; the reports of restores name campaigns and controllers, so they stay out."""
    taken, tried = backups.rows(200), backups.restores(100)
    return {
        "backups": [
            {
                "id": one.id, "kind": one.kind, "state": one.state, "size": one.size,
                "started_at": one.started_at, "finished_at": one.finished_at, "pruned_at": one.pruned_at,
            }
            for one in taken
        ],
        "restores_and_drills": [
            {"id": one.id, "kind": one.kind, "backup": one.backup, "began_at": one.began_at,
             "opened_at": one.opened_at, "held": one.held}
            for one in tried
        ],
    }  # fmt: skip
