"""Epochs turn: when one was left and when a recovery copy first had its value. The table holds ids, numbers and times;
whose epoch is due is asked before a controller's scope is open, so it leaves the wall."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_walls")]
    operations = [
        migrations.AddField("epoch", "left_at", models.DateTimeField(null=True)),
        migrations.AddField("epoch", "copied_at", models.DateTimeField(null=True)),
        migrations.AlterField("epoch", "controller_id", models.UUIDField()),
        migrations.RunSQL(
            [
                "drop policy scope on vault_epoch",
                "alter table vault_epoch no force row level security",
                "alter table vault_epoch disable row level security",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
