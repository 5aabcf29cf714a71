"""Stamps, receipts, heads that name the one before, hashes of what waits; and which logs there are at all."""

from django.db import migrations, models

import mandata.infra.tenancy
from mandata.infra.tenancy import secure

SCOPED = (
    "record_entry",
    "record_payload",
    "record_leaf",
    "record_node",
    "record_head",
    "record_stamp",
    "record_receipt",
)

# The owner is behind the walls like everybody else; what is older than these columns is filled in without them.
_FILL = [
    "alter table record_head add column previous bigint",
    "alter table record_pending add column hash bytea",
    "alter table record_head no force row level security",
    "alter table record_entry no force row level security",
    "update record_head h set previous = coalesce((select max(b.size) from record_head b"
    " where b.controller_id = h.controller_id and b.size < h.size), 0)",
    "update record_pending p set hash = sha256('\\x00'::bytea || e.leaf) from record_entry e"
    " where e.controller_id = p.controller_id and e.id = p.entry",
    "delete from record_pending where hash is null",
    "alter table record_head force row level security",
    "alter table record_entry force row level security",
    "alter table record_head alter column previous set not null",
    "alter table record_pending alter column hash set not null",
    "alter table record_pending drop constraint record_pending_pkey",
    "alter table record_pending add primary key (controller_id, entry)",
    "drop index record_pend_control_36e0ea_idx",
]

# A row under an id that no controller has is seen in no scope. Verification asks which ids there are, and no more.
_IDS = """
select id from (with recursive logs as (
    (select controller_id as id from TABLE order by 1 limit 1)
    union all
    select (select controller_id from TABLE where controller_id > logs.id order by 1 limit 1) from logs
    where logs.id is not null
) select id from logs where id is not null) as of_TABLE
"""
_LOGS = [
    *(
        f"create policy known on {table} for select to current_user"
        " using (current_setting('mandata.logs', true) = 'on')"
        for table in SCOPED
    ),
    "create function record_logs() returns setof uuid language plpgsql security definer"
    " set search_path = public, pg_temp as $$ begin perform set_config('mandata.logs', 'on', true); return query "
    + " union ".join(_IDS.replace("TABLE", table) for table in (*SCOPED, "record_pending"))
    + "; perform set_config('mandata.logs', '', true); end $$",
]


class Migration(migrations.Migration):
    dependencies = [("record", "0002_walls")]
    operations = [
        migrations.CreateModel(
            name="Stamp",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("authority", models.CharField(max_length=255)),
                ("token", models.BinaryField()),
            ],
            options={"db_table": "record_stamp"},
        ),
        migrations.CreateModel(
            name="HeadReceipt",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("how", models.CharField(max_length=20)),
                ("to", models.UUIDField()),
            ],
            options={
                "db_table": "record_receipt",
                "indexes": [models.Index(fields=["controller_id", "at"], name="record_rece_control_at_idx")],
            },
        ),
        migrations.RemoveIndex("entry", "record_entr_control_07c0aa_idx"),
        migrations.AddIndex(
            "entry", models.Index(fields=["controller_id", "subject", "id"], name="record_entry_subject_idx")
        ),
        secure("record_stamp"),
        secure("record_receipt"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_FILL, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AddField("head", "previous", models.BigIntegerField(), preserve_default=False),
                migrations.DeleteModel("Pending"),
                migrations.CreateModel(
                    name="Pending",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "controller_id", "entry", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("controller_id", models.UUIDField()),
                        ("entry", models.UUIDField()),
                        ("hash", models.BinaryField()),
                    ],
                    options={"db_table": "record_pending"},
                ),
            ],
        ),
        migrations.RunSQL(_LOGS, migrations.RunSQL.noop),
    ]
