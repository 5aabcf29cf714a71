"""The end of an agreement: the end itself, archives of everything, links to them; behind their walls."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("token_hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("purpose", models.CharField(max_length=12)),
                ("thing", models.UUIDField()),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_link",
            },
        ),
        migrations.CreateModel(
            name="End",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("state", models.CharField(default="noticed", max_length=12)),
                ("by", models.CharField(max_length=12)),
                ("reason", models.CharField(max_length=40)),
                ("sealed", models.BinaryField(default=bytes)),
                ("agreement", models.UUIDField(null=True)),
                ("noticed_at", models.DateTimeField()),
                ("noticed_by", models.CharField(max_length=60)),
                ("effective_at", models.DateTimeField()),
                ("took_effect_at", models.DateTimeField(null=True)),
                ("choice", models.CharField(blank=True, max_length=12)),
                ("chosen_at", models.DateTimeField(null=True)),
                ("plan_until", models.DateTimeField(null=True)),
                ("access_ended_at", models.DateTimeField(null=True)),
                ("engine_emptied_at", models.DateTimeField(null=True)),
                ("reminded_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("progress", models.JSONField(default=dict)),
                ("kept", models.JSONField(default=list)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=60)),
                ("keys", models.JSONField(default=dict)),
                ("deleted_at", models.DateTimeField(null=True)),
                ("certified_at", models.DateTimeField(null=True)),
                ("backups_gone_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "retention_end",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "withdrawn"), _negated=True),
                        fields=("controller_id",),
                        name="retention_end_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["noticed", "ended", "deleting", "deleted", "certified", "withdrawn"])
                        ),
                        name="retention_end_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("by__in", ["controller", "processor", "term"])), name="retention_end_by"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("choice__in", ["", "return", "delete", "both"])),
                        name="retention_end_choice",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("end", models.UUIDField(null=True)),
                ("state", models.CharField(default="queued", max_length=12)),
                ("how", models.CharField(max_length=12)),
                ("recipient", models.CharField(max_length=800)),
                ("identity", models.BinaryField(default=bytes)),
                ("place", models.CharField(blank=True, max_length=300)),
                ("sealed", models.BinaryField(default=bytes)),
                ("object_name", models.CharField(blank=True, max_length=80)),
                ("progress", models.JSONField(default=dict)),
                ("part", models.CharField(blank=True, max_length=80)),
                ("size", models.BigIntegerField(default=0)),
                ("digest", models.BinaryField(default=bytes)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("asked_by", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                ("began_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
                ("gone_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "retention_return",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="retention_return_number"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "making", "ready", "failed", "gone"])),
                        name="retention_return_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("how__in", ["account", "link", "store", "folder"])),
                        name="retention_return_how",
                    ),
                ],
            },
        ),
        secure("retention_end"),
        secure("retention_return"),
    ]
