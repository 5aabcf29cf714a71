"""When an import began to run, for its rate; index versions that tell the key and the normal form."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audience", "0002_walls")]
    operations = [
        migrations.AddField(model_name="import", name="started_at", field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name="subscriber", name="index_version", field=models.SmallIntegerField(default=101)
        ),
        migrations.AlterField(
            model_name="suppression", name="key_version", field=models.SmallIntegerField(default=101)
        ),
    ]
