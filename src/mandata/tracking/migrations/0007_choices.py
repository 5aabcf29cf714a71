"""How reactions are measured, by a member's choice and the agreement; and by which signals machines were told apart."""

import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


def _controller() -> models.UUIDField:
    return models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)


def _key(*columns: str) -> models.CompositePrimaryKey:
    return models.CompositePrimaryKey(
        "controller_id", *columns, blank=True, editable=False, primary_key=True, serialize=False
    )


class Migration(migrations.Migration):
    dependencies = [("tracking", "0006_quick")]
    operations = [
        migrations.CreateModel(
            name="Choice",
            fields=[
                ("controller_id", _controller()),
                ("pk", _key("about")),
                ("about", models.UUIDField()),
                ("individual", models.BooleanField(default=True)),
                ("agreed", models.BooleanField(default=True)),
                ("web", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField()),
            ],
            options={"db_table": "tracking_choice"},
        ),
        migrations.CreateModel(
            name="Reason",
            fields=[
                ("controller_id", _controller()),
                ("pk", _key("campaign_id", "kind", "actor_class", "signals")),
                ("campaign_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("actor_class", models.CharField(max_length=10)),
                ("signals", models.SmallIntegerField()),
                ("count", models.BigIntegerField()),
            ],
            options={"db_table": "tracking_reason"},
        ),
        secure("tracking_choice", key=None),
        secure("tracking_reason", key=None, foreign={"campaign_id": ("campaigns_campaign", "cascade")}),
    ]
