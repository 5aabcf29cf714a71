"""Tables of the holdings: the log of erasures, without personal data (SEC-5)."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Erasure(ScopedModel):
    """An erasure that was carried out: when, of which reference, how many rows in which holding, which key died."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.UUIDField()
    case_id = models.UUIDField(null=True)
    ground = models.CharField(max_length=40)
    counts = models.JSONField(default=dict)
    kept = models.JSONField(default=list)
    key_fingerprint = models.BinaryField()
    epoch = models.IntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "holdings_erasure"
        indexes = [models.Index(fields=["controller_id", "subject"])]
