"""A refusal is kept once for each cause: the check that refused, not only its clause."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agreements", "0002_walls")]
    operations = [
        migrations.RemoveConstraint("refusal", "agreements_refusal_once"),
        migrations.AddField("refusal", "code", models.CharField(default="", max_length=60), preserve_default=False),
        migrations.AddField(
            "refusal", "source", models.CharField(blank=True, default="", max_length=120), preserve_default=False
        ),
        migrations.AddField("refusal", "evidence", models.JSONField(default=dict)),
        migrations.AlterField("refusal", "clause", models.CharField(blank=True, max_length=80)),
        migrations.AddConstraint(
            "refusal",
            models.UniqueConstraint(fields=["controller_id", "act", "about", "code"], name="agreements_refusal_once"),
        ),
    ]
