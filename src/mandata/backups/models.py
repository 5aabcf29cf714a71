"""Tables of the backups: what was taken, for people to look at. The store's manifests are what counts."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Backup(ScopedModel):
    """A backup of the installation, in its own scope (INSTANCE): begun, taken, pruned. Numbers and times."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12)
    parent = models.UUIDField(null=True)  # the backup that an incremental one continues
    state = models.CharField(max_length=8, default="taking")
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
                condition=models.Q(state__in=["taking", "taken", "pruned"]), name="backups_backup_state"
            ),
        ]
