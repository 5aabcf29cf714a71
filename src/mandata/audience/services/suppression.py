"""Suppression: a keyed value that says who is not to be written to, and outlives the person's data (AUDI-4, DSR-13)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from mandata.audience.errors import StillSuppressed, ValueNotTaken
from mandata.audience.models import Subscriber, Suppression
from mandata.audience.rules.bases import EVERYTHING, Reason, may_lift
from mandata.audience.services.envelopes import INDEXED
from mandata.audience.services.replaying import SUPPRESSED, UNSUPPRESSED
from mandata.audience.words import remedy, words
from mandata.foundation import addresses
from mandata.foundation.actors import Actor
from mandata.infra import bulk, outside
from mandata.record import services as record
from mandata.vault.services import Vault


def suppression_index(email: str, *, vault: Vault | None = None) -> bytes:
    """Return the index under which an address is suppressed. Raises ValueNotTaken for what is no address."""
    try:
        lookup = addresses.parse(addresses.clean(email)).lookup
    except addresses.AddressError as error:
        raise ValueNotTaken(words(error.code), code=f"audience.{error.code}", remedy=remedy(error.code)) from None
    return (vault or Vault.open()).index("suppression", lookup)


def suppress(
    *,
    email: str = "",
    subscriber_id: UUID | None = None,
    reason: Reason,
    actor: Actor,
    at: datetime,
    channel: str = "email",
    scope: str = EVERYTHING,
    until: datetime | None = None,
) -> bool:
    """Write an address or a subscriber to no more; return whether that is new.

    `scope` is empty for all messages or a list's id; `until` ends it by itself. An earlier suppression of the same
    scope keeps its reason unless the new one is the person's own will and the old was not.
    """
    index = _index_of(email, subscriber_id)
    new = suppress_many(indexes=[index], reason=reason, at=at, channel=channel, scope=scope, until=until) > 0
    if new:
        body: dict[str, object] = {"reason": reason.value, "channel": channel, "scope": scope}
        record.append(kind="audience.suppressed", body=body, actor=actor, subject=subscriber_id, at=at)
    return new


def suppress_many(
    *,
    indexes: Sequence[bytes],
    reason: Reason,
    at: datetime,
    channel: str = "email",
    scope: str = EVERYTHING,
    until: datetime | None = None,
) -> int:
    """Suppress many indexes in one statement, told by one line of the outside log; return how many are new. The caller
    makes the record's entry."""
    rows = [(index, channel, scope, INDEXED, reason.value, at, until) for index in dict.fromkeys(indexes)]
    kept = "('unsubscribed', 'objection', 'complaint', 'erasure')"
    columns = {
        "hash": "bytea",
        "channel": "text",
        "scope": "text",
        "key_version": "int2",
        "reason": "text",
        "since": "timestamptz",
        "until": "timestamptz",
    }
    added = bulk.insert(
        "audience_suppression",
        columns,
        rows,
        conflict="(controller_id, hash, channel, scope) do update set reason = excluded.reason, since = excluded.since,"
        " until = excluded.until where audience_suppression.until is not null"
        f" or (excluded.reason in {kept} and audience_suppression.reason not in {kept})",
        returning="hash",
    )
    if added:
        body = {"channel": channel, "scope": scope, "reason": reason.value, "since": at, "until": until}
        outside.write(SUPPRESSED, {**body, "version": INDEXED, "indexes": [row[0] for row in added]})
    return len(added)


def is_suppressed(
    *, email: str = "", subscriber_id: UUID | None = None, at: datetime, channel: str = "email", scope: str = EVERYTHING
) -> str:
    """Return the reason why an address or a subscriber is suppressed at an instant, or an empty text.

    With a list's id as `scope`, suppressions of that list and of everything count.
    """
    index = _index_of(email, subscriber_id)
    found = Suppression.objects.filter(
        Q(until=None) | Q(until__gt=at), hash=index, channel__in=[channel, "all"], scope__in=[EVERYTHING, scope]
    ).order_by("scope")
    return found.values_list("reason", flat=True).first() or ""


def unsuppress(
    *,
    email: str = "",
    subscriber_id: UUID | None = None,
    ground: str,
    by_the_person: bool,
    actor: Actor,
    at: datetime,
    channel: str = "email",
    scope: str = EVERYTHING,
) -> bool:
    """Lift a suppression on a stated ground; return whether there was one.

    Raises StillSuppressed where the person asked not to be written to and it is not the person who takes it back.
    """
    index = _index_of(email, subscriber_id)
    row = Suppression.objects.filter(hash=index, channel=channel, scope=scope)
    reason = row.values_list("reason", flat=True).first()
    if reason is None:
        return False
    if not may_lift(Reason(reason), by_the_person=by_the_person):
        raise StillSuppressed(
            _("This person does not want to be written to, and only the person can take that back."),
            clause="Art. 21(3) GDPR",
            remedy=_("The person can subscribe again by a form or through the preference page."),
        )
    row.delete()
    body: dict[str, object] = {"reason": reason, "channel": channel, "scope": scope, "ground": ground[:40]}
    entry = record.append(kind="audience.unsuppressed", body=body, actor=actor, subject=subscriber_id, at=at)
    outside.write(UNSUPPRESSED, {"index": index, "channel": channel, "scope": scope, "entry": entry, "at": at})
    return True


def _index_of(email: str, subscriber_id: UUID | None) -> bytes:
    if subscriber_id is None:
        return suppression_index(email)
    return bytes(Subscriber.objects.values_list("suppression_index", flat=True).get(id=subscriber_id))
