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
    """A sending domain of the controller's (DLV-1), its records as last seen. The operator's shared domain is one in
    the installation's own scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=10, default="pending")
    proof = models.CharField(max_length=64)  # the value of the verification record
    checks = models.JSONField(default=list)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)  # a look found it bad once; the next one decides

    class Meta:
        db_table = "delivery_domain"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "name"], name="delivery_domain_name"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "verified", "failing"]), name="delivery_domain_state"
            ),
        ]


class Key(ScopedModel):
    """A DKIM key of a sending domain: shown to be published (next), signing (active), or kept for verifying only
    (retired: its private half is destroyed)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    domain_id = models.UUIDField()
    algorithm = models.CharField(max_length=10)
    selector = models.CharField(max_length=40)
    private_key = models.BinaryField(default=b"")  # vault envelope, held by the key's own id
    public_key = models.TextField()
    state = models.CharField(max_length=8, default="next")
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # that its record may go

    class Meta:
        db_table = "delivery_key"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "domain_id", "selector"], name="delivery_key_selector"),
            models.UniqueConstraint(
                fields=["controller_id", "domain_id", "algorithm", "state"],
                condition=models.Q(state__in=["next", "active"]),
                name="delivery_key_one",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["next", "active", "retired"]), name="delivery_key_state"
            ),
            models.CheckConstraint(
                condition=models.Q(algorithm__in=["rsa-2048", "ed25519"]), name="delivery_key_algorithm"
            ),
        ]


class Host(ScopedModel):
    """A tracking host of the controller's: a name that leads to the operator's door, with its certificate."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=10, default="pending")
    code = models.CharField(max_length=20, blank=True)  # what DNS was found to say
    found = models.JSONField(default=list)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)
    certificate = models.TextField(blank=True)  # PEM, the host's own first
    private_key = models.BinaryField(default=b"")  # vault envelope, held by the host's own id
    expires_at = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True)  # the ACME server's words

    class Meta:
        db_table = "delivery_host"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "name"], name="delivery_host_name"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "verified", "failing"]), name="delivery_host_state"
            ),
        ]


class Account(ScopedModel):
    """The installation's account at an ACME server, in its own scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    directory = models.CharField(max_length=500)
    uri = models.CharField(max_length=500, blank=True)
    private_key = models.BinaryField()  # vault envelope, held by the account's own id
    created_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_account"
        constraints = [models.UniqueConstraint(fields=["controller_id", "directory"], name="delivery_account_once")]


class Claim(models.Model):
    """Scope-free: whose a proven name is, so that nobody else can take it, and the door knows its hosts."""

    name = models.CharField(max_length=253, primary_key=True)
    kind = models.CharField(max_length=8)  # domain, host
    controller_id = models.UUIDField()
    owner_id = models.UUIDField()  # the domain's or the host's id

    class Meta:
        db_table = "delivery_claim"
        indexes = [models.Index(fields=["kind"])]


class Watch(models.Model):
    """Scope-free: when a sending domain or a tracking host is next to be looked at."""

    id = models.UUIDField(primary_key=True)  # the domain's or the host's
    kind = models.CharField(max_length=8)
    controller_id = models.UUIDField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_watch"
        indexes = [models.Index(fields=["next_at"])]


class Challenge(models.Model):
    """Scope-free: what the door answers to an ACME server (RFC 8555, 8.3); no secret."""

    token = models.CharField(max_length=200, primary_key=True)
    answer = models.CharField(max_length=400)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_challenge"


class Return(ScopedModel):
    """What came back about a message: a bounce, a complaint. Kept once for each raw message; diagnostics with
    addresses cut."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField()
    kind = models.CharField(max_length=12)
    campaign_id = models.UUIDField()
    subscriber_id = models.UUIDField(null=True)
    hard = models.BooleanField(default=False)
    at_door = models.BooleanField(default=False)  # refused in the conversation: the message was never sent
    reason = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, blank=True)
    diagnostic = models.CharField(max_length=300, blank=True)
    suppressed = models.CharField(max_length=16, blank=True, default="")  # by which rule the address was suppressed
    received_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_return"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "digest"], name="delivery_return_once"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["bounce", "complaint", "delay", "delivered", "reply", "auto", "challenge", "leave"]
                ),
                name="delivery_return_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["controller_id", "campaign_id"]),
            models.Index(fields=["controller_id", "subscriber_id"]),
            models.Index(fields=["controller_id", "received_at"], name="delivery_return_when"),
        ]


class Arrival(ScopedModel):
    """A message that came back, raw, sealed under a key of its own until it is processed; then both are gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recipient = models.CharField(max_length=120)  # a token of ours, or how a relay names the message
    subscriber_id = models.UUIDField(null=True)
    envelope = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_arrival"
        indexes = [models.Index(fields=["controller_id", "subscriber_id"], name="delivery_arrival_whose")]


class Waiting(models.Model):
    """Scope-free: whose arrival is still to be processed, and when it is next tried."""

    id = models.UUIDField(primary_key=True, editable=False)  # the arrival's
    controller_id = models.UUIDField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "delivery_waiting"
        indexes = [models.Index(fields=["due_at"], name="delivery_waiting_due")]


class Alarm(ScopedModel):
    """A threshold of the agreement that was exceeded (DLV-3, AUDI-3): warned, or what it concerns is stopped."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=16)
    about = models.UUIDField()  # the import; of complaints the controller itself
    campaign_id = models.UUIDField(null=True)  # the campaign that was stopped
    level = models.CharField(max_length=8)
    part = models.IntegerField()
    whole = models.BigIntegerField()
    clause = models.CharField(max_length=60)
    since = models.DateTimeField()
    changed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.BinaryField(null=True)  # why it was lifted: vault envelope, held by the alarm's own id

    class Meta:
        db_table = "delivery_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id", "kind", "about"],
                condition=models.Q(lifted_at=None),
                name="delivery_alarm_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["complaints", "nonexistent"]), name="delivery_alarm_kind"
            ),
            models.CheckConstraint(condition=models.Q(level__in=["warned", "stopped"]), name="delivery_alarm_level"),
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


class Provider(models.Model):
    """Scope-free: who receives for a mail domain, by its mail exchangers. The domain stands as its SHA-256 only: a
    domain can name a person."""

    digest = models.BinaryField(primary_key=True)
    provider = models.CharField(max_length=40)
    found_at = models.DateTimeField()
    used_at = models.DateTimeField()  # of the last freeze that needed it

    class Meta:
        db_table = "delivery_provider"
        indexes = [models.Index(fields=["used_at"], name="delivery_provider_used")]


class Rule(models.Model):
    """Scope-free: the operator's limits for a transport (-1: every one) and a receiving provider ("": every one that
    has no rule of its own). Nothing in a column: the more general rule decides."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transport = models.SmallIntegerField(default=-1)
    provider = models.CharField(max_length=40, blank=True, default="")
    per_second = models.FloatField(null=True)
    connections = models.SmallIntegerField(null=True)
    daily = models.IntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_rule"
        constraints = [
            models.UniqueConstraint(fields=["transport", "provider"], name="delivery_rule_once"),
            models.CheckConstraint(
                condition=models.Q(per_second__isnull=True) | models.Q(per_second__gt=0), name="delivery_rule_rate"
            ),
        ]


class Warmup(models.Model):
    """Scope-free: how many messages a new sending domain or source address may send on each of its first days."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=253)
    plan = models.JSONField()  # messages on day 1, 2, ...; without a cap afterwards
    begins_on = models.DateField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_warmup"
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="delivery_warmup_once"),
            models.CheckConstraint(condition=models.Q(kind__in=["domain", "source"]), name="delivery_warmup_kind"),
        ]


class Lane(models.Model):
    """Scope-free: what all workers share of one limit: tokens, what was granted today, and how far it is slowed down.

    `key` says whose: "road:<transport>", "lane:<transport>:<provider>", "domain:<name>", "source:<address>".
    """

    key = models.CharField(max_length=300, primary_key=True)
    tokens = models.FloatField(default=0.0)
    filled_at = models.DateTimeField()
    day = models.DateField()  # UTC
    granted = models.IntegerField(default=0)  # on that day
    pace = models.FloatField(null=True)  # messages a second at slowed_at; nothing while it is not slowed down
    ceiling = models.FloatField(null=True)  # where the pace was before
    slowed_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=20, blank=True, default="")  # the reply's code that slowed it down

    class Meta:
        db_table = "delivery_lane"


class Hold(models.Model):
    """Scope-free: connections to a limited provider that a worker has leased."""

    pk = models.CompositePrimaryKey("key", "worker_id")
    key = models.CharField(max_length=300)
    worker_id = models.UUIDField()
    connections = models.SmallIntegerField()
    until = models.DateTimeField()

    class Meta:
        db_table = "delivery_hold"
