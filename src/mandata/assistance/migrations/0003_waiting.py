"""What is open at the operator's desks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assistance", "0002_walls")]
    operations = [
        migrations.CreateModel(
            name="Waiting",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("kind", models.CharField(max_length=20)),
                ("since", models.DateTimeField()),
            ],
            options={
                "db_table": "assistance_waiting",
                "indexes": [models.Index(fields=["kind", "since"], name="assistance_waiting_since")],
            },
        ),
    ]
