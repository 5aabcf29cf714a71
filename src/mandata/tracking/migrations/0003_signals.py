"""Keep with each event what its class was decided by (tracking.rules.Signal)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0002_walls")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "alter table tracking_event add column signals smallint not null default 0",
                    reverse_sql="alter table tracking_event drop column signals",
                )
            ],
            state_operations=[migrations.AddField("event", "signals", models.SmallIntegerField(default=0))],
        ),
    ]
