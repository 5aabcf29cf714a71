"""Tables of watching: scope-free, with ids, hosts of our own, codes, counts and times."""

from django.db import models

from mandata.infra.clock import new_id


class Worker(models.Model):
    """Scope-free: a `mandata worker` that lives, or was not heard to end: when each of its loops last went round, and
    what it sees on its host (sizes and ages of our own folders)."""

    id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    loops = models.JSONField(default=dict)
    readings = models.JSONField(default=dict)

    class Meta:
        db_table = "watching_worker"


class Alarm(models.Model):
    """Scope-free: something that is not well, from when it was noticed until it was over."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=30)
    about = models.CharField(max_length=120)  # a host, a loop, a folder, a transport; never a person
    evidence = models.JSONField(default=dict)
    began_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "watching_alarm"
        indexes = [models.Index(fields=["began_at"], name="watching_alarm_began")]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "about"], condition=models.Q(over_at__isnull=True), name="watching_alarm_once"
            )
        ]


class Mark(models.Model):
    """Scope-free: what a number was a while ago, to see whether it grows."""

    name = models.CharField(max_length=30, primary_key=True)
    value = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "watching_mark"
