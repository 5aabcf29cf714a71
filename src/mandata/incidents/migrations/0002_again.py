"""Who was told not to be affected, and is; who may know already, though nobody noted it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [
        migrations.AddField("affected", "tried", models.IntegerField(default=0)),
        migrations.AddField("affected", "again_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("phase", "incidents_phase_kind"),
        migrations.AddConstraint(
            "phase",
            models.CheckConstraint(
                condition=models.Q(kind__in=["first", "update", "spared", "again"]), name="incidents_phase_kind"
            ),
        ),
    ]
