"""Tables of the sub-processors: the register is public and the installation's; its meaning for a controller, scoped."""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel


class SubProcessor(models.Model):
    """Scope-free: an entry of the public register (SPR-1), of any tier; about a company, not about a person."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=200)
    purposes = models.JSONField(default=list)
    categories = models.JSONField(default=list)  # codes of the agreements' vocabulary "category"
    classes = models.JSONField(default=list)  # codes of clause subprocessor.classes it belongs to (SPR-7)
    country = models.CharField(max_length=2)
    address = models.CharField(max_length=300, blank=True)
    contact = models.CharField(max_length=254, blank=True)
    privacy_url = models.URLField(max_length=300, blank=True)
    tier = models.SmallIntegerField(default=1)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    contract_on = models.DateField(null=True)  # the same duties imposed on it (SPR-4)
    contract_evidence = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, default="planned")
    since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "subprocessors_subprocessor"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "active", "ended"]), name="subprocessors_state"
            )
        ]


class Mechanism(models.Model):
    """Scope-free: on what a transfer to a sub-processor's third country rests, and for how long (TRF-3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subprocessor = models.ForeignKey(SubProcessor, on_delete=models.CASCADE, related_name="mechanisms")
    kind = models.CharField(max_length=20)
    reference = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    struck_down_on = models.DateField(null=True)

    class Meta:
        db_table = "subprocessors_mechanism"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["adequacy", "scc", "bcr", "privacy_shield"]),
                name="subprocessors_mechanism_kind",
            )
        ]


class Change(models.Model):
    """Scope-free: an intended change of the register, told to every controller concerned (SPR-2)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12)
    subprocessor = models.ForeignKey(SubProcessor, on_delete=models.CASCADE, related_name="changes")
    replaces = models.ForeignKey(SubProcessor, null=True, on_delete=models.CASCADE, related_name="+")
    details = models.JSONField(default=dict)
    announced_by = models.UUIDField(null=True)
    announced_at = models.DateTimeField()
    planned_for = models.DateTimeField()
    state = models.CharField(max_length=12, default="announced")

    class Meta:
        db_table = "subprocessors_change"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["add", "replace", "country"]), name="subprocessors_change_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["announced", "effective", "withdrawn"]), name="subprocessors_change_state"
            ),
        ]


class ChangeNotice(ScopedModel):
    """What a change means for one controller: when it was told, until when it may object, when the gate can open."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    change = models.UUIDField()
    served = models.UUIDField(null=True)  # the notice in agreements_served
    clause = models.CharField(max_length=80)
    source = models.CharField(max_length=120, blank=True)
    told_at = models.DateTimeField()  # put into the outbox
    delivered_at = models.DateTimeField(null=True)  # from here the periods run; None: on its way, and the gate shut
    notice_until = models.DateTimeField()  # the notice period has run from here on
    objection_until = models.DateTimeField()
    opens_at = models.DateTimeField()  # the later of both
    explanation = models.JSONField(default=list)
    withdrawn_at = models.DateTimeField(null=True)  # when the controller was told that the change is taken back

    class Meta:
        db_table = "subprocessors_changenotice"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "change"], name="subprocessors_changenotice_once")
        ]


class Objection(ScopedModel):
    """A controller objects to a change (SPR-3)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    change = models.UUIDField()
    words = models.TextField()
    by = models.UUIDField()  # member
    at = models.DateTimeField()
    in_time = models.BooleanField()
    resolve_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, default="open")
    outcome = models.TextField(blank=True)
    closed_by = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subprocessors_objection"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id", "change"], condition=models.Q(state="open"), name="subprocessors_objection_one"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "withdrawn", "resolved", "excluded", "ended"]),
                name="subprocessors_objection_state",
            ),
        ]


class Authorisation(ScopedModel):
    """On what a sub-processor may have this controller's data: named, of a class, on the list at signing, after a
    notice, in writing, or chosen by the controller itself and then not ours (SPR-5 to SPR-7).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subprocessor = models.UUIDField()
    ground = models.CharField(max_length=12)
    clause = models.CharField(max_length=80, blank=True)
    change = models.UUIDField(null=True)
    by = models.CharField(max_length=60)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "subprocessors_authorisation"
        constraints = [
            models.UniqueConstraint(
                fields=["controller_id", "subprocessor"],
                condition=models.Q(ended_at=None),
                name="subprocessors_authorisation_one",
            ),
            models.CheckConstraint(
                condition=models.Q(ground__in=["named", "class", "list", "notice", "written", "chosen"]),
                name="subprocessors_authorisation_ground",
            ),
        ]


class Disclosure(ScopedModel):
    """Data went to another recipient, with its ground (SPR-8): an adviser, an authority, an entitled requester …"""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20)
    recipient = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    ground = models.CharField(max_length=300)
    what = models.CharField(max_length=300)
    subjects = models.IntegerField(null=True)
    instruction = models.UUIDField(null=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        db_table = "subprocessors_disclosure"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["adviser", "group", "insurer", "collector", "authority", "requester", "other"]
                ),
                name="subprocessors_disclosure_kind",
            )
        ]
