"""Tables of audits. What people wrote is sealed under the key of the audit; packs under keys of their own."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Audit(ScopedModel):
    """A controller's audit of the processor, from the request to the last corrective measure."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    state = models.CharField(max_length=12, default="requested")
    wished_at = models.DateTimeField()
    received_at = models.DateTimeField()
    asked_by = models.CharField(max_length=60)
    facts = models.JSONField()  # codes and yes or no: by whom, independent, competitor, on site, ...
    scope = models.JSONField(default=list)  # codes of what is to be looked at
    checks = models.JSONField(default=list)  # the rule's answer: codes, clauses, evidence
    sealed = models.BinaryField()  # held by the audit's id: who inspects, in which words
    checked_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    entries = models.JSONField(default=list)

    class Meta:
        db_table = "audits_audit"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="audits_audit_number"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "requested", "refused", "accepted", "agreed", "held", "reported", "closed", "withdrawn",
                    ]
                ),
                name="audits_audit_state",
            ),
        ]  # fmt: skip


class Terms(ScopedModel):
    """What one party proposes for an audit, and both agree on: when, what, how, at which price."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    audit = models.UUIDField()
    number = models.IntegerField()
    state = models.CharField(max_length=12, default="proposed")
    proposed_by = models.CharField(max_length=12)
    proposed_at = models.DateTimeField()
    begins_on = models.DateField()
    ends_on = models.DateField()
    scope = models.JSONField(default=list)
    on_site = models.BooleanField(default=False)
    conduct = models.JSONField(default=list)
    hours = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    price = models.JSONField(default=dict)  # as it was reckoned: rate, readings, work, costs, VAT apart, who pays
    sealed = models.BinaryField()  # held by the audit's id: what else was agreed
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_terms"
        constraints = [models.UniqueConstraint(fields=["controller_id", "audit", "number"], name="audits_terms_number")]


class Finding(ScopedModel):
    """What an audit found, and what is done about it until when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    audit = models.UUIDField()
    number = models.IntegerField()
    weight = models.CharField(max_length=12)
    measure = models.CharField(max_length=60, default="")
    state = models.CharField(max_length=12, default="open")
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()  # held by the audit's id: what was found, what is done, how it was shown

    class Meta:
        db_table = "audits_finding"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "audit", "number"], name="audits_finding_number")
        ]


class Pack(ScopedModel):
    """A pack of evidence for a period: being made, ready until its link expires, or gone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=12, default="queued")
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    digest = models.BinaryField(null=True)
    error = models.CharField(max_length=200, default="")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_pack"
        constraints = [models.UniqueConstraint(fields=["controller_id", "number"], name="audits_pack_number")]


class Piece(ScopedModel):
    """A part of a pack's bytes, sealed under the pack's key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pack = models.UUIDField()
    number = models.IntegerField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "audits_piece"
        constraints = [models.UniqueConstraint(fields=["controller_id", "pack", "number"], name="audits_piece_number")]


class PackKey(models.Model):
    """Scope-free: finds a pack by the hash of a link's token."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    controller_id = models.UUIDField()
    pack = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "audits_packkey"


class Certificate(models.Model):
    """Scope-free: an attestation of the operator's for all controllers, such as a report of its own audit."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200)
    issued_on = models.DateField()
    valid_until = models.DateField(null=True)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.BinaryField()
    content = models.BinaryField()
    at = models.DateTimeField()
    by = models.UUIDField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audits_certificate"
