"""What waits: every entry has a place or waits for one, and nothing waits that does not exist."""

from typing import Final
from uuid import UUID

from mandata.infra import bulk
from mandata.record.verification import entries
from mandata.record.verification.verdict import Verdict

_BATCH: Final = 5_000
_FIRST: Final = UUID(int=0)

_WAITING: Final = """
select 0, p.hash, p.entry::text, COLUMNS, l.entry is not null, p.entry from record_pending p
left join record_entry e on e.controller_id = p.controller_id and e.id = p.entry
left join record_leaf l on l.controller_id = p.controller_id and l.entry = p.entry
where p.controller_id = %(log)s and p.entry > %(after)s order by p.entry limit %(most)s
""".replace("COLUMNS", entries.COLUMNS)

# By anti-joins, whose memory is bounded at any length.
UNPLACED: Final = """
select e.id from record_entry e where e.controller_id = %(log)s
  and not exists (select from record_leaf l where l.controller_id = e.controller_id and l.entry = e.id)
  and not exists (select from record_pending p where p.controller_id = e.controller_id and p.entry = e.id)
limit 1001
"""


def compare(verdict: Verdict) -> None:
    """Compare the queue with the entries."""
    after, log = _FIRST, verdict.log
    while rows := bulk.execute(_WAITING, {"log": log, "after": after, "most": _BATCH}, binary=True):
        after = rows[-1][-1]
        verdict.waiting += len(rows)
        _examine(verdict, rows)
    for (entry,) in bulk.execute(UNPLACED, {"log": log}):
        verdict.find(f"entry {entry}", "has no place in the log and does not wait for one")


def _examine(verdict: Verdict, rows: list[tuple[object, ...]]) -> None:
    sound = []
    for place, (_, stored, entry, at, kind, subject, leaf, placed, _id) in enumerate(rows):
        if leaf is None:
            verdict.find(f"entry {entry}", "waits for its place, but its row is gone")
        elif placed:
            verdict.find(f"entry {entry}", "waits for its place, but has one already")
        else:
            sound.append((place, stored, entry, at, kind, subject, leaf))
    commitments, others = entries.examine(verdict, sound, place="waiting")
    for place in others:
        verdict.find(f"entry {rows[place][2]}", "is not what was appended, as the queue knows it by its hash")
    commitments.compare(verdict)
