"""Which post answers for an obligation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agreements", "0006_limits")]
    operations = [
        migrations.AddField("obligation", "post", models.CharField(blank=True, default="", max_length=120)),
    ]
