"""What the audience holds of one person, for `holdings`: identity and fields, subscriptions, suppression, rows that
imports refused.

Always inside a scope. A person is known by the random reference, or by the blind indexes of the address where there
is no reference: rows that were never taken in, and suppression, which outlives the person.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from mandata.audience import selectors
from mandata.audience.models import Import, List, Rejection, Subscriber, Subscription, Suppression, UploadChunk
from mandata.audience.rules.blanking import Form, blank_out, form_of, lines, needles
from mandata.audience.selectors.imports import REJECTION, UPLOAD, piece
from mandata.foundation import canonical
from mandata.foundation.addresses import AddressError, clean, parse
from mandata.infra import bulk
from mandata.vault.errors import DoesNotOpen
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class Keys:
    """By what the audience knows an address: its look-up form and the blind indexes."""

    lookup: str = field(repr=False)
    email_index: bytes = field(repr=False)
    suppression_index: bytes = field(repr=False)


def keys_of(address: str, *, vault: Vault | None = None) -> Keys | None:
    """Return the keys of an address, None for what is no address. Who asks for many hands in an open vault."""
    try:
        lookup = parse(clean(address)).lookup
    except AddressError:
        return None
    vault = vault or Vault.open()
    return Keys(lookup, vault.index("email", lookup), vault.index("suppression", lookup))


def reference_of(email_index: bytes) -> UUID | None:
    """Return the reference of the subscriber with this index, None where there is none."""
    return Subscriber.objects.filter(email_index=email_index).values_list("id", flat=True).first()


def keys_of_subscriber(reference: UUID) -> Keys | None:
    """Return the keys of a subscriber's address, None where there is no such subscriber."""
    address = address_of(reference)
    return None if address is None else keys_of(address)


def address_of(reference: UUID) -> str | None:
    """Return a subscriber's address as it is written to, None where there is no such subscriber."""
    row = _subscriber(reference)
    return None if row is None else str(_identity(row)["email"])


def _subscriber(reference: UUID) -> Subscriber | None:
    return Subscriber.objects.filter(id=reference).first()


def _identity(row: Subscriber) -> dict[str, object]:
    return selectors.identities([row.id]).get(row.id, {})


_FACETS = ("mail_domain", "provider", "language", "country", "region", "birthday")


def keys_of_many(references: Sequence[UUID]) -> dict[UUID, Keys]:
    """Return the keys of those subscribers that there are, in two statements.

    The blind indexes are those that were stored; the look-up form is opened, and empty where the key is gone.
    """
    rows = bulk.execute(_KEYS, [list(references)], binary=True) if references else []
    opened = _opened([row[0] for row in rows])
    return {
        reference: Keys(_lookup(str(opened.get(reference, {}).get("email", ""))), email_index, suppression_index)
        for reference, email_index, suppression_index in rows
    }


def _opened(references: Sequence[UUID]) -> dict[UUID, dict[str, object]]:
    """Identities in bulk; where one does not open any more, all the others, because that one is to be erased, too."""
    try:
        return selectors.identities(references)
    except DoesNotOpen:
        middle = len(references) // 2
        return _opened(references[:middle]) | _opened(references[middle:]) if middle else {}


_KEYS = "select id, email_index, suppression_index from audience_subscriber where id = any(%b)"


def _lookup(address: str) -> str:
    try:
        return parse(clean(address)).lookup
    except AddressError:
        return ""


def lock(references: Sequence[UUID]) -> None:
    """Keep everybody else from changing these subscribers, and files that wait for their import, until the transaction
    ends.

    In order, so that two who lock the same wait for each other and never both; the files first, as an import does. Two
    who blank lines of one file would else each put back what the other has blanked.
    """
    bulk.execute(_WAITING, [])
    if references:
        bulk.execute(
            "select 1 from audience_subscriber where id = any(%b) order by controller_id, id for update",
            [sorted(references)],
        )


_WAITING = """
select 1 from audience_import i where exists (
    select from audience_upload_chunk c where c.controller_id = i.controller_id and c.import_id = i.id
) order by i.id for no key update of i
"""


def chosen(wanted: Mapping[str, str], *, after: UUID | None, limit: int) -> list[UUID]:
    """Return the references of subscribers whom the filters of the subscribers' page describe, in the order of the ids,
    those after one.

    `wanted`: the fields of `selectors.Narrowing` as texts; what is left out narrows nothing.
    """
    list_id = UUID(wanted["list_id"]) if wanted.get("list_id") else None
    narrowing = selectors.Narrowing(list_id=list_id, **{key: text for key, text in wanted.items() if key != "list_id"})
    statement = f"select s.id {narrowing.source} and s.id > %(after)s order by s.id limit %(limit)s"
    values = {**narrowing.values, "after": after or UUID(int=0), "limit": limit}
    return [row[0] for row in bulk.execute(statement, values)]


def known(references: Sequence[UUID]) -> list[UUID]:
    """Return those of the references that are a subscriber's."""
    rows = bulk.execute("select id from audience_subscriber where id = any(%b)", [list(references)], binary=True)
    return [row[0] for row in rows]


def references_of(email_indexes: Sequence[bytes]) -> dict[bytes, UUID]:
    """Return the references of those blind indexes that are a subscriber's."""
    rows = bulk.execute(_BY_INDEX, [list(email_indexes)], binary=True) if email_indexes else []
    return {bytes(index): reference for index, reference in rows}


_BY_INDEX = "select email_index, id from audience_subscriber where email_index = any(%b)"


def count_subscribers(references: Sequence[UUID]) -> dict[UUID, int]:
    """Return 1 for each of the references that is a subscriber's."""
    return bulk.tally("select id, 1::int8 from audience_subscriber where id = any(%b)", references)


def subscriber(reference: UUID) -> list[dict[str, object]]:
    """Return the subscriber's identity, fields and facets, as one record or none."""
    row = _subscriber(reference)
    if row is None:
        return []
    facets = {name: getattr(row, name) for name in _FACETS if getattr(row, name)}
    times = {"created_at": row.created_at, "updated_at": row.updated_at, "restricted_at": row.restricted_at}
    return [{**_identity(row), **row.clear, **facets, **{name: at for name, at in times.items() if at}}]


def delete_subscribers(references: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the subscribers; return 1 for each that there was."""
    return bulk.tally(
        "with gone as (delete from audience_subscriber where id = any(%b) returning id) select id, 1::int8 from gone",
        references,
    )


def count_subscriptions(references: Sequence[UUID]) -> dict[UUID, int]:
    """Return on how many lists each subscriber stands or stood."""
    return bulk.tally(
        "select subscriber_id, count(*) from audience_subscription where subscriber_id = any(%b) group by 1",
        references,
    )


def subscriptions(reference: UUID) -> list[dict[str, object]]:
    """Return the subscriber's lists with basis and evidence, oldest first."""
    rows = list(Subscription.objects.filter(subscriber_id=reference).order_by("since"))
    names = dict(List.objects.filter(id__in=[row.list_id for row in rows]).values_list("id", "name"))
    told = ("state", "basis", "evidence", "since", "ended_at", "ended_by")
    return [{"list": names.get(row.list_id, ""), **{name: getattr(row, name) for name in told}} for row in rows]


def delete_subscriptions(references: Sequence[UUID]) -> dict[UUID, int]:
    """Delete the subscribers' subscriptions; return how many of each."""
    return bulk.tally(
        "with gone as (delete from audience_subscription where subscriber_id = any(%b) returning subscriber_id)"
        " select subscriber_id, count(*) from gone group by 1",
        references,
    )


def count_lookups(references: Sequence[UUID]) -> dict[UUID, int]:
    """Return by how many forms (words, numbers) each subscriber can be looked up."""
    return bulk.tally(
        "select subscriber_id, count(*) from audience_lookup where subscriber_id = any(%b) group by 1", references
    )


def lookups(reference: UUID) -> list[dict[str, object]]:
    """Return by what kinds of forms the subscriber can be looked up, and by how many of each; the forms themselves are
    keyed hashes, which tell nothing."""
    rows = bulk.execute(
        "select kind, count(*) from audience_lookup where subscriber_id = %b group by 1 order by 1", [reference]
    )
    return [{"kind": kind, "forms": count} for kind, count in rows]


def delete_lookups(references: Sequence[UUID]) -> dict[UUID, int]:
    """Delete by what the subscribers can be looked up; return how many of each."""
    return bulk.tally(
        "with gone as (delete from audience_lookup where subscriber_id = any(%b) returning subscriber_id)"
        " select subscriber_id, count(*) from gone group by 1",
        references,
    )


def count_suppressions(suppression_indexes: Sequence[bytes]) -> dict[bytes, int]:
    """Return how many suppressions each address has."""
    return bulk.tally(
        "select hash, count(*) from audience_suppression where hash = any(%b) group by 1", suppression_indexes
    )


def suppressions(suppression_index: bytes) -> list[dict[str, object]]:
    """Return the suppressions of the address, oldest first."""
    rows = Suppression.objects.filter(hash=suppression_index).order_by("since")
    return list(rows.values("channel", "scope", "reason", "since", "until"))


def count_rejections(email_indexes: Sequence[bytes]) -> dict[bytes, int]:
    """Return how many rows with each address imports refused and kept."""
    return bulk.tally(
        "select email_index, count(*) from audience_rejection where email_index = any(%b) group by 1", email_indexes
    )


def rejections(email_index: bytes) -> list[dict[str, object]]:
    """Return the rows with this address that imports refused, with the reason."""
    vault = Vault.open()
    return [
        {
            "reason": row.reason,
            "line": row.line,
            "row": canonical.loads(vault.unseal(row.import_id, REJECTION, bytes(row.sealed))),
        }
        for row in Rejection.objects.filter(email_index=email_index).order_by("import_id", "line")
    ]


def delete_rejections(email_indexes: Sequence[bytes]) -> dict[bytes, int]:
    """Delete the refused rows with these addresses; return how many with each."""
    return bulk.tally(
        "with gone as (delete from audience_rejection where email_index = any(%b) returning email_index)"
        " select email_index, count(*) from gone group by 1",
        email_indexes,
    )


def count_uploaded(addresses: Sequence[str]) -> dict[str, int]:
    """Return how many lines of files that wait for their import hold each address."""
    return dict(Counter(address for address, _ in _uploaded(addresses)))


def uploaded(address: str) -> list[dict[str, object]]:
    """Return the lines with the address in files that wait for their import."""
    return [{"line": text} for _, text in _uploaded([address])]


def blank_uploaded(addresses: Sequence[str]) -> dict[str, int]:
    """Overwrite with blanks, in files that wait for their import, the lines with the addresses; return how many with
    each."""
    return dict(Counter(address for address, _ in _uploaded(addresses, blank=True)))


def _uploaded(addresses: Sequence[str], *, blank: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (address, line); each file is gone through once, however many addresses are looked for."""
    wanted = [address for address in addresses if address]
    waiting = list(UploadChunk.objects.order_by().values_list("import_id", flat=True).distinct()) if wanted else []
    for import_id in waiting:
        yield from _search_upload(import_id, wanted, blank=blank)


def _search_upload(import_id: UUID, addresses: list[str], *, blank: bool) -> Iterator[tuple[str, str]]:
    """Go through a file two pieces at a time, so that a line across a border is seen whole."""
    vault = Vault.open()
    key = vault.key(import_id)
    numbers = list(UploadChunk.objects.filter(import_id=import_id).order_by("number").values_list("number", flat=True))
    form = _form(import_id, piece(vault, import_id, key, 0) or b"")
    wanted = needles(addresses, form)
    before, before_number, seen = bytearray(), -1, set[tuple[int, str]]()
    for number in numbers:
        window, last = before + (piece(vault, import_id, key, number) or b""), number == numbers[-1]
        hits = {hit for hit in lines(window, wanted, last=last) if (hit[0], hit[2]) not in seen}
        for start, end, address in hits:
            yield address, bytes(window[start:end]).decode(form.encoding, "replace").strip()
        if hits and blank:
            blank_out(window, wanted, last=last)
            parts = {before_number: window[: len(before)], number: window[len(before) :]}
            _write_pieces(vault, import_id, key, {part: bytes(parts[part]) for part in parts if part >= 0})
        seen = {(max(start - len(before), 0), address) for start, end, address in hits if end > len(before)}
        before, before_number = window[len(before) :], number


def _form(import_id: UUID, start: bytes) -> Form:
    options = Import.objects.values_list("options", flat=True).get(id=import_id)
    return form_of(start, str(options.get("shape", {}).get("encoding", "")))


def _write_pieces(vault: Vault, import_id: UUID, key: bytes, pieces: dict[int, bytes]) -> None:
    for number, content in pieces.items():
        sealed = vault.seal(import_id, UPLOAD, number.to_bytes(4, "big") + content, key=key)
        UploadChunk.objects.filter(import_id=import_id, number=number).update(sealed=sealed)


REACH: Final[Mapping[str, tuple[str, str, str]]] = {
    "subscribers": ("audience_subscriber t", "t.id", "t.created_at"),
    "subscriptions": ("audience_subscription t", "t.subscriber_id", "t.since"),
    "suppression": (
        "audience_suppression t left join audience_subscriber s on s.suppression_index = t.hash",
        "coalesce(s.id, md5(t.hash)::uuid)",
        "t.since",
    ),
    "rejected_rows": (
        "audience_rejection t join audience_import i on i.controller_id = t.controller_id and i.id = t.import_id"
        " left join audience_subscriber s on s.controller_id = t.controller_id and s.email_index = t.email_index",
        "coalesce(s.id, md5(coalesce(t.email_index, t.import_id::text::bytea || t.line::text::bytea))::uuid)",
        "i.created_at",
    ),
}
"""By holding: rows, person and time of what many people are counted by (`holdings.rules.Reach`)."""
