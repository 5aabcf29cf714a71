"""Tables of the vault: wrapped keys, and which epochs there were. The epoch keys themselves lie outside the
database."""

from typing import Any

from django.db import models

from mandata.infra.tenancy import ScopedModel


class SubjectKey(ScopedModel):
    """The random key of one holder (a data subject, a notice, a file), wrapped under an epoch key. Deleting the row
    shreds."""

    pk = models.CompositePrimaryKey("controller_id", "holder")
    holder = models.UUIDField()
    epoch = models.IntegerField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "vault_subject_key"


class Secret(ScopedModel):
    """A controller's own secret for one purpose (blind indexes, suppression), wrapped under an epoch key."""

    pk = models.CompositePrimaryKey("controller_id", "purpose", "version")
    purpose = models.CharField(max_length=40)
    version = models.SmallIntegerField()
    epoch = models.IntegerField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "vault_secret"


class Epoch(models.Model):
    """An epoch of a controller's key. No key material; scope-free, because the turning of epochs and recovery look for
    whose turn it is before any controller's scope is open.

    `left_at`: from then on nothing is wrapped under it any more (its successor has begun). `destroyed_at`: its value is
    gone. `copied_at`: since then a recovery copy has had its value.
    """

    pk = models.CompositePrimaryKey("controller_id", "number")
    controller_id = models.UUIDField()
    number = models.IntegerField()
    began_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    copied_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        db_table = "vault_epoch"
