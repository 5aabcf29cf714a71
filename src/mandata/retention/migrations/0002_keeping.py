"""How long data is kept, what is limited by decision, grounds of serious breaches, the operator's own cases."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Ground",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("code", models.CharField(max_length=24)),
                ("origin", models.CharField(max_length=10)),
                ("alarm", models.UUIDField(null=True)),
                ("figures", models.JSONField(default=dict)),
                ("sealed", models.BinaryField(default=bytes)),
                ("file", models.BinaryField(default=bytes)),
                ("file_name", models.BinaryField(default=bytes)),
                ("size", models.IntegerField(default=0)),
                ("digest", models.BinaryField(default=bytes)),
                ("found_at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("consequence", models.CharField(default="open", max_length=10)),
                ("decision", models.UUIDField(null=True)),
                ("decided_by", models.CharField(blank=True, max_length=60)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_ground",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="retention_ground_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("alarm", None), _negated=True),
                        fields=("controller_id", "alarm"),
                        name="retention_ground_alarm",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("consequence__in", ["open", "none", "told", "limited", "suspended", "ended"])
                        ),
                        name="retention_ground_consequence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("category", models.CharField(blank=True, max_length=20)),
                ("ground", models.CharField(max_length=20)),
                ("sealed", models.BinaryField(default=bytes)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, max_length=60)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_hold",
                "indexes": [models.Index(fields=["controller_id", "lifted_at"], name="retention_hold_open")],
            },
        ),
        migrations.CreateModel(
            name="Inactivity",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("since", models.DateTimeField()),
                ("state", models.CharField(default="told", max_length=10)),
                ("told_at", models.DateTimeField()),
                ("again_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField()),
                ("obligation", models.UUIDField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_inactivity",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "since"), name="retention_inactivity_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["told", "cancelled", "handed"])),
                        name="retention_inactivity_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Limiting",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("acts", models.JSONField(default=list)),
                ("cap", models.IntegerField(null=True)),
                ("ground", models.CharField(max_length=20)),
                ("clause", models.CharField(blank=True, max_length=60)),
                ("sealed", models.BinaryField(default=bytes)),
                ("state", models.CharField(default="told", max_length=10)),
                ("by", models.CharField(max_length=60)),
                ("decided_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField()),
                ("notice", models.UUIDField(null=True)),
                ("limit", models.UUIDField(null=True)),
                ("took_effect_at", models.DateTimeField(null=True)),
                ("objected_at", models.DateTimeField(null=True)),
                ("objected_by", models.UUIDField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=10)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "db_table": "retention_limiting",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="retention_limiting_number"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["limit", "suspend", "close"])), name="retention_limiting_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["told", "effective", "lifted", "withdrawn", "handed"])),
                        name="retention_limiting_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "upheld", "dismissed"])),
                        name="retention_limiting_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnCase",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("right", models.CharField(max_length=16)),
                ("sealed", models.BinaryField(default=bytes)),
                ("state", models.CharField(default="open", max_length=10)),
                ("received_at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("obligation", models.UUIDField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_owncase",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="retention_owncase_number"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "answered", "refused", "forgotten"])),
                        name="retention_owncase_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("why", models.CharField(max_length=10)),
                ("state", models.CharField(max_length=10)),
                ("plan", models.JSONField(default=dict)),
                ("done", models.JSONField(default=dict)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("moved_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "db_table": "retention_run",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="retention_run_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["running", "waiting"])),
                        fields=("controller_id",),
                        name="retention_run_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("why__in", ["daily", "demand"])), name="retention_run_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "waiting", "done", "stopped"])),
                        name="retention_run_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Setting",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("category", models.CharField(max_length=20)),
                ("period", models.CharField(max_length=20)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "retention_setting",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "category"), name="retention_setting_once")
                ],
            },
        ),
        secure("retention_setting"),
        secure("retention_hold"),
        secure("retention_run"),
        secure("retention_inactivity"),
        secure("retention_limiting"),
        secure("retention_ground"),
        secure("retention_owncase"),
    ]
