"""Workers' heartbeats with what they see on their hosts, alarms, and marks of what grows. All scope-free."""

from django.db import migrations, models

import mandata.infra.clock


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=120)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("loops", models.JSONField(default=dict)),
                ("readings", models.JSONField(default=dict)),
            ],
            options={"db_table": "watching_worker"},
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("about", models.CharField(max_length=120)),
                ("evidence", models.JSONField(default=dict)),
                ("began_at", models.DateTimeField()),
                ("over_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "watching_alarm",
                "indexes": [models.Index(fields=["began_at"], name="watching_alarm_began")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["code", "about"],
                        condition=models.Q(over_at__isnull=True),
                        name="watching_alarm_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("name", models.CharField(max_length=30, primary_key=True, serialize=False)),
                ("value", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "watching_mark"},
        ),
    ]
