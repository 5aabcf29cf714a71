"""Tables of the record. All but the pending queue are insert-only; the application's role may not change a row."""

from django.db import models

from mandata.infra.tenancy import ScopedModel


class Entry(ScopedModel):
    """One thing that happened. `leaf` holds the exact bytes that are hashed; the columns repeat them for queries."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=80)
    subject = models.UUIDField(null=True)
    leaf = models.BinaryField()

    class Meta:
        db_table = "record_entry"
        indexes = [
            models.Index(fields=["controller_id", "kind", "at"]),
            models.Index(fields=["controller_id", "subject", "id"], name="record_entry_subject_idx"),
        ]


class Payload(ScopedModel):
    """The personal part of an entry, with its salt, sealed under the holder's key; dies with the key."""

    id = models.UUIDField(primary_key=True)  # the entry's
    holder = models.UUIDField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "record_payload"
        indexes = [models.Index(fields=["controller_id", "holder"])]


class Leaf(ScopedModel):
    """The place of an entry in the log."""

    pk = models.CompositePrimaryKey("controller_id", "index")
    index = models.BigIntegerField()
    entry = models.UUIDField()
    hash = models.BinaryField()

    class Meta:
        db_table = "record_leaf"
        constraints = [models.UniqueConstraint(fields=["controller_id", "entry"], name="record_leaf_entry_once")]


class Node(ScopedModel):
    """The root of a complete subtree of 2^level leaves: what makes a proof a matter of log n reads."""

    pk = models.CompositePrimaryKey("controller_id", "level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "record_node"


class Head(ScopedModel):
    """A signed tree head: the log's size and root at an instant, as a signed note. `previous` is the size of the head
    before it (0 for the first), so that a head in the middle cannot go without a trace."""

    pk = models.CompositePrimaryKey("controller_id", "size")
    size = models.BigIntegerField()
    previous = models.BigIntegerField()
    root = models.BinaryField()
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "record_head"


class Pending(models.Model):
    """An entry that waits for its place, with the hash of its leaf as it was appended. Scope-free: the sequencer finds
    by it which logs have work."""

    pk = models.CompositePrimaryKey("controller_id", "entry")
    controller_id = models.UUIDField()
    entry = models.UUIDField()
    hash = models.BinaryField()

    class Meta:
        db_table = "record_pending"


class Stamp(ScopedModel):
    """A time-stamp (RFC 3161) over the note of a head: the authority's whole answer. An entry of the same log tells of
    it."""

    id = models.UUIDField(primary_key=True)
    size = models.BigIntegerField()
    at = models.DateTimeField()
    authority = models.CharField(max_length=255)
    token = models.BinaryField()

    class Meta:
        db_table = "record_stamp"


class HeadReceipt(ScopedModel):
    """That a head was handed to somebody of the controller, how and when. An entry of the same log tells of it."""

    id = models.UUIDField(primary_key=True)
    size = models.BigIntegerField()
    root = models.BinaryField()
    at = models.DateTimeField()
    how = models.CharField(max_length=20)
    to = models.UUIDField()

    class Meta:
        db_table = "record_receipt"
        indexes = [models.Index(fields=["controller_id", "at"], name="record_rece_control_at_idx")]
