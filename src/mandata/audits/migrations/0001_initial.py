"""The tables."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=200)),
                ("issuer", models.CharField(max_length=200)),
                ("issued_on", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                ("media_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("sha256", models.BinaryField()),
                ("content", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("by", models.UUIDField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_certificate",
            },
        ),
        migrations.CreateModel(
            name="PackKey",
            fields=[
                ("token_hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("pack", models.UUIDField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audits_packkey",
            },
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("state", models.CharField(default="requested", max_length=12)),
                ("wished_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=60)),
                ("facts", models.JSONField()),
                ("scope", models.JSONField(default=list)),
                ("checks", models.JSONField(default=list)),
                ("sealed", models.BinaryField()),
                ("checked_at", models.DateTimeField(null=True)),
                ("held_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("entries", models.JSONField(default=list)),
            ],
            options={
                "db_table": "audits_audit",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "number"), name="audits_audit_number"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "requested",
                                    "refused",
                                    "accepted",
                                    "agreed",
                                    "held",
                                    "reported",
                                    "closed",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="audits_audit_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("audit", models.UUIDField()),
                ("number", models.IntegerField()),
                ("weight", models.CharField(max_length=12)),
                ("measure", models.CharField(default="", max_length=60)),
                ("state", models.CharField(default="open", max_length=12)),
                ("due_on", models.DateField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("sealed", models.BinaryField()),
            ],
            options={
                "db_table": "audits_finding",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "audit", "number"), name="audits_finding_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Pack",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("state", models.CharField(default="queued", max_length=12)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("entries", models.BigIntegerField(default=0)),
                ("size", models.BigIntegerField(default=0)),
                ("digest", models.BinaryField(null=True)),
                ("error", models.CharField(default="", max_length=200)),
                ("asked_by", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                ("ready_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_pack",
                "constraints": [models.UniqueConstraint(fields=("controller_id", "number"), name="audits_pack_number")],
            },
        ),
        migrations.CreateModel(
            name="Piece",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("pack", models.UUIDField()),
                ("number", models.IntegerField()),
                ("sealed", models.BinaryField()),
            ],
            options={
                "db_table": "audits_piece",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "pack", "number"), name="audits_piece_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("audit", models.UUIDField()),
                ("number", models.IntegerField()),
                ("state", models.CharField(default="proposed", max_length=12)),
                ("proposed_by", models.CharField(max_length=12)),
                ("proposed_at", models.DateTimeField()),
                ("begins_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("scope", models.JSONField(default=list)),
                ("on_site", models.BooleanField(default=False)),
                ("conduct", models.JSONField(default=list)),
                ("hours", models.DecimalField(decimal_places=2, default=0, max_digits=8)),
                ("price", models.JSONField(default=dict)),
                ("sealed", models.BinaryField()),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "audits_terms",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "audit", "number"), name="audits_terms_number")
                ],
            },
        ),
    ]
