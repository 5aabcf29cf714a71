"""The record's verbs: append in the caller's transaction; sequence committed entries; hand heads over; stamp them.

An appended entry has no place yet. One sequencer for each log (an advisory lock) gives committed entries their index
in the order of their ids, extends the tree and signs a head. So a rollback leaves no gap, and appending never waits
for another writer.
"""

from mandata.record.services.appending import NewEntry, append, append_many
from mandata.record.services.handing import HeadDue, head_due, heads_due, receipt
from mandata.record.services.replaying import Replayed, adopt, replay_placed
from mandata.record.services.sequencing import NewHead, sequence, sequence_due
from mandata.record.services.stamping import stamp, stamp_due

__all__ = [
    "HeadDue",
    "NewEntry",
    "NewHead",
    "Replayed",
    "adopt",
    "append",
    "append_many",
    "head_due",
    "heads_due",
    "receipt",
    "replay_placed",
    "sequence",
    "sequence_due",
    "stamp",
    "stamp_due",
]
