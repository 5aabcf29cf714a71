"""What goes by its age here, for `holdings.ageing`: what imports refused, files nobody imported, ended subscriptions,
people whom nobody may write to.

In the open scope.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from mandata.infra import bulk
from mandata.vault.services import Vault

_REFUSED: Final = """
from audience_import i where i.state in ('done', 'failed', 'cancelled')
    and coalesce(i.finished_at, i.created_at) < %(before)b
    and exists (select 1 from audience_rejection r where r.import_id = i.id)
"""
_COUNT_REFUSED: Final = f"""
select count(*) from audience_rejection r where r.import_id in (select i.id {_REFUSED})
"""  # noqa: S608 - our own words
_DROP_REFUSED: Final = f"""
with old as materialized (
    select r.controller_id, r.import_id, r.ctid as place from audience_rejection r
    where r.import_id in (select i.id {_REFUSED}) limit %(limit)b
), gone as (
    delete from audience_rejection r using old where r.import_id = old.import_id and r.ctid = old.place
    returning r.import_id
)
select import_id, count(*) from gone group by import_id
"""  # noqa: S608 - our own words
_SPENT: Final = """
select i.id from unnest(%(imports)b::uuid[]) as i (id)
where not exists (select 1 from audience_rejection r where r.import_id = i.id)
    and not exists (select 1 from audience_upload_chunk c where c.import_id = i.id)
"""
_LEFT: Final = """
from audience_import i where i.state in ('uploaded', 'mapped', 'failed', 'cancelled') and i.created_at < %(before)b
    and exists (select 1 from audience_upload_chunk c where c.import_id = i.id)
"""
_COUNT_LEFT: Final = f"select count(*) {_LEFT}"
_DROP_LEFT: Final = f"""
with old as materialized (select i.id {_LEFT} order by i.id limit %(limit)b for update), pieces as (
    delete from audience_upload_chunk c using old where c.import_id = old.id
), closed as (
    update audience_import i set state = 'cancelled', finished_at = coalesce(i.finished_at, %(at)b)
    from old where i.id = old.id and i.state in ('uploaded', 'mapped')
)
select id from old
"""  # noqa: S608 - our own words
# A refusal stays until the keyed hash that replaces it is there: nobody may be taken in again by forgetting (DSR-13).
_KNOWN: Final = """
exists (
    select 1 from audience_subscriber p join audience_suppression u
        on u.hash = p.suppression_index and u.channel = 'email' and u.scope in ('', s.list_id::text)
    where p.id = s.subscriber_id
)
"""
_ENDED: Final = "s.state = 'unsubscribed' and s.ended_at < %(before)b"
_COUNT_ENDED: Final = f"select count(*) from audience_subscription s where {_ENDED} and {_KNOWN}"  # noqa: S608 - our own words
_COUNT_BARE: Final = f"select count(*) from audience_subscription s where {_ENDED} and not {_KNOWN}"  # noqa: S608 - our own words
_DROP_ENDED: Final = f"""
with old as materialized (
    select s.list_id, s.subscriber_id from audience_subscription s where {_ENDED} and {_KNOWN} limit %(limit)b
), gone as (
    delete from audience_subscription s using old
    where s.list_id = old.list_id and s.subscriber_id = old.subscriber_id and s.state = 'unsubscribed' returning 1
)
select count(*) from gone
"""  # noqa: S608 - our own words
_NOBODYS: Final = """
from audience_subscriber p where p.updated_at < %(before)b
    and not exists (
        select 1 from audience_subscription s where s.subscriber_id = p.id
            and (s.state <> 'unsubscribed' or s.ended_at is null or s.ended_at >= %(before)b)
    )
"""
_COUNT_NOBODYS: Final = f"select count(*) {_NOBODYS} and p.restricted_at is null"
_COUNT_RESTRICTED: Final = f"select count(*) {_NOBODYS} and p.restricted_at is not null"
_PAGE_NOBODYS: Final = f"select p.id {_NOBODYS} and p.restricted_at is null order by p.id limit %(limit)b"


def _one(statement: str, before: datetime) -> int:
    return int(bulk.execute(statement, {"before": before})[0][0])


def count_rejections(before: datetime) -> int:
    """Return how many refused rows there are of imports that ended before an instant."""
    return _one(_COUNT_REFUSED, before)


def drop_rejections(before: datetime, limit: int) -> int:
    """Delete at most so many of them, and the keys of imports of which nothing is left; return how many rows."""
    gone = dict(bulk.execute(_DROP_REFUSED, {"before": before, "limit": limit}))
    _destroy_spent(list(gone))
    return sum(gone.values())


def _destroy_spent(imports: Sequence[UUID]) -> None:
    if imports:
        spent = [one for (one,) in bulk.execute(_SPENT, {"imports": list(imports)})]
        Vault.open().destroy(spent)


def count_uploads(before: datetime) -> int:
    """Return how many uploaded files have waited for their import since before an instant."""
    return _one(_COUNT_LEFT, before)


def drop_uploads(before: datetime, limit: int, at: datetime) -> int:
    """Destroy at most so many of them and cancel their imports; return how many."""
    gone = [one for (one,) in bulk.execute(_DROP_LEFT, {"before": before, "limit": limit, "at": at})]
    _destroy_spent(gone)
    return len(gone)


def count_ended(before: datetime) -> int:
    """Return how many subscriptions ended before an instant, the refusal being kept as a hash."""
    return _one(_COUNT_ENDED, before)


def ended_unknown(before: datetime) -> int:
    """Return how many of that age stay because nothing else would keep the person from being written to."""
    return _one(_COUNT_BARE, before)


def drop_ended(before: datetime, limit: int) -> int:
    """Delete at most so many ended subscriptions; return how many."""
    return int(bulk.execute(_DROP_ENDED, {"before": before, "limit": limit})[0][0])


def count_nobodys(before: datetime) -> int:
    """Return how many people have been on no list since before an instant."""
    return _one(_COUNT_NOBODYS, before)


def nobodys_restricted(before: datetime) -> int:
    """Return how many of them stay because their data is restricted (Art. 18 GDPR)."""
    return _one(_COUNT_RESTRICTED, before)


def nobodys(before: datetime, limit: int) -> list[UUID]:
    """Return at most so many of those people, by their references."""
    return [one for (one,) in bulk.execute(_PAGE_NOBODYS, {"before": before, "limit": limit})]
