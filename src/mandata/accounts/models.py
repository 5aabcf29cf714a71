"""Tables of the accounts. Users, seats and the directory are read before a controller is known; the rest is scoped."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from mandata.infra.clock import new_id, now
from mandata.infra.tenancy import ScopedModel


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Return a saved user; without a password the account has none that works."""
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who logs in, known by an e-mail address."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "accounts_user"
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_once")]


class Seat(models.Model):
    """Scope-free: at which controllers a user has a seat. What the user may do there is in `Member`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="seats")
    controller_id = models.UUIDField()

    class Meta:
        db_table = "accounts_seat"
        constraints = [models.UniqueConstraint(fields=["user", "controller_id"], name="accounts_seat_once")]


class Directory(models.Model):
    """Scope-free: which controllers there are and whether they are active, suspended or ended."""

    controller_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=12, default="active")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_directory"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "suspended", "ended"]), name="accounts_directory_state"
            )
        ]


class Controller(ScopedModel):
    """A customer for whom we process: its name and the details that recipients and the agreement need."""

    controller_id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=120)
    legal_name = models.CharField(max_length=200, blank=True)
    postal_address = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, default="CZ")
    time_zone = models.CharField(max_length=64, default="Europe/Prague")
    language = models.CharField(max_length=8, default="en")
    contact = models.EmailField(max_length=254)
    privacy_contact = models.EmailField(max_length=254, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_controller"


class Member(ScopedModel):
    """A user's role at a controller."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=16)
    state = models.CharField(max_length=12, default="active")
    joined_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_member"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "user"], name="accounts_member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "marketer", "privacy_officer", "reader"]),
                name="accounts_member_role",
            ),
            models.CheckConstraint(condition=models.Q(state__in=["active", "suspended"]), name="accounts_member_state"),
        ]


class Invitation(ScopedModel):
    """An invitation to become a member, by name and address (PPL-3: with correct identification)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16)
    invited_by = models.UUIDField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "accounts_invitation"


class InvitationKey(models.Model):
    """Scope-free: finds an invitation by the hash of the token in its link."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    controller_id = models.UUIDField()
    invitation_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "accounts_invitationkey"


class Notice(ScopedModel):
    """A mail of the system's own (invitation, confirmation, answer), sealed under a key of its own; its fate stays in
    clear."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.UUIDField(null=True)  # the data subject it is addressed to, when it is one
    sealed = models.BinaryField()
    digest = models.BinaryField(null=True)  # SHA-256 of the exact bytes handed over
    state = models.CharField(max_length=12, default="queued")
    attempts = models.SmallIntegerField(default=0)
    host = models.CharField(max_length=255, blank=True)
    server = models.CharField(max_length=255, blank=True)  # what the host calls itself
    reply = models.CharField(max_length=500, blank=True)
    legal = models.BooleanField(default=False)  # a notice under an agreement: days of patience, its own proof
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)  # somebody is handing it over; a lease
    next_at = models.DateTimeField(null=True)  # when it is tried again
    sent_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)  # a delivery report came back for it
    returned_status = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "accounts_notice"
        indexes = [models.Index(fields=["controller_id", "subject"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sent", "failed"]), name="accounts_notice_state"
            )
        ]


class NoticeAddress(ScopedModel):
    """Where a party is reached for a kind of notice, first and second choice (AGR-7). Contacts, in clear.

    The controller's stand in its scope, the processor's in the installation's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20)  # notices, breaches, invoices
    rank = models.SmallIntegerField(default=1)
    address = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    by = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "accounts_noticeaddress"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "kind", "rank"], name="accounts_noticeaddress_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["notices", "breaches", "invoices"]), name="accounts_noticeaddress_kind"
            ),
            models.CheckConstraint(condition=models.Q(rank__in=[1, 2]), name="accounts_noticeaddress_rank"),
        ]


class Commitment(ScopedModel):
    """What a person of the operator's staff has signed or learned: a condition of access (PPL-1). Installation's scope.

    ``until`` is when training lapses; a commitment to confidentiality has none.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    on = models.DateField()
    until = models.DateField(null=True)
    evidence = models.CharField(max_length=300)
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "accounts_commitment"
        indexes = [models.Index(fields=["controller_id", "user_id", "kind"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["confidentiality", "training"]), name="accounts_commitment_kind"
            )
        ]


class StaffAccess(ScopedModel):
    """Somebody of the operator's staff looked at a controller's data: who, why, how long (PPL-2, PPL-7)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user_id = models.UUIDField()
    reason = models.CharField(max_length=300)
    ticket = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=12, blank=True)  # staff, controller, time
    seen_at = models.DateTimeField(null=True)  # the latest look: a clock that is set back opens nothing again
    product = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "accounts_staffaccess"
        indexes = [models.Index(fields=["controller_id", "opened_at"], name="accounts_staffaccess_opened")]


class AccessLog(ScopedModel):
    """Who reached a controller's data and how, for the rules on unusual access (PPL-5). Never changed, by a trigger.

    ``kind``: entered, looked, found, revealed, exported; ``network``: reduced; ``device``: families of browser and
    system. Nobody whose data was seen is named.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    user_id = models.UUIDField()
    who = models.CharField(max_length=10)
    kind = models.CharField(max_length=10)
    page = models.CharField(max_length=80)
    people = models.IntegerField(default=0)  # how many people's data it showed, where that is known
    access = models.UUIDField(null=True)
    network = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)
    device = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "accounts_accesslog"
        indexes = [models.Index(fields=["controller_id", "user_id", "at"], name="accounts_accesslog_user")]
        constraints = [
            models.CheckConstraint(condition=models.Q(who__in=["member", "operator"]), name="accounts_accesslog_who"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["entered", "looked", "found", "revealed", "exported"]),
                name="accounts_accesslog_kind",
            ),
        ]


class AccessAlert(ScopedModel):
    """Something unusual about an access: told once for each occasion, to the controller's officers and the operator's.

    ``occasion``: what makes it the same one, such as a device or a day.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    log = models.UUIDField()
    user_id = models.UUIDField()
    who = models.CharField(max_length=10)
    rule = models.CharField(max_length=20)
    occasion = models.CharField(max_length=80)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)  # somebody of the controller's has looked and said what it was
    settled_by = models.UUIDField(null=True)
    verdict = models.CharField(max_length=12, blank=True)

    class Meta:
        db_table = "accounts_accessalert"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id", "user_id", "rule", "occasion"], name="accounts_accessalert_once"
            ),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["", "fine", "misuse"]), name="accounts_accessalert_verdict"
            ),
        ]


class ApiKey(ScopedModel):
    """A key by which a program of the controller's speaks to the API (PPL-6). Only its secret's hash is kept.

    ``name``: what it is for, in the member's words; ``tail``: the last characters, by which people tell keys apart.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    tail = models.CharField(max_length=6)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    made_by = models.UUIDField()  # a member
    until = models.DateTimeField(null=True)
    used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.UUIDField(null=True)

    class Meta:
        db_table = "accounts_apikey"
        constraints = [models.UniqueConstraint(fields=["controller_id", "digest"], name="accounts_apikey_digest")]


class ApiCall(ScopedModel):
    """An act that a program asked for under a name of its own, so that asking again does nothing twice.

    ``name``: SHA-256 of the Idempotency-Key; ``asked``: keyed digest of what was asked; ``reply``: ids, codes, times.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.UUIDField()
    name = models.BinaryField(max_length=32)
    asked = models.BinaryField(max_length=64)
    status = models.SmallIntegerField(null=True)
    reply = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        db_table = "accounts_apicall"
        constraints = [models.UniqueConstraint(fields=["controller_id", "key", "name"], name="accounts_apicall_once")]
        indexes = [models.Index(fields=["controller_id", "at"], name="accounts_apicall_at")]
