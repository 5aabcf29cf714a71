"""The row that says, to processes on every host, that this database is being restored."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "create table infra_restoring (single boolean primary key check (single), began_at timestamptz not null)",
            reverse_sql="drop table infra_restoring",
        )
    ]
