"""Tables of the backups: what was taken, for people to look at. The store's manifests are what counts."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Backup(ScopedModel):
    """A backup of the installation, in its own scope (INSTANCE): begun, taken, about to go, gone. Numbers and times."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12)
    parent = models.UUIDField(null=True)  # the backup that an incremental one continues
    state = models.CharField(max_length=8, default="taking")
    place = models.TextField()  # the store, as the settings name it: without secrets
    postgres = models.CharField(max_length=20, blank=True)
    size = models.BigIntegerField(default=0)  # of what was backed up, in bytes
    stored = models.BigIntegerField(default=0)  # in the store: compressed and encrypted
    digest = models.BinaryField(null=True)  # SHA-256 of its manifest
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "backups_backup"
        indexes = [models.Index(fields=["controller_id", "started_at"], name="backups_started")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["full", "incremental", "dump"]), name="backups_backup_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["taking", "taken", "pruning", "pruned"]), name="backups_backup_state"
            ),
        ]


class Restore(ScopedModel):
    """A restore, or a drill of one, in the installation's scope: what it rested on, what it replayed, when it was over.

    `report` holds counts, ids, kinds and times; no personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8)
    place = models.TextField(blank=True)  # the store, without secrets; empty where another means brought the database
    backup = models.UUIDField(null=True)
    began_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    held = models.BooleanField(default=True)  # whether everything that was compared agreed
    report = models.JSONField(default=dict)

    class Meta:
        db_table = "backups_restore"
        indexes = [models.Index(fields=["controller_id", "began_at"], name="backups_restored")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["restore", "replay", "drill"]), name="backups_restore_kind"
            )
        ]
