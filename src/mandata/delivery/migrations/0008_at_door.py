"""Mark bounces that were refusals at the door: their messages never counted as sent, so nothing came back of them.

What is there already is told by its digest, which a refusal has of its campaign and number.
"""

from django.db import migrations, models

MARK = migrations.RunSQL(
    [
        "alter table delivery_return no force row level security",
        "alter table delivery_message no force row level security",
        """
        update delivery_return r set at_door = true from delivery_message m
        where r.kind = 'bounce' and m.controller_id = r.controller_id and m.campaign_id = r.campaign_id
            and m.state = 'failed'
            and r.digest = sha256(convert_to('smtp ' || m.campaign_id::text || ' ' || m.number::text, 'UTF8'))
        """,
        "alter table delivery_return force row level security",
        "alter table delivery_message force row level security",
    ],
    reverse_sql=migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_following")]
    operations = [
        migrations.AddField("return", "at_door", models.BooleanField(default=False)),
        MARK,
    ]
