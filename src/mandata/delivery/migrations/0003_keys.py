"""Keys apart from their domains, tracking hosts with their certificates, whose a proven name is, what to look at next."""

from django.db import migrations, models

import mandata.infra.clock
import mandata.infra.tenancy
from mandata.infra.tenancy import secure

# The one key that each domain had so far becomes a row of its own, under the domain's id, which holds its envelope. The
# first who proved a name keeps it; whoever else has it must prove it again. The owner of the tables sees past the walls
# only for these statements.
MOVE = migrations.RunSQL(
    [
        "alter table delivery_domain no force row level security",
        """
        insert into delivery_key (
            controller_id, id, domain_id, algorithm, selector, private_key, public_key, state, created_at, activated_at
        )
        select controller_id, id, id, 'rsa-2048', selector, private_key, public_key,
            case when verified_at is null then 'next' else 'active' end, created_at, verified_at
        from delivery_domain
        """,
        """
        insert into delivery_claim (name, kind, controller_id, owner_id)
        select name, 'domain', controller_id, id from delivery_domain where state = 'verified' order by verified_at
        on conflict do nothing
        """,
        """
        update delivery_domain d set state = 'failing' where state = 'verified'
        and not exists (select from delivery_claim c where c.owner_id = d.id)
        """,
        """
        insert into delivery_watch (id, kind, controller_id, next_at)
        select id, 'domain', controller_id, now() from delivery_domain
        """,
        "alter table delivery_domain force row level security",
    ],
    reverse_sql=migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("delivery", "0002_walls")]
    operations = [
        migrations.CreateModel(
            name="Key",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("domain_id", models.UUIDField()),
                ("algorithm", models.CharField(max_length=10)),
                ("selector", models.CharField(max_length=40)),
                ("private_key", models.BinaryField(default=b"")),
                ("public_key", models.TextField()),
                ("state", models.CharField(default="next", max_length=8)),
                ("created_at", models.DateTimeField()),
                ("activated_at", models.DateTimeField(null=True)),
                ("retired_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "delivery_key",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller_id", "domain_id", "selector"), name="delivery_key_selector"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["next", "active"])),
                        fields=("controller_id", "domain_id", "algorithm", "state"),
                        name="delivery_key_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["next", "active", "retired"])), name="delivery_key_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("algorithm__in", ["rsa-2048", "ed25519"])), name="delivery_key_algorithm"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Host",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=253)),
                ("state", models.CharField(default="pending", max_length=10)),
                ("code", models.CharField(blank=True, max_length=20)),
                ("found", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(null=True)),
                ("verified_at", models.DateTimeField(null=True)),
                ("doubted_at", models.DateTimeField(null=True)),
                ("certificate", models.TextField(blank=True)),
                ("private_key", models.BinaryField(default=b"")),
                ("expires_at", models.DateTimeField(null=True)),
                ("renew_at", models.DateTimeField(null=True)),
                ("failures", models.SmallIntegerField(default=0)),
                ("failure", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "db_table": "delivery_host",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "name"), name="delivery_host_name"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["pending", "verified", "failing"])),
                        name="delivery_host_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("directory", models.CharField(max_length=500)),
                ("uri", models.CharField(blank=True, max_length=500)),
                ("private_key", models.BinaryField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_account",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "directory"), name="delivery_account_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("name", models.CharField(max_length=253, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("controller_id", models.UUIDField()),
                ("owner_id", models.UUIDField()),
            ],
            options={
                "db_table": "delivery_claim",
                "indexes": [models.Index(fields=["kind"], name="delivery_cl_kind_976c35_idx")],
            },
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=8)),
                ("controller_id", models.UUIDField()),
                ("next_at", models.DateTimeField()),
            ],
            options={
                "db_table": "delivery_watch",
                "indexes": [models.Index(fields=["next_at"], name="delivery_wa_next_at_8b3f62_idx")],
            },
        ),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                ("token", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("answer", models.CharField(max_length=400)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"db_table": "delivery_challenge"},
        ),
        MOVE,
        migrations.RemoveField(model_name="domain", name="private_key"),
        migrations.RemoveField(model_name="domain", name="public_key"),
        migrations.RemoveField(model_name="domain", name="selector"),
        migrations.AddField(model_name="domain", name="doubted_at", field=models.DateTimeField(null=True)),
        secure("delivery_key", foreign={"domain_id": ("delivery_domain", "cascade")}),
        secure("delivery_host"),
        secure("delivery_account"),
    ]
