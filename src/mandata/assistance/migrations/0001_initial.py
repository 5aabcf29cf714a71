"""The tables."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="File",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("about_kind", models.CharField(max_length=20)),
                ("about", models.UUIDField()),
                ("kind", models.CharField(max_length=20)),
                ("media_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("sha256", models.BinaryField()),
                ("sealed_name", models.BinaryField()),
                ("sealed", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
            ],
            options={
                "db_table": "assistance_file",
                "indexes": [models.Index(fields=["controller_id", "about"], name="assistance_file_about")],
            },
        ),
        migrations.CreateModel(
            name="Index",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("index", models.CharField(max_length=20)),
                ("year", models.IntegerField()),
                ("percent", models.DecimalField(decimal_places=2, max_digits=7)),
                ("source", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                ("by", models.UUIDField()),
            ],
            options={
                "db_table": "assistance_index",
                "constraints": [models.UniqueConstraint(fields=("index", "year"), name="assistance_index_year")],
            },
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("state", models.CharField(default="current", max_length=12)),
                ("sealed", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("seen_at", models.DateTimeField(null=True)),
                ("seen_by", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "assistance_intake",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="assistance_intake_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Proceeding",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("told_by", models.CharField(max_length=12)),
                ("state", models.CharField(default="open", max_length=12)),
                ("sealed", models.BinaryField()),
                ("opened_at", models.DateTimeField()),
                ("told_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("entries", models.JSONField(default=list)),
            ],
            options={
                "db_table": "assistance_proceeding",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="assistance_proceeding_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("owed_by", models.CharField(max_length=12)),
                ("matter", models.CharField(max_length=24)),
                ("state", models.CharField(default="open", max_length=12)),
                ("sealed", models.BinaryField()),
                ("received_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=60)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(default="", max_length=60)),
                ("entries", models.JSONField(default=list)),
            ],
            options={
                "db_table": "assistance_request",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="assistance_request_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("month", models.DateField()),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=60)),
                ("lines", models.JSONField()),
                ("totals", models.JSONField()),
                ("vat_percent", models.DecimalField(decimal_places=2, max_digits=5, null=True)),
            ],
            options={
                "db_table": "assistance_statement",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="assistance_statement_number"),
                    models.UniqueConstraint(fields=("controller_id", "month"), name="assistance_statement_month"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("proceeding", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("sealed", models.BinaryField()),
            ],
            options={
                "db_table": "assistance_step",
                "indexes": [models.Index(fields=["controller_id", "proceeding", "at"], name="assistance_step_of")],
            },
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("work", models.CharField(max_length=20)),
                ("currency", models.CharField(max_length=3)),
                ("hour", models.DecimalField(decimal_places=2, max_digits=14)),
                ("since", models.DateField()),
                ("at", models.DateTimeField()),
                ("by", models.UUIDField()),
            ],
            options={
                "db_table": "assistance_tariff",
                "constraints": [
                    models.UniqueConstraint(fields=("work", "currency", "since"), name="assistance_tariff_since")
                ],
            },
        ),
        migrations.CreateModel(
            name="Work",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("about_kind", models.CharField(max_length=20)),
                ("about", models.UUIDField()),
                ("day", models.DateField()),
                ("minutes", models.IntegerField()),
                ("beyond_usual", models.BooleanField(default=False)),
                ("currency", models.CharField(default="", max_length=3)),
                ("hour", models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ("costs", models.DecimalField(decimal_places=2, default=0, max_digits=14)),
                ("audit_of_year", models.IntegerField(default=1)),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("statement", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "assistance_work",
                "indexes": [
                    models.Index(fields=["controller_id", "day"], name="assistance_work_day"),
                    models.Index(fields=["controller_id", "about"], name="assistance_work_about"),
                ],
            },
        ),
    ]
