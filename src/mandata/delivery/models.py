"""Tables of delivery. `Message` is partitioned by campaign and written by hot SQL; the model is for reading."""

from django.db import models

from mandata.infra.clock import new_id
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


class Domain(ScopedModel):
    """A sending domain of the controller's (DLV-1), its DKIM key sealed, its records as last seen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=10, default="pending")
    selector = models.CharField(max_length=40)
    private_key = models.BinaryField()  # vault envelope, held by the domain's own id
    public_key = models.TextField()
    proof = models.CharField(max_length=64)  # the value of the verification record
    checks = models.JSONField(default=list)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery_domain"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "name"], name="delivery_domain_name"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "verified", "failing"]), name="delivery_domain_state"
            ),
        ]


class Return(ScopedModel):
    """What came back about a message: a bounce, a complaint. Kept once for each raw message; diagnostics with
    addresses cut."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField()
    kind = models.CharField(max_length=12)
    campaign_id = models.UUIDField()
    subscriber_id = models.UUIDField(null=True)
    hard = models.BooleanField(default=False)
    reason = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, blank=True)
    diagnostic = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_return"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "digest"], name="delivery_return_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["bounce", "complaint", "delay", "delivered", "reply"]),
                name="delivery_return_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["controller_id", "campaign_id"]),
            models.Index(fields=["controller_id", "subscriber_id"]),
        ]


class Transport(models.Model):
    """Scope-free: one way out that the operator has set up (DLV-2). Without any, the settings' relay is the only one.

    `subprocessor` is a name of the register, "" for the house; `secret` (user and password, or keys) is a vault
    envelope of the installation's own; `terms` is the version in force there, `accepted` the one we accepted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.SmallIntegerField(unique=True)
    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10)  # relay | direct | ses | catcher
    address = models.CharField(max_length=300, blank=True)  # without any secret
    secret = models.BinaryField(null=True)
    subprocessor = models.CharField(max_length=200, blank=True)
    tier = models.SmallIntegerField(default=1)
    weight = models.SmallIntegerField(default=1)
    connections = models.SmallIntegerField(default=10)
    rate = models.IntegerField(default=0)  # messages a second; 0: no limit
    daily = models.IntegerField(default=0)  # messages a day; 0: no limit
    windows = models.JSONField(default=list)  # of maintenance: [{"from": …, "until": …}], RFC 3339
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="active")
    region = models.CharField(max_length=40, blank=True)
    terms = models.CharField(max_length=60, blank=True)
    terms_url = models.CharField(max_length=300, blank=True)
    accepted = models.CharField(max_length=60, blank=True)
    accepted_at = models.DateTimeField(null=True)
    contract_directly = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_transport"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["relay", "direct", "ses", "catcher"]), name="delivery_transport_kind"
            ),
            models.CheckConstraint(condition=models.Q(state__in=["active", "paused"]), name="delivery_transport_state"),
        ]


class Source(models.Model):
    """Scope-free: an address that direct delivery sends from, its HELO name, its pool, and what the last look said."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transport = models.ForeignKey(Transport, on_delete=models.CASCADE, related_name="sources")
    address = models.CharField(max_length=45)
    helo = models.CharField(max_length=253)
    pool = models.CharField(max_length=40, blank=True)
    fault = models.CharField(max_length=20, blank=True)
    said = models.CharField(max_length=300, blank=True)
    listed = models.JSONField(default=list)  # names of the blocklists that hold it
    checked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_source"
        constraints = [models.UniqueConstraint(fields=["transport", "address"], name="delivery_source_address")]


class Pool(models.Model):
    """Scope-free: the pool of source addresses that a controller's mail leaves from; without a row, the common one."""

    controller_id = models.UUIDField(primary_key=True)
    pool = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        db_table = "delivery_pool"
