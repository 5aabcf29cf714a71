"""Accesses of staff to a controller's data, the log of accesses, and what is unusual about them."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure

# What the log says is never changed. A row goes with its controller, or once nothing is judged by it any more.
_KEPT = """
create function accounts_accesslog_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and (
        old.at < now() - interval '400 days' or
        not exists (
            select from accounts_directory d where d.controller_id = old.controller_id and d.state <> 'ended'
        )
    ) then
        return old;
    end if;
    raise exception 'the log of accesses is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger kept before update or delete on accounts_accesslog
    for each row execute function accounts_accesslog_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_agreement_runs")]

    operations = [
        migrations.CreateModel(
            name="AccessAlert",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("log", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("who", models.CharField(max_length=10)),
                ("rule", models.CharField(max_length=20)),
                ("occasion", models.CharField(max_length=80)),
                ("figures", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_by", models.UUIDField(null=True)),
                ("verdict", models.CharField(blank=True, max_length=12)),
            ],
            options={
                "db_table": "accounts_accessalert",
            },
        ),
        migrations.CreateModel(
            name="AccessLog",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("user_id", models.UUIDField()),
                ("who", models.CharField(max_length=10)),
                ("kind", models.CharField(max_length=10)),
                ("page", models.CharField(max_length=80)),
                ("people", models.IntegerField(default=0)),
                ("access", models.UUIDField(null=True)),
                ("network", models.CharField(blank=True, max_length=50)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("device", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "db_table": "accounts_accesslog",
            },
        ),
        migrations.AddField(
            model_name="staffaccess",
            name="closed_by",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="staffaccess",
            name="product",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="staffaccess",
            name="seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="staffaccess",
            index=models.Index(fields=["controller_id", "opened_at"], name="accounts_staffaccess_opened"),
        ),
        migrations.AddConstraint(
            model_name="accessalert",
            constraint=models.UniqueConstraint(
                fields=("controller_id", "user_id", "rule", "occasion"), name="accounts_accessalert_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessalert",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["", "fine", "misuse"])), name="accounts_accessalert_verdict"
            ),
        ),
        migrations.AddIndex(
            model_name="accesslog",
            index=models.Index(fields=["controller_id", "user_id", "at"], name="accounts_accesslog_user"),
        ),
        migrations.AddConstraint(
            model_name="accesslog",
            constraint=models.CheckConstraint(
                condition=models.Q(("who__in", ["member", "operator"])), name="accounts_accesslog_who"
            ),
        ),
        migrations.AddConstraint(
            model_name="accesslog",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["entered", "looked", "found", "revealed", "exported"])),
                name="accounts_accesslog_kind",
            ),
        ),
        secure("accounts_accesslog"),
        secure("accounts_accessalert"),
        migrations.RunSQL(_KEPT, reverse_sql=migrations.RunSQL.noop),
    ]
