"""The register of sub-processors, and what a change means for each controller."""

import django.db.models.deletion
import mandata.infra.clock
import mandata.infra.tenancy
from django.db import migrations, models

from mandata.infra.tenancy import secure


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Authorisation",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subprocessor", models.UUIDField()),
                ("ground", models.CharField(max_length=12)),
                ("clause", models.CharField(blank=True, max_length=80)),
                ("change", models.UUIDField(null=True)),
                ("by", models.CharField(max_length=60)),
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "subprocessors_authorisation",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("controller_id", "subprocessor"),
                        name="subprocessors_authorisation_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ground__in", ["named", "class", "list", "notice", "written", "chosen"])),
                        name="subprocessors_authorisation_ground",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeNotice",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("change", models.UUIDField()),
                ("served", models.UUIDField(null=True)),
                ("clause", models.CharField(max_length=80)),
                ("source", models.CharField(blank=True, max_length=120)),
                ("told_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("notice_until", models.DateTimeField()),
                ("objection_until", models.DateTimeField()),
                ("opens_at", models.DateTimeField()),
                ("explanation", models.JSONField(default=list)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "subprocessors_changenotice",
                "constraints": [
                    models.UniqueConstraint(fields=("controller_id", "change"), name="subprocessors_changenotice_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("recipient", models.CharField(max_length=200)),
                ("country", models.CharField(max_length=2)),
                ("ground", models.CharField(max_length=300)),
                ("what", models.CharField(max_length=300)),
                ("subjects", models.IntegerField(null=True)),
                ("instruction", models.UUIDField(null=True)),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "subprocessors_disclosure",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["adviser", "group", "insurer", "collector", "authority", "requester", "other"],
                            )
                        ),
                        name="subprocessors_disclosure_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Objection",
            fields=[
                ("controller_id", models.UUIDField(default=mandata.infra.tenancy.current_controller, editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("change", models.UUIDField()),
                ("words", models.TextField()),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("in_time", models.BooleanField()),
                ("resolve_until", models.DateTimeField(null=True)),
                ("state", models.CharField(default="open", max_length=12)),
                ("outcome", models.TextField(blank=True)),
                ("closed_by", models.CharField(blank=True, max_length=60)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "subprocessors_objection",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("controller_id", "change"),
                        name="subprocessors_objection_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "withdrawn", "resolved", "excluded", "ended"])),
                        name="subprocessors_objection_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubProcessor",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200, unique=True)),
                ("role", models.CharField(max_length=200)),
                ("purposes", models.JSONField(default=list)),
                ("categories", models.JSONField(default=list)),
                ("classes", models.JSONField(default=list)),
                ("country", models.CharField(max_length=2)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("contact", models.CharField(blank=True, max_length=254)),
                ("privacy_url", models.URLField(blank=True, max_length=300)),
                ("tier", models.SmallIntegerField(default=1)),
                ("contract_on", models.DateField(null=True)),
                ("contract_evidence", models.CharField(blank=True, max_length=300)),
                ("state", models.CharField(default="planned", max_length=12)),
                ("since", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subprocessors.subprocessor",
                    ),
                ),
            ],
            options={
                "db_table": "subprocessors_subprocessor",
            },
        ),
        migrations.CreateModel(
            name="Mechanism",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("reference", models.CharField(blank=True, max_length=300)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                ("struck_down_on", models.DateField(null=True)),
                (
                    "subprocessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mechanisms",
                        to="subprocessors.subprocessor",
                    ),
                ),
            ],
            options={
                "db_table": "subprocessors_mechanism",
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=mandata.infra.clock.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("details", models.JSONField(default=dict)),
                ("announced_by", models.UUIDField(null=True)),
                ("announced_at", models.DateTimeField()),
                ("planned_for", models.DateTimeField()),
                ("state", models.CharField(default="announced", max_length=12)),
                (
                    "replaces",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="subprocessors.subprocessor",
                    ),
                ),
                (
                    "subprocessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="subprocessors.subprocessor",
                    ),
                ),
            ],
            options={
                "db_table": "subprocessors_change",
            },
        ),
        migrations.AddConstraint(
            model_name="subprocessor",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["planned", "active", "ended"])), name="subprocessors_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="mechanism",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["adequacy", "scc", "bcr", "privacy_shield"])),
                name="subprocessors_mechanism_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["add", "replace", "country"])), name="subprocessors_change_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["announced", "effective", "withdrawn"])),
                name="subprocessors_change_state",
            ),
        ),
        secure("subprocessors_changenotice"),
        secure("subprocessors_objection"),
        secure("subprocessors_authorisation"),
        secure("subprocessors_disclosure"),
    ]
