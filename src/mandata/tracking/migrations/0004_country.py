"""Keep with each event the country of its network class, where the operator has a file of countries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracking", "0003_signals")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "alter table tracking_event add column country varchar(2) not null default ''",
                    reverse_sql="alter table tracking_event drop column country",
                )
            ],
            state_operations=[
                migrations.AddField("event", "country", models.CharField(default="", max_length=2)),
            ],
        ),
    ]
