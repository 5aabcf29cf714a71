"""The shared cache (rate limits across web processes)."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [
        migrations.RunSQL(
            [
                "create unlogged table infra_cache (cache_key varchar(255) primary key, value text not null, expires timestamptz not null)",
                "create index infra_cache_expires on infra_cache (expires)",
            ],
            reverse_sql="drop table infra_cache",
        )
    ]
