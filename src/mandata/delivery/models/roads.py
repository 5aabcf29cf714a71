"""The ways out that the operator has set up, and the addresses that direct delivery sends from."""

from django.db import models

from mandata.infra.clock import new_id


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
