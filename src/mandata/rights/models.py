"""Tables of the rights desk. What a person wrote is sealed under the case's own key."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Case(ScopedModel):
    """A data subject's request, from receipt to answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="received")
    channel = models.CharField(max_length=12)
    language = models.CharField(max_length=8, default="en")
    subject = models.UUIDField(null=True)
    email_index = models.BinaryField(null=True)
    sealed = models.BinaryField()  # vault envelope held by the case's id: address, name, words
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)

    class Meta:
        db_table = "rights_case"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="rights_case_number"),
            models.CheckConstraint(condition=models.Q(kind__in=["access", "erasure"]), name="rights_case_kind"),
            models.CheckConstraint(
                condition=models.Q(state__in=["received", "confirmed", "answered", "refused", "expired"]),
                name="rights_case_state",
            ),
        ]
        indexes = [
            models.Index(fields=["controller_id", "subject"]),
            models.Index(fields=["controller_id", "email_index"]),
        ]


class CaseEvent(ScopedModel):
    """A step of a case, for its timeline."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case_id = models.UUIDField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)  # ids and counts only

    class Meta:
        db_table = "rights_caseevent"
        indexes = [models.Index(fields=["controller_id", "case_id", "at"])]


class CaseKey(models.Model):
    """Scope-free: finds a case by the hash of a token in a link (confirm, progress, download)."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    controller_id = models.UUIDField()
    case_id = models.UUIDField()
    purpose = models.CharField(max_length=12)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "rights_casekey"


class Answer(ScopedModel):
    """The answer to an access request: an archive sealed under the case's own key, until it expires."""

    id = models.UUIDField(primary_key=True)  # the case's
    sealed = models.BinaryField()
    size = models.BigIntegerField()
    expires_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rights_answer"
