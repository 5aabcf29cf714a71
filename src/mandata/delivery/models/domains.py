"""Whose names mail is sent and followed under: sending domains and keys, tracking hosts and certificates."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class Domain(ScopedModel):
    """A sending domain of the controller's (DLV-1), its records as last seen. The operator's shared domain is one in
    the installation's own scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=10, default="pending")
    proof = models.CharField(max_length=64)  # the value of the verification record
    checks = models.JSONField(default=list)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)  # a look found it bad once; the next one decides

    class Meta:
        db_table = "delivery_domain"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "name"], name="delivery_domain_name"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "verified", "failing"]), name="delivery_domain_state"
            ),
        ]


class Key(ScopedModel):
    """A DKIM key of a sending domain: shown to be published (next), signing (active), or kept for verifying only
    (retired: its private half is destroyed)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    domain_id = models.UUIDField()
    algorithm = models.CharField(max_length=10)
    selector = models.CharField(max_length=40)
    private_key = models.BinaryField(default=b"")  # vault envelope, held by the key's own id
    public_key = models.TextField()
    state = models.CharField(max_length=8, default="next")
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # that its record may go

    class Meta:
        db_table = "delivery_key"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "domain_id", "selector"], name="delivery_key_selector"),
            models.UniqueConstraint(
                fields=["controller_id", "domain_id", "algorithm", "state"],
                condition=models.Q(state__in=["next", "active"]),
                name="delivery_key_one",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["next", "active", "retired"]), name="delivery_key_state"
            ),
            models.CheckConstraint(
                condition=models.Q(algorithm__in=["rsa-2048", "ed25519"]), name="delivery_key_algorithm"
            ),
        ]


class Host(ScopedModel):
    """A tracking host of the controller's: a name that leads to the operator's door, with its certificate."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=253)
    state = models.CharField(max_length=10, default="pending")
    code = models.CharField(max_length=20, blank=True)  # what DNS was found to say
    found = models.JSONField(default=list)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)
    certificate = models.TextField(blank=True)  # PEM, the host's own first
    private_key = models.BinaryField(default=b"")  # vault envelope, held by the host's own id
    expires_at = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True)  # the ACME server's words

    class Meta:
        db_table = "delivery_host"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "name"], name="delivery_host_name"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "verified", "failing"]), name="delivery_host_state"
            ),
        ]


class Account(ScopedModel):
    """The installation's account at an ACME server, in its own scope."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    directory = models.CharField(max_length=500)
    uri = models.CharField(max_length=500, blank=True)
    private_key = models.BinaryField()  # vault envelope, held by the account's own id
    created_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_account"
        constraints = [models.UniqueConstraint(fields=["controller_id", "directory"], name="delivery_account_once")]


class Claim(models.Model):
    """Scope-free: whose a proven name is, so that nobody else can take it, and the door knows its hosts."""

    name = models.CharField(max_length=253, primary_key=True)
    kind = models.CharField(max_length=8)  # domain, host
    controller_id = models.UUIDField()
    owner_id = models.UUIDField()  # the domain's or the host's id

    class Meta:
        db_table = "delivery_claim"
        indexes = [models.Index(fields=["kind"])]


class Watch(models.Model):
    """Scope-free: when a sending domain or a tracking host is next to be looked at."""

    id = models.UUIDField(primary_key=True)  # the domain's or the host's
    kind = models.CharField(max_length=8)
    controller_id = models.UUIDField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_watch"
        indexes = [models.Index(fields=["next_at"])]


class Challenge(models.Model):
    """Scope-free: what the door answers to an ACME server (RFC 8555, 8.3); no secret."""

    token = models.CharField(max_length=200, primary_key=True)
    answer = models.CharField(max_length=400)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "delivery_challenge"
