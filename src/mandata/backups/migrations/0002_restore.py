"""Restores and drills, each with its report."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("backups", "0001_initial"), ("infra", "0002_restoring"), ("campaigns", "0003_held")]

    operations = [
        migrations.CreateModel(
            name="Restore",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=8)),
                ("place", models.TextField(blank=True)),
                ("backup", models.UUIDField(null=True)),
                ("began_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(null=True)),
                ("held", models.BooleanField(default=True)),
                ("report", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "backups_restore",
                "indexes": [models.Index(fields=["controller_id", "began_at"], name="backups_restored")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["restore", "replay", "drill"])), name="backups_restore_kind"
                    )
                ],
            },
        ),
        secure("backups_restore"),
    ]
