"""What a campaign's page is drawn from (DLV-5): its pace over time, what receivers said, and how much passed in all.

All three are written where an outcome is settled, in the same statement, so that they agree with the messages and that
no page and no scrape counts messages. Two indexes of the few messages that are neither to send nor sent: none of the
million rows of an ordinary campaign is in them, so that neither the freeze nor the sending pays for them.
"""

from django.db import migrations, models

import mandata.infra.tenancy
from mandata.infra.tenancy import secure

_CONTROLLER = ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False))


def _key(*columns: str) -> tuple[str, models.CompositePrimaryKey]:
    key = models.CompositePrimaryKey(*columns, blank=True, editable=False, primary_key=True, serialize=False)
    return "pk", key


RARE = migrations.RunSQL(
    [
        "create index delivery_message_again on delivery_message (controller_id, campaign_id, next_at) "
        "where state = 'deferred'",
        "create index delivery_message_rare on delivery_message (controller_id, campaign_id, state, number) "
        "where state in ('deferred', 'failed', 'unknown', 'cancelled')",
        # Rows that change several times a second stay on their page and need no new line in the index.
        "alter table delivery_pace set (fillfactor = 60)",
        "alter table delivery_reason set (fillfactor = 60)",
        "alter table delivery_flow set (fillfactor = 40)",
    ],
    reverse_sql=["drop index delivery_message_again", "drop index delivery_message_rare"],
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0006_returns")]
    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                _CONTROLLER,
                _key("controller_id", "campaign_id", "at", "shard", "state"),
                ("campaign_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("shard", models.SmallIntegerField()),
                ("state", models.CharField(max_length=10)),
                ("count", models.BigIntegerField()),
            ],
            options={"db_table": "delivery_pace"},
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                _CONTROLLER,
                _key("controller_id", "campaign_id", "shard", "provider", "state", "code", "status"),
                ("campaign_id", models.UUIDField()),
                ("shard", models.SmallIntegerField()),
                ("provider", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=10)),
                ("code", models.SmallIntegerField()),
                ("status", models.CharField(max_length=12)),
                ("said", models.CharField(max_length=300)),
                ("said_at", models.DateTimeField()),
                ("count", models.BigIntegerField()),
            ],
            options={"db_table": "delivery_reason"},
        ),
        migrations.CreateModel(
            name="Flow",
            fields=[
                _key("shard", "transport", "provider", "state"),
                ("shard", models.SmallIntegerField()),
                ("transport", models.SmallIntegerField()),
                ("provider", models.CharField(max_length=40)),
                ("state", models.CharField(max_length=10)),
                ("count", models.BigIntegerField()),
            ],
            options={"db_table": "delivery_flow"},
        ),
        secure("delivery_pace", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
        secure("delivery_reason", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
        RARE,
    ]
