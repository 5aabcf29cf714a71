"""Events lose the indexes that nothing asks: by campaign (reports read counters) and by their own id.

An erasure takes the person out of an event by changing its row, and each index on it would get a new entry on a page
of its own: with these two it took three times as long, and as much write-ahead log. What is left is the index by the
subscriber, which a row without a person is not in. Nothing refers to an event, and a batch of the spool is taken once
because its mark moves in the same transaction, not because an id would clash.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tracking", "0004_country")]
    operations = [
        migrations.RunSQL(
            [
                "drop index if exists tracking_event_campaign",
                "alter table tracking_event drop constraint if exists tracking_event_pkey",
            ],
            reverse_sql=[
                "alter table tracking_event add primary key (controller_id, at, id)",
                "create index tracking_event_campaign on tracking_event (controller_id, campaign_id, at)",
            ],
        ),
    ]
