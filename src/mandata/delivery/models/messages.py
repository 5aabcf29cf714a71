"""What is sent: messages and the leases on them, the workers that hold those, and what is counted as it changes.

`Message` is partitioned by campaign and written by hot SQL; the model is for reading.
"""

from django.db import models

from mandata.infra.tenancy import ScopedModel

MESSAGE_STATES = ("queued", "claimed", "sending", "sent", "deferred", "failed", "unknown", "cancelled")


class Worker(models.Model):
    """Scope-free: a sending worker, alive while it is seen."""

    id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_worker"


class Chunk(models.Model):
    """Scope-free: a lease on at most 50 messages, committed before the first byte is sent."""

    id = models.UUIDField(primary_key=True)
    controller_id = models.UUIDField()
    campaign_id = models.UUIDField()
    worker_id = models.UUIDField()
    size = models.SmallIntegerField()
    opened_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    transport = models.SmallIntegerField(default=0, db_default=0)  # by which its messages leave

    class Meta:
        db_table = "delivery_chunk"
        indexes = [models.Index(fields=["leased_until"]), models.Index(fields=["campaign_id"])]


class Message(ScopedModel):
    """One campaign to one recipient."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "subscriber_id")
    campaign_id = models.UUIDField()
    subscriber_id = models.UUIDField()
    number = models.BigIntegerField()  # within the campaign; tokens carry it
    channel = models.CharField(max_length=10)
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    chunk_id = models.UUIDField(null=True)
    attempts = models.SmallIntegerField()
    next_at = models.DateTimeField(null=True)
    code = models.SmallIntegerField(null=True)
    status = models.CharField(max_length=12)
    diagnostic = models.CharField(max_length=300)
    sent_at = models.DateTimeField(null=True)
    transport = models.SmallIntegerField(default=0, db_default=0)  # by which it left last; 0: the settings' own

    class Meta:
        db_table = "delivery_message"
        managed = False


class Counter(ScopedModel):
    """Messages of a campaign by provider and state, kept as they change; sharded by worker, summed when read."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "shard", "provider", "state")
    campaign_id = models.UUIDField()
    shard = models.SmallIntegerField()
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    count = models.BigIntegerField()

    class Meta:
        db_table = "delivery_counter"


class Pace(ScopedModel):
    """How a campaign went on: messages that reached a state within ten seconds from `at`; thinned as time goes by."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "at", "shard", "state")
    campaign_id = models.UUIDField()
    at = models.DateTimeField()
    shard = models.SmallIntegerField()
    state = models.CharField(max_length=10)
    count = models.BigIntegerField()

    class Meta:
        db_table = "delivery_pace"


class Reason(ScopedModel):
    """What receivers said when they took a message not, or not yet: how often, and the last words, addresses cut."""

    pk = models.CompositePrimaryKey("controller_id", "campaign_id", "shard", "provider", "state", "code", "status")
    campaign_id = models.UUIDField()
    shard = models.SmallIntegerField()
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    code = models.SmallIntegerField()
    status = models.CharField(max_length=12)
    said = models.CharField(max_length=300)
    said_at = models.DateTimeField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "delivery_reason"


class Flow(models.Model):
    """Scope-free: how often messages of anybody reached a state, ever, by transport and mailbox provider; counts."""

    pk = models.CompositePrimaryKey("shard", "transport", "provider", "state")
    shard = models.SmallIntegerField()
    transport = models.SmallIntegerField()
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=10)
    count = models.BigIntegerField()

    class Meta:
        db_table = "delivery_flow"
