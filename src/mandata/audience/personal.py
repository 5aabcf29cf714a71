"""What the audience holds of one person, for `holdings`: identity and fields, subscriptions, suppression, rows that
imports refused.

Always inside a scope. A person is known by the random reference, or by the blind indexes of the address where there
is no reference: rows that were never taken in, and suppression, which outlives the person.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from mandata.audience import selectors
from mandata.audience.models import Import, List, Rejection, Subscriber, Subscription, Suppression, UploadChunk
from mandata.audience.rules.blanking import Form, blank_out, form_of, lines
from mandata.audience.selectors.imports import REJECTION, UPLOAD, piece
from mandata.foundation import canonical
from mandata.foundation.addresses import AddressError, clean, parse
from mandata.vault.services import Vault


@dataclass(frozen=True, slots=True)
class Keys:
    """By what the audience knows an address: its look-up form and the blind indexes."""

    lookup: str = field(repr=False)
    email_index: bytes = field(repr=False)
    suppression_index: bytes = field(repr=False)


def keys_of(address: str) -> Keys | None:
    """Return the keys of an address, None for what is no address."""
    try:
        lookup = parse(clean(address)).lookup
    except AddressError:
        return None
    vault = Vault.open()
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


def count_subscribers(reference: UUID) -> int:
    """Return 1 where there is such a subscriber, else 0."""
    return Subscriber.objects.filter(id=reference).count()


def subscriber(reference: UUID) -> list[dict[str, object]]:
    """Return the subscriber's identity, fields and facets, as one record or none."""
    row = _subscriber(reference)
    if row is None:
        return []
    facets = {name: getattr(row, name) for name in _FACETS if getattr(row, name)}
    times = {"created_at": row.created_at, "updated_at": row.updated_at, "restricted_at": row.restricted_at}
    return [{**_identity(row), **row.clear, **facets, **{name: at for name, at in times.items() if at}}]


def delete_subscriber(reference: UUID) -> int:
    """Delete the subscriber; return how many rows went."""
    return Subscriber.objects.filter(id=reference).delete()[0]


def count_subscriptions(reference: UUID) -> int:
    """Return on how many lists the subscriber stands or stood."""
    return Subscription.objects.filter(subscriber_id=reference).count()


def subscriptions(reference: UUID) -> list[dict[str, object]]:
    """Return the subscriber's lists with basis and evidence, oldest first."""
    rows = list(Subscription.objects.filter(subscriber_id=reference).order_by("since"))
    names = dict(List.objects.filter(id__in=[row.list_id for row in rows]).values_list("id", "name"))
    told = ("state", "basis", "evidence", "since", "ended_at", "ended_by")
    return [{"list": names.get(row.list_id, ""), **{name: getattr(row, name) for name in told}} for row in rows]


def delete_subscriptions(reference: UUID) -> int:
    """Delete the subscriber's subscriptions; return how many."""
    return Subscription.objects.filter(subscriber_id=reference).delete()[0]


def count_suppressions(suppression_index: bytes) -> int:
    """Return how many suppressions the address has."""
    return Suppression.objects.filter(hash=suppression_index).count()


def suppressions(suppression_index: bytes) -> list[dict[str, object]]:
    """Return the suppressions of the address, oldest first."""
    rows = Suppression.objects.filter(hash=suppression_index).order_by("since")
    return list(rows.values("channel", "scope", "reason", "since", "until"))


def count_rejections(email_index: bytes) -> int:
    """Return how many rows with this address imports refused and kept."""
    return Rejection.objects.filter(email_index=email_index).count()


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


def delete_rejections(email_index: bytes) -> int:
    """Delete the refused rows with this address; return how many."""
    return Rejection.objects.filter(email_index=email_index).delete()[0]


def count_uploaded(address: str) -> int:
    """Return how many lines of files that wait for their import hold the address."""
    return sum(hits for hits, _ in _uploaded(address)) if address else 0


def uploaded(address: str) -> list[dict[str, object]]:
    """Return the lines with the address in files that wait for their import."""
    texts = [text for _, found in _uploaded(address) for text in found] if address else []
    return [{"line": text} for text in texts]


def blank_uploaded(address: str) -> int:
    """Overwrite with blanks, in files that wait for their import, the lines with the address; return how many."""
    return sum(hits for hits, _ in _uploaded(address, blank=True)) if address else 0


def _uploaded(address: str, *, blank: bool = False) -> Iterator[tuple[int, list[str]]]:
    for import_id in UploadChunk.objects.order_by().values_list("import_id", flat=True).distinct():
        yield _search_upload(import_id, address, blank=blank)


def _search_upload(import_id: UUID, address: str, *, blank: bool) -> tuple[int, list[str]]:
    """Go through a file two pieces at a time, so that a line across a border is seen whole."""
    vault, found, hits = Vault.open(), [], 0
    key = vault.key(import_id)
    numbers = list(UploadChunk.objects.filter(import_id=import_id).order_by("number").values_list("number", flat=True))
    form = _form(import_id, piece(vault, import_id, key, 0) or b"")
    before, before_number = bytearray(), -1
    for number in numbers:
        window, last = before + (piece(vault, import_id, key, number) or b""), number == numbers[-1]
        for start, end in lines(window, address, form, last=last):
            found.append(bytes(window[start:end]).decode(form.encoding, "replace").strip())
        changed = blank_out(window, address, form, last=last)
        hits += changed
        parts = {before_number: window[: len(before)], number: window[len(before) :]}
        if changed and blank:
            _write_pieces(vault, import_id, key, {part: bytes(parts[part]) for part in parts if part >= 0})
        before, before_number = parts[number], number
    return hits, found


def _form(import_id: UUID, start: bytes) -> Form:
    options = Import.objects.values_list("options", flat=True).get(id=import_id)
    return form_of(start, str(options.get("shape", {}).get("encoding", "")))


def _write_pieces(vault: Vault, import_id: UUID, key: bytes, pieces: dict[int, bytes]) -> None:
    for number, content in pieces.items():
        sealed = vault.seal(import_id, UPLOAD, number.to_bytes(4, "big") + content, key=key)
        UploadChunk.objects.filter(import_id=import_id, number=number).update(sealed=sealed)
