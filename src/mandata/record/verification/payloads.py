"""Payloads: that each opens to its commitment, and that a missing one is explained by the death of its key.

An erasure deletes payload and key and says so in an entry; a deletion of everything of a controller does so for all of
them. What is gone without both, or does not open, is named.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from uuid import UUID

import orjson

from mandata.infra import bulk
from mandata.record import opening
from mandata.record.verification.verdict import Verdict

ERASED: Final = "holdings.erased"
"""The kind of entry that tells of an erasure; its subject is the holder whose key died."""
DELETED: Final = "retention.deletion_confirmed"
"""The kind of entry that tells that everything of the log's controller is being deleted, with every key."""

_FETCH: Final = "select id, holder, sealed from record_payload where controller_id = %(log)s and id = any(%(ids)b)"

_ERASED: Final = """
select subject from record_entry where controller_id = %(log)s and subject = any(%(of)b) and kind = %(kind)s
"""
_DELETED: Final = "select 1 from record_entry where controller_id = %(log)s and kind = %(kind)s limit 1"
_COUNT: Final = "select count(*) from record_payload where controller_id = %(log)s"
_ALL: Final = """
select p.id, e.leaf from record_payload p
left join record_entry e on e.controller_id = p.controller_id and e.id = p.id
where p.controller_id = %(log)s and p.id > %(after)s order by p.id limit 5000
"""


class Commitments:
    """The commitments of a batch of entries."""

    def __init__(self) -> None:
        self._of: dict[UUID, tuple[str, UUID | None]] = {}

    def add(self, entry: UUID, digest: str, holder: UUID | None) -> None:
        """Remember that an entry is committed to a payload of the holder's."""
        self._of[entry] = (digest, holder)

    def compare(self, verdict: Verdict) -> None:
        """Open the payloads and name those that are missing or others."""
        if not self._of:
            return
        rows = bulk.execute(_FETCH, {"log": verdict.log, "ids": list(self._of)}, binary=True)
        sealed = {entry: (holder, envelope) for entry, holder, envelope in rows}
        verdict.payloads += len(sealed)
        opened = opening.keys().open_payloads(sealed) if sealed else {}
        for entry, (holder, _) in sealed.items():
            digest, named = self._of[entry]
            if named is not None and holder != named:
                verdict.find(f"payload {entry}", "lies under another holder than its entry names")
            elif entry not in opened:
                verdict.find(f"payload {entry}", "does not open: it was changed, or its key is gone and it is not")
            elif hmac.digest(opened[entry][:32], opened[entry][32:], sha256).hex() != digest:
                verdict.find(f"payload {entry}", "is not what its entry is committed to")
        self._explain(verdict, set(self._of) - set(sealed))

    def _explain(self, verdict: Verdict, missing: Iterable[UUID]) -> None:
        holders = {entry: self._of[entry][1] for entry in missing}
        named = {holder for holder in holders.values() if holder}
        if not holders:
            return
        living = opening.keys().living(named)
        erased = {one for (one,) in bulk.execute(_ERASED, {"log": verdict.log, "of": list(named), "kind": ERASED})}
        whole = bool(bulk.execute(_DELETED, {"log": verdict.log, "kind": DELETED}))
        for entry, holder in holders.items():
            if holder in living or not (whole or holder in erased):
                verdict.find(f"payload {entry}", "is gone, and no erasure explains it")


def compare_strays(verdict: Verdict) -> None:
    """Name payloads that belong to no entry, or to one that is committed to none. Call it after all entries."""
    if bulk.execute(_COUNT, {"log": verdict.log})[0][0] == verdict.payloads:
        return
    after = UUID(int=0)
    while rows := bulk.execute(_ALL, {"log": verdict.log, "after": after}, binary=True):
        after = rows[-1][0]
        for entry, leaf in rows:
            if leaf is None:
                verdict.find(f"payload {entry}", "belongs to no entry")
            elif not _committed(leaf):
                verdict.find(f"payload {entry}", "its entry is committed to no payload")


def _committed(leaf: bytes) -> bool:
    try:
        return bool(orjson.loads(leaf)["commitment"])
    except (ValueError, KeyError, TypeError):
        return True  # those bytes are named themselves
