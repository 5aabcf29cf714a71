"""For how long data is kept while an agreement lasts, what the operator limits and why, what it holds as its own.

Ids, codes, numbers and times stand in clear; what somebody wrote is sealed under a key of the row's own.
"""

from django.db import models

from mandata.infra.clock import new_id
from mandata.infra.tenancy import ScopedModel

_MEMBER_OR_OTHER = 60


class Setting(ScopedModel):
    """For how long the controller itself has a category kept (RET-1). Without a row, the agreement or we decide."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    category = models.CharField(max_length=20)
    period = models.CharField(max_length=20)  # foundation.periods.Period
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    at = models.DateTimeField()

    class Meta:
        db_table = "retention_setting"
        constraints = [models.UniqueConstraint(fields=["controller_id", "category"], name="retention_setting_once")]


class Hold(ScopedModel):
    """Why nothing of a category is deleted for the time being: a claim, an authority, a duty to keep."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    category = models.CharField(max_length=20, blank=True)  # empty: every category
    ground = models.CharField(max_length=20)
    sealed = models.BinaryField(default=bytes)  # why, in words, held by the row's id
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=_MEMBER_OR_OTHER, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_hold"
        indexes = [models.Index(fields=["controller_id", "lifted_at"], name="retention_hold_open")]


class Run(ScopedModel):
    """One deletion by age: what was to go, up to when, and how far it is.

    `plan`: category -> {"before", "rows", "clause", "origin", "period"}; `done`: category -> rows that went. Both are
    fixed points: a run that is taken up again goes on by its own plan, whatever the clock says by then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    why = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    plan = models.JSONField(default=dict)
    done = models.JSONField(default=dict)
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    at = models.DateTimeField()
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "retention_run"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="retention_run_number"),
            models.UniqueConstraint(
                fields=["controller_id"],
                condition=models.Q(state__in=["running", "waiting"]),
                name="retention_run_one",
            ),
            models.CheckConstraint(condition=models.Q(why__in=["daily", "demand"]), name="retention_run_why"),
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "waiting", "done", "stopped"]), name="retention_run_state"
            ),
        ]


class Inactivity(ScopedModel):
    """Nobody of the controller's has logged in for long: told ahead, called off by a log-in, or handed over as an end.

    One row for each last log-in that it is counted from (RET-6).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    since = models.DateTimeField()  # the last log-in
    state = models.CharField(max_length=10, default="told")
    told_at = models.DateTimeField()
    again_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()  # not before
    obligation = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_inactivity"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "since"], name="retention_inactivity_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["told", "cancelled", "handed"]), name="retention_inactivity_state"
            ),
        ]


class Limiting(ScopedModel):
    """A decision to limit, suspend or end the service for a controller (OPS-2), with its ground and its clause."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    kind = models.CharField(max_length=8)
    acts = models.JSONField(default=list)  # of a limit: which acts are stopped
    cap = models.IntegerField(null=True)  # of a limit: recipients of one campaign
    ground = models.CharField(max_length=20)
    clause = models.CharField(max_length=60, blank=True)  # why no notice ahead is owed, else the clause on notice
    sealed = models.BinaryField(default=bytes)  # reasons, objection, answer in words, held by the row's id
    state = models.CharField(max_length=10, default="told")
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    decided_at = models.DateTimeField()
    effective_at = models.DateTimeField()
    notice = models.UUIDField(null=True)  # agreements' Served
    limit = models.UUIDField(null=True)  # agreements' Limit
    took_effect_at = models.DateTimeField(null=True)
    objected_at = models.DateTimeField(null=True)
    objected_by = models.UUIDField(null=True)  # member
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=_MEMBER_OR_OTHER, blank=True)

    class Meta:
        db_table = "retention_limiting"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="retention_limiting_number"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["limit", "suspend", "close"]), name="retention_limiting_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["told", "effective", "lifted", "withdrawn", "handed"]),
                name="retention_limiting_state",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["", "upheld", "dismissed"]), name="retention_limiting_outcome"
            ),
        ]


class Ground(ScopedModel):
    """A ground that the agreement calls a serious breach, as it occurred (OPS-6): evidence, and what followed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    code = models.CharField(max_length=24)  # of the clause breach.serious
    origin = models.CharField(max_length=10)  # hand, alarm
    alarm = models.UUIDField(null=True)  # of delivery
    figures = models.JSONField(default=dict)  # counts of an alarm
    sealed = models.BinaryField(default=bytes)  # what was found, in words, held by the row's id
    file = models.BinaryField(default=bytes)  # the evidence, held by the row's id
    file_name = models.BinaryField(default=bytes)  # likewise
    size = models.IntegerField(default=0)
    digest = models.BinaryField(default=bytes)  # SHA-256 of the file
    found_at = models.DateTimeField()
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    at = models.DateTimeField()
    consequence = models.CharField(max_length=10, default="open")
    decision = models.UUIDField(null=True)  # Limiting
    decided_by = models.CharField(max_length=_MEMBER_OR_OTHER, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_ground"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="retention_ground_number"),
            models.UniqueConstraint(
                fields=["controller_id", "alarm"], condition=~models.Q(alarm=None), name="retention_ground_alarm"
            ),
            models.CheckConstraint(
                condition=models.Q(consequence__in=["open", "none", "told", "limited", "suspended", "ended"]),
                name="retention_ground_consequence",
            ),
        ]


class OwnCase(ScopedModel):
    """A request to the operator as a controller of its own data (CTL-1). Installation's scope; what it says is sealed.

    The operator's own people, partners and contacts are few: their requests are answered by hand, by a task with a
    clock.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.IntegerField()
    right = models.CharField(max_length=16)
    sealed = models.BinaryField(default=bytes)  # who asks for what, and the answer, held by the row's id
    state = models.CharField(max_length=10, default="open")
    received_at = models.DateTimeField()
    by = models.CharField(max_length=_MEMBER_OR_OTHER)
    at = models.DateTimeField()
    obligation = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_owncase"
        constraints = [
            models.UniqueConstraint(fields=["controller_id", "number"], name="retention_owncase_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "answered", "refused", "forgotten"]),
                name="retention_owncase_state",
            ),
        ]
