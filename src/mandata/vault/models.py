"""Tables of the vault: wrapped keys, and which epochs there were. The epoch keys themselves lie outside the
database."""

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


class Epoch(ScopedModel):
    """An epoch of a controller's key: when it began, and when its value was destroyed. No key material."""

    pk = models.CompositePrimaryKey("controller_id", "number")
    number = models.IntegerField()
    began_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vault_epoch"
