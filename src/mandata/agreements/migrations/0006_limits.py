"""What the operator limits or suspends, by decision."""

from django.db import migrations, models

import mandata.infra.clock
import mandata.infra.tenancy
from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("agreements", "0005_duties")]
    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                (
                    "controller_id",
                    models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("acts", models.JSONField(default=list)),
                ("cap", models.IntegerField(null=True)),
                ("clause", models.CharField(blank=True, max_length=60)),
                ("decision", models.UUIDField()),
                ("begins_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agreements_limit",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "decision"), name="agreements_limit_once")
                ],
            },
        ),
        secure("agreements_limit"),
    ]
