"""All kinds of requests, their channels, doubts, letters, mails and transmissions."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [
        ("rights", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("case_id", models.UUIDField()),
                ("why", models.BinaryField()),
                ("asked_at", models.DateTimeField()),
                ("asked_by", models.UUIDField(null=True)),
                ("proof", models.BinaryField(default=bytes)),
                ("media", models.CharField(default="", max_length=40)),
                ("given_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("accepted", models.BooleanField(null=True)),
            ],
            options={
                "db_table": "rights_doubt",
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("case_id", models.UUIDField()),
                ("kind", models.CharField(max_length=20)),
                ("sealed", models.BinaryField()),
                ("forget", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("handed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "rights_letter",
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("case_id", models.UUIDField()),
                ("digest", models.BinaryField()),
                ("sealed", models.BinaryField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "db_table": "rights_mail",
            },
        ),
        migrations.CreateModel(
            name="Transmission",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("case_id", models.UUIDField()),
                ("sealed", models.BinaryField()),
                ("state", models.CharField(default="queued", max_length=12)),
                ("attempts", models.IntegerField(default=0)),
                ("asked_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("status", models.IntegerField(null=True)),
                ("code", models.CharField(default="", max_length=40)),
            ],
            options={
                "db_table": "rights_transmission",
            },
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="rights_case_kind",
        ),
        migrations.AddField(
            model_name="answer",
            name="form",
            field=models.CharField(default="access", max_length=12),
        ),
        migrations.AddField(
            model_name="case",
            name="asked",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="case",
            name="fee",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="case",
            name="household",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="kept_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="lifted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="regime",
            field=models.CharField(default="gdpr", max_length=8),
        ),
        migrations.AddField(
            model_name="case",
            name="restricted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="stood",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="case",
            name="waits_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["controller_id", "state", "due_at"], name="rights_case_due"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["controller_id", "household"], name="rights_case_household"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "access",
                            "rectification",
                            "erasure",
                            "restriction",
                            "portability",
                            "objection",
                            "automated",
                            "complaint",
                            "unsorted",
                            "know",
                            "delete",
                            "correct",
                            "opt_out",
                            "limit",
                            "household",
                        ],
                    )
                ),
                name="rights_case_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("regime__in", ["gdpr", "us"])), name="rights_case_regime"
            ),
        ),
        migrations.AddIndex(
            model_name="doubt",
            index=models.Index(fields=["controller_id", "case_id"], name="rights_doubt_case"),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["controller_id", "case_id"], name="rights_letter_case"),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(fields=["controller_id", "case_id"], name="rights_mail_case"),
        ),
        migrations.AddConstraint(
            model_name="mail",
            constraint=models.UniqueConstraint(fields=("controller_id", "digest"), name="rights_mail_once"),
        ),
        migrations.AddIndex(
            model_name="transmission",
            index=models.Index(fields=["controller_id", "case_id"], name="rights_transmission_case"),
        ),
        migrations.AddConstraint(
            model_name="transmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["queued", "sent", "failed"])), name="rights_transmission_state"
            ),
        ),
        *(
            secure(f"rights_{table}", foreign={"case_id": ("rights_case", "cascade")})
            for table in ("doubt", "letter", "mail", "transmission")
        ),
    ]
