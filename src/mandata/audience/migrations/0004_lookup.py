"""Look-up of sealed values by their forms; facets that can be counted without the rows.

Who is here already has no look-ups yet: a row of `audience_indexing` for each controller lets the job
`audience.reindex` make them, from the first person to the last.
"""

from django.db import migrations, models

from mandata.infra.tenancy import current_controller, secure

_AGAIN = """
insert into audience_indexing (controller_id, version, people, began_at)
select controller_id, 101, 0, now() from accounts_directory on conflict do nothing
"""

# A foreign key would ask for each of an import's rows whether the subscriber, who came in the same transaction, is
# there: a fifth of the database's work. What it is wanted for is that nothing of a deleted person stays, also where
# the look-ups came in while the deletion waited for the row; one statement for each statement does that.
_GONE = """
create function audience_lookup_gone() returns trigger language plpgsql as $$
begin
    delete from audience_lookup l using gone where l.controller_id = gone.controller_id and l.subscriber_id = gone.id;
    return null;
end $$
"""
_TRIGGER = """
create trigger audience_lookup_gone after delete on audience_subscriber
referencing old table as gone for each statement execute function audience_lookup_gone()
"""


class Migration(migrations.Migration):
    dependencies = [("audience", "0003_started_and_versions"), ("accounts", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="field", name="lookup", field=models.CharField(blank=True, default="", max_length=10)
        ),
        migrations.AddConstraint(
            model_name="field",
            constraint=models.CheckConstraint(
                condition=models.Q(("lookup__in", ["", "name", "number", "phone"])), name="audience_field_lookup"
            ),
        ),
        migrations.AddIndex(
            model_name="subscriber",
            index=models.Index(
                fields=["controller_id", "country", "language", "provider", "region", "birthday", "mail_domain"],
                name="audience_sub_facets",
            ),
        ),
        migrations.CreateModel(
            name="Lookup",
            fields=[
                ("controller_id", models.UUIDField(default=current_controller, editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "controller_id",
                        "kind",
                        "index",
                        "subscriber_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("index", models.BinaryField()),
                ("subscriber_id", models.UUIDField()),
                ("version", models.SmallIntegerField()),
            ],
            options={
                "db_table": "audience_lookup",
                "indexes": [models.Index(fields=["controller_id", "subscriber_id"], name="audience_lookup_subscriber")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["name", "number", "phone"])), name="audience_lookup_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Indexing",
            fields=[
                ("controller_id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.SmallIntegerField()),
                ("after", models.UUIDField(null=True)),
                ("people", models.BigIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "audience_indexing"},
        ),
        secure("audience_lookup", key=None, extra=(_GONE, _TRIGGER)),
        migrations.RunSQL(_AGAIN, migrations.RunSQL.noop),
    ]
