"""What comes back: raw and sealed until processed; thresholds of the agreement that were exceeded (DLV-3, AUDI-3)."""

from django.db import migrations, models

import mandata.infra.clock
import mandata.infra.tenancy
from mandata.infra.tenancy import secure

_CONTROLLER = ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False))
_ID = (
    "id",
    models.UUIDField(default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False),
)
_KINDS = ["bounce", "complaint", "delay", "delivered", "reply", "auto", "challenge", "leave"]


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_lanes")]
    operations = [
        migrations.AddField("return", "suppressed", models.CharField(blank=True, default="", max_length=16)),
        migrations.RemoveConstraint("return", "delivery_return_kind"),
        migrations.AddConstraint(
            "return",
            models.CheckConstraint(condition=models.Q(("kind__in", _KINDS)), name="delivery_return_kind"),
        ),
        migrations.AddIndex(
            "return", models.Index(fields=["controller_id", "received_at"], name="delivery_return_when")
        ),
        migrations.CreateModel(
            name="Arrival",
            fields=[
                _CONTROLLER,
                _ID,
                ("recipient", models.CharField(max_length=120)),
                ("subscriber_id", models.UUIDField(null=True)),
                ("envelope", models.BinaryField()),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_arrival",
                "indexes": [models.Index(fields=["controller_id", "subscriber_id"], name="delivery_arrival_whose")],
            },
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("attempts", models.SmallIntegerField(default=0)),
            ],
            options={
                "db_table": "delivery_waiting",
                "indexes": [models.Index(fields=["due_at"], name="delivery_waiting_due")],
            },
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                _CONTROLLER,
                _ID,
                ("kind", models.CharField(max_length=16)),
                ("about", models.UUIDField()),
                ("campaign_id", models.UUIDField(null=True)),
                ("level", models.CharField(max_length=8)),
                ("part", models.IntegerField()),
                ("whole", models.BigIntegerField()),
                ("clause", models.CharField(max_length=60)),
                ("since", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", models.CharField(blank=True, default="", max_length=60)),
                ("reason", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "delivery_alarm",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at", None)),
                        fields=("controller_id", "kind", "about"),
                        name="delivery_alarm_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["complaints", "nonexistent"])), name="delivery_alarm_kind"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__in", ["warned", "stopped"])), name="delivery_alarm_level"
                    ),
                ],
            },
        ),
        secure("delivery_arrival"),
        secure("delivery_alarm"),
    ]
