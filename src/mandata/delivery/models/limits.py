"""Who receives for whom, and how much each may be sent."""

from django.db import models

from mandata.infra.clock import new_id


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
