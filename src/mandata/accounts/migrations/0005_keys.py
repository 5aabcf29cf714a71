"""Keys of the API, and what programs asked for by a name."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_access")]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.UUIDField()),
                ("name", models.BinaryField(max_length=32)),
                ("asked", models.BinaryField(max_length=64)),
                ("status", models.SmallIntegerField(null=True)),
                ("reply", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts_apicall",
                "indexes": [models.Index(fields=["controller_id", "at"], name="accounts_apicall_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "key", "name"), name="accounts_apicall_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("digest", models.BinaryField(max_length=32)),
                ("tail", models.CharField(max_length=6)),
                ("scopes", models.JSONField(default=list)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.UUIDField()),
                ("until", models.DateTimeField(null=True)),
                ("used_on", models.DateField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "accounts_apikey",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "digest"), name="accounts_apikey_digest")
                ],
            },
        ),
        secure("accounts_apicall"),
        secure("accounts_apikey"),
    ]
