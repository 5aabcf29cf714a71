"""Limits: rules, warm-up plans, the buckets that all workers share, leased connections, the cache of providers by MX.

All of it is the operator's and scope-free. Due messages are found by provider, so that those of a throttled one are not
walked over: what waits for nothing by number, what waits for its time by that.
"""

from django.db import migrations, models

import mandata.infra.clock

INDEXES = migrations.RunSQL(
    [
        "drop index delivery_message_due",
        "create index delivery_message_fresh on delivery_message (controller_id, campaign_id, provider, number) "
        "where state in ('queued', 'deferred') and next_at is null",
        "create index delivery_message_later on delivery_message (controller_id, campaign_id, provider, next_at) "
        "where state in ('queued', 'deferred') and next_at is not null",
    ],
    reverse_sql=[
        "drop index delivery_message_later",
        "drop index delivery_message_fresh",
        "create index delivery_message_due on delivery_message (controller_id, campaign_id, number) "
        "where state in ('queued', 'deferred')",
    ],
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0004_transports")]
    operations = [
        INDEXES,
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("digest", models.BinaryField(primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=40)),
                ("found_at", models.DateTimeField()),
                ("used_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_provider",
                "indexes": [models.Index(fields=["used_at"], name="delivery_provider_used")],
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.UUIDField(default=mandata.infra.clock.new_id, editable=False, primary_key=True,
                                        serialize=False)),
                ("transport", models.SmallIntegerField(default=-1)),
                ("provider", models.CharField(blank=True, default="", max_length=40)),
                ("per_second", models.FloatField(null=True)),
                ("connections", models.SmallIntegerField(null=True)),
                ("daily", models.IntegerField(null=True)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_rule",
                "constraints": [
                    models.UniqueConstraint(fields=["transport", "provider"], name="delivery_rule_once"),
                    models.CheckConstraint(
                        condition=models.Q(per_second__isnull=True) | models.Q(per_second__gt=0),
                        name="delivery_rule_rate",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Warmup",
            fields=[
                ("id", models.UUIDField(default=mandata.infra.clock.new_id, editable=False, primary_key=True,
                                        serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=253)),
                ("plan", models.JSONField()),
                ("begins_on", models.DateField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_warmup",
                "constraints": [
                    models.UniqueConstraint(fields=["kind", "name"], name="delivery_warmup_once"),
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["domain", "source"]), name="delivery_warmup_kind"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("tokens", models.FloatField(default=0.0)),
                ("filled_at", models.DateTimeField()),
                ("day", models.DateField()),
                ("granted", models.IntegerField(default=0)),
                ("pace", models.FloatField(null=True)),
                ("ceiling", models.FloatField(null=True)),
                ("slowed_at", models.DateTimeField(null=True)),
                ("said", models.CharField(blank=True, default="", max_length=20)),
            ],
            options={"db_table": "delivery_lane"},
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("pk", models.CompositePrimaryKey("key", "worker_id", blank=True, editable=False, primary_key=True,
                                                  serialize=False)),
                ("key", models.CharField(max_length=300)),
                ("worker_id", models.UUIDField()),
                ("connections", models.SmallIntegerField()),
                ("until", models.DateTimeField()),
            ],
            options={"db_table": "delivery_hold"},
        ),
    ]  # fmt: skip
