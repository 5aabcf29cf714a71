"""What comes back, and the thresholds that it exceeded."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


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
