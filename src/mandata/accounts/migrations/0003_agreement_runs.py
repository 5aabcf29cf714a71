"""The address book of notices, the staff's commitments and accesses, and notices that came back."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffAccess",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("reason", models.CharField(max_length=300)),
                ("ticket", models.CharField(blank=True, max_length=80)),
                ("country", models.CharField(max_length=2)),
                ("opened_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "accounts_staffaccess",
            },
        ),
        migrations.AddField(
            model_name="notice",
            name="legal",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="notice",
            name="server",
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name="notice",
            name="claimed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="next_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="returned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="notice",
            name="returned_status",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.CreateModel(
            name="Commitment",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("user_id", models.UUIDField()),
                ("kind", models.CharField(max_length=20)),
                ("on", models.DateField()),
                ("until", models.DateField(null=True)),
                ("evidence", models.CharField(max_length=300)),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts_commitment",
                "indexes": [
                    models.Index(fields=["controller_id", "user_id", "kind"], name="accounts_co_control_a64b05_idx")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["confidentiality", "training"])),
                        name="accounts_commitment_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoticeAddress",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("rank", models.SmallIntegerField(default=1)),
                ("address", models.EmailField(max_length=254)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("by", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "accounts_noticeaddress",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller_id", "kind", "rank"), name="accounts_noticeaddress_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["notices", "breaches", "invoices"])),
                        name="accounts_noticeaddress_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rank__in", [1, 2])), name="accounts_noticeaddress_rank"
                    ),
                ],
            },
        ),
        secure("accounts_noticeaddress"),
        secure("accounts_commitment"),
        secure("accounts_staffaccess"),
    ]
