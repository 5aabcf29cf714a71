"""Transports, the addresses that direct delivery sends from, and which controller sends from which pool of them.

`delivery_message.transport` and `delivery_chunk.transport` hold the number of the transport that took the message last,
0 for the one of the settings.
"""

import django.db.models.deletion
from django.db import migrations, models

import mandata.infra.clock

COLUMNS = migrations.RunSQL(
    [
        "alter table delivery_message add column transport smallint not null default 0",
        "alter table delivery_chunk add column transport smallint not null default 0",
    ],
    reverse_sql=[
        "alter table delivery_message drop column transport",
        "alter table delivery_chunk drop column transport",
    ],
    state_operations=[
        migrations.AddField("message", "transport", models.SmallIntegerField(db_default=0, default=0)),
        migrations.AddField("chunk", "transport", models.SmallIntegerField(db_default=0, default=0)),
    ],
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0003_keys")]
    operations = [
        migrations.CreateModel(
            name="Transport",
            fields=[
                ("id", models.UUIDField(default=mandata.infra.clock.new_id, editable=False, primary_key=True,
                                        serialize=False)),
                ("number", models.SmallIntegerField(unique=True)),
                ("name", models.CharField(max_length=60, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("secret", models.BinaryField(null=True)),
                ("subprocessor", models.CharField(blank=True, max_length=200)),
                ("tier", models.SmallIntegerField(default=1)),
                ("weight", models.SmallIntegerField(default=1)),
                ("connections", models.SmallIntegerField(default=10)),
                ("rate", models.IntegerField(default=0)),
                ("daily", models.IntegerField(default=0)),
                ("windows", models.JSONField(default=list)),
                ("options", models.JSONField(default=dict)),
                ("state", models.CharField(default="active", max_length=10)),
                ("region", models.CharField(blank=True, max_length=40)),
                ("terms", models.CharField(blank=True, max_length=60)),
                ("terms_url", models.CharField(blank=True, max_length=300)),
                ("accepted", models.CharField(blank=True, max_length=60)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("contract_directly", models.BooleanField(default=False)),
                ("checked_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_transport",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["relay", "direct", "ses", "catcher"]),
                        name="delivery_transport_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(state__in=["active", "paused"]), name="delivery_transport_state"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.UUIDField(default=mandata.infra.clock.new_id, editable=False, primary_key=True,
                                        serialize=False)),
                ("address", models.CharField(max_length=45)),
                ("helo", models.CharField(max_length=253)),
                ("pool", models.CharField(blank=True, max_length=40)),
                ("fault", models.CharField(blank=True, max_length=20)),
                ("said", models.CharField(blank=True, max_length=300)),
                ("listed", models.JSONField(default=list)),
                ("checked_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("transport", models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="delivery.transport"
                )),
            ],
            options={
                "db_table": "delivery_source",
                "constraints": [
                    models.UniqueConstraint(fields=["transport", "address"], name="delivery_source_address")
                ],
            },
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                ("controller_id", models.UUIDField(primary_key=True, serialize=False)),
                ("pool", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
            ],
            options={"db_table": "delivery_pool"},
        ),
        COLUMNS,
    ]  # fmt: skip
