"""The end of an agreement: notice, choice, deletion; archives of everything; links to them."""

from typing import Any

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class End(ScopedModel):
    """How a controller's agreement ends (RET-2): who gave notice why, what becomes of the data.

    One that was withdrawn stays as history; of all others a controller has at most one. `progress` counts the rows
    deleted by table, `counts` what the preview found; both are numbers by name.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=12, default="noticed")
    by = models.CharField(max_length=12)  # controller, processor, term
    reason = models.CharField(max_length=40)
    sealed = models.BinaryField(default=bytes)  # the reasons in words, held by the end's id
    agreement = models.UUIDField(null=True)
    noticed_at = models.DateTimeField()
    noticed_by = models.CharField(max_length=60)
    effective_at = models.DateTimeField()
    took_effect_at = models.DateTimeField(null=True)
    choice = models.CharField(max_length=12, blank=True)
    chosen_at = models.DateTimeField(null=True)
    plan_until = models.DateTimeField(null=True)  # by a plan of termination assistance
    access_ended_at = models.DateTimeField(null=True)
    engine_emptied_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    progress = models.JSONField(default=dict)
    kept = models.JSONField(default=list)  # what stays: key, rows, ground, until
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=60, blank=True)
    keys = models.JSONField(default=dict)  # what died in the vault: numbers
    deleted_at = models.DateTimeField(null=True)
    certified_at = models.DateTimeField(null=True)
    backups_gone_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "retention_end"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id"], condition=~models.Q(state="withdrawn"), name="retention_end_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["noticed", "ended", "deleting", "deleted", "certified", "withdrawn"]),
                name="retention_end_state",
            ),
            models.CheckConstraint(
                condition=models.Q(by__in=["controller", "processor", "term"]), name="retention_end_by"
            ),
            models.CheckConstraint(
                condition=models.Q(choice__in=["", "return", "delete", "both"]), name="retention_end_choice"
            ),
        ]


class Return(ScopedModel):
    """An archive of everything of a controller (RET-3): asked for, made, handed over, gone.

    `recipient` is the public key that it is encrypted to; where that was made for a passphrase, `identity` is its
    secret half, encrypted with the passphrase (age). `sealed` holds what opens the controller's own store, until it
    was used.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    end = models.UUIDField(null=True)
    state = models.CharField(max_length=12, default="queued")
    how = models.CharField(max_length=12)
    recipient = models.CharField(max_length=800)
    identity = models.BinaryField(default=bytes)
    place = models.CharField(max_length=300, blank=True)
    sealed = models.BinaryField(default=bytes)
    object_name = models.CharField(max_length=80, blank=True)
    progress = models.JSONField(default=dict)  # part -> rows
    part = models.CharField(max_length=80, blank=True)
    size = models.BigIntegerField(default=0)
    digest = models.BinaryField(default=bytes)
    error = models.CharField(max_length=200, blank=True)
    attempts = models.SmallIntegerField(default=0)
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_return"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="retention_return_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "making", "ready", "failed", "gone"]),
                name="retention_return_state",
            ),
            models.CheckConstraint(
                condition=models.Q(how__in=["account", "link", "store", "folder"]), name="retention_return_how"
            ),
        ]


class Link(models.Model):
    """Scope-free: finds an archive or a certificate by the hash of the token in its link. That of a certificate has no
    end, because it outlives the account."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    controller_id = models.UUIDField()
    purpose = models.CharField(max_length=12)  # archive, certificate
    thing = models.UUIDField()
    expires_at = models.DateTimeField(null=True)

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        db_table = "retention_link"
