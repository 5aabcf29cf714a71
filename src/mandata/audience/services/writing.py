"""Writing one batch of an import: one transaction, in which the import's own place in the file moves too.

So a batch is taken whole or not at all, and whoever continues an import, after a crash or on another host, begins
behind the last whole batch. A worker that was thought dead and is not finds the place moved, and stops.
"""

import json
from datetime import datetime
from uuid import UUID

from mandata.audience.rules.bases import Reason
from mandata.audience.services import lookups
from mandata.audience.services.envelopes import INDEXED
from mandata.audience.services.intake import Batch
from mandata.audience.services.replaying import WITHDRAWN
from mandata.audience.services.suppression import suppress_many
from mandata.infra import bulk, outside
from mandata.infra.tenancy import current_controller, scope
from mandata.vault.services import Vault

_MOVE = """
update audience_import i
set rows = %(rows)s, "offset" = %(offset)s,
    counts = (select coalesce(jsonb_object_agg(key, total), '{}') from (
        select key, sum(value::bigint) as total from (
            select * from jsonb_each_text(i.counts) union all select * from jsonb_each_text(%(counts)s::jsonb)
        ) both_counts group by key) totals)
where i.id = %(import)s and i.state = 'running' and i.rows = %(first)s
returning i.id
"""

_SUBSCRIBERS = """
insert into audience_subscriber
  (controller_id, id, identity, email_index, phone_index, suppression_index, clear, mail_domain, provider, language,
   country, region, birthday, index_version, created_at, updated_at)
select %b, u.*, %b, %b::timestamptz, %b::timestamptz
from unnest(%b::uuid[], %b::bytea[], %b::bytea[], %b::bytea[], %b::bytea[], %b::jsonb[], %b::text[], %b::text[],
            %b::text[], %b::text[], %b::text[], %b::text[]) u
"""

_SUBSCRIPTIONS = """
insert into audience_subscription
  (controller_id, list_id, subscriber_id, basis, evidence, state, since, ended_by)
select %b, %b, u.*, 'subscribed', %b::timestamptz, '' from unnest(%b::uuid[], %b::text[], %b::jsonb[]) u
"""

_BASED = """
update audience_subscription b set basis = u.basis, evidence = u.evidence
from unnest(%b::uuid[], %b::text[], %b::jsonb[]) u (id, basis, evidence)
where b.list_id = %b and b.subscriber_id = u.id and b.basis = 'none'
"""

_CHANGED = """
update audience_subscriber s
set identity = u.identity, phone_index = u.phone_index, clear = u.clear, mail_domain = u.mail_domain,
    provider = u.provider, language = u.language, country = u.country, region = u.region, birthday = u.birthday,
    updated_at = %b
from unnest(%b::uuid[], %b::bytea[], %b::bytea[], %b::jsonb[], %b::text[], %b::text[], %b::text[], %b::text[],
            %b::text[], %b::text[])
  u (id, identity, phone_index, clear, mail_domain, provider, language, country, region, birthday)
where s.id = u.id and s.restricted_at is null
returning s.id
"""

_LEAVE = """
update audience_subscription b set state = 'unsubscribed', ended_at = %b, ended_by = 'import'
from audience_subscriber s
where s.email_index = any(%b) and b.controller_id = s.controller_id and b.subscriber_id = s.id
  and b.state <> 'unsubscribed'
returning b.subscriber_id
"""

_REJECTIONS = """
insert into audience_rejection (controller_id, import_id, line, reason, email_index, sealed)
select %b, %b, u.* from unnest(%b::bigint[], %b::text[], %b::bytea[], %b::bytea[]) u on conflict do nothing
"""

_FILE = """
select coalesce(string_agg(xmin::text, ' ' order by number), '') from audience_upload_chunk where import_id = %b
"""


class Overtaken(Exception):
    """Somebody was erased from the file after these rows were read: they must be read again."""


def file_state(import_id: UUID) -> str:
    """Return what changes with each change of the pieces of an import's file."""
    return str(bulk.execute(_FILE, [import_id])[0][0])


class Writer:
    """Writes the batches of one import, each in a scope and transaction of its own.

    `read`: the state of the file before its first row was read. An erasure has the import's row until it is committed
    (`personal.lock`), so that behind the moving of the place it is either seen here or waits for this batch.
    """

    def __init__(self, *, controller_id: UUID, import_id: UUID, list_id: UUID, vault: Vault, dry_run: bool) -> None:
        self._controller = controller_id
        self._import = import_id
        self._list = list_id
        self._vault = vault
        self._dry_run = dry_run
        self.read = ""

    def write(self, batch: Batch, *, at: datetime) -> bool:
        """Write a batch; False, and nothing written, where the import is no longer this worker's to continue.

        Raises what the ORM makes of psycopg's UniqueViolation or DeadlockDetected where somebody else made one of the
        new people meanwhile: prepare the batch again. Raises Overtaken.
        """
        with scope(self._controller):
            if not self._move(batch):
                return False
            if file_state(self._import) != self.read:
                raise Overtaken
            self._reject(batch)
            if not self._dry_run:
                self._people(batch, at)
        return True

    def _move(self, batch: Batch) -> bool:
        values = {
            "rows": batch.first + batch.taken,
            "offset": batch.offset,
            "counts": json.dumps({name: count for name, count in batch.counts.items() if count}),
            "import": self._import,
            "first": batch.first,
        }
        return bool(bulk.execute(_MOVE, values))

    def _people(self, batch: Batch, at: datetime) -> None:
        controller = current_controller()
        if batch.keys:
            self._vault.keep(batch.keys)
            columns = _columns(batch.subscribers)
            bulk.execute(_SUBSCRIBERS, [controller, INDEXED, at, at, *columns])
            lookups.add(batch.lookups)
        if batch.subscriptions:
            bulk.execute(_SUBSCRIPTIONS, [controller, self._list, at, *_columns(batch.subscriptions)])
        if batch.based:
            bulk.execute(_BASED, [*_columns(batch.based), self._list])
        if batch.changed:
            changed = [row[0] for row in bulk.execute(_CHANGED, [at, *_columns(batch.changed)])]
            lookups.replace(changed, [row for subscriber in changed for row in batch.relooked[subscriber]])
        if batch.leaving:
            self._leave(batch, at)

    def _leave(self, batch: Batch, at: datetime) -> None:
        with outside.together():
            suppress_many(indexes=[index for _, index in batch.leaving], reason=Reason.UNSUBSCRIBED, at=at)
            left = {row[0] for row in bulk.execute(_LEAVE, [at, [own for own, _ in batch.leaving]])}
            if left:
                outside.write(WITHDRAWN, {"subscribers": sorted(left), "list": None, "by": "import", "at": at})

    def _reject(self, batch: Batch) -> None:
        if batch.rejections:
            bulk.execute(_REJECTIONS, [current_controller(), self._import, *_columns(batch.rejections)])


def _columns(
    rows: list[tuple[object, ...]] | list[tuple[UUID, str, str]] | list[tuple[int, str, bytes | None, bytes]],
) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
