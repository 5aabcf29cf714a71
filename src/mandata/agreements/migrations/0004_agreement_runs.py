"""Obligations, notices served, versions offered, instructions in full, the controller's suspension."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    dependencies = [("agreements", "0003_refusal_cause"), ("accounts", "0003_agreement_runs")]

    operations = [
        migrations.CreateModel(
            name="Agenda",
            fields=[
                ("obligation", models.UUIDField(primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("at", models.DateTimeField(null=True)),
                ("strict", models.DateTimeField()),
                ("statutory", models.DateTimeField()),
                ("owed_by", models.CharField(max_length=12)),
                ("owed", models.BooleanField(default=True)),
                ("standing", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "agreements_agenda",
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("token_hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("controller_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agreements_feed",
            },
        ),
        migrations.CreateModel(
            name="Obligation",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("duty", models.CharField(max_length=80)),
                ("kind", models.CharField(default="within", max_length=12)),
                ("source", models.CharField(blank=True, max_length=120)),
                ("agreement", models.UUIDField(null=True)),
                ("cause", models.CharField(max_length=120)),
                ("about_kind", models.CharField(max_length=40)),
                ("about", models.UUIDField(null=True)),
                ("owed_by", models.CharField(max_length=12)),
                ("owed_to", models.CharField(max_length=12)),
                ("opened_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("period", models.CharField(blank=True, max_length=40)),
                ("reckoning", models.JSONField(default=dict)),
                ("steps", models.JSONField(default=list)),
                ("strict", models.DateTimeField()),
                ("statutory", models.DateTimeField()),
                ("state", models.CharField(default="open", max_length=12)),
                ("changed_at", models.DateTimeField()),
                ("reminders", models.SmallIntegerField(default=0)),
                ("late_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=60)),
                ("reason", models.TextField(blank=True)),
                ("evidence", models.JSONField(default=dict)),
                ("entries", models.JSONField(default=list)),
            ],
            options={
                "db_table": "agreements_obligation",
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("name", models.CharField(max_length=60)),
                ("version", models.CharField(max_length=40)),
                ("terms", models.TextField()),
                ("digest", models.BinaryField()),
                ("announced_by", models.UUIDField(null=True)),
                ("announced_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField()),
                ("decide_until", models.DateTimeField(null=True)),
                ("state", models.CharField(default="announced", max_length=12)),
                ("decided_by", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agreements_proposal",
            },
        ),
        migrations.CreateModel(
            name="Served",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("notice", models.UUIDField(null=True)),
                ("kind", models.CharField(max_length=40)),
                ("party", models.CharField(max_length=12)),
                ("clause", models.CharField(blank=True, max_length=80)),
                ("about_kind", models.CharField(blank=True, max_length=40)),
                ("about", models.UUIDField(null=True)),
                ("rank", models.SmallIntegerField(default=1)),
                ("second_of", models.UUIDField(null=True)),
                ("served_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("way", models.CharField(default="email", max_length=20)),
                ("posted_at", models.DateTimeField(null=True)),
                ("received_at", models.DateTimeField(null=True)),
                ("evidence", models.CharField(blank=True, max_length=300)),
                ("entered_by", models.UUIDField(null=True)),
                ("deemed_at", models.DateTimeField(null=True)),
                ("deemed_by", models.CharField(blank=True, max_length=40)),
                ("returned_at", models.DateTimeField(null=True)),
                ("returned_status", models.CharField(blank=True, max_length=20)),
            ],
            options={
                "db_table": "agreements_served",
            },
        ),
        migrations.CreateModel(
            name="Stay",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("obligation", models.UUIDField()),
                ("ground", models.CharField(max_length=40)),
                ("evidence", models.TextField()),
                ("begins", models.DateTimeField()),
                ("ends", models.DateTimeField(null=True)),
                ("by", models.CharField(max_length=60)),
            ],
            options={
                "db_table": "agreements_stay",
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("lifted_by", models.UUIDField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agreements_suspension",
            },
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                ("code", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("description", models.TextField()),
                ("owner", models.CharField(max_length=120)),
                ("checked_on", models.DateField()),
                ("next_on", models.DateField(null=True)),
                ("by", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "agreements_measure",
            },
        ),
        migrations.AddField("agreement", "effective_at", models.DateTimeField(null=True)),
        # The owner, too, sees no rows through the wall; for this one statement it stands aside.
        migrations.RunSQL(
            [
                "alter table agreements_agreement no force row level security",
                "update agreements_agreement set effective_at = accepted_at",
                "set constraints all immediate",
                "alter table agreements_agreement force row level security",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("agreement", "effective_at", models.DateTimeField()),
        migrations.AddField("agreement", "how", models.CharField(default="expressly", max_length=12)),
        migrations.CreateModel(
            name="Template",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("version", models.CharField(max_length=40)),
                ("terms", models.TextField()),
                ("digest", models.BinaryField()),
                ("by", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "agreements_template",
            },
        ),
        migrations.CreateModel(
            name="Upstream",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("contact", models.CharField(blank=True, max_length=254)),
                ("authorised_on", models.DateField()),
                ("warranted_by", models.UUIDField()),
                ("warranted_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "agreements_upstream",
            },
        ),
        migrations.RemoveConstraint(
            model_name="instruction",
            name="agreements_instruction_kind",
        ),
        migrations.AddField(
            model_name="instruction",
            name="beyond",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="instruction",
            name="concern",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="concern_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="decided_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="decided_by",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="done_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="evidence",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="instruction",
            name="law",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="instruction",
            name="purpose",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="instruction",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="scope",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="instruction",
            name="state",
            field=models.CharField(default="in_force", max_length=12),
        ),
        migrations.AddField(
            model_name="instruction",
            name="untold",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="instruction",
            name="agreement",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="instruction",
            name="controller",
            field=models.UUIDField(null=True),
        ),
        migrations.AddConstraint(
            model_name="instruction",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["standing", "written", "law"])), name="agreements_instruction_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="instruction",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["given", "questioned", "in_force", "refused", "done", "withdrawn"])),
                name="agreements_instruction_state",
            ),
        ),
        migrations.AddIndex(
            model_name="agenda",
            index=models.Index(fields=["at"], name="agreements__at_a32041_idx"),
        ),
        migrations.AddIndex(
            model_name="agenda",
            index=models.Index(fields=["controller_id", "strict"], name="agreements_agenda_whose"),
        ),
        migrations.AddIndex(
            model_name="agenda",
            index=models.Index(fields=["strict"], name="agreements_agenda_strict"),
        ),
        migrations.AddIndex(
            model_name="agenda",
            index=models.Index(fields=["statutory"], name="agreements_agenda_statutory"),
        ),
        migrations.AddIndex(
            model_name="obligation",
            index=models.Index(fields=["controller_id", "state", "strict"], name="agreements__control_faea7f_idx"),
        ),
        migrations.AddIndex(
            model_name="obligation",
            index=models.Index(fields=["controller_id", "about"], name="agreements_obligation_about"),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.UniqueConstraint(fields=("controller_id", "number"), name="agreements_obligation_number"),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.UniqueConstraint(
                fields=("controller_id", "duty", "cause"), name="agreements_obligation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "met", "waived", "lapsed"])),
                name="agreements_obligation_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("strict__lte", models.F("statutory"))), name="agreements_obligation_bias"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(fields=("controller_id", "number"), name="agreements_proposal_number"),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "announced")), fields=("controller_id",), name="agreements_proposal_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["announced", "accepted", "silent", "refused", "withdrawn"])),
                name="agreements_proposal_state",
            ),
        ),
        migrations.AddIndex(
            model_name="served",
            index=models.Index(fields=["controller_id", "about"], name="agreements__control_a3442f_idx"),
        ),
        migrations.AddConstraint(
            model_name="served",
            constraint=models.UniqueConstraint(fields=("controller_id", "notice"), name="agreements_served_once"),
        ),
        migrations.AddConstraint(
            model_name="served",
            constraint=models.UniqueConstraint(
                condition=models.Q(("second_of", None), _negated=True),
                fields=("controller_id", "second_of"),
                name="agreements_served_second_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ends", None)),
                fields=("controller_id", "obligation"),
                name="agreements_stay_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)), fields=("controller_id",), name="agreements_suspension_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(fields=("name", "version"), name="agreements_template_version"),
        ),
        secure("agreements_suspension"),
        secure("agreements_proposal"),
        secure("agreements_upstream"),
        secure("agreements_obligation"),
        secure("agreements_stay", foreign={"obligation": ("agreements_obligation", "cascade")}),
        secure("agreements_served", foreign={"notice": ("accounts_notice", "set null")}),
    ]
