"""Tables of the rights desk. What a person wrote is sealed under the case's own key."""

from typing import Final

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel

_KINDS: Final = [
    *("access", "rectification", "erasure", "restriction", "portability", "objection", "automated", "complaint"),
    *("unsorted", "know", "delete", "correct", "opt_out", "limit", "household"),
]


class Case(ScopedModel):
    """A data subject's request, from receipt to answer.

    `asked`: codes of what exactly is asked (types and channels of messages, a restriction's ground). `household`: the
    household's case of which this is one person's part. `waits_since` and `stood`: while proof of identity is asked
    for, since when, and how many seconds earlier waits took. `fee`: amount, currency, times, reference of the payment.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default="received")
    channel = models.CharField(max_length=12)
    language = models.CharField(max_length=8, default="en")
    subject = models.UUIDField(null=True)
    email_index = models.BinaryField(null=True)
    sealed = models.BinaryField()  # vault envelope held by the case's id: address, name, words, post, details
    regime = models.CharField(max_length=8, default="gdpr")
    asked = models.JSONField(default=dict)
    household = models.UUIDField(null=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    waits_since = models.DateTimeField(null=True)
    stood = models.IntegerField(default=0)
    fee = models.JSONField(default=dict)
    restricted_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    kept_until = models.DateTimeField(null=True)
    decided_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)

    class Meta:
        db_table = "rights_case"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="rights_case_number"),
            models.CheckConstraint(condition=models.Q(kind__in=_KINDS), name="rights_case_kind"),
            models.CheckConstraint(condition=models.Q(regime__in=["gdpr", "us"]), name="rights_case_regime"),
            models.CheckConstraint(
                condition=models.Q(state__in=["received", "confirmed", "answered", "refused", "expired"]),
                name="rights_case_state",
            ),
        ]
        indexes = [
            models.Index(fields=["controller_id", "subject"]),
            models.Index(fields=["controller_id", "email_index"]),
            models.Index(fields=["controller_id", "state", "due_at"], name="rights_case_due"),
            models.Index(fields=["controller_id", "household"], name="rights_case_household"),
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
    """The answer to a request for a copy: an archive sealed under the case's own key, until it expires."""

    id = models.UUIDField(primary_key=True)  # the case's
    form = models.CharField(max_length=12, default="access")
    sealed = models.BinaryField()
    size = models.BigIntegerField()
    expires_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rights_answer"


class Doubt(ScopedModel):
    """A reasoned doubt about who asks (Article 12(6) GDPR): why, and the proof, which goes with the decision."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case_id = models.UUIDField()
    why = models.BinaryField()  # sealed under the case's key: the officer's reasons
    asked_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    proof = models.BinaryField(default=bytes)  # sealed under the case's key; empty before and after
    media = models.CharField(max_length=40, default="")
    given_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        db_table = "rights_doubt"
        indexes = [models.Index(fields=["controller_id", "case_id"], name="rights_doubt_case")]


class Letter(ScopedModel):
    """A letter on paper to somebody who asked by post, telephone or in person, until the case's archive ends.

    Sealed under a key of its own, because the letter that tells of an erasure outlives the case's key until it is
    handed over (`forget`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    sealed = models.BinaryField()  # vault envelope held by the letter's id
    forget = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rights_letter"
        indexes = [models.Index(fields=["controller_id", "case_id"], name="rights_letter_case")]


class Mail(ScopedModel):
    """A mail by which a request came, raw, sealed under the case's key. Its digest is taken once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case_id = models.UUIDField()
    digest = models.BinaryField()  # keyed, of the raw mail
    sealed = models.BinaryField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "rights_mail"
        constraints = [models.UniqueConstraint(fields=["controller_id", "digest"], name="rights_mail_once")]
        indexes = [models.Index(fields=["controller_id", "case_id"], name="rights_mail_case")]


class Transmission(ScopedModel):
    """A copy that goes to another controller directly (Article 20(2) GDPR), by an officer's act.

    `state`: queued, sent, failed. The receiver tells repeated attempts by the id, which goes along as a key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case_id = models.UUIDField()
    sealed = models.BinaryField()  # the address, under the case's key
    state = models.CharField(max_length=12, default="queued")
    attempts = models.IntegerField(default=0)
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    code = models.CharField(max_length=40, default="")

    class Meta:
        db_table = "rights_transmission"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sent", "failed"]), name="rights_transmission_state"
            ),
        ]
        indexes = [models.Index(fields=["controller_id", "case_id"], name="rights_transmission_case")]
