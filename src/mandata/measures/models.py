"""Tables of measures: scope-free, the operator's own; codes, numbers, times, posts, and files of evidence."""

from django.db import models

from mandata.infra.clock import new_id


class Run(models.Model):
    """Scope-free: one round of all checks. One is planned or under way at a time; a killed one is taken up again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, default="planned")
    due_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # when it last did something
    ended_at = models.DateTimeField(null=True)
    by = models.UUIDField(null=True)  # who of the operator's asked for it; the schedule where nobody did
    held = models.SmallIntegerField(default=0)
    failed = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "measures_run"
        indexes = [models.Index(fields=["began_at"], name="measures_run_began")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "running", "ended"]), name="measures_run_state"
            ),
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(ended_at__isnull=True), name="measures_run_one_at_a_time"
            ),
        ]


class Result(models.Model):
    """Scope-free, never changed: what one check found in one run. ``outcome``: held, failed, absent (there is nothing
    to look at, because nothing is configured; the owner's evidence counts instead)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.UUIDField()
    check_code = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)  # a code: why it failed, or on what it rests
    figures = models.JSONField(default=dict)  # numbers, codes, versions; never a person
    milliseconds = models.IntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        db_table = "measures_result"
        indexes = [models.Index(fields=["check_code", "at"], name="measures_result_check")]
        constraints = [
            models.UniqueConstraint(fields=["run", "check_code"], name="measures_result_once"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["held", "failed", "absent"]), name="measures_result_outcome"
            ),
        ]


class Failure(models.Model):
    """Scope-free: a check does not hold, from the run that found it until the run that found it mended. Alarm and
    obligations hang on this row, so that each is written once, however many runs find the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    check_code = models.CharField(max_length=100)  # of a check, or "owner:" and a measure's code
    reason = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # every controller whose obligations it changes has been gone through

    class Meta:
        db_table = "measures_failure"
        constraints = [
            models.UniqueConstraint(
                fields=["check_code"], condition=models.Q(over_at__isnull=True), name="measures_failure_once"
            )
        ]


class Evidence(models.Model):
    """Scope-free, never changed: what the owner of a measure that no machine can look at has shown for it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    measure = models.CharField(max_length=60)
    on = models.DateField()
    next_on = models.DateField()
    remark = models.CharField(max_length=300, blank=True)
    media_type = models.CharField(max_length=80, blank=True)
    content = models.BinaryField(null=True)
    digest = models.BinaryField(null=True)  # SHA-256 of the content
    by = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "measures_evidence"
        indexes = [models.Index(fields=["measure", "at"], name="measures_evidence_measure")]


class Outage(models.Model):
    """Scope-free: a part of the service did not answer, or not as it should: found, attributed, announced, restored."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    part = models.CharField(max_length=12)
    found_by = models.CharField(max_length=10)  # probe, pulse, hand
    began_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=500, blank=True)  # what happened, for the public; names nobody
    attributed_at = models.DateTimeField(null=True)
    by = models.UUIDField(null=True)
    announced_at = models.DateTimeField(null=True)
    notices = models.IntegerField(default=0)

    class Meta:
        db_table = "measures_outage"
        indexes = [models.Index(fields=["began_at"], name="measures_outage_began")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(part__in=["console", "door", "workers", "database"]), name="measures_outage_part"
            ),
            models.UniqueConstraint(
                fields=["part"], condition=models.Q(restored_at__isnull=True), name="measures_outage_once"
            ),
        ]


class Pulse(models.Model):
    """Scope-free: when a part of the service last answered, and since when it has been looked at."""

    part = models.CharField(max_length=12, primary_key=True)
    since = models.DateTimeField()
    good_at = models.DateTimeField()
    looked_at = models.DateTimeField()
    bad = models.SmallIntegerField(default=0)  # looks in a row that found it gone

    class Meta:
        db_table = "measures_pulse"
