"""What others hold of a log, compared with it: the installation's log, receipts of heads handed over, time-stamps.

Each row beside the log has an entry in it that repeats every column, so neither is changed, removed or put in alone.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from mandata.foundation import canonical
from mandata.infra import bulk
from mandata.infra.tenancy import INSTANCE, scope
from mandata.record import published, rules, stamps
from mandata.record.verification.verdict import Verdict

_BATCH: Final = 5_000
_HEADS: Final = "select size, root from record_head where controller_id = %(log)s and size = any(%(sizes)b::int8[])"
_SIZES: Final = "select size from record_head where controller_id = %(log)s order by size"
_TOLD: Final = """
select subject, leaf from record_entry where controller_id = %(log)s and kind = %(kind)s and subject = any(%(ids)b)
"""
_TELLING: Final = """
select e.id, e.subject from record_entry e where e.controller_id = %(log)s and e.kind = %(kind)s
  and not exists (select from {table} r where r.controller_id = e.controller_id and r.id = e.subject)
order by e.id limit 1001
"""
_RECEIPTS: Final = """
select r.id, r.size, r.root, r.at, r.how, r.to, h.root from record_receipt r
left join record_head h on h.controller_id = r.controller_id and h.size = r.size
where r.controller_id = %(log)s and r.id > %(after)s order by r.id limit %(most)s
"""
_STAMPS: Final = """
select s.id, s.size, s.at, s.authority, s.token, h.note from record_stamp s
left join record_head h on h.controller_id = s.controller_id and h.size = s.size
where s.controller_id = %(log)s and s.id > %(after)s order by s.id limit %(most)s
"""


def compare_published(verdict: Verdict) -> None:
    """Compare a controller's heads with those that the installation's log tells of. Open no scope around it."""
    matched, after = 0, UUID(int=0)
    while True:
        arguments = published.arguments(verdict.log, after=after, most=_BATCH)
        with scope(INSTANCE):
            rows = bulk.execute(published.ENTRIES, arguments, binary=True)
        if not rows:
            break
        after = rows[-1][0]
        matched += _compare_heads(verdict, [body for _, leaf in rows if (body := _body(leaf))])
    if matched != verdict.heads:
        _name_unpublished(verdict)


def _compare_heads(verdict: Verdict, bodies: Sequence[dict[str, Any]]) -> int:
    sized = [(body.get("size"), body.get("root")) for body in bodies]
    roots = {size: str(root) for size, root in sized if isinstance(size, int) and 0 < size < 2**63}
    with scope(verdict.log):
        heads = dict(bulk.execute(_HEADS, {"log": verdict.log, "sizes": list(roots)}, binary=True))
    for size, root in roots.items():
        if size not in heads:
            much = f", and the log has {verdict.size} entries" if size > verdict.size else ""
            verdict.find(f"head {size}", f"is gone: the installation's log tells of it{much}")
        elif heads[size].hex() != root:
            verdict.find(f"head {size}", "the installation's log tells of it with another root")
    return len(heads)


def _name_unpublished(verdict: Verdict) -> None:
    """Name the heads of which the installation's log does not tell. It remembers sizes, because something is wrong."""
    with scope(INSTANCE):
        arguments = published.arguments(verdict.log, after=UUID(int=0), most=None)
        rows = bulk.execute(published.ENTRIES, arguments, binary=True)
    sizes = [body.get("size") for _, leaf in rows if (body := _body(leaf))]
    told = {size for size in sizes if isinstance(size, int)}
    with scope(verdict.log):
        for (size,) in bulk.execute(_SIZES, {"log": verdict.log}):
            if size not in told:
                verdict.find(f"head {size}", "the installation's log does not tell of it")


def _body(leaf: bytes) -> dict[str, Any]:
    """Return what an entry says; nothing where its bytes are none, which is named elsewhere."""
    try:
        body = orjson.loads(leaf)["body"]
    except (ValueError, KeyError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def compare_receipts(verdict: Verdict) -> None:
    """Compare the receipts with the heads, and with the entries that tell of them."""

    def examine(row: tuple[Any, ...]) -> dict[str, object]:
        receipt, size, root, at, how, to, head = row
        where = f"receipt {receipt}"
        if head is None:
            verdict.find(where, f"head {size} was handed over, and the log has no such head")
        elif head != root:
            verdict.find(where, f"head {size} was handed over with another root than the log's")
        return rules.receipt_body(receipt, size, root, at, how, to)

    _compare_told(verdict, "receipt", "record.handed", _RECEIPTS, examine)


def compare_stamps(verdict: Verdict, certificates: bytes) -> None:
    """Compare the time-stamps with the notes that they are over, and with the entries that tell of them."""

    def examine(row: tuple[Any, ...]) -> dict[str, object]:
        stamp, size, at, authority, token, note = row
        where = f"stamp {stamp}"
        if note is None:
            verdict.find(where, f"is over head {size}, and the log has no such head")
        else:
            try:
                if stamps.verify(token, note.encode(), certificates) != at:
                    verdict.find(where, "tells another time than its authority signed")
            except ValueError as fault:
                verdict.find(where, f"does not verify over head {size}: {fault}")
        return rules.stamp_body(stamp, size, at, authority, token)

    _compare_told(verdict, "stamp", "record.stamped", _STAMPS, examine)


def _compare_told(
    verdict: Verdict, table: str, kind: str, statement: str, examine: Callable[[tuple[Any, ...]], dict[str, object]]
) -> None:
    """Compare the rows of a table, in batches, with the bodies of the entries whose subject is the row's id."""
    after, arguments = UUID(int=0), {"log": verdict.log, "kind": kind}
    while rows := bulk.execute(statement, {"log": verdict.log, "after": after, "most": _BATCH}, binary=True):
        after = rows[-1][0]
        told = dict(bulk.execute(_TOLD, arguments | {"ids": [row[0] for row in rows]}, binary=True))
        for row in rows:
            expected = orjson.loads(canonical.dumps(examine(row)))
            if row[0] not in told:
                verdict.find(f"{table} {row[0]}", "no entry tells of it")
            elif _body(told[row[0]]) != expected:
                verdict.find(f"{table} {row[0]}", "the entry that tells of it says something else")
    for entry, row_id in bulk.execute(_TELLING.format(table=f"record_{table}"), arguments):
        verdict.find(f"{table} {row_id}", f"is gone: entry {entry} tells of it")
