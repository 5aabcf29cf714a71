"""Rounds of checks, their results, failures, the owners' evidence, outages."""

import mandata.infra.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("part", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("since", models.DateTimeField()),
                ("good_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField()),
                ("bad", models.SmallIntegerField(default=0)),
            ],
            options={
                "db_table": "measures_pulse",
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("measure", models.CharField(max_length=60)),
                ("on", models.DateField()),
                ("next_on", models.DateField()),
                ("remark", models.CharField(blank=True, max_length=300)),
                ("media_type", models.CharField(blank=True, max_length=80)),
                ("content", models.BinaryField(null=True)),
                ("digest", models.BinaryField(null=True)),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "measures_evidence",
                "indexes": [models.Index(fields=["measure", "at"], name="measures_evidence_measure")],
            },
        ),
        migrations.CreateModel(
            name="Failure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("check_code", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=40)),
                ("began_at", models.DateTimeField()),
                ("over_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "measures_failure",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("over_at__isnull", True)),
                        fields=("check_code",),
                        name="measures_failure_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("part", models.CharField(max_length=12)),
                ("found_by", models.CharField(max_length=10)),
                ("began_at", models.DateTimeField()),
                ("restored_at", models.DateTimeField(null=True)),
                ("cause", models.CharField(blank=True, max_length=20)),
                ("words", models.CharField(blank=True, max_length=500)),
                ("attributed_at", models.DateTimeField(null=True)),
                ("by", models.UUIDField(null=True)),
                ("announced_at", models.DateTimeField(null=True)),
                ("notices", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "measures_outage",
                "indexes": [models.Index(fields=["began_at"], name="measures_outage_began")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("part__in", ["console", "door", "workers", "database"])),
                        name="measures_outage_part",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("restored_at__isnull", True)), fields=("part",), name="measures_outage_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("run", models.UUIDField()),
                ("check_code", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=40)),
                ("figures", models.JSONField(default=dict)),
                ("milliseconds", models.IntegerField(default=0)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "measures_result",
                "indexes": [models.Index(fields=["check_code", "at"], name="measures_result_check")],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "check_code"), name="measures_result_once"),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["held", "failed", "absent"])),
                        name="measures_result_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("state", models.CharField(default="planned", max_length=10)),
                ("due_at", models.DateTimeField()),
                ("began_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("by", models.UUIDField(null=True)),
                ("held", models.SmallIntegerField(default=0)),
                ("failed", models.SmallIntegerField(default=0)),
            ],
            options={
                "db_table": "measures_run",
                "indexes": [models.Index(fields=["began_at"], name="measures_run_began")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["planned", "running", "ended"])), name="measures_run_state"
                    ),
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("ended_at__isnull", True)),
                        name="measures_run_one_at_a_time",
                    ),
                ],
            },
        ),
    ]
