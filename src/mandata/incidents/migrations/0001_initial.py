"""The tables of incidents, each behind its walls."""

import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Affected",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breach_id", models.UUIDField()),
                ("whose", models.UUIDField()),
                ("subjects", models.BigIntegerField(default=0)),
                ("records", models.BigIntegerField(default=0)),
                ("places", models.JSONField(default=dict)),
                ("counted_at", models.DateTimeField()),
                ("told", models.IntegerField(default=0)),
                ("aware_at", models.DateTimeField(null=True)),
                ("failure", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "db_table": "incidents_affected",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller_id", "breach_id", "whose"), name="incidents_affected_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Breach",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.IntegerField()),
                ("title", models.CharField(max_length=120)),
                ("drill", models.BooleanField(default=False)),
                ("origin", models.CharField(default="own", max_length=12)),
                ("reported_by", models.UUIDField(null=True)),
                ("found", models.CharField(blank=True, max_length=300)),
                ("kinds", models.JSONField(default=list)),
                ("certain", models.BooleanField(default=True)),
                ("forbidden", models.CharField(blank=True, max_length=300)),
                ("believed_at", models.DateTimeField()),
                ("aware_at", models.DateTimeField()),
                ("began_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("nature", models.TextField(blank=True)),
                ("consequences", models.TextField(blank=True)),
                ("measures", models.TextField(blank=True)),
                ("effects", models.TextField(blank=True)),
                ("state", models.CharField(default="open", max_length=10)),
                ("revision", models.IntegerField(default=1)),
                ("telling", models.IntegerField(default=0)),
                ("counted_at", models.DateTimeField(null=True)),
                ("count_seconds", models.FloatField(null=True)),
                ("result", models.JSONField(default=dict)),
                ("opened_by", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("contained_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "incidents_breach",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller_id", "number", "drill"), name="incidents_breach_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "contained", "closed"])),
                        name="incidents_breach_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["own", "subprocessor", "controller", "other"])),
                        name="incidents_breach_origin",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breach_id", models.UUIDField()),
                ("what", models.CharField(max_length=400)),
                ("post", models.CharField(max_length=120)),
                ("due_on", models.DateField()),
                ("done_at", models.DateTimeField(null=True)),
                ("proof", models.CharField(blank=True, max_length=300)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "incidents_correction",
                "indexes": [models.Index(fields=["controller_id", "breach_id"], name="incidents_correction_breach")],
            },
        ),
        migrations.CreateModel(
            name="Drilling",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("by", models.UUIDField()),
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "incidents_drilling",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)), fields=("controller_id",), name="incidents_drilling_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Filter",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breach_id", models.UUIDField()),
                ("wanted", models.JSONField(default=dict)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "incidents_filter",
                "indexes": [models.Index(fields=["controller_id", "breach_id"], name="incidents_filter_breach")],
            },
        ),
        migrations.CreateModel(
            name="Phase",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("share_id", models.UUIDField()),
                ("revision", models.IntegerField()),
                ("number", models.IntegerField()),
                ("kind", models.CharField(max_length=10)),
                ("served", models.UUIDField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("subjects", models.BigIntegerField(default=0)),
                ("records", models.BigIntegerField(default=0)),
                ("told_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "incidents_phase",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("controller_id", "share_id", "revision"), name="incidents_phase_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["first", "update", "spared"])), name="incidents_phase_kind"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recipient",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "controller_id",
                        "telling_id",
                        "subject",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("telling_id", models.UUIDField()),
                ("subject", models.UUIDField()),
                ("notice", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "incidents_recipient",
                "indexes": [models.Index(fields=["controller_id", "subject"], name="incidents_recipient_subject")],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breach", models.UUIDField()),
                ("number", models.IntegerField()),
                ("drill", models.BooleanField(default=False)),
                ("origin", models.CharField(default="processor", max_length=12)),
                ("state", models.CharField(default="open", max_length=10)),
                ("subjects", models.BigIntegerField(null=True)),
                ("records", models.BigIntegerField(null=True)),
                ("places", models.JSONField(default=dict)),
                ("wanted", models.JSONField(default=list)),
                ("facts", models.JSONField(default=dict)),
                ("aware_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                ("own_aware_at", models.DateTimeField(null=True)),
                ("reported_at", models.DateTimeField(null=True)),
                ("report", models.JSONField(default=dict)),
                ("form", models.JSONField(default=dict)),
                ("authority", models.CharField(blank=True, max_length=10)),
                ("authority_at", models.DateTimeField(null=True)),
                ("authority_by", models.UUIDField(null=True)),
                ("authority_words", models.CharField(blank=True, max_length=1000)),
                ("delay", models.CharField(blank=True, max_length=1000)),
                ("effects", models.TextField(blank=True)),
                ("remedies", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "incidents_share",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "breach"), name="incidents_share_once"),
                    models.UniqueConstraint(fields=("controller_id", "number", "drill"), name="incidents_share_number"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "spared"])), name="incidents_share_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("authority__in", ["", "sent", "not_needed"])),
                        name="incidents_share_authority",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("breach", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=60)),
                ("detail", models.JSONField(default=dict)),
                ("entry", models.UUIDField()),
            ],
            options={
                "db_table": "incidents_step",
                "indexes": [models.Index(fields=["controller_id", "breach", "at"], name="incidents_step_breach")],
            },
        ),
        migrations.CreateModel(
            name="Telling",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("share_id", models.UUIDField()),
                ("number", models.IntegerField()),
                ("heading", models.CharField(max_length=150)),
                ("text", models.TextField()),
                ("state", models.CharField(default="choosing", max_length=10)),
                ("people", models.BigIntegerField(default=0)),
                ("sent", models.BigIntegerField(default=0)),
                ("gone", models.BigIntegerField(default=0)),
                ("asked_by", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_by", models.CharField(blank=True, max_length=60)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "incidents_telling",
                "indexes": [models.Index(fields=["controller_id", "share_id"], name="incidents_telling_share")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["choosing", "ready", "running", "done", "cancelled"])),
                        name="incidents_telling_state",
                    )
                ],
            },
        ),
        secure("incidents_breach"),
        secure("incidents_filter", foreign={"breach_id": ("incidents_breach", "cascade")}),
        secure("incidents_affected", foreign={"breach_id": ("incidents_breach", "cascade")}),
        secure("incidents_correction", foreign={"breach_id": ("incidents_breach", "cascade")}),
        secure("incidents_share"),
        secure("incidents_phase", foreign={"share_id": ("incidents_share", "cascade")}),
        secure("incidents_step"),
        secure("incidents_telling", foreign={"share_id": ("incidents_share", "cascade")}),
        secure("incidents_recipient", key=None, foreign={"telling_id": ("incidents_telling", "cascade")}),
        secure("incidents_drilling"),
    ]
