"""What taking in tens of thousands of events a second needs: no id of an event's own, and no look at the campaign for
each first act.

Nothing refers to an event, and a random id for each cost more than writing the rest of the row. A first act's campaign
is known to exist, because its facts were read in the same transaction; what the foreign key did on a deletion, a
trigger does once for a statement. The index of firsts begins as before with controller and campaign.
"""

from django.db import migrations, models

FORGET = """
create function tracking_forget_campaigns() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
    delete from tracking_first f using gone g where f.controller_id = g.controller_id and f.campaign_id = g.id;
    return null;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0005_unindexed")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    [
                        "alter table tracking_event drop column id",
                        "alter table tracking_first drop constraint tracking_first_campaign_id_scoped",
                        FORGET,
                        "create trigger tracking_forget after delete on campaigns_campaign "
                        "referencing old table as gone for each statement execute function tracking_forget_campaigns()",
                    ],
                    reverse_sql=[
                        "drop trigger tracking_forget on campaigns_campaign",
                        "drop function tracking_forget_campaigns()",
                        "alter table tracking_first add constraint tracking_first_campaign_id_scoped "
                        "foreign key (controller_id, campaign_id) references campaigns_campaign (controller_id, id) "
                        "on delete cascade",
                        "alter table tracking_event add column id uuid not null default gen_random_uuid()",
                    ],
                )
            ],
            state_operations=[
                migrations.AlterField(
                    "event",
                    "pk",
                    models.CompositePrimaryKey(
                        "controller_id",
                        "campaign_id",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                migrations.RemoveField("event", "id"),
            ],
        ),
    ]
