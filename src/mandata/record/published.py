"""Where the installation's log tells of a log's heads, page by page.

The first release left the subject of these entries empty and named the log in their bodies only. What it wrote is never
rewritten, so it is looked for as it stands.
"""

from typing import Any, Final
from uuid import UUID

from mandata.infra import bulk
from mandata.infra.tenancy import INSTANCE

ENTRIES: Final = """
(select id, leaf from record_entry
 where controller_id = %(instance)s and subject = %(log)s and kind = 'record.head' and id > %(after)s
 order by id limit %(most)s)
union all
(select id, leaf from record_entry
 where controller_id = %(instance)s and subject is null and kind = 'record.head' and id > %(after)s
   and position(%(named)b::bytea in leaf) > 0
 order by id limit %(most)s)
order by id limit %(most)s
"""


def arguments(log: UUID, *, after: UUID, most: int | None) -> dict[str, Any]:
    """Return the arguments of `ENTRIES`; without `most` all of them."""
    named = f'"log":"{log}"'.encode()
    return {"instance": INSTANCE, "log": log, "named": named, "after": after, "most": most}


_NAMED: Final = """
select distinct substring(leaf from position(%(key)b::bytea in leaf) + %(length)s for 36) from record_entry
where controller_id = %(instance)s and subject is null and kind = 'record.head'
"""
_KEY: Final = b'"body":{"log":"'


def named_in_bodies() -> set[UUID]:
    """Return the logs that the first release's entries name, in the installation's scope; what is no id is left out."""
    values = {"instance": INSTANCE, "key": _KEY, "length": len(_KEY)}
    return {log for (text,) in bulk.execute(_NAMED, values, binary=True) if (log := _id(bytes(text)))}


def _id(text: bytes) -> UUID | None:
    try:
        return UUID(text.decode())
    except ValueError:
        return None
