"""When an import began to run, for its rate and estimate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audience", "0002_walls")]
    operations = [
        migrations.AddField(model_name="import", name="started_at", field=models.DateTimeField(null=True)),
    ]
