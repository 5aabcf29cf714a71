"""Entries: that their bytes are those that were hashed, and that their columns tell the same."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from mandata.record.verification.payloads import Commitments
from mandata.record.verification.verdict import Verdict

COLUMNS: Final = "e.at, e.kind, e.subject::text, e.leaf"
"""Of an entry, null where its row is gone; they follow the index, the stored hash and the entry's id as text."""


def examine(
    verdict: Verdict, rows: Sequence[tuple[Any, ...]], *, place: str = "leaf"
) -> tuple[Commitments, dict[int, bytes]]:
    """Compare the columns with the leaves; return the commitments to be opened, and the hash of the entry of each row
    (by its index) whose stored hash is another."""
    log, commitments, others = str(verdict.log), Commitments(), dict[int, bytes]()
    for index, stored, entry, at, kind, subject, leaf in rows:
        where = f"{place} {index}, entry {entry}" if place == "leaf" else f"entry {entry}"
        if leaf is None:
            verdict.find(where, "the entry's row is gone, or is no longer the one that has this place")
            continue
        digest = sha256(b"\x00" + leaf).digest()
        if digest != stored:
            others[index] = digest
        try:
            told = orjson.loads(leaf)
            same = (
                told["id"] == entry
                and told["kind"] == kind
                and told["subject"] == subject
                and told["log"] == log
                and datetime.fromisoformat(told["at"]) == at
            )
            if told["commitment"]:
                holder = told.get("holder") or subject
                commitments.add(UUID(entry), str(told["commitment"]), UUID(holder) if holder else None)
        except (ValueError, KeyError, TypeError, AttributeError):
            verdict.find(where, "the entry's bytes are no leaf")
            continue
        if not same:
            verdict.find(where, "the columns beside the leaf tell something else")
    return commitments, others
